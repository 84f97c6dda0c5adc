"""How often somebody may make this device do something: at once, then ever more seldom."""

CALM = 60.0  # seconds without it, and all is forgiven
NEVER = float("-inf")


class Patience:
    """Ready at first; after each use not for a while, which doubles up to `longest` seconds."""

    def __init__(self, first: float, longest: float) -> None:
        self._first = self._pause = first
        self._longest = longest
        self._used_at = self._ready_at = NEVER

    def ready(self, now: float) -> bool:
        """Tell whether it may be done now."""
        return now >= self._ready_at

    def use(self, now: float) -> None:
        """Note that it is done."""
        if now - self._used_at > CALM:
            self._pause = self._first
        self._used_at, self._ready_at = now, now + self._pause
        self._pause = min(2 * self._pause, self._longest)

    def forgive(self) -> None:
        """Be ready again: what made it necessary was nobody's doing."""
        self._pause = self._first
        self._ready_at = NEVER
