"""What the tests of the window share: a dressed application, a window that hears, mailboxes."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.i18n import use_language
from app.intents import Intent, LookAtLevel, RefreshDevices, SetTile
from app.screens import Screen
from app.settings import DEFAULTS
from app.ui.appearance import Appearance
from app.ui.roles import tell_roles
from app.ui.window import Window
from media.slot import Slot
from media.video.picture import Picture


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    use_language("en")
    yield
    use_language("en")


@pytest.fixture(scope="session")
def appearance(qapp: QApplication) -> Appearance:
    tell_roles()
    return Appearance(qapp, "light")


@pytest.fixture
def dressed(appearance: Appearance) -> Iterator[Appearance]:
    """The application in our colours; light again after each test."""
    appearance.choose("light")
    appearance.enlarge(1.0)
    appearance.speak()
    yield appearance
    appearance.choose("light")
    appearance.enlarge(1.0)


_BY_ITSELF = SetTile | RefreshDevices | LookAtLevel


class Heard(list[Intent]):
    """Every intent in its order; `said` leaves out what the window does by itself."""

    @property
    def said(self) -> list[Intent]:
        return [intent for intent in self if not isinstance(intent, _BY_ITSELF)]


class Stand:
    """A window with a person before it: shows screens, presses, types, and notes what is asked."""

    def __init__(self, qtbot: QtBot, appearance: Appearance) -> None:
        self.heard = Heard()
        self.mailboxes: dict[bytes, Slot[Picture]] = {}
        self.qtbot = qtbot
        self.window = Window(
            self.heard.append,
            lambda dev: self.mailboxes.setdefault(dev, Slot()),
            replace(DEFAULTS, name="Mara", reduce_motion=True),
            appearance=appearance,
        )
        self.window.show()

    def show(self, screen: Screen) -> None:
        self.window.show_screen(screen)
        QApplication.processEvents()

    def find(self, name: str, kind: type[QWidget] = QWidget) -> QWidget:
        """Return the one visible widget of this name."""
        found = [
            widget
            for widget in self.window.findChildren(kind, name)
            if widget.isVisibleTo(self.window)
        ]
        assert len(found) == 1, f"{len(found)} widgets are called {name}"
        return found[0]

    def press(self, name: str) -> None:
        self.find(name).click()  # type: ignore[attr-defined]
        QApplication.processEvents()

    @property
    def said(self) -> list[Intent]:
        return self.heard.said


@pytest.fixture
def stand(qtbot: QtBot, dressed: Appearance) -> Iterator[Stand]:
    made = Stand(qtbot, dressed)
    yield made
    made.window.close()
    made.window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def settle() -> Callable[[], None]:
    """Return what lets Qt do everything it put off."""

    def now() -> None:
        for _round in range(4):
            QApplication.processEvents()
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)

    return now
