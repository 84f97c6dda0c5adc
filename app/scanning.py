"""Looks for a code to verify by in the pictures of one's own camera, for a minute at most."""

import asyncio
import time
from collections.abc import Callable

from app.device_words import device_problem
from app.i18n import _
from app.studio import NONE, Studio
from app.tasks import Tasks
from media.errors import CameraError, MediaError
from media.video.camera import CameraSource, open_camera
from media.video.outgoing import call_soon
from media.video.qr_reader import QrReader

SCAN_TIME = 60.0  # seconds; then nobody holds a code in front of it any more
LET_GO = 3.0  # seconds for a camera to be released before somebody else opens it


class Scanner:
    """One look for a code, on the engine's loop.

    A camera that is on is looked at as it is. One that is off is opened for this alone: its
    pictures go to the own tile and to nobody else.

    `found` gets each text that was read, as often as it is read; `over` is called once when time
    is over or the camera fails, with a sentence why or "".
    """

    def __init__(
        self, studio: Studio, found: Callable[[str], None], over: Callable[[str], None]
    ) -> None:
        self._studio = studio
        self._found = found
        self._over = over
        self._loop = asyncio.get_running_loop()
        self._ended = False
        self._camera: CameraSource | None = None
        own = None if studio.camera_on else studio.call.own_slot
        self._reader = QrReader(lambda text: call_soon(self._loop, self._read, text), own)
        self._timer = self._loop.call_later(SCAN_TIME, self._end, "")
        if studio.camera_on:
            studio.call.watch_camera(self._reader.frames)
        else:
            self._open(studio.devices.camera or NONE)

    @property
    def holds_camera(self) -> bool:
        """Tell whether the camera was opened for this alone."""
        return self._camera is not None

    async def stop(self) -> None:
        """Look no more, and wait until the camera is free."""
        self._let_go()
        if (camera := self._camera) is not None:
            await self._loop.run_in_executor(None, camera.join, LET_GO)
            self._studio.call.own_slot.take()

    def _open(self, device: str) -> None:
        try:
            self._camera = open_camera(device)
        except MediaError as error:
            self._loop.call_soon(self._end, device_problem(error))
            return
        if self._camera is None:
            self._loop.call_soon(self._end, _("No camera was found."))
            return
        self._camera.start(self._reader.frames, self._failed, time.monotonic)

    def _failed(self, error: CameraError) -> None:
        """The camera cannot go on; called on its thread."""
        call_soon(self._loop, self._end, device_problem(error))

    def _read(self, text: str) -> None:
        if not self._ended:
            self._found(text)

    def _end(self, why: str) -> None:
        if not self._ended:
            self._let_go()
            self._over(why)

    def _let_go(self) -> None:
        if not self._ended:
            self._ended = True
            self._timer.cancel()
            self._studio.call.watch_camera(None)
            if self._camera is not None:
                self._camera.stop()
            self._reader.stop()


class Scanning:
    """Scans when a person wants it, and keeps the camera for one purpose at a time.

    `read` gets each text, "" before the first, and tells whether it was the one looked for;
    `changed` is called when a scan begins or ends.
    """

    def __init__(
        self,
        studio: Studio,
        tasks: Tasks,
        read: Callable[[str], bool],
        changed: Callable[[], None],
    ) -> None:
        self._studio = studio
        self._tasks = tasks
        self._read = read
        self._changed = changed
        self._scanner: Scanner | None = None

    @property
    def on(self) -> bool:
        """Tell whether the camera looks for a code now."""
        return self._scanner is not None

    def look(self, on: bool) -> None:
        """Begin to look for a code, or stop."""
        if not on:
            self._tasks.start(self.stop())
        elif self._scanner is None:
            self._read("")
            self._scanner = Scanner(self._studio, self._found, self._over)
            self._changed()

    async def stop(self) -> None:
        """Look no more; returns when the camera is free."""
        if self._scanner is not None:
            await self._scanner.stop()
            self._scanner = None
            self._changed()

    def use_devices(self, microphone: bool, camera: bool) -> None:
        """Open or close microphone and camera for the meeting; a scan lets go of it first."""
        if camera and self._scanner is not None and self._scanner.holds_camera:
            self._tasks.start(self._use_after_scan(microphone))
        else:
            self._studio.use(microphone, camera)

    async def _use_after_scan(self, microphone: bool) -> None:
        await self.stop()
        self._studio.use(microphone, camera=True)

    def _found(self, text: str) -> None:
        if self._read(text):
            self._tasks.start(self.stop())

    def _over(self, why: str) -> None:
        self._studio.camera_problem = why or self._studio.camera_problem
        self._tasks.start(self.stop())
