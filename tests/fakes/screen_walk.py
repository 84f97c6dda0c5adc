"""A walk over every sample screen: what is seen there, what can be reached, what is cut off."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import shiboken6
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QWidget,
)

from app.ui import theme
from app.ui.appearance import Appearance
from app.ui.screenshots import put_up, take_down
from app.ui.shots import SHOTS, Shot
from app.ui.widgets.elided import ElidedLabel
from app.ui.widgets.sheet import Sheet
from app.ui.window import Window

SIZE = QSize(1024, 700)
NAMES = [shot.name for shot in SHOTS]
Walk = Callable[[str], Window]


def shot_of(name: str) -> Shot:
    return next(shot for shot in SHOTS if shot.name == name)


@contextmanager
def standing(
    application: QApplication, appearance: Appearance, name: str, size: QSize = SIZE
) -> Iterator[Window]:
    """Have a sample screen stand in a window."""
    window = put_up(application, appearance, shot_of(name), size)
    try:
        yield window
    finally:
        take_down(application, window)


def wake(window: Window) -> None:
    """Bring back what went out of sight by itself, as the first move of the pointer does."""
    handle = window.windowHandle()
    assert handle is not None
    middle = QPoint(window.width() // 2, window.height() // 2)
    for step in range(2):  # where the pointer was already, no move would be told
        QTest.mouseMove(handle, middle + QPoint(step, 0))
    QApplication.processEvents()


def top(window: Window) -> QWidget:
    """Return what can be used now: the topmost sheet, or the whole window."""
    sheets = [s for s in window.findChildren(Sheet) if s.isVisibleTo(window)]
    return sheets[-1] if sheets else window


def seen(under: QWidget) -> list[QWidget]:
    """Return every widget that is shown under another one, in the order of the tree."""
    window = under.window()
    return [
        widget
        for widget in under.findChildren(QWidget)
        if shiboken6.isValid(widget) and widget.isVisibleTo(window)
    ]


def text_of(widget: QWidget) -> str:
    """Return the words that a widget shows, "" if it shows none itself."""
    text = getattr(widget, "text", "")
    words = text() if callable(text) else text
    return words if isinstance(words, str) else ""


def called(widget: QWidget) -> str:
    """Return how to find a widget that does not do as it should."""
    name = widget.objectName()
    parent = widget.parentWidget()
    while not name and parent is not None:
        name, parent = f"{parent.objectName()}/{type(widget).__name__}", parent.parentWidget()
    return f"{name} “{text_of(widget)[:50]}”"


def cut_off(widget: QWidget) -> str:
    """Return how a widget's words do not fit it, or ""."""
    room, need = widget.size(), widget.sizeHint()
    if isinstance(widget, ElidedLabel):
        return "" if room.height() + 1 >= need.height() else "too low"
    if isinstance(widget, QLabel):
        if not widget.text() or widget.text().isspace():
            return ""
        if widget.wordWrap():
            return "" if widget.heightForWidth(room.width()) <= room.height() + 1 else "too low"
    elif isinstance(widget, QComboBox):
        choices = range(widget.count()) if widget.objectName().startswith("set_") else ()
        texts = [widget.currentText(), *(widget.itemText(number) for number in choices)]
        words = max(widget.fontMetrics().horizontalAdvance(text) for text in texts)
        arrow = round(36 * theme.scale())
        need = QSize(words + 12 + arrow, widget.fontMetrics().height())
    elif isinstance(widget, QLineEdit):
        need = QSize(0, widget.fontMetrics().height())
    elif not isinstance(widget, QAbstractButton) or not widget.text():
        return ""
    if need.width() > room.width() + 1:
        return f"too narrow: {room.width()} for {need.width()}"
    return (
        f"too low: {room.height()} for {need.height()}" if need.height() > room.height() + 1 else ""
    )


def out_of_sight(widget: QWidget) -> str:
    """Return what a widget sticks out of, unless that can be scrolled; "" if of nothing."""
    box = QRect(QPoint(0, 0), widget.size())
    here, parent = widget, widget.parentWidget()
    while parent is not None and not here.isWindow():
        box.translate(here.pos())
        area = parent.parentWidget()
        if isinstance(area, QAbstractScrollArea) and area.viewport() is parent:
            bar = area.horizontalScrollBar()
            sideways = bar.maximum() > bar.minimum()
            if not sideways and (box.left() < -1 or box.right() > parent.width() + 1):
                return f"{called(area)}, to the side"
            box = QRect(QPoint(0, 0), area.size())  # what is further down can be scrolled to
            here, parent = area, area.parentWidget()
            continue
        if not parent.rect().adjusted(-1, -1, 1, 1).contains(box):
            return called(parent)
        here, parent = parent, parent.parentWidget()
    return ""


def overlapping(widgets: list[QWidget]) -> Iterator[tuple[QWidget, QWidget]]:
    """Return neighbours with words that lie on each other."""
    worded = [w for w in widgets if isinstance(w, QLabel | QAbstractButton | QLineEdit | QComboBox)]
    worded = [w for w in worded if not isinstance(w, QLabel) or w.text()]
    for number, one in enumerate(worded):
        for other in worded[number + 1 :]:
            if one.parentWidget() is other.parentWidget():
                both = one.geometry().intersected(other.geometry())
                if both.width() > 2 and both.height() > 2:
                    yield one, other


def can_be_used(widget: QWidget) -> bool:
    """Tell whether somebody with a keyboard stops at a widget."""
    return bool(widget.isEnabled() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
