"""What people do by keys, tray and command on the view that is shown, whichever that is."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from app.intents import GoHome
from app.screens import Preview, Waiting
from app.ui.context import Submit
from app.ui.view_stack import ViewStack
from app.ui.window_sheets import WindowSheets

if TYPE_CHECKING:
    from app.ui.views.home import HomeView
    from app.ui.views.meeting import MeetingScreen
    from app.ui.views.preview import PreviewView


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
    def uncovered(self) -> "MeetingScreen | None":
        """The view of the meeting, if it is shown and no sheet stands over it."""
        return None if self._sheets.standing else self._views.meeting

    @property
    def _with_devices(self) -> "PreviewView | MeetingScreen | None":
        return self._views.preview or self._views.meeting

    @property
    def _with_calls(self) -> "HomeView | MeetingScreen | None":
        return self._views.home or self._views.meeting

    def microphone(self) -> None:
        """Switch the own microphone."""
        if (view := self._with_devices) is not None:
            view.toggle_microphone()

    def camera(self) -> None:
        """Switch the own camera."""
        if (view := self._with_devices) is not None:
            view.toggle_camera()

    def share(self) -> None:
        """Share the own screen, or stop."""
        if (meeting := self.uncovered) is not None:
            meeting.toggle_share()

    def hand(self) -> None:
        """Raise the own hand, or take it down."""
        if (meeting := self._views.meeting) is not None:
            meeting.toggle_hand()

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
        if (meeting := self._views.meeting) is not None:
            meeting.toggle_view()

    def answer(self) -> None:
        """Answer the contact who calls; out of a meeting one leads, it asks something first."""
        view = self._with_calls
        if view is not None and not self._sheets.standing:
            view.answer()
            if self._sheets.standing:
                self._come_forward()

    def decline(self) -> None:
        """Let the contact who calls ring elsewhere only."""
        if (view := self._with_calls) is not None:
            view.decline()

    def leave(self) -> None:
        """Leave what is going on; a host is asked what becomes of the meeting."""
        if (meeting := self.uncovered) is not None:
            meeting.leave()
            if self._sheets.standing:  # it asks something
                self._come_forward()
        elif self._views.shown in (Preview, Waiting):
            self._submit(GoHome())
