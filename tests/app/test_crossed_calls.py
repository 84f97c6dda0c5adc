"""Which of two who ring each other goes over, and when neither does."""

from dataclasses import replace
from typing import cast

import pytest

from app.calls import Call, Calls
from app.crossed_calls import AGAIN, COMES_WITHIN, SETTLES, CrossedCalls
from app.meeting.contacts import Contact
from app.meeting.entrance import Told
from app.meeting.view import Badge
from app.screens import IncomingCall

LOW, HIGH = b"\x01" * 16, b"\x02" * 16
TOLD = Told("Tea", "Ben", b"k" * 32, Badge.KNOWN, people=1, locked=False, lobby=True)
CALL = Call(Contact(b"k" * 32, "Ben", secret=b"s" * 32), (), TOLD)


class Heard:
    """Whose calls are heard now."""

    def __init__(self) -> None:
        self.calls: dict[bytes, Call] = {}

    def by(self, dev: bytes) -> Call | None:
        return self.calls.get(dev)


class Side:
    """One of the two, at a clock that a test moves."""

    def __init__(self, own: bytes) -> None:
        self.now = 100.0
        self.heard = Heard()
        self.crossed = CrossedCalls(own, cast(Calls, self.heard), lambda: self.now)

    def sees(self, *devs: bytes) -> tuple[bytes, ...]:
        """Return whose calls are shown when these come in."""
        calls = [IncomingCall(dev.hex(), dev, "Ben", "Tea", Badge.KNOWN) for dev in devs]
        return tuple(call.dev for call in self.crossed.shown(calls))

    def looks(self, waits_for: bytes, lan_only: bool = False) -> Call | None:
        return self.crossed.look(waits_for, lan_only=lan_only)


def test_the_lower_device_goes_once_and_the_higher_one_stays():
    low, high = Side(LOW), Side(HIGH)
    low.heard.calls, high.heard.calls = {HIGH: CALL}, {LOW: CALL}
    assert (low.looks(HIGH), high.looks(LOW)) == (CALL, None)
    assert low.looks(HIGH) is None, "it did not succeed, and it is tried no second time"


def test_who_calls_on_and_off_leads_nobody_up_and_down():
    low = Side(LOW)
    followed = 0
    for _second in range(int(AGAIN)):
        low.heard.calls = {HIGH: CALL}
        followed += low.looks(HIGH) is CALL
        low.heard.calls = {}
        low.looks(b"")
        low.now += 1.0
    assert followed == 1
    low.heard.calls = {HIGH: CALL}
    assert low.looks(HIGH) is CALL


def test_who_is_not_called_or_does_not_call_is_not_followed():
    low = Side(LOW)
    assert low.looks(HIGH) is None
    low.heard.calls = {HIGH: CALL}
    assert low.looks(b"") is None
    assert low.looks(b"\x03" * 16) is None


@pytest.mark.parametrize("change", [{"locked": True}, {"people": 2}])
def test_nobody_goes_where_the_door_is_locked_or_others_are(change: dict[str, object]):
    low = Side(LOW)
    low.heard.calls = {HIGH: replace(CALL, told=replace(TOLD, **change))}  # type: ignore[arg-type]
    assert low.looks(HIGH) is None
    low.heard.calls = {HIGH: CALL}
    assert low.looks(HIGH) is CALL, "it is open and empty now"


def test_nobody_goes_from_a_meeting_on_the_local_network_into_one_that_is_not():
    low = Side(LOW)
    low.heard.calls = {HIGH: CALL}
    assert low.looks(HIGH, lan_only=True) is None
    low.heard.calls = {HIGH: replace(CALL, told=replace(TOLD, lan_only=True))}
    assert low.looks(HIGH, lan_only=True) is not None


def test_a_call_is_shown_after_a_moment_and_anew_in_each_meeting():
    high = Side(HIGH)
    assert high.sees(LOW) == ()
    high.now += SETTLES
    assert high.sees(LOW) == (LOW,)
    high.crossed.begin()
    assert high.sees(LOW) == ()
    high.now += SETTLES
    assert high.sees() == ()
    assert high.sees(LOW) == (), "it was over in between"


def test_who_is_to_come_is_shown_as_a_call_only_when_they_do_not():
    high = Side(HIGH)
    high.sees(LOW)
    high.now += SETTLES
    assert high.sees(LOW) == (LOW,)
    high.heard.calls = {LOW: CALL}
    high.looks(LOW)
    assert high.sees(LOW) == ()
    high.now += COMES_WITHIN - 0.1
    high.looks(LOW)
    assert high.sees(LOW) == ()
    high.now += 0.2
    assert high.sees(LOW) == (LOW,)


def test_who_gives_up_calling_sees_at_once_that_the_other_calls():
    high = Side(HIGH)
    high.heard.calls = {LOW: CALL}
    high.sees(LOW)
    high.looks(LOW)
    high.now += SETTLES
    assert high.sees(LOW) == ()
    high.looks(b"")
    assert high.sees(LOW) == (LOW,)


def test_who_goes_expects_nobody_and_sees_the_call_if_it_does_not_succeed():
    low = Side(LOW)
    low.heard.calls = {HIGH: CALL}
    low.looks(HIGH)
    low.sees(HIGH)
    low.now += SETTLES
    assert low.sees(HIGH) == (HIGH,)
