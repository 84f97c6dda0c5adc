"""An honest program that follows links, one after the other, and says how each visit ended.

    python -m fakes.caller straight|looking LINK..
    python -m fakes.caller nearby TITLE
    python -m fakes.caller knock NAME SEED SECONDS LINK [PASSWORD]..

"straight" tries the addresses in the link; "looking" also those that the network announces for it,
for a few seconds. Goes as far as the door shows whose it is, and no further. Every line is
`{"what": "visited", "reason": why not, or nothing, "title": what the door showed}`. "nearby" looks
at the list of visible meetings until one of this title is in it, and says after how many seconds.
"knock" asks for a seat, under a name and with the identity of a seed, once with each password; it
waits so many seconds for an answer, and goes away when it has one.
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
from app.net.gate import Gate
from app.visit import Visit, VisitError
from crypto.identity import Identity
from crypto.invite import Invite
from crypto.sodium import random_bytes

LOOKING_S = 4.0
NOWHERE = (Address("10.77.0.250", 47100),)  # where who knocks claims to listen


async def go_straight(link: str, password: str = "") -> Visit:
    """Dial what stands in the link."""
    invite = Invite.parse(link)
    addresses = [Address(*address) for address in invite.addresses]
    door = Door(invite.secret, invite.host_fingerprint)
    return await Visit.begin(addresses, door, Contacts({}), random_bytes, password=password)


async def look_around(link: str) -> Visit:
    """Dial what stands in the link, and what is announced; raises VisitError in the end."""
    around = Around(Contacts({}), random_bytes, lambda: None, browse=True)
    await around.start()
    try:
        async with asyncio.timeout(LOOKING_S):
            return await around.reach(goals.from_text(link), Gate())
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


async def knock(name: str, seed: str, seconds: str, link: str, *passwords: str) -> None:
    """Ask for a seat."""
    identity = Identity(bytes.fromhex(seed))
    for password in passwords or ("",):
        try:
            visit = await go_straight(link, password)
            async with asyncio.timeout(float(seconds)):
                await visit.knock(identity, name, NOWHERE)
        except VisitError as error:
            tell("visited", reason=error.reason, left=error.tries_left)
        except TimeoutError:
            tell("visited", reason="waiting")
            visit.close()
        else:
            tell("visited", reason="let in")
            visit.close()
    tell("result")


async def main(way: str, links: list[str]) -> None:
    """Follow every link."""
    match way:
        case "nearby":
            return await find(links[0])
        case "knock":
            return await knock(*links)
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
