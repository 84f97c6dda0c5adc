import hashlib

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from crypto.kdf import hkdf, hkdf_expand, hkdf_extract, label, labelled_hash, mac


@given(st.binary(max_size=80), st.binary(max_size=80), st.binary(max_size=80), st.integers(1, 300))
def test_hkdf_gives_what_another_implementation_gives(
    salt: bytes, ikm: bytes, info: bytes, length: int
):
    other = HKDF(hashes.SHA512(), length, salt or None, info).derive(ikm)
    assert hkdf(salt, ikm, info, length) == other
    assert hkdf_expand(hkdf_extract(salt, ikm), info, length) == other


def test_hkdf_gives_at_most_what_the_rfc_allows():
    assert len(hkdf(b"", b"x", b"", 255 * 64)) == 255 * 64
    for length in (0, -1, 255 * 64 + 1):
        with pytest.raises(ValueError, match="16320"):
            hkdf_expand(bytes(64), b"", length)


def test_mac_is_hmac_sha256_as_in_rfc_4231():
    expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert mac(b"Jefe", b"what do ya want for nothing?").hex() == expected


def test_a_label_is_domain_name_and_hash_of_its_parts():
    hashed = hashlib.sha256(b"\0\0\0\1a\0\0\0\2bc").digest()
    assert label("name", b"a", b"bc") == b"conclave1\0name\0" + hashed
    assert labelled_hash("name", b"a", b"bc") == hashlib.sha256(label("name", b"a", b"bc")).digest()


parts = st.lists(st.binary(max_size=4), max_size=4)
names = st.text(st.characters(codec="ascii", exclude_characters="\0"), max_size=4)


@given(names, parts, names, parts)
def test_different_names_or_parts_have_different_labels(
    name: str, content: list[bytes], other_name: str, other: list[bytes]
):
    same = (name, content) == (other_name, other)
    assert (label(name, *content) == label(other_name, *other)) == same


def test_where_a_part_ends_matters():
    assert len({label("x", b"ab", b"c"), label("x", b"a", b"bc"), label("x", b"abc")}) == 3
    assert label("x") != label("x", b"")
