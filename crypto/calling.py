"""The calling side of a handshake: prove a secret, perhaps a password, and learn who answers."""

from dataclasses import dataclass, field

from crypto import sodium
from crypto.cpace import SHARE_BYTES
from crypto.errors import ForgedError, HandshakeError, MalformedError, WrongPasswordError
from crypto.kdf import label
from crypto.proofs import (
    CLOSED,
    DENY_MESSAGE,
    HELLO,
    HELLO_ACK,
    MAX_BODY,
    MOST_VERSIONS,
    NONCE_BYTES,
    PASSWORD_ACCEPTED,
    PASSWORD_PROOF,
    PASSWORD_REFUSED,
    PASSWORD_SHARE,
    PROOF_BYTES,
    PUBLIC_PASSWORD_SECRET,
    TAG_BYTES,
    VERSION,
    ClosedReason,
    Proofs,
    Transcript,
    opened,
    password_exchange,
    turn,
)
from crypto.wire import Writer, pack


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


def asks_password(message: bytes) -> bool:
    """Tell whether this is how a callee asks for a password."""
    return message[:1] == bytes([PASSWORD_SHARE])


class Caller:
    """The side that opened the connection: hello(), then read_answer(), each once.

    In between, if the callee asks_password(): prove_password(), then read_verdict().
    """

    def __init__(self, secret: bytes, exporter: bytes, random: sodium.Random) -> None:
        self._proofs = Proofs(secret, exporter)
        self._only_by_password = secret == PUBLIC_PASSWORD_SECRET
        self._transcript = Transcript(exporter)
        self._random = random
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
        self._state = turn(self._state, "new", "called")
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

    def prove_password(self, message: bytes, password: bytes) -> bytes:
        """Return the proof of a password (crypto.cpace.prepared) that the callee asked for.

        It tells the callee whether both know the same one, and nothing else. Raises HandshakeError
        (`malformed`) for anything but an honest share.
        """
        exchange = password_exchange(self._transcript, password, self._random)
        self._state = turn(self._state, "called", "failed")
        try:
            reader = opened(message, PASSWORD_SHARE)
            key = exchange.key_as_responder(reader.fixed(SHARE_BYTES))
            reader.end()
        except MalformedError as error:
            raise HandshakeError("malformed", str(error)) from error
        self._proofs.strengthen(key)
        self._transcript.add(message)
        unproven = pack(PASSWORD_PROOF, exchange.share + bytes(PROOF_BYTES))[:-PROOF_BYTES]
        self._transcript.add(unproven)
        proof = self._proofs.caller_password(self.transcript)
        self._transcript.add(proof)
        self._state = "proving"
        return unproven + proof

    def read_verdict(self, message: bytes) -> None:
        """Take what the callee says to the password; its answer follows.

        Raises WrongPasswordError if it refuses, HandshakeError `forged` if it does not know the
        password itself, `malformed` for anything else.
        """
        self._state = turn(self._state, "proving", "failed")
        refused = message[:1] == bytes([PASSWORD_REFUSED])
        try:
            reader = opened(message, PASSWORD_REFUSED if refused else PASSWORD_ACCEPTED)
            left = reader.uint(1) if refused else 0
            proof = reader.fixed(PROOF_BYTES)
            reader.end()
        except MalformedError as error:
            raise HandshakeError("malformed", str(error)) from error
        proofs, said = self._proofs, self.transcript
        expected = proofs.refusal(said, left) if refused else proofs.callee_password(said)
        if not sodium.equal(proof, expected):
            raise HandshakeError("forged", "the other side does not know secret and password")
        if refused:
            raise WrongPasswordError(left)
        self._transcript.add(message)
        self._state = "proven"

    def read_answer(self, message: bytes) -> Answer:
        """Take the callee's answer; whether it is by the right person, verify() tells.

        Raises HandshakeError: `refused` if the callee does not know the secret or the version,
        `expired` if it does not open to the secret any more, `password_needed` if it asks for a
        password, `forged` if it does not prove what it must, `malformed` for anything else.
        """
        proven = self._state == "proven"
        self._state = turn(self._state, "proven" if proven else "called", "failed")
        if not proven:
            self._read_no(message)
        try:
            reader = opened(message, HELLO_ACK)
            version, nonce = reader.uint(1), reader.fixed(NONCE_BYTES)
            proof = reader.fixed(PROOF_BYTES)
            content = reader.vector(MAX_BODY)
            signature = reader.fixed(sodium.SIGNATURE_BYTES)
            reader.end()
        except MalformedError as error:
            raise HandshakeError("malformed", str(error)) from error
        if version != VERSION:
            raise HandshakeError("malformed", "this is no answer to a hello")
        if not sodium.equal(proof, self._proofs.callee(self._nonce, nonce)):
            raise HandshakeError("forged", "the other side does not know the secret")
        if self._only_by_password and not proven:
            raise HandshakeError("forged", "the other side did not prove the password")
        self._transcript.add(message[: -sodium.SIGNATURE_BYTES])
        signed = label("auth R", self.transcript)
        self._transcript.add(signature)
        self._state = "answered"
        return Answer(content, signature, signed, nonce)

    def _read_no(self, message: bytes) -> None:
        """Raise HandshakeError if this is one of the ways in which a callee does not answer."""
        if message == DENY_MESSAGE:
            raise HandshakeError("refused", "the other side does not open")
        if message[:1] not in (bytes([PASSWORD_SHARE]), bytes([CLOSED])):
            return
        try:
            if asks_password(message):
                reader = opened(message, PASSWORD_SHARE)
                reader.fixed(SHARE_BYTES)
                reader.end()
                raise HandshakeError("password_needed", "the other side asks for a password")
            reader = opened(message, CLOSED)
            reason, nonce = reader.choice(ClosedReason), reader.fixed(NONCE_BYTES)
            proof = reader.fixed(PROOF_BYTES)
            reader.end()
        except MalformedError as error:
            raise HandshakeError("malformed", str(error)) from error
        if not sodium.equal(proof, self._proofs.closed(self._nonce, nonce, reason)):
            raise HandshakeError("forged", "the other side does not know the secret")
        raise HandshakeError("expired", "the other side does not open to this any more")
