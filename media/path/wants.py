"""What two peers want to get from each other: which size of picture, how often. Pure."""

from dataclasses import dataclass

from media.path.rtcp import WantReport

CONTEXTS = 4  # microphone to screen sound; wishes for others are not kept


@dataclass(frozen=True, slots=True)
class Want:
    """At most so many lines and pictures a second; no lines: nothing."""

    lines: int
    fps: int


class Wants:
    """One link's wishes, ours and the peer's; `of_peer` is empty until the peer says something."""

    def __init__(self) -> None:
        self.of_peer: dict[int, Want] = {}
        self._ours: dict[int, WantReport] = {}
        self._numbers: dict[int, int] = {}

    def ask(self, context: int, lines: int, fps: int) -> WantReport | None:
        """Return what to send if this wish is another than the last one, clamped to its fields."""
        lines, fps = min(0xFFFF, max(0, lines)), min(0xFF, max(0, fps))
        last = self._ours.get(context)
        if last is not None and (last.lines, last.fps) == (lines, fps):
            return None
        number = (last.number + 1) & 0xFFFF if last is not None else 0
        report = self._ours[context] = WantReport(context, lines, fps, number)
        return report

    def asked(self, context: int) -> Want:
        """Return our own wish as it stands."""
        report = self._ours.get(context)
        return Want(report.lines, report.fps) if report is not None else Want(0, 0)

    @property
    def ours(self) -> list[WantReport]:
        """What to say again with each heartbeat."""
        return list(self._ours.values())

    def take(self, report: WantReport) -> bool:
        """Take in what the peer says; return whether it wants something else than before."""
        if report.context >= CONTEXTS:
            return False
        last = self._numbers.get(report.context)
        if last is not None and not 0 < (report.number - last) & 0xFFFF < 0x8000:
            return False  # said before, or overtaken
        self._numbers[report.context] = report.number
        want = Want(report.lines, report.fps)
        changed = self.of_peer.get(report.context) != want
        self.of_peer[report.context] = want
        return changed
