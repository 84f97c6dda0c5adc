"""Takes one stream's packets in, however they come, and says what to ask for again.

Pure: packets and time in, frames out. A frame is complete with the packet that carries the
marker, not with the first packet of the next one, which would cost a frame time.
"""

import math
from collections import Counter

from media.path import redundancy
from media.path.frame_buffer import Frame, FrameBuffer
from media.path.held_parity import HeldParity
from media.path.parity_packet import ParityPacket
from media.path.patience import LEAST, Answers, Patience
from media.path.probation import Probation, is_far
from media.path.repair import DISPENSABLE_TIME
from media.path.rtp_packet import MORE, START, RtpPacket, Stream

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
OUTAGE = 0.5  # seconds without a packet of pictures: what was lost in them is of then, not of now
OUTAGE_PACKETS = 16  # that are lost in an outage at least; fewer are repaired, however late
LONGEST_LOOK = 0.020  # seconds between two looks at what is missing, at most
SHORTEST_LOOK = 0.002
ONCE_MORE = 0.040  # seconds: who is far asks again after a burst, which may have taken the request
STOOD_STILL = 0.020  # seconds that a look is late: this computer did, not the packets
SOUND_STEP = 960  # of the sound's clock: each packet holds 20 ms


class _Missing:
    __slots__ = ("advances", "asked", "asked_at", "first_asked_at", "since")

    def __init__(self, since: float, advances: int) -> None:
        self.since = since
        self.advances = advances
        self.asked_at = self.first_asked_at = since
        self.asked = 0

    def wait_longer(self, seconds: float) -> None:
        """So long nobody here looked whether it had come."""
        self.since += seconds
        self.asked_at += seconds
        self.first_asked_at += seconds

    def ask(self, now: float) -> None:
        """It is asked for now."""
        if not self.asked:
            self.first_asked_at = now
        self.asked += 1
        self.asked_at = now

    def answer_time(self, now: float, quickest: float) -> float:
        """Return how long the answer took that comes now; too soon for the last request, it is
        one to the first. Answers take `quickest` seconds at least.
        """
        soon = now - self.asked_at < quickest / 2
        return now - (self.first_asked_at if soon else self.asked_at)


