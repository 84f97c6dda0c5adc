"""The sections about meeting points."""

from collections.abc import Iterator

from vectors.making.cast import ADA, BOB, Case, case, refused, section, seed

from crypto import meeting_point as words
from crypto import sodium
from crypto.door_keys import Challenge, DoorKey, door_of_member
from crypto.errors import CryptoError
from crypto.meeting_point import Call, Claim, Claimed, Come, Here, Ready, Reason, Refused, Ring

EXPORTER, SECRET, DAY = seed("meeting point exporter"), seed("who may ask"), 20_000
SCALAR, POINT_SEED = seed("challenge scalar"), seed("meeting point key")
TICKET = seed("ticket", 16)


def sections() -> dict[str, Case]:
    """Return all sections about meeting points."""
    return {
        "doors": section(
            "Door keys, of a room or of a member; the tag of a day, and the proof that it is "
            "one's own, against a challenge grown from a scalar.",
            [*_doors()],
            {
                "secret": SECRET.hex(),
                "day": DAY,
                "scalar": SCALAR.hex(),
                "exporter": EXPORTER.hex(),
            },
        ),
        "meeting_point_words": section(
            "What is said to a meeting point and by it; Here is by the key grown from the seed.",
            [*_said()],
            {"seed": POINT_SEED.hex(), "scalar": SCALAR.hex(), "exporter": EXPORTER.hex()},
        ),
        "read_meeting_point_words": section(
            "The same to be read: what any program must refuse.", [*_misread()]
        ),
    }


def _doors() -> Iterator[Case]:
    device, room = seed("Ada's doors"), seed("room seed", 16)
    yield _door(
        "of a room",
        DoorKey.of_room(device, room),
        {"door_seed": device.hex(), "room_seed": room.hex()},
    )
    for person in (ADA, BOB):
        public, secret = sodium.signing_keypair(person.seed_of_csk)
        key = DoorKey.of_call_key(secret)
        assert key.public == door_of_member(public)
        yield _door(f"of {person.name}, a member", key, {"call_seed": person.seed_of_csk.hex()})


def _door(what: str, key: DoorKey, given: Case) -> Case:
    tag, proof = key.claim(SECRET, DAY, _challenge().point, EXPORTER)
    _challenge().check(tag, proof, EXPORTER)
    return case(what, given, {"public": key.public.hex(), "tag": tag.hex(), "proof": proof.hex()})


def _challenge() -> Challenge:
    return Challenge(lambda _count: SCALAR)


def _examples() -> Iterator[tuple[str, Case, words.Message]]:
    secret = sodium.signing_keypair(POINT_SEED)[1]
    here = Here.create(lambda context: sodium.sign(context, secret), _challenge().point, EXPORTER)
    yield "Here", {}, here
    claims = [(bytes([n]) * 32, bytes([n + 16]) * 32) for n in range(1, 4)]
    for some in (claims[:1], claims):
        listed = [[tag.hex(), proof.hex()] for tag, proof in some]
        yield "Claim", {"claims": listed}, Claim(claims=tuple(some))
    yield "Claimed", {}, Claimed()
    yield "Call", {"tag": claims[0][0].hex()}, Call(tag=claims[0][0])
    yield "Ring", {"ticket": TICKET.hex()}, Ring(ticket=TICKET)
    yield "Come", {"ticket": TICKET.hex()}, Come(ticket=TICKET)
    yield "Ready", {}, Ready()
    for reason in Reason:
        yield "Refused", {"reason": reason.value}, Refused(reason=reason)


def _said() -> Iterator[Case]:
    for name, fields, message in _examples():
        what = f"{name} {fields.get('reason', '')}".strip()
        if "claims" in fields:
            what += f" of {len(fields['claims'])}"
        yield case(what, {"name": name, **fields}, {"bytes": message.encode().hex()})


def _misread() -> Iterator[Case]:
    claim = Claim(claims=((bytes(32), bytes(32)),)).encode()
    broken = {
        "nothing": b"",
        "of a type that does not exist": b"\x48" + Ready().encode()[1:],
        "of another version": b"\x46\2" + bytes(4),
        "a message of a meeting": b"\x10\1\0\0\0\1\1",
        "Ready with something in it": b"\x46\1\0\0\0\1\0",
        "a Claim of nothing": b"\x41\1\0\0\0\1\0",
        "a Claim of nine": b"\x41\1" + (1 + 9 * 64).to_bytes(4, "big") + b"\x09" + bytes(9 * 64),
        "a Claim cut off": claim[:-1],
        "a Call with more behind it": Call(tag=bytes(32)).encode() + b"\0",
        "Refused for no reason": b"\x47\1\0\0\0\1\0",
    }
    for what, data in broken.items():
        try:
            words.parse(data)
        except CryptoError:
            yield refused(what, {"bytes": data.hex()}, "malformed")
