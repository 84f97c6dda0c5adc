"""The window as a whole: reached by everybody, steady, light, in both languages and themes."""

import subprocess
import sys
import time
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QLabel,
    QWidget,
)

from app.i18n import use_language
from app.intents import SetSetting, TryConclave
from app.meeting.wishes import SetMicrophone
from app.screens import Home, InMeeting
from app.settings import TABLE
from app.ui import samples, theme
from app.ui.samples import PEOPLE, meeting
from app.ui.screenshots import open_on
from app.ui.shots import SHOTS, Shot
from app.ui.tokens import DARK
from app.ui.widgets.focus import FocusRing

ROOT = Path(__file__).resolve().parents[2]
SCREENS = [pytest.param(shot, id=shot.name) for shot in SHOTS]


@pytest.mark.parametrize("shot", SCREENS)
def test_no_words_are_cut_off_in_german_at_a_small_size(stand, shot: Shot) -> None:
    use_language("de")
    stand.window.resize(800, 560)
    stand.show(shot.screen)
    open_on(stand.window, shot)
    QApplication.processEvents()
    cut = [w.objectName() for w in stand.window.findChildren(QWidget) if is_cut(w)]
    assert cut == []


def is_cut(widget: QWidget) -> bool:
    """Tell whether a button or label is smaller than its words."""
    if not widget.isVisible():
        return False
    if isinstance(widget, QAbstractButton):
        return bool(widget.text()) and widget.width() < widget.minimumSizeHint().width()
    if type(widget) is not QLabel or not widget.text():
        return False
    if widget.wordWrap():
        return widget.height() < widget.heightForWidth(widget.width())
    return widget.width() < widget.sizeHint().width()


def test_subjects_of_the_settings_are_chosen_by_arrows(stand) -> None:
    stand.show(Home("Mara"))
    stand.window.sheets.open_settings()
    stand.qtbot.keyClick(stand.window.focusWidget(), Qt.Key.Key_Down)
    assert stand.window.focusWidget().objectName() == "settings_devices"
    assert stand.window.sheets.settings.pages.currentIndex() == 1


def test_the_focus_ring_shows_for_the_keyboard_only(stand) -> None:
    stand.show(Home("Mara"))
    ring = stand.window.findChild(FocusRing)
    stand.window.activateWindow()
    stand.find("join_link").setFocus(Qt.FocusReason.OtherFocusReason)
    assert ring.target is None
    stand.qtbot.keyClick(stand.window.windowHandle(), Qt.Key.Key_Tab)
    assert ring.target is stand.window.focusWidget()
    assert ring.target.objectName() == "try_conclave"
    corner = ring.target.mapTo(stand.window, ring.target.rect().topLeft())
    assert ring.geometry() == ring.target.rect().translated(corner).adjusted(-4, -4, 4, 4)
    stand.qtbot.mouseClick(stand.window.windowHandle(), Qt.MouseButton.LeftButton)
    assert ring.target is None


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space])
def test_a_button_with_the_keyboard_is_pressed_by_enter_and_space(stand, key: Qt.Key) -> None:
    stand.show(Home("Mara"))
    button = stand.find("try_conclave")
    button.setFocus()
    stand.qtbot.keyClick(button, key)
    assert stand.said == [TryConclave("Mara")]
    stand.show(meeting())
    round_one = stand.find("microphone")
    stand.qtbot.keyClick(round_one, key)
    assert stand.said[1:] == [SetMicrophone(False)]


def test_the_keyboard_stays_inside_a_sheet_and_returns_when_it_closes(stand) -> None:
    stand.show(Home("Mara"))
    stand.find("join_link").setFocus()
    stand.press("join_link")
    sheet = stand.find("join_sheet")
    for _step in range(6):
        stand.qtbot.keyClick(stand.window.focusWidget(), Qt.Key.Key_Tab)
        assert sheet.isAncestorOf(stand.window.focusWidget())
    stand.qtbot.keyClick(stand.window.focusWidget(), Qt.Key.Key_Escape)
    assert sheet.isHidden()
    assert stand.window.focusWidget().objectName() == "join_link"


