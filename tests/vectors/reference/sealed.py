"""Sealed frames, made and opened a second time."""

from cryptography.exceptions import InvalidTag
from vectors.reference import primitives as p
from vectors.reference.fields import Bytes, Case, u32, unhex
from vectors.reference.primitives import Refused

PADDED = (0, 3, 8, 9)  # contexts whose frames are filled to steps of 32 bytes
CONTEXTS = range(11)
LONGEST = 1 << 20  # bytes


def frames(given: Case) -> Case:
    """A sealed frame."""
    base_key, frame = unhex(given, "base_key", "frame")
    context, flags, ctr = given["context"], given["flags"], given["ctr"]
    kid = context << 10 | given["slot"] << 4 | given["g"] % 16
    plaintext = u32(given["media_ts"]) + len(frame).to_bytes(3, "big") + frame
    if context in PADDED:
        plaintext += bytes(-len(plaintext) % 32)
    header = p.sframe_header(kid, ctr)
    cipher, nonce = p.sframe_cipher(base_key, kid, ctr)
    aad = header + b"conclave1" + bytes([context, given["codec"], flags])
    sealed = bytes([flags]) + header + cipher.encrypt(nonce, plaintext, aad)
    key, salt = p.sframe_key(base_key, kid)
    return {"KID": kid, "key": key.hex(), "salt": salt.hex(), "sealed": sealed.hex()}


def opened_frames(given: Case) -> Case:
    """A frame that is opened, or refused."""
    (sealed,) = unhex(given, "sealed")
    context = given["context"]
    kid, ctr, size = numbers(sealed[1:])
    if kid >> 16 or context not in CONTEXTS:
        raise Refused("malformed")
    if kid >> 10 != context or kid >> 4 & 63 != given["slot"]:
        raise Refused("forged")
    keys = [key for key in given["keys"] if key["g"] % 16 == kid % 16]
    if not keys:
        raise Refused("unknown_key")
    header, rest = sealed[1 : 1 + size], sealed[1 + size :]
    if len(rest) < 16 or ctr >= 1 << 32:
        raise Refused("malformed")
    cipher, nonce = p.sframe_cipher(bytes.fromhex(keys[0]["base_key"]), kid, ctr)
    aad = header + b"conclave1" + bytes([context, given["codec"], sealed[0]])
    try:
        plaintext = Bytes(cipher.decrypt(nonce, rest, aad))
    except InvalidTag as error:
        raise Refused("forged") from error
    media_ts = plaintext.number(4)
    frame = plaintext.take(plaintext.number(3))
    if any(plaintext.left):
        raise Refused("malformed")
    return {"media_ts": media_ts, "flags": sealed[0], "frame": frame.hex()}


def numbers(data: bytes) -> tuple[int, int, int]:
    """KID, counter and length of an SFrame header."""
    reader = Bytes(data)
    config = reader.number(1)
    short = [config >> 4, config & 15]
    kid, ctr = (n if n < 8 else reader.number(n - 7) for n in short)
    size = len(data) - len(reader.left)
    if p.sframe_header(kid, ctr) != data[:size]:
        raise Refused("malformed")
    return kid, ctr, size


def replays(given: Case) -> Case:
    """Which of the counters that arrive one after the other are taken."""
    taken: set[int] = set()
    answers = []
    for ctr in given["counters"]:
        answers.append(ctr not in taken and ctr > max(taken, default=-1) - 128)
        if answers[-1]:
            taken.add(ctr)
    return {"taken": answers}
