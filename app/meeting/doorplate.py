"""What stands on a meeting's door: which secrets open it, and what their holders are told."""

from collections.abc import Mapping

from app.meeting.doors import CALL, INVITE, PUBLIC
from app.meeting.seated import Seated
from crypto.handshake import PUBLIC_SECRET
from crypto.messages import About, AboutFlag, HostBody, MemberBody
from crypto.roster import Roster


def open_secrets(me: Seated, roster: Roster, day: float) -> Mapping[str, bytes]:
    """Return what opens the door at a time of day (Unix time), by its label.

    Members come by the secret of the call; only the host answers invitations, until they expire,
    and strangers, if the meeting is visible.
    """
    secrets = {CALL: me.call_secret}
    if me.hosting:
        if me.invite_secret and day < me.invite_expiry:
            secrets[INVITE] = me.invite_secret
        if roster.policy.visible:
            secrets[PUBLIC] = PUBLIC_SECRET
    return secrets


def answer_body(secret: str, me: Seated, roster: Roster) -> bytes:
    """Return what the holder of a secret is told: a member who answers, others what this is."""
    if secret == CALL:
        return MemberBody(dev=me.dev).encode()
    policy = roster.policy
    flags = AboutFlag.LOBBY if policy.lobby else AboutFlag(0)
    about = About(
        title=roster.title,
        host_name=roster.members[me.dev].name,
        people=len(roster.members),
        flags=flags | AboutFlag.LOCKED if policy.locked else flags,
    )
    return HostBody(genesis=roster.genesis.encode(), about=about.encode()).encode()
