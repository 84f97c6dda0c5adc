"""Puts one stream's packets back into frames, and says what to ask for again.

Pure: packets and time in, frames out. A frame is complete with the packet that carries the
marker, not with the first packet of the next one, which would cost a frame time.
"""

from collections import Counter, deque
from typing import NamedTuple

from media.rtp_packet import MAX_PACKETS, START, RtpPacket, Stream
from media.sealing import FLAG_KEY

FIRST_ASK = 0.004  # seconds a packet may merely be late before it is asked for
MIN_ASK_AGAIN = 0.020  # seconds between two requests for one packet, at least
ASK_SLACK = 0.010  # seconds on top of the round trip before asking again
MAX_ASKS = 4
DEADLINE = 0.250  # seconds a missing packet may hold up what came after it
MAX_MISSING = 256  # packets waited for at once; a longer gap is not worth repairing
MAX_HELD = 1024  # packets held behind a gap: 1.2 MB


class Frame(NamedTuple):
    """A complete sealed frame; `sequence` (extended, of its last packet) never goes back."""

    sequence: int
    timestamp: int
    sealed: bytes


class _Missing:
    __slots__ = ("asked", "asked_at", "since")

    def __init__(self, since: float) -> None:
        self.since = since
        self.asked_at = since
        self.asked = 0


