"""Whole calls over real links on this computer: pictures, sound, small data, keys, states."""

import asyncio
import gc
import threading
import time

import pytest
from fakes.media_calls import base_key, calling, device, heard_by, link, member, said_now
from fakes.media_links import until

from media.sealing import CHAT
from media.video.camera import TestPicture, read_time_code


def test_three_people_see_each_other():
    async def scenario():
        async with calling("abc", camera="abc") as members:
            for one in members:
                for two in members:
                    if one is not two:
                        picture = await one.picture_from(two)
                        assert (picture.width, picture.height) == (320, 180)

    asyncio.run(scenario())


def test_a_picture_arrives_within_milliseconds_and_says_when_it_was_taken():
    async def scenario():
        async with calling("ab", camera="a") as (a, b):
            await until(lambda: b.stats_of(a).video.frames > 20 and b.stats_of(a).rtt_ms)
            b.call.picture_slot(a.dev).take()  # it may have come before the clocks were compared
            picture = await b.picture_from(a)
            stamped = read_time_code(picture)
            assert stamped is not None
            unsure = b.stats_of(a).rtt_ms / 1000  # of how far the two clocks are apart
            assert picture.captured == pytest.approx(stamped, abs=0.02 + unsure)
            assert 0 < time.monotonic() - stamped < 0.5
            assert picture.decoded is not None
            assert stamped < picture.decoded < time.monotonic()
            stats = b.stats_of(a)
            assert 0 < stats.video.latency_ms < 500
            assert stats.rtt_ms < 200
            assert stats.video.kbps > 20
            assert stats.frames.opened > 20
            assert stats.frames.refused == 0
            json = stats.as_json()
            assert {"rtt_ms", "audio", "video", "sent", "frames"} <= set(json)
            assert json["video"]["width"] == 320

    asyncio.run(scenario())


def test_one_encoder_and_one_seal_serve_everybody():
    async def scenario():
        async with calling("abcd", camera="a") as (a, *others):
            await until(lambda: all(o.stats_of(a).video.frames > 10 for o in others))
            await a.call.close()
            sealed = a.sealer.sealed
            sent = [stats.frames.sealed for stats in a.call.stats().peers.values()]
            assert sent == []  # everybody is gone after close
            assert sealed < 3 * max(o.stats_of(a).frames.opened for o in others)

    asyncio.run(scenario())


def test_sound_packets_reach_the_player_at_once():
    async def scenario():
        async with calling("ab") as (a, b):
            a.call.set_microphone(object())
            times = [said_now(960 * number) for number in range(10)]
            for number, moment in enumerate(times):
                a.sound.speak(b"opus %d" % number, moment)
            player = b.sound.players[a.dev]
            await until(lambda: len(player.packets) == 10)
            assert [packet for _, _, packet in player.packets] == [
                b"opus %d" % number for number in range(10)
            ]
            assert [ts for _, ts, _ in player.packets] == times
            first = player.packets[0][0]
            assert [sequence - first for sequence, _, _ in player.packets] == list(range(10))

    asyncio.run(scenario())


def test_small_data_is_sealed_once_and_reaches_everybody():
    async def scenario():
        async with calling("abc") as (a, b, c):
            heard = heard_by(b, c)
            assert a.call.broadcast(CHAT, b"hello") == frozenset()
            await until(lambda: len(heard) == 2)
            assert sorted(heard) == [("b", a.dev, CHAT, b"hello"), ("c", a.dev, CHAT, b"hello")]
            assert a.sealer.sealed == 1

    asyncio.run(scenario())


def test_without_a_key_nothing_leaves():
    async def scenario():
        a, b = member("a", 0, keyed=False), member("b", 1)
        await link(a, b)
        a.call.set_camera(TestPicture(320, 180))
        assert a.call.broadcast(CHAT, b"hello") == {b.dev}
        await until(lambda: a.call.stats().counters.get("video_without_key", 0) > 3)
        assert a.stats_of(b).frames.sealed == 0
        a.sealer.use(0, 0, base_key("a"))
        a.call.keys_switched(removal=False)
        await b.picture_from(a)
        await asyncio.gather(a.call.close(), b.call.close())

    asyncio.run(scenario())


def test_frames_of_a_key_to_come_are_held_until_it_is_there():
    async def scenario():
        async with calling("ab", keys=False) as (a, b):
            heard = []
            b.call.on_data = lambda dev, context, payload: heard.append(payload)
            a.call.broadcast(CHAT, b"early")
            a.call.set_camera(TestPicture(320, 180))
            await asyncio.sleep(0.3)
            assert heard == []
            assert b.stats_of(a).video.frames == 0
            b.openers["a"].add(0, 0, base_key("a"))
            b.call.keys_changed(a.dev)
            assert heard == [b"early"]
            await b.picture_from(a)
            assert b.stats_of(a).frames.refused == 0

    asyncio.run(scenario())


def test_frames_whose_key_never_comes_are_refused_and_counted():
    async def scenario():
        async with calling("ab", camera="a", keys=False) as (a, b):
            await until(lambda: b.stats_of(a).counters.get("refused_unknown_key", 0) > 5)
            assert b.stats_of(a).video.frames == 0
            assert b.stats_of(a).frames.opened == 0

    asyncio.run(scenario())


def test_frames_sealed_with_a_wrong_key_never_reach_the_decoder():
    async def scenario():
        async with calling("ab", keys=False) as (a, b):
            b.openers["a"].add(0, 0, base_key("somebody else"))
            a.call.set_camera(TestPicture(320, 180))
            await until(lambda: b.stats_of(a).counters.get("refused_forged", 0) > 5)
            assert b.stats_of(a).video.frames == 0
            assert b.call.picture_slot(a.dev).take() is None

    asyncio.run(scenario())


