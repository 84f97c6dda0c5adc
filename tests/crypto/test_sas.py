import json
import random
import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.sas import digits, emoji, safety_number

TABLE = json.loads(
    (Path(__file__).parents[1] / "vectors" / "matrix_sas_emoji.json").read_text(encoding="utf-8")
)
codes = st.binary(min_size=32, max_size=32)


def test_the_emoji_are_the_first_42_bits():
    assert emoji(bytes(32)) == (0,) * 7
    assert emoji(b"\xff" * 32) == (63,) * 7
    bits = 0b000001_000010_000011_000100_000101_000110_000111 << 256 - 42
    assert emoji(bits.to_bytes(32, "big")) == (1, 2, 3, 4, 5, 6, 7)


@given(codes)
def test_every_code_has_seven_emoji_of_the_table(code: bytes):
    shown = emoji(code)
    assert len(shown) == 7
    assert all(TABLE[index]["number"] == index for index in shown)
    rebuilt = sum(index << 6 * place for place, index in enumerate(reversed(shown)))
    assert rebuilt == int.from_bytes(code[:6], "big") >> 6


def test_the_table_names_64_emoji_in_german_and_english():
    assert len(TABLE) == 64
    assert all(entry["description"] and entry["translated_descriptions"]["de"] for entry in TABLE)
    assert len({entry["emoji"] for entry in TABLE}) == 64


def test_the_digits_are_the_whole_code():
    assert digits(bytes(32)) == "000 000 000 000"
    assert digits((123_456_789_012).to_bytes(32, "big")) == "123 456 789 012"
    assert digits(b"\xff" * 32) == "584 007 913 129 639 935"[-15:]


@given(codes)
def test_digits_come_in_four_groups_of_three(code: bytes):
    assert re.fullmatch(r"[0-9]{3}( [0-9]{3}){3}", digits(code))


def test_no_digit_and_no_emoji_is_more_likely_than_another():
    rng = random.Random(1)
    many = [rng.randbytes(32) for _ in range(4000)]
    digit_counts = Counter("".join(digits(code) for code in many).replace(" ", ""))
    emoji_counts = Counter(index for code in many for index in emoji(code))
    for counts, kinds, drawn in ((digit_counts, 10, 48_000), (emoji_counts, 64, 28_000)):
        assert len(counts) == kinds
        expected = drawn / kinds
        chi_squared = sum((n - expected) ** 2 / expected for n in counts.values())
        assert chi_squared < kinds + 5 * (2 * kinds) ** 0.5


@given(codes, st.integers(0, 41))
def test_any_of_the_first_42_bits_changes_emoji_and_digits(code: bytes, bit: int):
    changed = bytearray(code)
    changed[bit // 8] ^= 128 >> bit % 8
    assert emoji(bytes(changed)) != emoji(code)
    assert digits(bytes(changed)) != digits(code)


@given(codes, codes)
def test_the_safety_number_does_not_depend_on_who_looks(one: bytes, other: bytes):
    number = safety_number(one, other)
    assert number == safety_number(other, one)
    assert re.fullmatch(r"[0-9]{5}( [0-9]{5}){11}", number)


@given(codes, codes, st.integers(0, 255))
def test_the_safety_number_depends_on_every_bit_of_both_keys(one: bytes, other: bytes, bit: int):
    changed = bytearray(one)
    changed[bit // 8] ^= 1 << bit % 8
    assert safety_number(bytes(changed), other) != safety_number(one, other)


def test_the_safety_number_never_changes():
    """People may have written it down."""
    number = "00711 14828 80357 91355 51190 92280 51796 97210 52460 22110 37353 20747"
    assert safety_number(bytes(32), b"\1" * 32) == number


@pytest.mark.parametrize("size", [0, 31, 33])
def test_codes_and_keys_of_another_length_are_our_own_mistake(size: int):
    for action in (emoji, digits):
        with pytest.raises(ValueError, match="32 bytes"):
            action(bytes(size))
    with pytest.raises(ValueError, match="32 bytes"):
        safety_number(bytes(32), bytes(size))
