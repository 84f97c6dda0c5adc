"""The team's servers on their way: from the settings to the meeting, from the meeting to media."""

from collections.abc import Iterable

from app.meeting.serving import OwnServers
from app.meeting.view import Relayed, UsedServer
from app.team_servers import ServerKind, TeamServer, Transport
from crypto.servers import Credentials, Server, ServerUse
from media.path import outside_servers as media
from media.path.relay import Trouble


def own_servers(servers: Iterable[TeamServer], secret: str, from_host: bool) -> OwnServers:
    """Return what the meeting is told of the settings."""
    told = tuple(server for typed in servers for server in _uses(typed))
    return OwnServers(told, secret.encode(), from_host)


def outside_servers(
    servers: Iterable[tuple[Server, Credentials, bool]],
) -> tuple[media.Server, ...]:
    """Return what links may ask."""
    return tuple(
        media.Server(
            server.host,
            server.port,
            _WAYS[server.use],
            relays=server.use is not ServerUse.STUN,
            pin=server.pin,
            username=credentials.username,
            password=credentials.password,
        )
        for server, credentials, _named in servers
    )


def relayed(way: media.PathWay | None) -> Relayed | None:
    """Return the relay that a path takes, None where it takes none."""
    return Relayed(way.relay, way.by.value, way.theirs) if way is not None and way.relay else None


def used_servers(
    servers: Iterable[tuple[Server, Credentials, bool]], outside: media.Outside
) -> tuple[UsedServer, ...]:
    """Return what people are shown of the servers."""
    used = []
    for server, _credentials, named in servers:
        way = _WAYS[server.use]
        address = str(media.Server(server.host, server.port))
        relays = server.use is not ServerUse.STUN
        trouble = outside.troubles.get((address, way), "") if relays else ""
        used.append(UsedServer(address, way.value if relays else "stun", named, str(trouble)))
    return tuple(used)


def worth_telling(outside: media.Outside) -> frozenset[tuple[str, str]]:
    """Return (host, trouble) of the relays that somebody should hear of.

    That one way is blocked is no news while another leads to the same relay.
    """
    found: set[tuple[str, str]] = set()
    for host in {server.host for server in outside.servers if server.relays}:
        ways = [s for s in outside.servers if s.relays and s.host == host]
        troubles = [outside.troubles.get((str(server), server.way)) for server in ways]
        told = {str(trouble) for trouble in troubles if trouble not in (None, Trouble.SILENT)}
        if not told and all(troubles):
            told = {str(Trouble.SILENT)}
        found |= {(host, trouble) for trouble in told}
    return frozenset(found)


_WAYS = {
    ServerUse.STUN: media.Way.UDP,
    ServerUse.TURN_UDP: media.Way.UDP,
    ServerUse.TURN_TCP: media.Way.TCP,
    ServerUse.TURN_TLS: media.Way.TLS,
}


def _uses(typed: TeamServer) -> tuple[Server, ...]:
    host, port = typed.address
    match typed.kind, typed.transport:
        case ServerKind.STUN, _:
            return (Server(ServerUse.STUN, host, port),)
        case ServerKind.TURN, Transport.UDP:
            return (Server(ServerUse.TURN_UDP, host, port),)
        case ServerKind.TURN, Transport.TCP:
            return (Server(ServerUse.TURN_TCP, host, port),)
        case ServerKind.TURN, _:
            return Server(ServerUse.TURN_UDP, host, port), Server(ServerUse.TURN_TCP, host, port)
        case ServerKind.TURNS, _:
            return (Server(ServerUse.TURN_TLS, host, port, typed.key),)
        case ServerKind.MEET, _:
            return (Server(ServerUse.MEETING_POINT, host, port, typed.key),)
