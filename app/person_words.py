"""What is said about one person: how well known, in which role, and what stands in between."""

from app.i18n import _, mark
from app.meeting.view import Badge, Person, Presence, Quality, Reaction, Role
from app.names import isolated, shown
from app.texts import filled

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

ROLES = {
    Role.HOST: mark("Host"),
    Role.CO_HOST: mark("Co-host"),
    Role.PRESENTER: mark("Presenter"),
    Role.PARTICIPANT: mark("Participant"),
    Role.GUEST: mark("Guest"),
}
ROLES_AT_LENGTH = {
    Role.HOST: mark("Decides about everything in this meeting."),
    Role.CO_HOST: mark("Lets people in, mutes and removes them, as the host does."),
    Role.PRESENTER: mark("May always share the screen."),
    Role.PARTICIPANT: mark("Speaks, shows and writes, as the host allows it."),
    Role.GUEST: mark("Speaks and writes; never shares the screen."),
}
UNMARKED = Role.PARTICIPANT  # what most people are: said where roles are chosen, not beside names

REACTIONS = {
    Reaction.AGREE: mark("Thumbs up"),
    Reaction.APPLAUSE: mark("Applause"),
    Reaction.HEART: mark("Heart"),
    Reaction.LAUGH: mark("Laughter"),
    Reaction.WONDER: mark("Astonishment"),
    Reaction.CHEER: mark("Cheers"),
}

PRESENCES = {
    Presence.CONNECTING: mark("Connecting"),
    Presence.UNREACHED: mark("No way to {name} was found. It is looked for further."),
    Presence.SECURING: mark("Securing the connection with {name}…"),
    Presence.RECONNECTING: mark("Connection lost. The seat is kept."),
    Presence.HELD: mark("On hold: nothing of you is sent to them."),
    Presence.UNVERIFIED: mark("The video of {name} could not be verified."),
    Presence.DIVERGED: mark("You and {name} see different participant lists."),
}
PRESENCES_IN_SHORT = {
    Presence.CONNECTING: mark("Connecting"),
    Presence.UNREACHED: mark("No way found"),
    Presence.SECURING: mark("Securing the connection…"),
    Presence.RECONNECTING: mark("Connection lost"),
    Presence.HELD: mark("Key changed, on hold"),
    Presence.UNVERIFIED: mark("Video not verified"),
    Presence.DIVERGED: mark("Different lists"),
}

QUALITIES = {
    Quality.GOOD: mark("Good connection"),
    Quality.FAIR: mark("Unsteady connection"),
    Quality.POOR: mark("Weak connection"),
}


def role(of: Role) -> str:
    """Return the word for a role; empty for the usual one, which needs none."""
    return "" if of is UNMARKED else _(ROLES[of])


def presence(person: Person) -> str:
    """Return what stands between us and a person, in one sentence; empty when nothing does."""
    if person.presence not in PRESENCES:
        return ""
    return filled(_(PRESENCES[person.presence]), name=shown(person.name, person.badge))


def presence_in_short(person: Person) -> str:
    """Return the same in so few words that they stand on a small tile."""
    words = PRESENCES_IN_SHORT.get(person.presence, "")
    return _(words) if words else ""


def imitation(person: Person) -> str:
    """Return what to know about a person whose name looks like somebody else's; else nothing."""
    if not person.imitates:
        return ""
    return filled(_("Not the {name} you know."), name=isolated(person.imitates))
