"""Every sentence that the rest of Conclave asks for by a key, and what can be done about it."""

from dataclasses import dataclass

from app.i18n import _, mark
from app.meeting.view import Badge, Lock, Notice, Presence, Quality
from app.names import clean, isolated
from app.screens import Progress


@dataclass(frozen=True)
class Farewell:
    """Why it is over, and what can be done."""

    heading: str
    help: str = ""
    serious: bool = False


FAREWELLS = {
    "left": Farewell(
        mark("You left the meeting."),
        mark("Nothing of it was kept on this computer."),
    ),
    "you_ended": Farewell(
        mark("You ended the meeting."),
        mark("Nothing of it was kept on this computer."),
    ),
    "ended": Farewell(
        mark("The host ended the meeting."),
        mark("Nothing of it was kept on this computer."),
    ),
    "removed": Farewell(
        mark("The host removed you from this meeting."),
        mark("You cannot come back into this one. A new meeting is not affected."),
    ),
    "refused": Farewell(
        mark("The host did not let you in."),
        mark("If you think that this is a mistake, ask the host another way."),
    ),
    "invite_used": Farewell(
        mark("This invitation has been used already."),
        mark("Ask the host for a new one."),
    ),
    "invite_expired": Farewell(
        mark("This invitation has expired."),
        mark("Ask the host for a new one."),
    ),
    "invite_unknown": Farewell(
        mark("The host does not know this invitation."),
        mark("It may belong to an earlier meeting. Ask the host for a new one."),
    ),
    "locked": Farewell(
        mark("The meeting is locked."),
        mark("Nobody can knock until the host unlocks it. Ask the host another way."),
    ),
    "full": Farewell(
        mark("The meeting is full."),
        mark("Try again when somebody has left."),
    ),
    "meeting_over": Farewell(
        mark("This meeting is over."),
        mark("Ask the host whether there is another one."),
    ),
    "unreachable": Farewell(
        mark("The meeting cannot be reached from here."),
        mark(
            "Check that both computers are on the same network and that no firewall stands in "
            "between. The host must have the meeting open."
        ),
    ),
    "not_host": Farewell(
        mark("This is not the host who made your link."),
        mark(
            "Somebody else answers at the host's address. Nothing was sent. "
            "Ask the host for a new link another way."
        ),
        serious=True,
    ),
    "too_old": Farewell(
        mark("Their app is too old for this call."),
        mark("Ask them to install the newest version of Conclave."),
    ),
    "version": Farewell(
        mark("The two versions of Conclave do not understand each other."),
        mark("Install the newest version on both computers."),
    ),
    "host_lost": Farewell(
        mark("The connection to the host was lost."),
        mark("Without the host this meeting cannot go on. Try again, or ask for a new link."),
    ),
    "equivocation": Farewell(
        mark("The host showed different people different meetings."),
        mark("Conclave left, because nobody can be trusted in such a meeting."),
        serious=True,
    ),
    "codes_differ": Farewell(
        mark("The codes were different."),
        mark(
            "Somebody may have been in between. Do not use this link again; "
            "agree on a new meeting another way."
        ),
        serious=True,
    ),
    "port_busy": Farewell(
        mark("Another program uses the port that Conclave was told to listen on."),
        mark("Choose another port in the settings, or 0 for any free one, and try again."),
    ),
    "profile_in_use": Farewell(
        mark("Conclave is already open with this profile."),
        mark("Close its other window, then try again."),
    ),
    "profile_key_store": Farewell(
        mark("Your system's key store did not open."),
        mark("Unlock it, then try again. Your identity is still there."),
    ),
    "profile_damaged": Farewell(
        mark("Your identity cannot be opened."),
        mark(
            "Its file is damaged or cannot be read. It was left as it is; "
            "run “conclave doctor” in a terminal to learn more."
        ),
        serious=True,
    ),
    "guest_failed": Farewell(
        mark("The test guest could not start."),
        mark("Try again. If it keeps failing, run “conclave doctor” in a terminal."),
    ),
}

HOME_NOTICES = {
    "gone": mark("This meeting is not there any more."),
    "link_malformed": mark("This is not an invitation. Copy the whole link and try again."),
    "link_expired": mark("This invitation has expired. Ask the host for a new one."),
    "address_malformed": mark(
        "This is not an address. It looks like 192.168.1.20:47100 or [fe80::1]:47100."
    ),
}

