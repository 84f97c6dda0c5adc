"""The answering side of a channel: who gets an answer, when, and what a refusal tells."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from fakes.people import Person, people
from hypothesis import given, settings
from hypothesis import strategies as st

from app.meeting.doors import (
    CALL,
    HANDSHAKE_TIME,
    MOST_SAID,
    MOST_SHOWN,
    NOTHING,
    PATIENCE,
    PUBLIC,
    REFUSAL_TIME,
    Doors,
    Knocked,
    MemberCame,
    NoMember,
    Outcome,
    Reply,
    Shown,
    TurnedAway,
    Unrecognised,
    Way,
)
from app.meeting.passwords import Passwords
from crypto.handshake import PUBLIC_SECRET, Answer, Callee, Caller
from crypto.messages import Denied, DenyReason, Gossip, HostBody, Join, MemberAuth, MemberBody

INVITATION = bytes(range(16))
CALL_SECRET = bytes(range(32))
CALL_ID = bytes(32)
EID = b"e" * 32
INVITE = "invite:1"

draw = random.Random(3).randbytes
HOST, GUEST, MEMBER, STRANGER = people("Ada", "Ben", "Cleo", "Eve")
DENY = Callee(bytes(32), draw).refuse()


@dataclass
class Porch:
    """A host's doors, with one member who is in."""

    doors: Doors = field(init=False)
    ways: dict[str, Way] = field(
        default_factory=lambda: {CALL: Way(CALL_SECRET), INVITE: Way(INVITATION)}
    )
    passwords: Passwords = field(default_factory=Passwords)
    members: dict[bytes, bytes] = field(default_factory=lambda: {MEMBER.dev: MEMBER.call_key})

    def __post_init__(self) -> None:
        self.doors = Doors(
            call_id=CALL_ID,
            sign=HOST.sign,
            random=draw,
            ways=lambda: self.ways,
            body=lambda door: (
                MemberBody(dev=HOST.dev).encode()
                if door == CALL
                else HostBody(genesis=b"genesis", about=b"about").encode()
            ),
            passwords=lambda: self.passwords,
            call_key_of=self.members.get,
        )

    def visit(self, secret: bytes, channel: int = 1, now: float = 0.0) -> tuple[Caller, bytes]:
        """Return a caller on a fresh channel, and the hello it would say."""
        exporter = draw(32)
        self.doors.open(channel, exporter, now)
        caller = Caller(secret, exporter, draw)
        return caller, caller.hello()

    def greeted(self, secret: bytes, channel: int = 1, now: float = 0.0) -> tuple[Caller, Answer]:
        """Return a caller whose hello was answered."""
        caller, hello = self.visit(secret, channel, now)
        outcome = self.doors.receive(channel, hello, now)
        assert isinstance(outcome, Reply)
        (answer,) = outcome.messages
        return caller, caller.read_answer(answer)


def join(person: Person, caller: Caller, answer: Answer, call_id: bytes = CALL_ID) -> bytes:
    request = person.request(call_id, challenge=answer.nonce).encode()
    return Join.create(request, caller.transcript, person.identity.sign).encode()


def proof(person: Person, caller: Caller, call_id: bytes = CALL_ID) -> bytes:
    return MemberAuth.create(call_id, person.dev, EID, caller.transcript, person.sign).encode()


def refused_at(porch: Porch, channel: int = 1) -> tuple[float, Outcome]:
    """Return when, and with what, a visitor is sent away."""
    for step in range(2000):
        for which, outcome in porch.doors.poll(step / 100):
            assert which == channel
            return step / 100, outcome
    raise AssertionError("nobody was sent away")


def test_who_knows_the_invitation_is_answered_by_the_host_with_the_meeting():
    _, answer = Porch().greeted(INVITATION)
    answer.verify(HOST.call_key)
    assert HostBody.parse(answer.body).about == b"about"


