"""Candidates beyond this network: how servers of the team see us, and addresses on their relays.

All servers are asked at once, with time limits of our own: who does not answer delays nobody. The
relays are handed to ICE a moment later than the rest, so that a direct path wins where there is
one.
"""

import asyncio
import ipaddress

import aioice.candidate
import aioice.ice
import aioice.stun

from media.path.datagram_guard import PARSER_FAULTS
from media.path.gate import Gate
from media.path.link_parameters import LOWEST_PORT, Candidate, is_usable
from media.path.outside_servers import Outside, Server, Way
from media.path.relay import Trouble
from media.path.relay_socket import RelayError, RelaySocket

LIMIT = 1.5  # seconds that servers have in all
GRACE = 0.2  # seconds that the others have once one relay stands
HEAD_START = 0.7  # seconds in which only direct paths are tried
IDLE = 5.0  # seconds after which a relay that nothing came through is given back
MOST_ASKED = 4  # own addresses for which one server is asked how it sees them
MOST_OUTSIDE = 6  # candidates; the rest of the room is for addresses of this computer

SERVER_REFLEXIVE, RELAYED = 100, 0  # type preferences, RFC 8445 section 5.1.2.2
_PREFERENCES = {Way.UDP: 65535, Way.TCP: 50000, Way.TLS: 40000}


def is_relayed(candidate: Candidate) -> bool:
    """Tell by its priority whether a candidate is an address on a relay."""
    return candidate.priority >> 24 == RELAYED


