"""The sections about the vault."""

from collections.abc import Iterator
from typing import Any

from vectors.making.cast import ADA, BOB, CY, Case, case, refused, section, seed, source

from crypto.errors import MalformedError, VaultError
from crypto.invite import InviteFlag
from crypto.vault import MAGIC, VaultKey, open_vault, seal_vault
from crypto.vault_content import OpenInvite, Pin, Proof, Secrets, Verified

SMALL = (1, 8192)  # argon2id at its least, so that checking takes no time
SALT = bytes(range(16))


def sections() -> dict[str, Case]:
    """Return all sections about the vault."""
    return {
        "vault_keys": section(
            "Keys that grow from passphrases through argon2id, with very small limits.", _keys()
        ),
        "vault_contents": section("What stands in a vault, before it is sealed.", _contents()),
        "read_vault_contents": section("The same the other way round.", _read_contents()),
        "vaults": section("Whole vault files. key_from is 0 key store, 1 passphrase.", _vaults()),
        "opened_vaults": section(
            "Vault files to be opened with a key that is there already. They are refused for their "
            "header (malformed, limits), or because they do not open (damaged with a key of the "
            "key store, passphrase with the other kind).",
            _opened(),
        ),
    }


def _keys() -> Iterator[Case]:
    for what, passphrase, limits in (
        ("letters", "correct horse", SMALL),
        ("no letters", "", SMALL),
        ("composed", "Gr\u00fc\u00dfe", SMALL),
        ("the same, decomposed", "Gru\u0308\u00dfe", SMALL),
        ("other limits", "correct horse", (2, 16384)),
    ):
        key = VaultKey.from_passphrase(passphrase, SALT, limits)
        given = {"passphrase": passphrase, "salt": SALT.hex()}
        given |= {"passes": limits[0], "memory": limits[1]}
        yield case(what, given, {"key": key.key.hex()})


def _full() -> Secrets:
    pins = (
        Pin(BOB.public, "Bob", 1_760_000_000),
        Pin(CY.public, "Cy \U0001f44b", 1_760_000_001, Verified.CODE, 1_760_000_002),
    )
    invites = (
        OpenInvite("for all", InviteFlag.LOBBY, 1_893_456_000, bytes(16), seed("link", 16)),
        OpenInvite(
            "for Bob", InviteFlag.SINGLE_USE, 1, bytes(range(16)), seed("x", 16), 3, BOB.dev
        ),
    )
    return Secrets(
        ADA.seed_of_d,
        {pin.dev: pin for pin in pins},
        {BOB.dev: seed("contact Bob"), CY.dev: seed("contact Cy")},
        invites,
        (Proof(1_760_000_003, b"voucher", b"one block", b"another"),),
    )


def _fields(secrets: Secrets) -> Case:
    return {
        "version": 1,
        "seed": secrets.identity_seed.hex(),
        "pins": [
            {
                "dev": dev.hex(),
                "D": pin.public_key.hex(),
                "name": pin.name,
                "first_seen": pin.first_seen,
                "verified": int(pin.verified),
                "verified_when": pin.verified_when,
            }
            for dev, pin in sorted(secrets.pins.items())
        ],
        "contact_secrets": [
            {"dev": dev.hex(), "secret": secret.hex()}
            for dev, secret in sorted(secrets.contact_secrets.items())
        ],
        "open_invitations": [
            {
                "label": invite.label,
                "flags": int(invite.flags),
                "expiry": invite.expiry,
                "room_seed": invite.room_seed.hex(),
                "secret": invite.secret.hex(),
                "uses": invite.uses,
                "bound": [invite.bound.hex()] if invite.bound else [],
            }
            for invite in secrets.open_invites
        ],
        "proofs": [
            {
                "kept": proof.kept,
                "voucher": proof.voucher.hex(),
                "first": proof.first.hex(),
                "second": proof.second.hex(),
            }
            for proof in secrets.proofs
        ],
    }


