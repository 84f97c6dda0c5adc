"""Every sentence that the rest of Conclave asks for by a key, and what can be done about it."""

from collections.abc import Iterable
from dataclasses import dataclass

from app.i18n import _, mark
from app.meeting.view import Lock, Notice
from app.names import clean, isolated
from app.screens import Door, MeetingPlace, Progress


@dataclass(frozen=True)
class Farewell:
    """Why it is over, and what can be done."""

    heading: str
    help: str = ""
    serious: bool = False


FAREWELLS = {
    "left": Farewell(
        mark("You left the meeting."),
        mark("What was said and shown is gone from this computer. What you saved stays."),
    ),
    "you_ended": Farewell(
        mark("You ended the meeting."),
        mark("What was said and shown is gone from this computer. What you saved stays."),
    ),
    "ended": Farewell(
        mark("The host ended the meeting."),
        mark("What was said and shown is gone from this computer. What you saved stays."),
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
        mark("It works once, and for the device that used it first. Ask the host for a new one."),
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
            "The host must have the meeting open, and no firewall may stand in between. From "
            "another network, the host needs a way in: the help says which there are."
        ),
    ),
    "elsewhere": Farewell(
        mark("The host was not found on this network."),
        mark(
            "The meeting, or Conclave on this computer, keeps to the local network: nothing was "
            "sent beyond it. Connect to the network that the host is in, then try again."
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
        mark("You were away for too long. Try again, or ask for a new link."),
    ),
    "left_behind": Farewell(
        mark("The meeting went on without you."),
        mark(
            "While you could not be reached, the others agreed on another host. "
            "Ask for a new link; your old one no longer opens it."
        ),
    ),
    "password_needed": Farewell(
        mark("This meeting asks for a password."),
        mark("Ask the host for it, then try again."),
    ),
    "password_wrong": Farewell(
        mark("The password is wrong."),
        mark("Ask the host for it, then try again."),
    ),
    "password_blocked": Farewell(
        mark("Too many wrong passwords were given."),
        mark("The host takes none until they allow it again. Ask the host another way."),
    ),
    "contact_unknown": Farewell(
        mark("This call cannot be answered any more."),
        mark(
            "They may have stopped calling, or no longer have you among their contacts. "
            "Call them yourself, or ask for a link."
        ),
    ),
    "equivocation": Farewell(
        mark("The host shows people different participant lists."),
        mark("Nobody can rely on such a meeting. Conclave stopped sending and left it."),
        serious=True,
    ),
    "false_list": Farewell(
        mark("The host's participant list does not hold."),
        mark(
            "It is not signed as it must be, so Conclave did not take part. "
            "Ask the host another way what happened."
        ),
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
    "switched_off": mark("Your organisation has switched this off."),
    "password_required": mark(
        "Your organisation asks for a password in every meeting. Choose one and start again."
    ),
    "gone": mark("This meeting is not there any more."),
    "call_over": mark("They do not call any more."),
    "contact_gone": mark("This person is not among your contacts any more."),
    "password_long": mark("This password is too long. It has room for 128 letters."),
    "link_malformed": mark("This is not an invitation. Copy the whole link and try again."),
    "link_expired": mark("This invitation has expired. Ask the host for a new one."),
    "address_malformed": mark(
        "This is not an address. It looks like 192.168.1.20:47100 or [fe80::1]:47100."
    ),
}

PROFILE_NOTICES = {
    "opening": mark("Your identity is being opened. Your system may be asking you for a password."),
    "unsaved": mark(
        "Nothing can be stored on this computer now. "
        "What is new or changed is gone when you close Conclave."
    ),
    "restored": mark("Your identity was damaged. It was restored from its copy."),
    "settings_reset": mark(
        "Your settings were damaged. They are as at the beginning; the damaged file was kept."
    ),
    "settings_unreadable": mark("Your settings cannot be read. Conclave goes on without them."),
}

NOTICES = {
    "joined": mark("{name} came in."),
    "left": mark("{name} left."),
    "removed": mark("{name} was removed by the host."),
    "file_offered": mark("{name} offers a file. It waits in the chat."),
    "knocks": mark("{name} knocks."),
    "imitates": mark("Careful: the name {name} looks like that of somebody you know."),
    "key_changed": mark("{name} comes with another security key than before."),
    "unverified_video": mark("Video from {name} could not be verified and is not shown."),
    "lobby_on": mark("The lobby is on: newcomers wait for the host."),
    "lobby_off": mark("The lobby is off: newcomers come straight in."),
    "locked": mark("The meeting is locked: nobody can knock."),
    "unlocked": mark("The meeting is open again: people can knock."),
    "muted_by": mark("{by} switched your microphone off."),
    "asked_to_unmute": mark("{by} asks you to switch your microphone on."),
    "share_stopped_by": mark("{by} stopped what you showed of your screen."),
    "share_not_allowed": mark("You may no longer share a screen here. What you showed has ended."),
    "share_closed": mark(
        "The window that you shared was closed. The others see nothing of it now."
    ),
    "share_lost": mark("Your screen gives no pictures any more. Sharing has ended."),
    "share_refused": mark("The system does not let Conclave see the screen. Nothing is shared."),
    "share_cancelled": mark("Nothing was chosen, so nothing is shared."),
    "shares": mark("{name} shares a screen."),
    "hand_lowered_by": mark("{by} took your raised hand down."),
    "removed_by": mark("{by} removed {name}."),
    "chat_off_by": mark("{by} switched the chat off for you."),
    "chat_on_by": mark("{by} switched the chat on for you again."),
    "chat_off_all": mark("Only host and co-hosts can write in the chat now."),
    "chat_on_all": mark("Everybody can write in the chat again."),
    "sharing_presenters": mark("Only presenters, co-hosts and the host can share a screen now."),
    "sharing_all": mark("Everybody but guests can share a screen now."),
    "role_guest": mark("{name} is a guest now."),
    "role_participant": mark("{name} is a participant now."),
    "role_presenter": mark("{name} is a presenter now."),
    "role_co_host": mark("{name} is a co-host now."),
    "you_host": mark("You host this meeting now."),
    "new_host": mark("{name} hosts this meeting now."),
    "host_back": mark("{name} is back. The meeting has another host now."),
    "old_links_end": mark("Links that were given out so far no longer open this meeting."),
    "relay_silent": mark("The relay {name} does not answer. Conclave looks for another way."),
    "relay_certificate": mark(
        "The relay {name} has another key than the one that was entered. It is not used."
    ),
    "relay_credentials": mark(
        "The relay {name} does not accept this meeting: its secret is another one, or a clock is "
        "wrong."
    ),
    "relay_quota": mark("The relay {name} is fully in use. Conclave looks for another way."),
    "relay_capacity": mark("The relay {name} is fully in use. Conclave looks for another way."),
    "relay_refused": mark("The relay {name} refuses to help. Conclave looks for another way."),
    "relay_broken": mark("The relay {name} does not work as a relay does. It is not used."),
    "no_way": mark(
        "No way to {name} was found: you neither see nor hear each other. "
        "The help says what can be done."
    ),
    "frozen": mark("The host cannot be reached. Nobody can join until they return."),
    "diverged": mark("You and {name} see different participant lists."),
    "second_device": mark("{name} knocks with a link that another device used first."),
    "invitation_used": mark("{name} came in with a link that works once. It is used up now."),
    "password_wrong": mark("Somebody at the door gave a wrong password."),
    "password_blocked": mark("Too many wrong passwords. None is taken until you allow it again."),
    "contact_wants": mark("{name} would like to be your contact."),
    "contact_added": mark("{name} is a contact now. You can call each other without a link."),
    "ring_unanswered": mark("{name} did not answer."),
    "called_each_other": mark("{name} called you, too: you are in their meeting now."),
    "scanned_ok": mark("{name} is verified: their screen showed the right code."),
    "scanned_wrong": mark(
        "This is not the code of anybody here. If it stood on the screen of somebody in this "
        "meeting, somebody else may be in between."
    ),
    "camera_problem": mark("The camera stopped. Choose another one or plug it in again."),
    "microphone_problem": mark("The microphone stopped. Choose another one or plug it in again."),
}

ALARMS = {
    "codes_differ": mark(
        "The codes differ: somebody may be in between. Nothing of you is sent any more. "
        "Leave, and agree on a new meeting another way."
    ),
    "equivocation": mark(
        "The host shows people different participant lists. Nothing of you is sent any more. "
        "Leave this meeting."
    ),
    "code_mismatch": mark(
        "The code of this meeting does not fit what the others see. Nothing of you is sent "
        "any more. Leave this meeting."
    ),
}

LOCKS = {
    Lock.ENCRYPTED: mark("Encrypted"),
    Lock.VERIFIED: mark("Verified"),
    Lock.BROKEN: mark("Not safe"),
}

LANGUAGES = {"en": "English", "de": "Deutsch"}  # each in its own words


def farewell(reason: str) -> Farewell:
    """Return the translated sentences of a farewell."""
    found = FAREWELLS[reason]
    return Farewell(_(found.heading), _(found.help) if found.help else "", found.serious)


def home_notice(key: str) -> str:
    """Return what the home screen says about something that did not work."""
    return _(HOME_NOTICES[key]) if key in HOME_NOTICES else farewell(key).heading


def profile_notices(keys: Iterable[str]) -> str:
    """Return what the profile has to say of itself, in whole sentences; "" for nothing."""
    return " ".join(_(PROFILE_NOTICES[key]) for key in keys)


def policy_fault(path: str, names: str) -> str:
    """Return what to say of an organisation's file that cannot be understood, or some of it."""
    if names:
        words = _(
            "The rules of your organisation in {path} are not clear: {names}. "
            "What they may forbid is switched off."
        )
    else:
        words = _(
            "The rules of your organisation in {path} cannot be read. Until they can, "
            "Conclave meets nobody outside this computer."
        )
    return filled(words, path=path, names=names)


def notice(what: Notice) -> str:
    """Return the sentence of something that happened in the meeting."""
    return filled(_(NOTICES[what.kind]), name=isolated(what.name), by=isolated(what.by))


def alarm(key: str) -> str:
    """Return what is wrong when the lock is broken."""
    return _(ALARMS[key]) if key in ALARMS else _(LOCKS[Lock.BROKEN])


def lan_only() -> str:
    """Return what it means that a meeting keeps to the local network."""
    return _("This meeting stays on the local network: no device in it sends anything beyond.")


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


DOORS = {
    "no_router": mark("No router was found that this computer reaches the internet through."),
    "silent": mark(
        "Your router does not answer when it is asked to let people in. Its settings may have a "
        "switch for it, called UPnP, NAT-PMP or PCP."
    ),
    "refused": mark("Your router does not want to let people in. Its settings may allow it."),
    "taken": mark("Your router has no free port to let people in by."),
    "forever": mark(
        "Your router would let people in for hours even if Conclave ended. It was not asked to."
    ),
    "no_outside": mark(
        "Your router has no address that people outside can reach; it may stand behind another one."
    ),
    "behind_another": mark(
        "Your router stands behind another one (its outside address is {detail}), so opening it "
        "does not help."
    ),
    "nonsense": mark("What your router answers cannot be true, so nobody is let in through it."),
    "forbidden": mark("This meeting stays within its networks: nobody is let in from outside."),
}
"""Why there is no door in the router."""


def door(state: Door) -> str:
    """Return how it stands with the door in the router; nothing where nobody asked for one."""
    if state.address:
        host, _colon, port = state.address.rpartition(":")
        words = _("Your router lets people in at {host} port {port}.")
        return filled(words, host=host.strip("[]"), port=port)
    if state.why_not:
        return filled(_(DOORS.get(state.why_not, DOORS["refused"])), detail=state.detail)
    return _("Your router is being asked to let people in.") if state.wanted else ""


def place(state: MeetingPlace) -> str:
    """Return whether people outside can come in by a meeting point; nothing while it is asked."""
    if state.held:
        return _("People outside can come in by the meeting point of your team.")
    if state.failing:
        words = _(
            "The meeting point at {address} cannot be reached, so nobody comes in by it. Conclave "
            "goes on trying."
        )
        return filled(words, address=state.address)
    return ""


def filled(sentence: str, **values: str) -> str:
    """Put values into the places of a sentence; unlike str.format it takes values as they are."""
    for key, value in values.items():
        sentence = sentence.replace("{" + key + "}", value)
    return sentence
