"""What happened lately, for the window to say in one sentence each."""

from app.meeting.view import Notice

KEPT = 8  # the window shows one at a time


class Notices:
    """Numbers what happens, keeps the newest."""

    def __init__(self) -> None:
        self._number = 0
        self._kept: list[Notice] = []

    @property
    def latest(self) -> tuple[Notice, ...]:
        """The newest notices, oldest first."""
        return tuple(self._kept)

    def add(self, kind: str, name: str = "", by: str = "") -> None:
        """Note what happened, to whom, and who asked; `kind` is a key of the notice texts."""
        self._number += 1
        self._kept.append(Notice(self._number, kind, name, by))
        del self._kept[:-KEPT]
