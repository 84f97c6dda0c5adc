"""A call of one direction over a path that loses packets, in simulated time: what arrives, when.

The senders, the pacer, the receivers, meters, plans and the estimator are those of a real link;
only the network, the frames and the clock are made up.
"""

import heapq
import math
import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import count, pairwise
from typing import Literal

import numpy as np

from bench.simulation.stalls import STEADY, Stalling, Stalls
from media.path import rtcp
from media.path.arrivals import Arrivals
from media.path.congestion import Estimator
from media.path.departures import Departures
from media.path.frame_buffer import Frame
from media.path.incoming_packets import IncomingPackets
from media.path.loss_meter import LossMeter
from media.path.pacer import STEP
from media.path.path_meter import PathMeter
from media.path.repair import RepairPlan, plan
from media.path.rtp_packet import CAMERA, MICROPHONE, TAG_BYTES, RtpPacket, cut, parse
from media.path.rtp_sender import RtpSender, overhead
from media.path.sockets import BURST
from media.receiving import PLI_PAUSE
from media.sealing import frame_flags
from media.sound.opus import FRAME, Encoder
from media.sound.playback import EvenTime
from media.sound.playout import Playout
from media.sound.samples import BLOCK, RATE
from media.video.feed import KEY_FRAME_PAUSE, UNDER_WAY

FPS = 30
LAYERS = (0, 2, 1, 2)
SHARES = (0.28, 0.19, 0.53)  # of the bits by layer, both layer 2 frames together
KEY_BYTES = 12_000
SOUND_BYTES = 124  # 32 kbit/s, sealed
REPORT_EVERY = 0.050  # seconds
BACK_RATE = 150  # packets a second that go the other way
SOUND_USELESS = 0.200  # seconds after which no player waits for sound
FREEZE_FRAMES = 30  # pictures whose mean distance is the usual one
FREEZE_TIMES = 3.0  # the usual distance, and
FREEZE = 0.150  # seconds more than it: a freeze, if both are exceeded
WARM_UP = 3.0  # seconds before anything is counted

Side = Literal["sender", "receiver", "speaker"]
_PACKET, _TIMER = 0, 1  # packets are read before timers are looked at, in each turn of a loop


@dataclass(frozen=True, slots=True)
class Path:
    """What the network does, the same in both directions; times in seconds."""

    round_trip: float = 0.010
    loss: float = 0.0
    burst: float = 1.0
    """Packets lost in a row, mean (Gilbert's model)."""
    jitter: float = 0.0
    """At most so much more delay, each packet for itself: they overtake each other."""
    early: float = 0.0
    """Share of packets that take half the time and so overtake others."""


@dataclass(frozen=True, slots=True)
class Computers:
    """How the two computers stand still: what is due meanwhile is done afterwards, in order."""

    sender: Stalling = STEADY
    receiver: Stalling = STEADY
    speaker: bool = False
    """Whether the receiver's sound stands still with it; else only the loop that reads packets."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it; shares of what was sent, seconds beyond the way itself."""

    complete: float
    shown: float
    """Pictures that could be decoded: all they build upon came before."""
    delay_p95: float
    delay_p99: float
    freezes: int
    """As in W3C webrtc-stats: longer than three usual distances and than 150 ms more than one."""
    frozen: float
    """Seconds of those, all together."""
    longest: float
    """Seconds between two pictures, at most."""
    sound_lost: float
    made_up: float
    """Share of the sound played that the player made up."""
    sound_delay: float
    """Seconds that the player waits, beyond the quickest packets: the mean."""
    key_frames: int
    """Asked for once the call had settled."""
    lowest_kbps: float
    """The lowest estimate once the call had settled."""
    overhead: float
    """Bytes of repair of all kinds over bytes of media."""
    asked: float
    """Requests for packets over packets of media."""
    target_kbps: float
    """What the estimator gave this path in the end."""
    by_repetition: int
    by_parity: int
    by_redundancy: int


class _Losses:
    """Loses packets as Gilbert's model does: in runs, or each for itself."""

    def __init__(self, path: Path, rng: random.Random) -> None:
        self._path = path
        self._rng = rng
        self._losing = False

    def loses(self) -> bool:
        path = self._path
        if path.burst <= 1.0:
            return self._rng.random() < path.loss
        if self._losing:
            self._losing = self._rng.random() >= 1.0 / path.burst
        else:
            begins = path.loss / (path.burst * (1.0 - path.loss))
            self._losing = self._rng.random() < begins
        return self._losing


