"""A screen that one copy shares arrives at another, sharp, in a tile of its own, and ends."""

import asyncio
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fakes.company import Copy, company, gather_in
from fakes.decoding import bgr_of, psnr
from fakes.running_copy import RunningCopy

from app.intents import EndSharing, LookForScreens, SetScreenTile, ShareScreen
from app.meeting.view import Person
from app.meeting.wishes import SetSharingForAll, StopSharing
from app.screens import SourceKind
from media.video.pages import LINE
from media.video.picture import Picture
from media.video.screens.made_up import KEY, SIZE, MadeUpScreens, pages

pytestmark = pytest.mark.slow

HEADLESS = (
    "--headless", "--listen", "127.0.0.1:0", "--camera", "none", "--microphone", "none",
    "--speaker", "none",
)  # fmt: skip
SHARP_DB = 30.0  # every letter can be read
ARRIVES = 30.0  # seconds on a busy machine for the picture to come and to get sharp


def person(copy: Copy, name: str) -> Person:
    return next(one for one in copy.view.people if one.name == name)


def likeness(picture: Picture, text: np.ndarray) -> float:
    """Return how alike a picture is to the page it shows most likely, in dB."""
    seen = bgr_of(picture)
    tops = range(0, text.shape[0] - SIZE[1], 5 * LINE)
    return max(psnr(seen, text[top : top + SIZE[1]]) for top in tops)


async def sharpest(copy: Copy, dev: bytes, enough: float) -> float:
    """Look at somebody's screen until it is sharp enough; return how sharp it was."""
    text = np.ascontiguousarray(pages(3 * SIZE[1])[:, :, :3])
    copy.asks(SetScreenTile(dev, *SIZE, True))
    best = 0.0
    try:
        async with asyncio.timeout(ARRIVES):
            while best < enough:
                picture = copy.session.screens(dev).take()
                if picture is not None and (picture.width, picture.height) == SIZE:
                    best = max(best, await asyncio.to_thread(likeness, picture, text))
                await asyncio.sleep(0.02)
    except TimeoutError:
        pass  # the caller sees how sharp it became
    return best


def test_a_page_that_another_process_shares_arrives_sharp(tmp_path: Path):
    words = ("host", "--name", "Ada", *HEADLESS, "--no-lobby", "--share", KEY)
    with RunningCopy(tmp_path, *words) as ada:

        async def story() -> None:
            async with company("Ben") as (ben,):
                await ben.knocks(ada.invitation())
                await ben.until(lambda: ben.is_settled(2))
                await ben.until(lambda: person(ben, "Ada").sharing)
                sharp = await sharpest(ben, person(ben, "Ada").dev, SHARP_DB)
                assert sharp >= SHARP_DB

        asyncio.run(story())


def test_what_is_shared_in_a_meeting_is_chosen_seen_and_ended():
    async def story() -> None:
        async with company("Ada", "Ben") as (ada, ben):
            ben.session.ways = replace(ben.session.ways, screens=MadeUpScreens)
            await gather_in(ada, ben)
            ben.asks(LookForScreens(True))
            await ben.until(lambda: ben.screen.sharing.sources)
            (source,) = ben.screen.sharing.sources
            assert source.kind is SourceKind.WINDOW
            assert source.preview is not None
            ben.asks(ShareScreen(source.key))
            await ada.until(lambda: person(ada, "Ben").sharing)
            assert ben.screen.sharing.own.title == source.title
            assert person(ben, "Ben").sharing
            assert await sharpest(ada, ben.dev, 25.0) >= 25.0
            ada.asks(StopSharing(ben.dev))  # she hosts
            await ben.until(lambda: ben.screen.sharing.own is None)
            await ada.until(lambda: not person(ada, "Ben").sharing)
            assert [n.kind for n in ben.view.notices][-1] == "share_stopped_by"
            assert ben.view.notices[-1].by == "Ada"
            ben.asks(ShareScreen(source.key), EndSharing())
            await ada.until(lambda: "shares" in [n.kind for n in ada.view.notices])
            assert ben.screen.sharing.own is None

    asyncio.run(story())


def test_a_rule_of_the_host_ends_what_somebody_shares():
    async def story() -> None:
        async with company("Ada", "Ben") as (ada, ben):
            await gather_in(ada, ben)
            ben.asks(ShareScreen(KEY))
            await ada.until(lambda: person(ada, "Ben").sharing)
            ada.asks(SetSharingForAll(False))
            await ben.until(lambda: ben.screen.sharing.own is None)
            await ada.until(lambda: not person(ada, "Ben").sharing)
            ben.asks(ShareScreen(KEY))
            await ada.until(lambda: not person(ada, "Ben").sharing)
            assert ben.screen.sharing.own is None

    asyncio.run(story())
