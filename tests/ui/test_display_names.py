"""A name that somebody chose cannot deceive by its signs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.i18n import use_language
from app.meeting.view import Badge
from app.names import ISOLATE, POP, clean, clean_text, initials, isolated, shown


@pytest.mark.parametrize(
    ("given_name", "seen"),
    [
        ("Ada", "Ada"),
        ("  Ada \n Brenner\t", "Ada Brenner"),
        ("A\u202eda", "Ada"),  # right-to-left override
        ("Ada\u0000\u001b[31m", "Ada[31m"),
        ("A\u200bda", "Ada"),  # zero width space
        ("Ada\u2028Brenner", "Ada Brenner"),
        ("\U000e0041Ada", "Ada"),  # tag letters
        ("\ue000Ada", "Ada"),  # private use
        ("A\u200d\u200cda", "Ada"),  # joiners where there is nothing to join
        ("نامه\u200cای", "نامه\u200cای"),  # and where there is
        ("\u3164A\u2800da\u115f", "A da"),  # letters that look empty
        ("Jose\u0301", "José"),
        ("", ""),
    ],
)
def test_signs_that_cannot_be_seen_are_dropped(given_name: str, seen: str) -> None:
    assert clean(given_name) == seen


def test_a_long_name_is_cut_at_64_graphemes() -> None:
    assert clean("a" * 64) == "a" * 64
    assert clean("a" * 65) == "a" * 64 + "…"


def test_a_family_counts_as_one_sign() -> None:
    family = "👨‍👩‍👧‍👦"
    assert clean(family * 64) == family * 64
    assert clean(family * 65) == family * 64 + "…"


def test_accents_build_no_towers() -> None:
    assert clean("a" + "\u0301" * 50) == "á" + "\u0301" * 4


@given(st.text(max_size=200))
def test_whatever_is_sent_can_be_shown(name: str) -> None:
    seen = clean(name)
    assert "\n" not in seen
    assert len(seen) <= 64 * 12 + 1
    assert clean(seen.removesuffix("…")) == seen.removesuffix("…").rstrip()
    assert initials(name)


@pytest.mark.parametrize("badge", [Badge.KNOWN, Badge.VERIFIED, Badge.CHANGED])
def test_a_known_persons_name_stands_without_quotes(badge: Badge) -> None:
    assert shown("Ada", badge) == f"{ISOLATE}Ada{POP}"


def test_a_new_persons_name_is_a_claim_and_stands_in_quotes() -> None:
    assert shown("Ada", Badge.NEW) == f"{ISOLATE}“Ada”{POP}"
    use_language("de")
    assert shown("Ada", Badge.NEW) == f"{ISOLATE}„Ada“{POP}"


def test_a_name_cannot_close_its_own_isolation() -> None:
    assert isolated("Ada\u2069\u202eevil") == f"{ISOLATE}Adaevil{POP}"


def test_somebody_without_a_name_is_still_somebody() -> None:
    assert shown("\u200b", Badge.KNOWN) == f"{ISOLATE}?{POP}"


def test_what_is_written_keeps_its_lines() -> None:
    assert clean_text("one\r\ntwo\u202e three") == "one\ntwo three"


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Ada Brenner", "AB"), ("Ada", "A"), ("ada maria brenner", "AB"), ("🦄", "?"), ("", "?")],
)
def test_initials_are_one_letter_or_two(name: str, letters: str) -> None:
    assert initials(name) == letters
