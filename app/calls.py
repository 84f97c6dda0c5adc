"""Who calls us: contacts whose tag is on the network, shown once they proved who they are."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.meeting.contacts import Contact, Contacts
from app.meeting.entrance import Door, Told
from app.net.addresses import Address
from app.net.candidates import Candidate
from app.net.gate import OPEN, Gate
from app.net.room_tags import matches
from app.screens import IncomingCall
from app.visit import Visit, VisitError
from crypto.contact import ring_key
from crypto.identity import fingerprint
from crypto.sodium import Random

RINGS_AT_MOST = 75.0  # seconds; a call lasts 60, and who calls on and on is not heard any longer
PROVE_AT_ONCE = 4
PROVE_TIME = 3.0  # seconds for a caller to prove who they are
PROVE_AGAIN = 2.0  # seconds until somebody who could not is asked again, at first ...
HASTY = 3  # ... and after so many times as seldom as somebody who could
LOOK_AGAIN = 8.0  # seconds until somebody who did is asked whether they still ring
RECOGNISE_AT_ONCE = 256  # contacts whose tags are looked for in one go: 3 ms of a meeting's loop
RECOGNISE_PAUSE = 0.02  # seconds between two of them, in which the rest of the program goes on

Seen = tuple[bytes, tuple[bytes, ...]]  # an announcement: instance and tags


@dataclass(frozen=True)
class Call:
    """A contact who rings: where they were reached, and what they said there."""

    contact: Contact
    addresses: tuple[Address, ...]
    told: Told

    @property
    def door(self) -> Door:
        """What to knock with: the contact's own secret, and the key that we know them by."""
        return Door(self.contact.secret, fingerprint(self.contact.public_key))

    @property
    def discovery_key(self) -> bytes:
        """What makes their tags recognisable while they ring."""
        return ring_key(self.contact.secret)


@dataclass
class _Ringer:
    """A contact whose tag is on the network."""

    task: asyncio.Task[None]
    addresses: list[tuple[Address, ...]]
    call: Call | None = None
    silent: bool = False  # declined, or too long: until the tag is gone
    until: float | None = None  # heard no longer than this, once they proved who they are


