"""The proof of identity inside a fresh channel, bound to that channel by its exporter value.

The caller first proves that it knows a secret (of an invitation, a contact or the call); only then
does the callee answer, with the same proof and with a signature over everything said so far.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from crypto import sodium
from crypto.errors import ForgedError, HandshakeCode, HandshakeError, MalformedError
from crypto.kdf import hkdf, label, labelled_hash, mac
from crypto.wire import Reader, Writer, pack, unpack

__all__ = ["PUBLIC_SECRET", "Answer", "Callee", "Caller", "HandshakeCode", "HandshakeError"]

HELLO: Final = 1  # type bytes on the wire
HELLO_ACK: Final = 2
DENY: Final = 3

VERSION: Final = 1  # of the protocol as a whole
MOST_VERSIONS: Final = 8
NONCE_BYTES: Final = 16
TAG_BYTES: Final = 8
PROOF_BYTES: Final = 32
EXPORTER_BYTES: Final = 32
MAX_BODY: Final = 3072  # an answer stays below the 4 KiB that a stranger may send
MOST_SECRETS: Final = 256  # open at one time; all are tried for every caller

PUBLIC_SECRET: Final = labelled_hash("anyone on this network")
"""What opens a meeting for anyone on this network. No secret at all: it only keeps one way in."""

_DENY: Final = pack(DENY, b"")


class _Proofs:
    """What the holders of one secret can say on one channel."""

    def __init__(self, secret: bytes, exporter: bytes) -> None:
        self._key = hkdf(b"", secret, label("auth"), 32)
        self._exporter = exporter

    def tag(self) -> bytes:
        """Which secret is meant, for those who know it."""
        return mac(self._key, label("tag", self._exporter))[:TAG_BYTES]

    def caller(self, versions: bytes, nonce: bytes) -> bytes:
        """Return the caller's proof."""
        return mac(self._key, label("inv I", self._exporter, versions, nonce))

    def callee(self, caller_nonce: bytes, nonce: bytes) -> bytes:
        """Return the callee's proof."""
        return mac(self._key, label("inv R", self._exporter, caller_nonce, nonce))


class _Transcript:
    """The channel's exporter value and every byte said in it so far."""

    def __init__(self, exporter: bytes) -> None:
        if len(exporter) != EXPORTER_BYTES:
            raise ValueError(f"an exporter value has {EXPORTER_BYTES} bytes")
        self.exporter = exporter
        self._said: list[bytes] = []

    def add(self, said: bytes) -> None:
        self._said.append(said)

    def digest(self) -> bytes:
        return labelled_hash("transcript", self.exporter, *self._said)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the callee said after the caller's proof; trust `body` only after verify().

    The body is the callee's own: it names the key that verify() must be called with, and that key
    must in turn be vouched for by an identity the caller expects.
    """

    body: bytes
    signature: bytes = field(repr=False)
    signed: bytes = field(repr=False)
    nonce: bytes = field(repr=False)
    """The callee's challenge, 16 bytes; a join request carries it."""

    def verify(self, public_key: bytes) -> None:
        """Raise HandshakeError (`forged`) unless the holder of this Ed25519 key said it, here."""
        try:
            sodium.verify(self.signature, self.signed, public_key)
        except ForgedError as error:
            raise HandshakeError("forged", "the answer is not by who it says") from error


class Caller:
    """The side that opened the connection: hello(), then read_answer(), each once."""

    def __init__(self, secret: bytes, exporter: bytes, random: sodium.Random) -> None:
        self._proofs = _Proofs(secret, exporter)
        self._transcript = _Transcript(exporter)
        self._nonce = random(NONCE_BYTES)
        self._state = "new"

    def __repr__(self) -> str:
        return f"<Caller {self._state}>"

    @property
    def transcript(self) -> bytes:
        """The hash of the channel and all that was said in it so far: 32 bytes."""
        return self._transcript.digest()

    def hello(self) -> bytes:
        """Return the first message. It says nothing about who calls."""
        self._state = _next(self._state, "new", "called")
        versions = bytes([VERSION])
        message = pack(
            HELLO,
            Writer()
            .vector(versions, MOST_VERSIONS)
            .fixed(self._nonce, NONCE_BYTES)
            .fixed(self._proofs.tag(), TAG_BYTES)
            .fixed(self._proofs.caller(versions, self._nonce), PROOF_BYTES)
            .body(),
        )
        self._transcript.add(message)
        return message

    def read_answer(self, message: bytes) -> Answer:
        """Take the callee's answer; whether it is by the right person, verify() tells.

        Raises HandshakeError: `refused` if the callee does not know the secret or the version,
        `forged` if it does not prove the secret, `malformed` for anything else.
        """
        self._state = _next(self._state, "called", "failed")
        if message == _DENY:
            raise HandshakeError("refused", "the other side does not open")
        try:
            kind, body, _ = unpack(message)
            reader = Reader(body)
            version, nonce = reader.uint(1), reader.fixed(NONCE_BYTES)
            proof = reader.fixed(PROOF_BYTES)
            content = reader.vector(MAX_BODY)
            signature = reader.fixed(sodium.SIGNATURE_BYTES)
            reader.end()
        except MalformedError as error:
            raise HandshakeError("malformed", str(error)) from error
        if kind != HELLO_ACK or version != VERSION:
            raise HandshakeError("malformed", "this is no answer to a hello")
        if not sodium.equal(proof, self._proofs.callee(self._nonce, nonce)):
            raise HandshakeError("forged", "the other side does not know the secret")
        self._transcript.add(message[: -sodium.SIGNATURE_BYTES])
        signed = label("auth R", self.transcript)
        self._transcript.add(signature)
        self._state = "answered"
        return Answer(content, signature, signed, nonce)


