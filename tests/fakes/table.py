"""A table of whole meetings in one process: simulated time, channels and links, real keys.

Every seat runs the real machine with real sealing; only sockets, devices and clocks are simulated.
Each frame that is sent is recorded with its key and with who was on the sender's screen; every
seat hoards each key it ever got. So a test can ask afterwards who could open what.
"""

import heapq
import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from app.meeting.contacts import Contact, Contacts
from app.meeting.effects import (
    CloseChannel,
    CloseLink,
    ConnectLink,
    Dial,
    Effect,
    Finish,
    ForgetKey,
    ForgetMember,
    OpenLink,
    OpenWith,
    Remember,
    SealWith,
    Send,
    SendData,
    StopSealing,
    UseDevices,
)
from app.meeting.entrance import Door, Entrance, LetIn, Told, TurnedDown
from app.meeting.events import (
    Answered,
    ChannelDown,
    DataFrom,
    Event,
    LinkDown,
    LinkGathered,
    LinkUp,
    LinkWeak,
    Reached,
    Received,
    Tick,
    Unreachable,
)
from app.meeting.machine import Meeting
from app.meeting.opening import Applicant, Plan, open_meeting
from app.meeting.view import MeetingView
from crypto.frames import OpenedFrame, Opener, Sealer
from crypto.identity import Identity, device_id, fingerprint
from crypto.invite import Invite

TICK = 0.1
CODEC = 0
WEAK_AFTER, DOWN_AFTER = 3.0, 8.0  # seconds after the cable is cut until a link says so
KEPT = 200  # messages remembered, for a test to say again
IDLE = 15.0  # seconds without a sign of life until a channel is given up

Key = tuple[bytes, int, int, bytes]  # whose, slot, generation, base key


@dataclass
class Frame:
    """One frame on the wire, and who was on the sender's screen when it was sealed."""

    sender: bytes
    sealed: bytes
    on_screen: frozenset[bytes]
    at: float
    key: Key


@dataclass
class Seat:
    """One device: its machine, its keys, and everything it was told to do."""

    name: str
    identity: Identity
    contacts: Contacts
    host: str  # its address
    meeting: Meeting | None = None
    sealer: Sealer = field(default_factory=Sealer)
    openers: dict[bytes, Opener] = field(default_factory=dict)
    links: dict[bytes, int] = field(default_factory=dict)  # ours, by dev: its number
    connected: set[bytes] = field(default_factory=set)
    channels: dict[int, tuple["Seat", int]] = field(default_factory=dict)
    orders: list[Effect] = field(default_factory=list)
    heard: list[tuple[bytes, int, bytes]] = field(default_factory=list)
    sealing: Key | None = None
    keys: set[Key] = field(default_factory=set)  # others' keys that are in use here
    hoard: set[Key] = field(default_factory=set)  # all that ever came here, own ones too
    told: Told | None = None
    clock_off: float = 0.0  # seconds its clock is wrong
    ended: str = ""
    dead: bool = False
    entrance: Entrance | None = None
    door: int = 0  # the channel at whose other end the host lets us in
    early: list[Event] = field(default_factory=list)  # others dial us before our welcome is here
    numbers: itertools.count = field(default_factory=lambda: itertools.count(1))

    @property
    def dev(self) -> bytes:
        return self.identity.dev

    def __repr__(self) -> str:
        return f"<Seat {self.name}>"


