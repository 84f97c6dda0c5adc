"""A video call by plain aiortc, as its documentation shows it: the yardstick of the benchmarks.

The sender has one RTCPeerConnection per receiver; MediaRelay hands the one camera to all of them
and every connection encodes for itself. No STUN server is asked.
"""

import asyncio
import fractions
import time
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
from aiortc.contrib.media import MediaRelay
from aiortc.mediastreams import MediaStreamError

from bench.cast import Mail
from bench.clip import PacedClip, talking_head
from bench.received import Received

CLOCK = fractions.Fraction(1, 90_000)
NO_SERVERS = RTCConfiguration(iceServers=[])


class ClipTrack(MediaStreamTrack):
    """The clip as a camera track."""

    kind = "video"

    def __init__(self, width: int, height: int) -> None:
        super().__init__()
        self._clip = PacedClip(talking_head(width, height), time.monotonic())

    async def recv(self) -> av.VideoFrame:
        """Return the next frame when it is due."""
        due = self._clip.next_due(time.monotonic())
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        frame = av.VideoFrame.from_ndarray(self._clip.take(), format="yuv420p")
        frame.pts, frame.time_base = self._clip.number * 3000, CLOCK
        return frame


class Sender:
    """Sends one camera to every receiver named in the settings."""

    def __init__(self, mail: Mail, settings: dict[str, Any]) -> None:
        self._mail, self._settings = mail, settings
        self._connections: list[RTCPeerConnection] = []
        self._bytes_at_reset = 0
        self._reset_at = 0.0

    async def start(self) -> None:
        """Offer to every receiver and take its answer."""
        camera = ClipTrack(self._settings["width"], self._settings["height"])
        relay = MediaRelay()
        for receiver in self._settings["receivers"]:
            connection = RTCPeerConnection(NO_SERVERS)
            self._connections.append(connection)
            connection.addTrack(relay.subscribe(camera, buffered=False))
            prefer_vp8(connection)
            await connection.setLocalDescription(await connection.createOffer())
            self._mail.send(receiver, "offer", connection.localDescription.sdp)
            answer = await self._mail.take("answer", receiver)
            await connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    async def reset(self) -> None:
        """Count bytes from now on."""
        self._bytes_at_reset = await self._bytes_sent()
        self._reset_at = time.monotonic()

    async def figures(self) -> dict[str, Any]:
        """Return the rate to one receiver, everything below DTLS and SRTP counted."""
        sent = await self._bytes_sent() - self._bytes_at_reset
        seconds = time.monotonic() - self._reset_at
        return {"kbit_s": sent * 8 / 1000 / seconds / len(self._connections)}

    async def _bytes_sent(self) -> int:
        total = 0
        for connection in self._connections:
            report = await connection.getStats()
            total += sum(each.bytesSent for each in report.values() if each.type == "transport")
        return total

    async def close(self) -> None:
        """Hang up."""
        await asyncio.gather(*(connection.close() for connection in self._connections))


class Receiver:
    """Receives, decodes and looks at every picture."""

    def __init__(self, mail: Mail, settings: dict[str, Any]) -> None:
        self._mail = mail
        self._received = Received()
        self._connection = RTCPeerConnection(NO_SERVERS)
        self._first_picture = asyncio.Event()
        self._looking: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Answer the sender's offer and wait for the first picture."""

        def on_track(track: MediaStreamTrack) -> None:
            self._looking = asyncio.create_task(self._look_at(track))

        self._connection.on("track", on_track)
        offer = await self._mail.take("offer")
        await self._connection.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        await self._connection.setLocalDescription(await self._connection.createAnswer())
        self._mail.send("sender", "answer", self._connection.localDescription.sdp)
        await self._first_picture.wait()

    async def _look_at(self, track: MediaStreamTrack) -> None:
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            now = time.monotonic()
            assert isinstance(frame, av.VideoFrame)
            self._received.see(luma_of(frame), now)
            self._first_picture.set()

    async def reset(self) -> None:
        """Count pictures from now on."""
        self._received.reset()

    async def figures(self) -> dict[str, Any]:
        """Return what was seen."""
        return self._received.figures()

    async def close(self) -> None:
        """Hang up."""
        await self._connection.close()


def luma_of(frame: av.VideoFrame) -> npt.NDArray[np.uint8]:
    """Return a view of the lines of luma."""
    plane = frame.planes[0]
    lines = np.frombuffer(memoryview(plane), np.uint8)
    return lines.reshape(plane.height, plane.line_size)[:, : plane.width]


def prefer_vp8(connection: RTCPeerConnection) -> None:
    """Leave VP8 as the only choice for video: the codec that Conclave uses, too."""
    capable = RTCRtpSender.getCapabilities("video").codecs
    wanted = [codec for codec in capable if codec.mimeType.lower() in ("video/vp8", "video/rtx")]
    for transceiver in connection.getTransceivers():
        if transceiver.kind == "video":
            transceiver.setCodecPreferences(wanted)
