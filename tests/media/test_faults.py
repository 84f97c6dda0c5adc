"""What goes wrong on the way, over real links: loss, lost key frames, hostile pictures."""

import asyncio
import random

import pytest
from fakes.media_calls import Member, base_key, calling, said_now
from fakes.media_links import until
from fakes.vp8_frames import key_frame

from media.path import rtcp
from media.path.rtp_packet import CAMERA, MICROPHONE, cut
from media.sealing import frame_flags
from media.video.camera import TestPicture
from media.video.vp8 import VideoFrame, pack


def losing(receiver: Member, sender: Member, rate: float, seed: int = 1) -> None:
    """Lose datagrams at the receiver's socket, RTP and RTCP alike."""
    sockets = receiver.call._links[sender.dev]._transport.in_use._sockets
    rng = random.Random(seed)
    take = sockets._take_media
    sockets._take_media = lambda datagram: take(datagram) if rng.random() >= rate else None


def test_five_percent_loss_is_repaired():
    async def scenario():
        async with calling("ab") as (a, b):
            losing(b, a, 0.05)
            losing(a, b, 0.05, seed=2)
            a.call.set_camera(TestPicture(640, 360))
            await until(lambda: b.stats_of(a).video.frames > 10)
            start = b.stats_of(a)
            await asyncio.sleep(3.0)
            end = b.stats_of(a)
            fps = (end.video.frames - start.video.frames) / 3.0
            counters = end.counters
            assert fps > 25
            assert counters["camera_repaired"] > 5
            assert counters.get("camera_given_up", 0) <= 2
            assert end.frames.refused == 0

    asyncio.run(scenario())


def test_twenty_percent_loss_both_ways_is_mostly_repaired():
    async def scenario():
        async with calling("ab") as (a, b):
            a.call.set_microphone(object())
            a.call.set_camera(TestPicture(640, 360))
            await until(lambda: b.stats_of(a).video.frames > 10)
            losing(b, a, 0.2)
            losing(a, b, 0.2, seed=2)
            link = a.call._links[b.dev]
            for number in range(150):
                a.sound.speak(b"opus %d" % number, said_now(960 * number))
                await asyncio.sleep(0.020)
            streams = b.call._links[a.dev].receiving.packets.streams.values()
            missed = sum(stream.counters["missed"] for stream in streams)
            await until(lambda: all(stream.due > 1e9 for stream in streams))
            assert missed > 40
            assert sum(stream.lost for stream in streams) < missed / 3  # on a busy computer, too
            assert b.stats_of(a).downlink.by_redundancy > 5
            assert link.sending.plan.distances
            assert 0.05 < link.sending.overhead < 0.6

    asyncio.run(scenario())


def test_a_lost_key_frame_is_asked_for_and_the_picture_comes_back():
    async def scenario():
        async with calling("ab", camera="a") as (a, b):
            await b.picture_from(a)
            sockets = b.call._links[a.dev]._transport.in_use._sockets
            take = sockets._take_media
            sockets._take_media = lambda datagram: None
            await asyncio.sleep(0.4)  # longer than packets are kept waiting for
            for sender in a.call._links[b.dev].sending.senders.values():
                sender.forget()  # nothing is left to repeat
            sockets._take_media = take
            b.call.picture_slot(a.dev).take()
            await b.picture_from(a)
            stats = b.stats_of(a)
            assert stats.counters["key_frames_asked"] >= 1
            assert a.stats_of(b).counters["key_frames_asked_of_us"] >= 1
            assert stats.counters.get("video_decode_errors", 0) == 0

    asyncio.run(scenario())


def test_key_frames_are_made_twice_a_second_at_most_whoever_asks():
    async def scenario():
        async with calling("ab", camera="a") as (a, b):
            await b.picture_from(a)
            made = []
            worker = a.call._own.camera.video._worker
            on_frame = worker._on_frame
            worker._on_frame = lambda each: (made.append(each.frame.key), on_frame(each))
            link = a.call._links[b.dev]
            for _ in range(100):
                a.call.key_frame_wanted(link, CAMERA.ssrc)
                await asyncio.sleep(0.01)
            await until(lambda: sum(made) >= 2)
            assert 2 <= sum(made) <= 4

    asyncio.run(scenario())


def send_picture(sender: Member, receiver: Member, data: bytes, number: int, key: bool) -> None:
    """Seal and send a VP8 frame of our own making, as a hostile member could."""
    flags = frame_flags(key, 0)
    frame = pack(VideoFrame(0, key, 0, False, number, number & 0xFF, data))
    sealed = sender.sealer.seal(CAMERA.context, CAMERA.codec, flags, 0, frame)
    sender.call._links[receiver.dev].send(CAMERA, cut(sealed), 0, 0.0)


