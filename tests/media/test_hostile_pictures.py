"""A member seals pictures that no encoder made: decoders fail in bounds, others are still seen."""

import asyncio
import random
import resource
import time

import numpy as np
import pytest
from fakes.media_calls import Member, calling

from media.held_frames import Held
from media.path.rtp_packet import CAMERA
from media.sealing import frame_flags
from media.video.encoder import open_encoder
from media.video.stream import MAX_ERRORS
from media.video.vp8 import VideoFrame, pack

PATIENT = 20.0  # seconds, on a busy computer
FRAMES = 400
MOST_MB = 80  # that all of it may add to this process


def encoded(width: int, height: int, count: int) -> list[tuple[bool, int, bytes]]:
    """Return honest frames: (key, layer, VP8)."""
    chance = np.random.default_rng(7)
    encoder = open_encoder(width, height, 500, 30)
    frames = []
    for _ in range(count):
        picture = chance.integers(0, 256, (height * 3 // 2, width), np.uint8)
        frame = encoder.encode(picture, False)
        if frame is not None:
            frames.append((frame.key, frame.layer, frame.data))
    encoder.close()
    return frames


def altered(data: bytes, how: str, chance: random.Random) -> bytes:
    """Return a frame that keeps its first byte's claim about keys, and lies elsewhere."""
    head = 10 if not data[0] & 1 else 3  # tags, start code and size stay what they were
    body = bytearray(data)
    match how:
        case "bits":
            for _ in range(chance.randint(1, 20)):
                body[chance.randrange(head, len(body))] ^= 1 << chance.randrange(8)
        case "cut off":
            del body[chance.randint(head, len(body)) :]
            body += bytes(4)
        case "first part":
            claimed = chance.getrandbits(19) << 5 | body[0] & 0x1F
            body[:3] = (claimed & 0xFFFFFF).to_bytes(3, "little")
        case "noise":
            body[head:] = chance.randbytes(chance.randint(8, 4000))
        case "scaling bits":
            if head == 10:
                body[7] |= 0xC0
                body[9] |= 0xC0
    return bytes(body)


def receive(sender: Member, receiver: Member, number: int, key: bool, frame: VideoFrame) -> None:
    """Let a sealed frame of a hostile member's making arrive."""
    flags = frame_flags(key, frame.layer, frame.needs_layer_1)
    sealed = sender.sealer.seal(CAMERA.context, CAMERA.codec, flags, 0, pack(frame))
    link = receiver.call._links[sender.dev]
    link.receiving.frames.take(Held(CAMERA.ssrc, number, sealed, time.monotonic()))


@pytest.mark.parametrize("how", ["bits", "cut off", "first part", "noise", "scaling bits"])
def test_broken_pictures_of_one_member_harm_nobody_elses(how):
    async def scenario():
        chance = random.Random(how)
        honest = encoded(160, 96, 40)
        async with calling("abc", camera="c") as (a, b, c):
            await b.picture_from(c, PATIENT)
            b.call.set_tile(a.dev, 320, 180, True)
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            began = time.monotonic()
            for number in range(FRAMES):
                key, layer, data = honest[number % len(honest)]
                counts = number & 0xFFFF, number // 2 & 0xFF
                bad = altered(data, how, chance)
                receive(a, b, number, key, VideoFrame(0, key, layer, layer == 2, *counts, bad))
                await asyncio.sleep(0.002)
            stats = b.stats_of(a)
            assert stats.frames.opened == FRAMES
            seconds = time.monotonic() - began
            counters = b.stats_of(a).counters
            assert counters.get("key_frames_asked", 0) <= 2 * seconds + 1
            assert counters.get("video_decode_errors", 0) <= MAX_ERRORS * (1 + seconds / 30)
            grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
            assert grown / 1024 < MOST_MB
            assert stats.frames.refused == 0
            b.call.picture_slot(c.dev).take()
            await b.picture_from(c, PATIENT)
            assert b.stats_of(c).counters.get("video_decode_errors", 0) == 0

    asyncio.run(scenario())
