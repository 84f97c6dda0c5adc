"""CPace: the published answers, points that give nothing away, passwords as people type them."""

import json
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto import sodium
from crypto.cpace import MAX_PASSWORD, Exchange, generator, prepared, product, session_key
from crypto.errors import MalformedError

VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "cpace.json").read_text())
KNOWN = {name: bytes.fromhex(value) for name, value in VECTORS["G_25519"].items()}
INVALID = VECTORS["X25519_points"]
P = 2**255 - 19
draw = random.Random(1).randbytes


def exchange(password: bytes = b"tea", session: bytes = b"s" * 32) -> Exchange:
    return Exchange(password, b"channel", session, draw)


def test_the_published_password_leads_to_the_published_generator():
    for seed in range(5):
        blind = random.Random(seed).randbytes
        assert generator(KNOWN["PRS"], KNOWN["CI"], KNOWN["sid"], blind) == KNOWN["g"]


def test_the_published_scalars_lead_to_the_published_shares_and_point():
    assert sodium.x25519(KNOWN["ya"], KNOWN["g"]) == KNOWN["Ya"]
    assert sodium.x25519(KNOWN["yb"], KNOWN["g"]) == KNOWN["Yb"]
    assert product(KNOWN["ya"], KNOWN["Yb"]) == product(KNOWN["yb"], KNOWN["Ya"]) == KNOWN["K"]


def test_what_was_said_leads_to_the_published_key():
    first, second = (KNOWN["Ya"], KNOWN["ADa"]), (KNOWN["Yb"], KNOWN["ADb"])
    assert session_key(KNOWN["sid"], KNOWN["K"], first, second) == KNOWN["ISK_IR"]


@pytest.mark.parametrize("name", sorted(INVALID))
def test_every_published_invalid_point_is_refused(name: str):
    point = bytes.fromhex(INVALID[name])
    with pytest.raises(MalformedError):
        exchange().key_as_initiator(point)
    with pytest.raises(MalformedError):
        exchange().key_as_responder(point)


@pytest.mark.parametrize("share", [b"", bytes(31), bytes(33), (P + 9).to_bytes(32, "little")])
def test_a_share_that_is_written_in_another_way_is_refused(share: bytes):
    with pytest.raises(MalformedError):
        exchange().key_as_initiator(share)


def test_the_high_bit_of_a_share_is_not_ignored():
    """Otherwise two different transcripts would lead to one point."""
    share = exchange().share
    with pytest.raises(MalformedError):
        exchange().key_as_initiator(share[:-1] + bytes([share[-1] | 0x80]))


def test_two_who_know_the_password_have_one_key():
    one, other = exchange(), exchange()
    assert one.share != other.share
    assert one.key_as_initiator(other.share) == other.key_as_responder(one.share)
    assert len(one.key_as_initiator(other.share)) == 64


@pytest.mark.parametrize(
    "other",
    [
        Exchange(b"cake", b"channel", b"s" * 32, draw),
        Exchange(b"tea", b"another channel", b"s" * 32, draw),
        Exchange(b"tea", b"channel", b"another session", draw),
    ],
    ids=["password", "channel", "session"],
)
def test_another_password_channel_or_session_leads_to_another_key(other: Exchange):
    one = exchange()
    assert one.key_as_initiator(other.share) != other.key_as_responder(one.share)


def test_who_went_first_is_part_of_the_key():
    one, other = exchange(), exchange()
    assert one.key_as_initiator(other.share) != other.key_as_initiator(one.share)


@given(number=st.integers(1, P - 1))
def test_every_number_is_mapped_to_a_point_of_the_curve(number: int):
    """Montgomery's curve has a v for this u exactly if u^3 + A u^2 + u is a square."""
    from crypto.cpace import _elligator2

    u = _elligator2(number, draw)
    assert 0 <= u < P
    assert pow(u * (u * u + 486662 * u + 1) % P, (P - 1) // 2, P) == 1


def test_the_long_computations_never_see_the_same_number_twice(monkeypatch: pytest.MonkeyPatch):
    """Their time would tell something of the password to callers that only watch the clock."""
    bases: list[int] = []

    def recording(base: int, exponent: int, modulus: int) -> int:
        bases.append(base)
        return pow(base, exponent, modulus)

    monkeypatch.setattr("crypto.cpace.pow", recording, raising=False)
    results = {generator(b"tea", b"channel", b"session", draw) for _ in range(50)}
    assert len(results) == 1
    assert len(bases) == len(set(bases)) == 100


def test_a_password_is_the_same_however_it_was_typed():
    assert prepared(" Käse\n") == prepared("Ka\u0308se") == "Käse".encode()


def test_a_password_has_a_length():
    assert prepared("x" * MAX_PASSWORD) == b"x" * MAX_PASSWORD
    for password in ("", "  ", "x" * (MAX_PASSWORD + 1), "ä" * (MAX_PASSWORD // 2 + 1)):
        with pytest.raises(ValueError, match="128"):
            prepared(password)


def test_neither_password_nor_scalar_can_be_seen_in_an_exchange():
    assert repr(exchange(b"tea")) == "<Exchange>"


@pytest.mark.parametrize("sizes", [(31, 32), (32, 31), (33, 32), (0, 32)])
def test_libsodium_never_reads_past_what_it_was_given(sizes: tuple[int, int]):
    with pytest.raises(ValueError, match="32 bytes"):
        sodium.x25519(bytes(sizes[0]), bytes(sizes[1]))
