"""A screen that one copy shares arrives at another, sharp, in a tile of its own, and ends."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fakes.company import Copy, company, gather_in
from fakes.decoding import bgr_of, psnr
from fakes.running_copy import RunningCopy
from fakes.x_desktop import MISSING, PlainWindow, x_desktop
from fakes.x_desktop import SIZE as DESKTOP

from app.intents import EndSharing, LookForScreens, Part, SetScreenTile, ShareScreen
from app.meeting.view import Person
from app.meeting.wishes import SetSharingForAll, StopSharing
from app.screens import SourceKind
from media.video.pages import LINE
from media.video.picture import Picture
from media.video.screens.made_up import KEY, SIZE, MadeUpScreens, pages
from media.video.screens.x11 import X11Screens

pytestmark = pytest.mark.slow

HEADLESS = (
    "--headless", "--listen", "127.0.0.1:0", "--camera", "none", "--microphone", "none",
    "--speaker", "none",
)  # fmt: skip
SHARP_DB = 30.0  # every letter can be read
ARRIVES = 30.0  # seconds on a busy machine for the picture to come and to get sharp
RED, GREEN, BLUE = "#c80000", "#00a000", "#0000c8"
NEAR = 24  # of 255: what encoding takes off a plain colour, at most

on_a_desktop = [
    pytest.mark.window,
    pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}"),
]


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


@pytest.fixture
def env(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Return the environment of a desktop with an X server of its own."""
    with x_desktop(str(tmp_path)) as made:
        yield made


@pytest.fixture
def notes(env: dict[str, str]) -> Iterator[PlainWindow]:
    """Return a red window of another program: 300 by 200 pixels, at 100, 100."""
    with PlainWindow("Notes", RED, env) as window:
        yield window


def is_plain(pixels: np.ndarray, colour: str) -> bool:
    """Tell whether pixels (BGR) have one colour, but for what encoding does at their edges."""
    wanted = np.array([int(colour[at : at + 2], 16) for at in (5, 3, 1)])
    inside = pixels[8:-8, 8:-8].astype(int)
    return inside.size > 0 and bool((np.abs(inside - wanted) < NEAR).mean() > 0.99)


async def shown(copy: Copy, dev: bytes, fits: Callable[[np.ndarray], bool]) -> np.ndarray:
    """Look at somebody's screen until something is so of a picture; return that, as BGR."""
    copy.asks(SetScreenTile(dev, *DESKTOP, True))
    async with asyncio.timeout(ARRIVES):
        while True:
            picture = copy.session.screens(dev).take()
            if picture is not None and fits(pixels := bgr_of(picture)):
                return pixels
            await asyncio.sleep(0.02)


async def found(copy: Copy, title: str) -> str:
    """Choose a window as a person does, by its title; return its key."""
    copy.asks(LookForScreens(True))
    await copy.until(lambda: any(one.title == title for one in copy.screen.sharing.sources or ()))
    return next(one.key for one in copy.screen.sharing.sources if one.title == title)


def of_one(colour: str, width: int, height: int) -> Callable[[np.ndarray], bool]:
    """Return what tells a picture in one colour and of that shape: it is scaled to the tile."""

    def fits(pixels: np.ndarray) -> bool:
        tall, wide = pixels.shape[:2]
        return abs(wide / tall - width / height) < 0.02 and is_plain(pixels, colour)

    return fits


class TestOnARealDesktop:
    pytestmark = on_a_desktop

    def test_a_window_is_seen_alone_whatever_covers_it_until_it_is_closed(self, env, notes):
        async def story() -> None:
            async with company("Ada", "Ben") as (ada, ben):
                desktop = X11Screens(env["DISPLAY"])
                ben.session.adopt(replace(ben.session.ways, screens=lambda: desktop))
                await gather_in(ada, ben)
                ben.asks(ShareScreen(await found(ben, "Notes")))
                await shown(ada, ben.dev, of_one(RED, 300, 200))
                with PlainWindow("Secret", BLUE, env) as secret:
                    secret.tell("place", 50, 50, 600, 500)
                    secret.tell("raise")
                    notes.tell("place", 120, 120, 320, 240)
                    await shown(ada, ben.dev, of_one(RED, 320, 240))
                notes.close()
                await ben.until(lambda: ben.screen.sharing.own is None)
                await ada.until(lambda: not person(ada, "Ben").sharing)
                assert "share_closed" in [n.kind for n in ben.view.notices]

        asyncio.run(story())

    def test_a_part_of_a_screen_is_seen_until_the_host_ends_it(self, env, notes):
        async def story() -> None:
            async with company("Ada", "Ben") as (ada, ben):
                desktop = X11Screens(env["DISPLAY"])
                ben.session.adopt(replace(ben.session.ways, screens=lambda: desktop))
                await gather_in(ada, ben)
                await found(ben, "Notes")  # it is there
                notes.tell("place", 640, 410, 640, 390)
                ben.asks(ShareScreen("screen:1", part=Part(0.6, 0.6, 0.25, 0.25)))
                await shown(ada, ben.dev, of_one(RED, 320, 200))
                ada.asks(StopSharing(ben.dev))  # she hosts
                await ben.until(lambda: ben.screen.sharing.own is None)
                await ada.until(lambda: not person(ada, "Ben").sharing)

        asyncio.run(story())

    def test_a_whole_screen_of_another_process_is_followed(self, env, notes, tmp_path):
        words = ("host", "--name", "Ada", *HEADLESS, "--no-lobby", "--share", "screen:1")
        with RunningCopy(tmp_path, *words, display=env["DISPLAY"]) as ada:

            async def story() -> None:
                async with company("Ben") as (ben,):
                    await ben.knocks(ada.invitation())
                    await ben.until(lambda: ben.is_settled(2))
                    await ben.until(lambda: person(ben, "Ada").sharing)
                    dev = person(ben, "Ada").dev
                    wide, tall = DESKTOP

                    def stands_at(pixels: np.ndarray, left: int, top: int, colour: str) -> bool:
                        whole = pixels.shape[:2] == (tall, wide)
                        part = pixels[top : top + 200, left : left + 300]
                        return whole and is_plain(part, colour)

                    await shown(ben, dev, lambda seen: stands_at(seen, 100, 100, RED))
                    notes.tell("place", 800, 500, 300, 200)
                    with PlainWindow("More", GREEN, env) as more:
                        more.tell("place", 100, 100, 300, 200)
                        both = await shown(
                            ben,
                            dev,
                            lambda seen: (
                                stands_at(seen, 800, 500, RED) and stands_at(seen, 100, 100, GREEN)
                            ),
                        )
                    assert not stands_at(both, 500, 100, RED)
                    assert not is_plain(both[600:780, 40:400], GREEN)

            asyncio.run(story())


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
            ben.session.adopt(replace(ben.session.ways, screens=MadeUpScreens))
            await gather_in(ada, ben)
            ben.asks(LookForScreens(True))
            await ben.until(lambda: ben.screen.sharing.sources)
            (source,) = ben.screen.sharing.sources
            assert source.kind is SourceKind.WINDOW
            assert source.preview is not None
            ben.asks(ShareScreen(source.key))
            await ada.until(lambda: person(ada, "Ben").sharing)
            await ben.until(lambda: ben.screen.sharing.own is not None)
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
