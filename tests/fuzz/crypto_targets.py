"""What bytes from outside reach in `crypto`: messages, log, keys, channels, links, the vault."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache

from fuzz.target import KIB, Run, messages, prepared, refused, said, target, vectors

from crypto import meeting_point
from crypto import messages as m
from crypto.answering import Callee
from crypto.blocks import Block, Genesis
from crypto.calling import Caller
from crypto.channel import Channel
from crypto.contact import ShownCode
from crypto.cpace import prepared as password_bytes
from crypto.door_keys import Challenge
from crypto.envelope import Message
from crypto.epoch import GroupKeys
from crypto.errors import (
    ChannelError,
    CryptoError,
    HandshakeError,
    InviteError,
    MalformedError,
    VaultError,
)
from crypto.frames import Opener, Sealer, key_id, peek
from crypto.invite import Invite
from crypto.kdf import DOMAIN
from crypto.membership import State
from crypto.refusal import RosterError
from crypto.roster import Roster
from crypto.sframe import OPENSSL, OpeningKey, SealingKey, decode_header, encode_header
from crypto.sodium import sign as sodium_sign
from crypto.sodium import signing_keypair
from crypto.vault import VaultKey, open_vault
from crypto.vault_content import Secrets
from crypto.wire import MAX_BODY, SIGNATURE_BYTES, pack

EXPORTER, SECRET = bytes(range(32)), bytes(16)
PASSWORD = password_bytes("tea")
BASE_KEY = bytes(range(32))
CHALLENGE = Challenge(lambda count: bytes([5]) * count)


def parses(parse: Callable[[bytes], object], data: bytes, encode: Callable[..., bytes]) -> None:
    """A value that is written as it came, or MalformedError."""
    with refused(MalformedError):
        assert encode(parse(data)) == data, "there are two ways to write one value"


def rewritten(message: Message) -> bytes:
    """Write a message that was read, from its fields."""
    signature = getattr(message, "signature", b"")
    fresh = type(message).parse(message.encode())
    object.__setattr__(fresh, "raw", b"")
    return pack(fresh.kind, fresh.body()) + signature


# Messages


def words_of_meeting_points() -> list[bytes]:
    """Return the good ones of conclave.json."""
    return [bytes.fromhex(case["gives"]["bytes"]) for case in vectors("meeting_point_words")]


@target(words_of_meeting_points)
def meeting_point_word(data: bytes) -> None:
    """What a meeting point hears from anybody, and what it says to people."""
    parses(meeting_point.parse, data, lambda word: replace(word, raw=b"").encode())


@target(lambda: [bytes(64), bytes([9]) + bytes(31) + bytes(32)])
def claim_of_a_tag(data: bytes) -> None:
    """A tag and a proof that somebody made up."""
    if len(data) >= 64:
        accepted = True
        with refused(CryptoError):
            accepted = False
            CHALLENGE.check(data[:32], data[32:64], EXPORTER)
            accepted = True
        assert not accepted, "nobody can prove a tag by chance"


@target(messages, longest=65_536, calls=20_000, memory=1024 * KIB)
def any_message(data: bytes) -> None:
    """The first thing that every byte of a channel meets."""
    if data[:1] == bytes([m.Gossip.kind]):
        parses(m.parse, data, lambda gossip: gossip.encode())
    else:
        parses(m.parse, data, rewritten)


@target(lambda: messages("Block"), longest=32_768, calls=20_000, memory=1024 * KIB)
def block(data: bytes) -> None:
    """A step of the log."""
    parses(Block.parse, data, rewritten)


@target(lambda: messages("Genesis"))
def genesis(data: bytes) -> None:
    """How a meeting begins."""
    parses(Genesis.parse, data, rewritten)


@target(
    lambda: [bytes.fromhex(case["gives"]["bytes"]) for case in vectors("states")],
    longest=65_536,
    calls=20_000,
    memory=1024 * KIB,
)
def state(data: bytes) -> None:
    """Who is in, as a Welcome tells it."""
    parses(State.parse, data, State.encode)


# The log, by those who may sign


@cache
def log_by_ada() -> tuple[Roster, list[bytes]]:
    """Return a log of the vectors at its third block, and its later blocks."""
    case = vectors("logs")[-1]["given"]
    roster = Roster.from_genesis(bytes.fromhex(case["genesis"]))
    blocks = [bytes.fromhex(each) for each in case["blocks"]]
    for each in blocks[:3]:
        roster = roster.accept(each)
    return roster, blocks[3:]


def _seed_of(name: str) -> bytes:
    """Return the seed of somebody's CSK in the vectors."""
    from vectors.making.cast import ADA, BOB

    return {"Ada": ADA, "Bob": BOB}[name].seed_of_csk


