"""What this person may do, so that the window offers that and nothing else."""

from app.meeting.view import Act, Power
from crypto import rights
from crypto.rights import Right
from crypto.roster import Member as Seat
from crypto.roster import Roster

POWERS = {
    Power.ADMIT: Right.ADMIT,
    Power.INVITE: Right.INVITE,
    Power.SET_LOBBY: Right.SET_LOBBY,
    Power.LOCK: Right.LOCK,
    Power.SET_PASSWORD: Right.SET_PASSWORD,
    Power.MUTE_ALL: Right.MUTE,
    Power.SET_CHAT: Right.SET_CHAT_FOR_ALL,
    Power.SET_SHARING: Right.SET_SHARING,
    Power.END: Right.END,
    Power.CHAT: Right.CHAT,
    Power.SHARE: Right.SHARE,
}
"""The right behind each power over the whole meeting."""

ACTS = {
    Act.MUTE: Right.MUTE,
    Act.ASK_TO_UNMUTE: Right.ASK_TO_UNMUTE,
    Act.STOP_SHARING: Right.STOP_SHARING,
    Act.LOWER_HAND: Right.LOWER_HAND,
    Act.SET_CHAT: Right.SET_CHAT,
    Act.REMOVE: Right.REMOVE,
    Act.SET_ROLE: Right.SET_ROLE,
    Act.HAND_OVER: Right.HAND_OVER,
}
"""The right behind each thing that may be done to a person."""


def powers(seat: Seat, roster: Roster) -> frozenset[Power]:
    """Return what a member may do for the whole meeting, under the rules that hold now."""
    policy = roster.policy
    return frozenset(
        power
        for power, right in POWERS.items()
        if rights.may(seat.role, right, policy, seat.chat_allowed)
    )


def acts(mine: Seat, theirs: Seat) -> frozenset[Act]:
    """Return what a member may do to another."""
    return frozenset(
        act for act, right in ACTS.items() if rights.may_to(mine.role, right, theirs.role)
    )
