"""Brings a meeting into the view that a shot wants to show."""

from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QApplication

from app.ui.samples import CLARA
from app.ui.seating import Seat
from app.ui.views.meeting import MeetingScreen
from app.ui.window import Window

VIEWS = ("speaker", "pinned", "corner", "full-screen", "still", "little")


def show_view(window: Window, view: MeetingScreen, what: str) -> None:
    """Change how people are shown, as somebody would; `what` is one of VIEWS."""
    size = window.size()
    match what:
        case "speaker":
            view.toggle_view()
        case "pinned":
            view.grid.toggle_pin(Seat(CLARA))
        case "corner":
            menu = view.menus.more()
            for action in window.findChildren(type(menu.actions()[0]), "own_picture_corner"):
                action.trigger()
            menu.close()
        case "full-screen" | "still":
            QCursor.setPos(view.grid.mapToGlobal(view.grid.rect().center()))
            window.toggle_full_screen()
            window.resize(size)
            if what == "still":
                QApplication.processEvents()  # the pointer was moved, which wakes the bar
                view.stage.curtain.be_still()
        case "little":
            view.little.appear()