def sign_as(name: str) -> Callable[[bytes], bytes]:
    """Return how somebody of the vectors signs by CSK."""
    secret = signing_keypair(_seed_of(name))[1]
    return lambda context: sodium_sign(context, secret)


@target(
    lambda: [each[6:-SIGNATURE_BYTES] for each in log_by_ada()[1]],
    longest=32_000,
    calls=40_000,
    memory=1024 * KIB,
)
def block_by_a_lying_leader(data: bytes) -> None:
    """The body of a block that the leader did sign."""
    roster, _ = log_by_ada()
    unsigned = pack(Block.kind, data[:MAX_BODY]) + bytes(SIGNATURE_BYTES)
    with refused(MalformedError, RosterError):
        signed = Block.parse(unsigned).signed(roster.call_id, sign_as("Ada"))
        after = roster.accept(unsigned[:-SIGNATURE_BYTES] + signed.signature)
        assert after.epoch == roster.epoch + 1
        assert State.parse(after.state.encode()) == after.state


@target(lambda: messages("Evidence"), longest=65_536, calls=20_000, memory=1024 * KIB)
def evidence(data: bytes) -> None:
    """Two blocks that are said to prove a lie."""
    with refused(MalformedError, RosterError):
        log_by_ada()[0].convict(m.Evidence.parse(data))


@target(lambda: messages("JoinRequest"), calls=4000)
def join_request(data: bytes) -> None:
    """Who asks to be let in, and whether one can seal to them."""
    with refused(CryptoError):
        m.JoinRequest.parse(data).check(log_by_ada()[0].call_id)


# Keys of an epoch, by a member


SAID = (m.Ack, m.KeyBox, m.SasReveal, m.Sync)


def _said_by_bob() -> Iterable[bytes]:
    for number, kind in enumerate(SAID):
        for each in messages(kind.__name__):
            end = -SIGNATURE_BYTES if kind.has_signature else None
            yield bytes([number]) + each[6:end]


@prepared(_said_by_bob, calls=20_000)
def key_message_by_a_member() -> Run:
    """Ack, KeyBox, SasReveal or Sync of a member, well signed, whatever it says."""
    from vectors.making.cast import ADA, BOB

    roster, _ = log_by_ada()
    keys = GroupKeys(roster.call_id, ADA.dev, sign_as("Ada"), ADA.kem, bytes)
    keys.enter(roster, 0.0)
    sign = sign_as("Bob")

    def run(data: bytes) -> None:
        kind = SAID[data[0] % len(SAID)] if data else m.Sync
        body = data[1 : 1 + MAX_BODY]
        for eid in (body[:32], roster.eid):  # as it says, and for the epoch that is now
            whole = pack(kind.kind, eid + body[32:])
            whole += bytes(SIGNATURE_BYTES) if kind.has_signature else b""
            with refused(CryptoError):
                message = kind.parse(whole)
                if isinstance(message, m.SignedMessage):
                    message = message.signed(roster.call_id, sign)
                if isinstance(message, m.Sync):
                    keys.take_sync(BOB.dev, message, 1.0)
                elif isinstance(message, m.Ack | m.KeyBox | m.SasReveal):
                    keys.take(message, 1.0)

    return run


# The way in


def _greeted() -> tuple[Caller, Callee]:
    caller, callee = Caller(SECRET, EXPORTER, bytes), Callee(EXPORTER, bytes)
    callee.read_hello(caller.hello(), {"": SECRET}, {"": PASSWORD})
    return caller, callee


@target(lambda: said(1))
def hello(data: bytes) -> None:
    """The first word of a stranger."""
    with refused(HandshakeError, codes=("refused",)):
        Callee(EXPORTER, bytes).read_hello(data, {"": SECRET, "other": EXPORTER})


@target(lambda: said(5), calls=4000)
def password_proof(data: bytes) -> None:
    """A stranger tries a password."""
    _, callee = _greeted()
    callee.ask_password()
    with refused(HandshakeError, codes=("malformed", "password_wrong")):
        callee.read_password(data)


@target(lambda: said(2, 3, 4, 8), calls=4000)
def answer(data: bytes) -> None:
    """Whatever the other side says to a hello."""
    caller, _ = _greeted()
    with refused(HandshakeError):
        caller.read_answer(data).verify(EXPORTER)
    caller, _ = _greeted()
    with refused(HandshakeError, codes=("malformed",)):
        caller.prove_password(data, PASSWORD)


@target(lambda: said(6, 7), calls=6000)
def password_verdict(data: bytes) -> None:
    """Whatever the other side says to a password."""
    caller, callee = _greeted()
    caller.prove_password(callee.ask_password(), PASSWORD)
    with refused(HandshakeError):
        caller.read_verdict(data)
        raise AssertionError("a forged verdict was taken")


