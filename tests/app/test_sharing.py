"""What a person may show of their screen: listed off the engine's thread, opened by the meeting."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from app.intents import EndSharing, LookForScreens, ShareScreen
from app.intents import Part as WantedPart
from app.meeting.wishes import SetScreen
from app.screens import OwnShare, Region, SourceKind
from app.sharing import FLUENT_FPS, SHARP_FPS, Sharer
from media.errors import MediaError, ScreenError
from media.video.picture import Picture
from media.video.screens.offer import Kind, Part, Shareable
from media.video.screens.source import Area, ScreenSource

REPORT = Shareable("window:7", Kind.WINDOW, "Report", 800, 600, Picture(1, 1, 4, bytes(4), None))
SCREEN = Shareable("screen:1", Kind.SCREEN, "", 1920, 1080)


class Desktop:
    """A desktop of these windows; notes on which thread it was looked at."""

    def __init__(self, *offered: Shareable, fault: ScreenError | None = None) -> None:
        self.offered, self.fault = offered, fault
        self.threads: set[str] = set()
        self.looks = self.closed = 0
        self.made: list[tuple[str, Part | None, int]] = []

    def offer(self) -> tuple[Shareable, ...]:
        self.threads.add(threading.current_thread().name)
        self.looks += 1
        if self.fault is not None:
            raise self.fault
        return self.offered

    def source(self, key: str, part: Part | None, fps: int) -> ScreenSource:
        if key not in {one.key for one in self.offered}:
            raise ScreenError("closed", "gone")
        self.made.append((key, part, fps))
        return ScreenSource(key, lambda _stopping: pytest.fail("nothing is opened here"), fps)

    def close(self) -> None:
        self.closed += 1


class Call:
    def __init__(self) -> None:
        self.on_screen_failed: Callable[[MediaError], None] | None = None
        self.screens: list[tuple[str | None, bool]] = []

    def set_screen(self, source: ScreenSource | None, *, motion: bool = False) -> None:
        self.screens.append((source.name if source is not None else None, motion))


class Stage:
    """A sharer, and a meeting that grants what is wished unless told otherwise."""

    def __init__(self, desktop: Desktop) -> None:
        self.desktop, self.call = desktop, Call()
        self.allows = True
        self.wishes: list[SetScreen] = []
        self.changed = asyncio.Event()
        self.sharer = Sharer(self.call, desktop, self._wish, self.changed.set)  # type: ignore[arg-type]

    def _wish(self, wish: SetScreen) -> None:
        self.wishes.append(wish)
        if not wish.on or self.allows:
            self.sharer.use(wish.on)

    async def until(self, met: Callable[[], Any]) -> None:
        async with asyncio.timeout(5.0):
            while not met():
                self.changed.clear()
                await self.changed.wait()


def played(desktop: Desktop, story: Callable[[Stage], Awaitable[None]]) -> None:
    async def play() -> None:
        stage = Stage(desktop)
        await story(stage)
        await stage.sharer.close()

    asyncio.run(play())


def test_what_there_is_comes_with_previews_and_not_from_the_engine_thread():
    desktop = Desktop(REPORT, SCREEN)

    async def story(stage: Stage) -> None:
        stage.sharer.handle(LookForScreens(True))
        assert stage.sharer.state.sources is None
        await stage.until(lambda: stage.sharer.state.sources)
        window, screen = stage.sharer.state.sources
        assert (window.key, window.kind, window.title) == ("window:7", SourceKind.WINDOW, "Report")
        assert window.preview == REPORT.preview
        assert (screen.kind, screen.width, screen.height) == (SourceKind.SCREEN, 1920, 1080)
        assert stage.sharer.state is stage.sharer.state

    played(desktop, story)
    assert all(name.startswith("screens") for name in desktop.threads)


def test_nothing_is_looked_at_any_more_once_the_choice_is_over():
    desktop = Desktop(REPORT)

    async def story(stage: Stage) -> None:
        stage.sharer.handle(LookForScreens(True))
        await stage.until(lambda: stage.sharer.state.sources)
        stage.sharer.handle(LookForScreens(False))
        assert stage.sharer.state.sources is None
        assert stage.wishes == []

    played(desktop, story)
    assert desktop.looks == 1
    assert desktop.closed == 2  # at the end of the choice and of the meeting


def test_why_nothing_can_be_shared_is_said_in_a_sentence():
    async def story(stage: Stage) -> None:
        stage.sharer.handle(LookForScreens(True))
        await stage.until(lambda: stage.sharer.state.problem)
        assert stage.sharer.state.sources == ()
        assert "X11" in stage.sharer.state.problem

    played(Desktop(fault=ScreenError("missing", "no portal")), story)


def test_the_meeting_decides_before_anything_is_opened():
    desktop = Desktop(REPORT)

    async def story(stage: Stage) -> None:
        stage.allows = False
        stage.sharer.handle(ShareScreen("window:7"))
        assert stage.wishes == [SetScreen(True)]
        assert stage.sharer.state.own is None

    played(desktop, story)
    assert desktop.made == []


def test_a_window_is_shared_sharp_and_its_place_is_followed():
    desktop = Desktop(REPORT)

    async def story(stage: Stage) -> None:
        stage.sharer.handle(LookForScreens(True))
        await stage.until(lambda: stage.sharer.state.sources)
        stage.sharer.handle(ShareScreen("window:7"))
        assert stage.call.screens == [("window:7", False)]
        assert stage.sharer.state.own == OwnShare(SourceKind.WINDOW, "Report")
        source = stage.sharer._source
        source.area = Area(5, 6, 800, 600)
        assert stage.sharer.state.own.region == Region(5, 6, 800, 600)
        source.hidden = True
        assert stage.sharer.state.own == OwnShare(SourceKind.WINDOW, "Report", hidden=True)
        stage.sharer.handle(EndSharing())
        assert stage.call.screens[-1] == (None, False)
        assert stage.sharer.state.own is None

    played(desktop, story)
    assert desktop.made == [("window:7", None, SHARP_FPS)]


def test_a_part_of_a_screen_is_shared_as_a_film():
    desktop = Desktop(SCREEN)

    async def story(stage: Stage) -> None:
        part = WantedPart(0.1, 0.2, 0.3, 0.4)
        stage.sharer.handle(ShareScreen("screen:1", part, motion=True))
        assert stage.call.screens == [("screen:1", True)]
        assert stage.sharer.state.own == OwnShare(SourceKind.SCREEN, "", motion=True, part=True)

    played(desktop, story)
    assert desktop.made == [("screen:1", Part(0.1, 0.2, 0.3, 0.4), FLUENT_FPS)]


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (ScreenError("closed", "x"), "share_closed"),
        (ScreenError("cancelled", "x"), "share_cancelled"),
        (ScreenError("refused", "x"), "share_refused"),
        (ScreenError("lost", "x"), "share_lost"),
        (MediaError("the encoder broke"), "share_lost"),
    ],
)
def test_a_screen_that_cannot_go_on_ends_sharing_and_says_why(error: MediaError, why: str):
    async def story(stage: Stage) -> None:
        stage.sharer.handle(ShareScreen("window:7"))
        stage.call.on_screen_failed(error)
        assert stage.wishes[-1] == SetScreen(False, why)
        assert stage.call.screens[-1] == (None, False)
        assert stage.sharer.state.own is None

    played(Desktop(REPORT), story)


def test_a_window_that_was_closed_before_it_was_chosen_ends_sharing_at_once():
    async def story(stage: Stage) -> None:
        stage.sharer.handle(ShareScreen("window:9"))
        await stage.until(lambda: len(stage.wishes) == 2)
        assert stage.wishes[-1] == SetScreen(False, "share_closed")

    played(Desktop(REPORT), story)


def test_nothing_is_shown_any_more_when_the_meeting_is_left():
    calls: list[Call] = []

    async def story(stage: Stage) -> None:
        calls.append(stage.call)
        stage.sharer.handle(ShareScreen("window:7"))

    played(Desktop(REPORT), story)
    assert calls[0].screens[-1] == (None, False)
    assert calls[0].on_screen_failed is None
