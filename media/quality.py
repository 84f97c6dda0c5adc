"""Decides what picture to encode: a pure choice from what the paths bear and what is wanted."""

from collections.abc import Iterable
from dataclasses import dataclass

HEADROOM = 0.92  # of the estimate is for the encoder: it overshoots, and packets have headers
MAX_FPS = 30
MAX_HEIGHT = 720  # lines; what people choose may be less


@dataclass(frozen=True, slots=True)
class Rung:
    """A step of the ladder: the picture's height, when to enter it and when to leave it."""

    height: int
    enter_kbps: float
    leave_kbps: float
    max_kbps: float
    fps: int


LADDER = (
    Rung(180, 0.0, 0.0, 250.0, 15),
    Rung(180, 150.0, 120.0, 350.0, 30),
    Rung(360, 280.0, 210.0, 800.0, 30),
    Rung(720, 1100.0, 700.0, 2000.0, 30),
)
"""Lowest first. Between leave and enter a rung is kept: no size is changed to and fro."""


@dataclass(frozen=True, slots=True)
class VideoPlan:
    """What the encoder shall make; width and height are even."""

    width: int
    height: int
    fps: int
    kbps: int


def slowest(targets: Iterable[float], start_kbps: float) -> float:
    """Return the rate that every path bears: one encoder serves everybody."""
    return min(targets, default=start_kbps)


def choose(
    kbps: float,
    source: tuple[int, int],
    current: VideoPlan | None,
    *,
    max_height: int = MAX_HEIGHT,
) -> VideoPlan:
    """Return the plan for a path of `kbps` and a camera of `source` (width, height) pixels.

    Never larger than the source or `max_height`; keeps the source's aspect ratio.
    """
    usable = [r for r in LADDER if r.height <= max(180, min(source[1], max_height))]
    now = _current_rung(usable, current)
    best = 0
    for number, rung in enumerate(usable):
        if kbps >= (rung.leave_kbps if number <= now else rung.enter_kbps):
            best = number
    rung = usable[best]
    width, height = fit(source, rung.height)
    return VideoPlan(
        width, height, min(rung.fps, MAX_FPS), round(min(rung.max_kbps, max(60.0, kbps * HEADROOM)))
    )


def fit(source: tuple[int, int], height: int) -> tuple[int, int]:
    """Return an even size of at most `height` lines with the aspect ratio of `source`."""
    width, lines = source
    scale = min(1.0, height / lines)
    return max(16, round(width * scale / 2) * 2), max(16, round(lines * scale / 2) * 2)


def _current_rung(usable: list[Rung], current: VideoPlan | None) -> int:
    if current is None:
        return -1
    fitting = [
        number
        for number, rung in enumerate(usable)
        if rung.height >= current.height and rung.fps >= current.fps
    ]
    return fitting[0] if fitting else len(usable) - 1
