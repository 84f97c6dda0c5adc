"""Remembers the last meetings if the person wants it, and finds the way back to one."""

from collections.abc import Callable
from typing import Protocol

from app.intents import CallContact, JoinLink, JoinNearby
from app.meeting.contacts import Contacts
from app.meeting.view import MeetingView
from app.nearby import Nearby
from app.recent_meetings import Recent, noted
from app.screens import RecentMeeting, WayBack
from crypto.errors import InviteError
from crypto.identity import device_id
from crypto.invite import Invite


class Shelf(Protocol):
    """Where the list lies, sealed, between two runs."""

    def recents(self) -> tuple[Recent, ...]:
        """Return the list, the newest first."""

    def keep_recents(self, recents: tuple[Recent, ...]) -> None:
        """Keep the list; an empty one leaves nothing behind."""


class Recents:
    """The list while the program runs; `wanted` tells whether the person wants one."""

    def __init__(self, shelf: Shelf, wall: Callable[[], float], wanted: Callable[[], bool]) -> None:
        self._shelf, self._wall, self._wanted = shelf, wall, wanted
        self._all = shelf.recents()
        self.obey()

    def obey(self) -> None:
        """Forget everything at once when it is not wanted any more."""
        if self._all and not self._wanted():
            self._keep(())

    def note(self, view: MeetingView, link: str) -> None:
        """Remember the meeting that this person is in now."""
        host = next((person for person in view.people if person.is_host), None)
        if host is None or view.test_guest or not self._wanted():
            return
        own = host.dev == view.me
        new = Recent(
            view.title,
            host.name,
            int(self._wall()),
            b"" if own else host.dev,
            "" if own else link,
        )
        self._keep(noted(self._all, new))

    def forget(self, key: str) -> None:
        """Forget one meeting; with "" all of them."""
        kept = (one for number, one in enumerate(self._all) if key and str(number) != key)
        self._keep(tuple(kept))

    def cards(self, nearby: Nearby, contacts: Contacts) -> tuple[RecentMeeting, ...]:
        """Return the list for the first screen, each with the way back that is open now."""
        return tuple(
            RecentMeeting(
                key=str(number),
                title=one.title,
                host_name=one.host_name,
                when=float(one.when),
                way=self._way(one, nearby, contacts),
            )
            for number, one in enumerate(self._all)
        )

    def departure(
        self, key: str, name: str, nearby: Nearby, contacts: Contacts
    ) -> JoinLink | JoinNearby | CallContact | None:
        """Return what leads back to a meeting; None where nothing does."""
        one = next((one for number, one in enumerate(self._all) if str(number) == key), None)
        if one is None:
            return None
        match self._way(one, nearby, contacts):
            case WayBack.NEARBY:
                return JoinNearby(_nearby_key(one, nearby), name)
            case WayBack.LINK:
                return JoinLink(one.link, name)
            case WayBack.CALL:
                return CallContact(one.host, name)
            case _:
                return None

    def _way(self, one: Recent, nearby: Nearby, contacts: Contacts) -> WayBack:
        if one.is_own:
            return WayBack.START
        if _nearby_key(one, nearby):
            return WayBack.NEARBY
        if one.link and self._is_open(one.link):
            return WayBack.LINK
        return WayBack.CALL if one.host in contacts.callable() else WayBack.NONE

    def _is_open(self, link: str) -> bool:
        try:
            Invite.parse(link).check(self._wall())
        except InviteError:
            return False
        return True

    def _keep(self, recents: tuple[Recent, ...]) -> None:
        self._all = recents
        self._shelf.keep_recents(recents)


def _nearby_key(one: Recent, nearby: Nearby) -> str:
    """Return the key of the visible meeting that the same device holds now; "" for none."""
    for meeting in nearby.meetings:
        found = nearby.get(meeting.key)
        if found is not None and device_id(found.told.host_key) == one.host:
            return meeting.key
    return ""