NOTICES = {
    "joined": mark("{name} came in."),
    "left": mark("{name} left."),
    "removed": mark("{name} was removed by the host."),
    "knocks": mark("{name} knocks."),
    "imitates": mark("Careful: the name {name} looks like that of somebody you know."),
    "key_changed": mark("{name} comes with another security key than before."),
    "unverified_video": mark("Video from {name} could not be verified and is not shown."),
    "lobby_on": mark("The lobby is on: newcomers wait for the host."),
    "lobby_off": mark("The lobby is off: newcomers come straight in."),
    "locked": mark("The meeting is locked: nobody can knock."),
    "unlocked": mark("The meeting is open again: people can knock."),
    "camera_problem": mark("The camera stopped. Choose another one or plug it in again."),
    "microphone_problem": mark("The microphone stopped. Choose another one or plug it in again."),
}

ALARMS = {
    "codes_differ": mark(
        "The codes differ: somebody may be in between. Nothing of you is sent any more. "
        "Leave, and agree on a new meeting another way."
    ),
    "equivocation": mark(
        "The host shows different people different meetings. Nothing of you is sent any more. "
        "Leave this meeting."
    ),
    "code_mismatch": mark(
        "The code of this meeting does not fit what the others see. Nothing of you is sent "
        "any more. Leave this meeting."
    ),
}

BADGES = {
    Badge.NEW: mark("New"),
    Badge.KNOWN: mark("Known"),
    Badge.VERIFIED: mark("Verified"),
    Badge.CHANGED: mark("Key changed"),
}
BADGES_AT_LENGTH = {
    Badge.NEW: mark("This device has not met theirs before."),
    Badge.KNOWN: mark("The same device as before; the code was not compared."),
    Badge.VERIFIED: mark("You compared the code with this device."),
    Badge.CHANGED: mark("Another security key than before."),
}

LOCKS = {
    Lock.ENCRYPTED: mark("Encrypted"),
    Lock.VERIFIED: mark("Verified"),
    Lock.BROKEN: mark("Not safe"),
}

PRESENCES = {
    Presence.CONNECTING: mark("Connecting"),
    Presence.SECURING: mark("Agreeing on keys"),
    Presence.RECONNECTING: mark("Connection lost. The seat is kept."),
    Presence.UNVERIFIED: mark("Video could not be verified"),
}

QUALITIES = {
    Quality.GOOD: mark("Good connection"),
    Quality.FAIR: mark("Unsteady connection"),
    Quality.POOR: mark("Weak connection"),
}

THEMES = {
    "system": mark("As the system"),
    "light": mark("Light"),
    "dark": mark("Dark"),
}
PICTURE_HEIGHTS = {
    360: "640 × 360",
    720: "1280 × 720",
}
LANGUAGES = {"en": "English", "de": "Deutsch"}  # each in its own words


def farewell(reason: str) -> Farewell:
    """Return the translated sentences of a farewell."""
    found = FAREWELLS[reason]
    return Farewell(_(found.heading), _(found.help) if found.help else "", found.serious)


def home_notice(key: str) -> str:
    """Return what the home screen says about something that did not work."""
    return _(HOME_NOTICES[key]) if key in HOME_NOTICES else farewell(key).heading


def notice(what: Notice) -> str:
    """Return the sentence of something that happened in the meeting."""
    return filled(_(NOTICES[what.kind]), name=isolated(what.name))


def alarm(key: str) -> str:
    """Return what is wrong when the lock is broken."""
    return _(ALARMS[key]) if key in ALARMS else _(LOCKS[Lock.BROKEN])


def lock(state: Lock, unverified: int) -> str:
    """Return the word beside the lock in the header."""
    if state is Lock.PARTLY_VERIFIED:
        return filled(_("Encrypted, {count} not verified"), count=str(unverified))
    return _(LOCKS[state])


def progress(state: Progress, host: str) -> tuple[str, str]:
    """Return where joining stands, and what happens next."""
    host = isolated(host) if clean(host) else _("the host")
    heading, help_ = {
        Progress.SEARCHING: (
            _("Looking for the meeting"),
            _("Conclave looks on this network and at the addresses of the invitation."),
        ),
        Progress.CONNECTING: (
            _("Connecting to {host}"),
            _("Both computers agree on keys that nobody else has."),
        ),
        Progress.WAITING: (
            _("{host} has been told that you are here."),
            _("You come in as soon as you are let in. Nothing of you is sent until then."),
        ),
        Progress.JOINING: (
            _("You are let in."),
            _("The meeting opens in a moment."),
        ),
    }[state]
    return filled(heading, host=host), help_


def filled(sentence: str, **values: str) -> str:
    """Put values into the places of a sentence; unlike str.format it takes values as they are."""
    for key, value in values.items():
        sentence = sentence.replace("{" + key + "}", value)
    return sentence
