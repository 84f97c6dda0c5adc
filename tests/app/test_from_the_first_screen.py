"""What the first screen uses devices for: reading an invitation, trying speaker and microphone."""

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import segno
from fakes.company import (
    LOOPBACK,
    NO_DEVICES,
    Copy,
    Home,
    InMeeting,
    Notebook,
    Preview,
    company,
)

from app.intents import (
    ChooseMicrophone,
    Enter,
    GoHome,
    JoinRecent,
    RefreshDevices,
    ScanInvitation,
    TryMicrophone,
)
from app.meeting.wishes import Leave
from app.recent_meetings import Recent
from app.recents import Recents
from app.screens import WayBack
from app.ways import Ways


def run(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(story, 60))


def a_paper_that_shows(text: str, path: Path) -> Path:
    """Write the picture of a code as a film that a camera can play."""
    code = np.array(list(segno.make(text, error="m").matrix), np.uint8)
    code = np.kron(np.pad(1 - code, 4, constant_values=1) * 255, np.ones((6, 6), np.uint8))
    picture = np.full((480, 640, 3), 90, np.uint8)
    picture[20 : 20 + code.shape[0], 60 : 60 + code.shape[1]] = code[:, :, None]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=10)
        stream.width, stream.height, stream.pix_fmt = 640, 480, "yuvj420p"
        for number in range(10):
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts = number
            for packet in stream.encode(frame.reformat(format="yuvj420p")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return path


@asynccontextmanager
async def somebody_with(camera: str, recents: "Shelf | None" = None) -> AsyncIterator[Copy]:
    """Run one more session, with a camera of its own."""
    choice = replace(NO_DEVICES, camera=camera)
    ways = Ways(name="Ben", choice=choice, listen=LOOPBACK, look_around=False)
    shelf = Recents(recents, time.time, lambda: True) if recents is not None else None
    copy = Copy("Ben", Notebook(), ways=ways, recents=shelf)
    running = asyncio.create_task(copy.session.run())
    try:
        yield copy
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


class Shelf:
    """A list in memory."""

    def __init__(self) -> None:
        self.kept: tuple[Recent, ...] = ()

    def recents(self) -> tuple[Recent, ...]:
        return self.kept

    def keep_recents(self, recents: tuple[Recent, ...]) -> None:
        self.kept = recents


def test_an_invitation_before_the_camera_leads_to_the_preview_and_the_camera_is_closed(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        async with company("Ada") as (ada,):
            link = await ada.hosts()
            camera = a_paper_that_shows(link, tmp_path / "paper.mkv")
            async with somebody_with(str(camera)) as ben:
                ben.asks(ScanInvitation(True, "Ben"))
                await ben.until(lambda: isinstance(ben.screen, Preview) and ben.screen.host_name)
                preview = await ben.sees(Preview)
                assert (preview.title, preview.host_name) == ("Tea", "Ada")
                assert not preview.camera_on
                assert ada.view.knocks == ()  # nobody joins by looking
                ben.asks(ScanInvitation(False))  # as the sheet says when it closes
                await asyncio.sleep(0.1)
                assert isinstance(ben.screen, Preview)

    run(story())


def test_a_code_that_is_no_invitation_leads_nowhere(tmp_path: Path) -> None:
    async def story() -> None:
        camera = a_paper_that_shows("https://example.org/", tmp_path / "paper.mkv")
        async with somebody_with(str(camera)) as ben:
            ben.asks(ScanInvitation(True, "Ben"))
            await ben.until(lambda: isinstance(ben.screen, Home) and ben.screen.scanning)
            await asyncio.sleep(0.5)
            home = await ben.sees(Home)
            assert home.scanning
            assert home.notice == ""
            ben.asks(ScanInvitation(False))
            await ben.until(lambda: isinstance(ben.screen, Home) and not ben.screen.scanning)
            assert ben.session.studio is None

    run(story())


def test_a_broken_invitation_before_the_camera_is_said(tmp_path: Path) -> None:
    async def story() -> None:
        camera = a_paper_that_shows("conclave:join#AUAAAGkgq3yCq0sYmGMu", tmp_path / "p.mkv")
        async with somebody_with(str(camera)) as ben:
            ben.asks(ScanInvitation(True, "Ben"))
            await ben.until(lambda: isinstance(ben.screen, Home) and ben.screen.notice)
            assert (await ben.sees(Home)).notice == "link_malformed"

    run(story())


def test_without_a_camera_the_first_screen_says_so_and_is_there_again() -> None:
    async def story() -> None:
        async with somebody_with("none") as ben:
            ben.asks(ScanInvitation(True, "Ben"))
            await ben.until(lambda: isinstance(ben.screen, Home) and ben.screen.camera_problem)
            await ben.until(lambda: not ben.screen.scanning)
            await ben.until(lambda: ben.session.studio is None)
            assert (await ben.sees(Home)).camera_problem

    run(story())


def test_the_sound_is_tried_from_the_first_screen_and_ends_with_it() -> None:
    async def story() -> None:
        async with somebody_with("none") as ben:
            ben.asks(TryMicrophone())
            await ben.until(lambda: isinstance(ben.screen, Home) and ben.screen.check is not None)
            ben.asks(GoHome())
            await ben.until(lambda: isinstance(ben.screen, Home) and ben.screen.check is None)
            assert ben.session.studio is None

    run(story())


def test_devices_are_chosen_from_the_first_screen_and_opened_by_nobody() -> None:
    async def story() -> None:
        async with somebody_with("none") as ben:
            ben.asks(RefreshDevices())
            await ben.until(lambda: isinstance(ben.screen, Home) and ben.screen.devices is not None)
            ben.asks(ChooseMicrophone("test"))
            await ben.until(lambda: ben.screen.devices.microphone == "test")
            assert not ben.session.studio.live.anything
            ben.asks(GoHome())
            await ben.until(lambda: ben.screen.devices is None)
            assert ben.session.studio is None

    run(story())


def test_a_meeting_that_was_visited_is_found_again() -> None:
    async def story() -> None:
        async with company("Ada") as (ada,), somebody_with("none", shelf := Shelf()) as ben:
            link = await ada.hosts(lobby=False)
            await ben.knocks(link)
            await ben.sees(InMeeting)
            await ben.until(lambda: shelf.kept)
            (kept,) = shelf.kept
            assert (kept.title, kept.host_name, kept.host, kept.link) == (
                "Tea",
                "Ada",
                ada.dev,
                link,
            )
            ben.asks(Leave())
            ben.asks(GoHome())
            home = await ben.sees(Home)
            await ben.until(lambda: isinstance(ben.screen, Home) and ben.screen.recents)
            home = await ben.sees(Home)
            assert [card.way for card in home.recents] == [WayBack.LINK]
            ben.asks(JoinRecent(home.recents[0].key, "Ben"))
            await ben.until(lambda: isinstance(ben.screen, Preview) and ben.screen.host_name)
            ben.asks(Enter("Ben"))
            await ben.sees(InMeeting)
            assert len(shelf.kept) == 1

    run(story())
