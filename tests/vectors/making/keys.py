"""The sections about keys and codes."""

from collections.abc import Iterator

from vectors.making.cast import ADA, BOB, CY, XWING, Case, case, refused, section, seed
from vectors.reference.primitives import hpke_seal

from crypto import sas
from crypto.contact import ShownCode, contact_secret, ring_key
from crypto.epoch import base_key
from crypto.errors import ForgedError
from crypto.exchange import Ack, box_info, nonce_commitment, secret_commitment
from crypto.hpke import KemPair
from crypto.identity import Identity
from crypto.kdf import hkdf, label, labelled_hash

CALL_ID, EID = seed("a call id"), seed("an eid")


def sections() -> dict[str, Case]:
    """Return all sections about keys."""
    return {
        "labels": section(
            "LABEL and H of a label and its parts. The first cases are constants of the protocol.",
            _labels(),
        ),
        "hkdf": section("HKDF with SHA-512. An empty salt stands for 64 zero bytes.", _hkdf()),
        "devices": section(
            "What follows from the seed of a device's identity key D, as RFC 8032 grows it.",
            _devices(),
        ),
        "kem_keys": section("X-Wing keys from their seeds, and the kem_id of KeyBoxes.", _kems()),
        "base_keys": section(
            "The sender secrets s of several members and generations g, the commitments to them in "
            "their Acks, and the base keys that everybody derives from them.",
            _base_keys(),
        ),
        "boxes": section(
            "The field sealed of KeyBoxes, to be opened with the X-Wing key that grows from seed. "
            "Sealing is random; these use the encapsulations of the X-Wing draft.",
            _boxes(),
        ),
        "ack_digests": section(
            "The digest of a Sync. acks are whole Acks, in the order of their senders' slots.",
            _ack_digests(),
        ),
        "codes": section(
            "The code of an epoch: from the nonces n of its members, in any order, to what people "
            "read aloud. emoji are places in the table of 64 emoji.",
            _codes(),
        ),
        "spoken_codes": section("Emoji and digits of given codes.", _spoken()),
        "safety_numbers": section("The number of two devices, in whichever order.", _numbers()),
        "shown_codes": section(
            "The code that a screen shows as a QR code: the own D, and the D it stands for.",
            _shown_codes(),
        ),
        "contacts": section(
            "What two people share who add each other to their contacts, from both halves, and the "
            "key of the tag by which one rings the other.",
            _contacts(),
        ),
    }


def _labels() -> Iterator[Case]:
    constants = {
        "the secret of visible meetings": "anyone on this network",
        "the same for meetings with a password": "anyone on this network who knows the password",
        "the discovery key of visible meetings": "visible meetings",
    }
    examples: list[tuple[str, str, tuple[bytes, ...]]] = [
        *((what, name, ()) for what, name in constants.items()),
        ("two parts, one of them empty", "box", (b"ab", b"")),
        ("the same bytes in other parts", "box", (b"a", b"b")),
        ("one long part", "x", (bytes(range(256)) * 3,)),
    ]
    for what, name, parts in examples:
        given = {"label": name, "parts": [part.hex() for part in parts]}
        gives = {"LABEL": label(name, *parts).hex(), "H": labelled_hash(name, *parts).hex()}
        yield case(what, given, gives)


def _hkdf() -> Iterator[Case]:
    for what, salt, length in (
        ("an empty salt", b"", 32),
        ("a salt, and more than one block", seed("salt"), 100),
    ):
        ikm, info = seed("ikm"), label("info")
        given = {"salt": salt.hex(), "ikm": ikm.hex(), "info": info.hex(), "length": length}
        yield case(what, given, {"okm": hkdf(salt, ikm, info, length).hex()})


def _devices() -> Iterator[Case]:
    people = ((one.name, one.seed_of_d) for one in (ADA, BOB, CY))
    for what, grown_from in (("zero bytes", bytes(32)), *people):
        device = Identity(grown_from)
        names = {"dev": device.dev.hex(), "fingerprint": device.fingerprint.hex()}
        yield case(what, {"seed": grown_from.hex()}, {"D": device.public.hex(), **names})


def _kems() -> Iterator[Case]:
    for one in (ADA, BOB, CY):
        gives = {"public": one.kem.public.hex(), "kem_id": one.kem.kem_id.hex()}
        yield case(f"{one.name}'s first", {"seed": one.kem.seed.hex()}, gives)


def _base_keys() -> Iterator[Case]:
    for one in (ADA, BOB, CY):
        for g in (1, 2, 17, 2**32 - 1):
            secret = seed(f"sender secret {one.name} {g}")
            given = {"call_id": CALL_ID, "eid": EID, "dev": one.dev, "s": secret}
            gives = {
                "commitment": secret_commitment(CALL_ID, EID, one.dev, g, secret).hex(),
                "base_key": base_key(CALL_ID, EID, one.dev, g, secret).hex(),
            }
            hexed = {name: value.hex() for name, value in given.items()}
            yield case(f"{one.name}'s generation {g}", {**hexed, "g": g}, gives)


def box(sender: bytes, to: int, g: int, secret: bytes) -> bytes:
    """Return what a KeyBox to one of the three holds; the same every time."""
    info = box_info(CALL_ID, EID, sender, (ADA, BOB, CY)[to].dev, g)
    known = XWING[to]
    shared, encapsulated = bytes.fromhex(known["ss"]), bytes.fromhex(known["ct"])
    sealed = hpke_seal(shared, encapsulated, info, secret)
    if KemPair(bytes.fromhex(known["sk"])).open(sealed, info) != secret:
        raise ValueError("the box does not open")
    return sealed


