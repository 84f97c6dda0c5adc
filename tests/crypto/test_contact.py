"""What two people who know each other share: both get the same, and nothing else passes for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.contact import SHOWN, ShownCode, contact_secret, ring_key
from crypto.errors import MalformedError
from crypto.kdf import hkdf, label

ANN, BEN = bytes(range(16)), bytes(range(16, 32))
CALL = b"c" * 32
HALF, OTHER = b"1" * 32, b"2" * 32

key = st.binary(min_size=32, max_size=32)


def test_both_sides_get_the_same_secret_whoever_is_named_first():
    secret = contact_secret(CALL, {ANN: HALF, BEN: OTHER})
    assert secret == contact_secret(CALL, {BEN: OTHER, ANN: HALF})
    assert secret == hkdf(b"", HALF + OTHER, label("contact", CALL, ANN, BEN), 32)


def test_another_half_call_or_device_gives_another_secret():
    secrets = {
        contact_secret(CALL, {ANN: HALF, BEN: OTHER}),
        contact_secret(CALL, {ANN: OTHER, BEN: HALF}),
        contact_secret(b"d" * 32, {ANN: HALF, BEN: OTHER}),
        contact_secret(CALL, {ANN: HALF, b"x" * 16: OTHER}),
    }
    assert len(secrets) == 4


def test_a_half_or_a_name_of_another_length_is_our_own_mistake():
    with pytest.raises(ValueError, match="32"):
        contact_secret(CALL, {ANN: HALF[1:], BEN: OTHER})
    with pytest.raises(ValueError, match="16"):
        contact_secret(CALL, {ANN[1:]: HALF, BEN: OTHER})
    with pytest.raises(ValueError, match="32"):
        ring_key(bytes(16))


def test_the_key_of_the_ring_is_not_the_secret():
    assert ring_key(HALF) == hkdf(b"", HALF, label("ring"), 32) != HALF


@given(key, key)
def test_a_shown_code_is_read_back(shown_by: bytes, meant_for: bytes):
    code = ShownCode(shown_by, meant_for)
    assert code.text().startswith("conclave:verify#")
    assert ShownCode.parse(code.text()) == code


def test_every_misread_letter_is_noticed():
    text = ShownCode(HALF, OTHER).text()
    for place in range(len(SHOWN), len(text)):
        for letter in "AZaz09-_":
            wrong = text[:place] + letter + text[place + 1 :]
            if wrong != text:
                with pytest.raises(MalformedError):
                    ShownCode.parse(wrong)


@given(st.text(max_size=200) | st.binary(max_size=120).map(lambda b: SHOWN + b.hex()))
def test_any_other_text_is_refused(text: str):
    with pytest.raises(MalformedError):
        ShownCode.parse(text)
