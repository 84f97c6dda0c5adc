"""Notices whose sound or picture does not authenticate, and which of their keys is in use."""

from collections import Counter

from crypto.frames import Context

TROUBLE = 3.0  # seconds without a good frame, while frames come, until a tile says so


class _Stream:
    """One stream of a member: whether its frames come and none of them is good."""

    def __init__(self) -> None:
        self._opened = 0
        self._refused = 0
        self._since: float | None = None
        self.in_trouble = False

    def look(self, opened: int, refused: int, now: float) -> None:
        """Take in how many frames were opened and refused so far."""
        if opened != self._opened:
            self._opened, self._refused, self._since = opened, refused, None
            self.in_trouble = False
        elif refused != self._refused:
            self._since = now if self._since is None else self._since
            self.in_trouble |= now - self._since >= TROUBLE


class FrameWatch:
    """Watches one member's frames; `generation` is the newest whose frames were opened."""

    def __init__(self) -> None:
        self.generation = -1
        self._streams = {context: _Stream() for context in (Context.MICROPHONE, Context.CAMERA)}
        self._told = False

    def look(self, opened: Counter[int], refused: Counter[int], now: float) -> bool | None:
        """Return True when trouble begins, False when it ends, None otherwise."""
        for context, stream in self._streams.items():
            stream.look(opened[context], refused[context], now)
        trouble = any(stream.in_trouble for stream in self._streams.values())
        if trouble == self._told:
            return None
        self._told = trouble
        return trouble
