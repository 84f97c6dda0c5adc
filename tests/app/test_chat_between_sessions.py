"""Chat between whole sessions: read along while somebody writes, signs, hands, saving."""

import asyncio
import statistics
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from fakes.company import company, gather_in

from app.intents import SaveChat
from app.meeting.view import Reaction
from app.meeting.wishes import RaiseHand, React, Say, SetChatForAll, Write
from app.screens import ChatSaved, InMeeting

AT_MOST = 0.5  # seconds until others see a letter (EN 301 549, 6.2.4)


def run(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(story, 90))


def test_what_is_written_is_read_within_half_a_second_then_it_becomes_the_line():
    async def story() -> None:
        async with company("Ada", "Ben") as (ada, ben):
            await gather_in(ada, ben)
            text, took = "", []
            for letter in "Where are the minutes?":
                text += letter
                began = time.monotonic()
                ada.asks(Write(text))
                await ben.until(lambda t=text: any(one.text == t for one in ben.view.live_texts))
                took.append(time.monotonic() - began)
            assert statistics.median(took) < AT_MOST
            assert ben.view.live_texts[0].name == "Ada"
            assert ada.view.live_texts == ()
            ada.asks(Say(text), Write(""))
            await ben.until(lambda: ben.view.chat and not ben.view.live_texts)
            assert [line.text for line in ben.view.chat] == [text]

    run(story())


def test_signs_and_hands_are_seen_by_all_and_hands_in_one_order():
    async def story() -> None:
        async with company("Ada", "Ben", "Cleo") as (ada, ben, cleo):
            await gather_in(ada, ben, cleo)
            ben.asks(React(Reaction.CHEER), RaiseHand(True))
            await ada.until(lambda: any(p.hand_since for p in ada.view.people))
            signs = {p.name: p.reaction and p.reaction.reaction for p in ada.view.people}
            assert signs == {"Ada": None, "Ben": Reaction.CHEER, "Cleo": None}
            ada.asks(RaiseHand(True))
            for copy in (ada, ben, cleo):
                await copy.until(lambda c=copy: sum(bool(p.hand_since) for p in c.view.people) == 2)
                up = sorted(
                    (p for p in copy.view.people if p.hand_since), key=lambda p: p.hand_since
                )
                assert [person.name for person in up] == ["Ben", "Ada"]
            await ada.until(lambda: not any(p.reaction for p in ada.view.people))

    run(story())


def test_reading_along_ends_for_who_may_not_write_any_more():
    async def story() -> None:
        async with company("Ada", "Ben") as (ada, ben):
            await gather_in(ada, ben)
            ben.asks(Write("half a sen"))
            await ada.until(lambda: ada.view.live_texts)
            ada.asks(SetChatForAll(False))
            await ada.until(lambda: not ada.view.chat_open)
            assert ada.view.live_texts == ()

    run(story())


def test_the_chat_reaches_the_disk_only_as_an_act_of_its_own(tmp_path: Path):
    path = tmp_path / "chat.txt"

    async def story() -> None:
        async with company("Ada", "Ben") as (ada, ben):
            await gather_in(ada, ben)
            ben.asks(Say("two lines\nof it"))
            await ada.until(lambda: ada.view.chat)
            for where, well in ((tmp_path / "missing" / "chat.txt", False), (path, True)):
                ada.asks(SaveChat(str(where)))
                number = 2 if well else 1
                await ada.until(
                    lambda n=number, w=well: (
                        isinstance(ada.screen, InMeeting)
                        and ada.screen.chat_saved == ChatSaved(n, w)
                    )
                )
            assert ben.screen.chat_saved is None  # type: ignore[union-attr]

    run(story())
    assert path.read_text(encoding="utf-8").endswith("Ben: two lines\n    of it\n")
    assert list(tmp_path.iterdir()) == [path]
