"""Verifying somebody: by two screens and a camera, by the safety number, and what is said then."""

from dataclasses import replace

import pytest
from PySide6.QtWidgets import QLabel

from app.intents import ScanCode
from app.meeting.view import Badge, Person, Presence, Verified
from app.meeting.wishes import NumberMatches, Scanned
from app.screens import Home, InMeeting
from app.ui import samples
from app.ui.samples import ADA, BEN, CODE, MORNING, NUMBER, PEOPLE, SHOWN_CODE, meeting, troubled
from app.ui.views.safety_person import known


def plain(text: str) -> str:
    return text.replace("\u2068", "").replace("\u2069", "")


def text_of(stand, name: str) -> str:
    label = stand.find(name)
    assert isinstance(label, QLabel)
    return plain(label.text())


def with_ben(**changes: object) -> tuple[Person, ...]:
    return (*PEOPLE[:2], replace(PEOPLE[2], **changes), PEOPLE[3])  # type: ignore[arg-type]


@pytest.fixture
def opened(stand):
    """Safety is open, and over it the sheet to verify Ben; what was asked so far is forgotten."""
    stand.show(meeting())
    stand.press("lock")
    buttons = stand.window.findChildren(object, "safety_verify")
    assert [plain(b.accessibleName()) for b in buttons][1] == "Verify Ben Okafor"
    buttons[1].setFocus()
    buttons[1].click()
    stand.heard.clear()
    return stand


def scanning(on: bool = True, **changes: object) -> InMeeting:
    return replace(meeting(**changes), scanning=on)


def test_the_own_code_is_shown_for_the_other_camera(opened) -> None:
    import segno

    made = segno.make(SHOWN_CODE, error="m", micro=False, boost_error=False)
    assert opened.find("verify_code").modules == tuple(
        tuple(int(m > 0) for m in row) for row in made.matrix
    )


def test_the_camera_looks_only_when_asked_and_stops_when_asked(opened) -> None:
    assert opened.said == []
    opened.press("verify_scan")
    assert opened.said == [Scanned(""), ScanCode(True)]
    opened.show(scanning())
    assert "before your camera" in text_of(opened, "verify_outcome")
    opened.press("verify_scan")
    assert opened.said[2:] == [ScanCode(False)]


def test_closing_the_sheet_stops_the_camera_that_looks(opened) -> None:
    opened.show(scanning())
    opened.press("verify_sheet_close")
    assert opened.said == [ScanCode(False)]


def test_leaving_the_meeting_stops_the_camera_that_looks(opened) -> None:
    opened.show(scanning())
    opened.show(Home("Mara"))
    assert opened.said == [ScanCode(False)]


def test_what_the_camera_sees_is_shown_though_it_is_off_for_the_others(opened) -> None:
    people = (replace(PEOPLE[0], camera_on=False), *PEOPLE[1:])
    opened.show(scanning(camera_on=False, people=people))
    opened.mailboxes[samples.ME].put(samples.picture(0, 64, 36))
    tile = next(
        sheet for sheet in opened.window.findChildren(object, "verify_sheet") if sheet.isVisible()
    ).picture.tile
    opened.qtbot.waitUntil(lambda: tile.shows_picture)
    assert not opened.window.view.grid.tiles[samples.ME].shows_picture


@pytest.mark.parametrize(
    ("camera_on", "words"),
    [(True, "the others see what it sees"), (False, "Only you see what your camera sees")],
)
def test_who_sees_what_the_camera_sees_is_said_before_it_looks(
    opened, camera_on: bool, words: str
) -> None:
    opened.show(meeting(camera_on=camera_on))
    assert words in text_of(opened, "verify_outcome")


