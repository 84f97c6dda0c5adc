"""What is said until somebody is in: who the host is, who asks to be let in, the answer."""

from dataclasses import dataclass, field
from enum import IntEnum, IntFlag
from typing import ClassVar, Self

from crypto import hpke, sodium
from crypto.envelope import Message, Sign, SignedMessage
from crypto.errors import ForgedError, MalformedError
from crypto.identity import device_id
from crypto.kdf import label, labelled_hash
from crypto.wire import MAX_BODY, Address, Reader, Writer

TITLE_BYTES = 120  # UTF-8, a title that fits a window's head
NAME_BYTES = 64  # UTF-8
CALL_ID_BYTES = 32
DEV_BYTES = 16
EID_BYTES = 32
KEY_BYTES = 32  # an Ed25519 public key
SECRET_BYTES = 32
CHALLENGE_BYTES = 16  # the host's nonce in the handshake
JOIN_ID_BYTES = 16
MOST_ADDRESSES = 4
GENESIS_BYTES = 1024  # more than any genesis is long
ABOUT_BYTES = 255  # more than any About is long
JOIN_REQUEST_BYTES = 2048  # more than any join request is long


class DenyReason(IntEnum):
    """Why a door stays shut; the words for people are the app's."""

    REFUSED_BY_HOST = 1
    INVITE_UNKNOWN = 2
    INVITE_USED = 3
    INVITE_EXPIRED = 4
    LOCKED = 5
    FULL = 6
    REMOVED = 7
    MEETING_OVER = 8
    VERSION = 9
    PASSWORD = 10


class AboutFlag(IntFlag):
    """What a visitor should know before knocking."""

    LOCKED = 1
    LOBBY = 2
    PASSWORD = 4


NOTHING_SPECIAL = AboutFlag(0)


@dataclass(frozen=True, kw_only=True)
class Denied(Message):
    """You are not let in."""

    kind: ClassVar[int] = 16
    reason: DenyReason

    def write(self, writer: Writer) -> None:
        """Reason u8."""
        writer.uint(self.reason, 1)

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Refuse reasons nobody knows."""
        return cls(reason=reader.choice(DenyReason))


@dataclass(frozen=True, kw_only=True)
class About(Message):
    """What the host tells of the meeting to somebody who holds its secret."""

    kind: ClassVar[int] = 17
    title: str  # at most 120 bytes
    host_name: str  # at most 64 bytes
    people: int  # how many are in now
    flags: AboutFlag = NOTHING_SPECIAL

    def write(self, writer: Writer) -> None:
        """Title, host's name, people u8, flags u8."""
        writer.line(self.title, TITLE_BYTES).line(self.host_name, NAME_BYTES)
        writer.uint(self.people, 1).uint(self.flags, 1)

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Take what `write` wrote."""
        return cls(
            title=reader.line(TITLE_BYTES),
            host_name=reader.line(NAME_BYTES),
            people=reader.uint(1),
            flags=AboutFlag(reader.flag_bits(7, 1)),
        )


@dataclass(frozen=True, kw_only=True)
class HostBody(Message):
    """The body of a host's answer in the handshake."""

    kind: ClassVar[int] = 18
    genesis: bytes
    about: bytes
    request: bytes = b""  # of a leader who did not open the meeting: its JoinRequest

    def write(self, writer: Writer) -> None:
        """Three objects as bytes."""
        writer.vector(self.genesis, GENESIS_BYTES).vector(self.about, ABOUT_BYTES)
        writer.vector(self.request, JOIN_REQUEST_BYTES)

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """The objects inside are parsed by whoever needs them: see `crypto.leading`."""
        return cls(
            genesis=reader.vector(GENESIS_BYTES),
            about=reader.vector(ABOUT_BYTES),
            request=reader.vector(JOIN_REQUEST_BYTES),
        )


