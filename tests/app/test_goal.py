"""Where a text leads: an invitation, an address, or nowhere."""

import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.goal import GoalError, from_nearby, from_text, own
from app.meeting.entrance import Told
from app.meeting.opening import Plan
from app.meeting.view import Badge
from app.nearby import Found
from app.net.signalling import Address
from crypto.handshake import PUBLIC_SECRET
from crypto.invite import Invite, InviteFlag
from crypto.sodium import random_bytes

LATER = int(time.time()) + 3600
INVITE = Invite.create(
    bytes(range(20)), flags=InviteFlag.LOBBY, expiry=LATER, random=random_bytes,
    addresses=(("192.0.2.7", 47100),),
)  # fmt: skip


@pytest.mark.parametrize("shape", ["{}", "  {}\n", "{}\t"])
def test_an_invitation_leads_to_the_device_that_made_it(shape: str):
    goal = from_text(shape.format(INVITE.link()))
    assert goal.door is not None
    assert (goal.door.secret, goal.door.host_fingerprint) == (INVITE.secret, bytes(range(20)))
    assert goal.addresses == (Address("192.0.2.7", 47100),)
    assert goal.discovery_key == INVITE.discovery_key
    assert not goal.is_test


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("192.168.1.20:47000", Address("192.168.1.20", 47000)),
        ("[fe80::1]:47000", Address("fe80::1", 47000)),
        (" 127.0.0.1:1024 ", Address("127.0.0.1", 1024)),
    ],
)
def test_a_typed_address_leads_to_the_visible_meeting_there(text: str, address: Address):
    goal = from_text(text)
    assert goal.door is not None
    assert (goal.door.secret, goal.door.host_fingerprint) == (PUBLIC_SECRET, b"")
    assert goal.addresses == (address,)


def test_an_expired_invitation_is_told_from_a_broken_one():
    expired = replace(INVITE, expiry=int(time.time()) - 2 * 86_400)
    with pytest.raises(GoalError) as error:
        from_text(expired.link())
    assert error.value.notice == "link_expired"
    with pytest.raises(GoalError) as error:
        from_text(INVITE.link()[:-1])
    assert error.value.notice == "link_malformed"


@pytest.mark.parametrize("days", [-1.0, -0.01, 0.01, 0.9, 1.0])
def test_a_clock_that_is_a_day_wrong_closes_no_door_that_the_host_holds_open(
    days: float, monkeypatch: pytest.MonkeyPatch
):
    fresh = replace(INVITE, expiry=int(time.time()) + 60)
    here = time.time() + days * 86_400
    monkeypatch.setattr("time.time", lambda: here)
    goal = from_text(fresh.link())
    assert goal.door is not None
    assert goal.expired is (days > 0)


@pytest.mark.parametrize("flags", [InviteFlag.PASSWORD, InviteFlag.LOBBY])
def test_a_link_tells_whether_a_password_is_needed(flags: InviteFlag):
    goal = from_text(replace(INVITE, flags=flags).link())
    assert goal.password_needed is (flags is InviteFlag.PASSWORD)


@pytest.mark.parametrize("password", [False, True])
def test_a_meeting_of_the_list_tells_whether_a_password_is_needed(password: bool):
    told = Told("Tea", "Ada", bytes(32), Badge.NEW, 2, False, True, password)
    goal = from_nearby(Found((Address("192.0.2.7", 47100),), told))
    assert goal.password_needed is password
    assert goal.door is not None
    assert goal.door.secret == PUBLIC_SECRET


@given(st.text(max_size=200))
def test_any_text_is_a_goal_or_says_why_not(text: str):
    notice = ""
    try:
        goal = from_text(text)
    except GoalError as error:
        notice = error.notice
    assert notice in ("link_malformed", "link_expired", "address_malformed") or goal.addresses


@given(st.text(max_size=200))
def test_any_text_behind_the_scheme_is_an_invitation_or_malformed(text: str):
    with pytest.raises(GoalError) as error:
        from_text("conclave:" + text)
    assert error.value.notice == "link_malformed"


def test_a_meeting_of_ones_own_needs_no_door():
    goal = own(Plan("Tea", test_guest=True), "Ada")
    assert goal.door is None
    assert (goal.title, goal.host_name, goal.is_test) == ("Tea", "Ada", True)


def test_the_secret_of_a_door_is_not_in_its_description():
    goal = from_text(INVITE.link())
    assert INVITE.secret.hex() not in repr(goal)
    assert repr(INVITE.secret) not in repr(goal)
