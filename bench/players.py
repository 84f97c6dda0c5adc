"""Many cheap people in one process, all in a call with one: encoded beforehand, the rest is real.

Each has keys, a sealer and a link (ICE, DTLS, SRTP) of its own and obeys what is asked of it.
What it saves is what the measured one cannot notice: pictures and sound come from a loop that was
encoded before the call, and what it receives is opened, but neither decoded nor played.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.cast import Mail
from bench.clip import FRAMES_PER_SECOND, talking_head
from bench.conclave_media import GENERATION, base_key_of, dev_of, exchange
from crypto.frames import Opener, Sealer
from media.call import Call, PeerLink
from media.call_sound import shortest_packet
from media.load_gauge import LoadGauge
from media.path.heartbeat import media_time
from media.path.rtp_packet import CAMERA, MICROPHONE, Stream, cut
from media.sealing import frame_flags
from media.sound.opus import FRAME, Encoder
from media.sound.samples import RATE
from media.video.vp8 import VideoFrame, pack
from media.video.vpx import EncodedFrame, VpxEncoder

LOOP_S = 20.0  # seconds of pictures encoded beforehand; each round begins with a key frame
KBPS = {180: 150, 360: 500}  # by lines: what a good path gives
FPS_OF_LAYERS = (8, 15, 30)  # pictures a second with layer 0, with 0 and 1, with all


@dataclass(frozen=True)
class Loop:
    """What every player of a process sends: pictures by lines, and packets of sound."""

    pictures: dict[int, list[EncodedFrame]]
    sound: list[bytes]
    sound_s: float  # seconds in each packet

    @classmethod
    def encode(cls, people: int) -> "Loop":
        """Encode everything for a call of so many; takes a few seconds."""
        packet = max(FRAME, shortest_packet(people - 1) * RATE // 1000)
        return cls({lines: _pictures(lines) for lines in KBPS}, _sound(packet), packet / RATE)


class Player:
    """One of the others: sends its loop to the measured one as long as that wants it."""

    def __init__(self, name: str, slots: dict[str, int], measured: str, loop: Loop) -> None:
        self.name = name
        sealer = Sealer()
        sealer.use(slots[name], GENERATION, base_key_of(name))
        opener = Opener()
        opener.add(slots[measured], GENERATION, base_key_of(measured))
        self._sealer, self._loop = sealer, loop
        self._call = _Call(sealer, dev_of(name), self._begin_again)
        self._measured = measured
        self.link: PeerLink = self._call.add_peer(
            dev_of(measured), opener, controlling=False, allow_loopback=True
        )
        self._place = 0
        self._picture = 0
        self._group = 0
        self._packet = slots[name] * 7

    async def connect(self, mail: Mail, lines: int) -> None:
        """Connect to the measured one and ask for pictures of so many lines."""
        await exchange(mail, self.link, (self.name, self._measured), self._measured)
        self._call.keys_changed(dev_of(self._measured))
        self._call.set_tile(dev_of(self._measured), lines * 16 // 9, lines, True)
        self.link.video.set_tile(0, 0, False)  # asked for, and then not decoded

    def send_picture(self) -> None:
        """Send the next picture in the size that is wanted, if its layer is."""
        want = self.link.wants.get(CAMERA.context)
        if want is None or not want.lines or not self.link.is_open:
            self._place = 0  # whoever looks again needs a key frame
            return
        frames = _fitting(self._loop.pictures, want.lines)
        frame = frames[self._place % len(frames)]
        self._place += 1
        self._picture = (self._picture + 1) & 0xFFFF
        if frame.layer == 0:
            self._group = (self._group + 1) & 0xFF
        elif want.fps < FPS_OF_LAYERS[frame.layer]:
            return
        media_ts = media_time(time.monotonic(), CAMERA.clock_rate)
        flags = frame_flags(frame.key, frame.layer, frame.needs_layer_1)
        numbered = VideoFrame(0, *frame[1:], self._picture, self._group, frame.data)
        self._send(CAMERA, flags, media_ts, pack(numbered), layer=frame.layer, key=frame.key)

    def send_sound(self) -> None:
        """Send the next packet of sound."""
        if self.link.is_open:
            packet = self._loop.sound[self._packet % len(self._loop.sound)]
            self._packet += 1
            self._send(MICROPHONE, 0, media_time(time.monotonic(), MICROPHONE.clock_rate), packet)

    async def close(self) -> None:
        """Hang up."""
        await self._call.close()

    def _begin_again(self) -> None:
        self._place = 0

    def _send(
        self,
        stream: Stream,
        flags: int,
        media_ts: int,
        frame: bytes,
        *,
        layer: int = 0,
        key: bool = False,
    ) -> None:
        sealed = self._sealer.seal(stream.context, stream.codec, flags, media_ts, frame)
        assert sealed is not None
        payloads = cut(sealed) if stream.packetised else (sealed,)
        self.link.send(stream, payloads, media_ts, time.monotonic(), layer=layer, key=key)


class Players:
    """The part of a process that plays several people."""

    def __init__(self, mail: Mail, settings: dict[str, Any]) -> None:
        slots = {name: number for number, name in enumerate(settings["names"])}
        loop = Loop.encode(len(slots))
        self._sound_s = loop.sound_s
        self._mail = mail
        self._lines: dict[str, int] = settings["asks"]
        self._players = [Player(name, slots, settings["measured"], loop) for name in self._lines]
        self._sending: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Connect everybody and begin to send, each at its own moment."""
        await asyncio.gather(
            *(player.connect(self._mail, self._lines[player.name]) for player in self._players)
        )
        for number, player in enumerate(self._players):
            late = number / len(self._players)
            for send, each in (
                (player.send_picture, 1 / FRAMES_PER_SECOND),
                (player.send_sound, self._sound_s),
            ):
                self._sending.append(asyncio.create_task(_regularly(send, each, late * each)))

    async def reset(self) -> None:
        """Nothing is counted here."""

    async def figures(self) -> dict[str, Any]:
        """Return what each was sent, and how far it is."""
        return {"counters": {player.name: dict(player.link.counters) for player in self._players}}

    async def close(self) -> None:
        """Hang up."""
        for task in self._sending:
            task.cancel()
        await asyncio.gather(*(player.close() for player in self._players))


