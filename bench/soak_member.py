"""People of one computer in a long meeting, one after the other, on strings (bench.soak).

    python -m bench.soak_member

Takes orders as lines: `host NUMBER`, `join NUMBER LINK`, `leave`, `remove NUMBER`, `lead NUMBER`.
A person is called P and the number; their pictures bear it. Tells several times a second, as JSON,
how things stand: who is here, what was seen, what of that was wrong, what this process holds.
"""

import asyncio
import contextlib
import functools
import gc
import json
import sys
import time
from collections import Counter
from typing import Any

from app.meeting.view import MeetingView
from app.meeting.wishes import HandOver, Remove, SetCamera
from app.visit import VisitError
from bench.long_call import holdings
from bench.marked_picture import HEIGHT, MARKS, WIDTH, MarkedPicture, Watcher
from bench.people import Person

EVERY_S = 0.25
HOLDS_EVERY = 4  # lines between two looks at what is held
STAYING = 16  # the first people, who are there all day: their marks are nobody else's


def mark_of(number: int) -> int:
    """Return the mark of a person's pictures: of two who are there at once, never the same."""
    return number if number < STAYING else STAYING + (number - STAYING) % (MARKS - STAYING)


class Stay:
    """One person's stay in the meeting."""

    def __init__(self, number: int) -> None:
        self.number = number
        camera = functools.partial(MarkedPicture, mark_of(number))
        self.person = Person(f"P{number}", camera=camera)
        self.watcher = Watcher(time.monotonic())
        self._watched: dict[bytes, int] = {}
        self._over_at = 0.0
        self.after_the_end = 0  # pictures that came when it was over for this person

    async def begin(self, link: str) -> str:
        """Host, or join by a link; return the link of a host."""
        if link:
            await self.person.join(link)
        else:
            link = await self.person.host("A day")
        self.watcher = Watcher(time.monotonic())
        self.person.wish(SetCamera(True))
        return link

    def look(self) -> MeetingView:
        """Watch whoever came, and note who went."""
        now, view = time.monotonic(), self.person.view
        here = {each.dev: int(each.name[1:]) for each in view.people if not each.is_me}
        for dev in here.keys() - self._watched.keys():
            self._watch(dev, mark_of(here[dev]))
        for dev in self._watched.keys() - here.keys():
            self.watcher.out(self._watched.pop(dev), now)
        if self.person.over and not self._over_at:
            self._over_at = now
        return view

    def _watch(self, dev: bytes, mark: int) -> None:
        self._watched[dev] = mark
        self.watcher.comes(mark)
        self.person.call.set_tile(dev, WIDTH, HEIGHT, True)
        slot = self.person.call.picture_slot(dev)

        def put() -> None:
            picture = slot.take()
            if picture is not None:
                self.watcher.look(picture, mark)
                self.after_the_end += bool(
                    self._over_at and time.monotonic() > self._over_at + EVERY_S
                )

        slot.on_put = put


class Member:
    """Whoever is in from this computer, and what all of them saw together."""

    def __init__(self) -> None:
        self._stay: Stay | None = None
        self._seen = 0
        self._wrong: Counter[str] = Counter()
        self._unreadable = 0
        self._lines = 0
        self._failed = ""

    async def obey(self, order: str, *words: str) -> None:
        """Carry out an order."""
        match order:
            case "host" | "join":
                await self._leave()
                self._failed = ""
                stay = Stay(int(words[0]))
                try:
                    await stay.begin(words[1] if order == "join" else "")
                except VisitError as error:
                    self._failed = error.reason
                    await stay.person.close()
                else:
                    self._stay = stay
            case "leave":
                await self._leave()
            case "remove" | "lead" if self._stay is not None:
                with contextlib.suppress(StopIteration):  # who is gone by now
                    dev = self._stay.person.dev_of(f"P{words[0]}")
                    self._stay.person.wish(Remove(dev) if order == "remove" else HandOver(dev))

    async def _leave(self) -> None:
        stay, self._stay = self._stay, None
        if stay is None:
            return
        await stay.person.leave()
        self._count(stay)
        del stay
        gc.collect()

    def _count(self, stay: Stay) -> None:
        self._seen += stay.watcher.seen.total()
        self._wrong += stay.watcher.wrong
        self._unreadable += stay.watcher.unreadable
        if stay.after_the_end:
            self._wrong["after the end"] += stay.after_the_end

    def told(self) -> dict[str, Any]:
        """Return how things stand."""
        said: dict[str, Any] = {"at": time.monotonic(), "number": None, "failed": self._failed}
        if self._stay is not None:
            said |= self._of_stay(self._stay)
        said["all_seen"], said["wrong"] = self._seen, dict(self._wrong)
        said["unreadable"] = self._unreadable
        if self._lines % HOLDS_EVERY == 0:
            said["holds"] = holdings()
        self._lines += 1
        return said

    def _of_stay(self, stay: Stay) -> dict[str, Any]:
        view = stay.look()
        leader = next((each.name for each in view.people if each.is_host), "")
        return {
            "number": stay.number,
            "over": stay.person.over,
            "epoch": view.epoch,
            "leader": int(leader[1:]) if leader else None,
            "link": view.invitation,
            "frozen": view.frozen,
            "people": {
                int(each.name[1:]): each.presence.value for each in view.people if not each.is_me
            },
            "duplicates": len(view.people) - len({each.name for each in view.people}),
            "seen": {str(mark): count for mark, count in stay.watcher.seen.items()},
            "wrong_now": dict(stay.watcher.wrong),
        }


async def main() -> None:
    """Take orders until there are no more."""
    member = Member()
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)

    async def tell() -> None:
        while True:
            print(json.dumps(member.told()), flush=True)
            await asyncio.sleep(EVERY_S)

    telling = asyncio.create_task(tell())
    while line := (await reader.readline()).decode().split():
        await member.obey(*line)
    telling.cancel()


if __name__ == "__main__":
    asyncio.run(main())
