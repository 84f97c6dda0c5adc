"""The views of the window, one for each kind of screen: made when needed, filled, thrown away.

Each is loaded when it is made first: what the window shows at its start needs none of them.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from app.screens import Farewell, Home, InMeeting, Preview, Screen, Unlock, Waiting
from app.ui.context import Context
from app.ui.widgets.brand import Brand
from app.ui.widgets.scroll import bring_into_view

if TYPE_CHECKING:
    from app.ui.views.farewell import FarewellView
    from app.ui.views.home import HomeView
    from app.ui.views.meeting import MeetingScreen
    from app.ui.views.preview import PreviewView
    from app.ui.views.unlock import UnlockView
    from app.ui.views.waiting import WaitingView

    View = HomeView | PreviewView | WaitingView | FarewellView | UnlockView | MeetingScreen


class ViewStack:
    """Shows one view at a time; only that of a meeting is thrown away when another is shown."""

    def __init__(
        self,
        stack: QStackedWidget,
        context: Context,
        *,
        full_screen: Callable[[], None],
        shortcuts: Callable[[], None],
    ) -> None:
        """`full_screen` and `shortcuts` are what a meeting's menu opens in the window."""
        self._stack, self._context = stack, context
        self._full_screen, self._shortcuts = full_screen, shortcuts
        self._views: dict[type[Screen], View] = {}
        self._shown: type[Screen] | None = None
        stack.addWidget(_opening_page())

    @property
    def shown(self) -> type[Screen] | None:
        """The kind of screen that is shown now."""
        return self._shown

    @property
    def current(self) -> "View | None":
        """The view that is shown now."""
        return self._views.get(self._shown) if self._shown is not None else None

    @property
    def home(self) -> "HomeView | None":
        """The view of the first screen, while it is shown."""
        return cast("HomeView | None", self.current) if self._shown is Home else None

    @property
    def preview(self) -> "PreviewView | None":
        """The view before a meeting, while it is shown."""
        return cast("PreviewView | None", self.current) if self._shown is Preview else None

    @property
    def meeting(self) -> "MeetingScreen | None":
        """The view of the meeting, while it is shown."""
        return cast("MeetingScreen | None", self.current) if self._shown is InMeeting else None

    def show(self, screen: Screen) -> "View":
        """Show a snapshot: in place where the view stays the same."""
        kind = type(screen)
        before, self._shown = self._shown, kind
        if before is InMeeting and kind is not InMeeting:
            self._forget(InMeeting)
        view = self.prepare(kind)
        cast(Any, view).show_screen(screen)  # each shows the screens of its kind
        self._stack.setCurrentWidget(view)
        if before is not kind and (target := _first_stop(view)) is not None:
            target.setFocus(Qt.FocusReason.OtherFocusReason)
            bring_into_view(target)
        return view

    def prepare(self, kind: type[Screen]) -> "View":
        """Return the view for a kind of screen, made if there is none yet."""
        view = self._views.get(kind)
        if view is None:
            view = self._views[kind] = self._make(kind)
            self._stack.addWidget(view)
        return view

    def forget_all(self) -> None:
        """Throw every view away; `show` makes them anew."""
        for kind in list(self._views):
            self._forget(kind)

    def _forget(self, kind: type[Screen]) -> None:
        """Throw a view away with all it shows: nothing of a meeting outlives it here."""
        view = self._views.pop(kind, None)
        if view is None:
            return
        if kind is InMeeting:
            cast("MeetingScreen", view).end()
        view.hide()
        self._stack.removeWidget(view)
        view.deleteLater()

    def _make(self, kind: type[Screen]) -> "View":
        context = self._context
        if kind is Home:
            from app.ui.views.home import HomeView

            return HomeView(context)
        if kind is Preview:
            from app.ui.views.preview import PreviewView

            return PreviewView(context)
        if kind is Waiting:
            from app.ui.views.waiting import WaitingView

            return WaitingView(context)
        if kind is Farewell:
            from app.ui.views.farewell import FarewellView

            return FarewellView(context)
        if kind is Unlock:
            from app.ui.views.unlock import UnlockView

            return UnlockView(context)
        from app.ui.views.meeting import MeetingScreen

        return MeetingScreen(context, self._full_screen, self._shortcuts)


def _first_stop(view: QWidget) -> QWidget | None:
    """Return what takes the keyboard first; None for a view that chooses when it is shown."""
    return getattr(view, "first_stop", None)


def _opening_page() -> QWidget:
    """Return what stands there until the first screen comes: the mark, quietly."""
    page = QWidget()
    page.setObjectName("page")
    column = QVBoxLayout(page)
    column.addWidget(Brand(64), 0, Qt.AlignmentFlag.AlignCenter)
    return page
