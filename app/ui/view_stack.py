"""The views of the window, one for each kind of screen: made when needed, filled, thrown away."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from app.screens import Farewell, Home, InMeeting, Preview, Screen, Unlock, Waiting
from app.ui.context import Context
from app.ui.views.farewell import FarewellView
from app.ui.views.home import HomeView
from app.ui.views.meeting import MeetingScreen
from app.ui.views.preview import PreviewView
from app.ui.views.unlock import UnlockView
from app.ui.views.waiting import WaitingView
from app.ui.widgets.brand import Brand
from app.ui.widgets.scroll import bring_into_view

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
    def current(self) -> View | None:
        """The view that is shown now."""
        return self._views.get(self._shown) if self._shown is not None else None

    @property
    def meeting(self) -> MeetingScreen | None:
        """The view of the meeting, while there is one."""
        view = self._views.get(InMeeting)
        return view if isinstance(view, MeetingScreen) else None

    def show(self, screen: Screen) -> View:
        """Show a snapshot: in place where the view stays the same."""
        kind = type(screen)
        before, self._shown = self._shown, kind
        if before is InMeeting and kind is not InMeeting:
            self._forget(InMeeting)
        view = self._views.get(kind)
        if view is None:
            view = self._views[kind] = self._make(screen)
            self._stack.addWidget(view)
        _fill(view, screen)
        self._stack.setCurrentWidget(view)
        if before is not kind:
            _focus_first(view)
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
        if isinstance(view, MeetingScreen):
            view.end()
        view.hide()
        self._stack.removeWidget(view)
        view.deleteLater()

    def _make(self, screen: Screen) -> View:
        context = self._context
        match screen:
            case Home():
                return HomeView(context)
            case Preview():
                return PreviewView(context)
            case Waiting():
                return WaitingView(context)
            case Farewell():
                return FarewellView(context)
            case Unlock():
                return UnlockView(context)
            case InMeeting():
                return MeetingScreen(context, self._full_screen, self._shortcuts)


def _fill(view: View, screen: Screen) -> None:
    match view, screen:
        case HomeView(), Home():
            view.show_screen(screen)
        case PreviewView(), Preview():
            view.show_screen(screen)
        case WaitingView(), Waiting():
            view.show_screen(screen)
        case FarewellView(), Farewell():
            view.show_screen(screen)
        case UnlockView(), Unlock():
            view.show_screen(screen)
        case MeetingScreen(), InMeeting():
            view.show_screen(screen)


def _focus_first(view: View) -> None:
    match view:
        case HomeView():
            target: QWidget = view.start_button if view.name.text() else view.name
        case PreviewView():
            target = view.first_stop
        case MeetingScreen():
            target = view
        case _:
            return  # these choose for themselves when they are shown
    target.setFocus(Qt.FocusReason.OtherFocusReason)
    bring_into_view(target)


def _opening_page() -> QWidget:
    """Return what stands there until the first screen comes: the mark, quietly."""
    page = QWidget()
    page.setObjectName("page")
    column = QVBoxLayout(page)
    column.addWidget(Brand(64), 0, Qt.AlignmentFlag.AlignCenter)
    return page
