"""Ways to a meeting beside the usual ones: lately visited, by camera, a link in the wrong field."""

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from PySide6.QtWidgets import QLabel, QWidget

from app.intents import (
    ForgetRecent,
    JoinRecent,
    ScanInvitation,
    SetSetting,
)
from app.rules import Function, Rules
from app.screens import Home, Preview, RecentMeeting, WayBack
from app.settings import DEFAULTS
from app.ui.samples import LINK, MORNING, meeting
from app.ui.views import share_link
from app.ui.views.share_link import mail_url
from app.ui.window import Window
from media.slot import Slot

RECENTS = (
    RecentMeeting("0", "Budget 2027", "Ada Brenner", MORNING, WayBack.LINK),
    RecentMeeting("1", "Choir", "Ben Okafor", MORNING, WayBack.CALL),
    RecentMeeting("2", "Weekly", "Mara", MORNING, WayBack.START),
    RecentMeeting("3", "Old <b>\u202eevil", "Clara", MORNING, WayBack.NONE),
)
HOME = Home("Mara", recents=RECENTS)


def every(stand, name: str) -> list[QWidget]:
    return [w for w in stand.window.findChildren(QWidget, name) if w.isVisibleTo(stand.window)]


# Lately visited ---------------------------------------------------------------------------------


def test_there_is_no_list_where_nothing_is_kept(stand) -> None:
    stand.show(Home("Mara"))
    assert stand.window.view.recents_button.isHidden()
    stand.show(HOME)
    assert stand.find("recent_meetings")


def test_each_meeting_offers_the_way_back_that_is_open(stand) -> None:
    stand.show(HOME)
    stand.press("recent_meetings")
    assert [button.text() for button in every(stand, "recent_back")] == [
        "Join",
        "Call",
        "Start again",
    ]
    facts = [one.text() for one in every(stand, "recent_facts") if isinstance(one, QLabel)]
    assert "its link has expired" in facts[3]
    titles = [one.text() for one in every(stand, "recent_title") if isinstance(one, QLabel)]
    assert "\u202e" not in titles[3]


def test_one_goes_back_by_a_click(stand) -> None:
    stand.show(HOME)
    stand.press("recent_meetings")
    every(stand, "recent_back")[0].click()  # type: ignore[attr-defined]
    assert stand.said == [JoinRecent("0", "Mara")]
    assert every(stand, "recents_sheet") == []


def test_a_meeting_of_ones_own_is_started_again_under_its_title(stand) -> None:
    stand.show(HOME)
    stand.press("recent_meetings")
    every(stand, "recent_back")[2].click()  # type: ignore[attr-defined]
    assert stand.find("title_field").text() == "Weekly"
    assert stand.said == []


def test_one_or_all_can_be_forgotten(stand) -> None:
    stand.show(HOME)
    stand.press("recent_meetings")
    every(stand, "recent_forget")[1].click()  # type: ignore[attr-defined]
    assert stand.said == [ForgetRecent("1")]
    stand.show(replace(HOME, recents=RECENTS[:1]))
    assert len(every(stand, "recent_row")) == 1
    stand.press("recents_forget_all")
    assert stand.said[1:] == [ForgetRecent("")]
    assert every(stand, "recents_sheet") == []


# By camera --------------------------------------------------------------------------------------


def scanning(stand) -> None:
    stand.show(Home("Mara"))
    stand.press("join_link")
    stand.press("join_scan")


def test_an_invitation_is_read_by_the_camera(stand) -> None:
    scanning(stand)
    assert stand.said == [ScanInvitation(True, "Mara")]
    stand.show(Home("Mara", scanning=True))
    assert b"" in stand.mailboxes  # the own camera's pictures are shown
    stand.qtbot.waitUntil(lambda: "Camera on" in stand.window.windowTitle())
    stand.press("scan_sheet_close")
    assert stand.said[1:] == [ScanInvitation(False)]


def test_what_is_wrong_with_a_code_or_the_camera_is_said(stand) -> None:
    scanning(stand)
    stand.show(Home("Mara", scanning=True, notice="link_expired"))
    assert "expired" in stand.find("scan_words").text()
    stand.show(Home("Mara", camera_problem="No camera was found."))
    assert stand.find("scan_words").text() == "No camera was found."


def test_the_preview_that_a_code_leads_to_takes_the_place_of_the_scan(stand) -> None:
    scanning(stand)
    stand.show(Home("Mara", scanning=True))
    stand.show(Preview("Budget", "Ada", False, "Mara"))
    assert every(stand, "scan_sheet") == []


def test_where_the_organisation_allows_no_camera_nothing_is_scanned(qtbot, dressed) -> None:
    rules = Rules(off=frozenset({Function.CAMERA}))
    window = Window(lambda _i: None, lambda _d: Slot(), DEFAULTS, rules=rules)
    qtbot.addWidget(window)
    window.show()
    window.show_screen(Home("Mara"))
    window.view.join_button.click()
    assert window.findChild(QWidget, "join_sheet") is not None
    assert window.findChild(QWidget, "join_scan") is None


# A link in the field of the name ----------------------------------------------------------------


@pytest.mark.parametrize(
    "text", [LINK, f"  {LINK}\n", f"Join: {LINK}", LINK.upper()[:9] + LINK[9:]]
)
def test_a_link_in_the_field_of_the_name_moves_to_where_it_belongs(stand, text: str) -> None:
    stand.show(Home("Mara"))
    stand.find("own_name").setText(text)
    assert stand.find("join_field").text().casefold() == LINK.casefold()
    assert stand.find("own_name").text() == "Mara"
    assert [one for one in stand.said if isinstance(one, SetSetting)] == []


def test_without_a_name_the_link_waits_until_there_is_one(stand) -> None:
    stand.window._settings = replace(DEFAULTS, name="")
    stand.show(Home(""))
    field = stand.find("own_name")
    field.setText(LINK)
    assert field.text() == ""
    field.setText("Mara")
    stand.qtbot.keyPress(field, "\r")
    assert stand.find("join_field").text() == LINK


def test_a_name_is_no_longer_than_it_may_be(stand) -> None:
    stand.show(Home(""))
    stand.find("own_name").setText("x" * 500)
    assert len(stand.find("own_name").text()) == 64


# Giving an invitation to somebody ---------------------------------------------------------------


def test_a_code_can_be_shown_large(stand) -> None:
    stand.show(meeting())
    stand.press("invite")
    small = stand.find("invite_code").width()
    stand.press("invite_large")
    assert stand.find("large_code").width() > small


def test_mail_is_opened_only_after_a_word_about_it(stand, monkeypatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(share_link, "open_mail", opened.append)
    stand.show(meeting(title="Budget 2027"))
    stand.press("invite")
    stand.press("invite_mail")
    assert opened == []
    assert "Mail can be read on its way" in stand.find("mail_why").text()
    assert stand.window.focusWidget().objectName() == "mail_cancel"
    stand.press("mail_go")
    (url,) = opened
    assert url.startswith("mailto:?")


def test_a_title_adds_nobody_to_a_mail_and_no_header() -> None:
    url = mail_url(LINK, "Budget&bcc=eve@example.org\r\nCc: eve@example.org\u202e")
    query = parse_qs(urlsplit(url).query)
    assert set(query) == {"subject", "body"}
    assert "\r" not in query["subject"][0]
    assert LINK in query["body"][0]
    assert urlsplit(url).path == ""
