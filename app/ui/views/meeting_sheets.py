"""The sheets that stand over a meeting: opened once, kept up to date, gone with it."""

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtWidgets import QWidget

from app.meeting.view import Person
from app.screens import IncomingCall, InMeeting
from app.ui.context import Context
from app.ui.views.confirm import HandOverSheet, RemoveSheet
from app.ui.views.invitations import InvitationsSheet
from app.ui.views.leave import LeaveSheet
from app.ui.views.rules import RulesSheet
from app.ui.views.safety import SafetySheet
from app.ui.views.share import ShareSheet
from app.ui.views.verify import VerifySheet
from app.ui.widgets.sheet import Sheet

_S = TypeVar("_S", bound=Sheet)


class MeetingSheets:
    """Opens sheets for the newest state of a meeting."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._screen: InMeeting | None = None
        self._open: dict[type[Sheet], Sheet] = {}

    def show_screen(self, screen: InMeeting) -> None:
        """Bring what is open up to date."""
        self._screen = screen
        for sheet in list(self._open.values()):
            if not sheet.isHidden():
                _fill(sheet, screen)

    def safety(self) -> None:
        """Show the code and the people."""
        self._stand(
            SafetySheet, lambda screen: SafetySheet(self._context, self.verify), "close_button"
        )

    def verify(self, dev: bytes) -> None:
        """Show how to verify one person."""
        person = self._person(dev)
        if person is not None and self._screen is not None:
            me = self._screen.view.me
            self._stand(VerifySheet, lambda screen: VerifySheet(self._context, person, me), "scan")

    def share(self) -> None:
        """Let the person choose what of the screen the others shall see."""
        self._stand(ShareSheet, lambda screen: ShareSheet(self._context), "first_stop")

    def invitations(self) -> None:
        """Show the links."""
        self._stand(InvitationsSheet, lambda screen: InvitationsSheet(self._context), "first_stop")

    def rules(self) -> None:
        """Show the settings of the meeting."""
        self._stand(RulesSheet, lambda screen: RulesSheet(self._context), "close_button")

    def leave(self, call: IncomingCall | None = None) -> None:
        """Ask a host what becomes of the meeting; with a `call` one goes to answer that."""
        self._stand(LeaveSheet, lambda screen: LeaveSheet(self._context, screen, call), "stay")

    def remove(self, dev: bytes) -> None:
        """Ask before somebody is removed."""
        person = self._person(dev)
        if person is not None:
            self._stand(RemoveSheet, lambda screen: RemoveSheet(self._context, person), "keep")

    def hand_over(self, dev: bytes) -> None:
        """Ask before somebody else hosts."""
        person = self._person(dev)
        if person is not None:
            self._stand(HandOverSheet, lambda screen: HandOverSheet(self._context, person), "keep")

    def _person(self, dev: bytes) -> Person | None:
        people = self._screen.view.people if self._screen is not None else ()
        return next((person for person in people if person.dev == dev), None)

    def _stand(self, kind: type[_S], make: Callable[[InMeeting], _S], first: str) -> None:
        """Open a sheet, if it is not open already, with the keyboard on one of its parts."""
        if self._screen is None or (kind in self._open and not self._open[kind].isHidden()):
            return
        sheet = make(self._screen)
        self._open[kind] = sheet
        sheet.destroyed.connect(lambda: self._gone(kind, sheet))
        _fill(sheet, self._screen)
        stop = getattr(sheet, first)
        sheet.open_sheet(stop if isinstance(stop, QWidget) else None)

    def _gone(self, kind: type[Sheet], sheet: Sheet) -> None:
        if self._open.get(kind) is sheet:  # not one that was opened since
            del self._open[kind]


def _fill(sheet: Sheet, screen: InMeeting) -> None:
    match sheet:
        case SafetySheet():
            sheet.show_view(screen.view)
            sheet.show_door(screen.door)
        case RulesSheet():
            sheet.show_view(screen.view)
        case InvitationsSheet() | VerifySheet() | ShareSheet() | LeaveSheet():
            sheet.show_screen(screen)
