"""Everything that leaves on one link as RTP: numbered across all streams, counted, noted."""

from collections.abc import Callable

from media.path_meter import PathMeter
from media.rtp_packet import MICROPHONE, PADDING, REPAIR, REPEAT, LinkStream, Stream, build


class Departures:
    """The outlet of one link's senders. `transmit` encrypts and returns the bytes on the wire."""

    def __init__(
        self,
        transmit: Callable[[bytes], int],
        meter: PathMeter,
        clock: Callable[[], float],
        random_bits: Callable[[int], int],
    ) -> None:
        self._transmit = transmit
        self._meter = meter
        self._clock = clock
        self._sequences = {stream.ssrc: random_bits(15) for stream in (REPEAT, REPAIR, PADDING)}
        self.sound_octets = 0
        self.other_octets = 0

    def send(
        self, stream: Stream, sequence: int, timestamp: int, marker: bool, payload: bytes
    ) -> int:
        """Send a packet of media; return the bytes it takes on the wire, 0 if it cannot leave."""
        return self._leave(stream, sequence, timestamp, marker, payload)

    def send_beside(self, stream: LinkStream, timestamp: int, marker: bool, payload: bytes) -> int:
        """The same for REPEAT, REPAIR and PADDING, which are numbered here."""
        sequence = self._sequences[stream.ssrc]
        self._sequences[stream.ssrc] = (sequence + 1) & 0xFFFF
        return self._leave(stream, sequence, timestamp, marker, payload)

    def _leave(
        self, stream: LinkStream, sequence: int, timestamp: int, marker: bool, payload: bytes
    ) -> int:
        number = self._meter.number
        octets = self._transmit(build(stream, sequence, timestamp, marker, payload, number))
        if octets:
            self._meter.left(octets, self._clock())
            if stream is MICROPHONE:
                self.sound_octets += octets
            else:
                self.other_octets += octets
        return octets
