"""How sound is sent on a narrow path: bits a second and milliseconds a packet, a pure decision."""

from dataclasses import dataclass, replace

from media.sound.samples import RATE

OVERHEAD = 127  # bytes a packet: IPv6 and UDP 48, RTP 20, SRTP's tag 16, seal and padding 43
SHARE = 0.5  # of a path that sound may take, all counted; the rest is for pictures and repair
BETTER = 1.25  # times what a better plan needs must be there before it is taken
CALM = 5.0  # seconds without a change before a better plan is taken


@dataclass(frozen=True)
class SoundPlan:
    """Opus at `bitrate` bit/s in packets of `samples` at 48 kHz (960, 1920 or 2880)."""

    bitrate: int
    samples: int

    @property
    def kbps(self) -> float:
        """What one peer's path carries of it, all headers counted."""
        return (self.bitrate + OVERHEAD * 8 * RATE / self.samples) / 1000


SPEECH = (SoundPlan(32_000, 960), SoundPlan(24_000, 1920), SoundPlan(16_000, 2880))
MUSIC = (SoundPlan(96_000, 960), SoundPlan(48_000, 1920), SoundPlan(24_000, 2880))


class SoundRate:
    """Takes a poorer plan at once, a better one when there is room for it for a while."""

    def __init__(self) -> None:
        self._step = 0
        self._since = 0.0

    def plan(
        self, path_kbps: float, now: float, *, music: bool = False, shortest: int = 0
    ) -> SoundPlan:
        """Return how to send where the narrowest path bears `path_kbps`, everything counted.

        No packet is shorter than `shortest` samples: that spares a slow computer.
        """
        plans = MUSIC if music else SPEECH
        room = path_kbps * SHARE
        last = len(plans) - 1
        fits = next((n for n, plan in enumerate(plans) if plan.kbps <= room), last)
        if fits > self._step:
            self._step, self._since = fits, now
        elif fits < self._step:
            better = self._step - 1
            if plans[better].kbps * BETTER > room:
                self._since = now
            elif now - self._since >= CALM:
                self._step, self._since = better, now
        plan = plans[self._step]
        return replace(plan, samples=max(plan.samples, shortest))