def test_who_knows_the_call_secret_is_told_which_member_answers_and_nothing_of_the_meeting():
    _, answer = Porch().greeted(CALL_SECRET)
    assert MemberBody.parse(answer.body).dev == HOST.dev


def test_a_knock_comes_through_with_the_secret_that_opened():
    porch = Porch()
    caller, answer = porch.greeted(INVITATION)
    outcome = porch.doors.receive(1, join(GUEST, caller, answer), 1.0)
    assert isinstance(outcome, Knocked)
    assert (outcome.request.dev, outcome.door) == (GUEST.dev, INVITE)
    assert 1 not in porch.doors


def test_a_meeting_that_is_not_visible_does_not_open_to_anyone_on_the_network():
    porch = Porch()
    _, hello = porch.visit(PUBLIC_SECRET)
    assert porch.doors.receive(1, hello, 0.0) == NOTHING
    porch.ways[PUBLIC] = Way(PUBLIC_SECRET)
    caller, answer = porch.greeted(PUBLIC_SECRET, channel=2)
    outcome = porch.doors.receive(2, join(GUEST, caller, answer), 0.0)
    assert isinstance(outcome, Knocked)
    assert outcome.door == PUBLIC


@pytest.mark.parametrize(
    "spoil",
    [
        lambda hello: b"",
        lambda hello: hello[:1],
        lambda hello: hello[:-1],
        lambda hello: hello + b"\0",
        lambda hello: hello[:-1] + bytes([hello[-1] ^ 1]),
        lambda hello: b"\xff" * len(hello),
        lambda hello: Denied(reason=DenyReason.FULL).encode(),
    ],
    ids=["empty", "one byte", "cut off", "too long", "flipped", "noise", "another message"],
)
@pytest.mark.parametrize("said_at", [0.0, 0.3])
def test_whatever_is_wrong_with_a_hello_the_refusal_is_the_same_at_the_same_time(
    spoil: Callable[[bytes], bytes], said_at: float
):
    porch = Porch()
    _, hello = porch.visit(INVITATION)
    assert porch.doors.receive(1, spoil(hello), said_at) == NOTHING
    assert refused_at(porch) == (REFUSAL_TIME, TurnedAway(DENY))


def test_a_wrong_secret_is_refused_like_nonsense():
    porch = Porch()
    _, hello = porch.visit(bytes(16))
    assert porch.doors.receive(1, hello, 0.0) == NOTHING
    assert refused_at(porch) == (REFUSAL_TIME, TurnedAway(DENY))


def test_who_was_refused_is_not_heard_any_more():
    porch = Porch()
    _, hello = porch.visit(bytes(16))
    porch.doors.receive(1, hello, 0.0)
    caller = Caller(INVITATION, draw(32), draw)
    assert porch.doors.receive(1, caller.hello(), 0.1) == NOTHING
    assert refused_at(porch)[1] == TurnedAway(DENY)


def test_a_hello_replayed_on_another_channel_is_refused():
    porch = Porch()
    _, hello = porch.visit(INVITATION, channel=1)
    assert porch.doors.receive(1, hello, 0.0) != NOTHING
    porch.visit(INVITATION, channel=2)
    assert porch.doors.receive(2, hello, 0.0) == NOTHING
    assert porch.doors.poll(REFUSAL_TIME) == [(2, TurnedAway(DENY))]


def test_a_second_hello_on_one_channel_ends_it():
    porch = Porch()
    caller, hello = porch.visit(INVITATION)
    porch.doors.receive(1, hello, 0.0)
    assert porch.doors.receive(1, hello, 0.0) == TurnedAway()
    assert 1 not in porch.doors
    del caller


def test_a_knock_replayed_on_another_channel_is_turned_away():
    porch = Porch()
    caller, answer = porch.greeted(INVITATION, channel=1)
    knock = join(GUEST, caller, answer)
    porch.greeted(INVITATION, channel=2)
    assert porch.doors.receive(2, knock, 0.0) == TurnedAway()


