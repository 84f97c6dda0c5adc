"""All packets of one link, however they come: sent, repeated, or as parity. Pure."""

from collections.abc import Iterator, Mapping

from media.path import parity_packet
from media.path.frame_buffer import Frame
from media.path.rtp_packet import REPAIR, REPEAT, STREAMS, RtpPacket, original
from media.path.rtp_receiver import RtpReceiver


class IncomingPackets:
    """Gives each packet to the receiver of its stream; `streams` are those, by SSRC."""

    def __init__(self) -> None:
        self.streams: Mapping[int, RtpReceiver] = {
            stream.ssrc: RtpReceiver(stream) for stream in STREAMS.values()
        }

    def take(self, packet: RtpPacket, now: float) -> list[Frame] | None:
        """Take a packet in; return the frames that it completes, None if it is malformed."""
        if packet.ssrc in self.streams:
            return self.streams[packet.ssrc].receive(packet, now)
        if packet.ssrc == REPEAT.ssrc:
            again = original(packet)
            if again is None:
                return None
            return self.streams[again.ssrc].receive(again, now, repeated=True)
        if packet.ssrc == REPAIR.ssrc:
            parity = parity_packet.unpack(packet)
            return None if parity is None else self.streams[parity.ssrc].repair(parity, now)
        return []

    @property
    def due(self) -> float:
        """When to call `ask` next, by the clock of `take`; infinite while nothing is missing."""
        return min(receiver.due for receiver in self.streams.values())

    def ask(self, now: float, round_trip: float) -> Iterator[tuple[int, list[int], list[Frame]]]:
        """Yield for each stream due: SSRC, sequences to ask for, frames freed by giving up."""
        for ssrc, receiver in self.streams.items():
            if receiver.due <= now:
                yield ssrc, *receiver.ask(now, round_trip)
