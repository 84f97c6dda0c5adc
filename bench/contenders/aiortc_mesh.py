"""One of many in a call by plain aiortc: a connection and an encoder for each of the others.

One camera and one microphone are handed to all connections by MediaRelay, as aiortc's
documentation shows it; each connection encodes for itself.
"""

import asyncio
import time
from typing import Any

from aiortc import MediaStreamTrack, RTCPeerConnection
from aiortc.contrib.media import MediaRelay

from app.garbage import settle
from bench.cast import Mail
from bench.clip import PacedClip, talking_head
from bench.contenders.aiortc import (
    NO_SERVERS,
    Camera,
    Microphone,
    luma_of,
    negotiate,
    pictures_of,
    sound_of,
)
from bench.contenders.stage import Role
from bench.received import Received
from bench.speech import tone
from bench.threads import cpu_by_thread, difference
from media.sound.samples import RATE


class Participant:
    """Sends camera and microphone to all others, decodes what comes from them (settings: Role)."""

    def __init__(self, mail: Mail, settings: dict[str, Any]) -> None:
        self._mail = mail
        self._role = role = Role(mail.name, **settings)
        self._connections: dict[str, RTCPeerConnection] = {}
        self._received = {name: Received(role.read_every) for name in role.watched}
        self._first = {name: asyncio.Event() for name in role.watched}
        self._heard = dict.fromkeys(role.watched, 0)
        self._consuming: set[asyncio.Task[None]] = set()
        self._threads_at_reset: dict[str, float] = {}
        self._bytes_at_reset = 0
        self._reset_at = 0.0

    async def start(self) -> None:
        """Offer to whom comes later, answer who came before, wait for a picture of each."""
        role, tracks = self._role, list[MediaStreamTrack]()
        if role.shows:
            clip = PacedClip(talking_head(role.width, role.height), time.monotonic())
            tracks.append(Camera(clip))
        if role.shows and role.sound:
            tracks.append(Microphone(tone()))
        relay = MediaRelay()

        async def connect(name: str) -> None:
            connection = self._connections[name] = RTCPeerConnection(NO_SERVERS)
            connection.on("track", lambda track: self._consume(name, track))
            for track in tracks:
                connection.addTrack(relay.subscribe(track, buffered=track.kind == "audio"))
            await negotiate(connection, self._mail, name, role.leads(name))

        await asyncio.gather(*(connect(name) for name in role.others))
        await asyncio.gather(*(first.wait() for first in self._first.values()))
        settle()

    async def reset(self) -> None:
        """Count from now on."""
        for received in self._received.values():
            received.reset()
        self._heard = dict.fromkeys(self._heard, 0)
        self._bytes_at_reset = await self._bytes_sent()
        self._threads_at_reset, self._reset_at = cpu_by_thread(), time.monotonic()

    async def figures(self) -> dict[str, Any]:
        """Return what was seen and heard of each, what was sent, and the CPU of each thread."""
        threads = difference(self._threads_at_reset, cpu_by_thread())
        seconds = time.monotonic() - self._reset_at
        sent = await self._bytes_sent() - self._bytes_at_reset
        seen = {name: received.figures() for name, received in self._received.items()}
        if self._role.sound:
            for name, samples in self._heard.items():
                # Nothing is made up for what is lost: it is simply not there.
                seen[name]["concealed"] = max(0.0, 1.0 - samples / RATE / seconds)
        kbps = sent * 8 / 1000 / seconds / len(self._connections)
        return {"threads": threads, "seen": seen, "sent_kbps": kbps}

    async def close(self) -> None:
        """Hang up."""
        await asyncio.gather(*(connection.close() for connection in self._connections.values()))

    async def _bytes_sent(self) -> int:
        reports = [await connection.getStats() for connection in self._connections.values()]
        each = [one for report in reports for one in report.values() if one.type == "transport"]
        return sum(one.bytesSent for one in each)

    def _consume(self, name: str, track: MediaStreamTrack) -> None:
        consumer = self._look_at if track.kind == "video" else self._listen_to
        task = asyncio.create_task(consumer(name, track))
        self._consuming.add(task)
        task.add_done_callback(self._consuming.discard)

    async def _look_at(self, name: str, track: MediaStreamTrack) -> None:
        async for frame in pictures_of(track):
            self._received[name].see(luma_of(frame), time.monotonic())
            self._first[name].set()

    async def _listen_to(self, name: str, track: MediaStreamTrack) -> None:
        async for frame in sound_of(track):
            self._heard[name] += frame.samples * RATE // frame.sample_rate
