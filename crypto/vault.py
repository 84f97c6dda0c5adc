"""The vault: what this device must remember, sealed under a key from the system or a passphrase."""

import unicodedata
from dataclasses import dataclass, field
from typing import Final, Literal, Self

from crypto import sodium
from crypto.errors import (
    ForgedError,
    MalformedError,
    VaultCode,
    VaultError,
    WrongPassphraseError,
)
from crypto.vault_content import OpenInvite, Pin, Secrets, Verified
from crypto.wire import Reader, Writer

__all__ = [
    "MAX_VAULT",
    "KeyKind",
    "OpenInvite",
    "Pin",
    "Secrets",
    "VaultCode",
    "VaultError",
    "VaultKey",
    "Verified",
    "WrongPassphraseError",
    "key_kind",
    "open_vault",
    "seal_vault",
]

KeyKind = Literal["system", "passphrase"]

MAGIC: Final = b"conclave vault\n"
VERSION: Final = 1
KEY_BYTES: Final = 32
SALT_BYTES: Final = 16
NONCE_BYTES: Final = 24
HEADER_BYTES: Final = len(MAGIC) + 1 + 1 + SALT_BYTES + 4 + 8 + NONCE_BYTES
MAX_VAULT: Final = 16 * 2**20  # bytes of a whole file; a full one has less than 2 MiB

MOST_PASSES: Final = 16  # of argon2id; beyond these limits a file would only stall the app
MOST_MEMORY: Final = 2**30  # bytes
LEAST_MEMORY: Final = 8192  # bytes; what argon2id needs at all

_KDF: Final[dict[KeyKind, int]] = {"system": 0, "passphrase": 1}


@dataclass(frozen=True, slots=True)
class VaultKey:
    """A key that opens and seals a vault any number of times; made by one of its class methods."""

    kind: KeyKind
    key: bytes = field(repr=False)
    salt: bytes = field(default=bytes(SALT_BYTES), repr=False)
    passes: int = 0
    memory: int = 0

    def __post_init__(self) -> None:
        if len(self.key) != KEY_BYTES or len(self.salt) != SALT_BYTES:
            raise ValueError("vault key or salt has the wrong length")

    @classmethod
    def from_system(cls, key: bytes) -> Self:
        """Use 32 random bytes that the system's key store keeps."""
        return cls("system", key)

    @classmethod
    def from_passphrase(
        cls,
        passphrase: str,
        salt: bytes,
        limits: tuple[int, int] = sodium.ARGON2ID_MODERATE,
    ) -> Self:
        """Derive the key of a new vault with argon2id; takes most of a second.

        `salt` is 16 random bytes, `limits` are passes and bytes of memory. MemoryError if the
        computer cannot give so much.
        """
        passes, memory = limits
        if not _bearable(passes, memory):
            raise ValueError("argon2id limits are out of range")
        spelled = unicodedata.normalize("NFC", passphrase).encode("utf-8", "surrogatepass")
        key = sodium.argon2id(spelled, salt, passes, memory)
        return cls("passphrase", key, salt, passes, memory)

    @classmethod
    def from_passphrase_for(cls, vault: bytes, passphrase: str) -> Self:
        """Derive the key that a vault asks for; whether it fits, open_vault tells.

        Raises VaultError (`malformed`, `limits`, `kind`) before any work is done for a header
        that is damaged.
        """
        header = _Header.read(vault)
        if header.kind != "passphrase":
            raise VaultError("kind", "this vault opens with a key of the system")
        return cls.from_passphrase(passphrase, header.salt, (header.passes, header.memory))


@dataclass(frozen=True, slots=True)
class _Header:
    kind: KeyKind
    salt: bytes
    passes: int
    memory: int
    nonce: bytes

    def write(self) -> bytes:
        return (
            Writer()
            .fixed(MAGIC, len(MAGIC))
            .uint(VERSION, 1)
            .uint(_KDF[self.kind], 1)
            .fixed(self.salt, SALT_BYTES)
            .uint(self.passes, 4)
            .uint(self.memory, 8)
            .fixed(self.nonce, NONCE_BYTES)
            .body()
        )

    @classmethod
    def read(cls, vault: bytes) -> Self:
        if len(vault) > MAX_VAULT:
            raise VaultError("malformed", "this file is too long for a vault")
        reader = Reader(vault)
        try:
            magic, version, kdf = reader.fixed(len(MAGIC)), reader.uint(1), reader.uint(1)
            salt, passes, memory = reader.fixed(SALT_BYTES), reader.uint(4), reader.uint(8)
            nonce = reader.fixed(NONCE_BYTES)
        except MalformedError as error:
            raise VaultError("malformed", "this file is too short for a vault") from error
        if magic != MAGIC:
            raise VaultError("malformed", "this file is no vault")
        if version != VERSION:
            raise VaultError("malformed", "this vault is of another version")
        if kdf == _KDF["passphrase"]:
            if not _bearable(passes, memory):
                raise VaultError("limits", "this vault asks for an absurd amount of work")
            return cls("passphrase", salt, passes, memory, nonce)
        if kdf != _KDF["system"]:
            raise VaultError("malformed", "this vault's header is damaged")
        return cls("system", salt, passes, memory, nonce)


def _bearable(passes: int, memory: int) -> bool:
    return 1 <= passes <= MOST_PASSES and LEAST_MEMORY <= memory <= MOST_MEMORY


def key_kind(vault: bytes) -> KeyKind:
    """Tell which kind of key a vault wants; VaultError if it is none."""
    return _Header.read(vault).kind


def seal_vault(content: bytes, key: VaultKey, random: sodium.Random = sodium.random_bytes) -> bytes:
    """Return the bytes of a vault file: header, then XChaCha20-Poly1305 with the header as AAD.

    Every call takes a fresh 24-byte nonce, so one key may seal as often as it likes.
    """
    nonce = random(NONCE_BYTES)
    header = _Header(key.kind, key.salt, key.passes, key.memory, nonce).write()
    vault = header + sodium.xchacha_seal(content, header, nonce, key.key)
    if len(vault) > MAX_VAULT:
        raise ValueError(f"a vault has at most {MAX_VAULT} bytes")
    return vault


def open_vault(vault: bytes, key: VaultKey) -> bytes:
    """Return the content of a vault file.

    Raises VaultError: `malformed` or `limits` for a damaged header, `kind` for the other kind of
    key, `damaged` if the key of the system does not open it, and WrongPassphraseError
    (`passphrase`) if a passphrase does not.
    """
    header = _Header.read(vault)
    if header.kind != key.kind:
        raise VaultError("kind", f"this vault opens with a {header.kind} key")
    try:
        return sodium.xchacha_open(
            vault[HEADER_BYTES:], vault[:HEADER_BYTES], header.nonce, key.key
        )
    except ForgedError as error:
        if header.kind == "passphrase":
            raise WrongPassphraseError from error
        raise VaultError("damaged", "the vault was altered, or has another key") from error
