"""Whom a device knows: badges, changed keys, imitated names, what is never forgotten."""

import pytest

from app.meeting.contacts import Contact, Contacts, same_name
from app.meeting.view import Badge

BEN, CLEO, STRANGER = b"b" * 16, b"c" * 16, b"s" * 16
KEY = bytes(32)


def contacts(**known: bool) -> Contacts:
    devs = {"Ben": BEN, "Cleo": CLEO}
    return Contacts({devs[name]: Contact(KEY, name, verified) for name, verified in known.items()})


@pytest.mark.parametrize("spelling", ["Ben", "ben", "BEN", " Ben ", "Ｂｅｎ"])
def test_spellings_of_one_name_are_one_name(spelling: str):
    assert same_name(spelling) == same_name("Ben")
    assert contacts(Ben=True).badge(STRANGER, spelling) is Badge.CHANGED


@pytest.mark.parametrize("name", ["Bеn", "Bén", "B e n", "B.e.n", "Ben\u200b", "b3n"])
def test_letters_of_other_scripts_accents_digits_and_gaps_do_not_hide_an_imitation(name: str):
    known = contacts(Ben=True)
    assert known.imitated(STRANGER, name) == "Ben"
    assert known.badge(STRANGER, name) is Badge.NEW


def test_a_name_of_nothing_but_signs_imitates_nobody():
    known = Contacts({BEN: Contact(KEY, "!!!", True)})
    assert known.imitated(STRANGER, "???") == ""


def test_a_known_person_keeps_the_badge_under_a_new_name():
    known = contacts(Ben=True, Cleo=False)
    assert known.badge(BEN, "Benjamin") is Badge.VERIFIED
    assert known.badge(CLEO, "C.") is Badge.KNOWN
    assert known.imitated(BEN, "Benjamin") == ""


def test_a_known_person_who_takes_another_ones_name_is_flagged():
    known = contacts(Ben=True, Cleo=False)
    assert known.imitated(CLEO, "Ben") == "Ben"
    known.remember(CLEO, Contact(KEY, "Ben", False))
    assert known.imitated(CLEO, "Ben") == "Ben", "and stays flagged when met again"


def test_two_people_met_under_one_name_do_not_imitate_each_other():
    known = Contacts({BEN: Contact(KEY, "Ben", True), CLEO: Contact(KEY, "Ben", True)})
    assert known.imitated(CLEO, "Ben") == ""
    assert known.badge(CLEO, "Ben") is Badge.VERIFIED


def test_what_was_verified_stays_verified():
    known = contacts(Ben=True)
    known.remember(BEN, Contact(KEY, "Ben", False))
    assert known.badge(BEN, "Ben") is Badge.VERIFIED


def test_who_was_met_is_known_and_verified_only_by_comparing():
    known = contacts()
    known.remember(BEN, Contact(KEY, "Ben", False))
    assert known.badge(BEN, "Ben") is Badge.KNOWN
    known.remember(BEN, Contact(KEY, "Ben", True))
    assert known.badge(BEN, "Ben") is Badge.VERIFIED


def test_meeting_again_does_not_change_since_when_somebody_is_known():
    known = Contacts({BEN: Contact(KEY, "Ben", False, first_seen=7.0)})
    known.remember(BEN, Contact(KEY, "Ben", True, first_seen=9.0))
    assert (pin := known.get(BEN)) is not None
    assert pin.first_seen == 7.0
    assert known.get(STRANGER) is None


def test_an_accepted_key_takes_the_place_of_the_old_ones_of_that_name_only():
    known = contacts(Ben=True, Cleo=True)
    assert known.replaced_by(STRANGER, "ben") == [BEN]
    known.remember(STRANGER, Contact(KEY, "Ben", False))
    assert known.badge(BEN, "Ben") is Badge.CHANGED, "the old key is no longer trusted"
    assert known.badge(CLEO, "Cleo") is Badge.VERIFIED


def test_forgetting_and_remembering_do_not_reach_into_what_was_given():
    given = {BEN: Contact(KEY, "Ben", False)}
    known = Contacts(given)
    known.replaced_by(STRANGER, "Ben")
    assert BEN in given


def test_two_people_who_gave_no_name_are_not_one_person_with_a_changed_key():
    contacts = Contacts({b"a" * 16: Contact(b"k" * 32, "Guest", False)})
    assert contacts.badge(b"b" * 16, "Guest") is Badge.NEW
    assert contacts.badge(b"b" * 16, "gast") is Badge.NEW


def test_only_who_shares_a_secret_can_be_called():
    known = contacts(Ben=True, Cleo=False)
    assert known.callable() == {}
    known.befriend(BEN, Contact(KEY, "Ben", secret=b"s" * 32))
    assert set(known.callable()) == {BEN}
    assert known.secret(BEN) == b"s" * 32
    assert known.secret(CLEO) == known.secret(STRANGER) == b""
    assert "ssss" not in repr(known.callable())


def test_meeting_a_contact_again_keeps_the_secret_and_forgetting_makes_them_new():
    known = contacts(Ben=False)
    known.befriend(BEN, Contact(KEY, "Ben", secret=b"s" * 32))
    known.remember(BEN, Contact(KEY, "Ben", True))
    assert known.secret(BEN) == b"s" * 32
    known.forget(BEN)
    assert known.secret(BEN) == b""
    assert known.badge(BEN, "Ben") is Badge.NEW
