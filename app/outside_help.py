"""The team's servers on their way: from the settings to the meeting, from the meeting to media."""

from collections.abc import Iterable

from app.meeting.serving import OwnServers
from app.team_servers import ServerKind, TeamServer, Transport
from crypto.servers import Credentials, Server, ServerUse
from media.path import outside_servers as media


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
