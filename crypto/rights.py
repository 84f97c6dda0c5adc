"""Who may do what in a meeting: one table, asked by the rules of the log and by the meeting."""

from enum import Enum

from crypto.operations import Role
from crypto.policy import Policy, PolicyFlag


class Right(Enum):
    """Something that a person may do, or may not."""

    MICROPHONE = "microphone"
    CAMERA = "camera"
    RAISE_HAND = "raise_hand"
    CHAT = "chat"
    SHARE = "share"
    # to the whole meeting
    ADMIT = "admit"  # and deny
    SET_LOBBY = "set_lobby"
    LOCK = "lock"
    SET_CHAT_FOR_ALL = "set_chat_for_all"
    SET_SHARING = "set_sharing"
    SET_PASSWORD = "set_password"
    INVITE = "invite"
    END = "end"
    # to another person
    MUTE = "mute"
    ASK_TO_UNMUTE = "ask_to_unmute"
    STOP_SHARING = "stop_sharing"
    LOWER_HAND = "lower_hand"
    SET_CHAT = "set_chat"
    REMOVE = "remove"
    SET_ROLE = "set_role"
    HAND_OVER = "hand_over"


LEAST: dict[Right, Role] = {
    Right.MICROPHONE: Role.GUEST,
    Right.CAMERA: Role.GUEST,
    Right.RAISE_HAND: Role.GUEST,
    Right.CHAT: Role.GUEST,
    Right.SHARE: Role.PARTICIPANT,
    Right.ADMIT: Role.CO_HOST,
    Right.SET_LOBBY: Role.CO_HOST,
    Right.LOCK: Role.CO_HOST,
    Right.SET_CHAT_FOR_ALL: Role.CO_HOST,
    Right.SET_SHARING: Role.HOST,
    Right.SET_PASSWORD: Role.HOST,
    Right.INVITE: Role.HOST,
    Right.END: Role.HOST,
    Right.MUTE: Role.CO_HOST,
    Right.ASK_TO_UNMUTE: Role.CO_HOST,
    Right.STOP_SHARING: Role.CO_HOST,
    Right.LOWER_HAND: Role.CO_HOST,
    Right.SET_CHAT: Role.CO_HOST,
    Right.REMOVE: Role.CO_HOST,
    Right.SET_ROLE: Role.HOST,
    Right.HAND_OVER: Role.HOST,
}
"""The least role for each right."""

STRICTER: dict[Right, tuple[PolicyFlag, Role]] = {
    Right.CHAT: (PolicyFlag.CHAT_OFF, Role.CO_HOST),
    Right.SHARE: (PolicyFlag.PRESENTERS_SHARE, Role.PRESENTER),
}
"""Rights that a rule of the meeting takes from lower roles: the rule, and the least role then."""

FOR_RULE: dict[PolicyFlag, Right] = {
    PolicyFlag.LOBBY: Right.SET_LOBBY,
    PolicyFlag.VISIBLE: Right.INVITE,
    PolicyFlag.LOCKED: Right.LOCK,
    PolicyFlag.CHAT_OFF: Right.SET_CHAT_FOR_ALL,
    PolicyFlag.PRESENTERS_SHARE: Right.SET_SHARING,
    PolicyFlag.PASSWORD: Right.SET_PASSWORD,
}
"""The right that it takes to change each rule of the meeting."""

FOR_GOOD = PolicyFlag.LAN_ONLY
"""The rules that stay as the meeting was opened: who came in relied on them."""

NEWCOMERS = (Role.GUEST, Role.PARTICIPANT, Role.PRESENTER)
"""The roles with which somebody may come in."""


def may(role: Role, right: Right, policy: Policy, chat_allowed: bool = True) -> bool:
    """Tell whether a member has a right, under the rules that hold now.

    `chat_allowed` is False for somebody whose chat was switched off.
    """
    if right is Right.CHAT and not chat_allowed:
        return False
    least = LEAST[right]
    if right in STRICTER:
        flag, then = STRICTER[right]
        least = then if flag in policy.flags else least
    return role >= least


def may_to(role: Role, right: Right, target: Role) -> bool:
    """Tell whether a member may do something to another: only ever to those of a lower role."""
    return role >= LEAST[right] and target < role


def may_change(role: Role, before: Policy, after: Policy) -> bool:
    """Tell whether a member may change the rules so; only a host changes how many may be in."""
    if before.most_people != after.most_people and role < Role.HOST:
        return False
    changed = before.flags ^ after.flags
    if changed & FOR_GOOD:
        return False
    return all(role >= LEAST[right] for flag, right in FOR_RULE.items() if flag in changed)
