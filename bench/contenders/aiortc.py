"""Plain aiortc, as its documentation shows it; and one side of a compared call by it."""

import asyncio
import fractions
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpSender,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError

from bench.cast import Mail
from bench.clip import FRAMES_PER_SECOND, PacedClip
from bench.clip_file import CountedClip
from bench.contenders.stage import Work, meet
from bench.speech import read_wav, write_wav
from media.sound.samples import RATE, Samples

FRAME = RATE // 50  # samples of one packet: 20 ms
CLOCK, SOUND_CLOCK = fractions.Fraction(1, 90_000), fractions.Fraction(1, RATE)
NO_SERVERS = RTCConfiguration(iceServers=[])


class Camera(MediaStreamTrack):
    """A clip as a camera track."""

    kind = "video"

    def __init__(self, clip: PacedClip) -> None:
        super().__init__()
        self._clip = clip

    async def recv(self) -> av.VideoFrame:
        """Return the next picture when it is due."""
        due = self._clip.next_due(time.monotonic())
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        frame = av.VideoFrame.from_ndarray(self._clip.take(), format="yuv420p")
        frame.pts, frame.time_base = self._clip.number * (90_000 // FRAMES_PER_SECOND), CLOCK
        return frame


class Microphone(MediaStreamTrack):
    """The same sound, again and again, as a microphone track."""

    kind = "audio"

    def __init__(self, sound: Samples) -> None:
        super().__init__()
        self._sound = (sound * 32767).astype(np.int16)
        self._start = time.monotonic()
        self._number = 0

    async def recv(self) -> av.AudioFrame:
        """Return the next 20 ms when they are due."""
        due = self._start + self._number * FRAME / RATE
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        at = self._number * FRAME % len(self._sound)
        frame = av.AudioFrame.from_ndarray(self._sound[None, at : at + FRAME], layout="mono")
        frame.sample_rate, frame.time_base = RATE, SOUND_CLOCK
        frame.pts = self._number * FRAME
        self._number += 1
        return frame


async def negotiate(connection: RTCPeerConnection, mail: Mail, other: str, leads: bool) -> None:
    """Offer to the other side and take its answer, or the other way round."""
    if leads:
        prefer_vp8(connection)
        await connection.setLocalDescription(await connection.createOffer())
        mail.send(other, "offer", connection.localDescription.sdp)
        answer = await mail.take("answer", other)
        await connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    else:
        offer = await mail.take("offer", other)
        await connection.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        prefer_vp8(connection)
        await connection.setLocalDescription(await connection.createAnswer())
        mail.send(other, "answer", connection.localDescription.sdp)


def prefer_vp8(connection: RTCPeerConnection) -> None:
    """Leave VP8 as the only choice for video: the codec that Conclave uses, too."""
    capable = RTCRtpSender.getCapabilities("video").codecs
    wanted = [codec for codec in capable if codec.mimeType.lower() in ("video/vp8", "video/rtx")]
    for transceiver in connection.getTransceivers():
        if transceiver.kind == "video":
            transceiver.setCodecPreferences(wanted)


async def pictures_of(track: MediaStreamTrack) -> AsyncIterator[av.VideoFrame]:
    """Give what a track of pictures gives, to its end."""
    while True:
        try:
            frame = await track.recv()
        except MediaStreamError:
            return
        assert isinstance(frame, av.VideoFrame)
        yield frame


async def sound_of(track: MediaStreamTrack) -> AsyncIterator[av.AudioFrame]:
    """Give what a track of sound gives, to its end."""
    while True:
        try:
            frame = await track.recv()
        except MediaStreamError:
            return
        assert isinstance(frame, av.AudioFrame)
        yield frame


def luma_of(frame: av.VideoFrame) -> npt.NDArray[np.uint8]:
    """Return a view of the lines of luma."""
    plane = frame.planes[0]
    lines = np.frombuffer(memoryview(plane), np.uint8)
    return lines.reshape(plane.height, plane.line_size)[:, : plane.width]


class Side:
    """Sends the clip and the speech, takes in what the tracks of the other side give."""

    def __init__(self, mail: Mail, settings: dict[str, Any]) -> None:
        self._work = work = Work(**settings)
        self._mail = mail
        self._connection = RTCPeerConnection(NO_SERVERS)
        self._seen = work.witness()
        self._taken: list[tuple[int, float]] = []
        self._heard: list[tuple[int, np.ndarray]] = []  # (position, samples)
        self._counts_from = float("inf")
        self._first_picture = asyncio.Event()
        self._following: list[asyncio.Task[None]] = []
        self._setup_s = 0.0

    async def start(self) -> None:
        """Offer or answer; return when the first picture is there."""
        work, connection = self._work, self._connection
        clip = work.open_clip()
        connection.on("track", self._follow)
        began = await meet(self._mail, work.other)
        connection.addTrack(Microphone(read_wav(Path(work.speech))))
        connection.addTrack(Camera(CountedClip(clip, self._taken, time.monotonic())))
        await negotiate(connection, self._mail, work.other, work.leads)
        await self._first_picture.wait()
        self._setup_s = time.monotonic() - began

    async def reset(self) -> None:
        """Count from now on."""
        self._counts_from = time.monotonic()
        self._seen.reset(self._counts_from)

    async def figures(self) -> dict[str, Any]:
        """Return what was seen; a packet of sound that did not come is silence."""
        until = time.monotonic()
        seconds = until - self._counts_from
        heard = self._heard
        write_wav(Path(self._work.heard), _in_their_places(heard))
        return {
            **self._seen.figures(until),
            "taken": self._taken,
            "setup_s": self._setup_s,
            "concealed": max(0.0, 1 - sum(len(samples) for _, samples in heard) / RATE / seconds),
            "own": {},
        }

    async def close(self) -> None:
        """Hang up."""
        await self._connection.close()

    def _follow(self, track: MediaStreamTrack) -> None:
        follow = self._look_at if track.kind == "video" else self._listen_to
        self._following.append(asyncio.create_task(follow(track)))

    async def _look_at(self, track: MediaStreamTrack) -> None:
        async for frame in pictures_of(track):
            self._seen.see(luma_of(frame), time.monotonic())
            self._first_picture.set()

    async def _listen_to(self, track: MediaStreamTrack) -> None:
        async for frame in sound_of(track):
            if time.monotonic() < self._counts_from:
                continue
            assert frame.pts is not None
            assert frame.sample_rate == RATE
            channels = len(frame.layout.channels)
            samples = frame.to_ndarray().reshape(-1, channels).mean(axis=1) / 32768
            self._heard.append((frame.pts, samples.astype(np.float32)))


def _in_their_places(heard: list[tuple[int, np.ndarray]]) -> np.ndarray:
    if not heard:
        return np.zeros(0, np.float32)
    start, last = heard[0][0], heard[-1]
    sound = np.zeros(last[0] - start + len(last[1]), np.float32)
    for position, samples in heard:
        sound[position - start :][: len(samples)] = samples
    return sound
