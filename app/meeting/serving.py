"""Servers of the team: who leads names them to the members, with credentials that soon end.

A member asks no server but those of its own settings and those that the leader names, and the
latter only if its person has it so. Who leads next passes on what it was told, for as long as it
is good.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from app.meeting.effects import Effect, MeetAt, UseServers
from app.meeting.member import Member
from app.meeting.own_doors import MeetingPoint
from app.meeting.paths import Paths
from crypto.messages import Servers
from crypto.roster import Roster
from crypto.servers import Credentials, Server, ServerUse, is_server_address, relay_label

LIFETIME = 7200  # seconds for which credentials are good
RENEWED = 1800.0  # seconds after which they are made anew; a leader who is lost leaves the rest


@dataclass(frozen=True)
class OwnServers:
    """What the settings of this device say: its servers, the relays' secret, whom it follows."""

    servers: tuple[Server, ...] = ()
    secret: bytes = field(default=b"", repr=False)
    from_host: bool = True  # servers that the leader names are asked as well


@dataclass(frozen=True)
class Served:
    """A server with what it is shown; `named` if the leader named it, and not this person."""

    server: Server
    credentials: Credentials
    named: bool = False


class Serving:
    """What servers this device may ask, and what it tells the others; orders go into `out`."""

    def __init__(
        self, dev: bytes, paths: Paths, wall: Callable[[], float], out: list[Effect]
    ) -> None:
        self._own = OwnServers()
        self.refused = 0  # messages of members who do not lead
        self._dev = dev
        self._paths = paths
        self._wall = wall
        self._out = out
        self._told: Servers | None = None  # by who led
        self._given: dict[bytes, tuple[int | None, float]] = {}  # by member: the channel, and when
        self._made_at = float("-inf")
        self._in_use: tuple[Served, ...] = ()
        self._meets_at: MeetingPoint | None = None

    def use(self, own: OwnServers) -> None:
        """Go by other settings from now on."""
        if own != self._own:
            self._own, self._made_at = own, float("-inf")
            self._given.clear()

    def hear(self, member: Member, message: Servers, roster: Roster) -> None:
        """Take in which servers there are; only who leads may say so."""
        if member.dev != roster.leader:
            self.refused += 1
            return
        self._told = message
        self._made_at = float("-inf")

    def poll(self, roster: Roster, now: float) -> None:
        """Keep one's own credentials fresh, and as the leader those of everybody else."""
        fresh = now - self._made_at < RENEWED
        if not fresh:
            self._made_at = now
        self._use(self._mine(roster, fresh))
        self._meet(leads=roster.leader == self._dev)
        if roster.leader != self._dev:
            self._given.clear()
            return
        for member in self._paths:
            channel, at = self._given.get(member.dev, (None, float("-inf")))
            due = member.channel != channel or now - at >= RENEWED
            if member.channel is None or member.held or member.lied or not due:
                continue
            self._given[member.dev] = member.channel, now
            if (message := self._for(member.dev, roster)) is not None:
                self._paths.send(member.dev, message.encode())

    def _mine(self, roster: Roster, fresh: bool) -> tuple[Served, ...]:
        """Return what this device may ask: its own servers first, each of them once."""
        if fresh:
            served = [one for one in self._in_use if not one.named]
        else:
            credentials = self._credentials(self._dev, roster)
            served = [
                Served(server, credentials)
                for server in self._own.servers
                if self._own.secret or not _relays(server)
            ]
        known = {(one.server.host, one.server.port, one.server.use) for one in served}
        told = self._still_good()
        if told is not None and self._own.from_host:
            served += [
                Served(server, told.credentials, named=True)
                for server in told.servers
                if (server.host, server.port, server.use) not in known
            ]
        return tuple(served)

    def _for(self, dev: bytes, roster: Roster) -> Servers | None:
        """Return what a member is told: one's own servers, else those of who led before."""
        servers = tuple(
            server
            for server in self._own.servers
            if is_server_address(server.host, server.port)
            and (self._own.secret or not _relays(server))
        )
        if servers:
            shown = self._credentials(dev, roster)
            return Servers(
                servers=servers,
                username=shown.username,
                password=shown.password,
                expiry=shown.expiry,
            )
        return self._still_good()

    def _still_good(self) -> Servers | None:
        told = self._told
        if told is None or (told.expiry and told.expiry < self._wall()):
            return None
        return told

    def _credentials(self, dev: bytes, roster: Roster) -> Credentials:
        if not self._own.secret:
            return Credentials("", "", 0)
        expiry = int(self._wall()) + LIFETIME
        return Credentials.create(self._own.secret, expiry, relay_label(roster.call_id, dev))

    def _use(self, served: tuple[Served, ...]) -> None:
        if served == self._in_use:
            return
        before, self._in_use = _for_media(self._in_use), served
        media = _for_media(served)
        if media != before:
            self._paths.use_outside(bool(media))
            self._out.append(
                UseServers(tuple((one.server, one.credentials, one.named) for one in media))
            )

    def _meet(self, leads: bool) -> None:
        """Be where all of this meeting are: who leads decides, and before that the link."""
        points = [one for one in self._in_use if one.server.use is ServerUse.MEETING_POINT]
        if not leads:
            points = [one for one in points if one.named]
        if not points:
            return
        server = points[0].server
        point = MeetingPoint((server.host, server.port), server.pin)
        if point != self._meets_at:
            self._meets_at = point
            self._out.append(MeetAt(point))


def _for_media(served: tuple[Served, ...]) -> tuple[Served, ...]:
    return tuple(one for one in served if one.server.use is not ServerUse.MEETING_POINT)


def _relays(server: Server) -> bool:
    return server.use.name.startswith("TURN")
