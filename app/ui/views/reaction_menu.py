"""The reactions to choose from, each with its picture and its word."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QMenu, QWidget

from app.i18n import _
from app.meeting.view import Reaction
from app.person_words import REACTIONS
from app.ui import theme
from app.ui.assets import reaction_pixmap

_PICTURE = 24  # pixels, as the style sheet has them


class ReactionMenu(QMenu):
    """Made anew each time it opens."""

    def __init__(self, react: Callable[[Reaction], None], parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("reaction_menu")
        self.setAccessibleName(_("Reactions"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        side, ratio = round(_PICTURE * theme.scale()), self.devicePixelRatioF()
        for reaction in Reaction:
            action = self.addAction(_(REACTIONS[reaction]))
            action.setObjectName(f"react_{reaction.name.lower()}")
            action.setIcon(QIcon(reaction_pixmap(reaction.name.lower(), side, ratio)))
            action.setIconVisibleInMenu(True)
            action.triggered.connect(lambda _on=False, chosen=reaction: react(chosen))