@pytest.mark.parametrize("size", [(16383, 16383), (0, 0), (1, 1), (4000, 360)])
def test_a_key_frame_that_claims_an_absurd_size_never_reaches_a_decoder(size):
    async def scenario():
        async with calling("ab") as (a, b):
            send_picture(a, b, key_frame(*size), 1, True)
            await until(lambda: b.stats_of(a).counters.get("video_size_refused"))
            assert b.stats_of(a).frames.opened == 1
            assert b.call._links[a.dev].video._decoder is None

    asyncio.run(scenario())


def test_a_sender_of_broken_pictures_is_not_listened_to():
    async def scenario():
        async with calling("ab") as (a, b):
            video = b.call._links[a.dev].video
            broken = b"\xf0\xff\xff" + key_frame(64, 64)[3:]  # a first part longer than the frame
            for number in range(40):
                send_picture(a, b, broken, number, True)
                await asyncio.sleep(0.005)
            await until(lambda: b.stats_of(a).counters.get("video_paused", 0) > 5)
            counters = b.stats_of(a).counters
            assert counters["video_decode_errors"] == 20
            assert counters["video_pauses"] == 1
            assert video.paused
            assert counters.get("key_frames_asked", 0) <= 2

    asyncio.run(scenario())


def test_a_picture_that_changes_its_size_each_frame_is_refused():
    async def scenario():
        async with calling("ab") as (a, b):
            for number in range(10):
                send_picture(a, b, key_frame(64 + 16 * number, 64), number, True)
            await until(lambda: b.stats_of(a).counters.get("video_size_refused", 0) >= 7)
            assert b.stats_of(a).counters["video_size_refused"] == 7

    asyncio.run(scenario())


def test_a_replayed_frame_is_refused_though_its_packets_are_new():
    async def scenario():
        async with calling("ab") as (a, b):
            heard = b.sound.players[a.dev].packets
            sealed = a.sealer.seal(0, 1, 0, said_now(), b"opus")
            link = a.call._links[b.dev]
            link.send(MICROPHONE, [sealed], 960, 0.0)
            link.send(MICROPHONE, [sealed], 960, 0.0)
            await until(lambda: b.stats_of(a).counters.get("refused_replayed"))
            assert len(heard) == 1

    asyncio.run(scenario())


def test_every_altered_byte_of_a_frame_is_noticed():
    async def scenario():
        async with calling("ab") as (a, b):
            link = a.call._links[b.dev]
            for place in range(16):
                sealed = bytearray(a.sealer.seal(0, 1, 0, said_now(), b"opus"))
                sealed[place * len(sealed) // 16] ^= 1
                link.send(MICROPHONE, [bytes(sealed)], 960, 0.0)
            for sealed in (b"", b"\0", bytes(17), bytes(1100)):
                link.send(MICROPHONE, [sealed], 960, 0.0)
            await until(lambda: sum(b.call._links[a.dev].receiving.frames.refused.values()) >= 18)
            assert b.sound.players[a.dev].packets == []
            assert b.stats_of(a).frames.opened == 0

    asyncio.run(scenario())


def test_sound_cannot_pass_as_picture_or_the_other_way_round():
    async def scenario():
        async with calling("ab") as (a, b):
            link = a.call._links[b.dev]
            link.send(CAMERA, cut(a.sealer.seal(0, 1, 0, 960, b"opus" * 20)), 960, 0.0)
            link.send(MICROPHONE, [a.sealer.seal(1, 2, 0, 960, b"video")], 960, 0.0)
            await until(lambda: b.call._links[a.dev].receiving.frames.refused["forged"] == 2)
            assert b.sound.players[a.dev].packets == []

    asyncio.run(scenario())


def test_one_member_cannot_send_as_another():
    async def scenario():
        async with calling("abc") as (a, b, c):
            # c knows a's key, as every member does, and has a link to b
            c.sealer.use(0, 1, base_key("a"))
            b.openers["a"].add(0, 1, base_key("a"))
            assert c.call.broadcast(8, b"I am a") == frozenset()
            await until(lambda: b.call._links[c.dev].receiving.frames.refused["forged"] == 1)
            assert a.dev in b.call._links

    asyncio.run(scenario())


def test_a_flood_of_requests_costs_little():
    async def scenario():
        async with calling("ab", camera="a") as (a, b):
            await b.picture_from(a)
            link = b.call._links[a.dev]
            for _ in range(50):
                link._transport.send_rtcp(rtcp.nack(CAMERA.ssrc, range(200)))
                link._transport.send_rtcp(rtcp.picture_loss(CAMERA.ssrc))
            await until(lambda: a.stats_of(b).counters.get("nack_refused", 0) > 40)
            link._transport.send_rtcp(b"\x81\xcd\x00\x01junk")
            link._transport.send_rtcp(bytes([0x80, 204, 0, 3]) + bytes(12))
            await b.picture_from(a)

    asyncio.run(scenario())
