"""The handshake, said a second time from what is given."""

from collections.abc import Mapping

from vectors.reference import cpace, wire
from vectors.reference import primitives as p
from vectors.reference.fields import Case, unhex


def handshakes(given: Case) -> Case:
    """Everything that is said until both sides know each other, or one of them ends it."""
    secret, exporter, versions, n_i = unhex(given, "secret", "E", "versions", "n_I")
    n_r = bytes.fromhex(given.get("n_R", ""))  # nothing says it when a password is refused
    key = both = p.hkdf(b"", secret, p.label("auth"), 32)
    said = [
        wire.message(
            "Hello",
            versions=versions.hex(),
            n_I=n_i.hex(),
            tag=p.mac(key, p.label("tag", exporter))[:8].hex(),
            proof_I=p.mac(key, p.label("inv I", exporter, versions, n_i)).hex(),
        )
    ]
    then = given["then"]
    if then["name"] == "Closed":
        reason = bytes([then["reason"]])
        proof = p.mac(key, p.label("closed", exporter, n_i, n_r, reason))
        last = wire.message("Closed", reason=reason[0], n=n_r.hex(), proof=proof.hex())
        return {"K": key.hex(), "said": _hexed([*said, last])}
    spoken = list(said)  # what the transcript is made of: proofs and signatures apart
    gives = {"K": key.hex()}
    if "password" in given:
        password = _password(given, key, exporter, said, spoken)
        gives |= password
        both = bytes.fromhex(password["K_password"])
        if then["name"] == "PasswordRefused":
            left = bytes([then["left"]])
            proof = p.mac(key, p.label("password refused", _hash(exporter, spoken), left))
            said.append(wire.message("PasswordRefused", left=left[0], proof=proof.hex()))
            return {**gives, "said": _hexed(said)}
        tag = p.mac(both, p.label("password R", _hash(exporter, spoken)))
        said.append(wire.message("PasswordAccepted", tag_R=tag.hex()))
        spoken.append(said[-1])
    answer = wire.message(
        "HelloAck",
        version=1,
        n_R=n_r.hex(),
        proof_R=p.mac(both, p.label("inv R", exporter, n_i, n_r)).hex(),
        body=given["body"],
        signature=bytes(64).hex(),
    )[:-64]
    spoken.append(answer)
    t1 = _hash(exporter, spoken)
    signature = p.sign(*unhex(given, "CSK_R"), p.label("auth R", t1))
    t2 = _hash(exporter, [*spoken, signature])
    fields = {name: then[name] for name in ("request", "call_id", "dev", "eid") if name in then}
    signed = p.label("auth I", t2, *map(bytes.fromhex, fields.values()))
    auth = p.sign(*unhex(then, "signer"), signed)
    last = wire.message(then["name"], **fields, auth=auth.hex())
    gives |= {"T1": t1.hex(), "T2": t2.hex()}
    return {**gives, "said": _hexed([*said, answer + signature, last])}


def _password(
    given: Case, key: bytes, exporter: bytes, said: list[bytes], spoken: list[bytes]
) -> Mapping[str, str]:
    """Say what proves a password, up to the caller's tag."""
    y_r, y_i = unhex(given, "y_R", "y_I")
    sid = p.hashed("password", exporter, *said)
    point = cpace.generator(cpace.prepared(given["password"]), p.label("password", exporter), sid)
    first, second = cpace.multiplied(y_r, point), cpace.multiplied(y_i, point)
    isk = cpace.session_key(sid, cpace.multiplied(y_r, second), first, second)
    both = p.hkdf(isk, key, p.label("password key"), 32)
    said.append(wire.message("PasswordShare", Y_R=first.hex()))
    proof = wire.message("PasswordProof", Y_I=second.hex(), tag_I=bytes(32).hex())[:-32]
    spoken += [said[-1], proof]
    tag = p.mac(both, p.label("password I", _hash(exporter, spoken)))
    spoken.append(tag)
    said.append(proof + tag)
    return {"sid": sid.hex(), "g": point.hex(), "ISK": isk.hex(), "K_password": both.hex()}


def _hash(exporter: bytes, spoken: list[bytes]) -> bytes:
    return p.hashed("transcript", exporter, *spoken)


def _hexed(said: list[bytes]) -> list[str]:
    return [message.hex() for message in said]
