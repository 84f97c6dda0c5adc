"""Messages that came too early, kept for a moment and within bounds."""

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from crypto.envelope import Message

HOLD_SECONDS = 2.0  # a block travels to everybody in less
HOLD_BYTES = 2_000_000

_Held = TypeVar("_Held", bound=Message)


@dataclass(frozen=True)
class _Waiting(Generic[_Held]):
    message: _Held
    size: int
    until: float


class Held(Generic[_Held]):
    """A bounded waiting room; what finds no room, or waits too long, is dropped and counted."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.bytes = 0
        self._waiting: deque[_Waiting[_Held]] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, message: _Held, now: float) -> None:
        """Keep a message for 2 s, if there is room within 2 MB."""
        size = len(message.encode())
        if self.bytes + size > HOLD_BYTES:
            self.counts["no_room"] += 1
            return
        self.counts["held"] += 1
        self.bytes += size
        self._waiting.append(_Waiting(message, size, now + HOLD_SECONDS))

    def take(self, wanted: Callable[[_Held], bool]) -> list[_Held]:
        """Return and forget the messages that are wanted now, in order of arrival."""
        taken = [waiting.message for waiting in self._waiting if wanted(waiting.message)]
        self._keep([waiting for waiting in self._waiting if not wanted(waiting.message)])
        return taken

    def expire(self, now: float) -> None:
        """Drop what has waited for 2 s."""
        kept = [waiting for waiting in self._waiting if now < waiting.until]
        self.counts["too_late"] += len(self._waiting) - len(kept)
        self._keep(kept)

    def clear(self) -> None:
        """Forget everything."""
        self._keep([])

    def _keep(self, kept: list[_Waiting[_Held]]) -> None:
        self._waiting = deque(kept)
        self.bytes = sum(waiting.size for waiting in kept)
