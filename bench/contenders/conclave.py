"""One side of a compared call by Conclave's engine: links, sealing, sound and pictures as ever."""

import asyncio
import functools
import time
from collections import Counter
from pathlib import Path
from typing import Any

import av
import numpy as np

from app.garbage import settle
from bench.cast import Mail
from bench.clip import Frame
from bench.clip_file import CountedClip
from bench.conclave_media import ClipCamera, Party, dev_of, grey_of
from bench.contenders.conclave_mesh import concealed
from bench.contenders.stage import Work, meet
from bench.threads import cpu_by_thread, difference
from bench.witness import SAMPLE_EVERY_S, Luma
from media.sound.desk import Cleaning, SoundDesk
from media.sound.files import FileMicrophone, FileSpeaker
from media.stats import AudioStats, PeerStats
from media.video.decoder import VideoDecoder
from media.video.picture import Picture


class SpokenFile(FileMicrophone):
    """A file that is cleaned of echo and noise like the sound of a real microphone."""

    live = True


class Side:
    """Sends the clip and the speech, shows and plays what comes."""

    def __init__(self, mail: Mail, settings: dict[str, Any]) -> None:
        self._work = work = Work(**settings)
        self._mail = mail
        self._loop = asyncio.get_running_loop()
        self._desk = SoundDesk(time.monotonic, cleaning=Cleaning(gain=False))
        slots = {name: number for number, name in enumerate(sorted((work.own, work.other)))}
        self._party = Party(mail, slots, sound=self._desk)
        self._dev = dev_of(work.other)
        self._slot = self._party.call.picture_slot(self._dev)
        self._seen = work.witness(seen_as=painted_luma)
        self._first_picture = asyncio.Event()
        self._taken: list[tuple[int, float]] = []
        self._setup_s = 0.0
        self._sound_at_reset = AudioStats()
        self._decoded_at_reset = 0
        self._sizes: Counter[str] = Counter()
        self._threads_at_reset: dict[str, float] = {}
        self._sampling: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Call the other side; return when its first picture is there."""
        work, call = self._work, self._party.call
        self._slot.on_put = self._look
        call.set_tile(self._dev, work.width, work.height, True)
        began = await meet(self._mail, work.other)
        self._desk.start_speaker(FileSpeaker(Path(work.heard), time.monotonic))
        call.set_microphone(SpokenFile(Path(work.speech), time.monotonic))
        clip = functools.partial(CountedClip, work.open_clip(), self._taken)
        call.set_camera(ClipCamera(work.width, work.height, clip))
        await self._party.connect(work.other, work.leads)
        await self._first_picture.wait()
        self._setup_s = time.monotonic() - began
        settle()

    async def reset(self) -> None:
        """Count from now on."""
        self._seen.reset(time.monotonic())
        peer = self._peer()
        self._sound_at_reset, self._decoded_at_reset = peer.audio, peer.video.frames
        self._threads_at_reset = cpu_by_thread()
        self._sampling = asyncio.create_task(self._sample())

    async def figures(self) -> dict[str, Any]:
        """Return what was seen, and what the engine says of itself."""
        peer, stats = self._peer(), self._party.call.stats()
        self._desk.stop_speaker()  # the recording ends here
        return {
            **self._seen.figures(until=time.monotonic()),
            "pictures_decoded": peer.video.frames - self._decoded_at_reset,
            "sizes": self._sizes,
            "taken": self._taken,
            "setup_s": self._setup_s,
            "concealed": concealed(self._sound_at_reset, peer.audio),
            "own": {
                **peer.as_json(),
                "threads_cpu_s": difference(self._threads_at_reset, cpu_by_thread()),
                "encoded": [f"{size.width}x{size.height}" for size in stats.encoded],
                "counters": {**stats.counters, **peer.counters},
            },
        }

    async def close(self) -> None:
        """Hang up."""
        if self._sampling:
            self._sampling.cancel()
        await self._party.call.close()
        self._desk.close()

    def _peer(self) -> PeerStats:
        return self._party.call.stats().peers[self._dev]

    async def _sample(self) -> None:
        """Note in what size pictures come: those in the slot have the size of their tile."""
        while True:
            await asyncio.sleep(SAMPLE_EVERY_S)
            video = self._peer().video
            self._sizes[f"{video.width}x{video.height}"] += 1

    def _look(self) -> None:
        """Take a picture on the decoder's thread, as soon as a window could paint it."""
        now = time.monotonic()
        picture = self._slot.take()
        if picture is None:
            return
        self._seen.see(grey_of(picture), now, lambda: luma_of(picture), picture.decoded)
        if not self._first_picture.is_set():
            self._loop.call_soon_threadsafe(self._first_picture.set)


def painted_luma(i420: Frame) -> Luma:
    """Return the luma of a picture of the source that was made ready to paint as received ones are.

    That costs every picture 0.6 dB, which nobody sees; here it is not to be held against one side.
    """
    frame = av.VideoFrame.from_ndarray(i420, format="yuv420p")
    return luma_of(VideoDecoder().picture(frame, None, None))


def luma_of(picture: Picture) -> Luma:
    """Return the luma of a picture that is ready to paint."""
    import cv2

    lines = np.frombuffer(picture.pixels, np.uint8)[: picture.stride * picture.height]
    pixels = lines.reshape(picture.height, picture.stride)[:, : picture.width * 4]
    colours = pixels.reshape(picture.height, picture.width, 4)
    return np.asarray(cv2.cvtColor(colours, cv2.COLOR_BGRA2YUV_I420)[: picture.height], np.uint8)
