"""Doors and the words of meeting points, a second time."""

import hashlib

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from vectors.reference import primitives as p
from vectors.reference.fields import Bytes, Case, Field, Fixed, Many, Number, Record, u32, unhex
from vectors.reference.primitives import Refused

KEY, TICKET = Fixed(32), Fixed(16)


class _Pair:
    """A tag and its proof."""

    def write(self, value: list[str]) -> bytes:
        return KEY.write(value[0]) + KEY.write(value[1])

    def read(self, data: Bytes) -> list[str]:
        return [KEY.read(data), KEY.read(data)]


TYPES: dict[int, tuple[str, dict[str, Field]]] = {
    64: ("Here", {"point": KEY, "signature": Fixed(64)}),
    65: ("Claim", {"claims": Many(8, _Pair(), at_least=1)}),
    66: ("Claimed", {}),
    67: ("Call", {"tag": KEY}),
    68: ("Ring", {"ticket": TICKET}),
    69: ("Come", {"ticket": TICKET}),
    70: ("Ready", {}),
    71: ("Refused", {"reason": Number(1, among=range(1, 4))}),
}


def _times(scalar: bytes, point: bytes) -> bytes:
    return X25519PrivateKey.from_private_bytes(scalar).exchange(
        X25519PublicKey.from_public_bytes(point)
    )


def _base(scalar: bytes) -> bytes:
    return X25519PrivateKey.from_private_bytes(scalar).public_key().public_bytes_raw()


def doors(given: Case) -> Case:
    """A door key, its tag on a day, and the proof."""
    secret, scalar, exporter = unhex(given, "secret", "scalar", "exporter")
    if "call_seed" in given:
        private = hashlib.sha512(bytes.fromhex(given["call_seed"])).digest()[:32]
    else:
        seed, room = unhex(given, "door_seed", "room_seed")
        private = p.hkdf(room, seed, p.label("door of a room"), 32)
    info = p.label("door of a day", given["day"].to_bytes(8, "big"))
    blinding = p.hkdf(b"", secret, info, 32)
    point = _base(scalar)
    tag = _times(blinding, _base(private))
    shared = _times(private, _times(blinding, point))
    assert shared == _times(scalar, tag)
    proof = p.mac(shared, p.label("claim", exporter, point, tag))
    return {"public": _base(private).hex(), "tag": tag.hex(), "proof": proof.hex()}


def meeting_point_words(given: Case) -> Case:
    """One message as bytes."""
    ((number, fields),) = [
        (number, fields) for number, (name, fields) in TYPES.items() if name == given["name"]
    ]
    value = {name: given[name] for name in fields if name in given}
    if given["name"] == "Here":
        seed, scalar, exporter = unhex(given, "seed", "scalar", "exporter")
        point = _base(scalar)
        signature = p.sign(seed, p.label("meeting point", exporter, point))
        value = {"point": point.hex(), "signature": signature.hex()}
    body = Record(fields).write(value)
    return {"bytes": (bytes([number, 1]) + u32(len(body)) + body).hex()}


def read_meeting_point_words(given: Case) -> Case:
    """One message read."""
    data = Bytes(bytes.fromhex(given["bytes"]))
    number, version, size = data.number(1), data.number(1), data.number(4)
    if number not in TYPES or version != 1 or size != len(data.left):
        raise Refused("malformed")
    name, fields = TYPES[number]
    value = Record(fields).read(data)
    data.end()
    return {"name": name, **value}
