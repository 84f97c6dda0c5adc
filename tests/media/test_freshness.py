"""After sleep, a long outage or a clock that stood still nothing of before is shown or heard."""

import asyncio

import numpy as np
import pytest
from fakes.media_calls import Member, calling, said_now
from fakes.media_links import until
from fakes.sound_network import Listener, send
from fakes.speech import speech

from media.freshness import AGELESS, OLDEST, is_old
from media.path.heartbeat import Heartbeat, media_time
from media.path.rtp_packet import MICROPHONE
from media.sealing import frame_flags
from media.slot import Slot
from media.sound.samples import RATE
from media.video.camera import CapturedFrame
from media.video.layers import CAMERA_LADDER
from media.video.pyramid import EncodingPlan, Pyramid
from media.video.stream import VideoStream
from media.video.vp8 import pack


class AtOnce:
    """A pool that decodes at once, and shows what waits for its sound when it is told to."""

    def __init__(self):
        self.waiting = []

    def schedule(self, stream):
        stream.work()

    def later(self, _due, show):
        self.waiting.append(show)


def shown(age, oldest=OLDEST, heard_ts=lambda: None, meanwhile=0.0):
    """Return whether a picture captured `age` seconds ago is shown, `meanwhile` seconds later."""
    now, pool, slot = [100.0], AtOnce(), Slot()
    stream = VideoStream(pool, slot, lambda: now[0], heard_ts, oldest=oldest)
    picture = CapturedFrame(np.full((96, 160, 3), 90, np.uint8), "bgr", 160, 96, 100.0 - age)
    pyramid = Pyramid(CAMERA_LADDER, lambda: now[0])
    for made in pyramid.encode(picture, EncodingPlan({0: 300})):
        stream.push(frame_flags(made.frame.key, 0), pack(made.frame), made.media_ts, 100.0 - age)
    pyramid.close()
    now[0] += meanwhile
    for show in pool.waiting:
        show()
    return slot.take() is not None, stream.counters["video_old"]


def test_a_picture_of_long_ago_is_decoded_but_not_shown():
    assert shown(0.5) == (True, 0)
    assert shown(OLDEST - 0.1) == (True, 0)
    assert shown(OLDEST + 0.1) == (False, 1)


def test_a_picture_that_waited_for_its_sound_while_the_computer_slept_is_not_shown():
    def heard():
        return media_time(100.0 - 0.2, RATE)  # its sound is heard only 0.2 s from now

    assert shown(0.0, heard_ts=heard, meanwhile=0.1) == (True, 0)
    assert shown(0.0, heard_ts=heard, meanwhile=8.0) == (False, 1)


def test_a_screen_that_stands_still_is_of_now():
    assert shown(600.0, oldest=AGELESS) == (True, 0)


def test_of_what_nobody_knows_the_age_nothing_is_claimed():
    assert not is_old(None, 1e9)


def said(a: Member, b: Member, word: bytes, ago: float) -> None:
    media_ts = said_now(-round(ago * RATE))
    sealed = a.sealer.seal(MICROPHONE.context, MICROPHONE.codec, 0, media_ts, word)
    a.call._links[b.dev].send(MICROPHONE, [sealed], media_ts, 0.0)


def test_a_word_of_long_ago_is_not_heard():
    async def scenario():
        async with calling("ab") as (a, b):
            link = b.call._links[a.dev]
            await until(lambda: link.round_trip is not None)
            said(a, b, b"old", OLDEST + 1.0)
            said(a, b, b"now", 0.0)
            heard = b.sound.players[a.dev].packets
            await until(lambda: heard)
            assert [packet for _, _, packet in heard] == [b"now"]
            assert b.stats_of(a).counters["sound_old"] == 1

    asyncio.run(scenario())


@pytest.mark.parametrize("asleep", [8.0, 45.0])
def test_what_waited_to_be_played_when_the_computer_slept_is_not_played(asleep):
    sound = speech(4.0, seed=3)
    listener = Listener()
    before = [item for item in send(sound) if item.arrives < 2.0]
    heard = listener.listen(before, 2.0)
    assert np.abs(heard[-RATE:]).max() > 0.01, "nothing was said before"
    playout = listener.playout
    assert playout.stats.buffer_ms > 0, "nothing waited"
    for number in range(20):
        block = playout.pull(2.0 + asleep + number / 100)
        assert np.abs(block).max() < 1e-4


def exchange(now, one, two, there, back):
    report = one.outgoing()
    now[0] += there
    two.incoming(report)
    answer = two.outgoing()
    now[0] += back
    one.incoming(answer)


def test_a_clock_that_stood_still_is_noticed_with_the_next_exchange():
    now, slept = [1000.0], [0.0]
    awake, sleeper = Heartbeat(lambda: now[0]), Heartbeat(lambda: now[0] - slept[0])
    for _ in range(10):
        exchange(now, awake, sleeper, 0.010, 0.010)
        now[0] += 1.0
    assert awake.offset == pytest.approx(0.0, abs=1e-3)
    now[0] += 3600.0
    slept[0] = 3600.0  # as on Linux, where the clock rests while the computer is suspended
    exchange(now, awake, sleeper, 0.030, 0.010)
    assert awake.offset == pytest.approx(-3600.0, abs=0.02)
    captured = awake.captured(media_time(now[0] - 3600.0, RATE), RATE)
    assert not is_old(captured, now[0])


def test_a_slow_exchange_is_no_clock_that_stood_still():
    now = [1000.0]
    one, two = Heartbeat(lambda: now[0]), Heartbeat(lambda: now[0])
    exchange(now, one, two, 0.010, 0.010)
    now[0] += 1.0
    exchange(now, one, two, 2.0, 0.010)  # all of the delay is on one way
    assert one.offset == pytest.approx(0.0, abs=1e-3)
