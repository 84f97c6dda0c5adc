"""When a screen is encoded again: at a change, until it is sharp, and then no more. Pure."""

SCREEN_FPS = 15
SHARP = 20  # quantizer (of 63) below which more bits show nothing
MOST_REFINED = 45  # pictures of an unchanged screen that make it sharper
LAST_WORDS = (
    0.2,
    0.5,
    1.0,
)  # seconds after the last one: who lost that notices, and it is repaired
BURST = 0.3  # seconds of the rate that may be ahead: what changes after a pause goes at once


class ScreenPace:
    """Counts what goes out against the rate: text stays sharp, so pictures become fewer.

    Times in seconds; `due` is when to encode the newest picture again, None for not before it
    changes.
    """

    def __init__(self) -> None:
        self._fps = float(SCREEN_FPS)
        self._changed = False
        self._refined = 0
        self._last_words = len(LAST_WORDS)
        self._encoded_at = float("-inf")
        self._paid_until = float("-inf")  # when what was sent will have been within the rate
        self._sharp = True

    def change(self) -> None:
        """There is another picture."""
        self._changed = True

    def limit(self, fps: float) -> None:
        """Encode no more often than this."""
        self._fps = min(float(SCREEN_FPS), fps)

    @property
    def due(self) -> float | None:
        """When to encode."""
        soonest = max(self._encoded_at + 1.0 / self._fps, self._paid_until - BURST)
        if self._changed or (not self._sharp and self._refined < MOST_REFINED):
            return soonest
        if self._last_words < len(LAST_WORDS):
            return max(soonest, self._encoded_at + LAST_WORDS[self._last_words])
        return None

    def encoded(self, now: float, octets: int, kbps: float, quantizer: int) -> None:
        """Note what was made of the newest picture."""
        self._paid_until = max(self._paid_until, now) + octets * 8 / (1000 * kbps)
        self._encoded_at = now
        if self._changed:
            self._refined = self._last_words = 0
        elif not self._sharp:
            self._refined += 1
        else:
            self._last_words += 1
        self._changed = False
        self._sharp = quantizer <= SHARP or self._refined >= MOST_REFINED
