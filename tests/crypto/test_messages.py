import string
import time
from dataclasses import fields, replace

import pytest
from fakes.people import people
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto import hpke, messages, wire
from crypto.blocks import BLOCK_BYTES, Block, Evidence, Genesis
from crypto.envelope import Message, SignedMessage
from crypto.errors import CryptoError, ForgedError, MalformedError
from crypto.exchange import SEALED_BYTES
from crypto.messages import (
    About,
    AboutFlag,
    Ack,
    Ask,
    ContactHalf,
    Denied,
    DenyReason,
    Favour,
    Gossip,
    HostBody,
    Join,
    JoinRequest,
    KeyBox,
    LobbyNews,
    MemberAuth,
    MemberBody,
    Order,
    SasReveal,
    Server,
    Servers,
    ServerUse,
    Signal,
    SignalKind,
    SignedLeave,
    Sync,
    Verdict,
    Visitor,
    Vote,
    Welcome,
)
from crypto.operations import (
    OPERATION_BYTES,
    Add,
    End,
    HandOver,
    Leave,
    Operation,
    Ordered,
    Rekey,
    Remove,
    RemoveReason,
    Role,
    SetChat,
    SetPolicy,
    SetRole,
    Takeover,
    read_operations,
)
from crypto.policy import Policy, PolicyFlag
from crypto.servers import is_server_address

ADA, BOB = people("Ada", "Bob")
CALL = bytes(range(32))
OTHER_CALL = bytes(32)


def raw(size: int) -> st.SearchStrategy[bytes]:
    return st.binary(min_size=size, max_size=size)


def number(size: int) -> st.SearchStrategy[int]:
    return st.integers(0, 2 ** (8 * size) - 1)


