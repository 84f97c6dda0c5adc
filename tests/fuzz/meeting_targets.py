"""What strangers and members may say to a whole meeting: it goes on, and nobody gains anything."""

import random
from collections.abc import Iterable

from fakes.seat import Seat
from fakes.table import Table
from fuzz.crypto_targets import log_by_ada, sign_as
from fuzz.media_targets import usual_parameters
from fuzz.target import KIB, Run, joined, messages, parted, prepared, said

from app.meeting import chat, live_text, reactions
from app.meeting.contacts import Contacts
from app.meeting.entrance import Door, Entrance, LetIn, Told, TurnedDown
from app.meeting.events import Answered, DataFrom, Received, Tick
from app.meeting.files import wire
from app.meeting.view import Reaction
from crypto import messages as m
from crypto.answering import Callee
from crypto.calling import Caller
from crypto.envelope import SignedMessage, signed_context
from crypto.frames import Context
from crypto.hpke import PUBLIC_BYTES
from crypto.identity import Identity
from crypto.operations import Add, Remove, Role
from crypto.proofs import MAX_BODY as MAX_BODY_OF_ANSWER
from crypto.wire import MAX_BODY, SIGNATURE_BYTES, pack

# Stand in an input for what is only known when the meeting has begun.
HOST, EVE, EID = b"the host's dev !", b"the member's dev", b"where the log of the host stands"
MOST_ORDERS = 200  # effects of one event at a table of two
MOST_WORDS = 6  # in one input
MAX_STATE = 20_000  # bytes, so that a Welcome with it is no longer than a message may be
RAW, SIGNED, FRAME, TIME = range(4)


def _table() -> tuple[Table, Seat, Seat]:
    table = Table()
    host, eve = table.person("Host"), table.person("Eve")
    table.opens(host, lobby=False)
    table.knocks(eve, host)
    table.until(lambda: eve.meeting is not None)
    table.run(1.0)
    return table, host, eve


def _said_by_a_member() -> Iterable[bytes]:
    signed: list[SignedMessage] = [
        m.Ack(
            eid=EID,
            dev=EVE,
            generation=9,
            commitment=bytes(32),
            next_kem=bytes(PUBLIC_BYTES),
            sas_commitment=bytes(32),
        ),
        m.SasReveal(eid=EID, dev=EVE, nonce=bytes(32)),
        m.SignedLeave(dev=EVE, join_id=bytes(16)),
        m.Signal(
            eid=EID,
            sender=EVE,
            to=HOST,
            link_id=9,
            sequence=0,
            signal=m.SignalKind.OFFER,
            payload=usual_parameters()[1],
        ),
        m.Vote(dev=EVE, term=1, candidate=EVE, last_term=0, last_epoch=2, last_eid=EID),
        m.Vote(dev=EVE, term=1, candidate=HOST, last_term=0, last_epoch=2, last_eid=EID),
        m.Order(dev=EVE, number=1, operation=Remove(HOST)),
    ]
    plain: list[m.Message] = [
        m.KeyBox(eid=EID, sender=EVE, to=HOST, generation=9, kem_id=bytes(8), sealed=bytes(1168)),
        m.Sync(eid=EID, epoch=2, term=0, acks=0, keys=0, reveals=0, digest=bytes(32)),
        m.Sync(eid=bytes(32), epoch=0, term=0, acks=0, keys=0, reveals=0, digest=bytes(32)),
        *(m.Ask(what=favour) for favour in m.Favour),
        m.ContactHalf(half=bytes(32)),
        m.LobbyNews(visitors=(m.Visitor(bytes(16), bytes(32), "Eve"),)),
        m.Verdict(join_id=bytes(16), admit=True),
        m.Servers(
            servers=(m.Server(m.ServerUse.TURN_TLS, "2001:db8::7", 5349, bytes(32)),),
            username="1893456000:00ff",
            password="A" * 28,
            expiry=1893456000,
        ),
    ]
    yield from (joined([bytes([SIGNED, each.kind]) + each.body()]) for each in signed)
    yield from (joined([bytes([RAW]) + each.encode()]) for each in plain)
    one_of_each = {each[0]: each for each in messages() if len(each) < 4000}
    yield from (joined([bytes([RAW]) + each]) for each in one_of_each.values())
    line, state = chat.Line("hello", bytes(8)).encode(), chat.MediaState().encode()
    yield joined([bytes([FRAME, Context.CHAT]) + line, bytes([FRAME, Context.CONTROL]) + state])
    whole = live_text.Whole(bytes(8), 1, "hel").encode()
    change = live_text.Change(bytes(8), 2, 3, 0, "lo").encode()
    yield joined([bytes([FRAME, Context.CHAT]) + each for each in (whole, change, line)])
    yield joined([bytes([FRAME, Context.CONTROL]) + reactions.encode(Reaction.HEART)] * 5)
    yield joined([
        bytes([FRAME, Context.FILES]) + wire.Offer(bytes(8), 100, "plan.pdf").encode(),
        bytes([FRAME, Context.FILES]) + wire.Part(bytes(8), 0, b"hello").encode(),
        bytes([FRAME, Context.FILES]) + wire.Want(bytes(8), 0, 100).encode(),
    ])  # fmt: skip
    sync = bytes([RAW]) + plain[1].encode()
    yield joined([sync, bytes([TIME, 255]), sync, bytes([TIME, 9]), sync])


