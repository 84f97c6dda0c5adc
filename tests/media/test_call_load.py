"""A call on a computer that is too slow: it leaves pictures out, says so, and sound goes on."""

import asyncio

from fakes.media_calls import calling
from fakes.media_links import until


def test_a_slow_computer_sends_fewer_pictures_and_all_of_its_sound():
    async def scenario():
        async with calling("ab", camera="a") as (a, b):
            await until(lambda: b.stats_of(a).video.frames > 5)
            assert a.call.stats().computer.step == 0
            a.computer.late_ms = 90.0
            await until(lambda: a.call.stats().computer.step >= 2, 15.0)
            assert a.call.stats().computer.reason == "loop"
            assert a.call.stats().computer.loop.late_ms == 90.0
            await until(lambda: [size.fps for size in a.call.stats().encoded] == [15], 5.0)
            a.call.set_microphone(object())
            for number in range(50):
                a.sound.speak(b"opus %d" % number, 960 * number)
                await asyncio.sleep(0)
            await until(lambda: b.stats_of(a).audio.packets == 50)
            assert b.call.stats().computer.step == 0  # only who is slow

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
            assert size.encode_ms > 0
            await until(lambda: 0 < a.call.stats().computer.encoding < 3)
            assert b.call.stats().encoded == ()

    asyncio.run(scenario())
