"""Passes blocks on to those who have not shown that they know them."""

from app.meeting.paths import Paths

WAIT = 0.3  # seconds; whoever has the block from the leader has said so by then, and needs no other


class Gossip:
    """What this device learned of the log and may have to tell others.

    In a large meeting a block that seats somebody is larger than a key; thirty copies of it from
    everybody to everybody would be most of what a change costs.
    """

    def __init__(self, paths: Paths) -> None:
        self._paths = paths
        self._blocks: list[bytes] = []
        self._source = b""
        self._due = 0.0

    def pass_on(self, blocks: list[bytes], source: bytes, now: float, at_once: bool) -> None:
        """Tell everybody but the member who told us: now, or those who still need it then."""
        if at_once:
            for block in (*self._blocks, *blocks):
                self._paths.send_all(block, but=source)
            self._blocks = []
            return
        if not self._blocks:
            self._due = now + WAIT
        self._blocks += blocks
        self._source = source

    def poll(self, behind: frozenset[bytes], now: float) -> None:
        """Tell those who are `behind` as far as we know, when it is time."""
        if not self._blocks or now < self._due:
            return
        blocks, self._blocks = self._blocks, []
        for dev in sorted(behind - {self._source}):
            for block in blocks:
                self._paths.send(dev, block)
