"""Carries files between a meeting, its links and the disk, at the pace that a path has for them."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Protocol

from app.file_store import FileStore
from app.file_thread import FileThread, Look
from app.meeting.files.desk import Files
from app.meeting.files.orders import DiskEvent, Tell
from crypto.frames import Context

EVERY = 0.01  # seconds between two looks at what may leave
LEAST = 1000  # bytes: smaller pieces would be mostly headers
REST = 1.0  # seconds after a change of keys: who has not got ours yet holds 64 frames, no more
AROUND = 90  # bytes that seal, DTLS and SCTP put around a part of one packet


class Links(Protocol):
    """The call, as far as files need it."""

    def send_to(self, dev: bytes, context: int, payload: bytes) -> bool:
        """Seal and send to one peer reliably; whether it was taken."""

    def room_for_files(self, dev: bytes, among: int) -> int:
        """Return how many bytes of files may go to a peer now."""

    def spent_on_files(self, dev: bytes, octets: int) -> None:
        """Note that so many bytes of files went to a peer."""


class FileCourier:
    """Does what the files of a meeting order; on the engine's loop, but for the disk.

    `carry` after each step of the meeting; `run` sends what flows until it is cancelled.
    """

    def __init__(
        self,
        links: Links,
        store: FileStore,
        clock: Callable[[], float],
        changed: Callable[[], None],
        look: Look | None = None,
    ) -> None:
        self._links = links
        self._clock = clock
        self._changed = changed
        self._loop = asyncio.get_running_loop()
        self._disk = FileThread(store, self._disk_says, look)
        self._wake = asyncio.Event()
        self._files: Files | None = None
        self._rests_until = float("-inf")

    def begin(self, files: Files) -> None:
        """Work for the files of this meeting from now on."""
        self._files = files

    def rest(self) -> None:
        """Send no parts for a moment: the key is new, and room is for sound and pictures first."""
        self._rests_until = self._clock() + REST

    def carry(self) -> None:
        """Do what is ordered."""
        if self._files is None:
            return
        for order in self._files.take_orders():
            if isinstance(order, Tell):
                self._links.send_to(order.dev, Context.FILES, order.payload)
            else:
                self._disk.order(order)
        self._wake.set()

    async def run(self) -> None:
        """Send parts of files whenever there are any."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._files is not None and (devs := self._files.flowing()):
                for dev in devs:
                    self._send(self._files, dev, len(devs))
                self.carry()
                await asyncio.sleep(EVERY)

    async def close(self) -> None:
        """Finish what is ordered of the disk; nothing half-written stays."""
        self.carry()
        self._files = None
        await self._loop.run_in_executor(None, self._disk.close)

    def _send(self, files: Files, dev: bytes, among: int) -> None:
        now = self._clock()
        if now < self._rests_until:
            return
        room = self._links.room_for_files(dev, among)
        while room >= LEAST:
            part = files.part(dev, room, now)
            if part is None or not self._links.send_to(dev, Context.FILES, part):
                return  # what was not taken is asked for again, as what is lost on the way
            self._links.spent_on_files(dev, len(part) + AROUND)
            room -= len(part) + AROUND

    def _disk_says(self, event: DiskEvent) -> None:
        """Take what the disk says to the engine's thread; on the disk's."""
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is there any more
            self._loop.call_soon_threadsafe(self._disk_said, event)

    def _disk_said(self, event: DiskEvent) -> None:
        if self._files is not None:
            self._files.disk(event, self._clock())
            self.carry()
            self._changed()
