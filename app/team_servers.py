"""The team's own servers as people write them: `turn:192.0.2.7 meet:192.0.2.7?key=…`."""

import base64
import binascii
from dataclasses import dataclass
from enum import StrEnum

from app.i18n import _
from app.net.addresses import Address, AddressError, is_diallable, parse_address

MOST_SERVERS = 8
KEY_BYTES = 32  # a SHA-256, or a public key of Curve25519
LONGEST = 1024  # characters; the longest eight entries need less


class ServerKind(StrEnum):
    """What a server does for the team."""

    STUN = "stun"  # says under which address the outside sees this computer (RFC 8489)
    TURN = "turn"  # passes media on (RFC 8656)
    TURNS = "turns"  # the same inside TLS
    MEET = "meet"  # passes sealed words on between invited people who cannot reach each other


class Transport(StrEnum):
    """How a relay is spoken to."""

    UDP = "udp"
    TCP = "tcp"


DEFAULT_PORTS = {
    ServerKind.STUN: 3478,
    ServerKind.TURN: 3478,
    ServerKind.TURNS: 5349,
    ServerKind.MEET: 7443,
}
_KEY_NAMES = {ServerKind.TURNS: "pin", ServerKind.MEET: "key"}


class TeamServersError(ValueError):
    """An entry cannot be understood; the text says why in one line for people."""


@dataclass(frozen=True, slots=True)
class TeamServer:
    """One server that somebody typed: a numeric address, and what proves that it is the one.

    `transport` is only for TURN; None means UDP and TCP, whichever works. `key` has 32 bytes: for
    TURNS the SHA-256 of the public key in its certificate (SubjectPublicKeyInfo, as in RFC 7469),
    for MEET the public key itself, for the others nothing.
    """

    kind: ServerKind
    address: Address
    transport: Transport | None = None
    key: bytes = b""

    def __str__(self) -> str:
        """Return the entry as `parse_team_servers` reads it, with nothing left out."""
        entry = f"{self.kind}:{self.address}"
        if self.transport is not None:
            return f"{entry}?transport={self.transport}"
        if self.key:
            name = _KEY_NAMES[self.kind]
            return f"{entry}?{name}={base64.urlsafe_b64encode(self.key).decode().rstrip('=')}"
        return entry


def parse_team_servers(text: str) -> tuple[TeamServer, ...]:
    """Return the servers of a list separated by spaces or new lines, each once; "" is none.

    Raises TeamServersError.
    """
    if len(text) > LONGEST:
        raise TeamServersError(_("This list of servers is too long."))
    servers = tuple(dict.fromkeys(_server(entry) for entry in text.split()))
    if len(servers) > MOST_SERVERS:
        raise TeamServersError(_("At most {most} servers are taken.").format(most=MOST_SERVERS))
    return servers


def _server(entry: str) -> TeamServer:
    scheme, _colon, rest = entry.partition(":")
    try:
        kind = ServerKind(scheme.lower())
    except ValueError:
        raise TeamServersError(
            _("A server begins with stun:, turn:, turns: or meet:, unlike “{entry}”.").format(
                entry=entry[:40]
            )
        ) from None
    typed, _mark, option = rest.partition("?")
    try:
        address = parse_address(typed, DEFAULT_PORTS[kind])
    except AddressError as error:
        raise TeamServersError(str(error)) from error
    if "%" in address.host or not is_diallable(address.host, allow_loopback=True):
        raise TeamServersError(
            _("No server can have the address “{host}”.").format(host=address.host)
        )
    return TeamServer(kind, address, _transport(kind, option), _key(kind, option))


def _transport(kind: ServerKind, option: str) -> Transport | None:
    if kind in _KEY_NAMES or not option:
        return None
    name, _equals, value = option.partition("=")
    if kind is ServerKind.TURN and name == "transport" and value in tuple(Transport):
        return Transport(value)
    raise TeamServersError(_("“{option}” is not known here.").format(option=option[:40]))


def _key(kind: ServerKind, option: str) -> bytes:
    wanted = _KEY_NAMES.get(kind)
    if wanted is None:
        return b""
    name, _equals, value = option.partition("=")
    try:
        key = base64.b64decode(value.rstrip("=") + "=", b"-_", validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if name != wanted or len(key) != KEY_BYTES:
        raise TeamServersError(
            _("{kind}: needs “?{name}=” and the 43 characters of the server's key.").format(
                kind=kind, name=wanted
            )
        )
    return key
