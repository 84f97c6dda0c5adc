import random
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto import sodium, vault_content
from crypto.errors import MalformedError
from crypto.identity import device_id
from crypto.invite import InviteFlag
from crypto.vault import (
    HEADER_BYTES,
    MAGIC,
    MAX_VAULT,
    OpenInvite,
    Pin,
    Secrets,
    VaultError,
    VaultKey,
    Verified,
    WrongPassphraseError,
    key_kind,
    open_vault,
    seal_vault,
)
from crypto.vault_content import MOST_INVITES, MOST_PINS, Proof

CHEAP = (1, 8192)  # argon2id at its least: these tests judge the format, not the cost
SALT = bytes(range(16))
SYSTEM = VaultKey.from_system(bytes(range(32)))
PASSPHRASE = VaultKey.from_passphrase("correct horse", SALT, CHEAP)
CONTENT = b"all that must be remembered"
KEYS = pytest.mark.parametrize("key", [SYSTEM, PASSPHRASE], ids=["system", "passphrase"])

keys32 = st.binary(min_size=32, max_size=32)
keys16 = st.binary(min_size=16, max_size=16)
names = st.text(st.characters(exclude_categories=["Cs"]), max_size=16)
pins = st.builds(
    Pin,
    public_key=keys32,
    name=names,
    first_seen=st.integers(0, 2**64 - 1),
    verified=st.sampled_from(Verified),
    verified_when=st.integers(0, 2**64 - 1),
)
invites = st.builds(
    OpenInvite,
    label=names,
    flags=st.integers(0, 7).map(InviteFlag),
    expiry=st.integers(0, 2**32 - 1),
    room_seed=keys16,
    secret=keys16,
    uses=st.integers(0, 2**16 - 1),
    bound=st.one_of(st.just(b""), keys16),
)
contents = st.builds(
    Secrets,
    identity_seed=keys32,
    pins=st.lists(pins, max_size=4).map(lambda some: {pin.dev: pin for pin in some}),
    contact_secrets=st.dictionaries(keys16, keys32, max_size=4),
    open_invites=st.lists(invites, max_size=4).map(tuple),
)


def source(seed: int) -> sodium.Random:
    return random.Random(seed).randbytes


def code_of(vault: bytes, key: VaultKey) -> str:
    with pytest.raises(VaultError) as refused:
        open_vault(vault, key)
    return refused.value.code


@KEYS
@given(st.binary(max_size=200))
def test_a_vault_opens_as_it_was_sealed(key: VaultKey, content: bytes):
    assert open_vault(seal_vault(content, key), key) == content


