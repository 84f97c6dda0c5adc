"""A table of whole meetings in one process: simulated time, channels and links, real keys.

Every seat runs the real machine with real sealing; only sockets, devices and clocks are simulated.
Each frame that is sent is recorded with its key and with who was on the sender's screen; every
seat hoards each key it ever got. So a test can ask afterwards who could open what.
"""

from fakes.cables import DOWN_AFTER, IDLE, KEPT, WEAK_AFTER, Cables
from fakes.seat import Frame, Key, Seat

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
    SealWith,
    Send,
    SendData,
    StopSealing,
    UseDevices,
)
from app.meeting.entrance import Door, Entrance, GoOn, LetIn, Told, TurnedDown
from app.meeting.events import (
    Answered,
    ChannelDown,
    DataFrom,
    Event,
    KeyInUse,
    LinkGathered,
    Received,
    Tick,
)
from app.meeting.machine import Meeting
from app.meeting.moderation import NOTHING
from app.meeting.opening import Applicant, Plan, open_meeting
from app.meeting.seated import Seated
from app.meeting.view import MeetingView, Role
from app.meeting.wishes import Admit, SetRole
from crypto.frames import Context, OpenedFrame, Opener, Sealer
from crypto.identity import Identity, device_id, fingerprint
from crypto.invite import Invite
from crypto.policy import PolicyFlag
from crypto.roster import Roster
from crypto.vault_content import Verified

__all__ = [
    "CODEC",
    "DOWN_AFTER",
    "IDLE",
    "KEPT",
    "TICK",
    "WEAK_AFTER",
    "Frame",
    "Key",
    "Seat",
    "Table",
    "Watch",
    "led_by_two",
    "table_of",
]

TICK = 0.1
CODEC = 0
KEY_TRIES, KEY_PAUSE = 20, 0.05  # a frame waits for its key for a second
DATA = frozenset({Context.CHAT, Context.CONTROL})


class Watch:
    """Hears of whatever a promise is about; this one does not listen."""

    table: "Table"  # at which it watches; set there

    def said(self, seat: Seat, message: bytes) -> None:
        """A device sends a message on one of its channels."""

    def turned(self, seat: Seat, before: Roster | None, after: Roster) -> None:
        """A device goes on to another block of the log."""

    def seals(self, seat: Seat, key: Key) -> None:
        """A device seals with a key from now on."""

    def can_open(self, seat: Seat, key: Key) -> None:
        """A device can open what another seals with this key."""

    def sealed(self, seat: Seat, frame: Frame) -> None:
        """A device puts a frame on the wire."""

    def opened(self, seat: Seat, sender: bytes, sealed: bytes) -> None:
        """A device opens a frame that came over the link to `sender`."""

    def devices(self, seat: Seat, microphone: bool, camera: bool) -> None:
        """A device opens or closes its microphone and camera."""

    def over(self, seat: Seat, reason: str) -> None:
        """The meeting is over for a device, or it was not let in."""


