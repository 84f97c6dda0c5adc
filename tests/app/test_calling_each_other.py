"""Calls that come in during a meeting, and two people who ring each other at the same time."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from fakes.callers import know_each_other, network
from fakes.company import Copy, company, gather_in

from app import calls, crossed_calls, journey
from app.intents import AnswerCall, CallContact, DeclineCall, Enter
from app.meeting import paths
from app.meeting.view import Role
from app.meeting.wishes import End, Leave, Ring, SetCamera, SetLocked, SetMicrophone, StopRinging
from app.screens import Farewell, Home, InMeeting, Preview
from app.visit import VisitError
from app.way_in import WayIn

Story = Callable[[Copy, Copy, Copy], Coroutine[Any, Any, None]]


@pytest.fixture(autouse=True)
def _little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "LOOK_AGAIN", 0.2)
    monkeypatch.setattr(calls, "PROVE_AGAIN", 0.1)
    monkeypatch.setattr(crossed_calls, "COMES_WITHIN", 1.0)
    monkeypatch.setattr(crossed_calls, "SETTLES", 0.2)
    monkeypatch.setattr(journey, "CALLS_ON", 3.0)
    monkeypatch.setattr(paths, "NEWCOMER_GRACE", 1.0)


def run(story: Story) -> None:
    """Play a story: who goes over by the rule, who stays, and somebody else; the two know each
    other."""

    async def go() -> None:
        async with company("Ada", "Ben", "Cleo") as (one, other, cleo):
            low, high = sorted((one, other), key=lambda copy: copy.dev)
            know_each_other(low, high)
            async with network(low, high):
                await story(low, high, cleo)

    asyncio.run(asyncio.wait_for(go(), 120))


async def calls_up(who: Copy, whom: Copy) -> None:
    """Call a contact from the first screen."""
    who.asks(CallContact(whom.dev, who.name))
    await who.sees(Preview)
    who.asks(Enter(who.name))
    await who.sees(InMeeting)


async def is_called(copy: Copy) -> str:
    """Wait for a call during a meeting; return its key."""
    await copy.until(lambda: isinstance(copy.screen, InMeeting) and copy.screen.calls)
    assert isinstance(copy.screen, InMeeting)
    return copy.screen.calls[0].key


async def have_met(*copies: Copy) -> None:
    for copy in copies:
        await copy.until(lambda c=copy: c.is_settled(len(copies)))
        assert not any(isinstance(screen, Farewell) for screen in copy.screens), "a dead end"


def switches(copy: Copy) -> tuple[bool, bool]:
    assert copy.session.studio is not None
    return copy.session.studio.microphone_on, copy.session.studio.camera_on


# -- a call during a meeting -----------------------------------------------------------------------


@pytest.mark.parametrize("camera", [False, True])
def test_who_is_called_out_of_a_meeting_answers_with_devices_as_they_are(camera: bool):
    async def story(ada: Copy, ben: Copy, cleo: Copy) -> None:
        await gather_in(cleo, ben)
        ben.asks(SetCamera(camera), SetMicrophone(False))
        await ben.until(lambda: ben.view.camera_on is camera)
        seen = len(ben.screens)
        await calls_up(ada, ben)
        key = await is_called(ben)
        assert ben.screen.calls[0].name == ada.name
        assert len(cleo.view.people) == 2, "nobody goes anywhere by being called"
        ben.asks(AnswerCall(key, "Benny"))
        await have_met(ada, ben)
        assert switches(ben) == (False, camera)
        await ada.until(
            lambda: [p.camera_on for p in ada.view.people if p.dev == ben.dev] == [camera]
        )
        assert [p.name for p in ada.view.people if p.dev == ben.dev] == ["Benny"]
        assert not any(isinstance(s, Preview | Home) for s in ben.screens[seen:])
        assert ben.screen.calls == (), "who is here calls nobody any more"
        await cleo.until(lambda: len(cleo.view.people) == 1)

    run(story)


@pytest.mark.parametrize("hands_over", [True, False])
def test_who_leads_leaves_as_they_decide(hands_over: bool):
    async def story(ada: Copy, ben: Copy, cleo: Copy) -> None:
        await gather_in(ben, cleo)
        await calls_up(ada, ben)
        leave = Leave(cleo.dev) if hands_over else End()
        ben.asks(AnswerCall(await is_called(ben), "Ben", leave))
        await have_met(ada, ben)
        if hands_over:
            await cleo.until(lambda: cleo.view.my_role is Role.HOST)
        else:
            assert (await cleo.sees(Farewell)).reason == "ended"

    run(story)


def test_a_declined_call_is_gone_here_and_the_caller_is_not_told():
    async def story(ada: Copy, ben: Copy, cleo: Copy) -> None:
        await gather_in(cleo, ben)
        await calls_up(ada, ben)
        ben.asks(DeclineCall(await is_called(ben)))
        await ben.until(lambda: not ben.screen.calls)
        assert ada.view.ringing
        assert len(ben.view.people) == 2

    run(story)


def test_who_hung_up_meanwhile_takes_nobody_out_of_a_meeting():
    async def story(ada: Copy, ben: Copy, cleo: Copy) -> None:
        await gather_in(cleo, ben)
        await calls_up(ada, ben)
        key = await is_called(ben)
        ada.asks(StopRinging(ben.dev))
        await ben.until(lambda: not ben.screen.calls)
        ben.asks(AnswerCall(key, "Ben"))
        await asyncio.sleep(0.3)
        assert len(ben.view.people) == 2

    run(story)


def test_in_a_meeting_on_the_local_network_callers_are_asked_through_its_gate():
    async def story(ada: Copy, ben: Copy, cleo: Copy) -> None:
        await ben.hosts(lan_only=True)
        calls, room = ben.session._around.calls, ben.session._attendance.room
        assert room is not None
        assert room.gate.lan_only
        assert calls._gate is room.gate
        await calls_up(ada, ben)
        await is_called(ben)
        ben.asks(End())
        await ben.sees(Farewell)
        assert not calls._gate.lan_only

    run(story)


def test_who_came_to_lead_anothers_meeting_calls_on_from_one_of_their_own(
    monkeypatch: pytest.MonkeyPatch,
):
    async def story(low: Copy, high: Copy, cleo: Copy) -> None:
        async def knock(*_: Any, **__: Any) -> Any:
            raise VisitError("invite_unknown")

        await gather_in(cleo, low)
        cleo.asks(Leave())
        await low.until(lambda: low.view.my_role is Role.HOST and len(low.view.people) == 1)
        monkeypatch.setattr(WayIn, "knock", knock)
        low.asks(Ring(high.dev))
        first = low.view.call_id
        await calls_up(high, low)
        await low.until(lambda: isinstance(low.screen, InMeeting) and low.view.call_id != first)
        await low.until(lambda: [r.dev for r in low.view.ringing] == [high.dev])
        assert not any(isinstance(screen, Farewell) for screen in low.screens)

    run(story)


def test_what_is_switched_on_the_way_over_holds(monkeypatch: pytest.MonkeyPatch):
    async def story(ada: Copy, ben: Copy, cleo: Copy) -> None:
        await gather_in(cleo, ben)
        ben.asks(SetMicrophone(True), SetCamera(True))
        await ben.until(lambda: ben.view.camera_on and ben.view.microphone_on)
        await calls_up(ada, ben)
        ben.asks(AnswerCall(await is_called(ben), "Ben"), SetMicrophone(False))
        await have_met(ada, ben)
        assert switches(ben) == (False, True)
        assert not any(p.microphone_on for p in ada.view.people if p.dev == ben.dev)

    run(story)


# -- two who ring each other -----------------------------------------------------------------------


def test_of_two_who_call_each_other_one_goes_over_and_keeps_microphone_and_camera():
    async def story(low: Copy, high: Copy, cleo: Copy) -> None:
        low.asks(CallContact(high.dev, low.name))
        await low.sees(Preview)
        low.asks(SetCamera(True))
        await calls_up(high, low)
        low.asks(Enter(low.name))
        await have_met(low, high)
        leader = next(p for p in low.view.people if p.role is Role.HOST)
        assert leader.dev == high.dev
        assert switches(low) == (False, True)
        assert switches(high) == (False, False)
        assert ("called_each_other", high.name) in [(n.kind, n.name) for n in low.view.notices]
        own = [s for s in high.screens if isinstance(s, InMeeting)]
        assert len({s.view.call_id for s in own}) == 1, "who stays stays"
        assert not any(s.calls for s in own), "who comes by the rule is no question"

    run(story)


def test_a_lobby_and_a_password_keep_neither_out():
    async def story(low: Copy, high: Copy, cleo: Copy) -> None:
        await low.hosts(lobby=True, password="rosebud")
        await high.hosts(lobby=True, password="heron")
        low.asks(Ring(high.dev))
        high.asks(Ring(low.dev))
        await have_met(low, high)

    run(story)


def test_who_hangs_up_at_that_moment_is_called_on(monkeypatch: pytest.MonkeyPatch):
    real = WayIn.knock

    async def story(low: Copy, high: Copy, cleo: Copy) -> None:
        async def knock(self: WayIn, *arguments: Any, **more: Any) -> Any:
            high.asks(StopRinging(low.dev))
            return await real(self, *arguments, **more)

        monkeypatch.setattr(WayIn, "knock", knock)
        low.asks(CallContact(high.dev, low.name))
        await low.sees(Preview)
        low.asks(SetCamera(True))
        await calls_up(high, low)
        low.asks(Enter(low.name))
        first = (await low.sees(InMeeting)).view.call_id
        await low.until(lambda: isinstance(low.screen, InMeeting) and low.view.call_id != first)
        await low.until(lambda: [r.dev for r in low.view.ringing] == [high.dev])
        assert not any(isinstance(screen, Farewell) for screen in low.screens)
        assert switches(low) == (False, True)
        monkeypatch.setattr(WayIn, "knock", real)
        high.asks(AnswerCall(await is_called(high), high.name))
        await have_met(low, high)

    run(story)


def test_who_is_answered_by_somebody_else_is_only_asked():
    async def story(low: Copy, high: Copy, cleo: Copy) -> None:
        await gather_in(high, cleo)
        high.asks(Ring(low.dev))
        await calls_up(low, high)
        await is_called(low)
        await is_called(high)
        await asyncio.sleep(0.5)
        assert (len(low.view.people), len(high.view.people)) == (1, 2)
        low.asks(AnswerCall(low.screen.calls[0].key, low.name))
        await have_met(low, high, cleo)

    run(story)


def test_who_has_somebody_at_the_door_stays():
    async def story(low: Copy, high: Copy, cleo: Copy) -> None:
        link = await low.hosts()
        await cleo.knocks(link)
        await low.until(lambda: low.view.knocks)
        low.asks(Ring(high.dev))
        await calls_up(high, low)
        await is_called(low)
        assert low.view.knocks

    run(story)


def test_into_a_locked_meeting_nobody_goes_and_both_can_answer():
    async def story(low: Copy, high: Copy, cleo: Copy) -> None:
        await high.hosts()
        high.asks(SetLocked(True))
        await high.until(lambda: high.view.locked)
        high.asks(Ring(low.dev))
        await calls_up(low, high)
        await is_called(low)
        high.asks(AnswerCall(await is_called(high), high.name))
        await have_met(low, high)

    run(story)


def test_two_who_answer_each_other_in_the_same_moment_meet():
    async def story(low: Copy, high: Copy, cleo: Copy) -> None:
        for copy in (low, high):
            await copy.hosts()
            copy.asks(SetLocked(True))
            await copy.until(lambda c=copy: c.view.locked)
        low.asks(Ring(high.dev))
        high.asks(Ring(low.dev))
        keys = await is_called(low), await is_called(high)
        low.asks(AnswerCall(keys[0], low.name))
        high.asks(AnswerCall(keys[1], high.name))
        await have_met(low, high)

    run(story)


def test_who_declined_the_others_call_is_not_taken_there():
    async def story(low: Copy, high: Copy, cleo: Copy) -> None:
        await gather_in(low, cleo)
        await calls_up(high, low)
        low.asks(DeclineCall(await is_called(low)))
        cleo.asks(Leave())
        await low.until(lambda: len(low.view.people) == 1)
        low.asks(Ring(high.dev))
        await is_called(high)
        assert len(low.view.people) == 1

    run(story)