def _contents() -> Iterator[Case]:
    for what, secrets in (
        ("nothing but the seed", Secrets(bytes(32))),
        ("something of all", _full()),
    ):
        yield case(what, _fields(secrets), {"bytes": secrets.encode().hex()})


def _read_contents() -> Iterator[Case]:
    full = _full().encode()
    first, second = sorted(_full().pins)
    yield _content("something of all", full)
    yield _content("cut off", full[:-1])
    yield _content("with something behind", full + b"\0")
    yield _content("of the next version", b"\2" + full[1:])
    yield _content("a pin under another device", full.replace(first, bytes(16), 1))
    both = full[: full.rindex(first)] + full[full.rindex(second) :]
    yield _content("one entry cut out", both)
    again = full[: full.rindex(second)] + first + full[full.rindex(second) + 16 :]
    yield _content("a device twice", again)
    odd = full.replace(b"\3\1" + BOB.dev, b"\3\2" + BOB.dev)
    yield _content("bound neither yes nor no", odd)


def _content(what: str, data: bytes) -> Case:
    given = {"bytes": data.hex()}
    try:
        return case(what, given, _fields(Secrets.parse(data)))
    except MalformedError:
        return refused(what, given, "malformed")


def _vault_keys() -> dict[str, VaultKey]:
    return {
        "by the key store": VaultKey.from_system(seed("vault key")),
        "by a passphrase": VaultKey.from_passphrase("correct horse", SALT, SMALL),
    }


def _vaults() -> Iterator[Case]:
    content = _full().encode()
    for what, key in _vault_keys().items():
        nonce = seed("vault nonce", 24)
        given: dict[str, Any] = {
            "key_from": int(key.kind == "passphrase"),
            "key": key.key.hex(),
            "salt": key.salt.hex(),
            "passes": key.passes,
            "memory": key.memory,
            "nonce": nonce.hex(),
            "content": content.hex(),
        }
        yield case(what, given, {"file": seal_vault(content, key, source(nonce)).hex()})


def _opened() -> Iterator[Case]:
    for how, key in _vault_keys().items():
        file = seal_vault(b"content", key, source(seed("vault nonce", 24)))
        at = len(MAGIC)
        yield _vault(f"{how}: as it was", key, file)
        yield _vault(f"{how}: another magic", key, b"C" + file[1:])
        yield _vault(f"{how}: of the next version", key, file[:at] + b"\2" + file[at + 1 :])
        yield _vault(f"{how}: cut off in its header", key, file[: at + 40])
        yield _vault(f"{how}: another byte in its header", key, _changed(file, at + 2))
        yield _vault(f"{how}: another byte in its nonce", key, _changed(file, at + 40))
        yield _vault(f"{how}: another byte at its end", key, _changed(file, -1))
        yield _vault(f"{how}: cut off at its end", key, file[:-1])
        yield _vault(f"{how}: with something behind", key, file + b"\0")
    passes = at + 18
    for what, passes_memory in {
        "no pass": bytes(4) + file[passes + 4 : passes + 12],
        "17 passes": b"\0\0\0\x11" + file[passes + 4 : passes + 12],
        "more than 1 GiB": file[passes : passes + 4] + (2**30 + 1).to_bytes(8, "big"),
    }.items():
        yield _vault(what, key, file[:passes] + passes_memory + file[passes + 12 :])


def _changed(data: bytes, at: int) -> bytes:
    changed = bytearray(data)
    changed[at] ^= 1
    return bytes(changed)


def _vault(what: str, key: VaultKey, file: bytes) -> Case:
    given = {"key": key.key.hex(), "file": file.hex()}
    try:
        content = open_vault(file, key)
    except VaultError as error:
        return refused(what, given, error.code)
    at = len(MAGIC) + 2
    gives = {"key_from": file[at - 1], "salt": file[at : at + 16].hex(), "content": content.hex()}
    return case(what, given, gives)
