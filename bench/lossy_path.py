"""A call of one direction over a path that loses packets, in simulated time: what arrives, when.

The senders, the pacer, the receivers, meters, plans and the estimator are those of a real link;
only the network, the frames and the clock are made up.
"""

import heapq
import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

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
from media.sealing import frame_flags

FPS = 30
LAYERS = (0, 2, 1, 2)
SHARES = (0.28, 0.19, 0.53)  # of the bits by layer, both layer 2 frames together
KEY_BYTES = 12_000
SOUND_BYTES = 124  # 32 kbit/s, sealed
REPORT_EVERY = 0.050  # seconds
BACK_RATE = 150  # packets a second that go the other way
SOUND_USELESS = 0.200  # seconds after which no player waits for sound
FREEZE = 0.200  # seconds without a new picture
WARM_UP = 3.0  # seconds before anything is counted


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
class Outcome:
    """What came of it; shares of what was sent, seconds beyond the way itself."""

    complete: float
    shown: float
    """Pictures that could be decoded: all they build upon came before."""
    delay_p95: float
    delay_p99: float
    freezes: int
    sound_lost: float
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

    def __init__(self, path: Path, seconds: float, seed: int = 1, kbps: float = 600.0) -> None:
        self._path = path
        self._seconds = seconds
        self._kbps = kbps
        self._rng = random.Random(seed)
        self._there = _Losses(path, random.Random(seed + 1))
        self._back = _Losses(path, random.Random(seed + 2))
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._count = 0
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
        self._next_key_ask = 0.0

    def run(self) -> Outcome:
        """Play the call; return what came of it."""
        self._at(0.0, self._send_picture)
        self._at(0.001, self._send_sound)
        self._at(REPORT_EVERY, self._report)
        while self._events:
            self.now, _, event = heapq.heappop(self._events)
            event()
        return self._outcome()

    def _at(self, when: float, event: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._events, (when, self._count, event))

    def _transmit(self, packet: bytes) -> int:
        octets = len(packet) + TAG_BYTES
        parsed = parse(packet)
        assert parsed is not None
        if not self._there.loses():
            self._at(self.now + self._way(), lambda: self._arrive(parsed, octets))
        return octets

    def _wake(self, paced: object) -> None:
        if not self._stepping:
            self._stepping = True
            self._at(self.now + STEP, self._step)

    def _step(self) -> None:
        self._stepping = self._departures.release(self.now)
        if self._stepping:
            self._at(self.now + STEP, self._step)

    def _way(self) -> float:
        path = self._path
        way = path.round_trip / 2
        if path.early and self._rng.random() < path.early:
            way /= 2
        return way + self._rng.random() * path.jitter

    # what the sending side does

    def _send_picture(self) -> None:
        number = len(self._frames)
        if self.now >= self._seconds:
            return
        place = number % len(LAYERS)
        key = self._key_wanted and place == 0
        layer = 0 if key else LAYERS[place]
        share = SHARES[layer] / LAYERS.count(layer)
        taken = overhead([self.senders[CAMERA.ssrc]], self.now)
        budget = self.estimator.allowed(self.now) / (1.0 + taken)
        size = (
            min(self._kbps, budget) * 125 * len(LAYERS) / FPS * share * self._rng.uniform(0.6, 1.4)
        )
        if key:
            self._key_wanted, size = False, KEY_BYTES
        self._frames.append((self.now, key, layer))
        needs = layer == 2 and place == 3
        sealed = bytes([frame_flags(key, layer, needs)]) + number.to_bytes(4, "big")
        pieces = cut(sealed + bytes(max(0, int(size) - len(sealed))))
        timestamp = round(self.now * 90_000)
        sender = self.senders[CAMERA.ssrc]
        sender.send_frame(pieces, timestamp, self.now, layer=layer, key=key)
        self._at(len(self._frames) / FPS, self._send_picture)

    def _send_sound(self) -> None:
        number = len(self._sound)
        if self.now >= self._seconds:
            return
        self._sound.append(self.now)
        sealed = number.to_bytes(4, "big").ljust(SOUND_BYTES, b"\0")
        sender = self.senders[MICROPHONE.ssrc]
        sender.send_frame((sealed,), round(self.now * 48_000), self.now)
        self._at(0.001 + len(self._sound) * 0.020, self._send_sound)

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
        for sender in self.senders.values():
            sender.plan = self.plan

    def _want_key_frame(self) -> None:
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
                self._sound_came.setdefault(int.from_bytes(frame.sealed[:4], "big"), self.now)
            else:
                self._came[int.from_bytes(frame.sealed[1:5], "big")] = self.now

    def _ask_when_due(self) -> None:
        due = self.packets.due
        if due < self._asking_at:
            self._asking_at = due
            self._at(max(due, self.now), self._ask)

    def _ask(self) -> None:
        if self.now < self._asking_at:
            return
        self._asking_at = math.inf
        for ssrc, wanted, frames in self.packets.ask(self.now, self._path.round_trip):
            if wanted:
                self._asked += len(wanted)
                sender = self.senders[ssrc]
                self._say(lambda s=sender, w=tuple(wanted): s.repeat(w, self.now))
            self._take_frames(frames)
        self._ask_when_due()

    def _report(self) -> None:
        report = self._arrivals.report()
        if report is not None:
            self._say(lambda: self._take_arrivals(report))
        if self._is_stuck() and self.now >= self._next_key_ask:
            self._next_key_ask = self.now + 0.5
            self._say(self._want_key_frame)
        if self.now < self._seconds:
            self._at(self.now + REPORT_EVERY, self._report)

    def _say(self, what: Callable[[], object]) -> None:
        """Tell the sending side something, if it is not lost on the way.

        Bursts pass as quickly as if media went that way, too.
        """
        for _ in range(min(100, int((self.now - self._said_at) * BACK_RATE))):
            self._back.loses()
        self._said_at = self.now
        if not self._back.loses():
            self._at(self.now + self._way(), lambda: what() and None)

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
            freezes=sum(later - earlier > FREEZE for earlier, later in pairwise(shown)),
            sound_lost=1.0 - heard / len(sound),
            overhead=repair / (plain - repair),
            asked=self._asked / sum(sender.packets for sender in self.senders.values()),
            by_repetition=sum(counters["repaired"] for counters in media),
            by_parity=sum(counters["recovered"] for counters in media),
            target_kbps=self.estimator.target_kbps,
            by_redundancy=sum(counters["redundant"] for counters in media),
        )
