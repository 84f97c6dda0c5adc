"""Held keys, loudness and soft sounds between whole sessions over loopback."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from fakes.company import Copy, InMeeting, company, gather_in

from app import arrivals, holding
from app.intents import HoldMicrophone, SetVolume
from app.meeting.wishes import Leave, Mute, SetCamera, SetMicrophone, SpeakBySigns


def run(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(story, 60))


def shown_by(copy: Copy, of: Copy) -> bool:
    """Tell whether one person's screen shows another's microphone on."""
    return next(p.microphone_on for p in copy.view.people if p.dev == of.dev)


def test_a_held_key_is_seen_at_once_and_let_go_calmly_while_the_sound_ends_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(holding, "CALM", 1.0)

    async def story() -> None:
        async with company("Ada", "Ben") as (ada, ben):
            await gather_in(ada, ben)
            for _ in range(3):
                ben.asks(HoldMicrophone(True))
                await ben.until(lambda: isinstance(ben.screen, InMeeting) and ben.screen.held)
                assert ben.view.microphone_on
                await ada.until(lambda: shown_by(ada, ben))
                ben.asks(HoldMicrophone(False))
                await ben.until(lambda: not ben.view.microphone_on)
                assert not shown_by(ben, ben)
                assert shown_by(ada, ben)
            await ada.until(lambda: not shown_by(ada, ben))
            changes = [shown_by_screen(screen, ben) for screen in ada.screens]
            seen = [on for on, before in zip(changes[1:], changes, strict=False) if on != before]
            assert seen.count(True) == 1  # however often the key was held

    run(story())


def shown_by_screen(screen: Any, of: Copy) -> bool:
    if not isinstance(screen, InMeeting):
        return False
    return any(p.microphone_on for p in screen.view.people if p.dev == of.dev)


def test_a_host_who_mutes_ends_what_the_key_holds_open() -> None:
    async def story() -> None:
        async with company("Ada", "Ben") as (ada, ben):
            await gather_in(ada, ben)
            ben.asks(HoldMicrophone(True))
            await ada.until(lambda: shown_by(ada, ben))
            ada.asks(Mute(ben.dev))
            await ben.until(lambda: not ben.view.microphone_on)
            ben.asks(HoldMicrophone(False))
            await asyncio.sleep(0.2)
            assert not ben.view.microphone_on
            assert not ben.screen.live.microphone  # type: ignore[union-attr]

    run(story())


def test_a_click_after_the_key_leaves_the_microphone_on() -> None:
    async def story() -> None:
        async with company("Ada", "Ben") as (ada, ben):
            await gather_in(ada, ben)
            ben.asks(HoldMicrophone(True), HoldMicrophone(False), SetMicrophone(True))
            await ben.until(lambda: ben.view.microphone_on)
            await asyncio.sleep(holding.CALM + 0.3)
            assert ben.view.microphone_on
            assert shown_by(ada, ben)

    run(story())


def test_a_loudness_is_the_same_when_somebody_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        async with company("Ada", "Ben") as (ada, ben):
            link = await gather_in(ada, ben)
            ada.asks(SetVolume(ben.dev, 0.25))
            await ada.until(lambda: ada.screen.volumes == ((ben.dev, 0.25),))  # type: ignore[union-attr]
            ben.asks(Leave())
            await ada.until(lambda: ada.is_settled(1))
            await ben.knocks(link)
            await ada.until(lambda: ada.is_settled(2))
            assert ada.screen.volumes == ((ben.dev, 0.25),)  # type: ignore[union-attr]
            assert ada.session.studio is not None
            assert ada.session.studio.sound._mixer._streams[ben.dev][1] == 0.25

    run(story())


def test_somebody_who_comes_is_heard_softly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "SETTLING", 0.0)

    async def story() -> None:
        async with company("Ada", "Ben") as (ada, ben):
            link = await ada.hosts(lobby=False)
            studio = ada.session.studio
            assert studio is not None
            await ada.until(lambda: studio.sound.speaker_state == "open")
            played: list[int] = []
            studio.sound.play = lambda sound: played.append(len(sound)) or True  # type: ignore[method-assign, func-returns-value]
            await asyncio.sleep(0.3)  # Ada has looked around alone
            await ben.knocks(link)
            await ada.until(lambda: played)

    run(story())


def test_who_signs_is_looked_at_like_who_speaks_and_sends_fluent_pictures() -> None:
    async def story() -> None:
        async with company("Ada", "Ben") as (ada, ben):
            await gather_in(ada, ben)
            assert ada.session.studio is not None
            assert ben.session.studio is not None
            watching, own = ada.session.studio.call._watching, ben.session.studio.call._own
            ben.asks(SetCamera(True), SpeakBySigns(True))
            await ada.until(lambda: {dev for dev, _ in watching._looking.near} == {ben.dev})
            assert own._motion
            ben.asks(SetCamera(False))
            await ada.until(lambda: not any(p.signing for p in ada.view.people))
            assert not own._motion

    run(story())
