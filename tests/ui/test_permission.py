"""The camera waits for the system's question, where the system asks."""

from collections.abc import Callable
from typing import Any, cast

from PySide6.QtCore import QCameraPermission
from PySide6.QtWidgets import QApplication

from app.intents import Intent
from app.meeting.wishes import SetCamera, SetMicrophone
from app.ui.permission import asking_first


class Asking:
    """A system whose person has not answered yet."""

    def __init__(self) -> None:
        self.asked: list[tuple[object, Callable[[object], None]]] = []

    def requestPermission(
        self, permission: object, context: object, answered: Callable[[object], None]
    ) -> None:
        assert context is self
        self.asked.append((permission, answered))


def test_the_camera_waits_for_the_answer_and_nothing_else_does() -> None:
    system, submitted = Asking(), list[Intent]()
    submit = asking_first(submitted.append, cast(Any, system))
    submit(SetCamera(True))
    assert submitted == []
    submit(SetMicrophone(True))
    submit(SetCamera(False))
    assert submitted == [SetMicrophone(True), SetCamera(False)]
    ((permission, answered),) = system.asked
    assert isinstance(permission, QCameraPermission)
    answered(permission)
    assert submitted[2:] == [SetCamera(True)]


def test_qt_answers_where_nobody_has_to_be_asked(qapp: QApplication, qtbot: Any) -> None:
    submitted: list[Intent] = []
    asking_first(submitted.append, qapp)(SetCamera(True))
    qtbot.waitUntil(lambda: submitted == [SetCamera(True)])
