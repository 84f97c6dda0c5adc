"""The dark ground of a meeting: header, banners, pictures and bar, and what floats over them."""

from collections.abc import Callable

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.screens import InMeeting
from app.ui import theme
from app.ui.context import Context
from app.ui.views.bar import Bar
from app.ui.views.curtain import Curtain
from app.ui.views.header import Header
from app.ui.views.invite import InviteCard
from app.ui.views.meeting_banners import Banners
from app.ui.views.requests import RequestStack
from app.ui.widgets.grid import TileGrid
from app.ui.widgets.toast import Toast

_CARD_WIDTH = 300  # pixels
_CARD_ROOM = QSize(720, 520)  # pixels of a stage on which the card of the invitation has a place


class Stage(QWidget):
    """Gives everything on it its place; what it says and does is up to those parts."""

    def __init__(
        self,
        context: Context,
        header: Header,
        grid: TileGrid,
        bar: Bar,
        on_answer: Callable[[str], None],
    ) -> None:
        """`on_answer` gets the key of a contact's call."""
        super().__init__()
        self.setObjectName("stage")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.header, self.grid, self.bar = header, grid, bar
        self._screen: InMeeting | None = None
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(header)
        self.banners = Banners(context.submit)
        column.addWidget(self.banners)
        middle = self._middle = QHBoxLayout()
        middle.setContentsMargins(12, 8, 12, 0)
        middle.setSpacing(12)
        middle.addWidget(grid, 1)
        self.invite_card = InviteCard()
        self.invite_card.hide()
        middle.addWidget(self.invite_card, 0, Qt.AlignmentFlag.AlignVCenter)
        column.addLayout(middle, 1)
        column.addWidget(bar)
        self.requests = RequestStack(context.submit, on_answer, name="requests")
        self.requests.setParent(self)
        self.toast = Toast(self, self._toast_room)
        self.curtain = Curtain(self, header, bar, stays=lambda: not self.requests.isHidden())

    def fill_screen(self, on: bool) -> None:
        """Give the pictures the whole screen; header and bar lie over them while they are needed.

        A banner keeps its place below the header, and the pictures theirs below the banner.
        """
        if on == self.curtain.in_use:
            return
        self.curtain.use(on)
        on = self.curtain.in_use
        for part in (self.header, self.bar):
            part.float_over(on)
            self._column.removeWidget(part)
        if on:
            self._middle.setContentsMargins(8, 8, 8, 8)
        else:
            self._column.insertWidget(0, self.header)
            self._column.addWidget(self.bar)
            self._middle.setContentsMargins(12, 8, 12, 0)
        self._make_room()
        self.curtain.place()
        self.place_floating()

    def _make_room(self) -> None:
        covers = self.curtain.in_use and not self.banners.isHidden()
        self._column.setContentsMargins(0, self.header.sizeHint().height() if covers else 0, 0, 0)

    def show_screen(self, screen: InMeeting, *, knocks: bool) -> None:
        """Show this state; `knocks` unless another place lists who knocks."""
        self._screen = screen
        self.header.show_screen(screen)
        self.banners.show_screen(screen)
        self._make_room()
        self._show_invitation(screen)
        if self.requests.show_screen(screen, knocks=knocks):
            self.place_floating()
            if not self.requests.isHidden():
                self.curtain.wake()

    def _show_invitation(self, screen: InMeeting) -> None:
        view = screen.view
        waits = view.knocks or view.ringing or view.asked_by or screen.calls
        alone = len(view.people) == 1 and bool(view.invitation) and not waits
        alone = alone and not view.test_guest
        least = _CARD_ROOM * theme.scale()
        wide = self.width() >= least.width() and self.height() >= least.height()
        if view.invitation:
            self.invite_card.content.show_link(view.invitation)
        if self.invite_card.isHidden() == (alone and wide):
            self.invite_card.setVisible(alone and wide)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.curtain.place()
        self.place_floating()

    def place_floating(self) -> None:
        """Cards that wait stand upper right, below the header; the toast in the middle."""
        if self._screen is not None:
            self._show_invitation(self._screen)
        width = min(round(_CARD_WIDTH * theme.scale()), self.width() - 24)
        self.requests.resize(width, self.requests.height_for(width))
        self.requests.move(self.width() - width - 16, self.header.height() + 8)
        self.requests.raise_()
        if not self.toast.isHidden():
            self.toast.reposition()
            self.toast.raise_()

    def _toast_room(self) -> QRect:
        """Below the header, beside the cards that wait where the stage is wide enough."""
        beside = self.requests.width() + 16 if not self.requests.isHidden() else 0
        whole = self.rect().adjusted(16, self.header.height() + 8, -16, 0)
        middle = whole.adjusted(beside, 0, -beside, 0)
        if middle.width() >= 240:
            return middle
        return whole.adjusted(0, 0, -beside, 0) if whole.width() - beside >= 160 else whole
