"""Looks for a code to verify by in the pictures of one's own camera, for a minute at most."""

import asyncio
import time
from collections.abc import Callable

from app.device_words import device_problem
from app.i18n import _
from app.studio import NONE, Studio
from media.camera import CameraSource, open_camera
from media.errors import CameraError, MediaError
from media.outgoing_video import call_soon
from media.qr_reader import QrReader

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