class RtpReceiver:
    """One stream from one peer, in order of its sequence numbers.

    Streams whose frames are single packets (sound) deliver each at once, in any order: their
    player sorts. Others deliver whole frames in order and wait for a missing packet until it is
    repeated or worked out, until the deadline, until a whole key frame stands behind it, or
    hardly at all if what stands behind it does not build upon it.
    """

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._highest = -1
        self._seen = -1  # the highest packet that came: parity and ends of frames tell of more
        self._probation = Probation()
        self._started = False
        self._tail = -1  # the last sequence that a frame was said to have
        self._came_at = 0.0  # when the highest packet came
        self._tail_at = 0.0  # when a packet of it came
        self._spacing = FIRST_SPACING  # seconds from one packet of a frame to the next
        self._lost_at = -LOSSY
        self._advances = 0  # packets that were the highest when they came
        self.counters: Counter[str] = Counter()
        self._buffer = FrameBuffer(stream.ssrc, self.counters)
        self._parity = HeldParity(self.counters)
        self._missing: dict[int, _Missing] = {}
        self._parity_at = -PARITY_LATELY
        self._patience = Patience()
        self._answers = Answers()
        self._round_trip = 0.0
        self._due = math.inf
        self.packets = 0
        self.octets = 0
        self.jitter = 0.0  # in units of the stream's clock
        self._transit: float | None = None
        self._first = 0

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
        self._forgive(now)
        if not self._started:
            if repeated:
                return []
            self._started = True
            self._begin_at(packet.sequence)
            self._highest = self._seen = packet.sequence - 1
            if not self._has_beginning(packet):
                self._look_before(packet.sequence, now)
        sequence = self._extended(packet.sequence)
        if not repeated and sequence not in self._missing:
            if is_far(sequence - self._seen):
                if not self._probation.is_over(packet.sequence, now):
                    self.counters["refused"] += 1
                    return []
                sequence = self._go_on_at(packet.sequence)
            elif self._seen < sequence <= self._highest:
                self._take_back(sequence)
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
                if missing.asked == 1:
                    self._answers.certain(now - missing.asked_at, now)
                quickest = self._answers.quickest(self._round_trip, now)
                self._answers.came(missing.answer_time(now, quickest))
            else:
                self.counters["reordered"] += 1
                later = self._advances - missing.advances + 1
                self._patience.came_late(now - missing.since, later, now)
            if sequence == self._first == self._buffer.next and not self._has_beginning(packet):
                self._look_before(sequence, now)
        self._probation.followed(now)
        self._seen = max(self._seen, sequence)
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
        if last - self._seen > MAX_MISSING:  # not of a frame that could still be put together
            self.counters["parity_refused"] += 1
            return []
        self._parity_at = now
        held = self._buffer.held
        if first < self._buffer.next or all(s in held for s in range(first, last + 1)):
            self.counters["parity_unneeded"] += 1
            return []
        if last > self._highest:  # nothing else tells that the last of these packets are missing
            self._note_gap(last + 1, now)
            self._highest = last
        if first < self._buffer.next or not self._parity.add(first, packet):
            return []
        self._work_out(first)
        return self._go_on()

    def ask(self, now: float, round_trip: float) -> tuple[list[int], list[Frame]]:
        """Return the sequence numbers (16 bits) to ask for now, and frames freed by giving up.

        To be called at `due`, with the seconds that a request and its answer take.
        """
        self._forgive(now)
        self._round_trip = round_trip
        again = self._answers.wait(round_trip)
        is_far = again > DISPENSABLE_TIME
        deadline = min(MAX_DEADLINE, max(DEADLINE, 2 * again))
        if self._tail > self._highest and now >= self._tail_due:
            self._note_gap(self._tail + 1, now)
            self._highest = self._tail
        frames = self._leave_out_dispensable(now)
        pause = PARITY_PAUSE if now - self._parity_at < PARITY_LATELY else 0.0
        covered = self._parity.covered(self._missing)
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
            answer_wait = ONCE_MORE if is_far and missing.asked % 2 else again
            if missing.asked:
                is_over = now - missing.asked_at >= answer_wait
            else:
                later = self._advances - missing.advances + 1
                is_over = self._patience.is_over(now - missing.since - pause, later, now)
            if is_over:
                missing.ask(now)
                wanted.append(sequence & 0xFFFF)
            due = min(due, missing.asked_at + (answer_wait if missing.asked else LEAST + pause))
        self.counters["asked"] += len(wanted)
        if given_up >= self._buffer.next and self._stream.packetised:
            self._buffer.pass_over(given_up)
            frames += self._go_on()
        self._due = max(due, now + SHORTEST_LOOK) if self._missing else math.inf
        return wanted, frames

    def _begin_at(self, sequence: int) -> None:
        self._first = sequence
        self._buffer.begin_at(sequence)

    def _has_beginning(self, packet: RtpPacket) -> bool:
        """Whether a frame, and so perhaps the stream, begins with this packet."""
        return not self._stream.packetised or bool(packet.payload[0] & START)

    def _look_before(self, sequence: int, now: float) -> None:
        """The stream began before its first packet that came: that one is inside of a frame."""
        self._begin_at(sequence - 1)
        self._look_at(now + LEAST)
        self._missing[sequence - 1] = _Missing(now, self._advances)
        self.counters["missed"] += 1

    def _extended(self, sequence: int) -> int:
        """Return the sequence (16 bits) nearest to the highest one, not wrapped."""
        return self._highest + ((sequence - self._highest + 0x8000) & 0xFFFF) - 0x8000

    def _look_at(self, when: float) -> None:
        """Something more is missing: look then, if not before."""
        self._due = min(self._due, when) if self._missing else when

    def _forgive(self, now: float) -> None:
        """Count no time against what is missing in which this computer stood still.

        What came meanwhile has not been read yet, and what was due has not been asked for.
        """
        late = now - self.due
        if late <= STOOD_STILL:
            return
        for missing in self._missing.values():
            missing.wait_longer(late)
        self._due = max(self._due, now)
        if self._tail > self._highest:
            self._tail_at += late

    def _go_on_at(self, sequence: int) -> int:
        """Begin anew with this sequence (16 bits); return it extended: no number goes back."""
        skipped = (sequence - 1 - self._highest) & 0xFFFF
        self._highest += skipped
        self._first += skipped  # never sent, so not lost
        self._seen = self._highest
        self._buffer.pass_over(self._highest)
        self._forget_passed()
        self._missing.clear()
        self._tail = -1
        self.counters["restarted"] += 1
        return self._highest + 1

    def _take_back(self, sequence: int) -> None:
        """Parity told of packets, or a frame of its end, and now those are sent: it was not so."""
        self._highest = sequence - 1
        self._buffer.begin_at(sequence)
        for told in [told for told in self._missing if told >= sequence]:
            del self._missing[told]
        self._tail = -1
        self.counters["taken_back"] += 1

    def _note_gap(self, sequence: int, now: float) -> None:
        """Wait for what is missing before `sequence`."""
        gap = range(self._highest + 1, sequence)
        if not gap:
            return
        self.counters["missed"] += len(gap)
        self._lost_at = now
        if len(gap) + len(self._missing) > MAX_MISSING or self._was_out(len(gap), now):
            self.counters["given_up"] += len(gap) + len(self._missing)
            self._missing.clear()
            if self._stream.packetised:
                self._buffer.pass_over(sequence - 1)
                self._forget_passed()
            return
        self._look_at(now + LEAST)
        for absent in gap:
            self._missing[absent] = _Missing(now, self._advances)

    def _was_out(self, lost: int, now: float) -> bool:
        """Tell whether nothing came for so long that a key frame is here before the repair is."""
        silent = now - self._came_at >= OUTAGE
        return silent and lost >= OUTAGE_PACKETS and self._stream.packetised

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
        return frames

    def _take(self, sequence: int, packet: RtpPacket) -> list[Frame]:
        """Hold a packet of a picture; return the frames that can go on now."""
        if sequence < self._buffer.next:
            self.counters["late"] += 1
            return []
        self._buffer.hold(sequence, packet)
        if self._parity.blocks:
            self._work_out(sequence)
        return self._go_on()

    def _work_out(self, sequence: int) -> None:
        """Hold what parity tells now that a packet, or a row over it, has come."""
        for place, packet in self._parity.work_out(sequence, self._buffer.held).items():
            if place not in self._buffer.held and place >= self._buffer.next:
                self._missing.pop(place, None)
                self.counters["recovered"] += 1
                self.packets += 1
                self._seen = max(self._seen, place)
                self._buffer.hold(place, packet)

    def _go_on(self) -> list[Frame]:
        frames = self._buffer.go_on()
        if self._missing or self._parity.blocks:
            self._forget_passed()
        return frames

    def _forget_passed(self) -> None:
        """Wait no longer for what the buffer has passed over."""
        passed = [absent for absent in self._missing if absent < self._buffer.next]
        for absent in passed:
            del self._missing[absent]
        self.counters["passed_over"] += len(passed)
        self._parity.forget_before(self._buffer.next)

    def _comes_in_time(self, sequence: int, age: float) -> bool:
        """Whether a packet missing for `age` seconds is of use if it is asked for now."""
        if not self._stream.packetised:
            return age + self._round_trip <= SOUND_IN_TIME
        soon = self._answers.wait(self._round_trip) <= DISPENSABLE_TIME
        return soon or not self._buffer.is_dispensable(sequence)

    def _leave_out_dispensable(self, now: float) -> list[Frame]:
        """Go on to a whole frame that does not build upon what is missing, if repair takes long."""
        first = self._missing.get(self._buffer.gap)
        if first is None or not self._stream.packetised:
            return []
        wait = self._patience.longest
        if now - self._parity_at < PARITY_LATELY:
            wait += PARITY_PAUSE
        if self._answers.wait(self._round_trip) <= DISPENSABLE_TIME:
            wait = max(wait, DISPENSABLE_TIME)
        if now - first.since < wait:
            return []
        frames = self._buffer.leave_out(self._highest)
        self._forget_passed()
        return frames