class OutsideCandidates:
    """Those of one path; opened by `gather`, used from `join` on, closed with the path."""

    def __init__(self, connection: aioice.ice.Connection, outside: Outside, gate: Gate) -> None:
        self._connection = connection
        self._outside = outside
        self._gate = gate
        self._loop = asyncio.get_running_loop()
        self._relays: dict[aioice.ice.StunProtocol, RelaySocket] = {}
        self._joined = self._closed = False

    @property
    def _servers(self) -> list[Server]:
        """The servers that may be asked now; none where nothing leaves the local networks."""
        if self._gate.lan_only:
            return []
        return [server for server in self._outside.servers if server.host in self._gate]

    @property
    def protocols(self) -> list[aioice.ice.StunProtocol]:
        """What aioice knows the relays as."""
        return list(self._relays)

    async def gather(self) -> list[Candidate]:
        """Ask all servers at once; return what was found within the limits."""
        started = self._loop.time()
        deadline = started + LIMIT
        relays = [RelaySocket(server, self._gate) for server in self._servers if server.relays]
        opened = {self._loop.create_task(self._opened(relay)): relay for relay in relays}
        seen = {self._loop.create_task(self._seen(*pair)) for pair in self._questions()}
        found: dict[tuple[str, int], Candidate] = {}
        pending = {*opened, *seen}
        try:
            while pending and (left := deadline - self._loop.time()) > 0:
                done, pending = await asyncio.wait(
                    pending, timeout=left, return_when=asyncio.FIRST_COMPLETED
                )
                for task in done:
                    candidate = task.result()
                    if candidate is not None:
                        found.setdefault((str(candidate.address), candidate.port), candidate)
                        if task in opened:
                            deadline = min(deadline, self._loop.time() + GRACE)
            for task in pending & opened.keys():
                if self._loop.time() - started >= LIMIT:
                    self._outside.noted(opened[task].server, Trouble.SILENT)
        finally:
            for task in pending:
                task.cancel()
            await asyncio.gather(*pending, return_exceptions=True)
        best = sorted(found.values(), key=lambda candidate: -candidate.priority)
        relayed = [candidate for candidate in best if is_relayed(candidate)]
        others = [candidate for candidate in best if not is_relayed(candidate)]
        return others[: MOST_OUTSIDE - min(len(relayed), MOST_OUTSIDE // 2)] + relayed

    def permit(self, candidates: tuple[Candidate, ...]) -> None:
        """Let the peer's addresses through."""
        for relay in self._relays.values():
            version = ipaddress.ip_address(relay.relayed[0]).version
            for candidate in candidates:
                if candidate.address.version == version:
                    relay.permit(str(candidate.address))

    def join(self) -> None:
        """Hand the relays to ICE: what is direct has had its time."""
        if self._joined or self._closed:
            return
        self._joined = True
        connection = self._connection
        connection._protocols += self._relays
        for remote in list(connection._remote_candidates):
            connection._pair_remote_candidate(remote)
        connection.sort_check_list()

    def relay_of(self, protocol: aioice.ice.StunProtocol) -> RelaySocket | None:
        """Return the relay behind what aioice sends over, None for a socket of this computer."""
        return self._relays.get(protocol)

    def let_go(self, in_use: aioice.ice.StunProtocol | None) -> None:
        """Give back the relays that are not in use, here or there."""
        for protocol, relay in list(self._relays.items()):
            if protocol is not in_use and self._loop.time() - relay.heard_at > IDLE:
                relay.close()

    def close(self) -> None:
        """Give all relays back."""
        self._closed = True
        for relay in self._relays.values():
            relay.close()

    # -- one server -------------------------------------------------------------------------------

    def _questions(self) -> list[tuple[aioice.ice.StunProtocol, Server]]:
        """Return which own sockets ask which servers how they are seen."""
        pairs = []
        servers = {(s.host, s.port): s for s in self._servers if s.way is Way.UDP}
        for server in servers.values():
            version = ipaddress.ip_address(server.host).version
            own = [
                protocol
                for protocol in self._connection._protocols
                if (address := ipaddress.ip_address(protocol.local_candidate.host)).version
                == version
                and address.is_loopback == ipaddress.ip_address(server.host).is_loopback
            ]
            pairs += [(protocol, server) for protocol in own[:MOST_ASKED]]
        return pairs

    async def _seen(self, protocol: aioice.ice.StunProtocol, server: Server) -> Candidate | None:
        """Ask one server how it sees one of our sockets; None if it is as we see it ourselves."""
        request = aioice.stun.Message(
            message_method=aioice.stun.Method.BINDING, message_class=aioice.stun.Class.REQUEST
        )
        try:
            answer, _source = await protocol.request(request, (server.host, server.port))
            host, port = answer.attributes["XOR-MAPPED-ADDRESS"]
            address = ipaddress.ip_address(host)
        except (aioice.stun.TransactionError, OSError, *PARSER_FAULTS):
            return None
        own = protocol.local_candidate
        if (host, port) == (own.host, own.port) or not is_usable(address) or port < LOWEST_PORT:
            return None
        if host not in self._gate:
            return None
        return Candidate(address, port, _priority(SERVER_REFLEXIVE, 65535))

    async def _opened(self, relay: RelaySocket) -> Candidate | None:
        """Open an address on a relay; keep in mind what is wrong with one that gives none."""
        try:
            await relay.open()
        except RelayError as error:
            self._outside.noted(relay.server, error.trouble)
            return None
        host, port = relay.relayed
        if not is_usable(ipaddress.ip_address(host)) or port < LOWEST_PORT:
            relay.close()
            self._outside.noted(relay.server, Trouble.BROKEN)  # the peer would refuse it
            return None
        self._outside.noted(relay.server, None)
        protocol = aioice.ice.StunProtocol(self._connection)
        protocol.connection_made(relay)  # type: ignore[arg-type]
        priority = _priority(RELAYED, _PREFERENCES[relay.server.way])
        protocol.local_candidate = aioice.candidate.Candidate(
            foundation=f"relay{relay.server.way}{host}",
            component=1,
            transport="udp",
            priority=priority,
            host=host,
            port=port,
            type="relay",
        )
        self._relays[protocol] = relay
        # Looked up anew for each datagram: a guard will stand in front of it.
        relay.on_datagram = lambda data, peer: protocol.datagram_received(data, peer)  # noqa: PLW0108
        relay.on_lost = lambda: self._lost(protocol, relay)
        if self._closed:
            relay.close()
        return Candidate(ipaddress.ip_address(host), port, priority)

    def _lost(self, protocol: aioice.ice.StunProtocol, relay: RelaySocket) -> None:
        """Tell aioice that a relay's address is gone: a path over it ends at once."""
        if relay.trouble is not None:
            self._outside.noted(relay.server, relay.trouble)
        protocol.connection_lost(None)


def _priority(kind: int, preference: int) -> int:
    """Return the priority of a candidate (RFC 8445 section 5.1.2.1), component 1."""
    return (kind << 24) + (preference << 8) + 255
