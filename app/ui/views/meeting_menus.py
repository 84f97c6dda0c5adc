"""The menu of a meeting: what is needed less often than what stands in the bar."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu, QWidget

from app.i18n import _
from app.meeting.view import MeetingView, Power
from app.meeting.wishes import SetLocked
from app.ui import keys
from app.ui.context import Context
from app.ui.keys import show_keys
from app.ui.seating import View
from app.ui.views.own_view import OwnPictureMenu, little_picture_action, view_action
from app.ui.views.rules import RULES


@dataclass(frozen=True)
class MoreActions:
    """What the entries do."""

    view: Callable[[], None]
    safety: Callable[[], None]
    hand: Callable[[], None]
    react: Callable[[], None]
    invite: Callable[[], None]
    rules: Callable[[], None]
    quality: Callable[[], None]
    full_screen: Callable[[], None]
    shortcuts: Callable[[], None]
    settings: Callable[[], None]


class MoreMenu(QMenu):
    """Made anew each time it opens, so that it fits what is so now."""

    def __init__(
        self,
        view: MeetingView | None,
        context: Context,
        actions: MoreActions,
        parent: QWidget,
        *,
        shown: View,
        invites: bool,
    ) -> None:
        """`shown` is how people are shown, `invites` if this person can invite somebody now."""
        super().__init__(parent)
        self.setObjectName("more_menu")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.addAction(_("Safety"), actions.safety)
        if view is not None:
            hand = _("Take the hand down") if view.hand_up else _("Raise your hand")
            show_keys(self.addAction(hand, actions.hand), keys.HAND)
            self.addAction(_("Show a reaction"), actions.react)
            if invites:
                self.addAction(_("Invite somebody"), actions.invite)
            if Power.LOCK in view.powers:
                words = _("Unlock the meeting") if view.locked else _("Lock the meeting")
                self.addAction(words, lambda: context.submit(SetLocked(not view.locked)))
            if RULES & view.powers:
                self.addAction(_("Meeting settings"), actions.rules)
        self.addAction(_("Call quality"), actions.quality)
        self.addSeparator()
        view_action(self, shown, actions.view)
        self.addMenu(OwnPictureMenu(context, self))
        little_picture_action(self, context)
        filled = parent.window().isFullScreen()
        words = _("Leave full screen") if filled else _("Full screen")
        show_keys(self.addAction(words, actions.full_screen), keys.FULL_SCREEN)
        self.addSeparator()
        self.addAction(_("Check sound and network"), context.open_doctor)
        show_keys(self.addAction(_("Shortcuts"), actions.shortcuts), keys.SHORTCUT_SHEET)
        self.addAction(_("Help"), lambda: context.open_help(""))
        show_keys(self.addAction(_("Settings"), actions.settings), keys.SETTINGS)
