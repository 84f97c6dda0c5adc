"""A guest's whole way by keyboard alone: from the first start through a meeting to its end."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.intents import Enter, GoHome, JoinNearby
from app.meeting.wishes import CodesMatch, Leave, RaiseHand, Say, SetCamera, SetMicrophone
from app.screens import Farewell, Home, Preview, Progress, Waiting
from app.ui.samples import DEVICES, NEARBY, as_participant

NO_KEYS = Qt.KeyboardModifier.NoModifier
CTRL = Qt.KeyboardModifier.ControlModifier
CTRL_SHIFT = CTRL | Qt.KeyboardModifier.ShiftModifier
MOST_STOPS = 60  # of one screen


class Hands:
    """Press keys in a window, wherever its keyboard is; never a mouse."""

    def __init__(self, stand) -> None:
        self._window = stand.window

    @property
    def at(self) -> str:
        """What the keyboard is on."""
        widget = self._window.focusWidget()
        return widget.objectName() if widget is not None else ""

    def press(self, key: Qt.Key, keys: Qt.KeyboardModifier = NO_KEYS) -> None:
        self._window.activateWindow()  # no desktop does it here when a bubble of words went
        QApplication.processEvents()
        QTest.keyClick(self._window.windowHandle(), key, keys)
        QApplication.processEvents()

    def type(self, text: str) -> None:
        QTest.keyClicks(self._window.focusWidget(), text)

    def go_to(self, name: str) -> None:
        """Press Tab until the keyboard is there."""
        for _step in range(MOST_STOPS):
            if self.at == name:
                return
            self.press(Qt.Key.Key_Tab)
        pytest.fail(f"Tab never comes to {name}")


@pytest.fixture
def hands(stand) -> Hands:
    return Hands(stand)


def test_a_guest_needs_nothing_but_the_keyboard(stand, hands: Hands) -> None:
    stand.show(Home("", NEARBY))
    hands.go_to("own_name")
    hands.type("Mara")
    hands.go_to("nearby_join")
    hands.press(Qt.Key.Key_Return)
    stand.show(Preview("Team breakfast", "Ada", False, "Mara", DEVICES))
    hands.go_to("camera")
    hands.press(Qt.Key.Key_Space)
    hands.go_to("preview_enter")
    hands.press(Qt.Key.Key_Return)
    stand.show(Waiting("Team breakfast", "Ada", Progress.WAITING))
    hands.go_to("waiting_leave")
    assert stand.said == [JoinNearby("n1", "Mara"), SetCamera(True), Enter("Mara")]


def test_in_the_meeting_nothing_but_the_keyboard_is_needed(stand, hands: Hands) -> None:
    stand.show(as_participant())
    hands.press(Qt.Key.Key_D, CTRL)
    hands.press(Qt.Key.Key_H, CTRL_SHIFT)
    hands.press(Qt.Key.Key_C, CTRL_SHIFT)
    assert hands.at == "chat_field"
    hands.type("Good morning")
    hands.press(Qt.Key.Key_Return)
    hands.press(Qt.Key.Key_Escape)
    assert hands.at == "chat"
    hands.go_to("lock")
    hands.press(Qt.Key.Key_Return)
    hands.go_to("safety_match")
    hands.press(Qt.Key.Key_Return)
    hands.press(Qt.Key.Key_Escape)
    assert hands.at == "lock"
    hands.press(Qt.Key.Key_L, CTRL_SHIFT)
    stand.show(Farewell("left", "Team breakfast"))
    assert hands.at == "farewell_home"
    hands.press(Qt.Key.Key_Return)
    kinds = [type(intent) for intent in stand.said]
    assert kinds == [SetMicrophone, RaiseHand, Say, CodesMatch, Leave, GoHome]