class Table:
    """Simulated time and network; `run` lets seconds pass."""

    def __init__(self, seed: int = 1, delay: tuple[float, float] = (0.001, 0.02)) -> None:
        self.rng = random.Random(seed)
        self.now = 100.0
        self._jumped = 0.0
        self.seats: dict[str, Seat] = {}
        self.frames: list[Frame] = []
        self.small: list[Frame] = []  # chat lines and media states that meetings sent by themselves
        self._delay = delay
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._last: dict[tuple[str, int], float] = {}
        self.invite: Invite | None = None
        self.cut: dict[frozenset[str], float] = {}  # by hosts: since when
        self._stuck: dict[tuple[str, int], list[Callable[[], None]]] = {}
        self.said: list[tuple[Seat, int, bytes]] = []  # every message that was carried lately

    # -- people -------------------------------------------------------------------------------

    def person(self, name: str, knows: dict[str, tuple[bytes, bool]] | None = None) -> Seat:
        """Return a new device; `knows` maps names to (public key, verified)."""
        identity = Identity(self.rng.randbytes(32))
        known = {
            device_id(key): Contact(key, who, verified)
            for who, (key, verified) in (knows or {}).items()
        }
        seat = Seat(name, identity, Contacts(known), f"10.0.0.{len(self.seats) + 1}")
        key = name
        while key in self.seats:
            key += "'"
        self.seats[key] = seat
        return seat

    def opens(self, seat: Seat, title: str = "Round table", **plan: bool) -> Meeting:
        """Let a device open a meeting."""
        host = Applicant.create(seat.identity, seat.name, ((seat.host, 47100),), self.rng.randbytes)
        seated, self.invite = open_meeting(
            Plan(title=title, **plan), host, seat.contacts, self.wall(), self.rng.randbytes
        )
        seat.meeting = Meeting(seated, self.rng.randbytes, lambda: self.wall() + seat.clock_off)
        self._do(seat, seat.meeting.begin(self.now))
        self._tick(seat)
        return seat.meeting

    def knocks(self, seat: Seat, at: Seat, secret: bytes | None = None) -> None:
        """Let a device come to a host's door with the invitation and knock."""
        assert self.invite is not None
        door = Door(secret or self.invite.secret, fingerprint(at.identity.public))
        exporter = self.rng.randbytes(32)
        mine, theirs = self._connect(seat, at)
        seat.entrance = Entrance(door, exporter, seat.contacts, self.rng.randbytes)
        seat.door = mine
        self._later(lambda: self._event(at, Answered(theirs, exporter)))
        self._carry(seat, mine, seat.entrance.hello())

    def knocks_again(self, seat: Seat, at: Seat) -> None:
        """Let a device that was in before start anew, as after a crash, and knock."""
        seat.dead, seat.ended, seat.meeting = False, "", None
        seat.openers, seat.connected, seat.links, seat.keys = {}, set(), {}, set()
        seat.sealer = Sealer()
        self.knocks(seat, at)

    def wall(self) -> float:
        """Return the simulated time of day."""
        return 1_800_000_000.0 + self.now + self._jumped

    def wall_jump(self, seconds: float) -> None:
        """Let every computer's time of day jump, as after sleep."""
        self._jumped += seconds

    # -- time ---------------------------------------------------------------------------------

    def run(self, seconds: float) -> None:
        """Let time pass."""
        end = self.now + seconds
        while self._queue and self._queue[0][0] <= end:
            at, _, action = heapq.heappop(self._queue)
            self.now = max(self.now, at)
            action()
        self.now = end

    def until(self, fact: Callable[[], bool], seconds: float = 10.0) -> None:
        """Let time pass until something is so; fail after so many seconds."""
        end = self.now + seconds
        while not fact():
            assert self.now < end, "it did not happen in time"
            self.run(0.05)

    def wish(self, seat: Seat, wish: Event) -> None:
        """Let a person ask for something."""
        self._event(seat, wish)

    def view(self, seat: Seat) -> MeetingView:
        """Return what a person sees."""
        assert seat.meeting is not None
        return seat.meeting.view(self.now)

    def sends(self, seat: Seat, text: bytes, context: int = 0) -> bytes | None:
        """Let a device seal a frame and put it on the wire."""
        frame = self._seal(seat, context, text)
        if frame is None:
            return None
        self.frames.append(frame)
        return frame.sealed

    def opens_frame(self, seat: Seat, frame: Frame, context: int = 0) -> object:
        """Return what a device makes of a frame on the wire."""
        opener = seat.openers.get(frame.sender)
        return opener.open(context, CODEC, frame.sealed) if opener else "unknown_key"

    def kill(self, seat: Seat) -> None:
        """End a device's process: its channels break, its media stops."""
        seat.dead = True
        for channel in list(seat.channels):
            self._break(seat, channel)
        for other in self.seats.values():
            if seat.dev in other.connected:
                other.connected.discard(seat.dev)
                number = other.links.get(seat.dev, 0)
                self._later(
                    lambda o=other, n=number: self._event(o, LinkDown(seat.dev, n)), after=5.0
                )

    def lose_channels(self, one: Seat, two: Seat) -> None:
        """Break the channels between two devices; both notice at once."""
        for here, there in ((one, two), (two, one)):
            for channel, (other, _) in list(here.channels.items()):
                if other is there and here.channels.pop(channel, None):
                    self._later(lambda h=here, c=channel: self._event(h, ChannelDown(c)))

    def lose_link(self, one: Seat, two: Seat) -> None:
        """Break the media link between two devices; both notice at once."""
        for here, there in ((one, two), (two, one)):
            if there.dev in here.connected:
                here.connected.discard(there.dev)
                down = LinkDown(there.dev, here.links.get(there.dev, 0))
                self._later(lambda h=here, d=down: self._event(h, d))

    def part(self, one: Seat, two: Seat) -> None:
        """Cut the cable between two devices: nothing arrives, and for a while nobody knows."""
        pair = frozenset((one.host, two.host))
        since = self.cut[pair] = self.now

        def still() -> bool:
            return self.cut.get(pair) == since

        for here, there in ((one, two), (two, one)):
            self._later(
                lambda h=here, t=there: still() and self._event(h, LinkWeak(t.dev)), WEAK_AFTER
            )
        self._later(lambda: still() and self.lose_link(one, two), DOWN_AFTER)
        self._later(lambda: still() and self.lose_channels(one, two), IDLE)

    def heal(self) -> None:
        """Mend every cable: what was stuck arrives in its order, links flow again."""
        pairs, self.cut = self.cut, {}
        for pair in pairs:
            one, two = (seat for seat in self._devices() if seat.host in pair)
            for here, there in ((one, two), (two, one)):
                if there.dev in here.connected:
                    self._later(lambda h=here, t=there: self._event(h, LinkUp(t.dev)))
        stuck, self._stuck = self._stuck, {}
        for arrivals in stuck.values():
            for arrive in arrivals:
                self._later(arrive)

    def whisper(self, seat: Seat, channel: int, message: bytes) -> None:
        """Let a device say anything at all on one of its channels."""
        if channel in seat.channels:
            self._carry(seat, channel, message)

    def stranger(self, name: str) -> Seat:
        """Return somebody who only opens channels, and says what the test wants."""
        seat = self.person(name)
        seat.ended = "never came"
        return seat

    def reach_out(self, seat: Seat, to: Seat) -> tuple[int, bytes]:
        """Open a channel to a device; return it and its exporter value."""
        exporter = self.rng.randbytes(32)
        mine, theirs = self._connect(seat, to)
        self._later(lambda: self._event(to, Answered(theirs, exporter)))
        return mine, exporter

    # -- the simulated network ----------------------------------------------------------------

    def _devices(self) -> list[Seat]:
        return list(self.seats.values())

    def _later(self, action: Callable[[], None], after: float = 0.0) -> None:
        heapq.heappush(self._queue, (self.now + after, next(self._order), action))

    def _tick(self, seat: Seat) -> None:
        if seat.dead or seat.ended:
            return
        self._event(seat, Tick())
        self._later(lambda: self._tick(seat), TICK)

    def _connect(self, one: Seat, two: Seat) -> tuple[int, int]:
        mine, theirs = next(one.numbers), next(two.numbers)
        one.channels[mine] = (two, theirs)
        two.channels[theirs] = (one, mine)
        return mine, theirs

    def _carry(self, seat: Seat, channel: int, message: bytes) -> None:
        """Carry a message in order, with a delay; what follows a close is lost."""
        other, theirs = seat.channels[channel]
        key = (other.host, theirs)
        at = max(self._last.get(key, 0.0), self.now + self.rng.uniform(*self._delay))
        self._last[key] = at

        self.said.append((seat, channel, message))
        del self.said[:-KEPT]

        def arrive() -> None:
            if self._is_cut(seat, other) or key in self._stuck:
                self._stuck.setdefault(key, []).append(arrive)
            elif theirs in other.channels and not other.dead:
                self._arrived(other, theirs, message)

        heapq.heappush(self._queue, (at, next(self._order), arrive))

    def _break(self, seat: Seat, channel: int) -> None:
        other, theirs = seat.channels.pop(channel)
        self._later(lambda: self._event(seat, ChannelDown(channel)))
        if self._is_cut(seat, other):
            return  # they will find out by themselves
        at = max(self._last.get((other.host, theirs), 0.0), self.now) + 0.001

        def down() -> None:
            if other.channels.pop(theirs, None) and not other.dead:
                self._event(other, ChannelDown(theirs))

        heapq.heappush(self._queue, (at, next(self._order), down))

    def _arrived(self, seat: Seat, channel: int, message: bytes) -> None:
        if seat.meeting is not None:
            self._event(seat, Received(channel, message))
            return
        if channel != seat.door:
            seat.early.append(Received(channel, message))
            return
        assert seat.entrance is not None
        step = seat.entrance.receive(message)
        match step:
            case Told():
                seat.told = step
                knock = seat.entrance.knock(seat.identity, seat.name, ((seat.host, 47100),))
                self._carry(seat, channel, knock)
            case TurnedDown(reason):
                seat.ended = reason
                self._break(seat, channel)
            case LetIn(seated):
                clock = lambda: self.wall() + seat.clock_off  # noqa: E731
                seat.meeting = Meeting(seated, self.rng.randbytes, clock)
                self._do(seat, seat.meeting.begin(self.now, channel))
                for event in seat.early:
                    self._event(seat, event)
                self._tick(seat)

    def _event(self, seat: Seat, event: Event) -> None:
        if seat.meeting is None and isinstance(event, Answered):
            seat.early.append(event)
        if seat.meeting is not None and not seat.dead and not seat.ended:
            self._do(seat, seat.meeting.step(event, self.now))

    def _do(self, seat: Seat, effects: list[Effect]) -> None:
        seat.orders += effects
        for effect in effects:
            match effect:
                case Send(channel, message):
                    if channel in seat.channels:
                        self._carry(seat, channel, message)
                case CloseChannel(channel):
                    if channel in seat.channels:
                        self._break(seat, channel)
                case Dial(to, _):
                    self._dial(seat, to)
                case OpenLink(dev, link, _, _):
                    seat.links[dev] = link
                    seat.openers.setdefault(dev, Opener())
                    gathered = LinkGathered(dev, link, b"parameters")
                    self._later(lambda g=gathered: self._event(seat, g), 0.01)
                case ConnectLink(dev, link, _):
                    self._link(seat, dev, link)
                case CloseLink(dev):
                    seat.links.pop(dev, None)
                    seat.connected.discard(dev)
                case SealWith(slot, generation, key, _):
                    seat.sealer.use(slot, generation, key)
                    seat.sealing = (seat.dev, slot, generation, key)
                    seat.hoard.add(seat.sealing)
                case StopSealing():
                    seat.sealer.stop()
                    seat.sealing = None
                case OpenWith(dev, slot, generation, key):
                    seat.openers.setdefault(dev, Opener()).add(slot, generation, key)
                    seat.keys.add((dev, slot, generation, key))
                    seat.hoard.add((dev, slot, generation, key))
                case ForgetKey(dev, generation):
                    seat.openers.setdefault(dev, Opener()).forget(generation)
                    seat.keys = {k for k in seat.keys if (k[0], k[2]) != (dev, generation)}
                case ForgetMember(dev):
                    seat.openers.setdefault(dev, Opener()).clear()
                    seat.keys = {k for k in seat.keys if k[0] != dev}
                case SendData(context, payload):
                    self._data(seat, context, payload)
                case Remember() | UseDevices():
                    pass
                case Finish(reason):
                    seat.ended = reason
                    seat.sealer.stop()
                    seat.sealing = None
                    for channel in list(seat.channels):
                        self._break(seat, channel)
                case _:
                    pass

    def _dial(self, seat: Seat, to: bytes) -> None:
        other = next((s for s in self.seats.values() if s.dev == to), None)
        if other is None or other.dead or other.ended or self._is_cut(seat, other):
            self._later(lambda: self._event(seat, Unreachable(to)), 0.05)
            return
        exporter = self.rng.randbytes(32)
        mine, theirs = self._connect(seat, other)
        self._later(lambda: self._event(other, Answered(theirs, exporter)), 0.004)
        self._later(lambda: self._event(seat, Reached(mine, exporter, to)), 0.005)

    def _is_cut(self, one: Seat, two: Seat) -> bool:
        return frozenset((one.host, two.host)) in self.cut

    def _link(self, seat: Seat, dev: bytes, link: int) -> None:
        """Both sides said how they are reached: the link comes up for both."""
        other = next(s for s in self.seats.values() if s.dev == dev)
        if other.links.get(seat.dev) != link or self._is_cut(seat, other):
            return
        for here, there in ((seat, other), (other, seat)):
            if there.dev not in here.connected:
                here.connected.add(there.dev)
                self._later(lambda h=here, t=there: self._event(h, LinkUp(t.dev)), 0.02)

    def _seal(self, seat: Seat, context: int, text: bytes) -> Frame | None:
        sealed = seat.sealer.seal(context, CODEC, 0, 0, text)
        if sealed is None:
            return None
        assert seat.sealing is not None
        shown = frozenset(person.dev for person in self.view(seat).people)
        return Frame(seat.dev, sealed, shown, self.now, seat.sealing)

    def _data(self, seat: Seat, context: int, payload: bytes) -> None:
        frame = self._seal(seat, context, payload)
        if frame is None:
            return
        self.small.append(frame)
        sealed = frame.sealed
        for other in self.seats.values():
            linked = seat.dev in other.connected and other.dev in seat.connected
            if linked and not other.dead and not self._is_cut(seat, other):
                self._later(
                    lambda o=other: self._data_arrived(o, seat.dev, context, sealed),
                    self.rng.uniform(*self._delay),
                )

    def _data_arrived(
        self, seat: Seat, dev: bytes, context: int, sealed: bytes, tries: int = 20
    ) -> None:
        opener = seat.openers.get(dev)
        opened = opener.open(context, CODEC, sealed) if opener else "unknown_key"
        if isinstance(opened, OpenedFrame):
            seat.heard.append((dev, context, opened.frame))
            self._event(seat, DataFrom(dev, context, opened.frame))
        elif opened == "unknown_key" and tries:
            again = lambda: self._data_arrived(seat, dev, context, sealed, tries - 1)  # noqa: E731
            self._later(again, 0.05)
