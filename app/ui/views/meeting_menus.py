"""The menus of a meeting: of people and screens, of reactions, of what is needed less often."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu, QWidget

from app.i18n import _
from app.meeting.view import MeetingView, Power
from app.meeting.wishes import React, SetLocked, SpeakBySigns
from app.ui import keys
from app.ui.context import Context
from app.ui.keys import show_keys
from app.ui.seating import Seat, View
from app.ui.views.bar import Bar
from app.ui.views.own_view import OwnPictureMenu, little_picture_action, view_action
from app.ui.views.person_menu import PersonActions, PersonMenu
from app.ui.views.reaction_menu import ReactionMenu
from app.ui.views.rules import RULES
from app.ui.widgets.grid import TileGrid


@dataclass(frozen=True)
class MoreActions:
    """What the entries do."""

    view: Callable[[], None]
    share: Callable[[], None]
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
            mine = [person for person in view.people if person.is_me]
            sharing = any(person.sharing for person in mine)
            signing = any(person.signing for person in mine)
            if sharing or Power.SHARE in view.powers:
                words = _("Stop sharing") if sharing else _("Share your screen")
                show_keys(self.addAction(words, actions.share), keys.SHARE)
            hand = _("Take the hand down") if view.hand_up else _("Raise your hand")
            show_keys(self.addAction(hand, actions.hand), keys.HAND)
            if view.camera_on:
                words = _("I have finished signing") if signing else _("I am signing")
                self.addAction(words, lambda: context.submit(SpeakBySigns(not signing)))
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


class Menus:
    """Makes the menus of one meeting and opens them where they belong."""

    def __init__(
        self,
        over: QWidget,
        context: Context,
        grid: TileGrid,
        bar: Bar,
        *,
        view: Callable[[], MeetingView | None],
        person: PersonActions,
        more: MoreActions,
    ) -> None:
        """`over` is what they stand over; `person` and `more` are what their entries do."""
        self._over, self._context, self._grid, self._bar = over, context, grid, bar
        self._view, self._person, self._more = view, person, more

    def open_at(self, seat: Seat, where: QPoint) -> None:
        """Open what can be done about a person, or their screen, where the pointer is."""
        menu = self.of_tile(seat)
        if menu is not None:
            menu.popup(where)

    def of_tile(self, seat: Seat) -> QMenu | None:
        """Return the menu of a tile; that of a screen is about whom it belongs to."""
        person = self._grid.tiles[seat.dev].person
        if person is None:
            return None
        if person.is_me:
            return OwnPictureMenu(self._context, self._over)
        about = replace(
            self._person,
            pin=lambda _dev: self._grid.toggle_pin(seat),
            is_pinned=lambda _dev: self._grid.pinned == seat,
        )
        return PersonMenu(person, about, self._over)

    def of_person(self, dev: bytes) -> PersonMenu | None:
        """Return the menu of a person; there is none about oneself."""
        tile = self._grid.tiles.get(dev)
        person = tile.person if tile is not None else None
        if person is None or person.is_me:
            return None
        return PersonMenu(person, self._person, self._over)

    def reactions(self) -> ReactionMenu:
        """Return the menu of what can be shown for some seconds."""
        return ReactionMenu(lambda reaction: self._context.submit(React(reaction)), self._over)

    def open_reactions(self) -> None:
        """Open it above its button."""
        _open_above(self.reactions(), self._bar.react)

    def more(self) -> MoreMenu:
        """Return the menu of what is needed less often."""
        view = self._view()
        return MoreMenu(
            view,
            self._context,
            self._more,
            self._over,
            shown=self._grid.view,
            invites=view is not None and self._bar.invites(view),
        )

    def open_more(self) -> None:
        """Open it above its button."""
        _open_above(self.more(), self._bar.more)


def _open_above(menu: QMenu, button: QWidget) -> None:
    size = menu.sizeHint()
    corner = button.mapToGlobal(QPoint(0, 0))
    menu.popup(corner - QPoint((size.width() - button.width()) // 2, size.height() + 8))
