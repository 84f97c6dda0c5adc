"""What all messages share: how they are written, read and signed; received bytes are kept."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import ClassVar, Self

from crypto import sodium
from crypto.errors import ForgedError, MalformedError
from crypto.kdf import label
from crypto.wire import HEADER_BYTES, SIGNATURE_BYTES, Reader, Writer, pack, unpack

Sign = Callable[[bytes], bytes]
"""Signs with a key its maker keeps: bytes in, 64 bytes of Ed25519 signature out."""


def signed_context(kind: int, call_id: bytes, body: bytes) -> bytes:
    """Return what a signature covers: LABEL("sig" type, call_id, body)."""
    return label("sig" + chr(kind), call_id, body)


@dataclass(frozen=True, kw_only=True)
class Message:
    """One object on the wire: `type u8 | version u8 | length u32 | body`."""

    kind: ClassVar[int]  # from 1 to 127
    has_signature: ClassVar[bool] = False
    raw: bytes = field(default=b"", compare=False, repr=False)
    """The bytes this was parsed from; empty for one made here. Never re-encoded."""

    def write(self, writer: Writer) -> None:
        """Append the fields of the body; ValueError if one does not fit."""
        raise NotImplementedError

    @classmethod
    def read(cls, reader: Reader) -> Self:
        """Take the fields of the body; MalformedError if they are not what they must be."""
        raise NotImplementedError

    def body(self) -> bytes:
        """Return the body: the received bytes if this was received."""
        if self.raw:
            end = len(self.raw) - (SIGNATURE_BYTES if self.has_signature else 0)
            return self.raw[HEADER_BYTES:end]
        writer = Writer()
        self.write(writer)
        return writer.body()

    def encode(self) -> bytes:
        """Return the whole object, as received or as written here."""
        return self.raw or pack(self.kind, self.body())

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Take one object apart; MalformedError unless every byte is as it must be."""
        kind, body, _ = unpack(data)
        if kind != cls.kind:
            raise MalformedError(f"this is no {cls.__name__}")
        reader = Reader(body)
        message = cls.read(reader)
        reader.end()
        return replace(message, raw=data)


@dataclass(frozen=True, kw_only=True)
class SignedMessage(Message):
    """An object with an Ed25519 signature behind its body."""

    has_signature: ClassVar[bool] = True
    signature: bytes = field(default=b"", repr=False)

    def signed(self, call_id: bytes, sign: Sign) -> Self:
        """Return this object with its signature."""
        return replace(self, signature=sign(signed_context(self.kind, call_id, self.body())))

    def verify(self, public_key: bytes, call_id: bytes) -> None:
        """Raise ForgedError unless the signature over the received bytes is by this key."""
        if len(self.signature) != SIGNATURE_BYTES:
            raise ForgedError("not signed")
        sodium.verify(self.signature, signed_context(self.kind, call_id, self.body()), public_key)

    def encode(self) -> bytes:
        """Return the whole object; ValueError if it was made here and never signed."""
        if self.raw:
            return self.raw
        if len(self.signature) != SIGNATURE_BYTES:
            raise ValueError(f"{type(self).__name__} is not signed yet")
        return pack(self.kind, self.body()) + self.signature

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Take one object apart; the signature is checked by `verify`, not here."""
        kind, body, signature = unpack(data, signed=True)
        if kind != cls.kind:
            raise MalformedError(f"this is no {cls.__name__}")
        reader = Reader(body)
        message = cls.read(reader)
        reader.end()
        return replace(message, raw=data, signature=signature)
