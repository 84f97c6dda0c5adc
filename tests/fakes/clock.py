"""A clock that a test turns."""

from dataclasses import dataclass


@dataclass
class FakeClock:
    """Seconds; call it for the time, `forward` it, never wait."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now

    def forward(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds
