"""A call on a computer that is too slow: it leaves pictures out, says so, and sound goes on."""

import asyncio

from fakes.media_calls import calling, said_now
from fakes.media_links import until

from media.load import STEPS


def test_a_slow_computer_sends_fewer_pictures_and_all_of_its_sound():
    async def scenario():
        async with calling("ab", camera="a") as (a, b):
            await until(lambda: b.stats_of(a).video.frames > 5)
            assert a.call.stats().computer.step == 0
            a.computer.late_ms = 90.0
            await until(lambda: a.call.stats().computer.step >= 2, 15.0)
            assert a.call.stats().computer.reason == "loop"
            assert a.call.stats().computer.loop.late_ms == 90.0
            await until(lambda: 0 < a.call.stats().encoded[0].fps < 17, 5.0)
            a.call.set_microphone(object())
            for number in range(50):
                a.sound.speak(b"opus %d" % number, said_now(960 * number))
                await asyncio.sleep(0)
            await until(lambda: b.stats_of(a).audio.packets == 50)
            assert b.call.stats().computer.step == 0  # only who is slow

    asyncio.run(scenario())


def test_a_slow_computer_sends_signs_smaller_and_as_fluently_as_they_are_read():
    async def scenario():
        async with calling("ab", camera="a") as (a, b):
            a.call.prefer_motion(True)
            await until(lambda: b.stats_of(a).video.frames > 5)
            a.computer.late_ms = 90.0
            await until(lambda: a.call.stats().computer.step in (2, 3), 15.0)
            a.computer.late_ms = 40.0  # neither trouble nor ease
            await until(lambda: 0 < a.call.stats().encoded[0].fps < 25, 5.0)
            assert a.call.stats().encoded[0].fps > 17

    asyncio.run(scenario())


def test_who_is_not_looked_at_is_asked_for_fewer_pictures_by_a_slow_computer_only():
    def asked(of, by):
        video = by.stats_of(of).video
        return video.asked_lines, video.asked_fps

    async def scenario():
        async with calling("abc") as (a, b, c):
            a.call.set_tile(b.dev, 640, 360, True)
            a.call.set_tile(c.dev, 320, 180, True)
            a.call.look_at(frozenset({b.dev}))
            assert (asked(b, by=a), asked(c, by=a)) == ((360, 30), (180, 30))
            a.computer.late_ms = 500.0
            await until(lambda: a.call.stats().computer.step == STEPS[-1].step, 20.0)
            await until(lambda: asked(c, by=a) == (180, 0))
            assert asked(b, by=a) == (360, 30)
            a.call.look_at(frozenset({c.dev}))
            assert (asked(b, by=a), asked(c, by=a)) == ((360, 0), (180, 30))
            a.call.set_screen_tile(b.dev, 1280, 720, True)  # a screen is looked at, whoever speaks
            await until(lambda: a.screen_asked_of(b).lines == 720)
            assert a.screen_asked_of(b).fps == 30
            a.call.set_tile(c.dev, 320, 180, False)
            assert asked(c, by=a) == (0, 0)
            assert asked(a, by=b) == (720, 30)  # who shows no tiles takes all there is

    asyncio.run(scenario())


def test_the_statistics_of_a_call_tell_of_both_directions():
    async def scenario():
        async with calling("ab", camera="a") as (a, b):
            await until(lambda: b.stats_of(a).video.fps > 5 and a.stats_of(b).rtt_ms, 10.0)
            there, here = a.stats_of(b), b.stats_of(a)
            assert there.uplink.estimate_kbps > 0
            assert 0 < there.uplink.budget_kbps <= there.uplink.estimate_kbps
            assert there.uplink.loss < 0.5
            assert here.downlink.loss <= 1.0
            assert here.video.decode_ms > 0
            (size,) = a.call.stats().encoded
            assert (size.width, size.height) == (320, 180)
            assert 0 < size.encode_ms <= size.encode_p95_ms
            await until(lambda: 0 < a.call.stats().computer.encoding < 3)
            assert b.call.stats().encoded == ()

    asyncio.run(scenario())


def test_what_a_path_did_not_bear_and_a_speaker_did_not_get_is_told():
    async def scenario():
        async with calling("ab") as (a, b):
            link = a.call._links[b.dev]
            for number, stream in enumerate((a.call._own.camera, a.call._own.screen), 1):
                stream._feeds[link].left_out = number
            assert a.stats_of(b).sent.left_out == 3
            a.sound.underruns = 7
            await until(lambda: a.call.stats().computer.underruns == 7)

    asyncio.run(scenario())
