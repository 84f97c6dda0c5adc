"""Everything that leaves on one link as RTP: numbered across all streams, paced, noted."""

from collections.abc import Callable

from media.path.congestion import START_KBPS
from media.path.pacer import FILLING, PARITY, PICTURE, REPETITION, Paced, Pacer, Packet
from media.path.path_meter import PathMeter
from media.path.probing import LEAST_PACKETS
from media.path.rtp_packet import (
    HEADER_BYTES,
    MAX_PAYLOAD,
    MICROPHONE,
    PADDING,
    REPAIR,
    REPEAT,
    TAG_BYTES,
    LinkStream,
    Stream,
    build,
)

AROUND = HEADER_BYTES + TAG_BYTES
RANKS = {REPEAT.ssrc: REPETITION, REPAIR.ssrc: PARITY, PADDING.ssrc: FILLING}


class Departures:
    """The outlet of one link's senders. Sound leaves at once, the rest when the pacer lets it.

    `transmit` encrypts and returns the bytes on the wire; `wake` is called when something waits,
    and `release` must follow every few milliseconds until it returns False.
    """

    def __init__(
        self,
        transmit: Callable[[bytes], int],
        meter: PathMeter,
        clock: Callable[[], float],
        random_bits: Callable[[int], int],
        wake: Callable[[Paced], None],
    ) -> None:
        self._transmit = transmit
        self._meter = meter
        self._clock = clock
        self._wake = wake
        self._pacer = Pacer(self._leave, START_KBPS)
        self._sequences = {stream.ssrc: random_bits(15) for stream in (REPEAT, REPAIR, PADDING)}
        self.sound_octets = 0
        self.other_octets = 0

    @property
    def backlog(self) -> float:
        """Seconds that pictures wait before they leave."""
        return self._pacer.backlog

    @property
    def dropped(self) -> int:
        """Packets that found no room to wait."""
        return self._pacer.dropped

    def begin_path(self) -> None:
        """On a new path what stands beside the media has numbers below 2**15."""
        self._sequences = {ssrc: number & 0x7FFF for ssrc, number in self._sequences.items()}

    def aim(self, kbps: float) -> None:
        """Spread packets for a path that bears so much."""
        self._pacer.rate_kbps = kbps

    def send(
        self, stream: Stream, sequence: int, timestamp: int, marker: bool, payload: bytes
    ) -> int:
        """Send a packet of media; return the bytes it takes on the wire, 0 if it cannot leave."""
        packet = stream, sequence, timestamp, marker, payload
        if stream is MICROPHONE:
            octets = self._leave(packet)
            self._pacer.pass_by(octets, self._clock())
            return octets
        return self._push(PICTURE, packet)

    def send_beside(self, stream: LinkStream, timestamp: int, marker: bool, payload: bytes) -> int:
        """The same for REPEAT, REPAIR and PADDING, which are numbered here."""
        sequence = self._sequences[stream.ssrc]
        self._sequences[stream.ssrc] = (sequence + 1) & 0xFFFF
        return self._push(RANKS[stream.ssrc], (stream, sequence, timestamp, marker, payload))

    def send_cluster(self, octets: int) -> None:
        """Send so many bytes in one go, to try what the path bears."""
        count = max(LEAST_PACKETS, -(-octets // (MAX_PAYLOAD + AROUND)))
        payload = bytes(max(1, octets // count - AROUND))
        for _ in range(count):
            self.send_beside(PADDING, 0, False, payload)

    def release(self, now: float) -> bool:
        """Send what may leave by now; return whether more waits."""
        return self._pacer.release(now)

    def forget(self) -> None:
        """Drop what waits."""
        self._pacer.forget()

    def _push(self, rank: int, packet: Packet) -> int:
        octets = len(packet[4]) + AROUND
        if not self._pacer.push(rank, packet, octets, self._clock()):
            return 0
        if self._pacer.waiting:
            self._wake(self)
        return octets

    def _leave(self, packet: Packet) -> int:
        stream = packet[0]
        now = self._clock()  # before: a pause of this thread must look long, not like a short way
        octets = self._transmit(build(*packet, self._meter.number))
        if octets:
            self._meter.left(octets, now, in_cluster=stream is PADDING)
            if stream is MICROPHONE:
                self.sound_octets += octets
            else:
                self.other_octets += octets
        return octets
