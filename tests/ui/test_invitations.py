"""The sheet of invitations, and knocks that come with one."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel

from app.intents import OpenRouter
from app.meeting.view import Invitation, Power
from app.meeting.wishes import NewInvitation, Revoke
from app.screens import Door, MeetingPlace
from app.ui.samples import HOST_POWERS, INVITATIONS, KNOCKS, LATER, LINK, meeting


def plain(text: str) -> str:
    return text.replace("\u2068", "").replace("\u2069", "")


def text_of(stand, name: str) -> str:
    label = stand.find(name)
    assert isinstance(label, QLabel)
    return plain(label.text())


@pytest.fixture
def opened(stand):
    stand.show(meeting())
    stand.press("invite")
    return stand


def rows(stand) -> dict[int, object]:
    found = stand.window.findChildren(object, "invite_sheet")
    return next(sheet for sheet in found if sheet.isVisible()).rows


def words(row: object, name: str) -> str:
    return plain(row.findChild(QLabel, name).text())


def test_each_link_says_for_whom_how_and_what_became_of_it(opened) -> None:
    shown = rows(opened)
    assert set(shown) == {2, 3, 4}
    assert [words(shown[n], "invitation_whom") for n in (2, 3, 4)] == [
        "Henrik",
        "Auditors",
        "Link 4",
    ]
    assert words(shown[2], "invitation_facts").startswith("works once · until 18 May, ")
    assert words(shown[3], "invitation_facts").startswith("works once · as a guest · until ")
    assert words(shown[4], "invitation_facts").startswith("works for many · as a guest · until ")
    assert [words(shown[n], "invitation_state") for n in (2, 3, 4)] == [
        "Henrik Vogel came in with it. It lets nobody else in.",
        "Ines knocked with it first and is not in yet.",
        "Nobody has used it yet.",
    ]


def test_the_newest_link_stands_first(opened) -> None:
    shown = rows(opened)
    tops = {
        number: row.mapTo(opened.window, row.rect().topLeft()).y() for number, row in shown.items()
    }
    assert tops[4] < tops[3] < tops[2]


def test_a_link_is_copied_shown_as_a_code_and_revoked(opened) -> None:
    row = rows(opened)[3]
    for button in (row.copy, row.show_code, row.revoke):
        assert "Auditors" in plain(button.accessibleName())
    row.copy.click()
    assert QApplication.clipboard().text() == INVITATIONS[2].link
    assert row.code.isHidden()
    row.show_code.click()
    assert row.code.isVisible()
    assert len(row.code.modules) >= 21
    row.revoke.click()
    assert opened.said == [Revoke(3)]


def test_a_used_link_is_not_given_out_again(opened) -> None:
    row = rows(opened)[2]
    assert row.copy.isHidden()
    assert row.show_code.isHidden()
    assert row.revoke.isVisible()


def test_a_new_link_is_made_as_asked(opened) -> None:
    opened.press("invitation_new")
    assert opened.window.focusWidget().objectName() == "invitation_label"
    opened.qtbot.keyClicks(opened.find("invitation_label"), " Henrik ")
    opened.press("invitation_as_guest")
    box = opened.find("invitation_lifetime")
    assert box.currentText() == "One day"
    box.activated.emit(2)
    opened.press("invitation_make")
    week = 7 * 24 * 3600.0
    assert opened.said == [NewInvitation("Henrik", True, week, True)]
    assert opened.window.findChild(object, "invitation_form").isHidden()


def test_the_form_begins_with_what_is_usual_each_time(opened) -> None:
    opened.press("invitation_new")
    opened.press("invitation_once")
    opened.press("invitation_cancel")
    opened.press("invitation_new")
    opened.qtbot.keyClick(opened.find("invitation_label"), Qt.Key.Key_Return)
    assert opened.said == [NewInvitation("", True, 24 * 3600.0, False)]


def test_the_keyboard_goes_to_the_link_that_was_just_made(opened) -> None:
    opened.press("invitation_new")
    opened.press("invitation_make")
    fresh = Invitation(5, "Zoe", LINK, True, False, LATER, False)
    opened.show(meeting(invitations=(*INVITATIONS, fresh)))
    assert opened.window.focusWidget() is rows(opened)[5].copy


def test_the_link_for_many_is_replaced_by_revoking_it(opened) -> None:
    opened.press("invite_replace")
    assert opened.said == [Revoke(1)]


def test_what_becomes_of_a_link_is_seen_while_the_sheet_is_open(opened) -> None:
    used = replace(INVITATIONS[2], used=True)
    opened.show(meeting(invitations=(*INVITATIONS[:2], used)))
    assert set(rows(opened)) == {2, 3}
    assert "came in with it" in words(rows(opened)[3], "invitation_state")


def test_who_may_only_pass_the_link_on_makes_no_new_ones(stand) -> None:
    stand.show(meeting(powers=HOST_POWERS - {Power.INVITE}, invitations=()))
    stand.press("invite")
    assert stand.find("invite_link").text() == LINK
    assert stand.window.findChild(object, "invitations_more").isHidden()
    assert stand.window.findChild(object, "invite_replace").isHidden()


def test_the_sheet_says_whether_people_outside_come_in_by_the_meeting_point(opened) -> None:
    label = opened.window.findChild(QLabel, "invite_place")
    assert label.isHidden()
    place = MeetingPlace("203.0.113.5:7443", failing=True)
    opened.show(replace(meeting(), place=place))
    assert label.isVisible()
    assert "203.0.113.5:7443" in plain(label.text())
    opened.show(replace(meeting(), place=replace(place, failing=False, held=True)))
    assert plain(label.text()) == "People outside can come in by the meeting point of your team."


def test_a_second_device_of_a_link_is_said_plainly_with_the_links_label(stand) -> None:
    stand.show(meeting(knocks=KNOCKS[2:]))
    assert text_of(stand, "knock_link") == "With the link “Auditors”."
    assert "Another device used this link first." in text_of(stand, "knock_warning")


def test_a_knock_with_the_link_for_many_needs_no_words_about_it(stand) -> None:
    stand.show(meeting(knocks=KNOCKS[:1]))
    assert stand.window.findChild(object, "knock_link").isHidden()
    assert stand.window.findChild(object, "knock_warning").isHidden()


def test_the_router_is_asked_when_somebody_presses_and_how_it_stands_is_shown(
    stand,
) -> None:
    closed = replace(meeting(), door=Door(may_open=True))
    stand.show(closed)
    stand.press("invite")
    assert "one port" in text_of(stand, "door_why")
    assert stand.find("door_button").text() == "Ask my router"
    stand.press("door_button")
    assert stand.said[-1] == OpenRouter(on=True)
    stand.show(replace(closed, door=Door(may_open=True, wanted=True)))
    assert not stand.find("door_button").isEnabled()
    assert text_of(stand, "door_state") == "Your router is being asked to let people in."
    there = Door(may_open=True, wanted=True, address="203.0.113.5:7100")
    stand.show(replace(closed, door=there))
    assert text_of(stand, "door_state") == "Your router lets people in at 203.0.113.5 port 7100."
    stand.press("door_button")
    assert stand.said[-1] == OpenRouter(on=False)
    behind = Door(may_open=True, wanted=True, why_not="behind_another", detail="10.0.0.2")
    stand.show(replace(closed, door=behind))
    assert "its outside address is 10.0.0.2" in text_of(stand, "door_state")
    assert stand.find("door_button").isEnabled()


def test_who_may_not_open_the_router_does_not_see_it(opened) -> None:
    assert not opened.window.findChild(object, "router_door").isVisible()


def test_while_the_router_lets_people_in_the_sheet_of_safety_says_so(stand) -> None:
    there = replace(meeting(), door=Door(wanted=True, address="[2001:db8::5]:7100"))
    stand.show(there)
    stand.press("lock")
    assert text_of(stand, "safety_door") == "Your router lets people in at 2001:db8::5 port 7100."
    stand.show(meeting())
    assert not stand.window.findChild(object, "safety_door").isVisible()
