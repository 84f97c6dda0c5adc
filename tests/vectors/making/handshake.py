"""The section about the handshake."""

from collections.abc import Iterator
from typing import Any

from vectors.making.cast import ADA, BOB, Case, case, section, seed, source
from vectors.making.meeting import messages_with_bytes

from crypto.answering import Callee
from crypto.calling import Caller
from crypto.cpace import generator, prepared, product, session_key
from crypto.errors import HandshakeError
from crypto.joining import Join, MemberAuth, MemberBody
from crypto.kdf import hkdf, label
from crypto.proofs import PUBLIC_PASSWORD_SECRET, PUBLIC_SECRET, ClosedReason, Transcript

E, N_I, N_R = seed("exporter"), seed("n_I", 16), seed("n_R", 16)
Y_R, Y_I, BLIND = seed("y_R"), seed("y_I"), seed("blind")
LEFT = 4


def sections() -> dict[str, Case]:
    """Return the section about handshakes."""
    return {
        "handshakes": section(
            "All messages of handshakes in their order. E is the exporter value of the channel, "
            "secret what opens the door, body the answer's HostBody or MemberBody, CSK_R the seed "
            "of the key that signs the answer, then the last message and the seed of its signer. "
            "With a password, y_R and y_I are the secret scalars of CPace, g its generator, and "
            "K_password takes the place of K in the tags and in proof_R.",
            _handshakes(),
        )
    }


def _handshakes() -> Iterator[Case]:
    invited, host = seed("link", 16), messages_with_bytes()["HostBody"]
    yield _handshake("a stranger with an invitation", invited, host)
    yield _handshake("a stranger at a visible meeting", PUBLIC_SECRET, host)
    member = MemberBody(dev=ADA.dev).encode()
    yield _handshake("a member and a member", seed("call secret"), member, _member_auth())
    yield _handshake("the invitation has expired", invited, host, _closed())
    yield _handshake("a password", invited, host, password=" Gru\u0308\u00dfe, Ada ")
    yield _handshake(
        "a visible meeting with a password", PUBLIC_PASSWORD_SECRET, host, password="x"
    )
    yield _handshake(
        "a password that is refused", invited, host, _refused(), password="correct horse"
    )


def _join() -> Case:
    request = messages_with_bytes()["JoinRequest"].hex()
    return {"name": "Join", "request": request, "signer": BOB.seed_of_d.hex()}


def _member_auth() -> Case:
    names = {"call_id": seed("a call id"), "dev": BOB.dev, "eid": seed("an eid")}
    hexed = {name: value.hex() for name, value in names.items()}
    return {"name": "MemberAuth", **hexed, "signer": BOB.seed_of_csk.hex()}


def _closed() -> Case:
    return {"name": "Closed", "reason": int(ClosedReason.EXPIRED)}


def _refused() -> Case:
    return {"name": "PasswordRefused", "left": LEFT}


def _handshake(
    what: str, secret: bytes, body: bytes, then: Case | None = None, password: str = ""
) -> Case:
    given: Case = {
        "secret": secret.hex(),
        "E": E.hex(),
        "versions": "01",
        "n_I": N_I.hex(),
        "then": then or _join(),
    }
    if password:
        given |= {"password": password, "y_R": Y_R.hex(), "y_I": Y_I.hex()}
    if given["then"]["name"] == "Closed":
        given |= {"n_R": N_R.hex()}
    if given["then"]["name"] in ("Join", "MemberAuth"):
        given |= {"n_R": N_R.hex(), "body": body.hex(), "CSK_R": ADA.seed_of_csk.hex()}
    return case(what, given, _held(given, prepared(password) if password else b""))


def _held(given: Case, password: bytes) -> Case:
    """Hold the handshake between our own two sides."""
    secret, then = bytes.fromhex(given["secret"]), given["then"]
    drawn = (Y_I, BLIND) if password else ()
    caller = Caller(secret, E, source(N_I, *drawn))
    callee = Callee(E, source(*((Y_R, BLIND) if password else ()), N_R))
    key = hkdf(b"", secret, label("auth"), 32)
    gives: Case = {"K": key.hex()}
    said = [caller.hello()]
    callee.read_hello(said[0], {"": secret}, {"": password})
    if then["name"] == "Closed":
        said.append(callee.close(ClosedReason(then["reason"])))
        return {**gives, "said": _hexed(said)}
    if password:
        said.append(callee.ask_password())
        said.append(caller.prove_password(said[-1], password))
        gives |= _password_keys(key, password, said)
        if then["name"] == "PasswordRefused":
            _try(callee, said[-1])
            said.append(callee.refuse_password(then["left"]))
            return {**gives, "said": _hexed(said)}
        said.append(callee.read_password(said[-1]))
        caller.read_verdict(said[-1])
    signed: list[bytes] = []

    def sign(context: bytes) -> bytes:
        signed.append(callee.transcript)
        return ADA.sign(context)

    said.append(callee.answer(bytes.fromhex(given["body"]), sign))
    caller.read_answer(said[-1]).verify(ADA.csk)
    gives |= {"T1": signed[0].hex(), "T2": caller.transcript.hex()}
    return {**gives, "said": _hexed([*said, _last(then, caller.transcript)])}


def _last(then: Case, transcript: bytes) -> bytes:
    if then["name"] == "Join":
        request = bytes.fromhex(then["request"])
        return Join.create(request, transcript, BOB.identity.sign).encode()
    call_id, dev, eid = (bytes.fromhex(then[name]) for name in ("call_id", "dev", "eid"))
    return MemberAuth.create(call_id, dev, eid, transcript, BOB.sign).encode()


def _try(callee: Callee, message: bytes) -> None:
    """Have a password refused that is right: five others were wrong before."""
    try:
        callee.read_password(message, allowed=False)
    except HandshakeError:
        return
    raise ValueError("the password was taken")


def _password_keys(key: bytes, password: bytes, said: list[bytes]) -> dict[str, Any]:
    """Return the keys inside CPace, which both sides keep to themselves."""
    hello, share, proof = said
    sid = _password_session(hello)
    point = generator(password, label("password", E), sid, source(BLIND))
    first, second = share[6:38], proof[6:38]
    isk = session_key(sid, product(Y_R, second), (first, b""), (second, b""))
    both = hkdf(isk, key, label("password key"), 32)
    return {"sid": sid.hex(), "g": point.hex(), "ISK": isk.hex(), "K_password": both.hex()}


def _password_session(hello: bytes) -> bytes:
    transcript = Transcript(E)
    transcript.add(hello)
    return transcript.password_session()


def _hexed(said: list[bytes]) -> list[str]:
    return [message.hex() for message in said]
