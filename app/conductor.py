"""Carries out what a meeting decides: on channels, media links, keys and devices. No policy."""

import asyncio
import gc
import ipaddress
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, assert_never

from app.door_candidate import with_door
from app.file_courier import FileCourier
from app.frame_watch import FrameWatch
from app.meeting.effects import (
    Authenticated,
    CloseChannel,
    CloseLink,
    ConnectLink,
    Dial,
    Effect,
    Finish,
    Forget,
    ForgetKey,
    ForgetMember,
    KeepContact,
    KeepInvitations,
    KeepProof,
    LetGo,
    MeetAt,
    OpenLink,
    OpenWith,
    Remember,
    SealWith,
    Send,
    SendData,
    SendKeyFrame,
    StopSealing,
    UseDevices,
    UseMotion,
    UseScreen,
    UseServers,
)
from app.meeting.events import (
    Answered,
    ChannelDown,
    DataFrom,
    Event,
    FramesAccepted,
    FramesRefused,
    KeyInUse,
    LinkDown,
    LinkGathered,
    LinkUp,
    LinkWeak,
    NetworkChanged,
    Reached,
    Received,
    RelayFails,
    Tick,
    Unreachable,
)
from app.meeting.machine import Meeting
from app.meeting.own_doors import MeetingPoint
from app.meeting.wishes import Leave
from app.net.address_watch import AddressWatch, Interfaces, present_addresses
from app.net.gate import OPEN, Gate
from app.net.router.media_door import MediaDoor
from app.net.signalling import Address, CloseReason, Connection, DialError, Way, dial
from app.outside_help import outside_servers, relayed, worth_telling
from app.surroundings import Surroundings
from app.tasks import Tasks
from crypto.frames import Opener, Sealer
from crypto.servers import Credentials, Server
from media.call import Call, PeerLink
from media.errors import LinkError
from media.path.link_parameters import LinkParameters
from media.path.outside_servers import Outside

TELL_AGAIN = 300.0  # seconds after which it is said again what is wrong with a relay
TICK = 0.1  # seconds between two looks at the clock
GARBAGE_AFTER = 2.0  # seconds after which a closed link, which is a circle of objects, is freed

log = logging.getLogger(__name__)


class Place(Protocol):
    """Where people meet of whom nobody has an open port; see `app.reachable`."""

    def ways_to(self, dev: bytes) -> Sequence[Way]:
        """Return the ways to a member over it."""

    def meet_at(self, point: MeetingPoint) -> None:
        """Be at another one from now on."""


