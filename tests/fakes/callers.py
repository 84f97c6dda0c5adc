"""People who call each other: contacts, and a made-up network on which their calls are seen."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fakes.company import Copy, Farewell, Home, gather_in

from app.announcing import keys_of
from app.intents import GoHome
from app.meeting.calling import Signs
from app.meeting.contacts import Contact
from app.meeting.view import Tie
from app.meeting.wishes import AddContact, End
from app.net.candidates import Candidate
from app.net.room_tags import hour_of, tags_for
from crypto.sodium import random_bytes

LOOK = 0.02  # seconds between two looks at who announces what


async def befriend(one: Copy, other: Copy) -> None:
    """Let two people meet, become contacts, and go home."""
    await gather_in(one, other)
    one.asks(AddContact(other.dev))
    await other.until(lambda: other.view.people[0].tie is Tie.WANTED)
    other.asks(AddContact(one.dev))
    for copy in (one, other):
        await copy.until(
            lambda c=copy: {p.tie for p in c.view.people if not p.is_me} == {Tie.CONTACT}
        )
    one.asks(End())
    for copy in (one, other):
        await copy.sees(Farewell)
        copy.asks(GoHome())
        await copy.sees(Home)


def know_each_other(one: Copy, other: Copy, secret: bytes = b"s" * 32) -> None:
    """Let two people have become contacts long ago."""
    for me, them in ((one, other), (other, one)):
        contact = Contact(them.memory.identity().public, them.name, secret=secret)
        me.memory.known.befriend(them.dev, contact)


def announced(host: Copy) -> Candidate:
    """Return what a host would have on the wall of the network now."""
    conductor, room = host.session.conductor, host.session._attendance.room
    assert conductor is not None
    assert room is not None
    signs = conductor.meeting.signs
    assert signs is not None
    instance = random_bytes(8)
    tags = tags_for(keys_of(signs), instance, hour_of(time.time()), random_bytes)
    return Candidate(instance, (room.addresses[0],), tags)


@asynccontextmanager
async def network(*copies: Copy) -> AsyncIterator[None]:
    """Let everybody see what the others announce, at once and as long as they do."""
    shown: dict[str, tuple[Signs, Candidate]] = {}

    def look() -> None:
        for copy in copies:
            conductor = copy.session.conductor
            signs = conductor.meeting.signs if conductor is not None else None
            if signs is None or copy.session._attendance.room is None:
                shown.pop(copy.name, None)
            elif copy.name not in shown or shown[copy.name][0] != signs:
                shown[copy.name] = signs, announced(copy)
        for copy in copies:
            seen = tuple(found for name, (_, found) in shown.items() if name != copy.name)
            if copy.session._around.calls._candidates != seen:
                copy.session._around._found(seen)

    async def go_on() -> None:
        while True:
            look()
            await asyncio.sleep(LOOK)

    for copy in copies:
        copy.session._around.calls._allow_loopback = True
    task = asyncio.create_task(go_on())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
