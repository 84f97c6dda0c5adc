"""One of many in a call by plain aiortc: a connection and an encoder for each of the others."""

import asyncio
import itertools
import time
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaRelay
from aiortc.mediastreams import MediaStreamError

from app.engine import settle
from bench.cast import Mail
from bench.plain_aiortc import NO_SERVERS, ClipTrack, luma_of, prefer_vp8
from bench.received import Received
from bench.threads import cpu_by_thread, difference
from media.sound.samples import RATE
from media.sound.stand_ins import ToneMicrophone

READ_EVERY = 10  # pictures, as in the call it is compared with
SOUND_FRAME = 960  # samples: 20 ms
TONE_BLOCKS = 200  # of 10 ms: one loop


class ToneTrack(MediaStreamTrack):
    """The test tone as a microphone track."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._frames = _tone()
        self._start = time.monotonic()
        self._number = 0

    async def recv(self) -> av.AudioFrame:
        """Return the next 20 ms when they are due."""
        due = self._start + self._number * SOUND_FRAME / RATE
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        samples = self._frames[self._number % len(self._frames)].reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
        frame.sample_rate, frame.pts = RATE, self._number * SOUND_FRAME
        self._number += 1
        return frame


def _tone() -> list[npt.NDArray[np.int16]]:
    """Return one loop of the test tone in frames of 20 ms."""
    now = itertools.count(0.0, SOUND_FRAME / 2 / RATE)
    microphone = ToneMicrophone(lambda: next(now))
    microphone.open()
    heard = [block.samples for _ in range(8 * TONE_BLOCKS) if (block := microphone.read())]
    tone = np.concatenate(heard[:TONE_BLOCKS]) * 32767
    return list(tone.astype(np.int16).reshape(-1, SOUND_FRAME))


class Participant:
    """Sends camera and microphone to everybody, decodes everybody's pictures and sound."""

    def __init__(self, mail: Mail, settings: dict[str, Any]) -> None:
        self._mail = mail
        self._names: list[str] = settings["names"]
        self._others = [name for name in self._names if name != mail.name]
        self._size = settings["width"], settings["height"]
        self._connections: dict[str, RTCPeerConnection] = {}
        self._received = {name: Received(READ_EVERY) for name in self._others}
        self._first = {name: asyncio.Event() for name in self._others}
        self._heard = dict.fromkeys(self._others, 0)
        self._consuming: set[asyncio.Task[None]] = set()
        self._threads_at_reset: dict[str, float] = {}
        self._reset_at = 0.0

    async def start(self) -> None:
        """Offer to whom comes later, answer who came before, wait for a picture of each."""
        relay = MediaRelay()
        camera, microphone = ClipTrack(*self._size), ToneTrack()

        async def connect(name: str) -> None:
            connection = self._connections[name] = RTCPeerConnection(NO_SERVERS)
            connection.on("track", lambda track: self._consume(name, track))
            if self._names.index(self._mail.name) < self._names.index(name):
                connection.addTrack(relay.subscribe(camera, buffered=False))
                connection.addTrack(relay.subscribe(microphone))
                prefer_vp8(connection)
                await connection.setLocalDescription(await connection.createOffer())
                self._mail.send(name, "offer", connection.localDescription.sdp)
                answer = await self._mail.take("answer", name)
                await connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))
            else:
                offer = await self._mail.take("offer", name)
                await connection.setRemoteDescription(RTCSessionDescription(offer, "offer"))
                connection.addTrack(relay.subscribe(camera, buffered=False))
                connection.addTrack(relay.subscribe(microphone))
                await connection.setLocalDescription(await connection.createAnswer())
                self._mail.send(name, "answer", connection.localDescription.sdp)

        await asyncio.gather(*(connect(name) for name in self._others))
        await asyncio.gather(*(first.wait() for first in self._first.values()))
        settle()

    async def reset(self) -> None:
        """Count from now on."""
        for received in self._received.values():
            received.reset()
        self._heard = dict.fromkeys(self._others, 0)
        self._threads_at_reset, self._reset_at = cpu_by_thread(), time.monotonic()

    async def figures(self) -> dict[str, Any]:
        """Return what was seen and heard of each, and the CPU of each thread."""
        threads = difference(self._threads_at_reset, cpu_by_thread())
        due = (time.monotonic() - self._reset_at) * RATE
        seen = {name: received.figures() for name, received in self._received.items()}
        for name in self._others:
            # Nothing is made up for what is lost: it is simply not there.
            seen[name]["concealed"] = max(0.0, 1.0 - self._heard[name] / due)
        return {"threads": threads, "seen": seen}

    async def close(self) -> None:
        """Hang up."""
        await asyncio.gather(*(connection.close() for connection in self._connections.values()))

    def _consume(self, name: str, track: MediaStreamTrack) -> None:
        consumer = self._look_at if track.kind == "video" else self._listen_to
        task = asyncio.create_task(consumer(name, track))
        self._consuming.add(task)
        task.add_done_callback(self._consuming.discard)

    async def _look_at(self, name: str, track: MediaStreamTrack) -> None:
        try:
            while True:
                frame = await track.recv()
                assert isinstance(frame, av.VideoFrame)
                self._received[name].see(luma_of(frame), time.monotonic())
                self._first[name].set()
        except MediaStreamError:
            return

    async def _listen_to(self, name: str, track: MediaStreamTrack) -> None:
        try:
            while True:
                frame = await track.recv()
                assert isinstance(frame, av.AudioFrame)
                self._heard[name] += frame.samples * RATE // frame.sample_rate
        except MediaStreamError:
            return
