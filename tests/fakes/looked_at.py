"""A copy of Conclave with its window, which tells where on the screen everything stands.

    python -m fakes.looked_at DISPLAY LANGUAGE ARGUMENTS..

Runs `conclave ARGUMENTS` on that display. To each line on standard input, a number and the name of
a part, it answers with a line of JSON on standard output: the number, and the parts of that name
that can be seen, with their places on the screen and in their window. Nothing can be done this
way, only looked at.
"""

import json
import os
import sys
from collections.abc import Iterator
from fnmatch import fnmatchcase as fnmatch
from typing import Any

from PySide6.QtCore import QSocketNotifier
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QMenu, QWidget

from app.__main__ import main
from app.ui import application

_made = application.make_application
_answering: list[QSocketNotifier] = []  # kept as long as the process


def parts(name: str) -> Iterator[dict[str, Any]]:
    """Yield what can be seen and is called so, as screen readers are told of it."""
    for window in QApplication.topLevelWidgets():
        for widget in (window, *window.findChildren(QWidget)):
            if isinstance(widget, QMenu) and widget.isVisible():
                yield from _entries(widget, name)
            if widget.isVisible() and fnmatch(widget.objectName(), name):
                yield _part(widget)


def _part(widget: QWidget) -> dict[str, Any]:
    seen = widget.visibleRegion().boundingRect()
    window = widget.window()
    middle = widget.mapTo(window, seen.center())
    told = QAccessible.queryAccessibleInterface(widget)
    hit = window.childAt(middle) or window
    return {
        "at": [*widget.mapToGlobal(seen.topLeft()).toTuple(), *seen.size().toTuple()],
        "middle": [int(window.winId()), *middle.toTuple()],
        "called": told.text(QAccessible.Text.Name) if told is not None else "",
        "words": _words(widget),
        "enabled": widget.isEnabled(),
        "on": isinstance(widget, QAbstractButton) and widget.isChecked(),
        "free": hit is widget or widget.isAncestorOf(hit),
    }


def _entries(menu: QMenu, name: str) -> Iterator[dict[str, Any]]:
    for action in menu.actions():
        if fnmatch(action.objectName(), name):
            place = menu.actionGeometry(action)
            yield {
                "at": [*menu.mapToGlobal(place.topLeft()).toTuple(), *place.size().toTuple()],
                "middle": [int(menu.winId()), *place.center().toTuple()],
                "called": action.text(),
                "words": action.text(),
                "enabled": action.isEnabled(),
                "on": action.isChecked(),
                "free": True,
            }


def _words(widget: QWidget) -> str:
    if isinstance(widget, QLabel | QAbstractButton | QLineEdit):
        return widget.text()
    return str(getattr(widget, "toPlainText", lambda: "")())


def _answer() -> None:
    number, _, name = sys.stdin.readline().strip().partition(" ")
    if number:
        print(json.dumps([int(number), list(parts(name))]), flush=True)


def _make_application() -> QApplication:
    made = _made()
    notifier = QSocketNotifier(sys.stdin.fileno(), QSocketNotifier.Type.Read)
    notifier.activated.connect(_answer)
    _answering.append(notifier)
    return made


if __name__ == "__main__":
    display, language, *arguments = sys.argv[1:]
    os.environ |= {"DISPLAY": display, "LANGUAGE": language, "QT_QPA_PLATFORM": "xcb"}
    application.make_application = _make_application  # type: ignore[assignment]
    sys.exit(main(arguments))
