"""CPACE-X25519-SHA512 with initiator and responder (draft-irtf-cfrg-cpace), a second time."""

import hashlib
import unicodedata

from cryptography.hazmat.primitives.asymmetric import x25519
from vectors.reference.primitives import Refused

P = 2**255 - 19
A = 486662


def prepared(password: str) -> bytes:
    """A password as bytes."""
    return unicodedata.normalize("NFC", password.strip()).encode("utf-8")


def generator(prs: bytes, ci: bytes, sid: bytes) -> bytes:
    """The point that a password stands for in one session."""
    zeros = bytes(max(0, 128 - 1 - len(_counted(prs)) - len(_counted(b"CPace255"))))
    digest = hashlib.sha512(b"".join(map(_counted, (b"CPace255", prs, zeros, ci, sid)))).digest()
    u = (int.from_bytes(digest[:32], "little") & (1 << 255) - 1) % P
    v = -A * pow(1 + 2 * u * u, -1, P) % P
    is_square = pow(v**3 + A * v * v + v, (P - 1) // 2, P) in (0, 1)
    return (v if is_square else (-v - A) % P).to_bytes(32, "little")


def multiplied(scalar: bytes, point: bytes) -> bytes:
    """A scalar times a point; zero is refused."""
    key = x25519.X25519PrivateKey.from_private_bytes(scalar)
    try:
        return key.exchange(x25519.X25519PublicKey.from_public_bytes(point))
    except ValueError as error:
        raise Refused("malformed") from error


def session_key(sid: bytes, point: bytes, first: bytes, second: bytes, *ad: bytes) -> bytes:
    """The key that follows from both shares; the associated data is empty in Conclave."""
    ad_first, ad_second = ad or (b"", b"")
    parts = (b"CPace255_ISK", sid, point, first, ad_first, second, ad_second)
    return hashlib.sha512(b"".join(map(_counted, parts))).digest()


def _counted(data: bytes) -> bytes:
    """Put the length in front, seven bits a byte, the lowest first (LEB128)."""
    length, prefix = len(data), b""
    while True:
        more = length >> 7
        prefix += bytes([length & 0x7F | (0x80 if more else 0)])
        length = more
        if not more:
            return prefix + data
