"""Puts one stream's packets back into frames, and says what to ask for again.

Pure: packets and time in, frames out. A frame is complete with the packet that carries the
marker, not with the first packet of the next one, which would cost a frame time.
"""

import math
from collections import Counter, deque
from typing import NamedTuple

from media import redundancy
from media.dispensable import Pattern
from media.fec import ParityError, recover
from media.parity_packet import ParityPacket
from media.patience import LEAST, Answers, Patience
from media.repair import DISPENSABLE_TIME
from media.rtp_packet import MAX_PACKETS, MORE, START, RtpPacket, Stream
from media.sealing import FLAG_KEY, flags_layer

MAX_ASKS = 10
MAX_ASKED_AT_ONCE = 64  # packets in one request: what a burst may lose, not a storm
DEADLINE = 0.250  # seconds a missing packet may hold up what came after it, at least
MAX_DEADLINE = 0.600  # seconds; twice there and back beyond that is slower than a key frame
SOUND_IN_TIME = 0.120  # seconds after which sound that was asked for is hardly played any more
PARITY_PAUSE = 0.010  # seconds that parity may take behind the packets it covers
PARITY_LATELY = 1.0  # seconds after a row in which more are expected
TAIL_WAIT = 0.008  # seconds, and three packets' distance: then the rest of a frame is missing
FIRST_SPACING = 0.010  # seconds: a slow path's, until it is seen
LOSSY = 10.0  # seconds after a loss in which the ends of all frames are watched
SELDOM = 0.1  # seconds without a packet, after which the end of a frame is watched anyway
MAX_MISSING = 256  # packets waited for at once; a longer gap is not worth repairing
MAX_HELD = 1024  # packets held behind a gap or for their frame: 1.2 MB
MAX_BLOCKS = 16  # runs of packets whose parity is held: 0.6 MB
LONGEST_LOOK = 0.020  # seconds between two looks at what is missing, at most
SHORTEST_LOOK = 0.002
SOUND_STEP = 960  # of the sound's clock: each packet holds 20 ms


class Frame(NamedTuple):
    """A complete sealed frame; `sequence` (extended, of its last packet) never goes back."""

    ssrc: int
    sequence: int
    timestamp: int
    sealed: bytes


class _Missing:
    __slots__ = ("advances", "asked", "asked_at", "first_asked_at", "since")

    def __init__(self, since: float, advances: int) -> None:
        self.since = since
        self.advances = advances
        self.asked_at = self.first_asked_at = since
        self.asked = 0

    def ask(self, now: float) -> None:
        """It is asked for now."""
        if not self.asked:
            self.first_asked_at = now
        self.asked += 1
        self.asked_at = now

    def answer_time(self, now: float, round_trip: float) -> float:
        """Return how long the answer took that comes now; too soon for the last request, it is
        one to the first.
        """
        soon = now - self.asked_at < round_trip / 2
        return now - (self.first_asked_at if soon else self.asked_at)


class _Block:
    """Parity held until the packets it covers are there, or can be worked out."""

    __slots__ = ("count", "first", "marker", "rows", "size", "timestamp")

    def __init__(self, first: int, packet: ParityPacket) -> None:
        self.first = first
        self.count = packet.packets
        self.timestamp = packet.timestamp
        self.marker = packet.marker
        self.size = len(packet.parity)
        self.rows: dict[int, bytes] = {}

    def agrees(self, packet: ParityPacket) -> bool:
        """Whether a row is of this block."""
        mine = self.count, self.timestamp, self.marker, self.size
        return mine == (packet.packets, packet.timestamp, packet.marker, len(packet.parity))


