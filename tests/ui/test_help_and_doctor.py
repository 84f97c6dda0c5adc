"""The help that lies beside the program, and the check of sound and network in the window."""

import re
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QUrl
from PySide6.QtGui import QGuiApplication, QTextCursor
from PySide6.QtWidgets import QApplication, QLabel

from app.findings import Finding, report
from app.help_pages import TOPICS, help_page, topic_of
from app.i18n import available_languages, use_language
from app.intents import GoHome, TryMicrophone, TrySpeaker
from app.paths import resource
from app.screens import Home, SoundCheck
from app.settings import DEFAULTS
from app.ui import theme
from app.ui.outside import Outside
from app.ui.samples import meeting
from app.ui.views.doctor import DoctorSheet
from app.ui.window import Window
from media.slot import Slot

LINK = re.compile(r"\]\(([^)]*)\)")
OK = Finding("clock", "Clock", "ok", "the date is plausible.")
DOUBT = Finding("firewall", "Firewall", "warn", "ufw is active.", "Allow your network.")
BROKEN = Finding("network", "Network", "fail", "there is none.", "Plug in a cable.")


# The help ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("topic", TOPICS)
def test_every_page_is_there_in_every_language(topic: str) -> None:
    titles = [help_page(topic, code).title for code in available_languages()]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("code", available_languages())
def test_no_page_lies_there_that_nobody_can_open(code: str) -> None:
    assert {path.stem for path in resource("help", code).glob("*")} == set(TOPICS)