def names(limit: int = 64, at_least: int = 0) -> st.SearchStrategy[str]:
    letters = st.sampled_from(string.ascii_letters + "äß漢 '👋")
    lines = st.text(letters, max_size=limit // 4, min_size=at_least)
    return lines.filter(lambda text: not at_least or bool(text.strip()))


ADDRESSES = st.lists(
    st.tuples(
        st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).map(str), st.integers(1, 65535)
    ).filter(lambda address: wire.is_address(*address)),
    max_size=4,
).map(tuple)
REQUESTS = st.builds(
    JoinRequest,
    call_id=raw(32),
    device_key=raw(32),
    call_key=raw(32),
    kem_public=raw(hpke.PUBLIC_BYTES),
    name=names(at_least=1),
    capabilities=number(4),
    addresses=ADDRESSES,
    challenge=raw(16),
    join_id=raw(16),
    signature=raw(64),
)
PINNED_USES = (ServerUse.TURN_TLS, ServerUse.MEETING_POINT)
SERVERS = st.builds(
    lambda use, address, pin: Server(use, *address, pin if use in PINNED_USES else b""),
    st.sampled_from(ServerUse),
    st.tuples(
        st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).map(str), st.integers(1, 65535)
    ).filter(lambda address: is_server_address(*address)),
    raw(32),
)
POLICIES = st.builds(Policy, st.integers(0, 127).map(PolicyFlag), st.integers(2, 30))
ORDERABLE = st.one_of(
    st.builds(Remove, raw(16), st.sampled_from(RemoveReason)),
    st.builds(SetPolicy, POLICIES),
    st.builds(SetChat, raw(16), st.booleans()),
)
OPERATIONS = st.one_of(
    ORDERABLE,
    st.builds(Add, st.binary(max_size=2048), st.sampled_from(Role)),
    st.builds(Leave, st.binary(max_size=256)),
    st.builds(SetRole, raw(16), st.sampled_from(Role)),
    st.just(Rekey()),
    st.builds(Takeover, st.lists(st.binary(max_size=255), max_size=5).map(tuple)),
    st.just(End()),
    st.builds(HandOver, raw(16)),
    st.builds(Ordered, st.binary(max_size=255)),
)
BLOCKS = st.builds(
    Block,
    call_id=raw(32),
    term=number(4),
    epoch=number(8),
    prev=raw(32),
    time_ms=number(8),
    leader=raw(16),
    operations=st.lists(OPERATIONS, max_size=5).map(tuple),
    roster_hash=raw(32),
    signature=raw(64),
)
GENESES = st.builds(
    Genesis,
    room_id=raw(16),
    host_key=raw(32),
    host_call_key=raw(32),
    nonce=raw(32),
    title=names(120),
    policy=POLICIES,
    created_ms=number(8),
    signature=raw(64),
)
MESSAGES = st.one_of(
    st.builds(Denied, reason=st.sampled_from(DenyReason)),
    st.builds(
        About,
        title=names(120),
        host_name=names(),
        people=number(1),
        flags=st.integers(0, 7).map(AboutFlag),
    ),
    st.builds(
        HostBody,
        genesis=st.binary(max_size=1024),
        about=st.binary(max_size=255),
        request=st.binary(max_size=2048),
    ),
    st.builds(MemberBody, dev=raw(16)),
    REQUESTS,
    st.builds(Join, request=st.binary(max_size=2048), auth=raw(64)),
    st.builds(MemberAuth, call_id=raw(32), dev=raw(16), eid=raw(32), auth=raw(64)),
    st.builds(
        Welcome,
        genesis=st.binary(max_size=1024),
        state=st.binary(max_size=3000),
        block=st.binary(max_size=3000),
        call_secret=raw(32),
    ),
    st.builds(
        Ack,
        eid=raw(32),
        dev=raw(16),
        generation=number(4),
        commitment=raw(32),
        next_kem=raw(hpke.PUBLIC_BYTES),
        sas_commitment=raw(32),
        signature=raw(64),
    ),
    st.builds(
        KeyBox,
        eid=raw(32),
        sender=raw(16),
        to=raw(16),
        generation=number(4),
        kem_id=raw(8),
        sealed=raw(SEALED_BYTES),
    ),
    st.builds(
        Sync,
        eid=raw(32),
        epoch=number(8),
        term=number(4),
        acks=number(8),
        keys=number(8),
        reveals=number(8),
        digest=raw(32),
    ),
    st.builds(SasReveal, eid=raw(32), dev=raw(16), nonce=raw(32), signature=raw(64)),
    st.builds(SignedLeave, dev=raw(16), join_id=raw(16), signature=raw(64)),
    st.builds(
        Signal,
        eid=raw(32),
        sender=raw(16),
        to=raw(16),
        link_id=number(4),
        sequence=number(4),
        signal=st.sampled_from(SignalKind),
        payload=st.binary(max_size=8192),
        signature=raw(64),
    ),
    st.builds(
        Vote,
        dev=raw(16),
        term=number(4),
        candidate=raw(16),
        last_term=number(4),
        last_epoch=number(8),
        last_eid=raw(32),
        signature=raw(64),
    ),
    st.builds(Ask, what=st.sampled_from(Favour)),
    st.builds(Order, dev=raw(16), number=number(4), operation=ORDERABLE, signature=raw(64)),
    st.builds(ContactHalf, half=raw(32)),
    st.builds(
        LobbyNews,
        visitors=st.lists(st.builds(Visitor, raw(16), raw(32), names()), max_size=4).map(tuple),
    ),
    st.builds(Verdict, join_id=raw(16), admit=st.booleans()),
    st.builds(
        Servers,
        servers=st.lists(SERVERS, max_size=16).map(tuple),
        username=st.text(string.ascii_letters + "0123456789:", max_size=64),
        password=st.text(string.ascii_letters + "+/=", max_size=64),
        expiry=number(8),
    ),
    st.builds(Evidence, first=st.binary(max_size=900), second=st.binary(max_size=900)),
)
SIGNED_ONES = (
    Ack(
        eid=bytes(32),
        dev=ADA.dev,
        generation=7,
        commitment=bytes(32),
        next_kem=ADA.kem.public,
        sas_commitment=bytes(32),
    ),
    SasReveal(eid=bytes(32), dev=ADA.dev, nonce=bytes(32)),
    SignedLeave(dev=ADA.dev, join_id=bytes(16)),
    Signal(
        eid=bytes(32),
        sender=ADA.dev,
        to=BOB.dev,
        link_id=1,
        sequence=2,
        signal=SignalKind.OFFER,
        payload=b"here",
    ),
    Vote(
        dev=ADA.dev,
        term=3,
        candidate=BOB.dev,
        last_term=1,
        last_epoch=9,
        last_eid=bytes(32),
    ),
    Order(dev=ADA.dev, number=1, operation=SetChat(BOB.dev, False)),
)


@given(MESSAGES)
def test_every_message_is_read_as_it_was_written(message: Message):
    data = message.encode()
    assert messages.parse(data) == message
    assert messages.parse(data).encode() == data


@given(BLOCKS, GENESES)
def test_blocks_and_geneses_are_read_as_they_were_written(block: Block, genesis: Genesis):
    assert Block.parse(block.encode()) == block
    assert Genesis.parse(genesis.encode()) == genesis
    assert messages.parse(block.encode()) == Gossip(block=block.encode())