class Callee:
    """The side that was connected to: read_hello(), then answer(), each once."""

    def __init__(self, exporter: bytes, random: sodium.Random) -> None:
        self._transcript = _Transcript(exporter)
        self._random = random
        self._caller_nonce = b""
        self._nonce = b""
        self._proofs: _Proofs | None = None
        self._state = "new"

    def __repr__(self) -> str:
        return f"<Callee {self._state}>"

    @property
    def transcript(self) -> bytes:
        """The hash of the channel and all that was said in it so far: 32 bytes."""
        return self._transcript.digest()

    @property
    def nonce(self) -> bytes:
        """The challenge in the answer, 16 bytes: a join request must carry it."""
        if not self._nonce:
            raise ValueError("nothing was answered yet")
        return self._nonce

    def read_hello(self, message: bytes, secrets: Mapping[str, bytes]) -> str:
        """Return the label of the secret that the caller has proven to know.

        Raises HandshakeError with the code `refused` for whatever else comes; the answer to that
        is refuse(). All secrets, at most 256, are tried, so time does not tell which one fits.
        """
        self._state = _next(self._state, "new", "failed")
        if len(secrets) > MOST_SECRETS:
            raise ValueError(f"at most {MOST_SECRETS} secrets are open at one time")
        try:
            kind, body, _ = unpack(message)
            reader = Reader(body)
            versions, nonce = reader.vector(MOST_VERSIONS), reader.fixed(NONCE_BYTES)
            tag, proof = reader.fixed(TAG_BYTES), reader.fixed(PROOF_BYTES)
            reader.end()
        except MalformedError as error:
            raise HandshakeError("refused", "this is no hello") from error
        if kind != HELLO or VERSION not in versions:
            raise HandshakeError("refused", "this is no hello of our version")
        found = ""
        for name, secret in secrets.items():
            proofs = _Proofs(secret, self._transcript.exporter)
            fits = sodium.equal(tag + proof, proofs.tag() + proofs.caller(versions, nonce))
            if fits:
                found, self._proofs = name, proofs
        if self._proofs is None:
            raise HandshakeError("refused", "no open secret fits")
        self._caller_nonce = nonce
        self._transcript.add(message)
        self._state = "greeted"
        return found

    def answer(self, body: bytes, sign: Callable[[bytes], bytes]) -> bytes:
        """Return the answer: challenge, proof, body (at most 3072 bytes) and signature.

        `sign` signs with the answering device's call key. ValueError before a good hello.
        """
        self._state = _next(self._state, "greeted", "answered")
        if self._proofs is None:
            raise ValueError("nobody has said hello")
        self._nonce = self._random(NONCE_BYTES)
        writer = (
            Writer()
            .uint(VERSION, 1)
            .fixed(self._nonce, NONCE_BYTES)
            .fixed(self._proofs.callee(self._caller_nonce, self._nonce), PROOF_BYTES)
            .vector(body, MAX_BODY)
        )
        unsigned = pack(HELLO_ACK, writer.body() + bytes(sodium.SIGNATURE_BYTES))
        unsigned = unsigned[: -sodium.SIGNATURE_BYTES]
        self._transcript.add(unsigned)
        signature = sign(label("auth R", self.transcript))
        if len(signature) != sodium.SIGNATURE_BYTES:
            raise ValueError(f"a signature has {sodium.SIGNATURE_BYTES} bytes")
        self._transcript.add(signature)
        return unsigned + signature

    def refuse(self) -> bytes:
        """Return what every caller gets who proves nothing: always the same bytes."""
        return _DENY


def _next(state: str, expected: str, then: str) -> str:
    if state != expected:
        raise ValueError(f"a handshake goes step by step; this one is {state}")
    return then
