"""Where files are saved: typed, or chosen in the system's dialog; never what cannot be used."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from app.paths import downloads_folder
from app.settings import DEFAULTS, TABLE, Settings, Value, changed
from app.ui.appearance import Appearance
from app.ui.context import Context
from app.ui.widgets.buttons import Button
from app.ui.widgets.setting_rows import setting_row

NAME = "download_folder"


@dataclass
class Row:
    """The row of the settings, and what is set meanwhile."""

    settings: Settings = DEFAULTS
    said: list[str] = field(default_factory=list)
    widget: QWidget | None = None

    def change(self, name: str, value: Value) -> None:
        self.settings = changed(self.settings, name, value)
        self.said.append(str(value))

    def show(self, qtbot: QtBot, *, locked: bool = False) -> None:
        context = SimpleNamespace(
            settings=lambda: self.settings,
            change=self.change,
            locked=frozenset({NAME} if locked else ()),
        )
        self.widget = setting_row(cast(Context, context), NAME, TABLE[NAME])
        qtbot.addWidget(self.widget)
        self.widget.show()

    def find(self, name: str, kind: type[QWidget] = QWidget) -> QWidget:
        assert self.widget is not None
        found = self.widget.findChild(kind, f"set_{NAME}{name}")
        assert found is not None
        return found

    @property
    def path(self) -> QLineEdit:
        return cast(QLineEdit, self.find(""))

    @property
    def button(self) -> Button:
        return cast(Button, self.find("_choose"))


Answers = Callable[[Path | str], list[str]]


@pytest.fixture
def row(qtbot: QtBot, dressed: Appearance) -> Row:
    made = Row()
    made.show(qtbot)
    return made


@pytest.fixture
def dialog(monkeypatch: pytest.MonkeyPatch) -> Answers:
    """Have the system's dialog answer; returns the folders it began at."""

    def answers(path: Path | str) -> list[str]:
        began: list[str] = []

        def ask(_parent: QWidget, _title: str, start: str) -> str:
            began.append(start)
            return str(path)

        monkeypatch.setattr(QFileDialog, "getExistingDirectory", ask)
        return began

    return answers


def test_a_folder_is_chosen_in_the_systems_dialog_with_the_keyboard_alone(
    row: Row, dialog: Answers, tmp_path: Path, qtbot: QtBot
) -> None:
    began = dialog(tmp_path)
    row.path.setFocus()
    qtbot.keyClick(row.path, Qt.Key.Key_Tab)
    assert row.button.hasFocus()
    qtbot.keyClick(row.button, Qt.Key.Key_Return)
    assert row.path.text() == row.settings.download_folder == str(tmp_path)
    row.button.click()
    assert began[1] == str(tmp_path)  # it begins at the folder in use
    assert row.button.accessibleName() == "Choose a folder"


def test_who_leaves_the_dialog_keeps_what_was_set(row: Row, dialog: Answers) -> None:
    dialog("")
    row.button.click()
    assert (row.said, row.path.text()) == ([], "")
    assert row.path.placeholderText() == "Your downloads"


def test_a_folder_in_which_nothing_can_be_saved_is_not_taken(row: Row, dialog: Answers) -> None:
    dialog("/no/such/folder")
    row.button.click()
    assert row.said == []
    problem = row.find("_problem")
    assert problem.isVisible()
    row.path.setText("/somewhere/else")
    assert not problem.isVisible()


def test_a_folder_with_signs_that_nobody_can_see_is_not_taken(
    row: Row, dialog: Answers, tmp_path: Path, qtbot: QtBot
) -> None:
    deceiving = tmp_path / "a\u202eb"
    deceiving.mkdir()
    dialog(deceiving)
    row.button.click()
    assert row.find("_problem").isVisible()
    row.path.setText(str(deceiving))
    qtbot.keyClick(row.path, Qt.Key.Key_Return)
    assert (row.said, row.path.text()) == ([], "")


def test_what_the_organisation_decides_cannot_be_chosen(qtbot: QtBot, dressed: Appearance) -> None:
    row = Row()
    row.show(qtbot, locked=True)
    assert not row.button.isEnabled()
    assert not row.path.isEnabled()
    assert row.path.accessibleDescription() == "Set by your organisation."


def test_a_path_that_begins_nowhere_begins_at_home() -> None:
    assert downloads_folder("Meetings") == Path.home() / "Meetings"
    assert downloads_folder("~/Meetings") == Path.home() / "Meetings"
    assert downloads_folder("~nobody-of-that-name/x").is_relative_to(Path.home())
    assert downloads_folder("/srv/files") == Path("/srv/files")