def test_every_type_has_a_number_of_its_own():
    kinds = [Genesis.kind, *messages._BY_KIND]
    assert len(set(kinds)) == len(kinds) == 24
    assert all(0 < kind < 128 for kind in kinds)


@given(st.binary(max_size=200))
def test_random_bytes_are_refused_as_malformed(data: bytes):
    with pytest.raises(MalformedError):
        messages.parse(b"\x7f" + data)
    for kind in messages._BY_KIND:
        try:
            messages.parse(bytes([kind]) + data)
        except MalformedError:
            continue
        assert kind == Gossip.kind  # a block is taken apart by the roster


@settings(max_examples=300)
@given(st.one_of(MESSAGES, BLOCKS, GENESES), st.data())
def test_cut_and_changed_messages_give_a_value_or_the_documented_error(
    message: Message, data: st.DataObject
):
    whole = bytearray(message.encode())
    place = data.draw(st.integers(0, len(whole) - 1))
    match data.draw(st.sampled_from(["cut", "change", "insert"])):
        case "cut":
            broken = bytes(whole[:place])
        case "insert":
            broken = bytes(whole[:place] + b"\x00" + whole[place:])
        case _:
            whole[place] ^= data.draw(st.integers(1, 255))
            broken = bytes(whole)
    for read in (messages.parse, Block.parse, Genesis.parse):
        try:
            value = read(broken)
        except MalformedError:
            continue
        assert value.encode() == broken
        if not isinstance(value, Gossip):
            cleared = replace(value, raw=b"")
            assert cleared.encode() == broken, "there were two ways to write one value"


@pytest.mark.parametrize("message", SIGNED_ONES, ids=lambda message: type(message).__name__)
def test_no_bit_of_a_signed_message_can_be_changed(message: SignedMessage):
    whole = message.signed(CALL, ADA.sign).encode()
    for place in range(len(whole)):
        broken = bytearray(whole)
        broken[place] ^= 1 << place % 8
        with pytest.raises((MalformedError, ForgedError)):
            messages.parse(bytes(broken)).verify(ADA.call_key, CALL)
    messages.parse(whole).verify(ADA.call_key, CALL)


@pytest.mark.parametrize("message", SIGNED_ONES, ids=lambda message: type(message).__name__)
def test_a_signature_is_for_one_key_one_call_and_one_type(message: SignedMessage):
    signed = message.signed(CALL, ADA.sign)
    with pytest.raises(ForgedError):
        signed.verify(BOB.call_key, CALL)
    with pytest.raises(ForgedError):
        signed.verify(ADA.call_key, OTHER_CALL)
    with pytest.raises(ForgedError):
        message.verify(ADA.call_key, CALL)
    with pytest.raises(ValueError, match="not signed"):
        message.encode()


def test_a_leave_cannot_pass_for_anything_else_with_the_same_body():
    leave = SignedLeave(dev=ADA.dev, join_id=bytes(16)).signed(CALL, ADA.sign)

    class Other(SignedLeave):
        kind = 99

    same = Other(dev=leave.dev, join_id=leave.join_id, signature=leave.signature)
    with pytest.raises(ForgedError):
        same.verify(ADA.call_key, CALL)


def test_the_received_bytes_are_what_is_passed_on():
    data = ADA.request(CALL).encode()
    assert JoinRequest.parse(data).raw is data
    assert JoinRequest.parse(data).encode() is data


def test_a_good_request_is_good_for_its_own_meeting_only():
    request = ADA.request(CALL)
    request.check(CALL)
    assert request.dev == ADA.dev
    with pytest.raises(ForgedError):
        request.check(OTHER_CALL)


def test_a_request_must_be_signed_by_the_device_it_names():
    stolen = replace(ADA.request(CALL), device_key=BOB.identity.public)
    with pytest.raises(ForgedError):
        stolen.check(CALL)


@pytest.mark.parametrize(
    "kem_public",
    [b"\xff" * 1184 + ADA.kem.public[1184:], ADA.kem.public[:1184] + bytes(32)],
    ids=["not reduced", "low order"],
)
def test_a_request_with_a_key_nobody_can_seal_to_is_refused(kem_public: bytes):
    with pytest.raises(MalformedError):
        ADA.request(CALL, kem_public=kem_public).check(CALL)


