"""What a call should reach on each network, and whether it does.

The bars were set after Chromium 156 and plain aiortc had been measured on such networks, with
another talking head: what the better of the two reaches, or more.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

FIGURES = {
    "cpu": "CPU of one side, cores",
    "fps": "pictures decoded a second",
    "psnr_db": "likeness of the picture to the source, dB (median)",
    "concealed": "share of the sound that had to be made up",
    "freezes": "freezes",
    "longest_gap_ms": "longest time without a new picture, ms",
    "arrived_kbps": "arrived on the wire, everything counted, kbit/s",
    "latency_p50_ms": "capture to decoded picture, median, ms",
    "latency_p95_ms": "capture to decoded picture, 95th percentile, ms",
}


@dataclass(frozen=True)
class Bar:
    """One figure must be at most, or at least, so much."""

    figure: str
    way: Literal["<=", ">="]
    value: float

    def is_met(self, reached: float) -> bool:
        """Tell whether a figure is good enough."""
        return reached <= self.value if self.way == "<=" else reached >= self.value

    def missing(self, reached: float) -> float:
        """Return by what part of the bar a figure misses it; 0 where it is met."""
        return 0.0 if self.is_met(reached) else abs(reached - self.value) / self.value


BARS: Mapping[str, tuple[Bar, ...]] = {
    "clean": (
        Bar("cpu", "<=", 0.30),
        Bar("latency_p50_ms", "<=", 25),
        Bar("latency_p95_ms", "<=", 40),
    ),
    "clean720": (
        Bar("cpu", "<=", 0.55),
        Bar("latency_p50_ms", "<=", 40),
        Bar("latency_p95_ms", "<=", 70),
    ),
    "loss5": (
        Bar("fps", ">=", 29.8),
        Bar("psnr_db", ">=", 40),
        Bar("concealed", "<=", 0.008),
    ),
    "loss10": (
        Bar("fps", ">=", 29.5),
        Bar("psnr_db", ">=", 39.5),
        Bar("concealed", "<=", 0.015),
        Bar("longest_gap_ms", "<=", 200),
    ),
    "loss20": (
        Bar("fps", ">=", 28),
        Bar("psnr_db", ">=", 37),
        Bar("concealed", "<=", 0.04),
    ),
    "burst10": (
        Bar("fps", ">=", 29),
        Bar("psnr_db", ">=", 38),
        Bar("concealed", "<=", 0.04),
        Bar("freezes", "<=", 2),
    ),
    "delay100": (Bar("latency_p50_ms", "<=", 130),),
    "rate500": (
        Bar("fps", ">=", 28),
        Bar("psnr_db", ">=", 36),
        Bar("concealed", "<=", 0.02),
        Bar("arrived_kbps", ">=", 400),
        Bar("latency_p95_ms", "<=", 500),
    ),
}
