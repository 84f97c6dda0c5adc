"""The settings page: every row of the table, what the organisation decides, what is kept."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from app.i18n import use_language
from app.intents import ChooseMicrophone, GoHome, KeepTeamSecret, RefreshDevices
from app.rules import FREE, STRICTEST, Function, Rules
from app.screens import Device, Devices, Home, Preview, SoundCheck
from app.settings import DEFAULTS, TABLE
from app.ui import samples, theme
from app.ui.appearance import Appearance
from app.ui.outside import Outside
from app.ui.window import Window
from media.slot import Slot

CHOSEN_ELSEWHERE = {"name"}
Opens = Callable[..., Window]


@pytest.fixture
def opens(qtbot: QtBot, dressed: Appearance) -> Opens:
    """Open a window that an organisation binds."""

    def made(
        locked: frozenset[str] = frozenset(), rules: Rules = FREE, outside: Outside | None = None
    ) -> Window:
        window = Window(
            lambda _intent: None,
            lambda _dev: Slot(),
            replace(DEFAULTS, name="Mara", reduce_motion=True),
            locked,
            appearance=dressed,
            outside=outside,
            rules=rules,
        )
        qtbot.addWidget(window)
        window.show_screen(Home("Mara"))
        window.show()
        return window

    return made


def found(window: Window, name: str) -> QWidget:
    widget = window.findChild(QWidget, name)
    assert widget is not None, name
    return widget


def words(widget: QWidget) -> str:
    return " ".join(w.text() for w in widget.findChildren(QWidget) if hasattr(w, "text"))


def can_be_reached(widget: QWidget) -> list[str]:
    """Return what of a part the keyboard stops at."""
    parts = [one for one in widget.findChildren(QWidget) if one.isVisible()]
    return [one.objectName() for one in parts if one.focusPolicy() & Qt.FocusPolicy.TabFocus]


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_setting_has_its_row_with_name_control_and_why(opens: Opens, language: str) -> None:
    use_language(language)
    window = opens()
    window.sheets.open_settings()
    for name in TABLE:
        if name not in {"camera", "microphone", "speaker"}:  # chosen from what there is
            control = found(window, f"set_{name}")
            assert control.accessibleName()
            assert control.accessibleDescription()
            assert found(window, f"set_{name}_why").text()


def test_what_the_organisation_decides_is_locked_and_says_so(opens: Opens) -> None:
    window = opens(locked=frozenset(TABLE))
    window.sheets.open_settings()
    for name in TABLE:
        if name not in {"camera", "microphone", "speaker"}:
            control = found(window, f"set_{name}")
            assert not control.isEnabled()
            assert control.accessibleDescription() == "Set by your organisation."
            assert found(window, f"set_{name}_lock")
            assert "Set by your organisation." in words(window.sheets.settings)


def test_the_text_grows_while_conclave_runs_and_the_settings_stay_open(opens: Opens) -> None:
    window = opens()
    window.sheets.open_settings()
    before = found(window, "set_text_scale").sizeHint().height()
    window._change("text_scale", 200)
    QApplication.processEvents()
    assert theme.scale() == pytest.approx(2.0, abs=0.05)
    assert window.sheets.settings is not None
    assert found(window, "set_text_scale").sizeHint().height() > before


def test_a_theme_is_changed_while_conclave_runs(opens: Opens) -> None:
    window = opens()
    for name in ("dark", "contrast", "light"):
        window._change("theme", name)
        assert theme.current() is theme.choose(name)


def test_a_copy_of_everything_goes_where_the_person_says(
    opens: Opens, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[str] = []
    problems = iter(["", "The disk is full."])

    def export(path: str) -> str:
        asked.append(path)
        return next(problems)

    path = str(tmp_path / "mine.json")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (path, ""))
    window = opens(outside=Outside(export=export))
    window.sheets.open_settings()
    found(window, "export_data").click()
    assert asked == [path]
    assert "Nobody else has got it." in words(found(window, "exported_sheet"))
    found(window, "exported_sheet").close_sheet()
    QApplication.processEvents()
    found(window, "export_data").click()
    assert asked == [path, path]


def test_only_the_typed_word_erases_and_conclave_closes_then(opens: Opens, qtbot: QtBot) -> None:
    erased: list[bool] = []
    window = opens(outside=Outside(erase=lambda: erased.append(True)))
    window.sheets.open_settings()
    found(window, "erase_data").click()
    field, go = found(window, "erase_word"), found(window, "erase_go")
    assert not go.isEnabled()
    qtbot.keyClicks(field, "yes")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert not go.isEnabled()
    assert erased == []
    field.clear()
    qtbot.keyClicks(field, "Erase")
    assert go.isEnabled()
    go.click()
    assert erased == [True]
    assert not window.isVisible()


def test_a_broken_policy_is_told_on_the_first_screen(opens: Opens) -> None:
    window = opens(rules=STRICTEST)
    assert "cannot be read" in found(window, "policy_fault").text()
    named = opens(rules=replace(STRICTEST, faults=("allow_chatt",)))
    assert "allow_chatt" in found(named, "policy_fault").text()
    assert opens().findChild(QWidget, "policy_fault") is None


def test_a_meeting_is_started_as_the_organisation_wants_it(opens: Opens, qtbot: QtBot) -> None:
    rules = Rules(lobby=True, password=True, lan_only=True, off=frozenset({Function.NEARBY}))
    window = opens(rules=rules)
    assert found(window, "nearby_empty_line").text() == "Your organisation has switched this off."
    for name in ("nearby_help_button", "nearby_check", "nearby_help", "nearby_start"):
        assert not found(window, name).isVisible()
    window.show_screen(Home("Mara", samples.NEARBY))  # whatever is found all the same
    assert not window.findChildren(QWidget, "nearby_row")
    assert can_be_reached(found(window, "nearby")) == []
    found(window, "start_meeting").click()
    wanted = {"lobby": True, "visible": False, "lan_only": True, "open_router": False}
    for name, on in wanted.items():
        switch = found(window, f"start_{name}")
        assert (switch.isChecked(), switch.isEnabled()) == (on, False), name
    go = found(window, "start_go")
    assert not go.isEnabled()
    field = window.findChild(QWidget, "start_password_field") or found(window, "start_password")
    qtbot.keyClicks(field, "leaf")
    assert go.isEnabled()


def test_a_password_that_the_organisation_wants_is_asked_for_nearby_too(
    opens: Opens, qtbot: QtBot
) -> None:
    window = opens(rules=Rules(password=True))
    found(window, "nearby_start").click()
    assert found(window, "start_visible").isChecked()
    assert window.focusWidget().objectName() == "start_password"
    assert not found(window, "start_go").isEnabled()


def test_what_is_switched_off_is_not_offered(opens: Opens) -> None:
    window = opens(rules=Rules(off=frozenset({Function.CAMERA, Function.CHAT})))
    window.show_screen(Preview("Tea", "Ada", hosting=True, name="Ada"))
    assert not found(window, "camera").isVisible()
    assert found(window, "microphone").isVisible()
    window.show_screen(samples.meeting())
    assert not found(window, "chat").isVisible()
    assert found(window, "people").isVisible()


def test_devices_are_chosen_where_no_meeting_is(stand) -> None:
    stand.show(Home("Mara"))
    stand.press("open_settings")
    assert RefreshDevices() not in stand.heard  # nobody asked for devices yet
    stand.press("settings_devices")
    assert RefreshDevices() in stand.heard
    assert stand.find("settings_devices_line").text()
    found = Devices(microphones=(Device("a", "Desk"), Device("b", "Headset")), microphone="a")
    stand.show(Home("Mara", check=SoundCheck(), devices=found))
    box = stand.find("settings_devices_microphone")
    assert [box.itemText(i) for i in range(box.count())] == ["Desk", "Headset"]
    box.setCurrentIndex(1)
    box.activated.emit(1)
    stand.press("settings_sheet_close")
    assert stand.said == [ChooseMicrophone("b"), GoHome()]


def test_a_device_that_the_organisation_decides_is_shown_and_cannot_be_changed(
    opens: Opens,
) -> None:
    window = opens(locked=frozenset({"camera"}))
    desk = (Device("a", "Desk"), Device("b", "Front"))
    devices = Devices(cameras=desk, camera="a", microphones=desk, microphone="a")
    window.show_screen(Preview("Tea", "Ada", hosting=False, name="Mara", devices=devices))
    window.sheets.open_settings("devices")
    for place in ("preview", "settings"):
        camera = found(window, f"{place}_devices_camera")
        assert not camera.isEnabled()
        assert camera.accessibleDescription() == "Set by your organisation."
        assert found(window, f"{place}_devices_microphone").isEnabled()
        assert found(window, f"{place}_devices_camera_locked").text() == "Set by your organisation."
        assert window.findChild(QWidget, f"{place}_devices_microphone_locked") is None


def test_servers_that_cannot_be_understood_are_explained_and_mended(opens: Opens) -> None:
    window = opens()
    window.sheets.open_settings()
    field = found(window, "set_team_servers")
    field.setText("http://192.0.2.7")
    field.editingFinished.emit()
    assert "stun:" in found(window, "set_team_servers_why").text()
    assert window._settings.team_servers == ""
    field.setText("turn:192.0.2.7")
    field.editingFinished.emit()
    assert window._settings.team_servers == "turn:192.0.2.7"
    assert "“turn:192.0.2.7”" in found(window, "set_team_servers_why").text()


def test_the_secret_of_the_relays_is_handed_on_covered_and_not_kept_here(stand) -> None:
    stand.show(Home("Mara"))
    stand.window.sheets.open_settings("network")
    field = stand.find("team_secret")
    assert field.echoMode() == field.EchoMode.Password
    field.setText("two words")
    stand.find("team_secret_keep").click()
    assert stand.said == []
    field.setText("6a1f0e5c")
    stand.find("team_secret_keep").click()
    assert stand.said == [KeepTeamSecret("6a1f0e5c")]
    assert field.text() == ""
    assert "6a1f0e5c" not in repr(stand.said)


def test_a_secret_that_the_organisation_gives_is_not_asked_for(opens: Opens) -> None:
    window = opens(rules=replace(FREE, team_secret="decided"))
    window.sheets.open_settings()
    assert window.findChild(QWidget, "team_secret_lock") is not None
    assert not found(window, "team_secret_row").findChild(QWidget, "team_secret_keep")
