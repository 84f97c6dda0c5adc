"""What stands on a meeting's door: which secrets open it, and what their holders are told."""

from collections.abc import Mapping

from app.meeting.doors import CALL, CONTACT, PUBLIC, PUBLIC_PASSWORD, Way
from app.meeting.hosting import Hosting
from app.meeting.seated import Seated
from crypto.handshake import PUBLIC_PASSWORD_SECRET, PUBLIC_SECRET, ClosedReason
from crypto.messages import About, AboutFlag, HostBody, MemberBody
from crypto.roster import Roster


def open_ways(me: Seated, hosting: Hosting | None, roster: Roster, day: float) -> Mapping[str, Way]:
    """Return what opens the door at a time of day (Unix time), by its label.

    Members come by the secret of the call. Only who leads answers invitations, contacts who are
    being called and, if the meeting is visible, strangers.
    """
    ways = {CALL: Way(me.call_secret)}
    if hosting is None:
        return ways
    ways |= {CONTACT + dev.hex(): Way(secret) for dev, secret in hosting.rung.items()}
    if roster.policy.visible:
        ways[PUBLIC] = Way(PUBLIC_SECRET)
    password = hosting.invitations.passwords.current
    if roster.policy.password and not password:
        return ways  # another host chose one that is not known here: until it is changed, shut
    if roster.policy.visible and password:
        ways[PUBLIC_PASSWORD] = Way(PUBLIC_PASSWORD_SECRET, password)
    for link in hosting.invitations:
        closed = ClosedReason.EXPIRED if link.is_over(day) else None
        ways[link.door] = Way(link.secret, password, closed)
    return ways


def answer_body(door: str, me: Seated, roster: Roster) -> bytes:
    """Return what the holder of a secret is told: a member who answers, others what this is."""
    if door == CALL:
        return MemberBody(dev=me.dev).encode()
    policy, mine = roster.policy, roster.members[me.dev]
    flags = AboutFlag(0)
    for holds, flag in (
        (policy.lobby, AboutFlag.LOBBY),
        (policy.locked, AboutFlag.LOCKED),
        (policy.password, AboutFlag.PASSWORD),
    ):
        flags |= flag if holds else AboutFlag(0)
    about = About(title=roster.title, host_name=mine.name, people=len(roster.members), flags=flags)
    opened_it = mine.call_key == roster.genesis.host_call_key
    return HostBody(
        genesis=roster.genesis.encode(),
        about=about.encode(),
        request=b"" if opened_it else mine.request.encode(),
    ).encode()
