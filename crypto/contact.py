"""What two people who know each other share: a secret to call by, and a code to verify by."""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Final, Self

from crypto.errors import MalformedError
from crypto.identity import DEVICE_ID_BYTES
from crypto.kdf import hkdf, label
from crypto.sodium import PUBLIC_KEY_BYTES

HALF_BYTES: Final = 32  # random; each of the two brings one
SECRET_BYTES: Final = 32
SHOWN: Final = "conclave:verify#"
CODE_VERSION: Final = 1
CHECKSUM_BYTES: Final = 2

_CODE = re.compile(re.escape(SHOWN) + r"([A-Za-z0-9_-]{90})", re.ASCII)


def contact_secret(call_id: bytes, halves: dict[bytes, bytes]) -> bytes:
    """Return the 32 bytes by which two devices call each other without a link.

    `halves` are the two 32-byte halves by the 16 bytes that name their device; both devices get
    the same: HKDF("", lower's half || higher's half, LABEL("contact", call_id, lower, higher), 32).
    """
    (lower, first), (higher, second) = sorted(halves.items())
    if len(first) != HALF_BYTES or len(second) != HALF_BYTES:
        raise ValueError(f"a half has {HALF_BYTES} bytes")
    if len(lower) != DEVICE_ID_BYTES or len(higher) != DEVICE_ID_BYTES:
        raise ValueError(f"a device is named by {DEVICE_ID_BYTES} bytes")
    return hkdf(b"", first + second, label("contact", call_id, lower, higher), SECRET_BYTES)


def ring_key(secret: bytes) -> bytes:
    """Return the 32 bytes that make the tag recognisable by which a contact is rung."""
    return hkdf(b"", _checked(secret, SECRET_BYTES), label("ring"), 32)


@dataclass(frozen=True, slots=True)
class ShownCode:
    """A code on somebody's screen, for the camera of one other person: who shows it, for whom.

    Both are 32-byte Ed25519 public keys of devices. Whoever reads it knows that the device in
    front of them is `shown_by`, and that it holds them for `meant_for`.
    """

    shown_by: bytes
    meant_for: bytes

    def text(self) -> str:
        """Return `conclave:verify#` and 90 characters: version, both keys, CRC-16."""
        payload = bytes([CODE_VERSION])
        payload += _checked(self.shown_by, PUBLIC_KEY_BYTES)
        payload += _checked(self.meant_for, PUBLIC_KEY_BYTES)
        encoded = base64.urlsafe_b64encode(payload + _checksum(payload))
        return SHOWN + encoded.decode("ascii").rstrip("=")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what `text` wrote; MalformedError for anything else."""
        match = _CODE.fullmatch(text)
        if match is None:
            raise MalformedError("this is no code to verify by")
        data = base64.urlsafe_b64decode(match.group(1) + "==")
        payload = data[:-CHECKSUM_BYTES]
        if payload[0] != CODE_VERSION or _checksum(payload) != data[-CHECKSUM_BYTES:]:
            raise MalformedError("this code is of another version, or misread")
        code = cls(payload[1 : 1 + PUBLIC_KEY_BYTES], payload[1 + PUBLIC_KEY_BYTES :])
        if code.text() != text:
            raise MalformedError("this is not the one spelling of a code")
        return code


def _checked(value: bytes, size: int) -> bytes:
    if len(value) != size:
        raise ValueError(f"this has {size} bytes")
    return value


def _checksum(payload: bytes) -> bytes:
    """CRC-16/CCITT, as in an invitation."""
    return binascii.crc_hqx(payload, 0xFFFF).to_bytes(CHECKSUM_BYTES, "big")
