"""The visible meetings on this network: found by mDNS, asked over the encrypted channel."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from app.meeting.contacts import Contacts
from app.meeting.entrance import Door, Told
from app.net.addresses import Address
from app.net.candidates import Candidate
from app.net.gate import OPEN, Gate
from app.net.room_tags import PUBLIC_DISCOVERY_KEY, matches
from app.screens import NearbyMeeting
from app.visit import Visit, VisitError
from crypto.handshake import PUBLIC_SECRET
from crypto.identity import fingerprint
from crypto.sodium import Random

ASK_AT_ONCE = 8
ASK_TIME = 3.0  # seconds for one meeting to say what it is
ASK_AGAIN = 8.0  # seconds; the number of people in a list need not be fresher


@dataclass(frozen=True)
class Found:
    """A visible meeting, where it is, and whose key we saw there."""

    addresses: tuple[Address, ...]
    told: Told

    @property
    def door(self) -> Door:
        """What to knock with: the host must be the one that the list showed."""
        return Door(PUBLIC_SECRET, fingerprint(self.told.host_key))


class Nearby:
    """Keeps a list of visible meetings while somebody looks at it; lives on the engine's loop."""

    def __init__(
        self,
        contacts: Contacts,
        random: Random,
        wall: Callable[[], float],
        changed: Callable[[], None],
        gate: Gate = OPEN,
    ) -> None:
        self._contacts = contacts
        self._gate = gate
        self._random = random
        self._wall = wall
        self._changed = changed
        self._found: dict[str, Found] = {}
        self._asking: dict[str, tuple[asyncio.Task[None], tuple[Address, ...]]] = {}
        self._room = asyncio.Semaphore(ASK_AT_ONCE)

    @property
    def meetings(self) -> tuple[NearbyMeeting, ...]:
        """What the home screen lists; one entry per host device, by title."""
        seen: dict[bytes, NearbyMeeting] = {}
        for key, found in self._found.items():
            told = found.told
            seen.setdefault(
                told.host_key,
                NearbyMeeting(
                    key=key,
                    title=told.title,
                    host_name=told.host_name,
                    people=told.people,
                    locked=told.locked,
                    lobby=told.lobby,
                    badge=told.badge,
                    password=told.password,
                ),
            )
        return tuple(sorted(seen.values(), key=lambda meeting: meeting.title.casefold()))

    def get(self, key: str) -> Found | None:
        """Return a meeting of the list by its key."""
        return self._found.get(key)

    def candidates(self, candidates: tuple[Candidate, ...]) -> None:
        """Take in what mDNS says now: ask the new ones, drop those that are gone."""
        now = self._wall()
        visible = {
            candidate.instance.hex(): candidate
            for candidate in candidates
            if matches(candidate, PUBLIC_DISCOVERY_KEY, now)
        }
        for key in [key for key in self._asking if key not in visible]:
            self._asking.pop(key)[0].cancel()
            if self._found.pop(key, None) is not None:
                self._changed()
        for key, candidate in visible.items():
            if key in self._asking and self._asking[key][1] == candidate.addresses:
                continue
            if key in self._asking:  # it moved: what it is stays listed until it is asked again
                self._asking[key][0].cancel()
            task = asyncio.create_task(self._ask(key, candidate))
            self._asking[key] = task, candidate.addresses

    async def close(self) -> None:
        """Stop asking."""
        tasks = [task for task, _ in self._asking.values()]
        self._asking.clear()
        self._found.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _ask(self, key: str, candidate: Candidate) -> None:
        addresses = tuple(candidate.addresses)
        while True:
            async with self._room:
                told = await self._told(addresses)
            before = self._found.get(key)
            if told is None:
                self._found.pop(key, None)
            else:
                self._found[key] = Found(addresses, told)
            if (before.told if before else None) != told:
                self._changed()
            await asyncio.sleep(ASK_AGAIN)

    async def _told(self, addresses: tuple[Address, ...]) -> Told | None:
        try:
            async with asyncio.timeout(ASK_TIME):
                visit = await Visit.begin(
                    addresses,
                    Door(PUBLIC_SECRET),
                    self._contacts,
                    self._random,
                    gate=self._gate,
                )
        except (VisitError, TimeoutError):
            return None  # not a visible meeting after all, or no longer there
        visit.close()
        return visit.told
