"""The own screen: what of it can be shown to the others, and what is."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from app.device_words import device_problem
from app.intents import EndSharing, LookForScreens, ShareScreen
from app.intents import Part as WantedPart
from app.meeting.wishes import SetScreen
from app.screens import OwnShare, Region, Sharing, Source, SourceKind
from app.tasks import Tasks
from media.call import Call
from media.errors import MediaError, ScreenError
from media.video.screens.made_up import KEY as TEST
from media.video.screens.made_up import MadeUpScreens
from media.video.screens.offer import Kind, Part, Screens, Shareable
from media.video.screens.source import Area, ScreenSource

LOOK_EVERY = 1.0  # seconds between two looks at what there is, while somebody chooses
SHARP_FPS, FLUENT_FPS = 15, 30  # pictures a second that are taken of a text, and of a film
ENDED = {"closed": "share_closed", "cancelled": "share_cancelled", "refused": "share_refused"}
"""What is told when a screen ends by itself: keys of the notice texts."""

log = logging.getLogger(__name__)


class Sharer:
    """Lists windows and screens off the engine's thread, and shows one when the meeting says so.

    `wish` gives the meeting a wish; it answers with `use`. `changed` is called when `state` may
    look different.
    """

    def __init__(
        self,
        call: Call,
        screens: Screens,
        wish: Callable[[SetScreen], None],
        changed: Callable[[], None],
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._call = call
        self._screens = screens
        self._wish = wish
        self._changed = changed
        self._tasks = Tasks()
        self._lookout = ThreadPoolExecutor(1, "screens")  # one at a time looks at the desktop
        self._looking: asyncio.Task[None] | None = None
        self._wanted = ShareScreen("")
        self._shared: OwnShare | None = None
        self._source: ScreenSource | None = None
        self._offered: dict[str, Source] = {}
        self._state = Sharing()
        call.on_screen_failed = self._failed

    def handle(self, intent: LookForScreens | ShareScreen | EndSharing) -> None:
        """Do what a person asked of their screen."""
        match intent:
            case LookForScreens(on):
                self._look(on)
            case ShareScreen():
                self._look(False)
                self._wanted = intent
                self._wish(SetScreen(True))
            case EndSharing():
                self._wish(SetScreen(False))

    def use(self, on: bool) -> None:
        """Show what was chosen last, or nothing any more: the meeting decides."""
        self._source = self._shared = None
        if on:
            self._open(self._wanted)
        else:
            self._call.set_screen(None)
        self._changed()

    @property
    def state(self) -> Sharing:
        """What there is to choose from, and what is shown; the same value while it is the same."""
        own = self._shared
        if own is not None and self._source is not None:
            hidden = self._source.hidden
            region = None if hidden else _region(self._source.area)
            if (own.region, own.hidden) != (region, hidden):
                own = OwnShare(own.kind, own.title, own.motion, own.part, region, hidden)
                self._shared = own
        if own != self._state.own:
            self._state = Sharing(self._state.sources, self._state.problem, own)
        return self._state

    async def close(self) -> None:
        """Show nothing, look for nothing."""
        self._call.on_screen_failed = None
        self._call.set_screen(None)
        self._source = self._shared = None
        await self._tasks.close()
        await self._loop.run_in_executor(self._lookout, self._screens.close)
        self._lookout.shutdown(wait=False)

    # -- what there is ------------------------------------------------------------------------

    def _look(self, on: bool) -> None:
        if on and self._looking is None:
            self._state = Sharing(None, "", self._state.own)
            self._looking = self._tasks.start(self._look_again_and_again())
        elif not on and self._looking is not None:
            self._looking.cancel()
            self._looking = None
            self._lookout.submit(self._screens.close)  # let the windows be
            self._state = Sharing(None, "", self._state.own)
        self._changed()

    async def _look_again_and_again(self) -> None:
        """List what there is until nobody chooses any more."""
        while True:
            found, problem = await self._loop.run_in_executor(self._lookout, self._listed)
            self._offered = {source.key: source for source in found}
            self._state = Sharing(found, problem, self._state.own)
            self._changed()
            await asyncio.sleep(LOOK_EVERY)

    def _listed(self) -> tuple[tuple[Source, ...], str]:
        """Return what can be shared, or a sentence why nothing can; on the lookout's thread."""
        try:
            return tuple(_source(found) for found in self._screens.offer()), ""
        except ScreenError as error:
            log.info("nothing can be shared: %s", error)
            self._screens.close()
            return (), device_problem(error)

    # -- what is shown ------------------------------------------------------------------------

    def _open(self, wanted: ShareScreen) -> None:
        screens = MadeUpScreens() if wanted.key == TEST else self._screens
        part = _part(wanted.part) if wanted.part is not None else None
        fps = FLUENT_FPS if wanted.motion else SHARP_FPS
        try:
            source = screens.source(wanted.key, part, fps)
        except ScreenError as error:
            self._loop.call_soon(self._failed, error)
            return
        known = self._offered.get(wanted.key)
        kind = known.kind if known else SourceKind.SCREEN
        title = known.title if known else ""
        self._source = source
        self._shared = OwnShare(kind, title, wanted.motion, part is not None)
        self._call.set_screen(source, motion=wanted.motion)

    def _failed(self, error: MediaError) -> None:
        """The screen cannot go on: the others must see that, and the person learns why."""
        log.info("the screen cannot be shared any more: %s", error)
        code = error.code if isinstance(error, ScreenError) else ""
        self._wish(SetScreen(False, ENDED.get(code, "share_lost")))


def _source(found: Shareable) -> Source:
    kinds = {
        Kind.WINDOW: SourceKind.WINDOW,
        Kind.SCREEN: SourceKind.SCREEN,
        Kind.ASKED: SourceKind.ASKED,
    }
    return Source(
        found.key,
        kinds[found.kind],
        found.title,
        found.width,
        found.height,
        found.preview,
        found.own,
    )


def _part(wanted: WantedPart) -> Part:
    return Part(wanted.left, wanted.top, wanted.width, wanted.height)


def _region(area: Area | None) -> Region | None:
    return Region(area.left, area.top, area.width, area.height) if area is not None else None
