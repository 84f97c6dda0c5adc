"""The sections about finding each other."""

import base64
from collections.abc import Iterator
from typing import Any

from vectors.making.cast import ADA, Case, case, refused, section, seed

from app.net.room_tags import PUBLIC_DISCOVERY_KEY, room_tag
from crypto.errors import InviteError
from crypto.invite import PREFIX, Invite, InviteFlag, MeetingPlace, _checksum

EXPIRY = 1_893_456_000
NOW = EXPIRY - 1000
FLAGS = ("lan_only", "single_use", "lobby", "password")


def sections() -> dict[str, Case]:
    """Return all sections about finding each other."""
    return {
        "invitations": section(
            "Invitations, and what follows from their room seed.", map(_invitation, *_examples())
        ),
        "links": section(
            "Links as people paste them. They are refused for being malformed, for their checksum, "
            "their version, or because now has come to their expiry.",
            _links(),
        ),
        "tags": section("Tags of mDNS announcements; hour counts from 1970.", _tags()),
    }


def _invite(
    flags: InviteFlag = InviteFlag.LOBBY,
    *addresses: tuple[str, int],
    place: MeetingPlace | None = None,
) -> Invite:
    return Invite(
        flags,
        1_893_456_000,
        bytes(range(16)),
        ADA.identity.fingerprint,
        seed("link", 16),
        addresses,
        place,
    )


def _place(address: tuple[str, int]) -> MeetingPlace:
    return MeetingPlace(address, seed("meeting point key"), seed("door"))


def _examples() -> tuple[list[str], list[Invite]]:
    four, six = ("192.0.2.7", 47100), ("2001:db8::7", 65535)
    examples = {
        "no address": _invite(),
        "IPv4": _invite(InviteFlag.LOBBY, four),
        "IPv6": _invite(InviteFlag.LOBBY, six),
        "IPv4 and IPv6": _invite(InviteFlag.LOBBY, four, six),
        "IPv6 and IPv4": _invite(InviteFlag.LOBBY, six, four),
        "two of IPv6, all flags": _invite(InviteFlag(15), six, ("fd00::1", 1)),
    }
    for what, where in (("IPv4", ("192.0.2.9", 7443)), ("IPv6", ("2001:db8::9", 443))):
        place = _place(where)
        examples[f"a meeting point, {what}"] = _invite(InviteFlag.LOBBY, four, six, place=place)
    examples["a meeting point and no address"] = _invite(InviteFlag(0), place=place)
    for bits in range(16):
        examples[f"flags {bits}"] = _invite(InviteFlag(bits))
    return list(examples), list(examples.values())


def _fields(invite: Invite) -> Case:
    return {
        **{name: InviteFlag[name.upper()] in invite.flags for name in FLAGS},
        "expiry": invite.expiry,
        "room_seed": invite.room_seed.hex(),
        "fingerprint": invite.host_fingerprint.hex(),
        "invite_secret": invite.secret.hex(),
        "addresses": [list(address) for address in invite.addresses],
        **({"place": _place_fields(invite.place)} if invite.place else {}),
    }


def _place_fields(place: MeetingPlace) -> Case:
    return {"address": list(place.address), "key": place.key.hex(), "door": place.door.hex()}


def _invitation(what: str, invite: Invite) -> Case:
    link = invite.link()
    gives = {
        "bytes": base64.urlsafe_b64decode(link.removeprefix(PREFIX)).hex(),
        "link": link,
        "room_id": invite.room_id[:16].hex(),
        "discovery_key": invite.discovery_key.hex(),
    }
    return case(what, _fields(invite), gives)


def _links() -> Iterator[Case]:
    link = _invite(InviteFlag.LOBBY, ("192.0.2.7", 47100)).link()
    encoded = link.removeprefix(PREFIX)
    yield _link("as it was written", link)
    yield _link("with white space", f"\n  {link}\t")
    yield _link("in other cases", link.replace("conclave:join", "Conclave:JOIN"))
    yield _link("as some programs write it", link.replace("conclave:join", "conclave://join"))
    yield _link("as some browsers write it", link.replace("conclave:join", "conclave://join/"))
    yield _link("at its last second", link, now=EXPIRY - 1)
    yield _link("at its expiry", link, now=EXPIRY)
    yield _link("of another program", link.replace("conclave", "enclave"))
    yield _link("of another action", link.replace("join", "call"))
    yield _link("nothing", "")
    yield _link("no content", PREFIX)
    yield _link("cut off", link[:-4])
    yield _link("with one character too many", link + "A")
    yield _link("mistyped", link[:40] + ("A" if link[40] != "A" else "B") + link[41:])
    data = base64.urlsafe_b64decode(encoded)[:-2]
    yield _link("of the next version", _signed(b"\3" + data[1:]))
    placed = _invite(InviteFlag.LOBBY, ("192.0.2.7", 47100), place=_place(("192.0.2.9", 7443)))
    yield _link("with a meeting point", placed.link())
    both = base64.urlsafe_b64decode(placed.link().removeprefix(PREFIX))[:-2]
    yield _link("with a meeting point in the first version", _signed(b"\1" + both[1:]))
    yield _link("without one in the second", _signed(b"\2" + data[1:]))
    yield _link("with two of them", _signed(both[:64] + b"\2" + both[65:]))
    yield _link("with a meeting point of no kind", _signed(both[:65] + b"\3" + both[66:]))
    yield _link("with port 0 of it", _signed(both[:70] + bytes(2) + both[72:]))
    yield _link("with an address kind that does not exist", _signed(b"\1\xc2" + data[2:]))
    yield _link("with a second address and no first", _signed(b"\1\x12" + data[2:]))
    yield _link("with too little room for its address", _signed(b"\1\x82" + data[2:]))
    yield _link("with port 0", _signed(data[:-2] + bytes(2)))
    mapped = bytes(10) + b"\xff\xff" + bytes([192, 0, 2, 7])
    yield _link("with IPv4 dressed as IPv6", _signed(b"\1\x82" + data[2:58] + mapped + data[-2:]))


def _signed(payload: bytes) -> str:
    """Return a link with a good checksum, in whole groups of three bytes."""
    payload += bytes(-(len(payload) + 2) % 3)
    return PREFIX + base64.urlsafe_b64encode(payload + _checksum(payload)).decode()


def _link(what: str, link: str, now: int = NOW) -> Case:
    given: dict[str, Any] = {"link": link, "now": now}
    try:
        invite = Invite.parse(link)
        invite.check(now)
    except InviteError as error:
        return refused(what, given, error.code)
    return case(what, given, _fields(invite))


def _tags() -> Iterator[Case]:
    instance, hour = bytes(range(8)), 500_000
    rooms = {
        "a visible meeting": PUBLIC_DISCOVERY_KEY,
        "a room": _invite().discovery_key,
    }
    for what, key in rooms.items():
        for when in (hour, hour + 1):
            given = {"key": key.hex(), "instance": instance.hex(), "hour": when}
            yield case(what, given, {"tag": room_tag(key, instance, when).hex()})
