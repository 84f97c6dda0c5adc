"""The vault, made and opened a second time."""

import unicodedata

from vectors.reference import primitives as p
from vectors.reference import wire
from vectors.reference.fields import Bytes, Case, u32, unhex
from vectors.reference.primitives import Refused

MAGIC = b"conclave vault\n"


def vault_keys(given: Case) -> Case:
    """The key that grows from a passphrase."""
    passphrase = unicodedata.normalize("NFC", given["passphrase"]).encode()
    (salt,) = unhex(given, "salt")
    return {"key": p.argon2id(passphrase, salt, given["passes"], given["memory"]).hex()}


def vaults(given: Case) -> Case:
    """A vault file."""
    salt, nonce, key, content = unhex(given, "salt", "nonce", "key", "content")
    header = MAGIC + bytes([1, given["key_from"]]) + salt
    header += u32(given["passes"]) + given["memory"].to_bytes(8, "big") + nonce
    return {"file": (header + p.xchacha_seal(content, header, nonce, key)).hex()}


def vault_contents(given: Case) -> Case:
    """What stands in a vault."""
    written = wire.VAULT_CONTENT.write(given)
    return {"bytes": written.hex()}


def opened_vaults(given: Case) -> Case:
    """A vault file that is opened, or refused."""
    file, key = unhex(given, "file", "key")
    reader = Bytes(file)
    if reader.take(15) != MAGIC or reader.number(1) != 1:
        raise Refused("malformed")
    key_from, salt, passes, memory = (
        reader.number(1),
        reader.take(16),
        reader.number(4),
        reader.number(8),
    )
    nonce = reader.take(24)
    if key_from > 1:
        raise Refused("malformed")
    if key_from == 1 and not (1 <= passes <= 16 and 8192 <= memory <= 1 << 30):
        raise Refused("limits")
    try:
        content = p.xchacha_open(reader.left, file[: -len(reader.left)], nonce, key)
    except Refused:
        raise Refused("passphrase" if key_from else "damaged") from None
    return {"key_from": key_from, "salt": salt.hex(), "content": content.hex()}


def read_vault_contents(given: Case) -> Case:
    """The bytes of a vault's content, taken apart or refused."""
    reader = Bytes(*unhex(given, "bytes"))
    content: Case = wire.VAULT_CONTENT.read(reader)
    reader.end()
    for name in ("pins", "contact_secrets"):
        order = [entry["dev"] for entry in content[name]]
        if order != sorted(set(order)):
            raise Refused("malformed")
    if any(p.dev(bytes.fromhex(pin["D"])).hex() != pin["dev"] for pin in content["pins"]):
        raise Refused("malformed")
    return content
