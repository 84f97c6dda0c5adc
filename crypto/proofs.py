"""What both sides of a handshake share: its messages, its proofs, and all that was said so far."""

from enum import IntEnum
from typing import Final

from crypto import sodium
from crypto.cpace import Exchange
from crypto.errors import MalformedError
from crypto.kdf import hkdf, label, labelled_hash, mac
from crypto.wire import Reader, pack, unpack

HELLO: Final = 1  # type bytes on the wire
HELLO_ACK: Final = 2
DENY: Final = 3
PASSWORD_SHARE: Final = 4
PASSWORD_PROOF: Final = 5
PASSWORD_ACCEPTED: Final = 6
PASSWORD_REFUSED: Final = 7
CLOSED: Final = 8

VERSION: Final = 1  # of the protocol as a whole
MOST_VERSIONS: Final = 8
NONCE_BYTES: Final = 16
TAG_BYTES: Final = 8
PROOF_BYTES: Final = 32
EXPORTER_BYTES: Final = 32
MAX_BODY: Final = 3072  # an answer stays below the 4 KiB that a stranger may send

PUBLIC_SECRET: Final = labelled_hash("anyone on this network")
"""What opens a meeting for anyone on this network. No secret at all: it only keeps one way in."""

PUBLIC_PASSWORD_SECRET: Final = labelled_hash("anyone on this network who knows the password")
"""The same for a meeting with a password; who answers here must know it, too."""

DENY_MESSAGE: Final = pack(DENY, b"")


class ClosedReason(IntEnum):
    """Why a secret that the callee knows opens no more."""

    EXPIRED = 1


class Proofs:
    """What the holders of one secret can say on one channel."""

    def __init__(self, secret: bytes, exporter: bytes) -> None:
        self._key = self._both = hkdf(b"", secret, label("auth"), 32)
        self._exporter = exporter

    def strengthen(self, password_key: bytes) -> None:
        """Prove from now on that the same password is known, too; `password_key` is CPace's."""
        self._both = hkdf(password_key, self._key, label("password key"), 32)

    def tag(self) -> bytes:
        """Which secret is meant, for those who know it: 8 bytes."""
        return mac(self._key, label("tag", self._exporter))[:TAG_BYTES]

    def caller(self, versions: bytes, nonce: bytes) -> bytes:
        """Return the caller's proof."""
        return mac(self._key, label("inv I", self._exporter, versions, nonce))

    def callee(self, caller_nonce: bytes, nonce: bytes) -> bytes:
        """Return the callee's proof."""
        return mac(self._both, label("inv R", self._exporter, caller_nonce, nonce))

    def closed(self, caller_nonce: bytes, nonce: bytes, reason: int) -> bytes:
        """Return the callee's proof that it is the one who says why this secret opens no more."""
        return mac(self._key, label("closed", self._exporter, caller_nonce, nonce, bytes([reason])))

    def caller_password(self, transcript: bytes) -> bytes:
        """Return the caller's confirmation after strengthen()."""
        return mac(self._both, label("password I", transcript))

    def callee_password(self, transcript: bytes) -> bytes:
        """Return the callee's confirmation after strengthen()."""
        return mac(self._both, label("password R", transcript))

    def refusal(self, transcript: bytes, left: int) -> bytes:
        """Return the callee's proof that it is the one who refuses a password."""
        return mac(self._key, label("password refused", transcript, bytes([left])))


class Transcript:
    """The channel's exporter value and every byte said in it so far."""

    def __init__(self, exporter: bytes) -> None:
        if len(exporter) != EXPORTER_BYTES:
            raise ValueError(f"an exporter value has {EXPORTER_BYTES} bytes")
        self.exporter = exporter
        self._said: list[bytes] = []

    def add(self, said: bytes) -> None:
        """Take in the next bytes, whoever said them."""
        self._said.append(said)

    def password_session(self) -> bytes:
        """Return what names one attempt with a password, 32 bytes: the channel and the hello."""
        return labelled_hash("password", self.exporter, *self._said)

    def digest(self) -> bytes:
        """Return the hash of it all, 32 bytes."""
        return labelled_hash("transcript", self.exporter, *self._said)


def password_exchange(transcript: Transcript, password: bytes, random: sodium.Random) -> Exchange:
    """Begin CPace for this channel and this hello, and for no other."""
    channel, session = label("password", transcript.exporter), transcript.password_session()
    return Exchange(password, channel, session, random)


def opened(message: bytes, kind: int) -> Reader:
    """Return a reader of the body; MalformedError for a message of another kind."""
    found, body, _ = unpack(message)
    if found != kind:
        raise MalformedError("this is another message than the one whose turn it is")
    return Reader(body)


def turn(state: str, expected: str, then: str) -> str:
    """Return the next state; ValueError, our own mistake, for steps out of order."""
    if state != expected:
        raise ValueError(f"a handshake goes step by step; this one is {state}")
    return then
