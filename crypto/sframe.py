"""SFrame (RFC 9605) with the one suite 0x0005: seal and open a frame, and refuse replays."""

from typing import Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from crypto import sodium
from crypto.errors import ForgedError, KeyExhaustedError, MalformedError, ReplayedError
from crypto.kdf import hkdf_expand, hkdf_extract

SUITE: Final = 0x0005  # AES_256_GCM_SHA512_128, RFC 9605 section 4.5; the only one, so no downgrade
MIN_BASE_KEY_BYTES: Final = 16  # as in the RFC's test vectors; a meeting uses 32
KEY_BYTES: Final = 32  # Nk
NONCE_BYTES: Final = 12  # Nn
TAG_BYTES: Final = 16  # Nt
COUNTER_LIMIT: Final = 2**32  # frames under one key; 500 days at 100 frames a second
WINDOW: Final = 128  # counters; over a second of video or sound, so late is told from replayed
MAX_HEADER_BYTES: Final = 17  # config byte, eight bytes of KID, eight of CTR


class Cipher(Protocol):
    """AES-256-GCM under one key."""

    def seal(self, plaintext: bytes, aad: bytes, nonce: bytes) -> bytes:
        """Return the ciphertext with its 16-byte tag at the end."""

    def open(self, ciphertext: bytes, aad: bytes, nonce: bytes) -> bytes:
        """Return the plaintext, or raise ForgedError."""


class Aead(Protocol):
    """One implementation of AES-256-GCM; all give the same bytes."""

    @property
    def name(self) -> str:
        """Which library this is, for the diagnosis."""

    def keyed(self, key: bytes) -> Cipher:
        """Return the cipher under a 32-byte key."""


class _SodiumCipher:
    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        self._key = key

    def seal(self, plaintext: bytes, aad: bytes, nonce: bytes) -> bytes:
        return sodium.aes256gcm_seal(plaintext, aad, nonce, self._key)

    def open(self, ciphertext: bytes, aad: bytes, nonce: bytes) -> bytes:
        return sodium.aes256gcm_open(ciphertext, aad, nonce, self._key)


class _Sodium:
    name: Final = "libsodium"

    def keyed(self, key: bytes) -> Cipher:
        return _SodiumCipher(key)


class _OpenSslCipher:
    __slots__ = ("_open", "_seal")

    def __init__(self, key: bytes) -> None:
        cipher = AESGCM(key)
        self._seal = cipher.encrypt
        self._open = cipher.decrypt

    def seal(self, plaintext: bytes, aad: bytes, nonce: bytes) -> bytes:
        return self._seal(nonce, plaintext, aad)

    def open(self, ciphertext: bytes, aad: bytes, nonce: bytes) -> bytes:
        try:
            return self._open(nonce, ciphertext, aad)
        except InvalidTag as error:
            raise ForgedError("frame does not authenticate") from error


class _OpenSsl:
    name: Final = "OpenSSL"

    def keyed(self, key: bytes) -> Cipher:
        return _OpenSslCipher(key)


SODIUM: Final[Aead] = _Sodium()
OPENSSL: Final[Aead] = _OpenSsl()


def default_aead() -> Aead:
    """Return libsodium's AES-256-GCM where the processor has it, else OpenSSL's."""
    return SODIUM if sodium.aes256gcm_is_available() else OPENSSL


def encode_header(kid: int, ctr: int) -> bytes:
    """Return the header of RFC 9605 section 4.3: 1 to 17 bytes, the shortest form."""
    if not (0 <= kid < 2**64 and 0 <= ctr < 2**64):
        raise ValueError("KID and CTR are unsigned 64-bit numbers")
    kid_code, kid_bytes = _encode_number(kid)
    ctr_code, ctr_bytes = _encode_number(ctr)
    return bytes([kid_code << 4 | ctr_code]) + kid_bytes + ctr_bytes


def _encode_number(value: int) -> tuple[int, bytes]:
    """Return the four bits for the config byte, and the bytes that follow it."""
    if value < 8:
        return value, b""
    size = (value.bit_length() + 7) // 8
    return 8 | size - 1, value.to_bytes(size, "big")


def decode_header(data: bytes) -> tuple[int, int, int]:
    """Return (KID, CTR, length of the header), or raise MalformedError.

    Only the form that encode_header writes is taken: a number with leading zeros, or in bytes
    although it fits into three bits, is refused, so header and (KID, CTR) determine each other.
    """
    if not data:
        raise MalformedError("frame has no header")
    config = data[0]
    position = 1
    kid = config >> 4
    if kid >= 8:
        position += kid - 7
        kid = _long_number(data[1:position], kid - 7)
    ctr = config & 15
    if ctr >= 8:
        start = position
        position += ctr - 7
        ctr = _long_number(data[start:position], ctr - 7)
    return kid, ctr, position


def _long_number(field: bytes, size: int) -> int:
    if len(field) != size:
        raise MalformedError("frame ends within its header")
    value = int.from_bytes(field, "big")
    if value < 8 or field[0] == 0:
        raise MalformedError("number in the header is not in its shortest form")
    return value


