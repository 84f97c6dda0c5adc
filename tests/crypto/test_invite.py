import base64
import random
import string
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crypto.identity import Identity
from crypto.invite import PREFIX, Address, Invite, InviteError, InviteFlag, MeetingPlace, _checksum

V4 = ("192.0.2.7", 47100)
V6 = ("2001:db8::7", 47100)
ALPHABET = string.ascii_letters + string.digits + "-_"

addresses = st.tuples(
    st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6))
    .filter(lambda a: not getattr(a, "ipv4_mapped", None))
    .map(str),
    st.integers(1, 65535),
)
invites = st.builds(
    Invite,
    flags=st.integers(0, 7).map(InviteFlag),
    expiry=st.integers(0, 2**32 - 1),
    room_seed=st.binary(min_size=16, max_size=16),
    host_fingerprint=st.binary(min_size=20, max_size=20),
    secret=st.binary(min_size=16, max_size=16),
    addresses=st.lists(addresses, max_size=2).map(tuple),
)
keys = st.binary(min_size=32, max_size=32)
places = st.builds(MeetingPlace, address=addresses, key=keys, door=keys)
invites_with_a_place = st.builds(replace, invites, place=places)


def an_invite(*where: Address) -> Invite:
    return Invite.create(
        Identity(bytes(32)).fingerprint,
        flags=InviteFlag.LOBBY,
        expiry=1_800_000_000,
        random=random.Random(1).randbytes,
        addresses=where,
    )


def spelled(payload: bytes) -> str:
    return PREFIX + base64.urlsafe_b64encode(payload + _checksum(payload)).decode()


def payload_of(invite: Invite) -> bytes:
    return base64.urlsafe_b64decode(invite.link().removeprefix(PREFIX))[:-2]


def code_of(text: str) -> str:
    with pytest.raises(InviteError) as refused:
        Invite.parse(text)
    return refused.value.code


def outcome_of(text: str) -> Invite | str:
    try:
        return Invite.parse(text)
    except InviteError as error:
        return error.code


@given(invites | invites_with_a_place)
def test_a_link_is_read_as_it_was_written(invite: Invite):
    assert Invite.parse(invite.link()) == invite


@given(invites)
def test_a_link_fits_a_line_and_a_small_qr_code(invite: Invite):
    encoded = invite.link().removeprefix(PREFIX)
    assert 80 <= len(encoded) <= 128
    assert set(encoded) <= set(ALPHABET)


@given(invites_with_a_place)
def test_a_link_with_a_meeting_point_is_longer_by_as_much_as_it_needs(invite: Invite):
    encoded = invite.link().removeprefix(PREFIX)
    assert 176 <= len(encoded) <= 240
    assert set(encoded) <= set(ALPHABET)


def test_programs_that_know_no_meeting_points_see_a_later_version():
    placed = replace(an_invite(V4), place=MeetingPlace(V6, bytes(32), bytes(32)))
    assert payload_of(placed)[0] == 2
    assert payload_of(an_invite(V4))[0] == 1  # without one a link is as it always was


@pytest.mark.parametrize(
    "place", [("192.0.2.7", 0), ("example.org", 7443), ("::ffff:192.0.2.7", 7443)]
)
def test_a_meeting_point_has_a_numeric_address(place: Address):
    with pytest.raises(ValueError, match="canonical"):
        MeetingPlace(place, bytes(32), bytes(32))


def test_the_keys_of_a_meeting_point_are_whole():
    for key, door in ((bytes(31), bytes(32)), (bytes(32), b"")):
        with pytest.raises(ValueError, match="length"):
            MeetingPlace(V4, key, door)


@pytest.mark.parametrize(
    ("where", "length"),
    [((), 80), ((V4,), 88), ((V6,), 104), ((V4, V4), 96), ((V4, V6), 112), ((V6, V6), 128)],
)
def test_addresses_make_a_link_longer(where: tuple[Address, ...], length: int):
    link = an_invite(*where).link()
    assert len(link) == len(PREFIX) + length
    assert Invite.parse(link).addresses == where


@given(invites | invites_with_a_place, st.data())
def test_any_mistyped_character_is_noticed(invite: Invite, data: st.DataObject):
    link = invite.link()
    position = data.draw(st.integers(0, len(link) - 1))
    typed = link[:position] + data.draw(st.characters()) + link[position + 1 :]
    assert outcome_of(typed) in ("malformed", "checksum", invite)


def test_every_replacement_of_every_character_of_a_link_is_noticed():
    link = an_invite(V4).link()
    for position in range(len(PREFIX), len(link)):
        for letter in ALPHABET:
            if letter != link[position]:
                assert code_of(link[:position] + letter + link[position + 1 :]) == "checksum"


def test_two_swapped_characters_are_noticed():
    link = an_invite(V4).link()
    for position in range(len(PREFIX), len(link) - 1):
        one, other = link[position : position + 2]
        if one != other:
            assert code_of(link[:position] + other + one + link[position + 2 :]) == "checksum"