def test_settings_open_by_keyboard_over_a_meeting_and_the_meeting_goes_on(stand) -> None:
    stand.show(meeting())
    stand.qtbot.keyClick(stand.window, Qt.Key.Key_Comma, Qt.KeyboardModifier.ControlModifier)
    assert stand.find("settings_sheet")
    stand.show(meeting(epoch=8))
    assert stand.find("settings_sheet")
    assert stand.said == []


def test_shortcuts_can_be_looked_up(stand) -> None:
    stand.show(Home("Mara"))
    stand.qtbot.keyClick(stand.window, Qt.Key.Key_F1)
    stand.qtbot.keyClick(stand.window, Qt.Key.Key_F1)
    assert stand.find("shortcut_table").isVisible()


def test_full_screen_is_entered_and_left_by_f11(stand) -> None:
    stand.show(meeting())
    stand.qtbot.keyClick(stand.window, Qt.Key.Key_F11)
    assert stand.window.isFullScreen()
    stand.qtbot.keyClick(stand.window, Qt.Key.Key_F11)
    assert not stand.window.isFullScreen()


# Settings ---------------------------------------------------------------------------------


def test_every_setting_has_its_row(stand) -> None:
    stand.show(meeting())
    stand.window.sheets.open_settings()
    shown = {w.objectName() for w in stand.window.sheets.settings.findChildren(QWidget)}
    devices = {"camera", "microphone", "speaker"}
    assert {f"set_{name}" for name in TABLE if name not in devices} <= shown
    assert {f"settings_devices_{name}" for name in devices} <= shown


def test_a_switch_in_the_settings_is_told_at_once(stand) -> None:
    stand.show(Home("Mara"))
    stand.window.sheets.open_settings()
    stand.window.sheets.settings.show_subject("devices")
    stand.press("set_echo_cancellation")
    assert stand.said == [SetSetting("echo_cancellation", False)]


def test_the_language_changes_at_once_and_everywhere(stand, settle) -> None:
    stand.show(meeting())
    stand.window.sheets.open_settings()
    stand.window.sheets.settings.show_subject("appearance")
    box = stand.find("set_language")
    box.activated.emit(box.findData("de"))
    settle()
    assert stand.said == [SetSetting("language", "de")]
    assert stand.find("leave").text() == "Verlassen"
    assert stand.find("settings_title").text() == "Einstellungen"
    assert list(stand.window.view.grid.tiles) == [person.dev for person in PEOPLE]


def test_a_chosen_theme_is_shown_at_once(stand) -> None:
    stand.show(Home("Mara"))
    stand.window.sheets.open_settings()
    stand.window.sheets.settings.show_subject("appearance")
    box = stand.find("set_theme")
    box.activated.emit(box.findData("dark"))
    assert stand.said == [SetSetting("theme", "dark")]
    assert theme.current() is DARK


def test_what_the_organisation_decides_cannot_be_changed(qtbot, dressed) -> None:
    from app.settings import DEFAULTS
    from app.ui.window import Window
    from media.slot import Slot

    window = Window(lambda _i: None, lambda _d: Slot(), DEFAULTS, frozenset({"lobby", "theme"}))
    qtbot.addWidget(window)
    window.show()
    window.show_screen(Home("Mara"))
    window.sheets.open_settings()
    for name in ("lobby", "theme"):
        assert not window.findChild(QWidget, f"set_{name}").isEnabled()
    why = {label.text() for label in window.findChildren(QLabel)}
    assert "Set by your organisation." in why


# Steadiness -------------------------------------------------------------------------------


def test_snapshots_change_what_is_there_and_build_nothing_anew(stand, settle) -> None:
    stand.show(meeting())
    stand.press("people")
    settle()
    before = set(stand.window.findChildren(QWidget))
    for number in range(50):
        people = (PEOPLE[0], *(replace(p, speaking=number % 2 == 0) for p in PEOPLE[1:]))
        stand.show(meeting(people=people, epoch=number, microphone_on=number % 3 == 0))
    settle()
    assert set(stand.window.findChildren(QWidget)) == before


