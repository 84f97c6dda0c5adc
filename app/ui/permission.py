"""On a Mac the camera opens only after the system has asked, and only the window can let it ask."""

from collections.abc import Callable

from PySide6.QtCore import QCameraPermission
from PySide6.QtWidgets import QApplication

from app.intents import Intent
from app.meeting.wishes import SetCamera


def asking_first(
    submit: Callable[[Intent], None], application: QApplication
) -> Callable[[Intent], None]:
    """Return what submits intents; one that opens the camera waits for the person's answer.

    It is submitted after a no as well: the camera then does not open, and that is said as always.
    """

    def submit_when_answered(intent: Intent) -> None:
        if isinstance(intent, SetCamera) and intent.on:
            application.requestPermission(
                QCameraPermission(), application, lambda _permission: submit(intent)
            )
        else:
            submit(intent)

    return submit_when_answered
