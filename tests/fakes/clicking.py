"""A copy of Conclave with its window, on no screen, and somebody who presses its buttons.

    python -m fakes.clicking BUTTON,BUTTON.. ARGUMENTS..

Runs `conclave ARGUMENTS`. Each button is pressed once, in this order, as soon as it can be seen and
used; then its name is a line of standard output.
"""

import os
import sys

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QAbstractButton, QApplication

from app.__main__ import main
from app.ui import application

LOOK_MS = 100

_made = application.make_application
_kept: list[QTimer] = []  # as long as the process


def _press(waiting: list[str]) -> None:
    for window in QApplication.topLevelWidgets():
        for button in window.findChildren(QAbstractButton, waiting[0] if waiting else "-"):
            if button.isVisible() and button.isEnabled():
                print(waiting.pop(0), flush=True)
                button.click()
                return


def _make_application() -> QApplication:
    made = _made()
    timer = QTimer(made, interval=LOOK_MS)
    timer.timeout.connect(lambda: _press(_waiting))
    timer.start()
    _kept.append(timer)
    return made


if __name__ == "__main__":
    _waiting = sys.argv[1].split(",")
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    application.make_application = _make_application  # type: ignore[assignment]
    sys.exit(main(sys.argv[2:]))
