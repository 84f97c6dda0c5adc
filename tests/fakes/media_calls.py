"""Calls among several devices on this computer, with real links and real keys."""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from fakes.media_links import reread, until

from crypto.frames import Opener, Sealer
from media.call import Call
from media.load_gauge import LoadGauge, Work
from media.path.heartbeat import media_time
from media.path.rtp_packet import MICROPHONE, SCREEN
from media.path.wants import Want
from media.stats import AudioStats, LoopStats
from media.video.camera import TestPicture
from media.video.picture import Picture


def base_key(name: str, generation: int = 0) -> bytes:
    """A key that only tests use, one per device and generation."""
    return hashlib.sha256(f"{name} {generation}".encode()).digest()


class FakePlayer:
    """Remembers what it was given to play."""

    def __init__(self) -> None:
        self.packets: list[tuple[int, int, bytes]] = []

    def push(self, sequence: int, media_ts: int, packet: bytes, now: float) -> None:
        """Take a packet."""
        self.packets.append((sequence, media_ts, packet))


class FakeSound:
    """A sound desk without sound: packets are spoken by the test."""

    overruns = underruns = 0

    def __init__(self) -> None:
        self.players: dict[bytes, FakePlayer] = {}
        self.speak: Callable[[bytes, int], None] | None = None
        self.expected_loss: float | None = None

    def start_microphone(self, source: object, on_packet: Callable[[bytes, int], None]) -> None:
        """Hand `on_packet` to the test."""
        self.speak = on_packet

    def stop_microphone(self) -> None:
        """Say nothing more."""
        self.speak = None

    def add_stream(self, key: bytes) -> FakePlayer:
        """Return a new player."""
        self.players[key] = FakePlayer()
        return self.players[key]

    def remove_stream(self, key: bytes) -> None:
        """Forget a player."""
        self.players.pop(key, None)

    def set_expected_loss(self, fraction: float) -> None:
        """Note it."""
        self.expected_loss = fraction

    def set_shortest_packet(self, milliseconds: int) -> None:
        """Note it."""
        self.shortest_packet_ms = milliseconds

    def set_path(self, kbps: float) -> None:
        """Note it."""
        self.path_kbps = kbps

    def heard_ts(self, key: bytes) -> int | None:
        """Nothing is heard."""
        return None

    def stats(self, key: bytes) -> AudioStats:
        """Count."""
        return AudioStats(packets=len(self.players[key].packets))


@dataclass
class Computer:
    """How slow the computer of a member is."""

    late_ms: float = 0.0

    def loop(self) -> LoopStats:
        """Say so."""
        return LoopStats(self.late_ms)


class Gauge(LoadGauge):
    """Takes the computer that runs the tests for quick enough; how slow it is, the test says."""

    def look(self, work: Work, now: float) -> bool:
        """Look only at what the test says."""
        return super().look(Work(min(work.encoding, 0.5), underruns=work.underruns), now)


@dataclass
class Member:
    """One device in the test's call."""

    name: str
    slot: int
    call: Call
    sealer: Sealer
    sound: FakeSound
    computer: Computer
    openers: dict[str, Opener] = field(default_factory=dict)

    @property
    def dev(self) -> bytes:
        """The device's short id."""
        return device(self.name)

    def stats_of(self, other: "Member"):
        """What this member's call says about another."""
        return self.call.stats().peers[other.dev]

    def screen_asked_of(self, other: "Member") -> Want:
        """What this member asks for of the screen that another shares."""
        return self.call._links[other.dev]._wants.asked(SCREEN.context)

    async def picture_from(self, other: "Member", seconds: float = 5.0) -> Picture:
        """Wait for a picture of another member."""
        slot = self.call.picture_slot(other.dev)
        found: list[Picture] = []

        def look() -> bool:
            picture = slot.take()
            if picture is not None:
                found.append(picture)
            return bool(found)

        await until(look, seconds)
        return found[-1]


def said_now(samples: int = 0) -> int:
    """Return the media_ts of sound that is said now, or so many samples later."""
    return media_time(time.monotonic(), MICROPHONE.clock_rate) + samples & 0xFFFFFFFF


def device(name: str) -> bytes:
    """A device's short id."""
    return hashlib.sha256(name.encode()).digest()[:16]


def member(name: str, slot: int, *, keyed: bool = True) -> Member:
    """A device with a call of its own; sealing with generation 0 unless not `keyed`."""
    sealer = Sealer()
    if keyed:
        sealer.use(slot, 0, base_key(name))
    sound = FakeSound()
    computer = Computer()
    gauge = Gauge(loop=computer.loop)
    call = Call(sealer, asyncio.get_running_loop(), sound, own=device(name), gauge=gauge)
    return Member(name, slot, call, sealer, sound, computer)


async def link(one: Member, two: Member, *, keys: bool = True) -> None:
    """Connect two members; each knows the other's key unless not `keys`."""
    links = []
    for here, there in ((one, two), (two, one)):
        opener = here.openers[there.name] = Opener()
        if keys:
            opener.add(there.slot, 0, base_key(there.name))
        links.append(
            here.call.add_peer(there.dev, opener, controlling=here is one, allow_loopback=True)
        )
    first, second = await asyncio.gather(*(made.gather() for made in links))
    await asyncio.gather(links[0].connect(reread(second)), links[1].connect(reread(first)))


@asynccontextmanager
async def calling(
    names: str, camera: Iterable[str] = (), **how: bool
) -> AsyncIterator[list[Member]]:
    """Members with one-letter names, all linked; those in `camera` send a test picture."""
    members = [member(name, slot) for slot, name in enumerate(names)]
    try:
        for number, one in enumerate(members):
            for two in members[number + 1 :]:
                await link(one, two, **how)
        for one in members:
            if one.name in camera:
                one.call.set_camera(TestPicture(320, 180))
        yield members
    finally:
        await asyncio.gather(*(one.call.close() for one in members))


def heard_by(*members: Member) -> list[tuple[str, bytes, int, bytes]]:
    """Return a list that fills with who hears what: (name, sender, context, data)."""
    heard: list[tuple[str, bytes, int, bytes]] = []
    for one in members:
        one.call.on_data = lambda dev, context, data, who=one.name: heard.append(
            (who, dev, context, data)
        )
    return heard