def _boxes() -> Iterator[Case]:
    people = (ADA, BOB, CY)
    for sender, to, g in ((0, 1, 1), (1, 0, 17), (0, 2, 2)):
        secret = seed(f"sender secret {people[sender].name} {g}")
        given = {
            "call_id": CALL_ID.hex(),
            "eid": EID.hex(),
            "from": people[sender].dev.hex(),
            "to": people[to].dev.hex(),
            "g": g,
            "seed": people[to].kem.seed.hex(),
            "sealed": box(people[sender].dev, to, g, secret).hex(),
        }
        info = box_info(CALL_ID, EID, people[sender].dev, people[to].dev, g).hex()
        what = f"{people[sender].name}'s generation {g} for {people[to].name}"
        yield case(what, given, {"info": info, "s": secret.hex()})
        if g == 1:
            for name, other in (("g", 2), ("to", CY.dev.hex()), ("eid", CALL_ID.hex())):
                yield refused(f"the same with another {name}", {**given, name: other}, "forged")
            last = given["sealed"][-1]
            broken = given["sealed"][:-1] + ("0" if last != "0" else "1")
            yield refused("the same with another tag", {**given, "sealed": broken}, "forged")
            _check_refused(people[to].kem, bytes.fromhex(broken), bytes.fromhex(info))


def _check_refused(kem: KemPair, sealed: bytes, info: bytes) -> None:
    try:
        kem.open(sealed, info)
    except ForgedError:
        return
    raise ValueError("a broken box opens")


def acks() -> list[Ack]:
    """Return the Acks of the three for one epoch, signed."""
    made = []
    for one in (ADA, BOB, CY):
        secret, nonce = seed(f"sender secret {one.name} 1"), seed(f"nonce {one.name}")
        ack = Ack(
            eid=EID,
            dev=one.dev,
            generation=1,
            commitment=secret_commitment(CALL_ID, EID, one.dev, 1, secret),
            next_kem=one.kem.public,
            sas_commitment=nonce_commitment(EID, one.dev, nonce),
        )
        made.append(ack.signed(CALL_ID, one.sign))
    return made


def _ack_digests() -> Iterator[Case]:
    for what, held in (("no Ack", acks()[:0]), ("one Ack", acks()[:1]), ("all three", acks())):
        given = {"eid": EID.hex(), "acks": [ack.encode().hex() for ack in held]}
        digest = labelled_hash("acks", EID, *(ack.digest for ack in held))
        yield case(what, given, {"digest": digest.hex()})


def _codes() -> Iterator[Case]:
    for people in ((ADA, BOB), (CY, ADA, BOB)):
        nonces = {one.dev: seed(f"nonce {one.name}") for one in people}
        commitments = {dev: nonce_commitment(EID, dev, n) for dev, n in nonces.items()}
        parts = [part for dev in sorted(nonces) for part in (dev, commitments[dev], nonces[dev])]
        code = labelled_hash("sas code", EID, *parts)
        given = {
            "eid": EID.hex(),
            "members": [{"dev": dev.hex(), "n": n.hex()} for dev, n in nonces.items()],
        }
        gives = {"sas_commitments": [each.hex() for each in commitments.values()]}
        yield case(f"{len(people)} people", given, {**gives, "code": code.hex(), **spoken(code)})


def spoken(code: bytes) -> Case:
    """Return what is read aloud of a code."""
    return {"emoji": list(sas.emoji(code)), "digits": sas.digits(code)}


def _spoken() -> Iterator[Case]:
    for what, code in (
        ("the bytes 0 to 31", bytes(range(32))),
        ("zero bytes", bytes(32)),
        ("the highest there is", b"\xff" * 32),
    ):
        yield case(what, {"code": code.hex()}, spoken(code))


def _numbers() -> Iterator[Case]:
    for one, other in ((ADA, BOB), (BOB, ADA), (ADA, CY)):
        given = {"one": one.public.hex(), "other": other.public.hex()}
        number = sas.safety_number(one.public, other.public)
        yield case(f"{one.name} and {other.name}", given, {"number": number})


def _shown_codes() -> Iterator[Case]:
    for one, other in ((ADA, BOB), (BOB, ADA)):
        given = {"own": one.public.hex(), "theirs": other.public.hex()}
        text = ShownCode(one.public, other.public).text()
        if ShownCode.parse(text).meant_for != other.public:
            raise ValueError("a shown code is not read as it was written")
        yield case(f"{one.name} to {other.name}", given, {"text": text})


def _contacts() -> Iterator[Case]:
    for one, other in ((ADA, BOB), (CY, ADA)):
        halves = {each.dev: seed(f"half {each.name}") for each in (one, other)}
        sides = [{"dev": dev.hex(), "half": half.hex()} for dev, half in halves.items()]
        given = {"call_id": CALL_ID.hex(), "one": sides[0], "other": sides[1]}
        secret = contact_secret(CALL_ID, halves)
        gives = {"contact_secret": secret.hex(), "ring_key": ring_key(secret).hex()}
        yield case(f"{one.name} and {other.name}", given, gives)
