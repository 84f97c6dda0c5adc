"""The own camera and the own screen on their way to everybody, side by side on each path."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial

from media.errors import MediaError
from media.fan_out import FanOut
from media.load import STEPS, LoadPlan, fluent
from media.path.rtp_packet import CAMERA, SCREEN
from media.peer_link import PeerLink
from media.sealing import Sealer
from media.slot import Slot
from media.stats import SentStats
from media.video.camera import CameraSource
from media.video.encoder_worker import PREVIEW, EncoderWorker
from media.video.layers import CAMERA_LADDER, LAYER_SHARES, SCREEN_LADDER
from media.video.picture import Picture
from media.video.screen_worker import ScreenWorker

SCREEN_KBPS = 200.0  # of a path are kept for a shared screen, whatever the camera could use
SCREEN_PATIENCE = 10.0  # times longer may a page wait for its path than a picture of a face

OnFailed = Callable[[MediaError], None]


class OwnPictures:
    """Both fan-outs of a call, and how they share a path. On the engine's thread.

    `preview` gets the camera's pictures, not mirrored.
    """

    def __init__(
        self,
        sealer: Sealer,
        loop: asyncio.AbstractEventLoop,
        clock: Callable[[], float],
        preview: Slot[Picture],
        *,
        on_camera_failed: OnFailed,
        on_screen_failed: OnFailed,
    ) -> None:
        self.camera = FanOut(
            CAMERA,
            sealer,
            loop,
            clock,
            ladder=CAMERA_LADDER,
            budget=self._camera_budget,
            on_failed=on_camera_failed,
        )
        self.screen = FanOut(
            SCREEN,
            sealer,
            loop,
            clock,
            ladder=SCREEN_LADDER,
            budget=self._screen_budget,
            patience=SCREEN_PATIENCE,
            on_failed=on_screen_failed,
        )
        self._both = self.camera, self.screen
        self._preview = preview
        self._tile = PREVIEW
        self._max_lines = CAMERA_LADDER[-1].lines
        self._load = STEPS[0]
        self._motion = False
        self.camera.video.set_preview(PREVIEW)

    def use_camera(self, source: CameraSource | None) -> None:
        """Send this camera's picture from now on; None stops and closes the camera."""
        self.camera.use(source, partial(EncoderWorker, preview=self._preview))
        self._preview.take()

    def use_screen(self, source: CameraSource | None, *, motion: bool) -> None:
        """Share this screen from now on, with `motion` as a film; None ends that."""
        if motion:
            self.screen.use(source, partial(EncoderWorker, ladder=SCREEN_LADDER))
        else:
            self.screen.use(source, ScreenWorker, shares=LAYER_SHARES[-1:])

    def place_preview(self, width: int, height: int, visible: bool) -> None:
        """Say how large the preview is shown; a size of 0 leaves the size as it was."""
        if width > 0 and height > 0:
            self._tile = width, height
        self.camera.video.set_preview(self._tile if visible else None)

    def limit(self, max_lines: int) -> None:
        """Send no picture of the camera with more lines than this."""
        self._max_lines = max_lines
        self.follow(self._load)

    def prefer_motion(self, on: bool) -> None:
        """Let the camera's pictures become smaller before they become fewer."""
        self._motion = on
        self.camera.prefer_motion(on)
        self.follow(self._load)

    def follow(self, load: LoadPlan) -> None:
        """Encode what this computer can do now; a small text is none, on the slowest one."""
        self._load = load
        plan = fluent(load) if self._motion else load
        lines = min(self._max_lines, plan.max_lines)
        self.camera.follow(max_lines=lines, fps=plan.fps, cpu_used=plan.cpu_used)
        readable = SCREEN_LADDER[-1].lines
        self.screen.follow(max_lines=readable, fps=load.fps, cpu_used=load.cpu_used)

    def serve(self, links: Iterable[PeerLink]) -> None:
        """Give to these links, which are open, and to no others."""
        served = list(links)
        for own in self._both:
            own.serve(served)

    def restart(self) -> None:
        """Begin again with a key frame for everybody."""
        for own in self._both:
            own.restart()

    def restart_for(self, link: PeerLink) -> None:
        """Begin again with a key frame for one peer."""
        for own in self._both:
            own.restart_for(link)

    def key_frame_asked(self, link: PeerLink, ssrc: int) -> None:
        """A peer cannot go on without a key frame of one stream."""
        (self.screen if ssrc == SCREEN.ssrc else self.camera).key_frame_asked(link)

    def replan(self) -> None:
        """Divide anew: a peer wants something else."""
        for own in self._both:
            own.replan()

    def tick(self, now: float) -> None:
        """Look now and then what the paths bear."""
        for own in self._both:
            own.tick(now)

    def given(self, link: PeerLink) -> SentStats:
        """Return what of the camera goes to a link now, and what of both did not."""
        camera, screen = self.camera.given(link), self.screen.given(link)
        return replace(camera, left_out=camera.left_out + screen.left_out)

    @property
    def busy(self) -> float:
        """The share of its time that the busier of the encoders' threads works."""
        return max(own.video.busy for own in self._both)

    def close(self) -> None:
        """Stop both sources; returns at once, see `alive`."""
        for own in self._both:
            own.close()

    @property
    def alive(self) -> bool:
        """Whether a thread or a device of either is still open."""
        return any(own.video.alive for own in self._both)

    def _camera_budget(self, link: PeerLink) -> float:
        """A shared screen leaves the camera all but a little: its text may come later."""
        budget = link.sending.budget_kbps
        if not self.screen.is_wanted_by(link):
            return budget
        return max(budget - SCREEN_KBPS, budget / 2)

    def _screen_budget(self, link: PeerLink) -> float:
        return link.sending.budget_kbps - self.camera.kbps_of(link)
