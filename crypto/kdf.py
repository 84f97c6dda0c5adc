"""Labels, hashes and HKDF: how every key and every signed context gets a name of its own."""

import hashlib
import hmac

DOMAIN = b"conclave1"


def label(name: str, *parts: bytes) -> bytes:
    """Return the context string `DOMAIN 0 name 0 SHA-256(len32(part) part ...)`.

    Two calls give the same bytes only for the same name and the same parts: lengths are
    hashed with them, so no two lists of parts run together.
    """
    said = b"".join([piece for part in parts for piece in (len(part).to_bytes(4, "big"), part)])
    return DOMAIN + b"\0" + name.encode("ascii") + b"\0" + hashlib.sha256(said).digest()


def labelled_hash(name: str, *parts: bytes) -> bytes:
    """Return the SHA-256 of a label: 32 bytes that commit to the name and every part."""
    return hashlib.sha256(label(name, *parts)).digest()


def hkdf_extract(salt: bytes, ikm: bytes) -> bytes:
    """HKDF-Extract with SHA-512 (RFC 5869, section 2.2): 64 bytes."""
    return hmac.digest(salt or bytes(64), ikm, "sha512")


def hkdf_expand(prk: bytes, info: bytes, length: int) -> bytes:
    """HKDF-Expand with SHA-512 (RFC 5869, section 2.3), at most 255 * 64 bytes."""
    if not 0 < length <= 255 * 64:
        raise ValueError("HKDF-SHA-512 gives 1 to 16320 bytes")
    output = b""
    block = b""
    counter = 1
    while len(output) < length:
        block = hmac.digest(prk, block + info + bytes([counter]), "sha512")
        output += block
        counter += 1
    return output[:length]


def hkdf(salt: bytes, ikm: bytes, info: bytes, length: int) -> bytes:
    """HKDF with SHA-512: extract, then expand."""
    return hkdf_expand(hkdf_extract(salt, ikm), info, length)


def mac(key: bytes, message: bytes) -> bytes:
    """HMAC-SHA-256, 32 bytes."""
    return hmac.digest(key, message, "sha256")
