"""An adaptive jitter buffer for one person's sound: packets go in, 10 ms blocks come out."""

import contextlib
import math
from collections import deque
from typing import Literal, NamedTuple

from media.errors import MediaError
from media.sound.decoded import DecodedSound
from media.sound.jitter import LONGEST as LONGEST_DELAY
from media.sound.jitter import WRAP, JitterMeter
from media.sound.level import LevelMeter
from media.sound.opus import FRAME, LONGEST, carries_fec, packet_samples
from media.sound.pace import Pace
from media.sound.samples import BLOCK, RATE, Samples, silence
from media.sound.stretch import SHORTEST, WINDOW
from media.stats import AudioStats

INBOX = 128  # packets between two pulls: far more than a second of them
MOST = RATE  # samples that may wait: one second; older ones are dropped
UNTOLD = 0.05  # seconds of making up without a packet: longer, and nobody knows what is heard
GIVE_UP = 5.0  # seconds without a packet: muted or gone, everything starts afresh after it
STOOD_STILL = 1.0  # seconds between two pulls: a computer that slept, and what waited is old
PAUSE = 0.25  # seconds of capture time without packets between two packets in sequence: a pause
AHEAD = 150  # packets (3 s) a sequence may jump before it counts as a new start
BEHIND = 100  # packets behind: not late, but a sender that began again
WITNESSES = 3  # packets in a row from behind before a restart is believed

_LOSSY, _CLEAN = 0.015, 0.004  # parts lost: FEC is worth waiting a packet, or not any more
_MEMORY = 1 / 128  # of each packet in the recent loss: the last 2 to 3 seconds
_SECOND = 50  # packets


class _Waiting(NamedTuple):
    ts: int
    packet: bytes
    samples: int