def _first_flight() -> list[bytes]:
    return [Channel.initiate().outgoing()]


@prepared(_first_flight, longest=20_000, memory=1024 * KIB)
def channel_of_a_stranger() -> Run:
    """The first bytes on a connection."""
    channel = Channel.accept()

    def run(data: bytes) -> None:
        with refused(ChannelError):
            assert channel.receive(data) == []
        assert not channel.established

    return run


@prepared(
    lambda: [b"\0\0\0\2hi" * 3, b"\0\0\0\0", b"\0\0\x10\0" + bytes(4096), b"\xff" * 4],
    longest=70_000,
    calls=40_000,
    memory=1024 * KIB,
)
def messages_of_a_stranger() -> Run:
    """What stands inside TLS: lengths and messages."""
    one, other = Channel.initiate(), Channel.accept()
    for _ in range(3):
        other.receive(one.outgoing())
        one.receive(other.outgoing())

    def run(data: bytes) -> None:
        if data:
            one._tls.sendall(data)
        with refused(ChannelError, codes=("too_long", "flood")):
            found = other.receive(one.outgoing())
            whole = b"".join(len(each).to_bytes(4, "big") + each for each in found)
            assert data.startswith(whole)
            assert all(len(each) <= 4096 for each in found)

    return run


# Links and codes that people paste or show


def _links() -> list[bytes]:
    return [case["given"]["link"].encode() for case in vectors("links")]


@target(_links)
def invitation(data: bytes) -> None:
    """A link as people paste it."""
    text = data.decode("utf-8", "surrogateescape")
    with refused(InviteError):
        invite = Invite.parse(text)
        assert Invite.parse(invite.link()) == invite


@target(lambda: [case["gives"]["text"].encode() for case in vectors("shown_codes")])
def shown_code(data: bytes) -> None:
    """What a camera read from somebody's screen."""
    text = data.decode("utf-8", "surrogateescape")
    with refused(MalformedError):
        assert ShownCode.parse(text).text() == text


# Sealed frames


def _frames() -> list[bytes]:
    return [
        bytes([case["given"]["context"]]) + bytes.fromhex(case["gives"]["sealed"])
        for case in vectors("frames")
    ]


@target(_frames, longest=65_536, memory=512 * KIB)
def sealed_frame(data: bytes) -> None:
    """A frame by anybody on the network: the first byte tells where it came from."""
    opener = Opener(OPENSSL)
    for generation in (1, 17):
        opener.add(3, generation, BASE_KEY)
    opener.open(data[0] if data else 0, 1, data[1:])
    claimed = peek(data)
    if claimed is not None:
        assert key_id(*claimed) == decode_header(data[1:])[0]


@target(lambda: [bytes.fromhex(case["gives"]["sealed"])[1:] for case in vectors("frames")])
def sframe(data: bytes) -> None:
    """The header of RFC 9605, and what stands behind it."""
    with refused(CryptoError):
        kid, ctr, size = decode_header(data)
        assert encode_header(kid, ctr) == data[:size]
        OpeningKey(BASE_KEY, kid, OPENSSL).open(data, b"")
        raise AssertionError("a forgery was opened")


@target(lambda: [bytes(7), bytes(6) + b"\1x" + bytes(24)], longest=65_536, memory=1024 * KIB)
def frame_by_a_member(data: bytes) -> None:
    """What a member with the right key may have sealed."""
    sealer, opener = Sealer(OPENSSL), Opener(OPENSSL)
    sealer.use(3, 1, BASE_KEY)
    opener.add(3, 1, BASE_KEY)
    key = SealingKey(BASE_KEY, key_id(1, 3, 1), OPENSSL)
    sealed = b"\0" + key.seal(data, DOMAIN + bytes([1, 2, 0]))
    opened = opener.open(1, 2, sealed)
    if not isinstance(opened, str):
        assert data[7:].startswith(opened.frame)


# The vault


def _vault_files() -> list[bytes]:
    return [bytes.fromhex(case["gives"]["file"]) for case in vectors("vaults")]


@target(_vault_files, longest=65_536, memory=512 * KIB)
def vault(data: bytes) -> None:
    """A vault file that somebody had in their hands."""
    with refused(VaultError):
        open_vault(data, VaultKey.from_system(bytes(32)))
        raise AssertionError("a forged vault was opened")


def _vault_contents() -> list[bytes]:
    return [bytes.fromhex(case["gives"]["bytes"]) for case in vectors("vault_contents")]


@target(_vault_contents, longest=65_536, calls=40_000, memory=2048 * KIB)
def vault_content(data: bytes) -> None:
    """What stands in a vault, if its key is somebody else's too."""
    parses(Secrets.parse, data, Secrets.encode)
