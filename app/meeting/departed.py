"""Who had a seat and lost it, perhaps without knowing: what they hear when they come back."""

from dataclasses import dataclass

from crypto.blocks import Block
from crypto.roster import Member, Roster

MOST_DEPARTED = 64  # devices; the longest gone are forgotten first


@dataclass(frozen=True)
class _Departed:
    call_key: bytes
    chat_allowed: bool
    blocks: tuple[Block, ...]


class Departed:
    """Remembers the call keys of those who are out, and the log up to the block that says so."""

    def __init__(self) -> None:
        self._known: dict[bytes, _Departed] = {}

    def remember(self, seat: Member, roster: Roster) -> None:
        """Note that a seat is empty since the newest block of `roster`."""
        blocks = tuple(block for block in roster.recent if block.epoch >= seat.joined_epoch)
        self._known.pop(seat.dev, None)
        self._known[seat.dev] = _Departed(seat.call_key, seat.chat_allowed, blocks)
        if len(self._known) > MOST_DEPARTED:
            del self._known[next(iter(self._known))]

    def forget(self, dev: bytes) -> None:
        """Note that a device has a seat again."""
        self._known.pop(dev, None)

    def call_key(self, dev: bytes) -> bytes | None:
        """Return the call key by which a device proves that the seat was its own."""
        departed = self._known.get(dev)
        return departed.call_key if departed else None

    def was_silenced(self, dev: bytes) -> bool:
        """Tell whether a device that is out had its chat switched off."""
        departed = self._known.get(dev)
        return departed is not None and not departed.chat_allowed

    def farewell(self, dev: bytes) -> tuple[bytes, ...]:
        """Return the blocks from its coming to its going, oldest first; nothing of later ones."""
        departed = self._known.get(dev)
        return tuple(block.encode() for block in departed.blocks) if departed else ()