def test_the_right_code_is_said_plainly(opened) -> None:
    people = with_ben(badge=Badge.VERIFIED, verified_by=Verified.NUMBER)
    opened.show(scanning(on=False, scanned="scanned_ok", people=people))
    assert text_of(opened, "verify_outcome") == (
        "Ben Okafor is verified: their screen showed the right code."
    )
    assert opened.find("verify_outcome").property("kind") == "safe"
    assert text_of(opened, "verify_verdict") == "Ben Okafor is verified on this device."


def test_a_wrong_code_is_said_plainly(opened) -> None:
    opened.show(scanning(scanned="scanned_wrong"))
    assert "somebody else may be in between" in text_of(opened, "verify_outcome")
    assert opened.find("verify_outcome").property("kind") == "danger"


def test_somebody_elses_code_does_not_pass_for_theirs(opened) -> None:
    opened.show(scanning(scanned="scanned_ok"))
    assert "somebody else here" in text_of(opened, "verify_outcome")
    assert opened.window.findChild(object, "verify_verdict").isHidden()


def test_the_safety_number_is_read_in_lines_and_confirmed(opened) -> None:
    lines = text_of(opened, "verify_number").split("\n")
    assert [len(line.split()) for line in lines] == [4, 4, 4]
    assert " ".join(lines) == NUMBER
    opened.press("verify_same")
    assert opened.said == [NumberMatches(BEN)]


def test_who_was_verified_by_a_code_can_still_be_by_the_number(opened) -> None:
    opened.show(meeting(people=with_ben(badge=Badge.VERIFIED, verified_by=Verified.CODE)))
    assert opened.find("verify_same").isEnabled()
    opened.show(meeting(people=with_ben(badge=Badge.VERIFIED, verified_by=Verified.NUMBER)))
    assert not opened.find("verify_same").isEnabled()


def test_who_leaves_is_verified_no_more(opened) -> None:
    opened.show(meeting(people=(*PEOPLE[:2], PEOPLE[3])))
    assert opened.window.focusWidget() is not None
    visible = [s for s in opened.window.findChildren(object, "verify_sheet") if s.isVisible()]
    assert visible == []


def test_who_is_on_hold_cannot_be_verified(stand) -> None:
    stand.show(meeting(people=troubled(Presence.HELD, badge=Badge.CHANGED)))
    stand.press("lock")
    first = stand.window.findChildren(object, "safety_verify")[0]
    assert first.isHidden()


@pytest.mark.parametrize(
    ("how", "when", "words"),
    [
        (Verified.CODE, MORNING, "You compared the code of a meeting on 14 November 2023."),
        (Verified.CODE, 0.0, "You compared the code of this meeting."),
        (
            Verified.NUMBER,
            MORNING,
            "You compared the safety number, or scanned their screen, on 14 November 2023.",
        ),
        (Verified.NUMBER, 0.0, "You compared the safety number, or scanned their screen."),
        (Verified.NOT_YET, 0.0, "You compared the code with this device."),
    ],
)
def test_a_badge_says_how_and_when_somebody_was_verified(
    how: Verified, when: float, words: str
) -> None:
    person = replace(PEOPLE[1], verified_by=how, verified_when=when, known_since=0.0)
    assert known(person) == words


def test_a_code_that_changed_while_it_was_read_is_said(stand) -> None:
    stand.show(meeting())
    stand.press("lock")
    assert stand.window.findChild(object, "safety_changed").isHidden()
    stand.show(meeting(code=replace(CODE, eid=b"8" * 32), eid=b"8" * 32))
    assert "Begin again" in text_of(stand, "safety_changed")


def test_the_sheet_to_verify_stands_over_safety_and_gives_the_keyboard_back(opened) -> None:
    opened.press("verify_sheet_close")
    assert opened.find("safety_sheet")
    assert opened.window.focusWidget().objectName() == "safety_verify"


def test_a_voice_that_can_be_imitated_is_pointed_out(stand) -> None:
    stand.show(meeting())
    stand.press("lock")
    assert "A voice can be imitated" in text_of(stand, "safety_caution")
    assert ADA in stand.window.view.people.rows
