"""Sound through a whole call: the real sound desk at both ends of a real link."""

import asyncio
import time

from fakes.media_calls import FakeSound, link, member
from fakes.media_links import until

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