class Calls:
    """Keeps a list of contacts who ring, also during a meeting; lives on the engine's loop.

    A tag is a claim. Nothing is shown before the pinned identity was proven over the encrypted
    channel, and asking tells nobody but the contact who asks.
    """

    def __init__(
        self,
        contacts: Contacts,
        random: Random,
        wall: Callable[[], float],
        changed: Callable[[], None],
        *,
        allow_loopback: bool = False,
        gate: Gate = OPEN,
    ) -> None:
        self._contacts = contacts
        self._random = random
        self._wall = wall
        self._changed = changed
        self._allow_loopback = allow_loopback
        self._gate = gate
        self._candidates: tuple[Candidate, ...] = ()
        self._secrets: set[bytes] = set()  # of all contacts
        self._keys: dict[bytes, bytes] = {}  # ring keys by contact secret
        self._recognised: dict[Seen, frozenset[bytes]] = {}
        self._ringers: dict[bytes, _Ringer] = {}
        self._room = asyncio.Semaphore(PROVE_AT_ONCE)
        self._recognising: asyncio.Task[None] | None = None

    @property
    def incoming(self) -> tuple[IncomingCall, ...]:
        """What is shown of them; under the names by which we know them."""
        return tuple(
            IncomingCall(
                key=dev.hex(),
                dev=dev,
                name=call.contact.name,
                title=call.told.title,
                badge=self._contacts.badge(dev, call.contact.name),
            )
            for dev, ringer in self._ringers.items()
            if (call := ringer.call) is not None and not ringer.silent
        )

    def get(self, key: str) -> Call | None:
        """Return a call of the list by its key."""
        return next((r.call for dev, r in self._ringers.items() if dev.hex() == key), None)

    def by(self, dev: bytes) -> Call | None:
        """Return a contact's call, as long as it is to be heard."""
        ringer = self._ringers.get(dev)
        return ringer.call if ringer is not None and not ringer.silent else None

    def keep_within(self, gate: Gate) -> None:
        """Ask callers through this gate from now on; nothing goes on through the one before."""
        if gate is self._gate:
            return
        self._gate = gate
        for dev, ringer in self._ringers.items():
            if not ringer.task.done():
                ringer.task.cancel()
                ringer.task = asyncio.create_task(self._follow(dev))

    def decline(self, key: str) -> None:
        """Hear a contact no more until they stop and ring again; they are not told."""
        for dev, ringer in self._ringers.items():
            if dev.hex() == key:
                ringer.silent = True
                self._changed()

    def candidates(self, candidates: tuple[Candidate, ...]) -> None:
        """Take in what mDNS says now."""
        self._candidates = candidates
        if self._recognising is None or self._recognising.done():
            self._recognising = asyncio.create_task(self._recognise())

    async def close(self) -> None:
        """Hear nobody any more."""
        tasks = [ringer.task for ringer in self._ringers.values()]
        if self._recognising is not None:
            tasks.append(self._recognising)
        self._ringers.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # -- whose tags these are -----------------------------------------------------------------

    async def _recognise(self) -> None:
        """Look whose tags are on the network, without a hurry: a meeting may be on."""
        while True:
            candidates, known = self._candidates, self._contacts.callable()
            secrets = {contact.secret for contact in known.values()}
            if secrets != self._secrets:
                self._secrets = secrets
                self._keys = {s: key for s, key in self._keys.items() if s in secrets}
                self._recognised.clear()
            seen: dict[Seen, frozenset[bytes]] = {}
            for candidate in candidates if known else ():
                name = candidate.instance, candidate.tags
                if name not in self._recognised:
                    self._recognised[name] = await self._owners(candidate, list(known.items()))
                seen[name] = self._recognised[name]
            self._recognised = seen
            self._settle(candidates, seen)
            if candidates is self._candidates:
                return

    async def _owners(
        self, candidate: Candidate, known: Sequence[tuple[bytes, Contact]]
    ) -> frozenset[bytes]:
        """Return the contacts whose tags an announcement carries."""
        owners: set[bytes] = set()
        for first in range(0, len(known), RECOGNISE_AT_ONCE):
            now = self._wall()
            some = known[first : first + RECOGNISE_AT_ONCE]
            owners |= {dev for dev, c in some if matches(candidate, self._key_of(c), now)}
            await asyncio.sleep(RECOGNISE_PAUSE)
        return frozenset(owners)

    def _key_of(self, contact: Contact) -> bytes:
        key = self._keys.get(contact.secret)
        if key is None:
            key = self._keys[contact.secret] = ring_key(contact.secret)
        return key

    def _settle(
        self, candidates: tuple[Candidate, ...], seen: dict[Seen, frozenset[bytes]]
    ) -> None:
        """Begin with those who ring now, and end with those who stopped."""
        addresses: dict[bytes, list[tuple[Address, ...]]] = {}
        for candidate in candidates:
            for dev in seen.get((candidate.instance, candidate.tags), ()):
                addresses.setdefault(dev, []).append(candidate.addresses)
        for dev in [dev for dev in self._ringers if dev not in addresses]:
            self._ringers.pop(dev).task.cancel()
            self._changed()
        for dev, found in addresses.items():
            if dev in self._ringers:
                self._ringers[dev].addresses = found
            else:
                task = asyncio.create_task(self._follow(dev))
                self._ringers[dev] = _Ringer(task, found)

    # -- who they prove to be -----------------------------------------------------------------

    async def _follow(self, dev: bytes) -> None:
        """Ask a ringing contact who they are, until they stop or ring for too long."""
        loop = asyncio.get_running_loop()
        ringer = self._ringers[dev]
        failures = 0
        while ringer.until is None or loop.time() < ringer.until:
            async with self._room:
                call = await self._proven(dev)
            if call is not None and ringer.until is None:
                ringer.until = loop.time() + RINGS_AT_MOST
            failures = failures + 1 if call is None else 0
            if call != ringer.call:
                ringer.call = call
                self._changed()
            await asyncio.sleep(PROVE_AGAIN if 0 < failures <= HASTY else LOOK_AGAIN)
        ringer.silent = True
        self._changed()

    async def _proven(self, dev: bytes) -> Call | None:
        contact = self._contacts.callable().get(dev)
        if contact is None:
            return None  # forgotten meanwhile
        door = Door(contact.secret, fingerprint(contact.public_key))
        for addresses in list(self._ringers[dev].addresses):
            try:
                async with asyncio.timeout(PROVE_TIME):
                    visit = await Visit.begin(
                        addresses,
                        door,
                        self._contacts,
                        self._random,
                        allow_loopback=self._allow_loopback,
                        gate=self._gate,
                    )
            except (VisitError, TimeoutError):
                continue  # somebody who repeats their announcement, or it is over
            visit.close()
            return Call(contact, addresses, visit.told)
        return None
