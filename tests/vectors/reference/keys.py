"""Labels, hashes, keys and codes, derived a second time from what is given."""

import base64

from vectors.reference import primitives as p
from vectors.reference import wire
from vectors.reference.fields import Case, u32, unhex


def labels(given: Case) -> Case:
    """LABEL and H."""
    parts = [bytes.fromhex(part) for part in given["parts"]]
    return {
        "LABEL": p.label(given["label"], *parts).hex(),
        "H": p.hashed(given["label"], *parts).hex(),
    }


def hkdf(given: Case) -> Case:
    """HKDF with SHA-512."""
    return {"okm": p.hkdf(*unhex(given, "salt", "ikm", "info"), given["length"]).hex()}


def devices(given: Case) -> Case:
    """The names of a device."""
    public = p.public_key(*unhex(given, "seed"))
    return {
        "D": public.hex(),
        "dev": p.dev(public).hex(),
        "fingerprint": p.fingerprint(public).hex(),
    }


def base_keys(given: Case) -> Case:
    """A sender secret's commitment and base key."""
    call_id, eid, dev, secret = unhex(given, "call_id", "eid", "dev", "s")
    g = u32(given["g"])
    return {
        "commitment": p.hashed("commit", call_id, eid, dev, g, secret).hex(),
        "base_key": p.hkdf(eid, secret, p.label("base", call_id, dev, g), 32).hex(),
    }


def kem_keys(given: Case) -> Case:
    """An X-Wing key and its name."""
    _, _, public = p.xwing_keys(*unhex(given, "seed"))
    return {"public": public.hex(), "kem_id": p.hashed("kem", public)[:8].hex()}


def boxes(given: Case) -> Case:
    """What a key box holds."""
    seed, sealed = unhex(given, "seed", "sealed")
    context = unhex(given, "call_id", "eid", "from", "to")
    info = p.label("box", *context, u32(given["g"]))
    return {"info": info.hex(), "s": p.hpke_open(seed, sealed, info).hex()}


def ack_digests(given: Case) -> Case:
    """What a Sync says of the Acks held."""
    bodies = [wire.unpack(bytes.fromhex(ack))[1] for ack in given["acks"]]
    hashes = [p.hashed("ack", body) for body in bodies]
    return {"digest": p.hashed("acks", *unhex(given, "eid"), *hashes).hex()}


def codes(given: Case) -> Case:
    """The code that people read aloud."""
    (eid,) = unhex(given, "eid")
    commitments, parts = [], []
    for member in given["members"]:
        dev, nonce = unhex(member, "dev", "n")
        commitments.append(p.hashed("sas", eid, dev, nonce))
        parts.append((dev, commitments[-1], nonce))
    flat = [part for member in sorted(parts) for part in member]
    code = p.hashed("sas code", eid, *flat)
    return {
        "sas_commitments": [each.hex() for each in commitments],
        "code": code.hex(),
        **spoken({"code": code.hex()}),
    }


def spoken(given: Case) -> Case:
    """Emoji and digits of a code."""
    number = int(given["code"], 16)
    bits = f"{number:0256b}"
    return {
        "emoji": [int(bits[at : at + 6], 2) for at in range(0, 42, 6)],
        "digits": _grouped(number % 10**12, 12, 3),
    }


def contacts(given: Case) -> Case:
    """What two contacts share."""
    (call_id,) = unhex(given, "call_id")
    sides = sorted(unhex(given[side], "dev", "half") for side in ("one", "other"))
    (lower, first), (higher, second) = sides
    info = p.label("contact", call_id, lower, higher)
    secret = p.hkdf(b"", first + second, info, 32)
    ring_key = p.hkdf(b"", secret, p.label("ring"), 32)
    return {"contact_secret": secret.hex(), "ring_key": ring_key.hex()}


def shown_codes(given: Case) -> Case:
    """What a screen shows to another one's camera."""
    payload = b"\1" + b"".join(unhex(given, "own", "theirs"))
    payload += p.crc16(payload)
    encoded = base64.urlsafe_b64encode(payload).decode().rstrip("=")
    return {"text": f"conclave:verify#{encoded}"}


def safety_numbers(given: Case) -> Case:
    """The number of two devices."""
    both = p.hashed("safety number", *sorted(unhex(given, "one", "other")))
    number = int.from_bytes(p.hkdf(b"", both, p.label("safety number digits"), 64), "big")
    return {"number": _grouped(number % 10**60, 60, 5)}


def _grouped(number: int, digits: int, size: int) -> str:
    text = str(number).zfill(digits)
    return " ".join(text[at : at + size] for at in range(0, digits, size))
