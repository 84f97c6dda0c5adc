"""Honest people, too many at once: all of them knock in one second, or come and go without end.

    python -m fakes.attacks.throng together LINK PEOPLE
    python -m fakes.attacks.throng fleeting LINK PEOPLE EACH_SECOND

"together": each knocks, takes the seat, and waits until it sees everybody; tells of each after how
many seconds it had a seat, or why not. "fleeting": each leaves as soon as it has a seat.
"""

import asyncio
import sys
import time

from fakes.attacker import tell

from app.visit import VisitError
from bench.people import Person

TOGETHER_S = 1.0  # in which all of them knock
PATIENCE_S = 60.0


async def come(person: Person, link: str) -> tuple[float, str]:
    """Knock; return when there was an answer, in seconds, and why there is no seat."""
    began = time.monotonic()
    reason = ""
    try:
        async with asyncio.timeout(PATIENCE_S):
            await person.join(link)
    except VisitError as error:
        reason = error.reason
    except TimeoutError:
        reason = "no answer"
    return round(time.monotonic() - began, 3), reason


async def together(link: str, people: int) -> None:
    """Let all come, and wait until each sees all who have a seat."""
    throng = [Person(f"P{number}") for number in range(people)]

    async def one(number: int) -> tuple[float, str]:
        await asyncio.sleep(TOGETHER_S * number / people)
        return await come(throng[number], link)

    tell("ready")
    answers = await asyncio.gather(*(one(number) for number in range(people)))
    seated = [who for who, (_, reason) in zip(throng, answers, strict=True) if not reason]
    names = {person.name for person in seated}

    async def sees_all(person: Person) -> bool:
        try:
            await person.until(
                lambda view: names <= {each.name for each in view.people}, "all", PATIENCE_S
            )
        except TimeoutError:
            return False
        return True

    listed = await asyncio.gather(*(sees_all(person) for person in seated))
    tell("result", answers=answers, listed=sum(listed))
    for person in throng:
        await person.leave()
    tell("gone")


async def fleeting(link: str, people: int, each_second: float) -> None:
    """Let people come, and go as soon as they are in."""

    async def one(number: int) -> str:
        await asyncio.sleep(number / each_second)
        person = Person(f"F{number}")
        _, reason = await come(person, link)
        await person.leave()
        return reason

    tell("ready")
    reasons = await asyncio.gather(*(one(number) for number in range(people)))
    tell("result", reasons=reasons)


if __name__ == "__main__":
    way, link, people, *rest = sys.argv[1:]
    if way == "together":
        asyncio.run(together(link, int(people)))
    else:
        asyncio.run(fleeting(link, int(people), float(rest[0])))
