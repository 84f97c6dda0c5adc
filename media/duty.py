"""How much of its time a thread works."""

MEMORY = 0.5  # seconds in which what was is forgotten to a third


class Duty:
    """One thread notes each piece of its work; any thread may read `share`."""

    def __init__(self) -> None:
        self.share = 0.0
        """Of the time of late, 0 to 1; 1 leaves no time to wait for anything."""
        self._ended: float | None = None

    def note(self, began: float, ended: float) -> None:
        """Note a piece of work, in seconds of one clock."""
        before, self._ended = self._ended, ended
        if before is None or ended <= before:
            return
        passed = ended - before
        worked = min(1.0, max(0.0, ended - began) / passed)
        self.share += min(1.0, passed / MEMORY) * (worked - self.share)
