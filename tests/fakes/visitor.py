"""People who join a meeting and leave it again, many times over.

    python -m fakes.visitor TIMES LINK...

One person by each link, all at once, for a host lets people in twice a second. Says one line after
each visit.
"""

import asyncio
import sys

from app.meeting.view import MeetingView
from app.meeting.wishes import SetCamera
from bench.people import Person
from crypto.sodium import SEED_BYTES, random_bytes
from media.video.camera import TestPicture

VISIT_S = 20.0  # for one visit, on a machine that does other things too


def is_with_the_host(view: MeetingView) -> bool:
    """Tell whether media flows between this person and the host."""
    return any(each.is_host and each.presence.value == "connected" for each in view.people)


async def visit(link: str, name: str, seed: bytes) -> None:
    """Join, see the host and be seen, leave."""
    person = Person(name, seed=seed, camera=TestPicture)
    try:
        await person.join(link)
        person.wish(SetCamera(True))
        view = await person.until(is_with_the_host, "a link to the host", VISIT_S)
        host = next(each.dev for each in view.people if each.is_host)
        await person.first_picture(host, VISIT_S)
    finally:
        await person.leave()
    print(f"{name} was there", flush=True)


async def main(times: int, links: list[str]) -> None:
    """Let one person visit by each link so many times."""
    people = [(link, f"Visitor {n + 1}", random_bytes(SEED_BYTES)) for n, link in enumerate(links)]
    for _ in range(times):
        await asyncio.gather(*(visit(*person) for person in people))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2:]))
