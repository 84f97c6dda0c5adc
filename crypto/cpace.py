"""CPace: two sides find out whether they know the same password, and tell nobody anything else.

CPACE-X25519-SHA512 in the order of initiator and responder (draft-irtf-cfrg-cpace). The password
chooses a point of Curve25519; both multiply it by a secret scalar of their own and swap the
products. Whoever has only listened cannot try passwords, and whoever took part has tried one.
"""

import hashlib
import unicodedata
from typing import Final

from crypto import sodium
from crypto.errors import MalformedError
from crypto.sodium import Random

SHARE_BYTES: Final = sodium.POINT_BYTES
SCALAR_BYTES: Final = sodium.POINT_BYTES
MAX_PASSWORD: Final = 128  # bytes of UTF-8; a long sentence

_DSI: Final = b"CPace255"
_DSI_KEY: Final = b"CPace255_ISK"
_HASH_INPUT: Final = 128  # bytes that SHA-512 takes in at once: the password fills the first block
_P: Final = 2**255 - 19
_A: Final = 486662  # Curve25519 is v^2 = u^3 + A u^2 + u modulo P (RFC 7748, section 4.1)
_NON_SQUARE: Final = 2


def prepared(password: str) -> bytes:
    """Return what two people who type the same password agree on, 1 to 128 bytes.

    Space around it does not count, nor how a keyboard composes its letters (Unicode form NFC).
    ValueError for an empty or too long one.
    """
    data = unicodedata.normalize("NFC", password.strip()).encode("utf-8")
    if not 0 < len(data) <= MAX_PASSWORD:
        raise ValueError(f"a password has 1 to {MAX_PASSWORD} bytes")
    return data


class Exchange:
    """One side of one attempt; `share` goes to the other side, 32 bytes.

    `password` as from prepared(); `channel` and `session` name this attempt and nothing else
    (CI and sid in the draft).
    """

    def __init__(self, password: bytes, channel: bytes, session: bytes, random: Random) -> None:
        self._session = session
        self._scalar = random(SCALAR_BYTES)
        self.share = sodium.x25519(self._scalar, generator(password, channel, session, random))

    def __repr__(self) -> str:
        return "<Exchange>"

    def key_as_initiator(self, share: bytes) -> bytes:
        """Return the common key, 64 bytes, of the side whose share went first.

        The other side has the same key only if it knows the password; whether it does, both must
        still confirm. Raises MalformedError for a share that is no honest one.
        """
        return session_key(self._session, self._product(share), (self.share, b""), (share, b""))

    def key_as_responder(self, share: bytes) -> bytes:
        """Return the common key, 64 bytes, of the side whose share came second; as above."""
        return session_key(self._session, self._product(share), (share, b""), (self.share, b""))

    def _product(self, share: bytes) -> bytes:
        return product(self._scalar, share)


def product(scalar: bytes, share: bytes) -> bytes:
    """Return the point that both sides arrive at; 32 bytes.

    Raises MalformedError unless the share is written in the one canonical way and is of large
    order: the key would otherwise be known to somebody who knows no password.
    """
    if len(share) != SHARE_BYTES or int.from_bytes(share, "little") >= _P:
        raise MalformedError("a share is not written in the canonical way")
    return sodium.x25519(scalar, share)


def session_key(
    session: bytes, point: bytes, first: tuple[bytes, bytes], second: tuple[bytes, bytes]
) -> bytes:
    """Return the key (ISK), 64 bytes, that follows from the common point and what was said.

    `first` and `second` are share and associated data of initiator and responder.
    """
    said = _joined(*first) + _joined(*second)
    return hashlib.sha512(_joined(_DSI_KEY, session, point) + said).digest()


def generator(password: bytes, channel: bytes, session: bytes, random: Random) -> bytes:
    """Return the point of Curve25519 that a password stands for in one session, 32 bytes.

    `random` changes nothing about the result; see `_elligator2`.
    """
    padding = max(0, _HASH_INPUT - 1 - len(_prefixed(password)) - len(_prefixed(_DSI)))
    text = _joined(_DSI, password, bytes(padding), channel, session)
    digest = hashlib.sha512(text).digest()[: sodium.POINT_BYTES]
    u = int.from_bytes(digest, "little") % 2**255 % _P
    return _elligator2(u, random).to_bytes(sodium.POINT_BYTES, "little")


def _elligator2(r: int, random: Random) -> int:
    """Map a number below P to the u-coordinate of a point (RFC 9380, section 6.7.1).

    r comes from the password, and callers may watch how long an answer takes, as often as they
    like without using up a try. Python's integers do not take constant time. So both long
    computations work on numbers that are multiplied by a random one first: their time tells
    nothing. What is left takes less than a microsecond, and differs by nanoseconds.
    """
    blind = 1 + int.from_bytes(random(sodium.POINT_BYTES), "little") % (_P - 1)
    divisor = (1 + _NON_SQUARE * r * r) % _P
    inverse = pow(divisor * blind % _P, _P - 2, _P) * blind % _P
    v = -_A * inverse % _P
    curve = (v * v + _A * v + 1) * v % _P
    on_curve = pow(curve * blind * blind % _P, (_P - 1) // 2, _P) & 1  # 1, else P - 1: even
    return (on_curve * v + (1 - on_curve) * (-v - _A)) % _P


def _joined(*parts: bytes) -> bytes:
    return b"".join(_prefixed(part) for part in parts)


def _prefixed(part: bytes) -> bytes:
    """Put the length in front, as LEB128."""
    length, prefix = len(part), b""
    while length > 127:
        prefix += bytes([length & 127 | 128])
        length >>= 7
    return prefix + bytes([length]) + part