class RtpReceiver:
    """One stream from one peer, in order of its sequence numbers.

    Streams whose frames are single packets (sound) deliver each at once, in any order: their
    player sorts. Others deliver whole frames in order and wait for a missing packet until it
    is repeated, until DEADLINE, or until a whole key frame stands behind it.
    """

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._next = 0  # the lowest sequence not yet used up
        self._highest = -1
        self._started = False
        self._held: dict[int, RtpPacket] = {}
        self._missing: dict[int, _Missing] = {}
        self._parts: list[bytes] = []
        self._timestamp = 0
        self._in_frame = False
        # Key frames behind a gap: the first sequence, and the next one to look for
        self._key_starts: deque[tuple[int, int]] = deque(maxlen=8)
        self.counters: Counter[str] = Counter()
        self.packets = 0
        self.octets = 0
        self.frames = 0
        self.jitter = 0.0  # in units of the stream's clock
        self._transit: float | None = None
        self._first = 0
        self._reported_expected = 0
        self._reported_packets = 0

    @property
    def highest(self) -> int:
        """The highest extended sequence number so far, -1 before the first packet."""
        return self._highest

    @property
    def lost(self) -> int:
        """Packets that were sent and have not come, not even repeated."""
        return max(0, self._highest + 1 - self._first - self.packets) if self._started else 0

    def receive(self, packet: RtpPacket, now: float) -> list[Frame]:
        """Take a packet in; return the frames that it completes, oldest first."""
        if not self._started:
            self._started = True
            self._next = self._first = packet.sequence
            self._highest = packet.sequence - 1
        distance = ((packet.sequence - self._highest + 0x8000) & 0xFFFF) - 0x8000
        sequence = self._highest + distance
        if distance > 0:
            self._note_gap(sequence, now)
            self._highest = sequence
        elif sequence not in self._missing:
            self.counters["late"] += 1
            return []
        else:
            missing = self._missing.pop(sequence)
            self.counters["repaired" if missing.asked else "reordered"] += 1
        self.packets += 1
        self.octets += len(packet.payload)
        self._note_arrival(packet, distance, now)
        if not self._stream.packetised:
            self.frames += 1
            return [Frame(sequence, packet.timestamp, packet.payload)]
        if sequence < self._next:
            self.counters["late"] += 1
            return []
        if len(self._held) >= MAX_HELD:
            self.counters["overflow"] += 1
            return self._skip_to(sequence, packet)
        self._held[sequence] = packet
        payload = packet.payload
        if (
            sequence != self._next
            and len(payload) > 1
            and payload[0] == START
            and payload[1] & FLAG_KEY
        ):
            self._key_starts.append((sequence, sequence))
        frames = self._use_up()
        if self._key_starts and self._held:
            frames += self._jump_to_key_frame()
        return frames

    def ask(self, now: float, round_trip: float) -> tuple[list[int], list[Frame]]:
        """Return the sequence numbers (16 bits) to ask for now, and frames freed by giving up."""
        again = max(MIN_ASK_AGAIN, round_trip + ASK_SLACK)
        wanted: list[int] = []
        given_up = -1
        for sequence, missing in list(self._missing.items()):
            if now - missing.since >= DEADLINE:
                del self._missing[sequence]
                given_up = sequence
                self.counters["given_up"] += 1
            elif missing.asked >= MAX_ASKS:
                continue
            elif now - missing.asked_at >= (again if missing.asked else FIRST_ASK):
                missing.asked += 1
                missing.asked_at = now
                wanted.append(sequence & 0xFFFF)
        self.counters["asked"] += len(wanted)
        frames: list[Frame] = []
        if given_up >= self._next and self._stream.packetised:
            self._pass_over(given_up)
            frames = self._use_up()
        return wanted, frames

    @property
    def waiting(self) -> bool:
        """Whether `ask` has anything to do soon."""
        return bool(self._missing)

    def report(self) -> tuple[float, int]:
        """Return the share lost since the last call, and all lost (RFC 3550 appendix A.3)."""
        expected = self._highest + 1 - self._first if self._started else 0
        new = expected - self._reported_expected
        came = self.packets - self._reported_packets
        self._reported_expected = expected
        self._reported_packets = self.packets
        return (max(0.0, (new - came) / new) if new > 0 else 0.0), self.lost

    def _note_gap(self, sequence: int, now: float) -> None:
        gap = range(self._highest + 1, sequence)
        if len(gap) + len(self._missing) > MAX_MISSING:
            self.counters["given_up"] += len(gap) + len(self._missing)
            self._missing.clear()
            if self._stream.packetised:
                self._held.clear()
                self._pass_over(sequence - 1)
            return
        for absent in gap:
            self._missing[absent] = _Missing(now)

    def _note_arrival(self, packet: RtpPacket, distance: int, now: float) -> None:
        transit = now * self._stream.clock_rate - packet.timestamp
        if self._transit is not None and distance == 1:
            difference = abs(transit - self._transit) % 2**32
            if difference < self._stream.clock_rate * 10:
                self.jitter += (difference - self.jitter) / 16  # RFC 3550 appendix A.8
        self._transit = transit

    def _use_up(self) -> list[Frame]:
        """Consume what is in order from `_next` on."""
        frames: list[Frame] = []
        held = self._held
        while (packet := held.pop(self._next, None)) is not None:
            sequence = self._next
            self._next += 1
            payload = packet.payload
            if payload[0] == START:
                if self._in_frame:
                    self.counters["torn"] += 1
                self._parts = [payload[1:]]
                self._timestamp = packet.timestamp
                self._in_frame = True
            elif self._in_frame and packet.timestamp == self._timestamp:
                self._parts.append(payload[1:])
            else:
                self._tear()
            if len(self._parts) > MAX_PACKETS:
                self._tear()
            if packet.marker:
                if self._in_frame:
                    self.frames += 1
                    frames.append(Frame(sequence, self._timestamp, b"".join(self._parts)))
                self._parts = []
                self._in_frame = False
        return frames

    def _tear(self) -> None:
        if self._in_frame:
            self.counters["torn"] += 1
        self._parts = []
        self._in_frame = False

    def _pass_over(self, sequence: int) -> None:
        """Go on behind `sequence`; what is held before that cannot be completed any more."""
        self._tear()
        for old in [held for held in self._held if held <= sequence]:
            del self._held[old]
        for old in [absent for absent in self._missing if absent <= sequence]:
            del self._missing[old]
        self._next = max(self._next, sequence + 1)

    def _skip_to(self, sequence: int, packet: RtpPacket) -> list[Frame]:
        self._pass_over(sequence - 1)
        self._held[sequence] = packet
        return self._use_up()

    def _jump_to_key_frame(self) -> list[Frame]:
        """Nothing before a whole key frame is worth waiting for."""
        while self._key_starts and self._key_starts[0][0] < self._next:
            self._key_starts.popleft()
        for place in reversed(range(len(self._key_starts))):
            start, sequence = self._key_starts[place]
            while (packet := self._held.get(sequence)) is not None:
                if packet.marker:
                    self.counters["jumped"] += 1
                    self._pass_over(start - 1)
                    return self._use_up()
                sequence += 1
            self._key_starts[place] = start, sequence  # no packet is looked at twice
        return []
