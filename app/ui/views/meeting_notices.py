"""What happened in a meeting, said once: as a toast, or aloud only where something shows it."""

from app import texts
from app.meeting.view import MeetingView, Notice
from app.quality_words import busy
from app.screens import CallQuality
from app.texts import NOTICES
from app.ui.widgets.toast import Toast, announce

# A card, a banner or a sheet says these already, for as long as they hold.
_SILENT = {"knocks", "asked_to_unmute", "frozen", "password_blocked", "second_device"}


def _still_shares(notice: Notice, view: MeetingView) -> bool:
    return any(person.sharing and person.name == notice.name for person in view.people)


_HOLDS = {"shares": _still_shares}
"""Of sentences that tell what is so, and not what happened: whether it is so still."""


class Notices:
    """Remembers what was said, so that each screen says only what is new in it."""

    def __init__(self, toast: Toast) -> None:
        self._toast = toast
        self._last = 0
        self._told_busy = 0
        self._standing: list[Notice] = []  # of those that may become untrue

    def begin(self) -> None:
        """Another meeting: nothing of it was said yet."""
        self._last = self._told_busy = 0
        self._standing = []
        self._toast.clear()

    def show(self, view: MeetingView, quality: CallQuality) -> None:
        """Say what is new in this state, and take back what is so no more."""
        for notice in [n for n in self._standing if not _HOLDS[n.kind](n, view)]:
            self._standing.remove(notice)
            self._toast.take_back(texts.notice(notice))
        for notice in view.notices:
            if notice.number <= self._last:
                continue
            self._last = notice.number
            if notice.kind not in NOTICES:
                continue
            sentence = texts.notice(notice)
            if notice.kind in _SILENT:
                announce(self._toast, sentence)
            elif notice.kind not in _HOLDS:
                self._toast.say(sentence)
            elif _HOLDS[notice.kind](notice, view):
                self._standing.append(notice)
                self._toast.say(sentence)
        if quality.told > self._told_busy:  # this computer is too slow, and people are to know
            self._told_busy = quality.told
            self._toast.say(busy(quality.step))