def test_a_request_of_somebody_else_is_turned_away():
    porch = Porch()
    caller, answer = porch.greeted(INVITATION)
    request = GUEST.request(CALL_ID, challenge=answer.nonce).encode()
    stolen = Join.create(request, caller.transcript, STRANGER.identity.sign).encode()
    assert porch.doors.receive(1, stolen, 0.0) == TurnedAway()


def test_a_request_for_another_meeting_is_turned_away():
    porch = Porch()
    caller, answer = porch.greeted(INVITATION)
    elsewhere = join(GUEST, caller, answer, call_id=b"x" * 32)
    assert porch.doors.receive(1, elsewhere, 0.0) == TurnedAway()


def test_the_call_secret_opens_no_way_to_knock_and_an_invitation_none_for_members():
    porch = Porch()
    caller, answer = porch.greeted(CALL_SECRET, channel=1)
    assert porch.doors.receive(1, join(GUEST, caller, answer), 0.0) == TurnedAway()
    caller, _ = porch.greeted(INVITATION, channel=2)
    assert porch.doors.receive(2, proof(MEMBER, caller), 0.0) == TurnedAway()


def test_a_member_is_recognised_at_once():
    porch = Porch()
    caller, _ = porch.greeted(CALL_SECRET)
    assert porch.doors.receive(1, proof(MEMBER, caller), 0.0) == MemberCame(MEMBER.dev, EID)


def test_a_member_whose_block_is_still_on_the_way_waits_with_all_it_says():
    porch = Porch()
    caller, _ = porch.greeted(CALL_SECRET)
    assert porch.doors.receive(1, proof(GUEST, caller), 0.0) == Unrecognised(GUEST.dev)
    assert porch.doors.receive(1, b"first", 0.1) == NOTHING
    assert porch.doors.receive(1, b"second", 0.2) == NOTHING
    assert porch.doors.poll(1.0) == []
    porch.members[GUEST.dev] = GUEST.call_key
    assert porch.doors.poll(1.1) == [(1, MemberCame(GUEST.dev, EID, (b"first", b"second")))]
    assert porch.doors.poll(1.2) == []


def test_nobody_waits_for_a_block_longer_than_patience_lasts():
    porch = Porch()
    caller, _ = porch.greeted(CALL_SECRET)
    porch.doors.receive(1, proof(STRANGER, caller), 0.0)
    assert porch.doors.poll(PATIENCE) == []
    assert porch.doors.poll(PATIENCE + 0.1) == [(1, NoMember(STRANGER.dev))]


@pytest.mark.parametrize("sizes", [(4096,) * (MOST_SAID + 1), (4097,)])
def test_who_waits_cannot_fill_our_memory(sizes: tuple[int, ...]):
    porch = Porch()
    caller, _ = porch.greeted(CALL_SECRET)
    porch.doors.receive(1, proof(STRANGER, caller), 0.0)
    for size in sizes[:-1]:
        assert porch.doors.receive(1, bytes(size), 0.1) == NOTHING
    assert porch.doors.receive(1, bytes(sizes[-1]), 0.1) == TurnedAway()
    assert 1 not in porch.doors


def test_blocks_that_somebody_unknown_shows_are_handed_on_so_many_and_no_more():
    porch = Porch()
    caller, _ = porch.greeted(CALL_SECRET)
    porch.doors.receive(1, proof(STRANGER, caller), 0.0)
    block = bytes([Gossip.kind]) + bytes(10_000)
    for _ in range(MOST_SHOWN):
        assert porch.doors.receive(1, block, 0.1) == Shown(STRANGER.dev, block)
    assert porch.doors.receive(1, block, 0.1) == TurnedAway()