class RtpReceiver:
    """One stream from one peer, in order of its sequence numbers.

    Streams whose frames are single packets (sound) deliver each at once, in any order: their
    player sorts. Others deliver whole frames in order and wait for a missing packet until it is
    repeated or worked out, until the deadline, until a whole key frame stands behind it, or
    hardly at all if what stands behind it does not build upon it.
    """

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._next = 0  # the lowest sequence not yet used up
        self._scan = 0  # the lowest sequence from there on that is not held
        self._highest = -1
        self._started = False
        self._tail = -1  # the last sequence that a frame was said to have
        self._came_at = 0.0  # when the highest packet came
        self._tail_at = 0.0  # when a packet of it came
        self._spacing = FIRST_SPACING  # seconds from one packet of a frame to the next
        self._lost_at = -LOSSY
        self._advances = 0  # packets that were the highest when they came
        self._held: dict[int, RtpPacket] = {}
        self._missing: dict[int, _Missing] = {}
        self._blocks: dict[int, _Block] = {}
        self._parity_at = -PARITY_LATELY
        self._patience = Patience()
        self._answers = Answers()
        self._round_trip = 0.0
        self._pattern = Pattern()
        # Key frames behind a gap: the first sequence, and the next one to look for
        self._key_starts: deque[tuple[int, int]] = deque(maxlen=8)
        self._due = math.inf
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

    @property
    def due(self) -> float:
        """When to call `ask` next, by the clock of `receive`; infinite while nothing is missing."""
        due = self._due if self._missing else math.inf
        return min(due, self._tail_due) if self._tail > self._highest else due

    @property
    def _tail_due(self) -> float:
        """When the rest of a frame that has begun counts as missing."""
        return self._tail_at + TAIL_WAIT + 3 * self._spacing

    def receive(self, packet: RtpPacket, now: float, *, repeated: bool = False) -> list[Frame]:
        """Take a packet in; return the frames that it completes, oldest first."""
        if not self._started:
            if repeated:
                return []
            self._started = True
            self._begin_at(packet.sequence)
            self._highest = packet.sequence - 1
            if not self._has_beginning(packet):
                self._look_before(packet.sequence, now)
        sequence = self._extended(packet.sequence)
        if sequence > self._highest:
            if repeated:  # nobody can have asked for it
                self.counters["refused"] += 1
                return []
            self._advances += 1
            if sequence > self._highest + 1:
                self._note_gap(sequence, now)
            elif not self._stream.packetised:
                self._note_jitter(packet, now)
            self._highest = sequence
            if now - self._lost_at <= LOSSY or now - self._came_at >= SELDOM:
                self._watch_tail(sequence, packet, now)
            self._came_at = now
        else:
            missing = self._missing.pop(sequence, None)
            if missing is None:
                self.counters["late"] += 1
                return []
            if repeated:
                self.counters["repaired"] += 1
                self._answers.came(missing.answer_time(now, self._round_trip))
            else:
                self.counters["reordered"] += 1
                later = self._advances - missing.advances + 1
                self._patience.came_late(now - missing.since, later, now)
            if sequence == self._first == self._next and not self._has_beginning(packet):
                self._look_before(sequence, now)
        self.packets += 1
        self.octets += len(packet.payload)
        if not self._stream.packetised:
            return self._take_sound(sequence, packet)
        return self._take(sequence, packet)

    def repair(self, packet: ParityPacket, now: float) -> list[Frame]:
        """Take a parity row in; return the frames that can be worked out with it."""
        if not self._started or not self._stream.packetised:
            return []
        first = self._extended(packet.first)
        last = first + packet.packets - 1
        self._parity_at = now
        if first < self._next or all(s in self._held for s in range(first, last + 1)):
            self.counters["parity_unneeded"] += 1
            return []
        if last > self._highest:  # nothing else tells that the last of these packets are missing
            self._note_gap(last + 1, now)
            self._highest = last
            if first < self._next:
                return []
        block = self._blocks.get(first)
        if block is None:
            if len(self._blocks) >= MAX_BLOCKS:
                del self._blocks[min(self._blocks)]
                self.counters["parity_dropped"] += 1
            block = self._blocks[first] = _Block(first, packet)
        if not block.agrees(packet):
            self.counters["parity_refused"] += 1
            return []
        block.rows[packet.row] = packet.parity
        self._work_out(block)
        return self._go_on()

    def ask(self, now: float, round_trip: float) -> tuple[list[int], list[Frame]]:
        """Return the sequence numbers (16 bits) to ask for now, and frames freed by giving up.

        To be called at `due`, with the seconds that a request and its answer take.
        """
        self._round_trip = round_trip
        again = self._answers.wait(round_trip)
        deadline = min(MAX_DEADLINE, max(DEADLINE, 2 * again))
        if self._tail > self._highest and now >= self._tail_due:
            self._note_gap(self._tail + 1, now)
            self._highest = self._tail
        frames = self._leave_out_dispensable(now)
        pause = PARITY_PAUSE if now - self._parity_at < PARITY_LATELY else 0.0
        covered = self._covered()
        wanted: list[int] = []
        given_up = -1
        due = now + LONGEST_LOOK
        for sequence, missing in list(self._missing.items()):
            if now - missing.since >= deadline:
                del self._missing[sequence]
                given_up = max(given_up, sequence)
                self.counters["given_up"] += 1
                continue
            due = min(due, missing.since + deadline)
            if (
                missing.asked >= MAX_ASKS
                or len(wanted) >= MAX_ASKED_AT_ONCE
                or sequence in covered
                or not self._comes_in_time(sequence, now - missing.since)
            ):
                continue
            if missing.asked:
                is_over = now - missing.asked_at >= again
            else:
                later = self._advances - missing.advances + 1
                is_over = self._patience.is_over(now - missing.since - pause, later, now)
            if is_over:
                missing.ask(now)
                wanted.append(sequence & 0xFFFF)
            due = min(due, missing.asked_at + (again if missing.asked else LEAST + pause))
        self.counters["asked"] += len(wanted)
        if given_up >= self._next and self._stream.packetised:
            self._pass_over(given_up)
            frames += self._use_up()
        self._due = max(due, now + SHORTEST_LOOK) if self._missing else math.inf
        return wanted, frames

    def report(self) -> tuple[float, int]:
        """Return the share lost since the last call, and all lost (RFC 3550 appendix A.3)."""
        expected = self._highest + 1 - self._first if self._started else 0
        new = expected - self._reported_expected
        came = self.packets - self._reported_packets
        self._reported_expected = expected
        self._reported_packets = self.packets
        return (max(0.0, (new - came) / new) if new > 0 else 0.0), self.lost

    def _begin_at(self, sequence: int) -> None:
        self._next = self._scan = self._first = sequence

    def _has_beginning(self, packet: RtpPacket) -> bool:
        """Whether a frame, and so perhaps the stream, begins with this packet."""
        return not self._stream.packetised or bool(packet.payload[0] & START)

    def _look_before(self, sequence: int, now: float) -> None:
        """The stream began before its first packet that came: that one is inside of a frame."""
        self._begin_at(sequence - 1)
        self._missing[sequence - 1] = _Missing(now, self._advances)
        self._due = min(self._due, now + LEAST)
        self.counters["missed"] += 1

    def _extended(self, sequence: int) -> int:
        """Return the sequence (16 bits) nearest to the highest one, not wrapped."""
        return self._highest + ((sequence - self._highest + 0x8000) & 0xFFFF) - 0x8000

    def _note_gap(self, sequence: int, now: float) -> None:
        """Wait for what is missing before `sequence`."""
        gap = range(self._highest + 1, sequence)
        if not gap:
            return
        self.counters["missed"] += len(gap)
        self._lost_at = now
        if len(gap) + len(self._missing) > MAX_MISSING:
            self.counters["given_up"] += len(gap) + len(self._missing)
            self._missing.clear()
            if self._stream.packetised:
                self._pass_over(sequence - 1)
            return
        for absent in gap:
            self._missing[absent] = _Missing(now, self._advances)
        self._due = min(self._due, now + LEAST)

    def _watch_tail(self, sequence: int, packet: RtpPacket, now: float) -> None:
        """Note how far the frame goes on, where the last packets of frames may be lost."""
        if not self._stream.packetised:
            return
        more = packet.payload[0] & MORE
        if not packet.payload[0] & START and sequence - 1 <= self._tail:
            self._spacing += (min(now - self._tail_at, FIRST_SPACING) - self._spacing) / 8
        if more:
            self._tail, self._tail_at = sequence + more, now

    def _note_jitter(self, packet: RtpPacket, now: float) -> None:
        transit = now * self._stream.clock_rate - packet.timestamp
        if self._transit is not None:
            difference = abs(transit - self._transit) % 2**32
            if difference < self._stream.clock_rate * 10:
                self.jitter += (difference - self.jitter) / 16  # RFC 3550 appendix A.8
        self._transit = transit

    def _take_sound(self, sequence: int, packet: RtpPacket) -> list[Frame]:
        """Deliver sound, and the sound of before that it carries and that is missing."""
        unpacked = redundancy.unpack(packet.payload)
        if unpacked is None:
            self.counters["refused"] += 1
            return []
        frames: list[Frame] = []
        older, newest = unpacked
        for distance, sealed in older:
            if self._missing.pop(sequence - distance, None) is not None:
                self.counters["redundant"] += 1
                self.packets += 1
                timestamp = packet.timestamp - distance * SOUND_STEP & 0xFFFFFFFF
                frames.append(Frame(packet.ssrc, sequence - distance, timestamp, sealed))
        frames.append(Frame(packet.ssrc, sequence, packet.timestamp, newest))
        frames.sort()
        self.frames += len(frames)
        return frames

    def _take(self, sequence: int, packet: RtpPacket) -> list[Frame]:
        """Hold a packet of a picture; return the frames that can go on now."""
        if sequence < self._next:
            self.counters["late"] += 1
            return []
        if len(self._held) >= MAX_HELD:
            self.counters["overflow"] += 1
            self._pass_over(sequence - 1)
        self._hold(sequence, packet)
        if self._blocks:
            for block in list(self._blocks.values()):
                if block.first <= sequence < block.first + block.count:
                    self._work_out(block)
        return self._go_on()

    def _hold(self, sequence: int, packet: RtpPacket) -> None:
        self._held[sequence] = packet
        payload = packet.payload
        if (
            sequence != self._scan
            and len(payload) > 1
            and payload[0] & START
            and payload[1] & FLAG_KEY
        ):
            self._key_starts.append((sequence, sequence))

    def _work_out(self, block: _Block) -> None:
        """Compute what is missing of a block if its parity suffices; then it is done with."""
        held = self._held
        last = block.first + block.count - 1
        present = {
            sequence - block.first: held[sequence].payload
            for sequence in range(block.first, last + 1)
            if sequence in held
        }
        if block.count - len(present) > len(block.rows):
            return
        del self._blocks[block.first]
        try:
            found = recover(block.count, present, block.rows)
        except ParityError:
            self.counters["parity_refused"] += 1
            return
        for place, payload in found.items():
            sequence = block.first + place
            self._missing.pop(sequence, None)
            marker = block.marker and sequence == last
            packet = RtpPacket(
                self._stream.ssrc, sequence & 0xFFFF, block.timestamp, marker, payload
            )
            self.counters["recovered"] += 1
            self.packets += 1
            self._hold(sequence, packet)

    def _covered(self) -> set[int]:
        """Return missing packets that need no request: parity waits until the others are there."""
        covered: set[int] = set()
        for block in self._blocks.values():
            missing = [
                s for s in range(block.first, block.first + block.count) if s in self._missing
            ]
            covered.update(missing[-len(block.rows) :])
        return covered

    def _comes_in_time(self, sequence: int, age: float) -> bool:
        """Whether a packet missing for `age` seconds is of use if it is asked for now."""
        if not self._stream.packetised:
            return age + self._round_trip <= SOUND_IN_TIME
        soon = self._answers.wait(self._round_trip) <= DISPENSABLE_TIME
        return soon or not self._is_dispensable(sequence)

    def _is_dispensable(self, sequence: int) -> bool:
        """Whether a missing packet surely belongs to a frame of a higher layer."""
        for before in range(sequence - 1, max(self._next, sequence - MORE) - 1, -1):
            packet = self._held.get(before)
            if packet is None:
                continue
            payload = packet.payload
            if payload[0] & START:
                more = payload[0] & MORE
                return (
                    len(payload) > 1 and before + more >= sequence and flags_layer(payload[1]) > 0
                )
            if packet.marker:
                return False
        return False

    def _go_on(self) -> list[Frame]:
        frames = self._use_up()
        if self._key_starts and self._held:
            frames += self._jump_to_key_frame()
        return frames

    def _use_up(self) -> list[Frame]:
        """Put together the frames that are whole from `_next` on."""
        frames: list[Frame] = []
        while (packet := self._held.get(self._scan)) is not None:
            self._scan += 1
            if packet.marker:
                packets = [self._held.pop(s) for s in range(self._next, self._scan)]
                self._next = self._scan
                frame = self._put_together(packets)
                if frame is not None:
                    frames.append(frame)
        if frames and self._blocks:
            self._forget_blocks()
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
            self.counters["torn"] += 1
            self._pattern.leave_out()
            return None
        self._pattern.note(sealed[0], timestamp)
        self.frames += 1
        return Frame(self._stream.ssrc, self._next - 1, timestamp, sealed)

    def _pass_over(self, sequence: int) -> None:
        """Go on behind `sequence`; what is held before that cannot be completed any more."""
        for old in [held for held in self._held if held <= sequence]:
            del self._held[old]
        passed = [absent for absent in self._missing if absent <= sequence]
        for old in passed:
            del self._missing[old]
        self.counters["passed_over"] += len(passed)
        self._next = max(self._next, sequence + 1)
        self._scan = max(self._scan, self._next)
        self._pattern.leave_out()
        self._forget_blocks()

    def _forget_blocks(self) -> None:
        for first in [first for first in self._blocks if first < self._next]:
            del self._blocks[first]

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

    def _leave_out_dispensable(self, now: float) -> list[Frame]:
        """Go on to a whole frame that does not build upon what is missing, if repair takes long."""
        first = self._missing.get(self._scan)
        if first is None or not self._stream.packetised:
            return []
        wait = self._patience.longest
        if now - self._parity_at < PARITY_LATELY:
            wait += PARITY_PAUSE
        if self._answers.wait(self._round_trip) <= DISPENSABLE_TIME:
            wait = max(wait, DISPENSABLE_TIME)
        if now - first.since < wait:
            return []
        start = -1
        for sequence in range(self._scan + 1, self._highest + 1):
            packet = self._held.get(sequence)
            if packet is None:
                start = -1
                continue
            if packet.payload[0] & START:
                flags = packet.payload[1] if len(packet.payload) > 1 else 0
                stands = self._pattern.stands_without(flags, packet.timestamp)
                start = sequence if stands else -1
            if packet.marker and start >= 0:
                self.counters["left_out"] += 1
                self._pass_over(start - 1)
                return self._use_up()
        return []
