"""What happened between two screens that is worth a word while another window is in front."""

from dataclasses import dataclass
from enum import Enum

from app.i18n import _
from app.names import clean, isolated
from app.screens import Home, InMeeting, Screen
from app.texts import filled


class Kind(Enum):
    """What happened; the most pressing first."""

    CALL = "call"
    KNOCK = "knock"
    ASKED = "asked"  # to switch the microphone on
    FILE = "file"  # that somebody offers
    CHAT = "chat"


@dataclass(frozen=True)
class Tiding:
    """One thing that happened, and who did it."""

    kind: Kind
    name: str = ""


def tidings(before: Screen | None, after: Screen) -> tuple[Tiding, ...]:
    """Return what is new on a screen; on one of another kind all but chat and files is."""
    match after:
        case Home():
            return _calls(before, after)
        case InMeeting():
            meeting = _in_meeting(before if isinstance(before, InMeeting) else None, after)
            return _calls(before, after) + meeting
        case _:
            return ()


def _calls(before: Screen | None, after: Home | InMeeting) -> tuple[Tiding, ...]:
    known = before.calls if isinstance(before, Home | InMeeting) else ()
    keys = {call.key for call in known}
    return tuple(Tiding(Kind.CALL, call.name) for call in after.calls if call.key not in keys)


def _in_meeting(before: InMeeting | None, after: InMeeting) -> tuple[Tiding, ...]:
    new = after.view
    old = before.view if before is not None and before.view.call_id == new.call_id else None
    waiting = {knock.join_id for knock in old.knocks} if old is not None else set()
    found = [Tiding(Kind.KNOCK, knock.name) for knock in new.knocks if knock.join_id not in waiting]
    if new.asked_by and (old is None or old.asked_by != new.asked_by):
        found.append(Tiding(Kind.ASKED, new.asked_by))
    if old is not None and new.files != old.files:
        seen = {file.key for file in old.files}
        offered = [file for file in new.files if not file.mine and file.key not in seen]
        if offered:
            found.append(Tiding(Kind.FILE, offered[-1].name))
    if old is not None and new.chat != old.chat:
        read = {(line.dev, line.at, line.text) for line in old.chat}
        fresh = [
            line
            for line in new.chat
            if not line.mine and (line.dev, line.at, line.text) not in read
        ]
        if fresh:
            found.append(Tiding(Kind.CHAT, fresh[-1].name))
    return tuple(found)


def tiding_words(tiding: Tiding, *, names: bool) -> str:
    """Return what to say of it; never what somebody wrote, and only with `names` who it was."""
    with_name, without = {
        Kind.CALL: (_("{name} calls you."), _("Somebody calls you.")),
        Kind.KNOCK: (_("{name} knocks."), _("Somebody knocks.")),
        Kind.ASKED: (
            _("{name} asks you to switch your microphone on."),
            _("You are asked to switch your microphone on."),
        ),
        Kind.FILE: (_("{name} offers a file."), _("A file is offered.")),
        Kind.CHAT: (_("A message from {name}."), _("A new message.")),
    }[tiding.kind]
    if names and clean(tiding.name):
        return filled(with_name, name=isolated(tiding.name))
    return without