@prepared(_said_by_a_member, calls=60_000, memory=1024 * KIB, milliseconds=60, reuse=20)
def words_of_a_member() -> Run:
    """Messages, well signed where there is something to sign, and frames of somebody who is in."""
    table, host, eve = _table()
    meeting, hers = host.meeting, eve.meeting
    assert meeting is not None
    assert hers is not None
    sign = hers._me.sign
    (channel,) = host.channels
    names = {HOST: host.dev, EVE: eve.dev}

    def run(data: bytes) -> None:
        now = table.now + 100
        for part in parted(data, MOST_WORDS):
            how, rest = (part[0] % 4, part[1:]) if part else (TIME, b"")
            for name, dev in {**names, EID: meeting.roster.eid}.items():
                rest = rest.replace(name, dev)
            event = Received(channel, rest) if how == RAW else Tick()
            if how == SIGNED and rest:
                body = rest[1 : 1 + MAX_BODY - SIGNATURE_BYTES]
                kind = rest[0] % 128  # no message has a higher number
                context = signed_context(kind, meeting.roster.call_id, body)
                event = Received(channel, pack(kind, body) + sign(context))
            elif how == FRAME and rest:
                event = DataFrom(eve.dev, rest[0], rest[1:])
            elif how == TIME:
                now += sum(rest[:1]) / 10
            assert len(meeting.step(event, now)) <= MOST_ORDERS
        meeting.view(now)
        members = meeting.roster.members
        assert meeting.roster.leader == host.dev
        assert set(members) <= {host.dev, eve.dev}
        assert eve.dev not in members or members[eve.dev].role <= Role.PARTICIPANT

    return run


def _said_at_the_door() -> Iterable[bytes]:
    yield from (joined([b"\0" + each]) for each in said(1, 5))
    yield from (joined([b"\1", b"\0" + each]) for each in messages("Join", "MemberAuth"))
    yield joined([b"\1", b"\1", bytes([2, 255])])


@prepared(_said_at_the_door, calls=20_000, memory=512 * KIB, milliseconds=60, reuse=20)
def words_of_a_stranger() -> Run:
    """Whatever is said on a fresh channel to somebody who hosts, with the link or without."""
    table = Table()
    host = table.person("Host")
    meeting = table.opens(host)
    assert table.invite is not None
    secret, exporter = table.invite.secret, bytes(range(32))
    opened = iter(range(1000, 10**9))

    def run(data: bytes) -> None:
        now, channel = table.now + 10, next(opened)
        meeting.step(Answered(channel, exporter), now)
        for part in parted(data, MOST_WORDS):
            how, rest = (part[0] % 3, part[1:]) if part else (0, b"")
            event = Received(channel, rest)
            if how == 1:
                event = Received(channel, Caller(secret, exporter, bytes).hello())
            elif how == 2:
                now += sum(rest[:1]) / 10
            assert len(meeting.step(event if how < 2 else Tick(), now)) <= MOST_ORDERS
        meeting.view(now)
        assert set(meeting.roster.members) == {host.dev}
        assert meeting.hosting is not None
        assert meeting.hosting.knocks == ()

    return run


def _said_by_a_host() -> Iterable[bytes]:
    state = log_by_ada()[0].state.encode()
    for body in messages("HostBody"):
        yield joined([body])
        yield joined([body, b"\1" + state])
        for reason in messages("Denied")[:3]:
            yield joined([body, b"\0" + reason])


@prepared(_said_by_a_host, longest=16_000, calls=20_000, memory=512 * KIB, milliseconds=60)
def words_of_a_host() -> Run:
    """What the holder of the host's keys answers to somebody who knocks.

    The first part is the body of the answer, well signed; then come messages, or states of the
    log, in a Welcome whose block does add the one who knocks.
    """
    from vectors.making.cast import ADA, BOB

    roster, _ = log_by_ada()
    exporter, secret = bytes(range(32)), bytes(16)
    entrance = Entrance(
        Door(secret, ADA.identity.fingerprint), exporter, Contacts({}), random.Random(1).randbytes
    )
    callee = Callee(exporter, bytes)
    callee.read_hello(entrance.hello(), {"": secret})
    stranger = Identity(bytes(32))

    def welcome(state: bytes, knock: bytes) -> bytes:
        request = m.Join.parse(knock).request
        block, _ = roster.propose([Add(request)], roster.state.time_ms, sign_as("Ada"))
        genesis = roster.genesis.encode()
        return m.Welcome(
            genesis=genesis, state=state[:MAX_STATE], block=block, call_secret=bytes(32)
        ).encode()

    def run(data: bytes) -> None:
        body, *parts = parted(data, MOST_WORDS) or [b""]
        step = entrance.receive(callee.answer(body[:MAX_BODY_OF_ANSWER], sign_as("Ada")))
        if not isinstance(step, Told):
            assert isinstance(step, TurnedDown)
            return
        knock = entrance.knock(stranger, BOB.name, ())
        for part in parts:
            verdict = welcome(part[1:], knock) if part[:1] == b"\1" else part[1:]
            step = entrance.receive(verdict)
            assert isinstance(step, LetIn | TurnedDown)
            if isinstance(step, LetIn):
                assert step.seated.roster.leader == ADA.dev
                assert stranger.dev in step.seated.roster.members
                return

    return run
