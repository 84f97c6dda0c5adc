"""Packets of one stream of pictures, put together to frames in their order. Pure."""

from collections import Counter, deque
from typing import NamedTuple

from media.path.dispensable import Pattern
from media.path.rtp_packet import MAX_PACKETS, MORE, START, RtpPacket
from media.sealing import FLAG_KEY, flags_layer

MAX_HELD = 1024  # packets held behind a gap or for their frame: 1.2 MB


class Frame(NamedTuple):
    """A complete sealed frame; `sequence` (extended, of its last packet) never goes back."""

    ssrc: int
    sequence: int
    timestamp: int
    sealed: bytes


class FrameBuffer:
    """Holds packets by their extended sequence until their frame is whole and its turn has come.

    `next` is the first packet not used up, `gap` the first one from there on that is not here.
    """

    def __init__(self, ssrc: int, counters: Counter[str]) -> None:
        self.next = 0
        self.gap = 0
        self.held: dict[int, RtpPacket] = {}
        self._ssrc = ssrc
        self._counters = counters
        self._pattern = Pattern()
        # Key frames behind a gap: the first sequence, and the next one to look for
        self._key_starts: deque[tuple[int, int]] = deque(maxlen=8)

    def begin_at(self, sequence: int) -> None:
        """The stream begins with this packet."""
        self.next = self.gap = sequence

    def hold(self, sequence: int, packet: RtpPacket) -> None:
        """Take a packet in that is not used up yet; if there is no room, what is before it goes."""
        if len(self.held) >= MAX_HELD:
            self._counters["overflow"] += 1
            self.pass_over(sequence - 1)
        self.held[sequence] = packet
        payload = packet.payload
        if (
            sequence != self.gap
            and len(payload) > 1
            and payload[0] & START
            and payload[1] & FLAG_KEY
        ):
            self._key_starts.append((sequence, sequence))

    def go_on(self) -> list[Frame]:
        """Return the frames whose turn has come: nothing is waited for before a whole key frame."""
        frames = self._use_up()
        if self._key_starts and self.held:
            frames += self._jump_to_key_frame()
        return frames

    def pass_over(self, sequence: int) -> None:
        """Go on behind `sequence`; what is held before that cannot be completed any more."""
        for old in [held for held in self.held if held <= sequence]:
            del self.held[old]
        self.next = max(self.next, sequence + 1)
        self.gap = max(self.gap, self.next)
        self._pattern.leave_out()

    def leave_out(self, highest: int) -> list[Frame]:
        """Go on to a whole frame, up to `highest`, that does not build upon what is missing."""
        start = -1
        for sequence in range(self.gap + 1, highest + 1):
            packet = self.held.get(sequence)
            if packet is None:
                start = -1
                continue
            if packet.payload[0] & START:
                flags = packet.payload[1] if len(packet.payload) > 1 else 0
                stands = self._pattern.stands_without(flags, packet.timestamp)
                start = sequence if stands else -1
            if packet.marker and start >= 0:
                self._counters["left_out"] += 1
                self.pass_over(start - 1)
                return self._use_up()
        return []

    def is_dispensable(self, sequence: int) -> bool:
        """Whether a missing packet surely belongs to a frame of a higher layer."""
        for before in range(sequence - 1, max(self.next, sequence - MORE) - 1, -1):
            packet = self.held.get(before)
            if packet is None:
                continue
            payload = packet.payload
            if payload[0] & START:
                reaches = before + (payload[0] & MORE) >= sequence
                return reaches and len(payload) > 1 and flags_layer(payload[1]) > 0
            if packet.marker:
                return False
        return False

    def _use_up(self) -> list[Frame]:
        """Put together the frames that are whole from `next` on."""
        frames: list[Frame] = []
        while (packet := self.held.get(self.gap)) is not None:
            self.gap += 1
            if packet.marker:
                packets = [self.held.pop(s) for s in range(self.next, self.gap)]
                self.next = self.gap
                frame = self._put_together(packets)
                if frame is not None:
                    frames.append(frame)
        return frames

    def _put_together(self, packets: list[RtpPacket]) -> Frame | None:
        timestamp = packets[0].timestamp
        begin = START
        parts: list[bytes] = []
        for packet in packets:
            if packet.payload[0] & START != begin or packet.timestamp != timestamp:
                break
            begin = 0
            parts.append(packet.payload[1:])
        sealed = b"".join(parts)
        if len(parts) < len(packets) or not sealed or len(packets) > MAX_PACKETS:
            self._counters["torn"] += 1
            self._pattern.leave_out()
            return None
        self._pattern.note(sealed[0], timestamp)
        return Frame(self._ssrc, self.next - 1, timestamp, sealed)

    def _jump_to_key_frame(self) -> list[Frame]:
        while self._key_starts and self._key_starts[0][0] < self.next:
            self._key_starts.popleft()
        for place in reversed(range(len(self._key_starts))):
            start, sequence = self._key_starts[place]
            while (packet := self.held.get(sequence)) is not None:
                if packet.marker:
                    self._counters["jumped"] += 1
                    self.pass_over(start - 1)
                    return self._use_up()
                sequence += 1
            self._key_starts[place] = start, sequence  # no packet is looked at twice
        return []
