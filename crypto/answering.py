"""The answering side of a handshake: nothing is said of who answers until the caller is proven."""

from collections.abc import Callable, Mapping
from typing import Final

from crypto import sodium
from crypto.cpace import SHARE_BYTES, Exchange
from crypto.errors import HandshakeError, MalformedError
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

MOST_SECRETS: Final = 256  # open at one time; all are tried for every caller


class Callee:
    """The side that was connected to: read_hello(), then answer(), each once.

    In between, if the secret `needs_password`: ask_password(), then read_password().
    """

    def __init__(self, exporter: bytes, random: sodium.Random) -> None:
        self._transcript = Transcript(exporter)
        self._random = random
        self._caller_nonce = b""
        self._nonce = b""
        self._proofs: Proofs | None = None
        self._password = b""
        self._exchange: Exchange | None = None
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

    @property
    def needs_password(self) -> bool:
        """Tell whether the caller must prove a password before it is answered."""
        return bool(self._password)

    def read_hello(
        self,
        message: bytes,
        secrets: Mapping[str, bytes],
        passwords: Mapping[str, bytes] | None = None,
    ) -> str:
        """Return the label of the secret that the caller has proven to know.

        `passwords` has, by the same labels, what must be proven besides (crypto.cpace.prepared).
        Raises HandshakeError with the code `refused` for whatever else comes; the answer to that
        is refuse(). All secrets, at most 256, are tried, so time does not tell which one fits.
        """
        self._state = turn(self._state, "new", "failed")
        if len(secrets) > MOST_SECRETS:
            raise ValueError(f"at most {MOST_SECRETS} secrets are open at one time")
        try:
            reader = opened(message, HELLO)
            versions, nonce = reader.vector(MOST_VERSIONS), reader.fixed(NONCE_BYTES)
            tag, proof = reader.fixed(TAG_BYTES), reader.fixed(PROOF_BYTES)
            reader.end()
        except MalformedError as error:
            raise HandshakeError("refused", "this is no hello") from error
        if VERSION not in versions:
            raise HandshakeError("refused", "this is no hello of our version")
        found = ""
        for name, secret in secrets.items():
            proofs = Proofs(secret, self._transcript.exporter)
            fits = sodium.equal(tag + proof, proofs.tag() + proofs.caller(versions, nonce))
            if fits:
                found, self._proofs = name, proofs
        if self._proofs is None:
            raise HandshakeError("refused", "no open secret fits")
        self._password = (passwords or {}).get(found, b"")
        self._caller_nonce = nonce
        self._transcript.add(message)
        self._state = "locked" if self._password else "greeted"
        return found

    def ask_password(self) -> bytes:
        """Return the question for the password. It says nothing about who asks."""
        self._state = turn(self._state, "locked", "asking")
        self._exchange = password_exchange(self._transcript, self._password, self._random)
        message = pack(PASSWORD_SHARE, self._exchange.share)
        self._transcript.add(message)
        return message

    def read_password(self, message: bytes, allowed: bool = True) -> bytes:
        """Return what to say to a caller who knows the password, right before the answer.

        Raises HandshakeError: `password_wrong` if it does not, or if no password is `allowed`; the
        answer to that is refuse_password(). `malformed` for anything that is no try at all.
        """
        self._state = turn(self._state, "asking", "failed")
        if self._exchange is None or self._proofs is None:
            raise ValueError("nobody was asked")
        try:
            reader = opened(message, PASSWORD_PROOF)
            key = self._exchange.key_as_initiator(reader.fixed(SHARE_BYTES))
            proof = reader.fixed(PROOF_BYTES)
            reader.end()
        except MalformedError as error:
            raise HandshakeError("malformed", str(error)) from error
        self._proofs.strengthen(key)
        self._transcript.add(message[:-PROOF_BYTES])
        fits = sodium.equal(proof, self._proofs.caller_password(self.transcript))
        self._transcript.add(proof)
        if not (fits and allowed):
            self._state = "wrong"
            raise HandshakeError("password_wrong", "the password does not fit")
        accepted = pack(PASSWORD_ACCEPTED, self._proofs.callee_password(self.transcript))
        self._transcript.add(accepted)
        self._state = "greeted"
        return accepted

    def refuse_password(self, left: int) -> bytes:
        """Return the answer to a wrong password; `left` more tries are allowed, 0 to 255."""
        self._state = turn(self._state, "wrong", "refused")
        if self._proofs is None:
            raise ValueError("nobody has said hello")
        proof = self._proofs.refusal(self.transcript, left)
        return pack(PASSWORD_REFUSED, Writer().uint(left, 1).fixed(proof, PROOF_BYTES).body())

    def close(self, reason: ClosedReason) -> bytes:
        """Return the answer to a caller whose secret is known and opens no more.

        It is proven with that secret, and says nothing about who answers.
        """
        greeted = "locked" if self._password else "greeted"
        self._state = turn(self._state, greeted, "closed")
        if self._proofs is None:
            raise ValueError("nobody has said hello")
        nonce = self._random(NONCE_BYTES)
        proof = self._proofs.closed(self._caller_nonce, nonce, reason)
        writer = Writer().uint(reason, 1).fixed(nonce, NONCE_BYTES).fixed(proof, PROOF_BYTES)
        return pack(CLOSED, writer.body())

    def answer(self, body: bytes, sign: Callable[[bytes], bytes]) -> bytes:
        """Return the answer: challenge, proof, body (at most 3072 bytes) and signature.

        `sign` signs with the answering device's call key. ValueError before a good hello, and
        before the password that goes with its secret was proven.
        """
        self._state = turn(self._state, "greeted", "answered")
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
        return DENY_MESSAGE
