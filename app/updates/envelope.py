"""Signed envelopes: DSSE 1.0 (https://github.com/secure-systems-lab/dsse), Ed25519 keys only.

A key is named by itself: its `keyid` is the public key in hex. So no two names are one key.
"""

import base64
import binascii
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from app.updates.errors import UpdateError
from crypto import sodium
from crypto.errors import ForgedError

MOST_SIGNATURES = 16
LONGEST_PAYLOAD = 131_072  # bytes
LONGEST_KIND = 100  # characters

Key = bytes
"""A public Ed25519 key, 32 bytes."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A payload, what it is said to be, and who signed both."""

    kind: str
    payload: bytes
    signatures: Mapping[Key, bytes]

    def require(self, keys: Collection[Key], threshold: int) -> None:
        """Raise UpdateError (`forged`) unless so many different ones of the keys have signed."""
        covered = pre_authentication(self.kind, self.payload)
        good = sum(
            _fits(self.signatures[key], covered, key) for key in {*keys} & {*self.signatures}
        )
        if threshold < 1 or good < threshold:
            raise UpdateError("forged", f"{good} of {threshold} signatures over {self.kind}")

    def as_object(self) -> dict[str, object]:
        """Return what JSON writes of it."""
        return {
            "payload": base64.b64encode(self.payload).decode("ascii"),
            "payloadType": self.kind,
            "signatures": [
                {"keyid": key.hex(), "sig": base64.b64encode(signature).decode("ascii")}
                for key, signature in sorted(self.signatures.items())
            ],
        }


def read_envelope(value: object) -> Envelope:
    """Return the envelope that a JSON object is; raises UpdateError."""
    match value:
        case {
            "payload": str(payload),
            "payloadType": str(kind),
            "signatures": list(entries),
            **rest,
        } if not rest and len(kind) <= LONGEST_KIND and len(entries) <= MOST_SIGNATURES:
            pass
        case _:
            raise UpdateError("malformed", "no envelope")
    signatures: dict[Key, bytes] = {}
    for entry in entries:
        match entry:
            case {"keyid": str(name), "sig": str(text), **rest} if not rest:
                key, signature = read_key(name), _base64(text, sodium.SIGNATURE_BYTES)
            case _:
                raise UpdateError("malformed", "no signature")
        if key in signatures or len(signature) != sodium.SIGNATURE_BYTES:
            raise UpdateError("malformed", "a signature twice, or of another length")
        signatures[key] = signature
    return Envelope(kind, _base64(payload, LONGEST_PAYLOAD), signatures)


def read_key(value: object) -> Key:
    """Return the key that 64 small hex digits are; raises UpdateError (`malformed`)."""
    if isinstance(value, str) and len(value) == 2 * sodium.PUBLIC_KEY_BYTES:
        try:
            key = bytes.fromhex(value)
        except ValueError:
            key = b""
        if key.hex() == value:
            return key
    raise UpdateError("malformed", "no key")


def pre_authentication(kind: str, payload: bytes) -> bytes:
    """Return what a signature covers: DSSE's PAE."""
    name = kind.encode("utf-8")
    return b"DSSEv1 %d %b %d %b" % (len(name), name, len(payload), payload)


def _fits(signature: bytes, covered: bytes, key: Key) -> bool:
    try:
        sodium.verify(signature, covered, key)
    except ForgedError:
        return False
    return True


def _base64(text: str, longest: int) -> bytes:
    if len(text) > 4 * (longest // 3 + 1):
        raise UpdateError("too_large", "more than an envelope holds")
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise UpdateError("malformed", "no base64") from error