class Table(Cables):
    """Simulated time and network, and the people in it; `run` lets seconds pass."""

    def __init__(
        self,
        seed: int = 1,
        delay: tuple[float, float] = (0.001, 0.02),
        *,
        loss: float = 0.0,
        tick: float = TICK,
        watches: tuple[Watch, ...] = (),
    ) -> None:
        super().__init__(seed, delay, loss)
        self.frames: list[Frame] = []
        self.small: list[Frame] = []  # chat lines and media states that meetings sent by themselves
        self.invite: Invite | None = None
        self._watches = watches
        for watch in watches:
            watch.table = self
        self._tick_time = tick
        self._jumped = 0.0
        self._rosters: dict[bytes, Roster] = {}

    # -- people -------------------------------------------------------------------------------

    def person(self, name: str, knows: dict[str, tuple[bytes, bool]] | None = None) -> Seat:
        """Return a new device; `knows` maps names to (public key, verified)."""
        identity = Identity(self.rng.randbytes(32))
        known = {
            device_id(key): Contact(key, who, Verified(verified))
            for who, (key, verified) in (knows or {}).items()
        }
        number = len(self.seats) + 1
        seat = Seat(name, identity, Contacts(known), f"10.0.{number // 250}.{number % 250}")
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
        self.sits_down(seat, seated)
        assert seat.meeting is not None
        return seat.meeting

    def knocks(self, seat: Seat, at: Seat, secret: bytes | None = None, password: str = "") -> None:
        """Let a device come to a host's door with the invitation and knock."""
        assert self.invite is not None
        door = Door(secret or self.invite.secret, fingerprint(at.identity.public))
        seat.door, exporter = self.reach_out(seat, at)
        seat.entrance = Entrance(door, exporter, seat.contacts, self.rng.randbytes, password)
        self.carry(seat, seat.door, seat.entrance.hello())

    def knocks_again(self, seat: Seat, at: Seat) -> None:
        """Let a device that was in before start anew, as after a crash, and knock."""
        self.starts_anew(seat)
        self.knocks(seat, at)

    def starts_anew(self, seat: Seat) -> None:
        """Start a device's program again: of the meeting it was in, it knows nothing more."""
        seat.dead, seat.ended, seat.meeting = False, "", None
        seat.openers, seat.connected, seat.links, seat.keys = {}, {}, {}, set()
        seat.newest, seat.early = {}, []
        seat.sealer = Sealer()
        self._rosters.pop(seat.dev, None)

    def stranger(self, name: str) -> Seat:
        """Return somebody who only opens channels, and says what the test wants."""
        seat = self.person(name)
        seat.ended = "never came"
        return seat

    def kill(self, seat: Seat) -> None:
        """End a device's process: its channels break, its media stops."""
        seat.dead = True
        self.fall_silent(seat)

    def wish(self, seat: Seat, wish: Event) -> None:
        """Let a person ask for something."""
        self.event(seat, wish)

    def view(self, seat: Seat) -> MeetingView:
        """Return what a person sees."""
        assert seat.meeting is not None
        return seat.meeting.view(self.now)

    def wall(self) -> float:
        """Return the simulated time of day."""
        return 1_800_000_000.0 + self.now + self._jumped

    def wall_jump(self, seconds: float) -> None:
        """Let every computer's time of day jump, as after sleep."""
        self._jumped += seconds

    # -- frames -------------------------------------------------------------------------------

    def sends(self, seat: Seat, text: bytes, context: int = 0) -> bytes | None:
        """Let a device seal a frame and put it on the wire, where only the test sees it."""
        frame = self._seal(seat, context, text)
        if frame is None:
            return None
        self.frames.append(frame)
        return frame.sealed

    def streams(self, seat: Seat, text: bytes, context: int = 0) -> None:
        """Let a device seal a frame and send it over its links: some get it, late or never."""
        frame = self._seal(seat, context, text)
        if frame is not None:
            self.inject(seat, context, frame.sealed)

    def inject(self, seat: Seat, context: int, sealed: bytes) -> None:
        """Let a device send any bytes at all over its links."""
        reliable = context in DATA
        for other in self.seats.values():
            if not self.are_linked(seat, other):
                continue
            weather = self.weather(seat, other)
            if not reliable and self.loss and weather.random() < self.loss:
                continue
            arrive = lambda o=other: self._frame_arrived(o, seat.dev, context, sealed)  # noqa: E731
            self.later(arrive, weather.uniform(*self.delay))

    def opens_frame(self, seat: Seat, frame: Frame, context: int = 0) -> object:
        """Return what a device makes of a frame on the wire."""
        opener = seat.openers.get(frame.sender)
        return opener.open(context, CODEC, frame.sealed) if opener else "unknown_key"

    def _seal(self, seat: Seat, context: int, text: bytes) -> Frame | None:
        sealed = seat.sealer.seal(context, CODEC, 0, 0, text)
        if sealed is None:
            return None
        assert seat.sealing is not None
        shown = frozenset(person.dev for person in self.view(seat).people)
        frame = Frame(seat.dev, sealed, shown, self.now, seat.sealing)
        for watch in self._watches:
            watch.sealed(seat, frame)
        return frame

    def _frame_arrived(
        self, seat: Seat, dev: bytes, context: int, sealed: bytes, tries: int = KEY_TRIES
    ) -> None:
        opener = seat.openers.get(dev)
        opened = opener.open(context, CODEC, sealed) if opener else "unknown_key"
        if isinstance(opened, OpenedFrame):
            for watch in self._watches:
                watch.opened(seat, dev, sealed)
            if context in DATA:
                seat.heard.append((dev, context, opened.frame))
                self.event(seat, DataFrom(dev, context, opened.frame))
        elif opened == "unknown_key" and tries:
            again = lambda: self._frame_arrived(seat, dev, context, sealed, tries - 1)  # noqa: E731
            self.later(again, KEY_PAUSE)

    # -- what a seat does ---------------------------------------------------------------------

    def event(self, seat: Seat, event: Event) -> None:
        """Let a device's machine take in an event, and do what it says."""
        if seat.meeting is None and not seat.dead and not seat.ended:
            if isinstance(event, Answered):
                seat.early.append(event)
            elif event == ChannelDown(seat.door):
                self._over(seat, "unreachable")
        if seat.sits:
            assert seat.meeting is not None
            self._do(seat, seat.meeting.step(event, self.now))

    def arrived(self, seat: Seat, channel: int, message: bytes) -> None:
        """Let a device take in a message, in a meeting or on its way into one."""
        if seat.meeting is not None:
            self.event(seat, Received(channel, message))
            return
        if channel != seat.door:
            seat.early.append(Received(channel, message))
            return
        assert seat.entrance is not None
        step = seat.entrance.receive(message)
        match step:
            case GoOn(word):
                if word:
                    self.carry(seat, channel, word)
            case Told():
                seat.told = step
                knock = seat.entrance.knock(seat.identity, seat.name, ((seat.host, 47100),))
                self.carry(seat, channel, knock)
            case TurnedDown(reason):
                self._over(seat, reason)
                self.hang_up(seat, channel)
            case LetIn(seated):
                self.sits_down(seat, seated, channel)

    def sits_down(self, seat: Seat, seated: Seated, channel: int | None = None) -> None:
        """Let a device begin to be in the meeting; `channel` is the one that it was let in by."""
        clock = lambda: self.wall() + seat.clock_off  # noqa: E731
        seat.meeting = Meeting(seated, self.rng.randbytes, clock, seat.firm)
        self._do(seat, seat.meeting.begin(self.now, channel))
        for event in seat.early:
            self.event(seat, event)
        self._tick(seat)

    def _tick(self, seat: Seat) -> None:
        if not seat.sits:
            return
        for dev, opener in list(seat.openers.items()):
            if opener.newest > seat.newest.get(dev, -1):
                seat.newest[dev] = opener.newest
                self.event(seat, KeyInUse(dev, opener.newest))
        self.event(seat, Tick())
        self.later(lambda: self._tick(seat), self._tick_time)

    def _do(self, seat: Seat, effects: list[Effect]) -> None:
        assert seat.meeting is not None
        roster, before = seat.meeting.roster, self._rosters.get(seat.dev)
        if roster is not before:
            self._rosters[seat.dev] = roster
            for watch in self._watches:
                watch.turned(seat, before, roster)
        seat.orders += effects
        newest = max((e.generation for e in effects if isinstance(e, SealWith)), default=0)
        for effect in effects:
            self._do_one(seat, effect)
            if isinstance(effect, SealWith) and effect.generation == newest:
                for watch in self._watches:
                    watch.seals(seat, (seat.dev, effect.slot, newest, effect.base_key))

    def _do_one(self, seat: Seat, effect: Effect) -> None:
        match effect:
            case Send(channel, message):
                for watch in self._watches:
                    watch.said(seat, message)
                if channel in seat.channels:
                    self.carry(seat, channel, message)
            case CloseChannel(channel):
                if channel in seat.channels:
                    self.hang_up(seat, channel)
            case Dial(to, _):
                self.dial(seat, to)
            case OpenLink(dev, link, _, _):
                seat.links[dev] = link
                seat.openers.setdefault(dev, Opener())
                gathered = LinkGathered(dev, link, b"parameters")
                self.later(lambda: self.event(seat, gathered), 0.01)
            case ConnectLink(dev, link, _):
                self.link(seat, dev, link)
            case CloseLink(dev):
                seat.links.pop(dev, None)
                self.close_link(seat, dev)
            case SealWith(slot, generation, key, _):
                seat.sealer.use(slot, generation, key)
                seat.sealing = (seat.dev, slot, generation, key)
                seat.hoard.add(seat.sealing)
            case OpenWith(dev, slot, generation, key):
                seat.openers.setdefault(dev, Opener()).add(slot, generation, key)
                seat.keys.add((dev, slot, generation, key))
                seat.hoard.add((dev, slot, generation, key))
                for watch in self._watches:
                    watch.can_open(seat, (dev, slot, generation, key))
            case ForgetKey(dev, generation):
                seat.openers.setdefault(dev, Opener()).forget(generation)
                seat.keys = {k for k in seat.keys if (k[0], k[2]) != (dev, generation)}
            case ForgetMember(dev):
                seat.openers.setdefault(dev, Opener()).clear()
                seat.newest.pop(dev, None)
                seat.keys = {k for k in seat.keys if k[0] != dev}
            case SendData(context, payload):
                frame = self._seal(seat, context, payload)
                if frame is not None:
                    self.small.append(frame)
                    self.inject(seat, context, frame.sealed)
            case UseDevices(microphone, camera):
                for watch in self._watches:
                    watch.devices(seat, microphone, camera)
            case StopSealing() | Finish():
                seat.sealer.stop()
                seat.sealing = None
                if isinstance(effect, Finish):
                    self._over(seat, effect.reason)
                    for channel in list(seat.channels):
                        self.hang_up(seat, channel)
            case _:
                pass  # what a person is shown, or what the vault keeps

    def _over(self, seat: Seat, reason: str) -> None:
        seat.ended = reason
        for watch in self._watches:
            watch.over(seat, reason)


def table_of(
    *names: str, lobby: bool = False, firm: PolicyFlag = NOTHING
) -> tuple[Table, list[Seat]]:
    """Return a table at which everybody sits; the first one hosts.

    `firm` are the rules that the host's organisation holds on to.
    """
    table = Table()
    seats = [table.person(name) for name in names]
    seats[0].firm = firm
    table.opens(seats[0], lobby=lobby)
    for seat in seats[1:]:
        table.knocks(seat, seats[0])
        table.run(0.7)
        for knock in table.view(seats[0]).knocks:
            table.wish(seats[0], Admit(knock.join_id))
    table.run(2)
    return table, seats


def led_by_two(
    *names: str, lobby: bool = False, firm: PolicyFlag = NOTHING
) -> tuple[Table, list[Seat]]:
    """Return such a table whose second seat is a co-host's."""
    table, seats = table_of(*names, lobby=lobby, firm=firm)
    table.wish(seats[0], SetRole(seats[1].dev, Role.CO_HOST))
    table.run(1)
    return table, seats