def test_a_link_that_was_cut_off_is_refused_at_every_length():
    link = an_invite(V4, V6).link()
    for length in range(len(link)):
        assert code_of(link[:length]) == ("checksum" if length >= len(PREFIX) else "malformed")


@given(st.text(max_size=300))
@example("conclave:join#")
@example("conclave:join#====")
@example("conclave:join#" + "A" * 80)
@example("conclave:join#" + "\u0660" * 80)
def test_random_text_raises_invite_error_and_nothing_else(text: str):
    assert code_of(text) in ("malformed", "checksum")
    assert code_of(PREFIX + text) in ("malformed", "checksum", "version")


@given(st.binary(max_size=190))
def test_random_bytes_with_a_right_checksum_raise_invite_error_or_are_an_invitation(data: bytes):
    for payload in (data, b"\1" + data, b"\2" + data):
        if (len(payload) + 2) % 3:
            continue
        outcome = outcome_of(spelled(payload))
        if isinstance(outcome, Invite):
            assert payload_of(outcome) == payload
        else:
            assert outcome in ("malformed", "version")


def test_a_link_is_read_as_people_paste_it():
    invite = an_invite(V4)
    encoded = invite.link().removeprefix(PREFIX)
    for text in (
        f"  {invite.link()}\r\n",
        f"\u00a0{invite.link()}\t",
        f"conclave://join#{encoded}",
        f"conclave://join/#{encoded}",
        f"CONCLAVE:join#{encoded}",
    ):
        assert Invite.parse(text) == invite
    for text in (f"https://join#{encoded}", encoded, f"{invite.link()} {invite.link()}"):
        assert code_of(text) == "malformed"


def test_a_link_of_a_later_version_says_so():
    assert code_of(spelled(b"\3" + payload_of(an_invite())[1:])) == "version"
    assert code_of(spelled(b"\3" + bytes(300))) == "version"
    assert code_of(PREFIX + "A" * 100_000) == "malformed"


def test_what_no_sender_writes_is_malformed():
    fixed = payload_of(an_invite())
    second_without_first = fixed[:1] + bytes([0x10]) + fixed[2:] + bytes([192, 0, 2, 7, 1, 1])
    unknown_kind = fixed[:1] + bytes([0xC0]) + fixed[2:] + bytes(6)
    no_port = fixed[:1] + bytes([0x40]) + fixed[2:] + bytes([192, 0, 2, 7, 0, 0])
    mapped = fixed[:1] + bytes([0x80]) + fixed[2:] + bytes(10) + b"\xff\xff\xc0\0\2\7\1\1"
    for payload in (second_without_first, unknown_kind, no_port, mapped):
        assert code_of(spelled(payload)) == "malformed"
    assert code_of(spelled(fixed + bytes(3))) == "malformed"
    assert code_of(spelled(fixed[:-3])) == "malformed"


def test_an_invitation_expires_in_its_second():
    invite = an_invite()
    invite.check(invite.expiry - 0.001)
    with pytest.raises(InviteError) as refused:
        invite.check(invite.expiry)
    assert refused.value.code == "expired"


def test_everybody_with_an_invitation_to_a_room_finds_the_same_room():
    one = an_invite()
    other = Invite(one.flags, one.expiry + 1, one.room_seed, bytes(20), bytes(16), (V4,))
    assert (one.room_id, one.discovery_key) == (other.room_id, other.discovery_key)
    assert len({one.room_id, one.discovery_key, one.room_seed, an_other_room().room_id}) == 4
    assert len(one.room_id) == len(one.discovery_key) == 32


def an_other_room() -> Invite:
    return Invite.create(
        bytes(20), flags=InviteFlag(0), expiry=1, random=random.Random(2).randbytes
    )


def test_fields_out_of_range_are_our_own_mistake():
    good = (InviteFlag.LOBBY, 1, bytes(16), bytes(20), bytes(16))
    assert Invite(*good).link()
    bad: list[tuple[object, ...]] = [
        (16, *good[1:]),
        (InviteFlag.LOBBY, 2**32, *good[2:]),
        (InviteFlag.LOBBY, -1, *good[2:]),
        (InviteFlag.LOBBY, 1, bytes(15), bytes(20), bytes(16)),
        (InviteFlag.LOBBY, 1, bytes(16), bytes(21), bytes(16)),
        (InviteFlag.LOBBY, 1, bytes(16), bytes(20), bytes(17)),
        (*good, (V4, V4, V4)),
        (*good, (("fe80::1%eth0", 1),)),
        (*good, (("example.org", 1),)),
        (*good, (("2001:DB8::7", 1),)),
        (*good, (("192.0.2.7", 0),)),
    ]
    for fields in bad:
        with pytest.raises(ValueError):  # noqa: PT011 - each field has words of its own
            Invite(*fields)  # type: ignore[arg-type]


def test_an_invitation_does_not_show_its_secrets():
    invite = an_invite(V4)
    shown = repr(invite)
    for hidden in (invite.secret, invite.room_seed, invite.host_fingerprint):
        assert repr(hidden) not in shown
    assert "192.0.2.7" not in shown
