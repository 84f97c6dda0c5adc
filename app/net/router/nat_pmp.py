"""The bytes of NAT-PMP (RFC 6886): first the outside address, then the door."""

import ipaddress
import struct
from typing import Final

from app.net.router.terms import Grant, Protocol, RouterError, Wanted, Why, granted

PORT: Final = 5351  # of the router; shared with PCP
ADDRESS_REQUEST: Final = bytes([0, 0])

_ADDRESS: Final = struct.Struct("!BBHI4s")  # version, opcode, result, epoch, address
_ASK: Final = struct.Struct("!BBHHHI")  # version, opcode, 0, inside, outside, lifetime
_ANSWER: Final = struct.Struct("!BBHIHHI")  # version, opcode, result, epoch, inside, outside, life
_OPCODES: Final = {Protocol.UDP: 1, Protocol.TCP: 2}
_RESPONSE: Final = 128
_WHY: Final = {3: Why.NO_OUTSIDE, 4: Why.TAKEN}  # section 3.5: network failure, out of resources


def outside_address(data: bytes) -> ipaddress.IPv4Address | None:
    """Return the router's outside address; None for what is no answer; raises RouterError."""
    if len(data) != _ADDRESS.size:
        return None
    version, opcode, result, _, packed = _ADDRESS.unpack(data)
    if (version, opcode) != (0, _RESPONSE):
        return None
    _check(result)
    return ipaddress.IPv4Address(packed)


def request(wanted: Wanted, lifetime: int) -> bytes:
    """Return the request for a door; a lifetime of 0 gives it back."""
    suggested = wanted.suggested if lifetime else 0
    return _ASK.pack(0, _OPCODES[wanted.protocol], 0, wanted.port, suggested, lifetime)


def response(data: bytes, wanted: Wanted, outside: ipaddress.IPv4Address) -> Grant | None:
    """Return what a router granted; None for what is no answer to this; raises RouterError."""
    answer = _answered(data, wanted)
    return None if answer is None else granted(outside, *answer)


def given_back(data: bytes, wanted: Wanted) -> bool:
    """Tell whether this says that the door is closed."""
    return _answered(data, wanted) is not None


def _answered(data: bytes, wanted: Wanted) -> tuple[int, int] | None:
    """Return the outside port and the lifetime that an answer to this very request names."""
    if len(data) != _ANSWER.size:
        return None
    version, opcode, result, _, inside, port, lifetime = _ANSWER.unpack(data)
    if (version, opcode, inside) != (0, _RESPONSE + _OPCODES[wanted.protocol], wanted.port):
        return None
    _check(result)
    return port, lifetime


def _check(result: int) -> None:
    if result:
        raise RouterError(_WHY.get(result, Why.REFUSED), f"NAT-PMP result {result}")