@KEYS
def test_any_flipped_bit_of_a_vault_is_noticed(key: VaultKey):
    vault = seal_vault(CONTENT, key, source(1))
    for bit in range(8 * len(vault)):
        changed = bytearray(vault)
        changed[bit // 8] ^= 1 << bit % 8
        code = code_of(bytes(changed), key)
        in_header_form = bit // 8 < len(MAGIC) + 2
        assert code in (
            ("malformed", "kind", "limits")
            if in_header_form
            else ("malformed", "damaged", "passphrase", "limits")
        )


@KEYS
def test_a_vault_that_was_cut_off_or_continued_is_noticed(key: VaultKey):
    vault = seal_vault(CONTENT, key, source(1))
    failed = "damaged" if key is SYSTEM else "passphrase"
    for length in range(len(vault)):
        assert code_of(vault[:length], key) == ("malformed" if length < HEADER_BYTES else failed)
    assert code_of(vault + b"\0", key) == failed


@KEYS
@given(st.binary(max_size=160), st.booleans())
def test_opening_is_total(key: VaultKey, data: bytes, with_magic: bool):
    vault = MAGIC + b"\1" + data if with_magic else data
    assert code_of(vault, key) in ("malformed", "limits", "kind", "damaged", "passphrase")


def test_a_wrong_passphrase_says_that_the_file_may_be_damaged_too():
    vault = seal_vault(CONTENT, PASSPHRASE)
    wrong = VaultKey.from_passphrase_for(vault, "correct horsf")
    with pytest.raises(WrongPassphraseError, match="wrong passphrase or damaged file"):
        open_vault(vault, wrong)


def test_a_vault_of_another_system_key_is_damaged_for_this_one():
    assert code_of(seal_vault(CONTENT, SYSTEM), VaultKey.from_system(bytes(32))) == "damaged"


def test_the_file_says_which_kind_of_key_it_wants():
    by_system, by_passphrase = seal_vault(CONTENT, SYSTEM), seal_vault(CONTENT, PASSPHRASE)
    assert (key_kind(by_system), key_kind(by_passphrase)) == ("system", "passphrase")
    assert code_of(by_system, PASSPHRASE) == "kind"
    assert code_of(by_passphrase, SYSTEM) == "kind"
    with pytest.raises(VaultError) as refused:
        VaultKey.from_passphrase_for(by_system, "correct horse")
    assert refused.value.code == "kind"


def test_a_passphrase_is_all_one_needs_with_the_file():
    vault = seal_vault(CONTENT, PASSPHRASE)
    assert open_vault(vault, VaultKey.from_passphrase_for(vault, "correct horse")) == CONTENT


def test_a_passphrase_is_the_same_however_the_keyboard_composes_it():
    composed, decomposed = (unicodedata.normalize(form, "Grüße à vous") for form in ("NFC", "NFD"))
    assert composed != decomposed
    vault = seal_vault(CONTENT, VaultKey.from_passphrase(composed, SALT, CHEAP))
    assert open_vault(vault, VaultKey.from_passphrase_for(vault, decomposed)) == CONTENT


@pytest.mark.parametrize("passphrase", ["", "\ud800", "\0", "x" * 10_000, "🐶"])
def test_any_text_can_be_a_passphrase(passphrase: str):
    vault = seal_vault(CONTENT, VaultKey.from_passphrase(passphrase, SALT, CHEAP))
    assert open_vault(vault, VaultKey.from_passphrase_for(vault, passphrase)) == CONTENT
    with pytest.raises(WrongPassphraseError):
        open_vault(vault, VaultKey.from_passphrase_for(vault, passphrase + "!"))


def test_equal_passphrases_with_other_salt_or_limits_make_other_keys():
    keys = {
        VaultKey.from_passphrase("p", salt, limits).key
        for salt in (SALT, bytes(16))
        for limits in (CHEAP, (2, 8192), (1, 16384))
    }
    assert len(keys) == 6


@pytest.mark.parametrize(
    ("passes", "memory"),
    [(0, 8192), (17, 8192), (2**32 - 1, 8192), (3, 8191), (3, 2**30 + 1), (3, 2**64 - 1), (3, 0)],
)
def test_absurd_limits_are_refused_before_any_work(
    passes: int, memory: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sodium, "argon2id", lambda *_: pytest.fail("work was done"))
    at = len(MAGIC) + 2 + 16
    vault = seal_vault(CONTENT, PASSPHRASE)
    changed = vault[:at] + passes.to_bytes(4, "big") + memory.to_bytes(8, "big") + vault[at + 12 :]
    with pytest.raises(VaultError) as refused:
        VaultKey.from_passphrase_for(changed, "correct horse")
    assert refused.value.code == "limits"
    assert code_of(changed, PASSPHRASE) == "limits"
    with pytest.raises(ValueError, match="limits"):
        VaultKey.from_passphrase("p", SALT, (passes, memory))


def test_a_vault_of_a_later_version_is_not_guessed_at():
    vault = seal_vault(CONTENT, SYSTEM)
    at = len(MAGIC)
    assert code_of(vault[:at] + b"\2" + vault[at + 1 :], SYSTEM) == "malformed"


def test_a_file_that_is_far_too_long_is_not_read():
    assert code_of(seal_vault(b"", SYSTEM) + bytes(MAX_VAULT), SYSTEM) == "malformed"
    with pytest.raises(ValueError, match="at most"):
        seal_vault(bytes(MAX_VAULT), SYSTEM)


def test_the_same_content_is_never_sealed_to_the_same_bytes():
    assert len({seal_vault(CONTENT, SYSTEM) for _ in range(20)}) == 20


def test_nothing_of_the_content_or_the_key_shows():
    vault = seal_vault(CONTENT * 10, SYSTEM)
    assert CONTENT not in vault
    assert SYSTEM.key not in vault
    assert repr(SYSTEM) == "VaultKey(kind='system', passes=0, memory=0)"
    secrets = Secrets(identity_seed=b"seed".ljust(32, b"."), contact_secrets={bytes(16): b"s" * 32})
    assert "seed." not in repr(secrets)
    assert "sss" not in repr(secrets)


def test_keys_of_another_length_are_our_own_mistake():
    for size in (0, 16, 31, 33):
        with pytest.raises(ValueError, match="length"):
            VaultKey.from_system(bytes(size))


@pytest.mark.slow
def test_a_passphrase_with_the_real_limits_opens_a_vault():
    key = VaultKey.from_passphrase("correct horse", SALT)
    assert (key.passes, key.memory) == (3, 256 * 2**20)
    vault = seal_vault(CONTENT, key)
    assert open_vault(vault, VaultKey.from_passphrase_for(vault, "correct horse")) == CONTENT


@given(contents)
def test_the_content_is_read_as_it_was_written(secrets: Secrets):
    assert Secrets.parse(secrets.encode()) == secrets


@given(contents, st.data())
def test_changed_content_is_refused_or_has_exactly_these_bytes(
    secrets: Secrets, data: st.DataObject
):
    encoded = bytearray(secrets.encode())
    encoded[data.draw(st.integers(0, len(encoded) - 1))] ^= data.draw(st.integers(1, 255))
    assert refused_or_canonical(bytes(encoded))


@given(st.binary(max_size=300))
def test_parsing_content_is_total(data: bytes):
    assert refused_or_canonical(data)
    assert refused_or_canonical(b"\1" + bytes(32) + data)


def refused_or_canonical(data: bytes) -> bool:
    try:
        secrets = Secrets.parse(data)
    except MalformedError:
        return True
    return secrets.encode() == data


@given(contents)
@settings(max_examples=20)
def test_every_truncation_of_content_is_refused(secrets: Secrets):
    encoded = secrets.encode()
    for length in range(len(encoded)):
        with pytest.raises(MalformedError):
            Secrets.parse(encoded[:length])


def a_pin(number: int = 1, name: str = "Ada") -> Pin:
    return Pin(number.to_bytes(32, "big"), name, 1_700_000_000)


def test_a_pin_stands_under_the_device_of_its_key():
    pin = a_pin()
    assert pin.dev == device_id(pin.public_key)
    secrets = Secrets(bytes(32)).with_pin(pin)
    assert secrets.pins == {pin.dev: pin}
    renamed = a_pin(name="Ada L.")
    assert secrets.with_pin(renamed).pins == {pin.dev: renamed}
    with pytest.raises(ValueError, match="another device"):
        Secrets(bytes(32), pins={bytes(16): pin}).encode()
    forged = secrets.encode().replace(pin.dev, bytes(16))
    with pytest.raises(MalformedError, match="another device"):
        Secrets.parse(forged)


def test_devices_out_of_order_or_twice_are_refused():
    secrets = Secrets(bytes(32), contact_secrets={b"a" * 16: bytes(32), b"b" * 16: bytes(32)})
    encoded = secrets.encode()
    for one, other in ((b"a", b"c"), (b"b", b"a")):
        with pytest.raises(MalformedError, match="order"):
            Secrets.parse(encoded.replace(one * 16, other * 16))


def test_the_vault_has_room_for_4096_people_and_256_invitations():
    full = Secrets(
        bytes(32),
        {pin.dev: pin for pin in (a_pin(i, "x" * 64) for i in range(MOST_PINS))},
        {i.to_bytes(16, "big"): bytes(32) for i in range(MOST_PINS)},
        (OpenInvite("x" * 120, InviteFlag.LOBBY, 1, bytes(16), bytes(16), 1, bytes(16)),)
        * MOST_INVITES,
    )
    encoded = full.encode()
    assert len(encoded) < 2**20
    assert Secrets.parse(encoded) == full
    for too_much in (
        full.with_pin(a_pin(MOST_PINS)),
        Secrets(bytes(32), contact_secrets={**full.contact_secrets, b"\xff" * 16: bytes(32)}),
        Secrets(bytes(32), open_invites=(*full.open_invites, full.open_invites[0])),
    ):
        with pytest.raises(ValueError, match="room for"):
            too_much.encode()


def test_a_yes_or_no_that_is_neither_is_refused():
    invite = OpenInvite("", InviteFlag(0), 1, bytes(16), bytes(16), bound=b"d" * 16)
    encoded = Secrets(bytes(32), open_invites=(invite,)).encode()
    assert Secrets.parse(encoded).open_invites == (invite,)
    with pytest.raises(MalformedError):
        Secrets.parse(encoded.replace(b"\1" + b"d" * 16, b"\2" + b"d" * 16))


def test_the_vault_has_room_for_four_proofs():
    proofs = tuple(Proof(n, b"v" * 2048, bytes([n]) * 65_535, b"b") for n in range(4))
    secrets = Secrets(bytes(32), proofs=proofs)
    assert Secrets.parse(secrets.encode()) == secrets
    with pytest.raises(ValueError, match="room for"):
        Secrets(bytes(32), proofs=(*proofs, proofs[0])).encode()


def test_counts_beyond_the_limits_are_refused(monkeypatch: pytest.MonkeyPatch):
    secrets = Secrets(
        bytes(32),
        {pin.dev: pin for pin in (a_pin(1), a_pin(2))},
        {bytes(16): bytes(32), b"a" * 16: bytes(32)},
        (OpenInvite("", InviteFlag(0), 1, bytes(16), bytes(16)),) * 2,
        (Proof(1, b"", b"", b""),) * 2,
    )
    encoded = secrets.encode()
    assert Secrets.parse(encoded) == secrets
    for limit in ("MOST_PINS", "MOST_INVITES", "MOST_PROOFS"):
        with monkeypatch.context() as patch:
            patch.setattr(vault_content, limit, 1)
            with pytest.raises(MalformedError):
                Secrets.parse(encoded)


def test_content_of_a_later_version_is_not_guessed_at():
    with pytest.raises(MalformedError, match="version"):
        Secrets.parse(b"\2" + Secrets(bytes(32)).encode()[1:])