@pytest.mark.parametrize("path", sorted(resource("help").rglob("*.md")), ids=str)
def test_a_page_leads_to_other_pages_only_and_loads_nothing(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert [link for link in LINK.findall(text) if not topic_of(link)] == []
    assert "://" not in text
    assert "![" not in text
    assert "<" not in text
    assert "!" not in text  # a calm voice


@pytest.mark.parametrize("topic", TOPICS)
def test_the_pages_of_two_languages_have_the_same_parts(topic: str) -> None:
    def parts(code: str) -> list[str]:
        lines = help_page(topic, code).text.splitlines()
        return [re.sub(r"[^#\-*0-9].*", "", line)[:2] for line in lines if line.strip()]

    assert parts("de") == parts("en")


def test_a_language_without_help_shows_the_english_one() -> None:
    assert help_page("verify", "fr").title == help_page("verify", "en").title


def test_what_leads_elsewhere_is_no_topic() -> None:
    for link in ("https://example.org/verify.md", "../verify.md", "file:///verify.md", "x.md", ""):
        assert topic_of(link) == ""


def test_the_help_opens_from_the_first_screen_and_follows_its_own_links_only(stand) -> None:
    stand.show(Home("Mara"))
    stand.press("open_help")
    text = stand.find("help_text")
    assert "Try Conclave" in text.toPlainText()
    text.anchorClicked.emit(QUrl("verify.md"))
    assert "Seven pictures" in text.toPlainText()
    before = text.toPlainText()
    text.anchorClicked.emit(QUrl("https://example.org"))
    assert text.toPlainText() == before
    assert text.loadResource(2, QUrl("file:///etc/passwd")) is None
    stand.press("help_rules")
    assert "Rules" in text.toPlainText()
    assert stand.said == []


def test_words_of_the_help_stand_in_the_weights_and_sizes_that_the_typeface_has(stand) -> None:
    stand.show(Home("Mara"))
    stand.press("open_help")
    cursor = QTextCursor(stand.find("help_text").document())
    shapes = {}
    while not cursor.atEnd():
        cursor.movePosition(QTextCursor.MoveOperation.NextCharacter)
        shape = cursor.charFormat()
        level = cursor.blockFormat().headingLevel()
        shapes.setdefault(level, set()).add((shape.fontWeight(), shape.font().pixelSize()))
    assert {weight for found in shapes.values() for weight, _size in found} == {400, 600}
    assert shapes[1] == {(600, round(theme.TITLE * theme.scale()))}
    assert shapes[2] == {(600, round(theme.CONTROL * theme.scale()))}


def test_the_help_speaks_the_language_in_use(stand) -> None:
    use_language("de")
    stand.show(Home("Mara"))
    stand.window.sheets.open_help("rules")
    assert "Regeln" in stand.find("help_text").toPlainText()


# The check --------------------------------------------------------------------------------------


@pytest.fixture
def checked(qtbot, dressed):
    """A window whose examination finds what the test wants; it is over when the test says so."""
    made: list[Window] = []

    def open_one(*findings: Finding, wait: threading.Event | None = None) -> Window:
        def examine():
            yield from findings[:1]
            if wait is not None:
                wait.wait(10)
            yield from findings[1:]

        outside = Outside(examine=examine)
        window = Window(lambda _i: None, lambda _d: Slot(), DEFAULTS, outside=outside)
        qtbot.addWidget(window)
        window.show()
        window.show_screen(Home("Mara"))
        window.sheets.open_doctor()
        made.append(window)
        return window

    return open_one


def words(window: Window) -> list[str]:
    """Return what stands in the sheet, from top to bottom."""
    sheet = window.findChild(DoctorSheet)
    QApplication.processEvents()
    found = [one for one in sheet.findChildren(QLabel) if one.isVisibleTo(sheet)]
    found.sort(key=lambda one: one.mapTo(sheet, QPoint(0, 0)).y())
    return [one.text() for one in found]


def button(window: Window, name: str):
    from app.ui.widgets.buttons import Button

    return window.findChild(Button, name)


def test_what_does_not_work_stands_first_with_its_cure(checked, qtbot) -> None:
    window = checked(OK, DOUBT, BROKEN)
    qtbot.waitUntil(lambda: button(window, "doctor_again").isEnabled(), timeout=10_000)
    said = words(window)
    assert said.index("There is none.") < said.index("Ufw is active.")
    assert "Plug in a cable." in said
    assert "The date is plausible." not in said
    assert "1 thing does not work; its cure stands below it." in said
    button(window, "doctor_fold").click()
    assert "The date is plausible." in words(window)


def test_the_window_goes_on_while_it_is_looked_at(checked, qtbot) -> None:
    go_on = threading.Event()
    window = checked(BROKEN, OK, wait=go_on)
    qtbot.waitUntil(lambda: "There is none." in words(window), timeout=10_000)
    assert not button(window, "doctor_again").isEnabled()
    go_on.set()
    qtbot.waitUntil(lambda: button(window, "doctor_again").isEnabled(), timeout=10_000)


def test_a_check_that_is_closed_while_it_looks_disturbs_nobody(checked, qtbot, settle) -> None:
    go_on = threading.Event()
    window = checked(OK, OK, wait=go_on)
    sheet = window.findChild(DoctorSheet)
    sheet.close_sheet()
    settle()
    go_on.set()
    window.sheets.open_doctor()
    qtbot.waitUntil(lambda: button(window, "doctor_again").isEnabled(), timeout=10_000)
    assert window.findChild(DoctorSheet) is not sheet


def test_looking_again_begins_anew(checked, qtbot) -> None:
    window = checked(BROKEN)
    again = button(window, "doctor_again")
    qtbot.waitUntil(again.isEnabled, timeout=10_000)
    again.click()
    qtbot.waitUntil(again.isEnabled, timeout=10_000)
    assert words(window).count("There is none.") == 1


def test_the_report_can_be_passed_on(checked, qtbot) -> None:
    window = checked(BROKEN)
    qtbot.waitUntil(lambda: button(window, "doctor_copy").isEnabled(), timeout=10_000)
    button(window, "doctor_copy").click()
    copied = QGuiApplication.clipboard().text()
    assert copied.startswith("Conclave ")
    assert "FAIL Network: there is none." in copied
    assert "Plug in a cable." in copied


def test_a_report_names_no_folder_of_its_user() -> None:
    full = Finding(
        "disk", "Disk", "fail", "nothing can be written to /home/mara/x (full).", "Cure."
    )
    text = report([full], "Conclave 1", "/home/mara")
    assert "mara" not in text
    assert "~/x" in text


def test_the_check_is_a_click_away_from_where_nothing_is_found(stand) -> None:
    stand.show(Home("Mara"))
    stand.press("nearby_help_button")
    stand.press("nearby_check")
    assert stand.find("doctor_sheet")


def test_the_check_opens_in_a_meeting_too(stand) -> None:
    stand.show(meeting())
    stand.window.sheets.open_doctor()
    assert stand.find("doctor_sheet")


def test_speaker_and_microphone_can_be_tried_beside_the_check(stand) -> None:
    stand.show(Home("Mara"))
    stand.window.sheets.open_doctor()
    stand.press("doctor_speaker_button")
    stand.press("doctor_microphone_button")
    assert stand.said == [TrySpeaker(), TryMicrophone()]
    stand.show(Home("Mara", check=SoundCheck(recorded=0.5)))
    assert stand.find("doctor_microphone_progress").value() == 5
    stand.press("doctor_sheet_close")
    assert stand.said[2:] == [GoHome()]


def test_a_check_in_a_meeting_leaves_the_meeting_alone(stand) -> None:
    stand.show(meeting())
    stand.window.sheets.open_doctor()
    stand.press("doctor_sheet_close")
    assert stand.said == []