@dataclass(frozen=True, kw_only=True)
class MemberBody(Message):
    """The body of a member's answer in the handshake: which device answers."""

    kind: ClassVar[int] = 19
    dev: bytes

    def write(self, writer: Writer) -> None:
        """Dev 16."""
        writer.fixed(self.dev, DEV_BYTES)

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Take what `write` wrote."""
        return cls(dev=reader.fixed(DEV_BYTES))


@dataclass(frozen=True, kw_only=True)
class JoinRequest(SignedMessage):
    """A device asks for a seat; signed by its identity key, kept by all while it has one."""

    kind: ClassVar[int] = 20
    call_id: bytes
    device_key: bytes  # D
    call_key: bytes  # CSK, vouched for by D's signature here
    kem_public: bytes  # the first X-Wing key, 1216 bytes
    name: str  # as claimed; not empty, at most 64 bytes
    capabilities: int = 0  # u32, none defined yet
    addresses: tuple[Address, ...] = ()  # where the device listens, at most 4
    challenge: bytes  # the host's nonce in the handshake
    join_id: bytes  # 16 random bytes, once per request

    @property
    def dev(self) -> bytes:
        """The device's short id."""
        return device_id(self.device_key)

    def write(self, writer: Writer) -> None:
        """Fields in the order of their declaration."""
        writer.fixed(self.call_id, CALL_ID_BYTES)
        writer.fixed(self.device_key, KEY_BYTES).fixed(self.call_key, KEY_BYTES)
        writer.fixed(self.kem_public, hpke.PUBLIC_BYTES)
        if not self.name.strip():
            raise ValueError("a name is not empty")
        writer.line(self.name, NAME_BYTES).uint(self.capabilities, 4)
        writer.addresses(self.addresses, MOST_ADDRESSES)
        writer.fixed(self.challenge, CHALLENGE_BYTES).fixed(self.join_id, JOIN_ID_BYTES)

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Refuse an empty name and addresses that are not canonical."""
        request = cls(
            call_id=reader.fixed(CALL_ID_BYTES),
            device_key=reader.fixed(KEY_BYTES),
            call_key=reader.fixed(KEY_BYTES),
            kem_public=reader.fixed(hpke.PUBLIC_BYTES),
            name=reader.line(NAME_BYTES),
            capabilities=reader.uint(4),
            addresses=reader.addresses(MOST_ADDRESSES),
            challenge=reader.fixed(CHALLENGE_BYTES),
            join_id=reader.fixed(JOIN_ID_BYTES),
        )
        if not request.name.strip():
            raise MalformedError("a name is empty")
        return request

    def check(self, call_id: bytes) -> None:
        """Raise ForgedError or MalformedError unless this is a good request for this meeting.

        Good: for this call, signed by the device key in it, with a KEM key one can seal to.
        Whether challenge and join_id are fresh is for the host (`challenge`) and the roster.
        """
        if self.call_id != call_id:
            raise ForgedError("request is for another meeting")
        self.verify(self.device_key, call_id)
        hpke.check_public(self.kem_public)


@dataclass(frozen=True, kw_only=True)
class Join(Message):
    """The caller's last word in the handshake with a host: a request, tied to this channel."""

    kind: ClassVar[int] = 21
    request: bytes  # JoinRequest
    auth: bytes  # signature by D over LABEL("auth I", T, request)

    @classmethod
    def create(cls, request: bytes, transcript: bytes, sign_identity: Sign) -> Self:
        """Tie a signed request to the handshake whose transcript is given."""
        return cls(request=request, auth=sign_identity(label("auth I", transcript, request)))

    def write(self, writer: Writer) -> None:
        """Request, signature 64."""
        writer.vector(self.request, JOIN_REQUEST_BYTES).fixed(self.auth, 64)

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """The request inside is parsed by `verify`."""
        return cls(request=reader.vector(JOIN_REQUEST_BYTES), auth=reader.fixed(64))

    def verify(self, transcript: bytes, challenge: bytes, call_id: bytes) -> JoinRequest:
        """Return the request if it is good, answers `challenge` and was made for this channel.

        Raises MalformedError or ForgedError.
        """
        request = JoinRequest.parse(self.request)
        request.check(call_id)
        if not sodium.equal(request.challenge, challenge):
            raise ForgedError("request answers another challenge")
        sodium.verify(self.auth, label("auth I", transcript, self.request), request.device_key)
        return request


@dataclass(frozen=True, kw_only=True)
class MemberAuth(Message):
    """The caller's last word in the handshake between members."""

    kind: ClassVar[int] = 22
    call_id: bytes
    dev: bytes
    eid: bytes  # where the caller's log stands
    auth: bytes  # signature by the caller's CSK over LABEL("auth I", T, call_id, dev, eid)

    @classmethod
    def create(cls, call_id: bytes, dev: bytes, eid: bytes, transcript: bytes, sign: Sign) -> Self:
        """Prove to hold a seat in the handshake whose transcript is given."""
        auth = sign(label("auth I", transcript, call_id, dev, eid))
        return cls(call_id=call_id, dev=dev, eid=eid, auth=auth)

    def write(self, writer: Writer) -> None:
        """Fields in the order of their declaration."""
        writer.fixed(self.call_id, CALL_ID_BYTES).fixed(self.dev, DEV_BYTES)
        writer.fixed(self.eid, EID_BYTES).fixed(self.auth, 64)

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Take what `write` wrote."""
        return cls(
            call_id=reader.fixed(CALL_ID_BYTES),
            dev=reader.fixed(DEV_BYTES),
            eid=reader.fixed(EID_BYTES),
            auth=reader.fixed(64),
        )

    def verify(self, call_key: bytes, transcript: bytes, call_id: bytes) -> None:
        """Raise ForgedError unless the member whose CSK is given made this for this channel."""
        if self.call_id != call_id:
            raise ForgedError("proof is for another meeting")
        sodium.verify(self.auth, label("auth I", transcript, call_id, self.dev, self.eid), call_key)


@dataclass(frozen=True, kw_only=True)
class Welcome(Message):
    """Everything a newcomer needs to be a member: see `Roster.from_welcome`."""

    kind: ClassVar[int] = 23
    genesis: bytes
    state: bytes  # the roster before `block`, which the newcomer's own block turns into this one
    block: bytes  # the block that ADDs the newcomer
    call_secret: bytes = field(repr=False)

    def write(self, writer: Writer) -> None:
        """Fields in the order of their declaration."""
        writer.vector(self.genesis, GENESIS_BYTES)
        writer.vector(self.state, MAX_BODY).vector(self.block, MAX_BODY)
        writer.fixed(self.call_secret, SECRET_BYTES)

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """What is inside is parsed and verified by `Roster.from_welcome`."""
        return cls(
            genesis=reader.vector(GENESIS_BYTES),
            state=reader.vector(MAX_BODY),
            block=reader.vector(MAX_BODY),
            call_secret=reader.fixed(SECRET_BYTES),
        )


def used_join_id(call_id: bytes, join_id: bytes) -> bytes:
    """Return the 8 bytes under which a log remembers a join id."""
    return labelled_hash("join", call_id, join_id)[:8]
