from itertools import product

import pytest

from crypto.operations import Role
from crypto.policy import Policy, PolicyFlag
from crypto.rights import (
    FOR_GOOD,
    FOR_RULE,
    LEAST,
    NEWCOMERS,
    STRICTER,
    Right,
    may,
    may_change,
    may_to,
)

OPEN = Policy(PolicyFlag(0))
TO_OTHERS = {
    Right.MUTE,
    Right.ASK_TO_UNMUTE,
    Right.STOP_SHARING,
    Right.LOWER_HAND,
    Right.SET_CHAT,
    Right.REMOVE,
    Right.SET_ROLE,
    Right.HAND_OVER,
}
# The letters stand for guest, participant, presenter, co-host and host.
WHO_MAY = {
    Right.MICROPHONE: "g p r c h",
    Right.CAMERA: "g p r c h",
    Right.RAISE_HAND: "g p r c h",
    Right.CHAT: "g p r c h",
    Right.SHARE: "- p r c h",
    Right.ADMIT: "- - - c h",
    Right.SET_LOBBY: "- - - c h",
    Right.LOCK: "- - - c h",
    Right.SET_CHAT_FOR_ALL: "- - - c h",
    Right.SET_SHARING: "- - - - h",
    Right.SET_PASSWORD: "- - - - h",
    Right.INVITE: "- - - - h",
    Right.END: "- - - - h",
    Right.MUTE: "- - - c h",
    Right.ASK_TO_UNMUTE: "- - - c h",
    Right.STOP_SHARING: "- - - c h",
    Right.LOWER_HAND: "- - - c h",
    Right.SET_CHAT: "- - - c h",
    Right.REMOVE: "- - - c h",
    Right.SET_ROLE: "- - - - h",
    Right.HAND_OVER: "- - - - h",
}
WHO_MAY_CHANGE = {
    PolicyFlag.LOBBY: "- - - c h",
    PolicyFlag.VISIBLE: "- - - - h",
    PolicyFlag.LOCKED: "- - - c h",
    PolicyFlag.CHAT_OFF: "- - - c h",
    PolicyFlag.PRESENTERS_SHARE: "- - - - h",
    PolicyFlag.PASSWORD: "- - - - h",
    PolicyFlag.LAN_ONLY: "- - - - -",
}


def listed(cells: str, role: Role) -> bool:
    return cells.split()[role] != "-"


def test_the_tables_name_every_right_every_rule_and_every_role_in_order():
    assert set(WHO_MAY) == set(LEAST) == set(Right)
    assert set(WHO_MAY_CHANGE) == set(FOR_RULE) | set(FOR_GOOD) == set(PolicyFlag)
    assert [role.name for role in Role] == ["GUEST", "PARTICIPANT", "PRESENTER", "CO_HOST", "HOST"]
    assert [role.value for role in Role] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("right", Right, ids=lambda right: right.name)
def test_each_right_is_for_these_roles_while_nothing_is_restricted(right: Right):
    assert {role: may(role, right, OPEN) for role in Role} == {
        role: listed(WHO_MAY[right], role) for role in Role
    }


@pytest.mark.parametrize(
    "right", sorted(TO_OTHERS, key=lambda right: right.name), ids=lambda right: right.name
)
def test_what_is_done_to_others_is_done_to_lower_roles_only(right: Right):
    for role, target in product(Role, Role):
        allowed = listed(WHO_MAY[right], role) and target < role
        assert may_to(role, right, target) == allowed


def test_a_co_host_never_acts_on_the_host_or_another_co_host():
    for right, target in product(TO_OTHERS, (Role.CO_HOST, Role.HOST)):
        assert not may_to(Role.CO_HOST, right, target)
    assert not any(may_to(Role.HOST, right, Role.HOST) for right in TO_OTHERS)


@pytest.mark.parametrize(
    ("flag", "right", "then"),
    [
        (PolicyFlag.CHAT_OFF, Right.CHAT, "- - - c h"),
        (PolicyFlag.PRESENTERS_SHARE, Right.SHARE, "- - r c h"),
    ],
)
def test_a_rule_of_the_meeting_takes_a_right_from_lower_roles(
    flag: PolicyFlag, right: Right, then: str
):
    assert right in STRICTER
    for role in Role:
        assert may(role, right, Policy(flag)) == listed(then, role)


def test_no_rule_of_the_meeting_takes_anything_else():
    everything = PolicyFlag(sum(PolicyFlag))
    for right, role in product(set(Right) - set(STRICTER), Role):
        assert may(role, right, Policy(everything)) == may(role, right, OPEN)


def test_whose_chat_is_off_does_not_write_and_may_do_everything_else():
    for role, right in product(Role, Right):
        expected = may(role, right, OPEN) and right is not Right.CHAT
        assert may(role, right, OPEN, chat_allowed=False) == expected


@pytest.mark.parametrize("flag", PolicyFlag, ids=lambda flag: str(flag.name))
def test_each_rule_of_the_meeting_is_changed_by_these_roles(flag: PolicyFlag):
    for role in Role:
        expected = listed(WHO_MAY_CHANGE[flag], role)
        assert may_change(role, OPEN, Policy(flag)) == expected
        assert may_change(role, Policy(flag), OPEN) == expected


def test_one_rule_too_many_spoils_the_whole_change():
    both = Policy(PolicyFlag.LOCKED | PolicyFlag.PASSWORD)
    assert not may_change(Role.CO_HOST, OPEN, both)
    assert may_change(Role.HOST, OPEN, both)


def test_how_many_may_be_in_is_for_the_host_alone():
    larger = Policy(PolicyFlag(0), most_people=9)
    assert [may_change(role, OPEN, larger) for role in Role] == [False] * 4 + [True]


def test_nobody_comes_in_with_power_over_others():
    assert set(NEWCOMERS) == {Role.GUEST, Role.PARTICIPANT, Role.PRESENTER}