class ReplayWindow:
    """Remembers which of the last `size` counters were taken; everything older counts as taken."""

    __slots__ = ("_next", "_seen", "size")

    def __init__(self, size: int = WINDOW) -> None:
        self.size = size
        self._next = 0  # one above the highest counter taken
        self._seen = 0  # bit i stands for the counter _next - 1 - i

    def accepts(self, ctr: int) -> bool:
        """Tell whether a counter is new."""
        age = self._next - 1 - ctr
        return age < 0 or (age < self.size and not self._seen >> age & 1)

    def take(self, ctr: int) -> None:
        """Remember a counter; call it only after the frame has authenticated."""
        ahead = ctr + 1 - self._next
        if ahead > 0:
            # A jump past the window empties it: never shift by what a peer chose.
            kept = self._seen << ahead if ahead < self.size else 0
            self._seen = (kept | 1) & ((1 << self.size) - 1)
            self._next = ctr + 1
        elif -ahead < self.size:
            self._seen |= 1 << -ahead


class _Schedule:
    """What SFrame derives from a base key for one KID (RFC 9605 section 4.4.2)."""

    __slots__ = ("cipher", "kid", "salt")

    def __init__(self, base_key: bytes, kid: int, aead: Aead) -> None:
        if len(base_key) < MIN_BASE_KEY_BYTES:
            raise ValueError(f"a base key has at least {MIN_BASE_KEY_BYTES} bytes")
        secret = hkdf_extract(b"", base_key)
        context = kid.to_bytes(8, "big") + SUITE.to_bytes(2, "big")
        key = hkdf_expand(secret, b"SFrame 1.0 Secret key " + context, KEY_BYTES)
        salt = hkdf_expand(secret, b"SFrame 1.0 Secret salt " + context, NONCE_BYTES)
        self.kid = kid
        self.cipher = aead.keyed(key)
        self.salt = int.from_bytes(salt, "big")


class SealingKey:
    """The sending side of one KID: every frame gets the next counter, from 0."""

    __slots__ = ("_config", "_ctr", "_kid_bytes", "_salt", "_seal", "kid")

    def __init__(self, base_key: bytes, kid: int, aead: Aead) -> None:
        schedule = _Schedule(base_key, kid, aead)
        self.kid = kid
        kid_code, self._kid_bytes = _encode_number(kid)
        self._config = kid_code << 4
        self._salt = schedule.salt
        self._seal = schedule.cipher.seal
        self._ctr = 0

    def __repr__(self) -> str:
        return f"<SealingKey {self.kid:#06x}>"

    def seal(self, plaintext: bytes, aad: bytes) -> bytes:
        """Return header, ciphertext and tag; `aad` is the metadata of RFC 9605 section 4.4.3.

        Raises KeyExhaustedError when the counter has reached its limit.
        """
        ctr = self._ctr
        if ctr >= COUNTER_LIMIT:
            raise KeyExhaustedError(f"KID {self.kid:#06x} has sealed {ctr} frames")
        self._ctr = ctr + 1  # first, so that no failure below can lead to a second use
        if ctr < 8:
            header = bytes((self._config | ctr,)) + self._kid_bytes
        else:
            size = (ctr.bit_length() + 7) // 8
            header = bytes((self._config | 7 + size,)) + self._kid_bytes + ctr.to_bytes(size, "big")
        nonce = (self._salt ^ ctr).to_bytes(NONCE_BYTES, "big")
        return header + self._seal(plaintext, header + aad, nonce)


class OpeningKey:
    """The receiving side of one KID, with its replay window."""

    __slots__ = ("_open", "_salt", "_window", "kid")

    def __init__(self, base_key: bytes, kid: int, aead: Aead) -> None:
        schedule = _Schedule(base_key, kid, aead)
        self.kid = kid
        self._salt = schedule.salt
        self._open = schedule.cipher.open
        self._window = ReplayWindow()

    def __repr__(self) -> str:
        return f"<OpeningKey {self.kid:#06x}>"

    def open(self, frame: bytes, aad: bytes) -> bytes:
        """Return the plaintext of a frame, once.

        Raises MalformedError, ForgedError or ReplayedError. The window moves only after the frame
        has authenticated, so forgeries cannot push real frames out of it.
        """
        kid, ctr, size = decode_header(frame)
        if kid != self.kid:
            raise ForgedError("frame names another key")
        return self.open_parsed(frame[:size], ctr, frame[size:], aad)

    def open_parsed(self, header: bytes, ctr: int, ciphertext: bytes, aad: bytes) -> bytes:
        """Do as open() does for a frame whose header was decoded, and whose KID is this key's."""
        if ctr >= COUNTER_LIMIT or len(ciphertext) < TAG_BYTES:
            raise MalformedError("counter or length is out of range")
        if not self._window.accepts(ctr):
            raise ReplayedError("frame was seen before, or is too old to tell")
        nonce = (self._salt ^ ctr).to_bytes(NONCE_BYTES, "big")
        plaintext = self._open(ciphertext, header + aad, nonce)
        self._window.take(ctr)
        return plaintext
