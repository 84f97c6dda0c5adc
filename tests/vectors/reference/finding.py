"""Invitations and announcements, written and read a second time."""

import base64
import ipaddress
import re
from typing import Any

from vectors.reference import primitives as p
from vectors.reference.fields import Bytes, Case, u32, unhex
from vectors.reference.primitives import Refused

FLAGS_OF_A_LINK = {"lan_only": 8, "single_use": 4, "lobby": 2, "password": 1}
MAPPED = ipaddress.ip_network("::ffff:0:0/96")


def invitations(given: Case) -> Case:
    """An invitation as a link."""
    kinds = [6 if ":" in host else 4 for host, _ in given["addresses"]]
    bits = sum(bit for name, bit in FLAGS_OF_A_LINK.items() if given[name])
    for shift, kind in zip((6, 4), kinds, strict=False):
        bits |= {4: 1, 6: 2}[kind] << shift
    place = given.get("place")
    payload = bytes([2 if place else 1, bits]) + u32(given["expiry"])
    payload += b"".join(unhex(given, "room_seed", "fingerprint", "invite_secret"))
    for host, port in given["addresses"]:
        payload += ipaddress.ip_address(host).packed + port.to_bytes(2, "big")
    if place:
        host, port = place["address"]
        payload += bytes([1, 2 if ":" in host else 1]) + ipaddress.ip_address(host).packed
        payload += port.to_bytes(2, "big") + b"".join(unhex(place, "key", "door"))
    payload += p.crc16(payload)
    (seed,) = unhex(given, "room_seed")
    encoded = base64.urlsafe_b64encode(payload).decode()
    return {
        "bytes": payload.hex(),
        "link": f"conclave:join#{encoded}",
        "room_id": p.hkdf(b"", seed, p.label("room id"), 32)[:16].hex(),
        "discovery_key": p.hkdf(b"", seed, p.label("discovery key"), 32).hex(),
    }


def links(given: Case) -> Case:
    """A link as people paste it."""
    form = r"\s*conclave:(?://)?join/?#([\w-]*)\s*"
    found = re.fullmatch(form, given["link"], re.IGNORECASE | re.ASCII)
    if found is None:
        raise Refused("malformed")
    encoded = found[1]
    data = b"" if len(encoded) % 4 else base64.urlsafe_b64decode(encoded)
    if len(data) < 3 or p.crc16(data[:-2]) != data[-2:]:
        raise Refused("checksum")
    reader = Bytes(data[:-2])
    version = reader.number(1)
    if version not in (1, 2):
        raise Refused("version")
    bits, expiry = reader.number(1), reader.number(4)
    seed, host, secret = reader.take(16), reader.take(20), reader.take(16)
    kinds = [bits >> 6, bits >> 4 & 3]
    if bits & 8 or 3 in kinds or (kinds[0] == 0 and kinds[1]):
        raise Refused("malformed")
    addresses = []
    for kind in filter(None, kinds):
        addresses.append(_address(kind, reader))
    place = {}
    if version == 2:
        if reader.number(1) != 1:
            raise Refused("malformed")
        where = _address(reader.number(1), reader)
        key, door = reader.take(32), reader.take(32)
        place = {"place": {"address": where, "key": key.hex(), "door": door.hex()}}
    reader.end()
    if given["now"] >= expiry:
        raise Refused("expired")
    flags = {name: bool(bits & bit) for name, bit in FLAGS_OF_A_LINK.items()}
    return {
        **flags,
        "expiry": expiry,
        "room_seed": seed.hex(),
        "fingerprint": host.hex(),
        "invite_secret": secret.hex(),
        "addresses": addresses,
        **place,
    }


def _address(kind: int, reader: Bytes) -> list[Any]:
    if kind not in (1, 2):
        raise Refused("malformed")
    host = ipaddress.ip_address(reader.take({1: 4, 2: 16}[kind]))
    port = reader.number(2)
    if port == 0 or host in MAPPED:
        raise Refused("malformed")
    return [str(host), port]


def tags(given: Case) -> Case:
    """A tag of an announcement."""
    key, instance = unhex(given, "key", "instance")
    return {"tag": p.mac(key, b"mdns" + instance + given["hour"].to_bytes(8, "big"))[:8].hex()}
