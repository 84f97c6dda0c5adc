"""An honest program that follows links, one after the other, and says how each visit ended.

    python -m fakes.caller straight|looking LINK..
    python -m fakes.caller nearby TITLE

"straight" tries the addresses in the link; "looking" also those that the network announces for it,
for a few seconds. Goes as far as the door shows whose it is, and no further. Every line is
`{"what": "visited", "reason": why not, or nothing, "title": what the door showed}`. "nearby" looks
at the list of visible meetings until one of this title is in it, and says after how many seconds.
"""

import asyncio
import sys
import time

from fakes.attacker import tell

from app import goal as goals
from app.around import Around
from app.meeting.contacts import Contacts
from app.meeting.entrance import Door
from app.net.addresses import Address
from app.visit import Visit, VisitError
from crypto.invite import Invite
from crypto.sodium import random_bytes

LOOKING_S = 4.0


async def go_straight(link: str) -> Visit:
    """Dial what stands in the link."""
    invite = Invite.parse(link)
    addresses = [Address(*address) for address in invite.addresses]
    door = Door(invite.secret, invite.host_fingerprint)
    return await Visit.begin(addresses, door, Contacts({}), random_bytes)


async def look_around(link: str) -> Visit:
    """Dial what stands in the link, and what is announced; raises VisitError in the end."""
    around = Around(Contacts({}), random_bytes, lambda: None, browse=True)
    await around.start()
    try:
        async with asyncio.timeout(LOOKING_S):
            return await around.reach(goals.from_text(link))
    except TimeoutError:
        raise VisitError("looked in vain") from None
    finally:
        await around.close()


async def find(title: str) -> None:
    """Wait for a title in the list of what is nearby."""
    changed = asyncio.Event()
    around = Around(Contacts({}), random_bytes, changed.set, browse=True)
    began = time.monotonic()
    await around.start()
    while title not in [meeting.title for meeting in around.nearby.meetings]:
        changed.clear()
        await changed.wait()
    tell("result", seconds=time.monotonic() - began, listed=len(around.nearby.meetings))
    await around.close()


async def main(way: str, links: list[str]) -> None:
    """Follow every link."""
    if way == "nearby":
        await find(links[0])
        return
    for link in links:
        try:
            visit = await (go_straight if way == "straight" else look_around)(link)
        except VisitError as error:
            tell("visited", reason=error.reason, title="")
        else:
            visit.close()
            tell("visited", reason="", title=visit.told.title)
    tell("result")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2:]))