def test_a_request_for_another_meeting_is_refused_even_if_signed_for_this_one():
    crossed = replace(ADA.request(OTHER_CALL), raw=b"").signed(CALL, ADA.identity.sign)
    with pytest.raises(ForgedError):
        crossed.check(CALL)


def test_a_request_without_a_name_is_malformed():
    data = ADA.request(CALL, name="?!?!").encode()
    assert JoinRequest.parse(data).name == "?!?!"
    with pytest.raises(MalformedError):
        JoinRequest.parse(data.replace(b"?!?!", b"    "))


@pytest.mark.parametrize("name", ["", "  ", "a\nb"])
def test_a_request_needs_a_name_that_people_can_read(name: str):
    with pytest.raises(ValueError, match=r"name|line"):
        ADA.request(CALL, name=name)


def test_flags_nobody_knows_are_refused():
    data = About(title="Tea", host_name="Ada", people=2, flags=AboutFlag.LOBBY).encode()
    assert data[-1] == AboutFlag.LOBBY
    for bits in (8, 128, 255):
        with pytest.raises(MalformedError):
            About.parse(data[:-1] + bytes([bits]))
    policy = wire.Writer().uint(128, 2).uint(4, 1).body()
    with pytest.raises(MalformedError):
        Policy.read(wire.Reader(policy))


@pytest.mark.parametrize("size", [0, 1, 31, 255])
def test_a_meeting_for_nobody_or_too_many_is_refused(size: int):
    policy = wire.Writer().uint(1, 2).uint(size, 1).body()
    with pytest.raises(MalformedError):
        Policy.read(wire.Reader(policy))


def test_a_join_is_tied_to_one_channel_and_one_challenge():
    transcript, challenge = b"T" * 32, b"c" * 16
    request = ADA.request(CALL, challenge=challenge)
    join = Join.create(request.encode(), transcript, ADA.identity.sign)
    assert Join.parse(join.encode()).verify(transcript, challenge, CALL) == request
    for wrong in ((b"U" * 32, challenge, CALL), (transcript, b"d" * 16, CALL)):
        with pytest.raises(ForgedError):
            join.verify(*wrong)
    with pytest.raises(ForgedError):
        join.verify(transcript, challenge, OTHER_CALL)


def test_a_request_taken_from_somebody_else_does_not_make_a_join():
    challenge = b"c" * 16
    request = ADA.request(CALL, challenge=challenge).encode()
    join = Join.create(request, b"T" * 32, BOB.identity.sign)
    with pytest.raises(ForgedError):
        join.verify(b"T" * 32, challenge, CALL)


def test_a_member_proves_its_seat_in_one_channel_only():
    auth = MemberAuth.create(CALL, ADA.dev, bytes(32), b"T" * 32, ADA.sign)
    auth = MemberAuth.parse(auth.encode())
    auth.verify(ADA.call_key, b"T" * 32, CALL)
    for key, transcript, call in (
        (BOB.call_key, b"T" * 32, CALL),
        (ADA.call_key, b"U" * 32, CALL),
        (ADA.call_key, b"T" * 32, OTHER_CALL),
    ):
        with pytest.raises(ForgedError):
            auth.verify(key, transcript, call)
    with pytest.raises(ForgedError):
        replace(auth, eid=b"e" * 32).verify(ADA.call_key, b"T" * 32, CALL)


def test_a_signal_is_from_one_member_for_one_other():
    signal = SIGNED_ONES[3].signed(CALL, ADA.sign)
    assert isinstance(signal, Signal)
    signal.check(ADA.call_key, CALL, ADA.dev, BOB.dev)
    for sender, to in ((BOB.dev, BOB.dev), (ADA.dev, ADA.dev)):
        with pytest.raises(ForgedError):
            signal.check(ADA.call_key, CALL, sender, to)


def a_block(**changes: object) -> Block:
    block = Block(
        call_id=CALL,
        term=0,
        epoch=4,
        prev=bytes(32),
        time_ms=1,
        leader=ADA.dev,
        operations=(Rekey(),),
        roster_hash=bytes(32),
    )
    return replace(block, **changes)


