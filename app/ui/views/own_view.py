"""What a person chooses about how the meeting looks to them: view, own picture, small picture."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from app.i18n import _
from app.settings import TABLE
from app.ui.context import Context
from app.ui.seating import View


class OwnPictureMenu(QMenu):
    """Where one's own picture stands; also the menu of the own tile."""

    def __init__(self, context: Context, parent: QWidget) -> None:
        about = TABLE["self_view"]
        super().__init__(_(about.title), parent)
        self.setObjectName("own_picture_menu")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        group = QActionGroup(self)
        for choice, words in zip(about.choices, about.words, strict=True):
            action = self.addAction(_(words))
            action.setObjectName(f"own_picture_{choice}")
            action.setCheckable(True)
            action.setChecked(choice == context.settings().self_view)
            action.setActionGroup(group)
            action.setEnabled("self_view" not in context.locked)
            action.triggered.connect(
                lambda _on=False, choice=choice: context.change("self_view", choice)
            )


def view_action(menu: QMenu, view: View, toggle: Callable[[], None]) -> QAction:
    """Add to a menu what leads to the view that is not shown now."""
    grid = view is View.GRID
    action = menu.addAction(_("Show who speaks large") if grid else _("Show everybody alike"))
    action.setObjectName("change_view")
    action.triggered.connect(lambda: toggle())  # noqa: PLW0108 - a click brings an argument
    return action


def little_picture_action(menu: QMenu, context: Context) -> QAction:
    """Add to a menu whether a small picture appears while one works in another window."""
    title = TABLE["picture_in_picture"].title
    action = menu.addAction(_(title))
    action.setObjectName("picture_in_picture")
    action.setCheckable(True)
    action.setChecked(context.settings().picture_in_picture)
    action.setEnabled("picture_in_picture" not in context.locked)
    action.triggered.connect(lambda on: context.change("picture_in_picture", on))
    return action