def test_a_thousand_snapshots_leave_nothing_behind(stand, settle) -> None:
    def round_of(number: int) -> None:
        crowd = samples.MANY[: 1 + number // 40 % 8]
        knocks = samples.KNOCKS[: number // 20 % 4]
        stand.window.show_screen(meeting(people=crowd, knocks=knocks, epoch=number))
        if number % 25 == 0:
            settle()

    for number in range(200):
        round_of(number)
    stand.window.show_screen(meeting())
    settle()
    widgets = len(stand.window.findChildren(QWidget))
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for number in range(200, 1200):
        round_of(number)
    stand.window.show_screen(meeting())
    stand.heard.clear()
    settle()
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert len(stand.window.findChildren(QWidget)) == widgets
    assert grown < 400_000


def test_a_snapshot_costs_little_when_hardly_anything_changes(stand) -> None:
    stand.show(meeting(people=samples.MANY))
    began = time.process_time()
    for number in range(100):
        people = tuple(replace(p, speaking=number % 2 == 0) for p in samples.MANY)
        stand.window.show_screen(meeting(people=people))
    assert (time.process_time() - began) / 100 < 0.02


def test_meetings_come_and_go_and_leave_no_widget(stand, settle) -> None:
    for number in range(3):
        stand.show(meeting(call_id=bytes([number]) * 16))
        stand.show(Home("Mara"))
    settle()
    widgets = len(stand.window.findChildren(QWidget))
    for number in range(15):
        stand.show(meeting(call_id=bytes([number]) * 16))
        stand.show(Home("Mara"))
    settle()
    assert len(stand.window.findChildren(QWidget)) == widgets


# Lightness --------------------------------------------------------------------------------


def test_the_window_opens_without_the_heavy_libraries() -> None:
    """First paint must not wait for what only a meeting needs."""
    script = (
        "import sys\n"
        "import app.ui.application, app.ui.screenshots\n"
        "heavy = {'cv2', 'av', 'aiortc', 'numpy', 'sounddevice', 'zeroconf', 'segno', 'nacl'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "[]"


def test_the_window_waits_for_no_view_or_sheet_and_not_for_the_engine() -> None:
    """What is loaded when the window is painted first; all else comes while one looks at it."""
    script = """
import sys
import app.desktop
from app.settings import DEFAULTS
from app.ui.application import make_application, run_window
from app.ui.bridge import Bridge
from media.slot import Slot

def begin():
    window = next(one for one in application.topLevelWidgets() if one.objectName() == "window")
    late = {"asyncio", "app.engine", "app.session", "PySide6.QtNetwork", "logging.handlers"}
    views = {name for name in sys.modules if name.startswith("app.ui.views.")}
    print(window.isVisible(), sorted(late & set(sys.modules) | views))
    window.quit()

application = make_application()
run_window(Bridge(), print, lambda _: Slot(), DEFAULTS, screens=lambda _: Slot(), begin=begin)
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        timeout=120,
    )
    assert done.stdout.strip() == "True []"


@pytest.mark.parametrize(
    ("module", "late"),
    [
        ("app.__main__", {"PySide6", "asyncio", "OpenSSL", "keyring", "app.intents"}),
        ("app.desktop", {"PySide6", "asyncio", "OpenSSL", "keyring", "app.session"}),
    ],
)
def test_a_later_start_of_the_program_loads_nothing_slow(module: str, late: set[str]) -> None:
    """It only hands over what it came for."""
    script = f"import sys, {module}\nprint(sorted({late!r} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "[]"


def test_every_kind_of_screen_has_a_picture_in_the_documentation() -> None:
    kinds = {type(shot.screen) for shot in SHOTS}
    assert InMeeting in kinds
    assert len(kinds) == 6
    folder = ROOT / "docs" / "screenshots"
    for shot in SHOTS:
        for look in ("light-en", "dark-de"):
            assert (folder / f"{shot.name}-{look}.png").is_file()