class _Call(Call):
    """A call whose pictures are not encoded now: a wish for a key frame starts the loop again."""

    def __init__(self, sealer: Sealer, own: bytes, begin_again: Callable[[], None]) -> None:
        loop = asyncio.get_running_loop()
        super().__init__(sealer, loop, None, time.monotonic, own=own, gauge=_Tireless())
        self._begin_again = begin_again

    def request_key_frame(self, *_: object) -> None:
        self._begin_again()


class _Tireless(LoadGauge):
    """Finds every computer quick enough: who is played asks for less at no time."""

    def is_due(self, now: float) -> bool:
        return False


async def _regularly(do: Callable[[], None], each: float, late: float) -> None:
    """Do something at an even pace; what was missed is left out."""
    due = time.monotonic() + late
    while True:
        due = max(due + each, time.monotonic() - each)
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        do()


def _pictures(lines: int) -> list[EncodedFrame]:
    width = lines * 16 // 9
    clip = talking_head(width, lines)
    encoder = VpxEncoder(width, lines, KBPS[lines], FRAMES_PER_SECOND)
    count = round(LOOP_S * FRAMES_PER_SECOND)
    frames = [encoder.encode(clip[n % len(clip)], n == 0) for n in range(count)]
    encoder.close()
    return [frame for frame in frames if frame is not None]


def _sound(packet: int) -> list[bytes]:
    """Return two seconds of a voice-like sound in packets of so many samples.

    A falling hum with the syllables' rhythm.
    """
    time_s = np.arange(2 * RATE) / RATE
    hum = sum(np.sin(2 * np.pi * 120 * k * time_s) / k for k in range(1, 20))
    samples = (0.1 * hum * np.abs(np.sin(2 * np.pi * 2 * time_s))).astype(np.float32)
    encoder = Encoder()
    return [encoder.encode(samples[at : at + packet]) for at in range(0, len(samples), packet)]


def _fitting(pictures: dict[int, list[EncodedFrame]], lines: int) -> list[EncodedFrame]:
    """Return the largest size with at most so many lines, or the smallest there is."""
    return pictures[max((have for have in pictures if have <= lines), default=min(pictures))]
