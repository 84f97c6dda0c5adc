"""What people do by keys, tray and command on the view that is shown, whichever that is."""

from collections.abc import Callable

from app.intents import GoHome
from app.ui.context import Submit
from app.ui.view_stack import View, ViewStack
from app.ui.views.home import HomeView
from app.ui.views.meeting import MeetingScreen
from app.ui.views.preview import PreviewView
from app.ui.views.waiting import WaitingView
from app.ui.window_sheets import WindowSheets


class Acts:
    """Each does nothing where it means nothing."""

    def __init__(
        self,
        views: ViewStack,
        sheets: WindowSheets,
        submit: Submit,
        come_forward: Callable[[], None],
    ) -> None:
        self._views, self._sheets = views, sheets
        self._submit, self._come_forward = submit, come_forward

    @property
    def _view(self) -> View | None:
        return self._views.current

    @property
    def uncovered(self) -> MeetingScreen | None:
        """The view of the meeting, if it is shown and no sheet stands over it."""
        view = self._view
        return view if isinstance(view, MeetingScreen) and not self._sheets.standing else None

    def microphone(self) -> None:
        """Switch the own microphone."""
        if isinstance(self._view, PreviewView | MeetingScreen):
            self._view.toggle_microphone()

    def camera(self) -> None:
        """Switch the own camera."""
        if isinstance(self._view, PreviewView | MeetingScreen):
            self._view.toggle_camera()

    def share(self) -> None:
        """Share the own screen, or stop."""
        if (meeting := self.uncovered) is not None:
            meeting.toggle_share()

    def hand(self) -> None:
        """Raise the own hand, or take it down."""
        if isinstance(self._view, MeetingScreen):
            self._view.toggle_hand()

    def chat(self) -> None:
        """Open or close the chat."""
        if (meeting := self.uncovered) is not None:
            meeting.toggle_chat()

    def people(self) -> None:
        """Open or close the list of people."""
        if (meeting := self.uncovered) is not None:
            meeting.toggle_people()

    def change_view(self) -> None:
        """Show who speaks large, or all alike."""
        if isinstance(self._view, MeetingScreen):
            self._view.toggle_view()

    def answer(self) -> None:
        """Answer the contact who calls; out of a meeting one leads, it asks something first."""
        view = self._view
        if isinstance(view, HomeView | MeetingScreen) and not self._sheets.standing:
            view.answer()
            if self._sheets.standing:
                self._come_forward()

    def decline(self) -> None:
        """Let the contact who calls ring elsewhere only."""
        if isinstance(self._view, HomeView | MeetingScreen):
            self._view.decline()

    def leave(self) -> None:
        """Leave what is going on; a host is asked what becomes of the meeting."""
        if (meeting := self.uncovered) is not None:
            meeting.leave()
            if self._sheets.standing:  # it asks something
                self._come_forward()
        elif isinstance(self._view, PreviewView | WaitingView):
            self._submit(GoHome())
