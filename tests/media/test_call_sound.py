"""Sound through a whole call: the real sound desk at both ends of a real link."""

import asyncio
import time
from types import SimpleNamespace

import pytest
from fakes.media_calls import FakeSound, link, member
from fakes.media_links import until

from crypto.frames import Sealer
from media.call_sound import CROWD, CallSound
from media.load import STEPS
from media.sound.desk import SoundDesk
from media.sound.microphone import open_microphone
from media.sound.speaker import open_speaker


def test_a_tone_sent_by_one_is_heard_by_the_other():
    async def scenario():
        a, b = member("a", 0), member("b", 1)
        desks = SoundDesk(time.monotonic), SoundDesk(time.monotonic)
        for one, desk in zip((a, b), desks, strict=True):
            assert isinstance(one.call._sound.desk, FakeSound)
            one.call._sound.desk = desk
            desk.start_speaker(open_speaker("none", time.monotonic))
        await link(a, b)
        a.call.set_microphone(open_microphone("test", time.monotonic))
        await until(lambda: b.stats_of(a).audio.packets > 50, 10.0)
        audio = b.stats_of(a).audio
        assert audio.level_db > -60
        assert audio.concealed_ratio < 0.5
        assert b.stats_of(a).frames.refused == 0
        assert a.stats_of(b).sent.audio_kbps > 5
        await asyncio.gather(a.call.close(), b.call.close())
        for desk in desks:
            desk.close()

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("listeners", "step", "shortest"),
    [(CROWD - 1, 0, 20), (CROWD, 0, 40), (CROWD, len(STEPS) - 1, 60), (0, 3, 40)],
)
def test_in_a_crowd_and_on_a_slow_computer_sound_comes_in_longer_packets(listeners, step, shortest):
    path = SimpleNamespace(
        plan=SimpleNamespace(sound_loss=0.0), estimator=SimpleNamespace(target_kbps=500.0)
    )
    desk, loop = FakeSound(), asyncio.new_event_loop()
    sound = CallSound(desk, Sealer(), {}, loop, lambda: 0.0)
    sound.follow(STEPS[step])
    sound.tick([SimpleNamespace(sending=path)] * listeners, 1.0)
    loop.close()
    assert desk.shortest_packet_ms == shortest
