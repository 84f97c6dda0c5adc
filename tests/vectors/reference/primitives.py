"""The primitives of PROTOCOL.md, written a second time straight from their standards."""

import hashlib
import hmac

import nacl.bindings
import nacl.exceptions
import nacl.pwhash.argon2id
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric import ed25519, mlkem, x25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


class Refused(Exception):
    """The bytes break a rule of PROTOCOL.md."""


def label(name: str, *parts: bytes) -> bytes:
    """LABEL(l, x1..xn)."""
    joined = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return b"conclave1\0" + name.encode() + b"\0" + hashlib.sha256(joined).digest()


def hashed(name: str, *parts: bytes) -> bytes:
    """H(l, x1..xn)."""
    return hashlib.sha256(label(name, *parts)).digest()


def hkdf(salt: bytes, ikm: bytes, info: bytes, length: int) -> bytes:
    """HKDF with SHA-512 (RFC 5869)."""
    key = hmac.new(salt or bytes(64), ikm, hashlib.sha512).digest()
    output, block = b"", b""
    while len(output) < length:
        counter = bytes([len(output) // 64 + 1])
        block = hmac.new(key, block + info + counter, hashlib.sha512).digest()
        output += block
    return output[:length]


def mac(key: bytes, message: bytes) -> bytes:
    """HMAC-SHA-256."""
    return hmac.new(key, message, hashlib.sha256).digest()


def public_key(seed: bytes) -> bytes:
    """The Ed25519 public key of a seed."""
    return ed25519.Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def sign(seed: bytes, message: bytes) -> bytes:
    """Ed25519 (RFC 8032): the same 64 bytes every time."""
    return ed25519.Ed25519PrivateKey.from_private_bytes(seed).sign(message)


def verify(public: bytes, signature: bytes, message: bytes) -> None:
    """Refuse a signature that does not fit."""
    try:
        ed25519.Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature as error:
        raise Refused("forged") from error


def dev(public: bytes) -> bytes:
    """The short name of a device."""
    return hashed("dev", public)[:16]


def fingerprint(public: bytes) -> bytes:
    """What stands in invitations of a device."""
    return hashed("fingerprint", public)[:20]


# X-Wing (draft-connolly-cfrg-xwing-kem) and HPKE (RFC 9180, base mode)


def xwing_keys(
    seed: bytes,
) -> tuple[mlkem.MLKEM768PrivateKey, x25519.X25519PrivateKey, bytes]:
    """The two private keys and the public key that grow from a seed."""
    expanded = hashlib.shake_256(seed).digest(96)
    ml = mlkem.MLKEM768PrivateKey.from_seed_bytes(expanded[:64])
    x = x25519.X25519PrivateKey.from_private_bytes(expanded[64:])
    return ml, x, ml.public_key().public_bytes_raw() + x.public_key().public_bytes_raw()


def check_xwing(public: bytes) -> None:
    """Refuse a key that nobody can seal to: ML-KEM not reduced, or a point of low order."""
    numbers = int.from_bytes(public[:1152], "little")
    if any((numbers >> 12 * place) & 0xFFF >= 3329 for place in range(768)):
        raise Refused("malformed")
    try:
        point = x25519.X25519PublicKey.from_public_bytes(public[1184:])
        x25519.X25519PrivateKey.from_private_bytes(bytes(32)).exchange(point)
    except ValueError as error:
        raise Refused("malformed") from error


def xwing_decapsulate(seed: bytes, encapsulated: bytes) -> bytes:
    """The shared secret in an encapsulated key of 1120 bytes."""
    ml, x, public = xwing_keys(seed)
    from_x = x.exchange(x25519.X25519PublicKey.from_public_bytes(encapsulated[1088:]))
    both = ml.decapsulate(encapsulated[:1088]) + from_x
    return hashlib.sha3_256(both + encapsulated[1088:] + public[1184:] + b"\\.//^\\").digest()


def hpke_key(shared: bytes, info: bytes) -> tuple[AESGCM, bytes]:
    """AES-256-GCM and its nonce for the one message of a context (RFC 9180, section 5.1)."""
    suite = b"HPKE" + bytes.fromhex("647a 0001 0002")

    def extract(salt: bytes, name: bytes, ikm: bytes) -> bytes:
        return mac(salt or bytes(32), b"HPKE-v1" + suite + name + ikm)

    def expand(name: bytes, length: int) -> bytes:
        head = length.to_bytes(2, "big") + b"HPKE-v1" + suite + name
        return mac(secret, head + context + b"\x01")[:length]

    context = b"\0" + extract(b"", b"psk_id_hash", b"") + extract(b"", b"info_hash", info)
    secret = extract(shared, b"secret", b"")
    return AESGCM(expand(b"key", 32)), expand(b"base_nonce", 12)


def hpke_seal(shared: bytes, encapsulated: bytes, info: bytes, plaintext: bytes) -> bytes:
    """Seal under a shared secret that was encapsulated before."""
    cipher, nonce = hpke_key(shared, info)
    return encapsulated + cipher.encrypt(nonce, plaintext, b"")


def hpke_open(seed: bytes, sealed: bytes, info: bytes) -> bytes:
    """Open what was sealed to the X-Wing key of a seed."""
    if len(sealed) < 1136:
        raise Refused("malformed")
    cipher, nonce = hpke_key(xwing_decapsulate(seed, sealed[:1120]), info)
    try:
        return cipher.decrypt(nonce, sealed[1120:], b"")
    except InvalidTag as error:
        raise Refused("forged") from error


# SFrame (RFC 9605), suite 0x0005


def sframe_header(kid: int, ctr: int) -> bytes:
    """The header of section 4.3 in its shortest form."""
    config, tail = 0, b""
    for shift, number in ((4, kid), (0, ctr)):
        size = (number.bit_length() + 7) // 8
        config |= (number if number < 8 else 8 | size - 1) << shift
        tail += number.to_bytes(size, "big") if number >= 8 else b""
    return bytes([config]) + tail


def sframe_key(base_key: bytes, kid: int) -> tuple[bytes, bytes]:
    """Key and salt of section 4.4.2."""
    where = kid.to_bytes(8, "big") + b"\0\5"
    key = hkdf(b"", base_key, b"SFrame 1.0 Secret key " + where, 32)
    return key, hkdf(b"", base_key, b"SFrame 1.0 Secret salt " + where, 12)


def sframe_cipher(base_key: bytes, kid: int, ctr: int) -> tuple[AESGCM, bytes]:
    """AES-256-GCM and its nonce for one counter."""
    key, salt = sframe_key(base_key, kid)
    nonce = int.from_bytes(salt, "big") ^ ctr
    return AESGCM(key), nonce.to_bytes(12, "big")


# The vault


def xchacha_seal(plaintext: bytes, aad: bytes, nonce: bytes, key: bytes) -> bytes:
    """XChaCha20-Poly1305."""
    return nacl.bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(plaintext, aad, nonce, key)


def xchacha_open(sealed: bytes, aad: bytes, nonce: bytes, key: bytes) -> bytes:
    """Open what was sealed so."""
    try:
        return nacl.bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(sealed, aad, nonce, key)
    except (nacl.exceptions.CryptoError, ValueError) as error:
        raise Refused("forged") from error


def argon2id(passphrase: bytes, salt: bytes, passes: int, memory: int) -> bytes:
    """Argon2id (RFC 9106), one lane, 32 bytes."""
    return nacl.pwhash.argon2id.kdf(32, passphrase, salt, opslimit=passes, memlimit=memory)


def crc16(data: bytes) -> bytes:
    """CRC-16/CCITT: polynomial 0x1021, initial value 0xFFFF."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc.to_bytes(2, "big")
