"""What people compare to be sure of each other: the code of a call, the number of two devices."""

from typing import Final

from crypto.kdf import hkdf, label, labelled_hash
from crypto.sodium import PUBLIC_KEY_BYTES

EMOJI: Final = 7  # of 64 each: 42 bits, and a man in the middle has one try
CODE_BYTES: Final = 32

Emoji = tuple[int, int, int, int, int, int, int]
"""Seven numbers from 0 to 63: places in the table of emoji."""


def emoji(code: bytes) -> Emoji:
    """Return the seven emoji of a code: its first 42 bits in groups of six."""
    bits = int.from_bytes(_checked(code), "big") >> 8 * CODE_BYTES - 6 * EMOJI
    a, b, c, d, e, f, g = (bits >> 6 * place & 63 for place in range(EMOJI - 1, -1, -1))
    return a, b, c, d, e, f, g


def digits(code: bytes) -> str:
    """Return the same code for those who prefer digits, as "123 456 789 012".

    Twelve digits of a 256-bit number: no group is more likely than another by more than 2**-216.
    """
    return _grouped(_checked(code), groups=4, size=3)


def safety_number(one: bytes, other: bytes) -> str:
    """Return 60 digits in 12 groups of 5 for two devices' public keys, in whichever order.

    It never changes while neither key does, so people can compare it on paper.
    """
    if len(one) != PUBLIC_KEY_BYTES or len(other) != PUBLIC_KEY_BYTES:
        raise ValueError(f"a public key has {PUBLIC_KEY_BYTES} bytes")
    both = labelled_hash("safety number", *sorted((one, other)))
    return _grouped(hkdf(b"", both, label("safety number digits"), 64), groups=12, size=5)


def _checked(code: bytes) -> bytes:
    if len(code) != CODE_BYTES:
        raise ValueError(f"a code has {CODE_BYTES} bytes")
    return code


def _grouped(number: bytes, groups: int, size: int) -> str:
    count = groups * size
    text = f"{int.from_bytes(number, 'big') % 10**count:0{count}}"
    return " ".join(text[start : start + size] for start in range(0, count, size))