def test_a_proof_by_another_key_than_the_members_is_never_a_members():
    porch = Porch()
    caller, _ = porch.greeted(CALL_SECRET, channel=1)
    forged = MemberAuth.create(CALL_ID, MEMBER.dev, EID, caller.transcript, STRANGER.sign)
    assert porch.doors.receive(1, forged.encode(), 0.0) == Unrecognised(MEMBER.dev)
    caller, _ = porch.greeted(CALL_SECRET, channel=2)
    forged = MemberAuth.create(CALL_ID, GUEST.dev, EID, caller.transcript, STRANGER.sign)
    assert porch.doors.receive(2, forged.encode(), 0.0) == Unrecognised(GUEST.dev)
    porch.members[GUEST.dev] = GUEST.call_key
    assert porch.doors.poll(PATIENCE) == []
    gone = [(1, NoMember(MEMBER.dev)), (2, NoMember(GUEST.dev))]
    assert porch.doors.poll(PATIENCE + 0.1) == gone


def test_a_device_that_came_back_waits_for_the_block_that_gives_it_its_new_seat():
    porch = Porch()
    porch.members[GUEST.dev] = STRANGER.call_key  # of the seat it had before
    caller, _ = porch.greeted(CALL_SECRET)
    assert porch.doors.receive(1, proof(GUEST, caller), 0.0) == Unrecognised(GUEST.dev)
    assert porch.doors.poll(1.0) == []
    porch.members[GUEST.dev] = GUEST.call_key
    assert porch.doors.poll(1.1) == [(1, MemberCame(GUEST.dev, EID))]


def test_a_members_proof_from_another_channel_or_meeting_is_never_recognised():
    porch = Porch()
    caller, _ = porch.greeted(CALL_SECRET, channel=1)
    once = proof(MEMBER, caller)
    porch.greeted(CALL_SECRET, channel=2)
    unknown = Unrecognised(MEMBER.dev)
    assert porch.doors.receive(2, once, 0.0) == unknown
    assert porch.doors.receive(1, proof(MEMBER, caller, b"x" * 32), 0.0) == unknown
    gone = [(1, NoMember(MEMBER.dev)), (2, NoMember(MEMBER.dev))]
    assert porch.doors.poll(PATIENCE + 0.1) == gone


@pytest.mark.parametrize("greets", [False, True])
def test_who_says_nothing_more_is_given_up_after_ten_seconds(greets: bool):
    porch = Porch()
    if greets:
        porch.greeted(INVITATION)
    else:
        porch.visit(INVITATION)
    assert porch.doors.poll(HANDSHAKE_TIME) == []
    assert porch.doors.poll(HANDSHAKE_TIME + 0.1) == [(1, TurnedAway())]
    assert porch.doors.poll(HANDSHAKE_TIME + 0.2) == []


def test_a_channel_that_broke_is_forgotten():
    porch = Porch()
    porch.visit(bytes(16))
    porch.doors.close(1)
    porch.doors.close(1)
    assert porch.doors.poll(100.0) == []


@settings(deadline=None)
@given(noise=st.binary(max_size=300), secret=st.sampled_from([None, INVITATION, CALL_SECRET]))
def test_whatever_a_stranger_says_is_an_outcome_and_never_an_error(
    noise: bytes, secret: bytes | None
):
    porch = Porch()
    if secret is None:
        porch.visit(INVITATION)
    else:
        porch.greeted(secret)
    outcome = porch.doors.receive(1, noise, 0.0)
    assert outcome == (NOTHING if secret is None else TurnedAway())


@settings(deadline=None)
@given(data=st.data())
def test_a_knock_with_any_byte_altered_is_turned_away(data: st.DataObject):
    porch = Porch()
    caller, answer = porch.greeted(INVITATION)
    knock = bytearray(join(GUEST, caller, answer))
    place = data.draw(st.integers(0, len(knock) - 1))
    knock[place] ^= data.draw(st.integers(1, 255))
    assert porch.doors.receive(1, bytes(knock), 0.0) == TurnedAway()
