"""The bytes of PCP (RFC 6887): a door is asked for with MAP, and given back with the same nonce."""

import ipaddress
import struct
from typing import Final

from app.net.router.terms import Grant, IPAddress, Protocol, RouterError, Wanted, Why, granted

PORT: Final = 5351  # of the router; shared with NAT-PMP
NONCE_BYTES: Final = 12
MAX_BYTES: Final = 1100  # section 7

_VERSION, _MAP, _RESPONSE = 2, 1, 0x80
_REQUEST_HEADER: Final = struct.Struct("!BBHI16s")  # version, opcode, reserved, lifetime, client
_RESPONSE_HEADER: Final = struct.Struct("!BBBBII12x")  # ..., result, lifetime, epoch
_MAP_DATA: Final = struct.Struct("!12sB3xHH16s")  # nonce, protocol, inside, outside, address
_ANY4: Final = ipaddress.IPv6Address("::ffff:0.0.0.0").packed
_ANY6: Final = bytes(16)

_UNSUPPORTED_VERSION: Final = 1  # section 7.4
_WHY: Final = {7: Why.NO_OUTSIDE, 8: Why.TAKEN, 11: Why.TAKEN}  # the others mean "refused"


class UnsupportedVersionError(RouterError):
    """The router knows NAT-PMP only, or another version."""

    def __init__(self) -> None:
        super().__init__(Why.REFUSED, "it speaks another version")


def request(
    wanted: Wanted, client: IPAddress, nonce: bytes, lifetime: int, outside: IPAddress | None = None
) -> bytes:
    """Return a MAP request from `client`; a lifetime of 0 gives the door back."""
    mapped = _packed(client)
    anywhere = _ANY4 if client.version == 4 else _ANY6
    header = _REQUEST_HEADER.pack(_VERSION, _MAP, 0, lifetime, mapped)
    suggested = _packed(outside) if outside is not None else anywhere
    number = wanted.protocol.number
    return header + _MAP_DATA.pack(nonce, number, wanted.port, wanted.suggested, suggested)


def response(data: bytes, wanted: Wanted, nonce: bytes) -> Grant | None:
    """Return what a router granted; None for what is no answer to this request.

    Raises RouterError where it is an answer, and no grant that can be used.
    """
    lifetime = _answered(data, wanted, nonce)
    if lifetime is None:
        return None
    *_, port, packed = _MAP_DATA.unpack_from(data, _RESPONSE_HEADER.size)
    return granted(ipaddress.IPv6Address(packed), port, lifetime)


def given_back(data: bytes, wanted: Wanted, nonce: bytes) -> bool:
    """Tell whether this says that the door is closed."""
    return _answered(data, wanted, nonce) is not None


def _answered(data: bytes, wanted: Wanted, nonce: bytes) -> int | None:
    """Return the lifetime that an answer to this very request names."""
    if len(data) >= 4 and data[0] == 0 and data[1] >= _RESPONSE:
        raise UnsupportedVersionError  # appendix A: what a NAT-PMP router says to that
    if len(data) < _RESPONSE_HEADER.size + _MAP_DATA.size or len(data) > MAX_BYTES or len(data) % 4:
        return None
    version, opcode, _, result, lifetime, _ = _RESPONSE_HEADER.unpack_from(data)
    if opcode != _RESPONSE | _MAP:
        return None
    echo, number, inside, _, _ = _MAP_DATA.unpack_from(data, _RESPONSE_HEADER.size)
    if (echo, inside) != (nonce, wanted.port) or Protocol(wanted.protocol).number != number:
        return None
    if version != _VERSION or result == _UNSUPPORTED_VERSION:
        raise UnsupportedVersionError
    if result:
        raise RouterError(_WHY.get(result, Why.REFUSED), f"PCP result {result}")
    return int(lifetime)


def _packed(address: IPAddress) -> bytes:
    if isinstance(address, ipaddress.IPv4Address):
        return ipaddress.IPv6Address(f"::ffff:{address}").packed
    return address.packed
