"""A call by Conclave's media path, sealed with fixed keys, without any meeting around it."""

import asyncio
import functools
import sys
import threading
import time
from collections.abc import Callable, Mapping

import numpy as np

from app.engine import SWITCH_INTERVAL
from bench.cast import Mail
from bench.clip import Frame, PacedClip, talking_head
from crypto.frames import Opener, Sealer
from media import sealing
from media.call import Call, PeerLink
from media.errors import CameraError
from media.load_gauge import LoadGauge
from media.path.link_parameters import LinkParameters
from media.slot import Slot
from media.sound.desk import SoundDesk
from media.video.camera import CapturedFrame
from media.video.picture import Picture

GENERATION = 1


def base_key_of(name: str) -> bytes:
    """Return the fixed key that everybody in the benchmark knows; a meeting draws random ones."""
    return name.encode().ljust(32, b".")


def dev_of(name: str) -> bytes:
    """Return a short device id for a process of the benchmark."""
    return name.encode().ljust(16, b".")


class Party:
    """One side of a call: its keys, and a link to each of the others by letters."""

    def __init__(
        self,
        mail: Mail,
        slots: Mapping[str, int],
        sealer: sealing.Sealer | None = None,
        sound: SoundDesk | None = None,
        gauge: LoadGauge | None = None,
    ) -> None:
        sys.setswitchinterval(SWITCH_INTERVAL)  # as the app's engine does
        self.mail = mail
        self.openers: dict[str, Opener] = {}
        self.links: dict[str, PeerLink] = {}
        self._slots = slots
        if sealer is None:
            sealer = own = Sealer()
            own.use(slots[mail.name], GENERATION, base_key_of(mail.name))
        loop = asyncio.get_running_loop()
        own_dev = dev_of(mail.name)
        self.call = Call(sealer, loop, sound, time.monotonic, own=own_dev, gauge=gauge)

    async def connect(self, other: str, controlling: bool, process: str = "") -> None:
        """Make a link to somebody in another process, who does the same towards this one."""
        opener = self.openers[other] = Opener()
        opener.add(self._slots[other], GENERATION, base_key_of(other))
        link = self.call.add_peer(dev_of(other), opener, controlling, allow_loopback=True)
        self.links[other] = link
        await exchange(self.mail, link, (self.mail.name, other), process or other)
        self.call.keys_changed(dev_of(other))


async def exchange(mail: Mail, link: PeerLink, ends: tuple[str, str], process: str) -> None:
    """Connect a link between two people, ours first, the other one played by `process`."""
    ours, theirs = ends
    parameters = await link.gather()
    mail.send(process, f"parameters of {ours} for {theirs}", parameters.encode())
    remote = await mail.take(f"parameters of {theirs} for {ours}", process)
    await link.connect(LinkParameters.parse(remote, allow_loopback=True))


class ClipCamera:
    """The clip as a camera: stamped frames at the pace of one, from a thread of its own."""

    name = "clip"

    def __init__(
        self, width: int, height: int, clip_from: Callable[[float], PacedClip] | None = None
    ) -> None:
        """Show the talking head, or what `clip_from` makes of the time of the start."""
        self._size = width, height
        if clip_from is None:
            frames = talking_head(width, height)
            clip_from = functools.partial(PacedClip, frames)
        self._clip_from = clip_from
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(
        self,
        frames: Slot[CapturedFrame],
        on_failure: Callable[[CameraError], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin; it cannot fail."""
        self._thread = threading.Thread(
            target=self._run, args=(frames, clock), name="camera", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end."""
        self._stopping.set()

    def join(self, timeout: float) -> bool:
        """Wait for the thread to end."""
        if self._thread:
            self._thread.join(timeout)
            return not self._thread.is_alive()
        return True

    def _run(self, frames: Slot[CapturedFrame], clock: Callable[[], float]) -> None:
        clip = self._clip_from(clock())
        while not self._stopping.wait(max(0.0, clip.next_due(clock()) - clock())):
            now = clock()
            frames.put(CapturedFrame(clip.take(), "i420", *self._size, now))


def grey_of(picture: Picture) -> Frame:
    """Return one channel of a picture: where it is black and white, any channel will do."""
    rows = np.frombuffer(picture.pixels, np.uint8)[: picture.stride * picture.height]
    lines = rows.reshape(picture.height, picture.stride)[:, : picture.width * 4]
    return lines[:, 1::4]
