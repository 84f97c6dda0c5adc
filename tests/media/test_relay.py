"""An allocation on a relay: what is asked, what answers mean, and when it is over.

The relay here is written out by hand, so that it can also say what none says; tests with a real
coturn are in tests/end_to_end/test_relays.py.
"""

import struct

import pytest

from media.path import stun
from media.path.relay import MOST_BETWEEN, TRIES, Allocation, Trouble
from media.path.relay_socket import LONGEST_FRAME, framed
from media.path.stun import Attribute, Kind

REALM, NONCE = b"conclave", b"first nonce"
KEY = stun.long_term_key("1893456000:ada", REALM, "secret")
RELAYED, MAPPED = ("203.0.113.101", 50000), ("198.51.100.7", 4000)
PEER = ("203.0.113.9", 6000)


class Relay:
    """Answers as coturn does; `refuse` by kind says no with a number."""

    def __init__(self, *, reliable: bool = False) -> None:
        self.now = 0.0
        self.allocation = Allocation("1893456000:ada", "secret", reliable=reliable, now=0.0)
        self.refuse: dict[Kind, int] = {}
        self.asked: list[stun.Message] = []
        self.nonce = NONCE
        self.lifetime = 600

    def speak(self, passed: float = 0.0) -> None:
        """Let time pass, and answer until nothing more is asked."""
        self.now += passed
        for _ in range(20):
            out = self.allocation.outgoing(self.now)
            if not out:
                return
            for data in out:
                if (answer := self.answer(stun.parse(data))) is not None:
                    self.allocation.take(answer, self.now)
        raise AssertionError("it never falls silent")

    def answer(self, asked: stun.Message) -> bytes | None:
        self.asked.append(asked)
        if not asked.is_authentic(KEY):
            return self.error(asked, 401)
        if asked.text(Attribute.NONCE) != self.nonce:
            return self.error(asked, 438)
        if asked.kind in self.refuse:
            return self.error(asked, self.refuse[asked.kind])
        given = {
            Kind.ALLOCATE: (
                (Attribute.RELAYED, stun.xored(RELAYED, asked.transaction)),
                (Attribute.MAPPED, stun.xored(MAPPED, asked.transaction)),
                (Attribute.LIFETIME, self.lifetime.to_bytes(4, "big")),
            ),
            Kind.REFRESH: ((Attribute.LIFETIME, self.lifetime.to_bytes(4, "big")),),
        }.get(asked.kind, ())
        return stun.message(Kind(asked.kind | 0x0100), asked.transaction, given, KEY)

    def error(self, asked: stun.Message, number: int) -> bytes:
        code = (Attribute.ERROR_CODE, bytes((0, 0, number // 100, number % 100)))
        challenge = ((Attribute.REALM, REALM), (Attribute.NONCE, self.nonce))
        return stun.message(Kind(asked.kind | 0x0110), asked.transaction, (code, *challenge))

    def kinds(self) -> list[Kind]:
        return [asked.kind for asked in self.asked]


def standing(**options: bool) -> Relay:
    relay = Relay(**options)
    relay.speak()
    assert relay.allocation.relayed == RELAYED
    return relay


def test_an_address_is_given_after_one_challenge():
    relay = standing()
    assert relay.kinds() == [Kind.ALLOCATE, Kind.ALLOCATE]
    assert relay.allocation.mapped == MAPPED
    assert relay.allocation.trouble is None


def test_a_peer_is_permitted_then_bound_to_a_channel_and_heard_by_it():
    relay = standing()
    assert relay.allocation.wrapped(b"x", PEER, 0.0) is None, "nobody permitted it"
    relay.allocation.permit((PEER[0],), 0.0)
    relay.speak()
    first = relay.allocation.wrapped(b"hello", PEER, 0.0)
    assert first is not None
    assert stun.parse(first).data() == b"hello"
    relay.speak()
    assert relay.kinds()[-2:] == [Kind.PERMIT, Kind.BIND]
    assert relay.allocation.wrapped(b"hello", PEER, 0.0) == struct.pack("!HH", 0x4000, 5) + b"hello"
    assert relay.allocation.take(struct.pack("!HH", 0x4000, 2) + b"hi", 0.0) == (b"hi", PEER)
    assert relay.allocation.take(struct.pack("!HH", 0x4001, 2) + b"hi", 0.0) is None
    assert relay.allocation.take(struct.pack("!HH", 0x4000, 9) + b"hi", 0.0) is None


def test_streams_are_padded_to_fours_and_datagrams_are_not():
    for reliable, length in ((True, 12), (False, 9)):
        relay = standing(reliable=reliable)
        relay.allocation.permit((PEER[0],), 0.0)
        relay.speak()
        relay.allocation.wrapped(b"hello", PEER, 0.0)
        relay.speak()
        wrapped = relay.allocation.wrapped(b"hello", PEER, 0.0)
        assert wrapped is not None
        assert len(wrapped) == length


def test_only_permitted_peers_are_heard_by_an_indication():
    relay = standing()
    relay.allocation.permit((PEER[0],), 0.0)
    for host, heard in ((PEER[0], True), ("198.51.100.99", False)):
        transaction = bytes(12)
        given = (
            (Attribute.PEER, stun.xored((host, 1), transaction)),
            (Attribute.DATA, b"hello"),
        )
        came = relay.allocation.take(stun.message(Kind.DATA, transaction, given), 0.0)
        assert (came is not None) == heard


def test_everything_is_renewed_before_it_ends():
    relay = standing()
    relay.allocation.permit((PEER[0],), 0.0)
    relay.speak()
    relay.allocation.wrapped(b"x", PEER, 0.0)
    relay.speak()
    relay.asked.clear()
    relay.speak(MOST_BETWEEN + 1)
    assert relay.kinds() == [Kind.REFRESH, Kind.PERMIT, Kind.BIND]


def test_a_nonce_that_grew_old_is_replaced():
    relay = standing()
    relay.nonce = b"second nonce"
    relay.speak(MOST_BETWEEN + 1)
    assert relay.allocation.trouble is None
    assert relay.kinds()[-2:] == [Kind.REFRESH, Kind.REFRESH]


def test_a_relay_that_always_wants_another_nonce_is_left():
    relay = Relay()
    count = 0

    def restless(asked: stun.Message) -> bytes:
        nonlocal count
        count += 1
        relay.nonce = b"%d" % count
        return relay.error(asked, 438 if count > 1 else 401)

    relay.answer = restless  # type: ignore[method-assign]
    relay.speak()
    assert relay.allocation.trouble is Trouble.CREDENTIALS
    assert count < 10


@pytest.mark.parametrize(
    ("number", "trouble"),
    [
        (401, Trouble.CREDENTIALS),
        (486, Trouble.QUOTA),
        (508, Trouble.CAPACITY),
        (403, Trouble.REFUSED),
        (500, Trouble.REFUSED),
    ],
)
def test_why_no_address_is_given_is_told(number: int, trouble: Trouble):
    relay = Relay()
    relay.refuse[Kind.ALLOCATE] = number
    relay.speak()
    assert relay.allocation.relayed is None
    assert relay.allocation.trouble is trouble


def test_credentials_that_expire_in_the_middle_end_it():
    relay = standing()
    relay.refuse[Kind.REFRESH] = 401
    relay.speak(MOST_BETWEEN + 1)
    assert relay.allocation.trouble is Trouble.CREDENTIALS
    assert relay.allocation.wrapped(b"x", PEER, 0.0) is None


def test_a_peer_that_the_relay_does_not_send_to_ends_nothing():
    relay = standing()
    relay.refuse[Kind.PERMIT] = 403
    relay.allocation.permit((PEER[0],), 0.0)
    relay.speak()
    assert relay.allocation.denied == {PEER[0]}
    assert relay.allocation.trouble is None


def test_silence_is_asked_again_and_then_given_up():
    allocation = Allocation("1893456000:ada", "secret", reliable=False, now=0.0)
    sent, now = 0, 0.0
    while allocation.trouble is None:
        sent += len(allocation.outgoing(now))
        now = allocation.next_at
    assert (sent, allocation.trouble) == (TRIES, Trouble.SILENT)
    assert now > 5 or now == float("inf")


def test_on_a_stream_nothing_is_said_twice():
    allocation = Allocation("1893456000:ada", "secret", reliable=True, now=0.0)
    assert len(allocation.outgoing(0.0)) == 1
    assert allocation.outgoing(5.0) == []
    allocation.outgoing(6.1)
    assert allocation.trouble is Trouble.SILENT


def test_answers_that_do_not_know_the_key_are_as_if_nothing_had_come():
    relay = Relay()
    relay.speak()
    fresh = Relay()
    fresh.allocation.outgoing(0.0)
    asked = stun.message(Kind.ALLOCATE, bytes(12))
    fresh.allocation.take(fresh.error(stun.parse(asked), 401), 0.0)
    assert fresh.allocation.trouble is None, "nobody asked under this number"
    relay.asked.clear()
    relay.allocation.permit((PEER[0],), 0.0)
    (data,) = relay.allocation.outgoing(0.0)
    forged = stun.message(
        Kind.PERMIT_SUCCESS, stun.parse(data).transaction, (), b"another key....."
    )
    relay.allocation.take(forged, 0.0)
    assert len(relay.allocation.outgoing(0.3)) == 1, "it is asked again"


def test_who_leaves_gives_the_address_back():
    relay = standing()
    farewell = relay.allocation.farewell()
    assert farewell is not None
    asked = stun.parse(farewell)
    assert (asked.kind, asked.lifetime) == (Kind.REFRESH, 0)
    assert asked.is_authentic(KEY)
    assert relay.allocation.outgoing(1000.0) == []


@pytest.mark.parametrize(
    ("begins", "length"),
    [
        (b"\1\1\0", None),
        (b"\1\1\0\x08", 28),
        (b"\x40\0\0\5", 12),
        (b"\x40\0\0\4", 8),
        (b"\x80\0\0\4", LONGEST_FRAME + 1),
        (b"HTTP", None),
    ],
)
def test_a_stream_is_cut_where_its_messages_end(begins: bytes, length: int | None):
    if begins == b"HTTP":
        assert (framed(begins) or 0) > LONGEST_FRAME
    else:
        assert framed(begins) == length