class Conductor:
    """Runs one meeting on the engine's loop; owns its channels and its links."""

    def __init__(
        self,
        meeting: Meeting,
        call: Call,
        sealer: Sealer,
        surroundings: Surroundings,
        clock: Callable[[], float],
        *,
        allow_loopback: bool = False,
        interfaces: Interfaces = present_addresses,
        gate: Gate = OPEN,
        place: Place | None = None,
        courier: FileCourier | None = None,
    ) -> None:
        """`allow_loopback` where this computer has no other address to be reached at.

        `place` is where members are met who have no address that can be dialled.
        """
        self.meeting = meeting
        self._allow_loopback = allow_loopback
        self._gate = gate
        self._place = place
        self._call = call
        self._sealer = sealer
        self._surroundings = surroundings
        self._clock = clock
        self._connections: dict[int, Connection] = {}
        self._next_channel = 1
        self._openers: dict[bytes, Opener] = {}
        self._links: dict[bytes, _Link] = {}
        self._watches: dict[bytes, FrameWatch] = {}
        self._addresses = AddressWatch(clock(), interfaces)
        self._tasks = Tasks()
        self._gathering = Tasks()  # never cancelled: sockets half opened would stay open
        self._finished = False
        call.on_data = self._data
        self.media_door: MediaDoor | None = None  # for people outside, while one is open
        self.outside = Outside()  # what links may ask of the team's servers
        self.servers: tuple[tuple[Server, Credentials, bool], ...] = ()
        self._told_failing: dict[tuple[str, str], float] = {}  # of relays, and when
        self._courier = courier
        if courier is not None:
            courier.begin(meeting.files)

    # -- what happens -------------------------------------------------------------------------

    def happened(self, event: Event) -> None:
        """Let the meeting take in an event, and do what it says."""
        if self._finished:
            return
        effects = self.meeting.step(event, self._clock())
        if effects:
            self._surroundings.changed()  # people see who is in before anything is sent
        for effect in effects:
            self._perform(effect)
        if self._courier is not None:
            self._courier.carry()

    def answered(self, connection: Connection) -> None:
        """Take in a connection that somebody made to us."""
        channel = self._adopt(connection)
        self.happened(Answered(channel, connection.exporter, connection.remote.host))

    def begin(self, host: Connection | None = None, backlog: tuple[bytes, ...] = ()) -> None:
        """Sit down; `host` is the connection over which we were let in, and what came since."""
        channel = self._adopt(host) if host is not None else None
        effects = self.meeting.begin(self._clock(), channel)
        self._surroundings.changed()
        for effect in effects:
            self._perform(effect)
        if channel is not None:
            for message in backlog:
                self.happened(Received(channel, message))

    def leave(self) -> None:
        """Say goodbye, if nobody did yet; the surroundings know already and are not told."""
        if not self._finished:
            for effect in self.meeting.step(Leave(), self._clock()):
                if not isinstance(effect, Finish):
                    self._perform(effect)
            self._finished = True

    async def run(self) -> None:
        """Tell the meeting the time until it is over."""
        if self._courier is not None:
            self._tasks.start(self._courier.run())
        while not self._finished:
            await asyncio.sleep(TICK)
            self._look_at_the_network()
            self._look_at_frames()
            self._look_at_relays()
            self.happened(Tick())

    async def close(self) -> None:
        """Close everything that the meeting opened."""
        self._finished = True
        self._call.on_data = None
        for connection in list(self._connections.values()):
            connection.close()
        self._connections.clear()
        for dev in list(self._links):
            self._close_link(dev)
        await self._tasks.close()
        await self._gathering.wait()
        if self._courier is not None:
            await self._courier.close()
        self._sealer.stop()
        for opener in self._openers.values():
            opener.clear()

    def refusals(self, dev: bytes) -> dict[str, int]:
        """Return how many of a member's frames were refused, by reason."""
        opener = self._openers.get(dev)
        return {str(reason): count for reason, count in opener.refused.items()} if opener else {}

    # -- what must be done --------------------------------------------------------------------

    def _perform(self, effect: Effect) -> None:
        match effect:
            case Send(channel, message):
                if connection := self._connections.get(channel):
                    connection.send(message)
            case Authenticated(channel):
                if connection := self._connections.get(channel):
                    connection.authenticated = True
            case CloseChannel(channel):
                if connection := self._connections.pop(channel, None):
                    connection.close()
            case Dial(to, addresses):
                self._tasks.start(self._dial(to, addresses))
            case OpenLink() | ConnectLink() | CloseLink() | UseServers() | MeetAt():
                self._reach(effect)
            case SealWith(slot, generation, base_key, removal):
                self._sealer.use(slot, generation, base_key)
                self._call.keys_switched(removal)
                if self._courier is not None:
                    self._courier.rest()
            case StopSealing():
                self._sealer.stop()
                self._call.keys_switched(removal=True)  # nothing leaves that waits or is asked for
            case OpenWith(dev, slot, generation, base_key):
                self._opener(dev).add(slot, generation, base_key)
                self._call.keys_changed(dev)
            case ForgetKey(dev, generation):
                self._opener(dev).forget(generation)
            case ForgetMember(dev):
                if opener := self._openers.get(dev):
                    opener.clear()
            case LetGo(dev):
                self._openers.pop(dev, None)
                self._call.forget_peer(dev)
            case SendData(context, payload):
                self._call.broadcast(context, payload)
            case SendKeyFrame():
                self._call.request_key_frame()
            case UseDevices(microphone, camera):
                self._surroundings.use_devices(microphone, camera)
            case UseMotion(on):
                self._call.prefer_motion(on)
            case UseScreen(on):
                self._surroundings.use_screen(on)
            case Remember() | KeepContact() | Forget() | KeepProof() | KeepInvitations():
                self._keep(effect)
            case Finish(reason):
                self._finished = True
                self._surroundings.finished(reason)
            case _:
                assert_never(effect)

    def _reach(self, effect: OpenLink | ConnectLink | CloseLink | UseServers | MeetAt) -> None:
        match effect:
            case OpenLink(dev, link, controlling, channel, wide):
                self._open_link(dev, link, controlling, channel, wide)
            case ConnectLink(dev, link, parameters):
                self._connect_link(dev, link, parameters)
            case CloseLink(dev):
                self._close_link(dev)
            case UseServers(servers):
                self.outside.servers = outside_servers(servers)
                self.servers = servers
            case MeetAt(point):
                if self._place is not None:
                    self._place.meet_at(point)

    def _keep(self, effect: Remember | KeepContact | Forget | KeepProof | KeepInvitations) -> None:
        surroundings = self._surroundings
        match effect:
            case Remember(public_key, name, verified):
                surroundings.remember(public_key, name, verified)
            case KeepContact(public_key, name, secret):
                surroundings.keep_contact(public_key, name, secret)
            case Forget(dev):
                surroundings.forget(dev)
            case KeepProof(voucher, first, second):
                surroundings.keep_proof(voucher, first, second)
            case KeepInvitations(links):
                surroundings.keep_invitations(links)

    # -- channels -----------------------------------------------------------------------------

    def _adopt(self, connection: Connection) -> int:
        channel = self._next_channel
        self._next_channel += 1
        self._connections[channel] = connection

        def closed(reason: CloseReason) -> None:
            log.info("channel %d closed: %s", channel, reason)
            self._connections.pop(channel, None)
            self.happened(ChannelDown(channel, passed_on=reason is CloseReason.BETWEEN))

        connection.start(lambda message: self.happened(Received(channel, message)), closed)
        return channel

    async def _dial(self, to: bytes, addresses: tuple[tuple[str, int], ...]) -> None:
        try:
            connection = await dial(
                [Address(*address) for address in addresses],
                detours=self._place.ways_to(to) if self._place is not None else (),
                allow_loopback=self._allow_loopback,
                gate=self._gate,
            )
        except DialError:
            self.happened(Unreachable(to))
            return
        if self._finished:
            connection.close()
            return
        channel = self._adopt(connection)
        self.happened(Reached(channel, connection.exporter, to))

    def _is_here(self, channel: int) -> bool:
        """Tell whether the other end of a channel sits at this very computer."""
        connection = self._connections.get(channel)
        if connection is None:
            return False
        host = connection.remote.host
        if not host:
            return False  # nobody knows where: a meeting point is in between
        return host == connection.local.host or ipaddress.ip_address(host).is_loopback

    def _link_local(self, channel: int) -> str:
        """Return our end of a channel if it is a link-local address with its zone, else nothing."""
        connection = self._connections.get(channel)
        host = connection.local.host if connection is not None else ""
        return host if "%" in host else ""

    # -- links --------------------------------------------------------------------------------

    def _opener(self, dev: bytes) -> Opener:
        opener = self._openers.get(dev)
        if opener is None:
            opener = self._openers[dev] = Opener()
        return opener

    def _open_link(
        self, dev: bytes, link: int, controlling: bool, channel: int, wide: bool
    ) -> None:
        current = self._links.get(dev)
        if current is None:
            here = self._is_here(channel)
            peer = self._call.add_peer(dev, self._opener(dev), controlling, allow_loopback=here)
            current = self._links[dev] = _Link(peer, here)
            self._watches[dev] = FrameWatch()
            peer.on_state = lambda state: self._link_changed(dev, peer, state)
        current.newest = link
        current.link_local = "" if current.here else self._link_local(channel)
        beyond = wide and not current.here and not current.link_local
        outside = self.outside if beyond else None
        self._gathering.start(self._gather(dev, link, current.peer, current.link_local, outside))

    async def _gather(
        self, dev: bytes, link: int, peer: PeerLink, link_local: str, outside: Outside | None
    ) -> None:
        try:
            parameters = await peer.gather(link, link_local, outside)
        except LinkError as error:
            if error.code != "closed":
                log.warning("a media link could not be prepared: %s", error)
            self.happened(LinkDown(dev, link))
            return
        if self.media_door is not None and not link_local:
            parameters = with_door(parameters, self.media_door)
        self.happened(LinkGathered(dev, link, parameters.encode()))

    def _connect_link(self, dev: bytes, link: int, parameters: bytes) -> None:
        current = self._links.get(dev)
        if current is None or current.newest != link:
            return
        try:
            remote = LinkParameters.parse(
                parameters,
                allow_loopback=current.here,
                link_local=bool(current.link_local),
            )
        except LinkError as error:
            log.warning("a member's link parameters were refused: %s", error)
            self.happened(LinkDown(dev, link))
            return
        self._tasks.start(self._connect(dev, link, current.peer, remote))

    async def _connect(self, dev: bytes, link: int, peer: PeerLink, remote: LinkParameters) -> None:
        try:
            await peer.connect(remote)
        except LinkError as error:
            if error.code != "closed":
                log.warning("a media link did not come up: %s", error)
            if error.code == "restarted":
                self._link_changed(dev, peer, "lost")
                self._close_link(dev)
            self.happened(LinkDown(dev, link))

    def _link_changed(self, dev: bytes, peer: PeerLink, state: str) -> None:
        current = self._links.get(dev)
        if current is None or current.peer is not peer:
            return
        match state:
            case "connected":
                self.happened(LinkUp(dev, peer.number, relayed(peer.way)))
            case "weak":
                self.happened(LinkWeak(dev))
            case "lost" | "closed":
                self.happened(LinkDown(dev, peer.number))

    def _look_at_the_network(self) -> None:
        """Tell the meeting which links and channels left from an address that is gone."""
        watch = self._addresses
        if not watch.changed(self._clock()):
            return
        hosts = {dev: link.peer.local_host for dev, link in self._links.items()}
        links = (dev for dev, host in hosts.items() if host is not None and watch.is_gone(host))
        connections = self._connections.items()
        channels = (number for number, here in connections if watch.is_gone(here.local.host))
        self.happened(NetworkChanged(frozenset(links), frozenset(channels)))

    def _close_link(self, dev: bytes) -> None:
        link = self._links.pop(dev, None)
        self._watches.pop(dev, None)
        if link is not None:
            link.peer.on_state = None
            self._call.remove_peer(dev)
            asyncio.get_running_loop().call_later(GARBAGE_AFTER, gc.collect)

    def _data(self, dev: bytes, context: int, payload: bytes) -> None:
        self.happened(DataFrom(dev, context, payload))

    def _look_at_relays(self) -> None:
        """Tell the meeting of relays that do not serve, each fault now and then."""
        now = self._clock()
        for failing in sorted(worth_telling(self.outside)):
            if now - self._told_failing.get(failing, float("-inf")) >= TELL_AGAIN:
                self._told_failing[failing] = now
                self.happened(RelayFails(*failing))

    def _look_at_frames(self) -> None:
        """Tell the meeting which keys are in use, and whose frames do not authenticate."""
        now = self._clock()
        events: list[Event] = []
        for dev, watch in self._watches.items():
            opener = self._opener(dev)
            if opener.newest > watch.generation:
                watch.generation = opener.newest
                events.append(KeyInUse(dev, opener.newest))
            trouble = watch.look(opener.opened_in, opener.refused_in, now)
            if trouble is not None:
                events.append(FramesRefused(dev) if trouble else FramesAccepted(dev))
        for event in events:
            self.happened(event)


@dataclass
class _Link:
    peer: PeerLink
    here: bool  # the other end sits at this computer: loopback addresses are fair
    link_local: str = ""  # where media leave from, if the channel runs over such addresses
    newest: int = 0  # the number of what was begun last
