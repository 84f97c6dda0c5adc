"""Contacts, calls that come in and go out, passwords at the door."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit

from app.intents import AnswerCall, CallContact, DeclineCall, Enter, ForgetContact, StartMeeting
from app.meeting.view import Badge, Power, Ringing
from app.meeting.wishes import End, Leave, Ring, StopRinging
from app.screens import ContactCard, Home, IncomingCall, Preview, Waiting
from app.screens import Progress as Way
from app.ui.samples import (
    ADA,
    ALONE,
    BEN,
    CALLED_AWAY,
    CALLS,
    CONTACTS,
    DAVID,
    DEVICES,
    PEOPLE,
    as_participant,
    meeting,
)

HOME = Home("Mara", contacts=CONTACTS)
PREVIEW = Preview("Budget 2027", "Ada", False, "Mara", DEVICES)
ASKED = replace(PREVIEW, password_needed=True)


def plain(text: str) -> str:
    return text.replace("\u2068", "").replace("\u2069", "")


def text_of(stand, name: str) -> str:
    label = stand.find(name)
    assert isinstance(label, QLabel)
    return plain(label.text())


# Contacts ---------------------------------------------------------------------------------------


def test_a_contact_is_called_with_one_click(stand) -> None:
    stand.show(HOME)
    buttons = stand.window.findChildren(object, "contact_call")
    assert [plain(b.accessibleName()) for b in buttons] == [
        "Call Ada Brenner",
        "Call Ben Okafor",
        "Call David Friedrich",
    ]
    buttons[1].click()
    assert stand.said == [CallContact(BEN, "Mara")]


def test_without_contacts_there_is_no_empty_list_of_them(stand) -> None:
    stand.show(Home("Mara"))
    assert stand.window.findChild(object, "contacts").isHidden()
    stand.show(HOME)
    assert stand.find("contacts").height() > 100


def test_many_contacts_leave_room_for_the_meetings_nearby(stand) -> None:
    many = tuple(ContactCard(bytes([n]) * 16, f"Person {n}", Badge.KNOWN) for n in range(1, 40))
    stand.window.resize(1024, 700)
    stand.show(replace(HOME, contacts=many))
    QApplication.processEvents()
    assert stand.find("contacts").height() <= stand.window.height() / 2
    assert stand.find("nearby").height() > 200


def test_forgetting_a_contact_is_asked_once_more(stand) -> None:
    stand.show(HOME)
    row = stand.window.findChildren(object, "contact_row")[0]
    row.menu().actions()[0].trigger()
    assert stand.said == []
    assert text_of(stand, "forget_sheet_title") == "Forget Ada Brenner?"
    stand.press("forget_go")
    assert stand.said == [ForgetContact(ADA)]


def test_the_rows_of_contacts_stand_still_while_nothing_changes(stand) -> None:
    stand.show(HOME)
    before = stand.window.findChildren(object, "contact_row")
    stand.show(replace(HOME, searching=False))
    assert stand.window.findChildren(object, "contact_row") == before


def test_nobody_calls_without_a_name(stand) -> None:
    stand.show(Home("", contacts=CONTACTS, calls=CALLS))
    stand.window.findChildren(object, "contact_call")[0].click()
    stand.press("call_answer")
    assert stand.said == []
    assert "what the others should call you" in text_of(stand, "home_notice")


# A call that comes in ---------------------------------------------------------------------------


def test_a_call_says_who_calls_and_into_what_and_is_answered_or_not(stand) -> None:
    stand.show(replace(HOME, calls=CALLS))
    assert text_of(stand, "call_heading") == "Ada Brenner calls."
    assert text_of(stand, "call_title") == "Budget 2027"
    assert stand.find("call_badge").accessibleName() == "Verified"
    answer, decline = stand.find("call_answer"), stand.find("call_decline")
    assert answer.property("role") == decline.property("role")
    assert abs(answer.width() - decline.width()) <= 1
    answer.click()
    decline.click()
    assert stand.said == [AnswerCall("c1", "Mara"), DeclineCall("c1")]


def test_a_call_is_heard_once_and_goes_when_it_is_over(
    stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    rung: list[str] = []
    monkeypatch.setattr(
        QAccessible, "updateAccessibility", lambda event: said.append(plain(event.message()))
    )
    monkeypatch.setattr(QApplication, "beep", lambda: rung.append("beep"))
    for _again in range(3):
        stand.show(replace(HOME, calls=CALLS))
    assert said.count("Ada Brenner calls.") == 1
    assert rung == ["beep"]
    stand.show(HOME)
    assert stand.window.findChild(object, "calls").isHidden()
    assert stand.window.view.calls.cards == {}


def test_who_is_not_known_calls_as_a_claim(stand) -> None:
    call = IncomingCall("c2", b"", "Ada Brenner", "", Badge.NEW)
    stand.show(replace(HOME, calls=(call,)))
    assert text_of(stand, "call_heading") == "“Ada Brenner” calls."
    assert text_of(stand, "call_title") == "Meeting"


# A call that comes in during a meeting ----------------------------------------------------------

AWAY = replace(meeting(), calls=CALLED_AWAY)
AS_GUEST = replace(as_participant(), calls=CALLED_AWAY)


def test_a_call_during_a_meeting_says_who_and_what_it_takes_to_answer(stand) -> None:
    stand.show(AS_GUEST)
    assert text_of(stand, "call_heading") == "David Friedrich calls you."
    assert text_of(stand, "call_note") == "To answer, you leave this meeting."
    answer, decline = stand.find("call_answer"), stand.find("call_decline")
    assert plain(answer.accessibleName()) == "Answer David Friedrich"
    assert answer.property("role") == decline.property("role")
    decline.click()
    answer.click()
    assert stand.said == [DeclineCall("c2"), AnswerCall("c2", "Mara")]
    stand.show(as_participant())
    assert stand.window.view.stage.requests.isHidden()


def test_a_call_during_a_meeting_is_said_once_and_does_not_beep(
    stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    rung: list[str] = []
    monkeypatch.setattr(
        QAccessible, "updateAccessibility", lambda event: said.append(plain(event.message()))
    )
    monkeypatch.setattr(QApplication, "beep", lambda: rung.append("beep"))
    for _again in range(3):
        stand.show(AS_GUEST)
    assert said.count("David Friedrich calls you.") == 1
    assert rung == []


def test_the_card_of_a_call_takes_the_keyboard_from_nobody(stand) -> None:
    stand.show(as_participant())
    before = stand.window.focusWidget()
    stand.show(AS_GUEST)
    assert stand.window.focusWidget() is before


@pytest.mark.parametrize(
    ("button", "leave"), [("leave_hand_over", Leave(ADA)), ("leave_end", End())]
)
def test_who_leads_decides_first_what_becomes_of_the_meeting(stand, button, leave) -> None:
    stand.show(AWAY)
    stand.press("call_answer")
    assert stand.said == []
    assert text_of(stand, "leave_for") == "You go over to David Friedrich, who calls you."
    stand.press(button)
    assert stand.said == [AnswerCall("c2", "Mara", leave)]


def test_who_only_leaves_is_not_told_of_a_call(stand) -> None:
    stand.show(AWAY)
    stand.window.view.leave()
    assert stand.window.findChildren(QLabel, "leave_for") == []
    stand.press("leave_end")
    assert stand.said == [End()]


def test_a_question_about_a_call_that_is_over_goes(stand) -> None:
    stand.show(AWAY)
    stand.press("call_answer")
    stand.show(meeting())
    assert stand.window.sheets.standing == []
    assert stand.said == []


def test_who_leads_alone_is_asked_nothing(stand) -> None:
    stand.show(replace(meeting(people=ALONE), calls=CALLED_AWAY))
    stand.press("call_answer")
    assert stand.said == [AnswerCall("c2", "Mara")]


@pytest.mark.parametrize(("screen", "key"), [(AS_GUEST, "c2"), (replace(HOME, calls=CALLS), "c1")])
def test_a_call_is_answered_or_not_by_keys_and_by_command(stand, screen, key: str) -> None:
    commands = stand.window.commands
    stand.show(screen)
    names = {one.action for one in commands.possible()}
    assert {"answer", "decline"} <= names
    for keys in (Qt.Key.Key_D, Qt.Key.Key_A):
        both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
        stand.qtbot.keyClick(stand.window, keys, both)
    assert stand.said == [DeclineCall(key), AnswerCall(key, "Mara")]


def test_without_a_call_there_is_no_command_for_one(stand) -> None:
    for screen in (HOME, meeting()):
        stand.show(screen)
        names = {one.action for one in stand.window.commands.possible()}
        assert not {"answer", "decline"} & names


# Calling ----------------------------------------------------------------------------------------


def test_the_preview_of_a_call_says_who_will_be_called(stand) -> None:
    stand.show(replace(PREVIEW, hosting=True, calling="Ada Brenner"))
    assert text_of(stand, "preview_host") == "Ada Brenner is called as soon as you go in."
    assert stand.find("preview_enter").text() == "Call"
    stand.press("preview_enter")
    assert stand.said == [Enter("Mara")]


def test_while_a_contact_is_called_one_can_give_up(stand) -> None:
    stand.show(meeting(people=ALONE, ringing=(Ringing(ADA, "Ada Brenner", 0.0),)))
    assert text_of(stand, "ringing_words") == "Calling Ada Brenner…"
    stand.press("ringing_stop")
    assert stand.said == [StopRinging(ADA)]
    stand.show(meeting(people=ALONE))
    assert stand.window.view.stage.requests.isHidden()


def test_contacts_who_are_not_here_can_be_called_into_a_meeting(stand) -> None:
    stand.show(meeting())
    stand.press("invite")
    buttons = stand.window.findChildren(object, "contact_call")
    assert [plain(b.accessibleName()) for b in buttons] == ["Call David Friedrich"]
    buttons[0].click()
    assert stand.said == [Ring(DAVID)]
    stand.show(meeting(ringing=(Ringing(DAVID, "David Friedrich", 0.0),)))
    assert stand.window.findChild(object, "invitations_contacts").isHidden()


def test_who_may_not_invite_calls_nobody(stand) -> None:
    screen = replace(as_participant(invitation="x"), contacts=CONTACTS)
    stand.show(screen)
    assert Power.INVITE not in screen.view.powers
    stand.press("invite")
    assert stand.window.findChild(object, "invitations_contacts").isHidden()
    assert {person.dev for person in PEOPLE} >= {ADA, BEN}


# Passwords --------------------------------------------------------------------------------------


def test_a_meeting_is_started_with_a_password(stand) -> None:
    stand.show(Home("Mara"))
    stand.press("start_meeting")
    stand.qtbot.keyClicks(stand.find("start_password"), "open sesame")
    stand.qtbot.keyClick(stand.find("start_password"), Qt.Key.Key_Return)
    assert stand.said == [StartMeeting("Meeting", "Mara", False, True, password="open sesame")]


def test_no_password_is_asked_for_where_there_is_none(stand) -> None:
    stand.show(PREVIEW)
    assert stand.window.findChild(object, "preview_password_part").isHidden()
    assert stand.find("preview_enter").isEnabled()


def test_one_enters_with_the_password(stand) -> None:
    stand.show(ASKED)
    assert stand.window.focusWidget().objectName() == "preview_password"
    assert not stand.find("preview_enter").isEnabled()
    stand.qtbot.keyClicks(stand.find("preview_password"), "sesame")
    stand.qtbot.keyClick(stand.find("preview_password"), Qt.Key.Key_Return)
    assert stand.said == [Enter("Mara", "sesame")]


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (4, "Wrong password. 4 tries left."),
        (1, "Wrong password. 1 try left."),
        (0, "Too many wrong passwords. None is taken until the host allows it again."),
    ],
)
def test_a_wrong_password_says_how_many_tries_are_left(stand, left: int, words: str) -> None:
    stand.show(ASKED)
    assert stand.window.findChild(object, "preview_wrong").isHidden()
    stand.show(replace(ASKED, tries_left=left))
    assert text_of(stand, "preview_wrong") == words
    assert stand.window.focusWidget().objectName() == "preview_password"


def test_a_password_is_covered_until_the_eye_is_pressed(stand) -> None:
    stand.show(ASKED)
    field = stand.find("preview_password")
    assert field.echoMode() == QLineEdit.EchoMode.Password
    stand.press("preview_password_eye")
    assert field.echoMode() == QLineEdit.EchoMode.Normal
    assert stand.find("preview_password_eye").accessibleName() == "Hide the password"
    stand.press("preview_password_eye")
    assert field.echoMode() == QLineEdit.EchoMode.Password


def test_a_password_is_forgotten_when_its_field_goes(stand) -> None:
    stand.show(ASKED)
    stand.qtbot.keyClicks(stand.find("preview_password"), "sesame")
    stand.press("preview_password_eye")
    stand.show(Waiting("Budget", "Ada", Way.CONNECTING))
    field = stand.window.findChild(QLineEdit, "preview_password")
    assert field.text() == ""
    assert field.echoMode() == QLineEdit.EchoMode.Password


def test_a_password_is_no_longer_than_the_protocol_takes(stand) -> None:
    stand.show(ASKED)
    field = stand.find("preview_password")
    for _letter in range(70):
        field.insert("ä")
    assert len(field.text().encode()) == 128