class LossyCall:
    """Pictures and sound for one peer, for `seconds`; `run` plays it all."""

    def __init__(
        self,
        path: Path,
        seconds: float,
        seed: int = 1,
        kbps: float = 600.0,
        computers: Computers | None = None,
    ) -> None:
        computers = computers or Computers()
        self._path = path
        self._seconds = seconds
        self._kbps = kbps
        self._rng = random.Random(seed)
        self._there = _Losses(path, random.Random(seed + 1))
        self._back = _Losses(path, random.Random(seed + 2))
        self._events: list[tuple[float, int, int, Side, Callable[[], None]]] = []
        self._count = count()
        receiver = Stalls(computers.receiver, random.Random(seed + 3))
        self._stalls: dict[Side, Stalls] = {
            "sender": Stalls(computers.sender, random.Random(seed + 4)),
            "receiver": receiver,
        }
        if computers.speaker:
            self._stalls["speaker"] = receiver
        self._held: dict[Side, tuple[float, int]] = {}
        self.now = 0.0
        self.plan = RepairPlan()
        self.losses = LossMeter()
        self.estimator = Estimator()
        self._meter = PathMeter(0)
        self._stepping = False
        self._departures = Departures(
            self._transmit, self._meter, lambda: self.now, lambda bits: 0, self._wake
        )
        self.senders = {s.ssrc: RtpSender(s, self._departures, 0, 0) for s in (CAMERA, MICROPHONE)}
        self.packets = IncomingPackets()
        self._arrivals = Arrivals()
        self._asking_at = math.inf
        self._asked = 0
        self._frames: list[tuple[float, bool, int]] = []  # when, key, layer
        self._came: dict[int, float] = {}
        self._sound: list[float] = []
        self._sound_came: dict[int, float] = {}
        self._said_at = 0.0
        self._key_wanted = True
        self._key_at = -math.inf
        self._next_key_ask = 0.0
        self._key_frames = 0
        self._lowest = math.inf
        self._spoken = _spoken()
        self._playout = Playout()
        self._time = EvenTime()
        self._waits: list[float] = []

    def run(self) -> Outcome:
        """Play the call; return what came of it."""
        self._at(0.0, "sender", lambda: self._send_picture(0.0))
        self._at(0.001, "sender", lambda: self._send_sound(0.001))
        self._at(REPORT_EVERY, "receiver", self._report)
        self._at(WARM_UP / 2, "speaker", lambda: self._play(WARM_UP / 2))
        while self._events:
            due, turn, number, side, event = heapq.heappop(self._events)
            stalls = self._stalls.get(side)
            goes_on = stalls.until(due) if stalls is not None else due
            if goes_on > due:
                turn = self._turn_after(side, goes_on, is_packet=turn == _PACKET)
                heapq.heappush(self._events, (goes_on, turn, number, side, event))
                continue
            self.now = due
            event()
        return self._outcome()

    def _at(self, when: float, side: Side, event: Callable[[], None], turn: int = _TIMER) -> None:
        heapq.heappush(self._events, (when, turn, next(self._count), side, event))

    def _turn_after(self, side: Side, goes_on: float, *, is_packet: bool) -> int:
        """Return the turn of a loop in which what a stall held up is done: packets in bursts."""
        if not is_packet:
            return _TIMER
        at, held = self._held.get(side, (goes_on, 0))
        held = held if at == goes_on else 0
        self._held[side] = goes_on, held + 1
        return _PACKET + 2 * (held // BURST)

    def _transmit(self, packet: bytes) -> int:
        octets = len(packet) + TAG_BYTES
        parsed = parse(packet)
        assert parsed is not None
        if not self._there.loses():
            arrives = self.now + self._way()
            self._at(arrives, "receiver", lambda: self._arrive(parsed, octets), _PACKET)
        return octets

    def _wake(self, paced: object) -> None:
        if not self._stepping:
            self._stepping = True
            self._at(self.now + STEP, "sender", self._step)

    def _step(self) -> None:
        self._stepping = self._departures.release(self.now)
        if self._stepping:
            self._at(self.now + STEP, "sender", self._step)

    def _way(self) -> float:
        path = self._path
        way = path.round_trip / 2
        if path.early and self._rng.random() < path.early:
            way /= 2
        return way + self._rng.random() * path.jitter

    # what the sending side does

    def _send_picture(self, taken_at: float) -> None:
        number = len(self._frames)
        if taken_at >= self._seconds:
            return
        place = number % len(LAYERS)
        pause_is_over = self.now - self._key_at >= KEY_FRAME_PAUSE
        key = self._key_wanted and place == 0 and pause_is_over
        layer = 0 if key else LAYERS[place]
        share = SHARES[layer] / LAYERS.count(layer)
        taken = overhead([self.senders[CAMERA.ssrc]], self.now)
        budget = self.estimator.allowed(self.now) / (1.0 + taken)
        size = (
            min(self._kbps, budget) * 125 * len(LAYERS) / FPS * share * self._rng.uniform(0.6, 1.4)
        )
        if key:
            self._key_wanted, self._key_at, size = False, self.now, KEY_BYTES
        self._frames.append((taken_at, key, layer))
        needs = layer == 2 and place == 3
        sealed = bytes([frame_flags(key, layer, needs)]) + number.to_bytes(4, "big")
        pieces = cut(sealed + bytes(max(0, int(size) - len(sealed))))
        timestamp = round(taken_at * 90_000)
        sender = self.senders[CAMERA.ssrc]
        sender.send_frame(pieces, timestamp, self.now, layer=layer, key=key)
        following = len(self._frames) / FPS
        self._at(following, "sender", lambda: self._send_picture(following))

    def _send_sound(self, taken_at: float) -> None:
        number = len(self._sound)
        if taken_at >= self._seconds:
            return
        self._sound.append(taken_at)
        packet = self._spoken[number % len(self._spoken)]
        sealed = number.to_bytes(4, "big") + bytes((len(packet),)) + packet
        sealed = sealed.ljust(SOUND_BYTES, b"\0")
        sender = self.senders[MICROPHONE.ssrc]
        sender.send_frame((sealed,), round(taken_at * RATE), self.now)
        following = 0.001 + len(self._sound) * 0.020
        self._at(following, "sender", lambda: self._send_sound(following))

    def _take_arrivals(self, report: rtcp.ArrivalReport) -> None:
        arrived = self._meter.report(report, self.now)
        if arrived is not None:
            self._departures.aim(self.estimator.report(arrived, self.now))
            cluster = self.estimator.take_cluster(self.now)
            if cluster:
                self._departures.send_cluster(cluster)
        self.losses.report(report, self.now)
        path = self.losses.path(self._path.round_trip)
        self.plan = plan(path, self._kbps, self.plan)
        if self.now >= WARM_UP:
            self._lowest = min(self._lowest, self.estimator.target_kbps)
        for sender in self.senders.values():
            sender.plan = self.plan

    def _repeat(self, ssrc: int, wanted: tuple[int, ...]) -> None:
        self.senders[ssrc].repeat(wanted, self.now)

    def _want_key_frame(self) -> None:
        if self.now - self._key_at >= self._path.round_trip + UNDER_WAY:
            self._key_wanted = True

    # what the receiving side does

    def _arrive(self, packet: RtpPacket, octets: int) -> None:
        self._arrivals.note(packet.number, octets, self.now)
        frames = self.packets.take(packet, self.now)
        assert frames is not None, "nobody here sends what is malformed"
        self._take_frames(frames)
        self._ask_when_due()

    def _take_frames(self, frames: list[Frame]) -> None:
        for frame in frames:
            if frame.ssrc == MICROPHONE.ssrc:
                number = int.from_bytes(frame.sealed[:4], "big")
                self._sound_came.setdefault(number, self.now)
                packet = frame.sealed[5 : 5 + frame.sealed[4]]
                captured = round(self._sound[number] * RATE) & 0xFFFFFFFF
                self._playout.push(number, captured, packet, self.now)
            else:
                self._came[int.from_bytes(frame.sealed[1:5], "big")] = self.now

    def _ask_when_due(self) -> None:
        due = self.packets.due
        if due < self._asking_at:
            self._asking_at = due
            self._at(max(due, self.now), "receiver", self._ask)

    def _ask(self) -> None:
        if self.now < self._asking_at:
            return
        self._asking_at = math.inf
        for ssrc, wanted, frames in self.packets.ask(self.now, self._path.round_trip):
            if wanted:
                self._asked += len(wanted)
                self._say(partial(self._repeat, ssrc, tuple(wanted)))
            self._take_frames(frames)
        self._ask_when_due()

    def _report(self) -> None:
        report = self._arrivals.tick(self.now)
        if report is not None:
            self._say(lambda: self._take_arrivals(report))
        if self._is_stuck() and self.now >= self._next_key_ask:
            self._next_key_ask = self.now + PLI_PAUSE
            self._key_frames += self.now >= WARM_UP
            self._say(self._want_key_frame)
        if self.now < self._seconds:
            self._at(self.now + REPORT_EVERY, "receiver", self._report)

    def _play(self, due: float) -> None:
        self._playout.pull(self._time.next(self.now))
        if self._frames and due >= WARM_UP:
            self._waits.append(self._playout.stats.delay_ms / 1000)
        following = due + BLOCK / RATE
        if following < self._seconds:
            self._at(following, "speaker", lambda: self._play(following))

    def _say(self, what: Callable[[], None]) -> None:
        """Tell the sending side something, if it is not lost on the way.

        Bursts pass as quickly as if media went that way, too.
        """
        for _ in range(min(100, int((self.now - self._said_at) * BACK_RATE))):
            self._back.loses()
        self._said_at = self.now
        if not self._back.loses():
            self._at(self.now + self._way(), "sender", what, _PACKET)

    # what came of it

    def _decodable(self) -> list[bool]:
        """Return for each picture whether it came with all that it builds upon."""
        decodable: list[bool] = []
        base = middle = False
        for number, (_, key, layer) in enumerate(self._frames):
            came = number in self._came
            if layer == 0:
                base = came and (base or key)
                middle = False
                decodable.append(base)
            elif layer == 1:
                middle = came and base
                decodable.append(middle)
            else:
                needs = number % len(LAYERS) == 3
                decodable.append(came and base and (middle or not needs))
        return decodable

    def _is_stuck(self) -> bool:
        """Whether a layer 0 frame was given up since the last key frame that came."""
        newest = max(self._came, default=-1)
        for number in range(newest, -1, -1):
            _, key, layer = self._frames[number]
            if layer == 0 and number not in self._came:
                return True
            if key and number in self._came:
                return False
        return newest < 0 and self.now > 0.5

    def _outcome(self) -> Outcome:
        way = self._path.round_trip / 2
        counted = [n for n, (at, _, _) in enumerate(self._frames) if at >= WARM_UP]
        decodable = self._decodable()
        shown = sorted(self._came[n] for n in counted if decodable[n])
        delays = sorted(
            self._came[n] - self._frames[n][0] - way for n in counted if n in self._came
        )
        frozen = freezes(shown)
        sound = [n for n, at in enumerate(self._sound) if at >= WARM_UP]
        heard = sum(
            self._sound_came.get(n, math.inf) - self._sound[n] - way <= SOUND_USELESS for n in sound
        )
        media = [self.packets.streams[ssrc].counters for ssrc in (CAMERA.ssrc, MICROPHONE.ssrc)]
        plain = sum(sender.octets for sender in self.senders.values())
        repair = sum(sender.repair_octets for sender in self.senders.values())
        return Outcome(
            complete=len(delays) / len(counted),
            shown=len(shown) / len(counted),
            delay_p95=delays[int(0.95 * len(delays))],
            delay_p99=delays[int(0.99 * len(delays))],
            freezes=len(frozen),
            frozen=sum(frozen),
            longest=max(later - earlier for earlier, later in pairwise(shown)),
            sound_lost=1.0 - heard / len(sound),
            made_up=self._playout.stats.concealed_ratio,
            sound_delay=sum(self._waits) / len(self._waits),
            key_frames=self._key_frames,
            lowest_kbps=self._lowest,
            overhead=repair / (plain - repair),
            asked=self._asked / sum(sender.packets for sender in self.senders.values()),
            by_repetition=sum(counters["repaired"] for counters in media),
            by_parity=sum(counters["recovered"] for counters in media),
            target_kbps=self.estimator.target_kbps,
            by_redundancy=sum(counters["redundant"] for counters in media),
        )


def freezes(shown: Sequence[float]) -> list[float]:
    """Return how long each freeze lasted, from when pictures were shown (W3C webrtc-stats)."""
    frozen = []
    usual: deque[float] = deque(maxlen=FREEZE_FRAMES)
    for earlier, later in pairwise(shown):
        usual.append(later - earlier)
        mean = sum(usual) / len(usual)
        if later - earlier >= max(FREEZE_TIMES * mean, mean + FREEZE):
            frozen.append(later - earlier)
    return frozen


@cache
def _spoken() -> tuple[bytes, ...]:
    """Return two seconds of sound in packets: a tone that swells and fades, as a voice does."""
    encoder = Encoder()
    at = np.arange(2 * RATE) / RATE
    sound = 0.3 * np.sin(2 * np.pi * 180 * at) * (0.6 + 0.4 * np.sin(2 * np.pi * 3 * at))
    pieces = sound.astype(np.float32).reshape(-1, FRAME)
    return tuple(encoder.encode(piece)[: SOUND_BYTES - 5] for piece in pieces)
