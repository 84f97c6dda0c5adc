"""Parity rows that wait until the packets they cover are here, or can be worked out. Pure."""

from collections import Counter
from collections.abc import Container, Mapping

from media.path.fec import ParityError, recover
from media.path.parity_packet import ParityPacket
from media.path.rtp_packet import RtpPacket

MAX_BLOCKS = 16  # runs of packets whose parity is held: 0.6 MB


class _Block:
    __slots__ = ("last", "packet", "rows")

    def __init__(self, first: int, packet: ParityPacket) -> None:
        self.last = first + packet.packets - 1
        self.packet = packet
        self.rows: dict[int, bytes] = {}

    def agrees(self, other: ParityPacket) -> bool:
        """Whether a row is of this block."""
        mine, size = self.packet, len(self.packet.parity)
        return mine._replace(row=0, parity=b"") == other._replace(row=0, parity=b"") and (
            size == len(other.parity)
        )


class HeldParity:
    """The rows of one stream, by the extended sequence of the first packet they cover."""

    def __init__(self, counters: Counter[str]) -> None:
        self.blocks: dict[int, _Block] = {}
        self._counters = counters

    def add(self, first: int, packet: ParityPacket) -> bool:
        """Hold a row; False if it contradicts those of the same block."""
        block = self.blocks.get(first)
        if block is None:
            if len(self.blocks) >= MAX_BLOCKS:
                del self.blocks[min(self.blocks)]
                self._counters["parity_dropped"] += 1
            block = self.blocks[first] = _Block(first, packet)
        if not block.agrees(packet):
            self._counters["parity_refused"] += 1
            return False
        block.rows[packet.row] = packet.parity
        return True

    def work_out(self, sequence: int, held: Mapping[int, RtpPacket]) -> dict[int, RtpPacket]:
        """Return what can be computed now that `sequence` or a row of its block has come.

        A block that is whole, or cannot be, is held no longer.
        """
        found: dict[int, RtpPacket] = {}
        for first, block in list(self.blocks.items()):
            if not first <= sequence <= block.last:
                continue
            present = {
                s - first: held[s].payload for s in range(first, block.last + 1) if s in held
            }
            if block.packet.packets - len(present) > len(block.rows):
                continue
            del self.blocks[first]
            try:
                payloads = recover(block.packet.packets, present, block.rows)
            except ParityError:
                self._counters["parity_refused"] += 1
                continue
            for place, payload in payloads.items():
                here = first + place
                found[here] = RtpPacket(
                    block.packet.ssrc,
                    here & 0xFFFF,
                    block.packet.timestamp,
                    block.packet.marker and here == block.last,
                    payload,
                )
        return found

    def covered(self, missing: Container[int]) -> set[int]:
        """Return missing packets that need no request: rows wait until the others are there."""
        covered: set[int] = set()
        for first, block in self.blocks.items():
            absent = [s for s in range(first, block.last + 1) if s in missing]
            covered.update(absent[-len(block.rows) :])
        return covered

    def forget_before(self, sequence: int) -> None:
        """What begins before `sequence` is used up or given up."""
        for first in [first for first in self.blocks if first < sequence]:
            del self.blocks[first]