def test_a_removed_peer_gets_nothing_more_and_gives_nothing_more():
    async def scenario():
        async with calling("abc", camera="abc") as (a, b, c):
            await a.picture_from(c)
            await c.picture_from(a)
            states = []
            a.call._links[c.dev].on_state = states.append
            sent = a.stats_of(c).frames.sealed
            a.call.remove_peer(c.dev)
            a.sealer.use(0, 1, base_key("a", 1))
            a.call.keys_switched(removal=True)
            b.openers["a"].add(0, 1, base_key("a", 1))
            assert states == ["closed"]
            a.call.picture_slot(c.dev).take()
            await until(lambda: c.call._links[a.dev].state == "lost")
            assert c.stats_of(a).frames.opened <= sent
            assert a.call.picture_slot(c.dev).take() is None
            b.call.picture_slot(a.dev).take()
            await b.picture_from(a)

    asyncio.run(scenario())


def test_after_a_removal_nothing_sealed_before_is_sent_again():
    async def scenario():
        async with calling("ab", camera="a") as (a, b):
            await b.picture_from(a)
            sender = a.call._links[b.dev].sending.senders[2]
            newest = (sender._sequence - 1) & 0xFFFF
            a.sealer.use(0, 1, base_key("a", 1))
            a.call.keys_switched(removal=True)
            assert sender.repeat([newest], time.monotonic()) == 0

    asyncio.run(scenario())


def test_for_a_hidden_tile_nothing_is_sent_and_it_comes_back_with_a_key_frame():
    async def scenario():
        async with calling("ab", camera="a") as (a, b):
            await b.picture_from(a)
            b.call.set_tile(a.dev, 160, 90, False)
            await until(lambda: a.stats_of(b).sent.lines == 0)
            await asyncio.sleep(0.1)
            frames, sent = b.stats_of(a).video.frames, a.stats_of(b).frames.sealed
            await asyncio.sleep(0.2)
            assert b.stats_of(a).video.frames == frames
            assert a.stats_of(b).frames.sealed == sent
            b.call.picture_slot(a.dev).take()
            b.call.set_tile(a.dev, 160, 90, True)
            picture = await b.picture_from(a)
            assert (picture.width, picture.height) == (160, 90)

    asyncio.run(scenario())


def test_the_own_camera_has_a_preview_before_anybody_is_there():
    async def scenario():
        a = member("a", 0)
        a.call.set_tile(a.dev, 160, 90, True)
        a.call.set_camera(TestPicture(640, 360))
        await until(lambda: a.call.own_slot.puts > 2)
        picture = a.call.own_slot.take()
        assert (picture.width, picture.height) == (160, 90)
        assert picture.captured == pytest.approx(read_time_code(picture), abs=1e-3)
        assert a.call.stats().encoded_frames == 0
        a.call.set_camera(None)
        await a.call.close()

    asyncio.run(scenario())


def test_a_camera_that_fails_says_so_and_is_off():
    class Broken(TestPicture):
        def _run(self, frames):
            from media.errors import CameraError

            raise CameraError("lost", "unplugged")

    async def scenario():
        a = member("a", 0)
        told = []
        a.call.on_camera_failed = told.append
        a.call.set_camera(Broken())
        await until(lambda: told)
        assert str(told[0]) == "unplugged"
        assert not a.call._own.camera.video.active
        await a.call.close()

    asyncio.run(scenario())


def test_a_peer_that_falls_silent_is_weak_then_lost():
    async def scenario():
        now = time.monotonic()
        async with calling("ab") as (a, b):
            link_ = a.call._links[b.dev]
            states = []
            link_.on_state = states.append
            heartbeat = link_._heartbeat
            heartbeat.heard()
            heartbeat._clock = lambda: time.monotonic() + skipped[0]
            skipped = [0.0]
            heartbeat.heard = lambda: None
            assert now
            for silence in (2.9, 3.1, 5.1):
                skipped[0] = silence
                link_.tick(time.monotonic())
            assert states == ["weak", "lost"]
            assert not link_.is_open

    asyncio.run(scenario())


def test_a_peer_that_closes_is_lost_at_once():
    async def scenario():
        async with calling("ab") as (a, b):
            states = []
            a.call._links[b.dev].on_state = states.append
            await b.call.close()
            await until(lambda: states)
            assert states == ["lost"]

    asyncio.run(scenario())


def test_a_peer_is_in_a_call_once():
    async def scenario():
        async with calling("ab") as (a, b):
            with pytest.raises(ValueError, match="already"):
                a.call.add_peer(b.dev, a.openers["b"], True)
            a.call.remove_peer(device("nobody"))

    asyncio.run(scenario())


def open_sockets() -> int:
    import os

    return sum(
        "socket" in os.readlink(f"/proc/self/fd/{fd}")
        for fd in os.listdir("/proc/self/fd")
        if os.path.exists(f"/proc/self/fd/{fd}")
    )


def test_a_hundred_joins_and_leaves_leave_nothing_behind():
    async def scenario():
        a = member("a", 0)
        a.call.set_camera(TestPicture(320, 180, 15))
        counts = []
        for turn in range(100):
            b = member("b", 1)
            await link(a, b)
            if turn % 20 == 0:
                await b.picture_from(a)
            a.call.remove_peer(b.dev)
            await b.call.close()
            await until(lambda: not a.call._closing)
            if turn in (7, 99):
                await asyncio.sleep(0.05)
                gc.collect()
                counts.append((threading.active_count(), open_sockets(), len(asyncio.all_tasks())))
        assert counts[0] == counts[1]
        await a.call.close()
        await asyncio.sleep(0)
        assert len(asyncio.all_tasks()) == 1

    threads = threading.active_count()
    asyncio.run(scenario())
    assert threading.active_count() == threads
