"""One person in a meeting, in a process of its own, who says when each picture of the other came.

    python -m bench.onlooker host
    python -m bench.onlooker join LINK

Every line of its output is JSON: {"link": ...} first from a host, then {"picture": when it came,
"taken": when it was captured}, both on the monotonic clock that all processes of a computer share,
{"sound": when, "age": of what was heard of the other just before, in seconds}, and
{"state": how the link to the other stands, "at": when}.
"""

import asyncio
import json
import os
import sys
import time
from typing import Any

from app.meeting.view import MeetingView
from app.meeting.wishes import SetCamera, SetMicrophone
from bench.people import Person
from bench.sound_clock import ClockEar, ClockMicrophone
from media.sound.desk import SoundDesk
from media.video.camera import TestPicture


def say(**what: Any) -> None:
    """Write one line, in one piece: decoders speak, too."""
    os.write(1, json.dumps(what).encode() + b"\n")


async def look_on(words: list[str]) -> None:
    """Meet the other and tell what is seen of them, until the process is ended."""
    desk, ear = SoundDesk(time.monotonic), ClockEar()
    desk.start_speaker(ear)
    person = Person(words[0], camera=TestPicture, microphone=ClockMicrophone, sound=desk)
    if words[0] == "host":
        say(link=await person.host("An outage"))
    else:
        await person.join(words[1])
    person.wish(SetCamera(True))
    person.wish(SetMicrophone(True))
    view = await person.until(lambda view: len(view.people) == 2, "the other", within=60.0)
    other = next(each.dev for each in view.people if not each.is_me)
    person.call.set_tile(other, 640, 360, True)
    slot = person.call.picture_slot(other)

    def put() -> None:
        picture = slot.take()
        if picture is not None:
            say(picture=time.monotonic(), taken=picture.captured)

    slot.on_put = put
    told = ""

    def state(view: MeetingView) -> str:
        return next((p.presence.value for p in view.people if p.dev == other), "gone")

    while not person.over:
        now = state(person.view)
        if now != told:
            told = now
            say(state=told, at=time.monotonic())
        if (age := ear.oldest()) is not None:
            say(sound=time.monotonic(), age=round(age, 3))
        await asyncio.sleep(0.05)
    say(state=f"over: {person.over}", at=time.monotonic())


if __name__ == "__main__":
    asyncio.run(look_on(sys.argv[1:]))
