"""Blocks that cannot be accepted yet: others are missing, or only a later term makes them good."""

from app.meeting.chat import Allowance

MOST_BLOCKS = 64  # of one member: as many as it remembers and sends to somebody who lags
MOST_BYTES = 256 * 1024  # of one member
BURST = 128  # blocks of a member that are tried at once, each with all that is kept: 30 ms ...
RATE = 4.0  # ... and per second after that; more are not kept: another Sync brings them again


class Backlog:
    """Keeps such blocks for each member who said them, so that nobody crowds out another's.

    Who has voted takes no block of an earlier term, so that the leader who was voted out makes no
    more of them. But the new leader's own log may hold some: they are good as soon as a block of
    the new term stands on them.
    """

    def __init__(self) -> None:
        self._said: dict[bytes, list[bytes]] = {}
        self._allowance: dict[bytes, Allowance] = {}
        self.dropped = 0

    def keep(self, source: bytes, block: bytes, now: float) -> tuple[bytes, ...]:
        """Keep what a member said, at the cost of its oldest; return all that is kept of it.

        Nothing is returned if it is here already: trying again would change nothing. Nor if the
        member says too much: nobody's blocks keep this device busy.
        """
        said = self._said.setdefault(source, [])
        if block in said:
            return ()
        if not self._allowance.setdefault(source, Allowance(BURST, RATE, at=now)).take(now):
            self.dropped += 1
            return ()
        said.append(block)
        while len(said) > MOST_BLOCKS or sum(map(len, said)) > MOST_BYTES:
            del said[0]
            self.dropped += 1
        return tuple(said)

    def kept(self, source: bytes) -> tuple[bytes, ...]:
        """Return what is kept of a member's blocks."""
        return tuple(self._said.get(source, ()))

    def clear(self) -> None:
        """Forget everything: the log went on, and who still lags will be told again."""
        self._said.clear()
