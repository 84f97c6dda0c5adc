"""Tells in plain sentences what happens in a meeting, for those who follow it at a terminal."""

from collections.abc import Callable, Sequence

from app import file_words, texts
from app.i18n import _, ngettext
from app.meeting.view import FileState, MeetingView
from app.quality_words import busy
from app.screens import CallQuality, Door, IncomingCall, MeetingPlace, Waiting

SAID_OTHERWISE = frozenset({"joined", "left", "you_host", "new_host", "file_offered"})
"""Notices that the lists of people, hosts and files say already."""


NOBODY = bytes(16)  # is said to have hosted before where somebody comes from another meeting


class Spoken:
    """Remembers what was said, and says what is new; `say` takes one line."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._progress = ""
        self._people: tuple[str, ...] = ()
        self._host = b""
        self._code = ""
        self._notices = 0
        self._links: set[int] = set()
        self._files: dict[bytes, FileState] = {}
        self._told_busy = 0
        self._door = ""
        self._place = ""
        self._told_lan_only = False
        self._call_id = b""
        self._calls: set[str] = set()

    def waiting(self, screen: Waiting) -> None:
        """Say how far joining has come."""
        if screen.progress.value != self._progress:
            self._progress = screen.progress.value
            self._say(texts.progress(screen.progress, screen.host_name)[0])

    def meeting(self, view: MeetingView) -> None:
        """Say who is in, who hosts, what to compare, and what happened."""
        if view.call_id != self._call_id:  # another meeting than before
            self._host = NOBODY if self._call_id else b""
            self._call_id, self._notices, self._told_lan_only = view.call_id, 0, False
        people = tuple(person.name for person in view.people)
        if people != self._people:
            self._people = people
            count = len(people)
            words = ngettext("{count} person here: {names}", "{count} people here: {names}", count)
            self._say(words.format(count=count, names=", ".join(people)))
        if view.lan_only and not self._told_lan_only:
            self._told_lan_only = True
            self._say(texts.lan_only())
        self._tell_host(view)
        if view.code is not None and view.code.digits != self._code and len(people) > 1:
            self._code = view.code.digits
            self._say(_("Code to compare: {code}").format(code=view.code.digits))
        for notice in view.notices:
            if notice.number > self._notices:
                self._notices = notice.number
                if notice.kind not in SAID_OTHERWISE:
                    self._say(texts.notice(notice))

    def quality(self, quality: CallQuality) -> None:
        """Say that this computer is too slow, when that is to be said."""
        if quality.told > self._told_busy:
            self._told_busy = quality.told
            self._say(busy(quality.step))

    def door(self, door: Door) -> None:
        """Say how it stands with the door in the router, whenever that changes."""
        words = texts.door(door)
        if words != self._door:
            self._door = words
            if words:
                self._say(words)

    def place(self, place: MeetingPlace) -> None:
        """Say whether people outside come in by a meeting point, whenever that changes."""
        words = texts.place(place)
        if words and words != self._place:
            self._place = words
            self._say(words)

    def calls(self, calls: Sequence[IncomingCall]) -> None:
        """Say once who calls us out of the meeting."""
        for call in calls:
            if call.key not in self._calls:
                self._say(_("{name} calls you.").format(name=call.name))
        self._calls = {call.key for call in calls}

    def links(self, view: MeetingView) -> None:
        """Say the links that work once, each as `NAME: LINK`."""
        for invitation in view.invitations:
            if invitation.single_use and invitation.number not in self._links:
                self._links.add(invitation.number)
                self._say(f"{invitation.label}: {invitation.link}")

    def files(self, view: MeetingView) -> None:
        """Say who offers what, and how it ended with each file and person."""
        for file in view.files:
            for leg in file.legs:
                state = leg.state
                key = file.key + leg.dev
                if self._files.get(key) is state or not (
                    state.is_over or (state is FileState.OFFERED and not file.mine)
                ):
                    continue
                self._files[key] = state
                name, size = file.file_name, file_words.size(file.size)
                words = _("{name} offers “{file}” ({size}).").format(
                    name=leg.name, file=name, size=size
                )
                if state.is_over:
                    words = f"“{name}”: {file_words.how_far(file, leg)}"
                self._say(words)

    def _tell_host(self, view: MeetingView) -> None:
        host = next((person for person in view.people if person.is_host), None)
        if host is None or host.dev == self._host:
            return
        was, self._host = self._host, host.dev
        if not host.is_me:
            self._say(_("{name} hosts this meeting.").format(name=host.name))
        elif was:
            self._say(_("You host this meeting now. This is its invitation:"))
            self._say(view.invitation)
