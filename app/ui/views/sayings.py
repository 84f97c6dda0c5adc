"""What people say and show in a meeting, told to screen readers where nobody reads it by eye."""

import time
from collections.abc import Callable, Mapping

from PySide6.QtWidgets import QWidget

from app.i18n import _, ngettext
from app.meeting.view import Badge, ChatLine, MeetingView, Person
from app.names import clean_text, shown
from app.person_words import REACTIONS
from app.screens import InMeeting
from app.texts import filled
from app.ui.widgets.toast import Toast, announce

MOST_AT_ONCE = 3  # lines that are read out; of more only the number
SPOKEN = 8.0  # seconds that one speaks with the hand up before one is told that it is
LONGEST = 300  # characters of a line that are read out


class Sayings:
    """Remembers what was told, so that each screen tells only what is new in it."""

    def __init__(
        self, source: QWidget, toast: Toast, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._source, self._toast, self._clock = source, toast, clock
        self.begin()

    def begin(self) -> None:
        """Another meeting: what stands in its first screen is not news."""
        self._fresh = True
        self._last: ChatLine | None = None
        self._shown: Mapping[bytes, float] = {}
        self._hands: frozenset[bytes] = frozenset()
        self._saved = 0
        self._live = (False, False)  # microphone, camera
        self._held = False
        self._hint = HandHint()

    def show(self, screen: InMeeting, *, reads: bool) -> None:
        """Tell what is new; `reads` if the keyboard stands in the lines of the chat."""
        view = screen.view
        if self._hint.is_due(view, self._clock()):
            self._toast.say(_("Your hand is still up."))
        elif not view.hand_up:
            self._toast.take_back(_("Your hand is still up."))
        new = self._new_lines(view)
        devices = self._devices(screen)
        said = [] if self._fresh else [*devices, *self._reactions(view), *self._raised(view)]
        if not (self._fresh or reads):
            said += _read_out(new, {person.dev: person.badge for person in view.people})
        for sentence in said:
            announce(self._source, sentence)
        self._shown = {p.dev: p.reaction.until for p in view.people if p.reaction is not None}
        self._hands = frozenset(p.dev for p in view.people if p.hand_since)
        self._fresh = False
        if (saved := screen.chat_saved) is not None and saved.number > self._saved:
            self._saved = saved.number
            self._toast.say(
                _("The chat was saved.")
                if saved.well
                else _("The chat could not be saved there. Choose another folder.")
            )

    def _devices(self, screen: InMeeting) -> list[str]:
        """Say what became of the own devices; a key that is held has an end that one feels."""
        view, held = screen.view, screen.held or self._held
        (microphone, camera), self._held = self._live, screen.held
        self._live = view.microphone_on, view.camera_on
        said = []
        if microphone != view.microphone_on and not held:
            said.append(_("Microphone on") if view.microphone_on else _("Muted"))
        if camera != view.camera_on:
            said.append(_("Camera on") if view.camera_on else _("Camera off"))
        return said

    def _new_lines(self, view: MeetingView) -> list[ChatLine]:
        new: list[ChatLine] = []
        for line in reversed(view.chat):
            if line is self._last or line == self._last:
                break
            new.append(line)
        self._last = view.chat[-1] if view.chat else None
        return [line for line in reversed(new) if not line.mine]

    def _reactions(self, view: MeetingView) -> list[str]:
        return [
            filled(_("{name} shows: {sign}"), name=_name(p), sign=_(REACTIONS[p.reaction.reaction]))
            for p in view.people
            if p.reaction is not None
            and not p.is_me
            and self._shown.get(p.dev) != p.reaction.until
        ]  # fmt: skip

    def _raised(self, view: MeetingView) -> list[str]:
        return [
            filled(_("{name} raised a hand."), name=_name(person))
            for person in view.people
            if person.hand_since and not person.is_me and person.dev not in self._hands
        ]


class HandHint:
    """Notices, once for each time the hand goes up, that one has spoken and forgot to lower it."""

    def __init__(self) -> None:
        self._spoken = 0.0
        self._since: float | None = None  # while one speaks

    def is_due(self, view: MeetingView, now: float) -> bool:
        """Tell whether it is time to say so."""
        speaks = any(person.is_me and person.speaking for person in view.people)
        if not view.hand_up:
            self._spoken, self._since = 0.0, None
            return False
        before = self._spoken
        if self._since is not None:
            self._spoken += now - self._since
        self._since = now if speaks else None
        return before < SPOKEN <= self._spoken


def _read_out(lines: list[ChatLine], badges: Mapping[bytes, Badge]) -> list[str]:
    if len(lines) > MOST_AT_ONCE:
        words = ngettext("{count} new message", "{count} new messages", len(lines))
        return [filled(words, count=str(len(lines)))]
    return [
        filled(
            _("{name} writes: {text}"),
            name=shown(line.name, badges.get(line.dev, Badge.NEW)),
            text=clean_text(line.text[:LONGEST]),
        )
        for line in lines
    ]


def _name(person: Person) -> str:
    return shown(person.name, person.badge)