def test_evidence_needs_two_blocks_of_one_place_that_differ():
    one = a_block().signed(CALL, ADA.sign).encode()
    two = a_block(operations=(End(),)).signed(CALL, ADA.sign).encode()
    Evidence(first=one, second=two).check(ADA.call_key, CALL)
    same_again = replace(Block.parse(one), raw=b"", signature=b"").signed(CALL, ADA.sign).encode()
    for other in (
        one,
        same_again,
        a_block(epoch=5).signed(CALL, ADA.sign).encode(),
        a_block(term=1, operations=(End(),)).signed(CALL, ADA.sign).encode(),
        a_block(leader=BOB.dev).signed(CALL, ADA.sign).encode(),
        a_block(operations=(End(),)).signed(CALL, BOB.sign).encode(),
        a_block(call_id=OTHER_CALL).signed(CALL, ADA.sign).encode(),
    ):
        with pytest.raises(ForgedError):
            Evidence(first=one, second=other).check(ADA.call_key, CALL)
        with pytest.raises(ForgedError):
            Evidence(first=other, second=one).check(ADA.call_key, CALL)
    with pytest.raises(MalformedError):
        Evidence(first=one, second=b"nonsense").check(ADA.call_key, CALL)


def test_no_block_is_too_long_to_be_shown_as_evidence():
    room = BLOCK_BYTES - len(a_block(operations=(Add(b""),)).signed(CALL, ADA.sign).encode())
    adds = [Add(bytes(size)) for size in (*[2000] * (room // 2011), room % 2011)]
    longest = a_block(operations=tuple(adds)).signed(CALL, ADA.sign).encode()
    assert len(longest) <= BLOCK_BYTES < len(longest) + 100
    evidence = Evidence(first=longest, second=longest).encode()
    assert len(evidence) <= wire.MAX_MESSAGE
    assert messages.parse(evidence) == Evidence(first=longest, second=longest)
    too_long = a_block(operations=(*adds, Add(bytes(100)))).signed(CALL, ADA.sign).encode()
    with pytest.raises(MalformedError, match="longer"):
        Block.parse(too_long)


@pytest.mark.parametrize(
    "operation",
    [
        SetRole(BOB.dev, Role.CO_HOST),
        HandOver(BOB.dev),
        End(),
        Add(b""),
        Takeover(()),
        Rekey(),
        Ordered(b""),
    ],
    ids=lambda operation: type(operation).__name__,
)
def test_a_co_host_cannot_even_write_an_order_for_what_only_the_host_does(operation: Operation):
    order = Order(dev=ADA.dev, number=1, operation=operation).signed(CALL, ADA.sign)  # type: ignore[arg-type]
    with pytest.raises(MalformedError):
        Order.parse(order.encode())


def test_counts_that_are_too_large_are_refused_before_anything_is_read():
    votes = wire.Writer().uint(31, 1).body()
    takeover = wire.Writer().uint(1, 1).uint(7, 1).vector(votes, OPERATION_BYTES).body()
    with pytest.raises(MalformedError, match="more elements"):
        read_operations(wire.Reader(takeover))
    with pytest.raises(MalformedError, match="more elements"):
        LobbyNews.parse(wire.pack(LobbyNews.kind, bytes([65])))
    crowd = (Visitor(bytes(16), bytes(32), "a"),) * 65
    with pytest.raises(ValueError, match="lobby"):
        LobbyNews(visitors=crowd).encode()


def test_thirty_votes_fit_one_takeover():
    vote = SIGNED_ONES[4].signed(CALL, ADA.sign).encode()
    data = a_block(operations=(Takeover((vote,) * 30),)).signed(CALL, ADA.sign).encode()
    assert Block.parse(data).operations == (Takeover((vote,) * 30),)


def test_secrets_do_not_stand_in_what_is_printed():
    welcome = Welcome(genesis=b"", state=b"", block=b"", call_secret=b"s3cret" + bytes(26))
    assert "s3cret" not in repr(welcome)
    assert "s3cret" not in repr(ContactHalf(half=b"s3cret" + bytes(26)))
    assert ADA.kem.seed.hex() not in repr(ADA.kem)
    assert all(field.name != "seed" or not field.repr for field in fields(ADA.kem))


def test_a_request_fits_what_a_stranger_may_send_at_its_very_longest():
    addresses = (("2001:db8:1111:2222:3333:4444:5555:6666", 65535),) * 4
    request = ADA.request(CALL, name="n" * 64, addresses=addresses)
    assert len(Join.create(request.encode(), b"", ADA.sign).encode()) < 4096


def test_the_longest_messages_are_refused_in_a_moment():
    for kind in messages._BY_KIND:
        data = wire.pack(kind, b"\xff" * wire.MAX_BODY) + bytes(64)
        begin = time.perf_counter()
        try:
            messages.parse(data)
        except CryptoError:
            assert time.perf_counter() - begin < 0.5  # 10 ms on an idle machine
        else:
            assert kind == Gossip.kind