class Playout:
    """The sound of one person. `push` and `pull` may be called by two different threads.

    Everything is decided from sequence numbers, capture times and the `now` that is passed in.
    A packet that is not there when its turn comes is recovered from the next one's FEC or
    concealed. When nothing at all is there, sound is made up for a moment without moving on: a
    late packet is then still played, and the delay that grew is squeezed away.
    """

    def __init__(self) -> None:
        self._sound = DecodedSound()
        self._meter = JitterMeter()
        self._level = LevelMeter()
        self._inbox: deque[tuple[int, int, bytes, int, float]] = deque()
        self._waiting: dict[int, _Waiting] = {}
        self._state: Literal["idle", "filling", "playing"] = "idle"
        self._next = 0  # sequence whose turn it is
        self._next_ts = 0  # its capture time, not wrapping
        self._played = 0  # bit n: the sequence n before the next one was decoded
        self._held = 0  # samples made up since the last packet without moving on
        self._behind = 0
        self._pace = Pace()
        self._loss = 0.0  # part of the packets lost of late
        self._lossy = False
        self._frame = FRAME  # samples in the last packet
        self._packets = self._refused = self._overflow = 0  # counted by push
        self._lost = self._recovered = self._late = self._duplicates = self._dropped = 0
        self._total = self._concealed = 0  # samples
        self._playing_ts: int | None = None
        self._pulled_at = math.inf

    # ---- the network's side

    def push(self, sequence: int, media_ts: int, packet: bytes, now: float) -> None:
        """Take in one Opus packet; `sequence` is extended (never wraps), `now` in seconds."""
        try:
            samples = packet_samples(packet)
        except MediaError:
            self._refused += 1
            return
        self._packets += 1
        if len(self._inbox) >= INBOX:
            self._overflow += 1
            with contextlib.suppress(IndexError):  # all pulled at this very moment
                self._inbox.popleft()
        self._inbox.append((sequence, media_ts % WRAP, packet, samples, now))

    # ---- the loudspeaker's side

    def pull(self, now: float) -> Samples:
        """Return the next 10 ms: float32[480] at 48 kHz. Always succeeds."""
        if now - self._pulled_at > STOOD_STILL:
            self._wake_up()
        self._pulled_at = now
        self._take_in()
        if self._held and self._waiting and self._is_after_a_pause():
            self._fill_again()
        if self._state == "filling" and self._is_full_enough(now):
            self._state = "playing"
            self._pace.forget()
        if self._state != "playing":
            self._playing_ts = None
            self._level.rest()
            return silence()
        self._keep_the_delay(now)
        while len(self._sound) < BLOCK:
            self._fill()
        block = self._sound.pull()
        told = self._held <= UNTOLD * RATE
        self._playing_ts = (self._next_ts - len(self._sound) - BLOCK) % WRAP if told else None
        if self._held >= GIVE_UP * RATE:  # muted or gone: whatever comes next starts afresh
            self._state = "idle"
        self._level.feed(block)
        return block

    @property
    def playing_ts(self) -> int | None:
        """The sender's media_ts of the block pulled last; None while nothing of theirs is there."""
        return self._playing_ts

    @property
    def speaking(self) -> bool:
        """Whether this is speech now, judged by its sound alone."""
        return self._level.speaking

    @property
    def level_db(self) -> float:
        """Loudness in dB below full scale; -100 is silence."""
        return self._level.level_db

    @property
    def stats(self) -> AudioStats:
        """A snapshot; safe from any thread."""
        return AudioStats(
            packets=self._packets,
            lost=self._lost,
            concealed_ratio=self._concealed / self._total if self._total else 0.0,
            buffer_ms=1000 * (len(self._sound) + self._waiting_samples()) / RATE,
            level_db=self._level.level_db,
            recovered=self._recovered,
            late=self._late,
            duplicates=self._duplicates,
            refused=self._refused,
            dropped=self._dropped + self._overflow,
            delay_ms=1000 * (self._pace.delay or 0.0),
            target_ms=1000 * self._target,
            stretched_ratio=self._pace.adjusted * RATE / self._total if self._total else 0.0,
        )

    # ---- sorting in

    def _wake_up(self) -> None:
        """Nobody listened for a while: what came until then is not played any more."""
        self._take_in()
        self._dropped += len(self._waiting)
        self._waiting.clear()
        self._state = "idle"

    def _take_in(self) -> None:
        while self._inbox:
            sequence, media_ts, packet, samples, arrival = self._inbox.popleft()
            ts = self._meter.unwrap(media_ts)
            item = _Waiting(ts, packet, samples)
            if self._is_from_the_past(sequence) and self._is_doubtful(sequence, ts, arrival):
                continue
            known = self._meter.note(ts, arrival)
            self._sort_in(sequence, item, known)

    def _is_from_the_past(self, sequence: int) -> bool:
        ahead = sequence - self._next
        return self._state != "idle" and ahead < 0 and not self._is_late_start(ahead)

    def _is_doubtful(self, sequence: int, ts: int, arrival: float) -> bool:
        """Whether this is so late that it is either a straggler or a sender that began again.

        A few in a row are believed to be the latter: then the next one starts anew.
        """
        again = self._next - sequence > BEHIND and ts >= self._next_ts
        if not again and not self._meter.is_strange(ts, arrival):
            self._behind = 0
            return False
        self._behind += 1
        if self._behind < WITNESSES:
            self._late += 1
            return True
        self._behind = 0
        self._state = "idle"
        return False

    def _sort_in(self, sequence: int, item: _Waiting, known_clock: bool) -> None:
        ahead = sequence - self._next
        if self._state == "idle" or not known_clock or ahead > AHEAD:
            self._start_at(sequence, item, outage=self._is_outage(ahead, item.ts))
        elif ahead < 0 and not self._is_late_start(ahead):
            if ahead >= -128 and self._played >> (-ahead - 1) & 1:
                self._duplicates += 1
            else:
                self._late += 1
            return
        elif sequence in self._waiting:
            self._duplicates += 1
            return
        if sequence < self._next:
            self._next, self._next_ts = sequence, item.ts
        self._waiting[sequence] = item
        while self._waiting_samples() > MOST:
            self._skip_to_the_second()

    def _is_outage(self, ahead: int, ts: int) -> bool:
        """Whether capture times say that the packets between were really sent."""
        silent = ts - self._next_ts - ahead * self._frame
        return self._played != 0 and ahead >= 0 and abs(silent) < PAUSE * RATE

    def _is_late_start(self, ahead: int) -> bool:
        """Whether this came before what we wait to begin with, and nothing was played yet."""
        return self._state == "filling" and self._played == 0 and ahead > -_SECOND // 2

    def _start_at(self, sequence: int, item: _Waiting, *, outage: bool) -> None:
        """Begin anew with this packet: the first, or the first after a restart or an outage."""
        if outage:
            self._lost += sequence - self._next - len(self._waiting)
            self._settle_held(self._held)
        self._dropped += len(self._waiting)
        self._waiting.clear()
        self._fill_from(sequence, item.ts)

    def _is_after_a_pause(self) -> bool:
        """Whether the sender said nothing in between: muted, not lost."""
        first = min(self._waiting)
        silent = self._waiting[first].ts - self._next_ts - (first - self._next) * self._frame
        return silent > PAUSE * RATE

    def _fill_again(self) -> None:
        first = min(self._waiting)
        self._lost += first - self._next
        self._fill_from(first, self._waiting[first].ts)

    def _fill_from(self, sequence: int, ts: int) -> None:
        self._sound.begin()
        self._state = "filling"
        self._next, self._next_ts = sequence, ts
        self._played = self._held = 0

    def _is_full_enough(self, now: float) -> bool:
        delay = self._meter.delay(self._waiting[min(self._waiting)].ts, now)
        return delay >= self._target or self._waiting_samples() >= MOST // 2

    def _waiting_samples(self) -> int:
        return sum(item.samples for item in list(self._waiting.values()))

    # ---- decoding

    def _fill(self) -> None:
        """Append at least one more piece of sound, whatever it takes."""
        item = self._waiting.get(self._next)
        if item is not None:
            self._play(item)
        elif self._waiting:
            self._make_up_for_the_lost()
        else:
            self._hold_out()

    def _play(self, item: _Waiting) -> None:
        silent = max(item.ts - self._next_ts, 0)  # the sender may have paused for a moment
        self._settle_held(max(self._held - silent, 0))
        self._held = 0
        del self._waiting[self._next]
        if not self._sound.decode(item.packet, item.samples):
            self._refused += 1
            self._concealed += item.samples
        self._frame = item.samples
        self._played_to(item.ts + item.samples, item.samples, decoded=True)

    def _make_up_for_the_lost(self) -> None:
        following = min(self._waiting)
        item = self._waiting[following]
        missing = following - self._next
        each = (item.ts - self._next_ts) // missing
        if not 0 < each <= LONGEST:  # a pause lies between, or the times are nonsense
            self._lost += missing
            self._next, self._next_ts = following, item.ts
            return
        self._lost += 1
        self._loss += _MEMORY
        if self._held >= each:  # it was made up already, while nothing was there
            self._settle_held(each)
            self._advance(self._next_ts + each, decoded=False)
            return
        self._settle_held(self._held)
        if missing == 1 and carries_fec(item.packet):
            self._sound.recover(item.packet, each)
            self._recovered += 1
        else:
            self._sound.conceal(each)
            self._concealed += each
        self._played_to(self._next_ts + each, each, decoded=False)

    def _hold_out(self) -> None:
        """Nothing is there: lost, late, or the sender paused. Make up 10 ms and stay in place."""
        self._sound.conceal(BLOCK)
        self._held += BLOCK

    def _played_to(self, next_ts: int, samples: int, *, decoded: bool) -> None:
        self._total += samples
        self._advance(next_ts, decoded=decoded)

    def _advance(self, next_ts: int, *, decoded: bool) -> None:
        self._next += 1
        self._next_ts = next_ts
        self._loss *= 1 - _MEMORY
        self._lossy = self._loss > (_CLEAN if self._lossy else _LOSSY)
        self._played = (self._played << 1 | int(decoded)) & (1 << 128) - 1

    def _settle_held(self, samples: int) -> None:
        """What was made up while nothing was there turns out to have stood for real sound."""
        self._concealed += samples
        self._total += samples
        self._held -= samples

    # ---- speed

    @property
    def _target(self) -> float:
        """Seconds to wait; where packets get lost, long enough for the next one's FEC."""
        return min(self._meter.target + self._lossy * self._frame / RATE, LONGEST_DELAY)

    def _keep_the_delay(self, now: float) -> None:
        """Squeeze or stretch a little when the delay is not what the network asks for."""
        reading = self._meter.delay(self._next_ts - len(self._sound), now)
        step = self._pace.decide(reading, self._target, waiting=self._held > 0)
        if step == "jump" and len(self._waiting) > 1:
            self._drop_the_oldest(reading - self._target)
        elif step == "squeeze":
            self._ready_up_to(WINDOW)
            self._pace.changed(-self._sound.squeeze(urgent=self._pace.harsh) / RATE)
        elif step == "stretch" and not self._held:
            self._ready_up_to(SHORTEST)
            self._pace.changed(self._sound.stretch(urgent=self._pace.harsh) / RATE)

    def _ready_up_to(self, samples: int) -> None:
        while len(self._sound) < samples and self._next in self._waiting:
            self._fill()

    def _drop_the_oldest(self, off: float) -> None:
        """Far too late: leave out `off` seconds at once, with a dip instead of a click."""
        surplus = int(off * RATE) - len(self._sound)
        while surplus > 0 and len(self._waiting) > 1:
            surplus -= self._skip_to_the_second()
        left = self._sound.jump()
        self._settle_held(self._held)
        self._pace.forget()
        self._fill()
        self._sound.land(left)

    def _skip_to_the_second(self) -> int:
        """Drop the first waiting packet; return its samples."""
        first = min(self._waiting)
        item = self._waiting.pop(first)
        self._dropped += 1
        self._lost += first - self._next
        self._next = min(self._waiting)
        self._next_ts = self._waiting[self._next].ts
        self._played = 0
        return item.samples
