"""Notices that somebody speaks while muted; found out here and told to nobody else. Pure."""

AFTER_MUTING = 1.0  # seconds: who mutes in mid-sentence knows
LONG = 0.6  # seconds of speech: a cough or a chair is no speech
AGAIN = 30.0  # seconds until the same is said once more


class MutedHint:
    """Looks at the own microphone again and again."""

    def __init__(self) -> None:
        self.told = 0
        self._muted_at: float | None = None
        self._speaking_since: float | None = None
        self._told_at = float("-inf")

    def look(self, *, muted: bool, speaking: bool, now: float) -> int:
        """Take in how it is now; return how often it was to be said by now.

        `speaking` is what an open microphone hears; a closed one hears nothing.
        """
        if not muted:
            self._muted_at = self._speaking_since = None
            self._told_at = float("-inf")
            return self.told
        if self._muted_at is None:
            self._muted_at = now
        if not speaking or now - self._muted_at < AFTER_MUTING:
            self._speaking_since = None
        elif self._speaking_since is None:
            self._speaking_since = now
        elif now - self._speaking_since >= LONG and now - self._told_at >= AGAIN:
            self.told += 1
            self._told_at = now
        return self.told
