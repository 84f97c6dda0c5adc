"""Copies of the app without windows, devices or a network: real sessions over loopback."""

import asyncio
import gc
import os
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from app.guest import PassingMemory
from app.intents import Enter, Intent, JoinLink, StartMeeting
from app.meeting.contacts import Contacts
from app.meeting.view import MeetingView, Presence
from app.meeting.wishes import Admit
from app.net.signalling import Address
from app.recents import Recents
from app.screens import Farewell, Home, InMeeting, Preview, Screen, Waiting
from app.session import Session
from app.studio import Choice
from app.ways import Ways
from crypto.identity import device_id
from crypto.sodium import random_bytes
from crypto.vault_content import OpenInvite, Proof, Verified

PATIENT = 40.0  # seconds on a busy machine; each step takes milliseconds on an idle one
LOOPBACK = Address("127.0.0.1", 0)
NO_DEVICES = Choice(camera="test", microphone="test", speaker="none")

KEPT_WITH_THE_CALL = ("asyncio", "decod")
"""Names of threads that are shared: the loop's own, and those that decode everybody's pictures."""

Kind = TypeVar("Kind", bound=Screen)


class Notebook(PassingMemory):
    """A memory that a test can read."""

    def __init__(self, contacts: Contacts | None = None) -> None:
        super().__init__()
        self.kept: dict[bytes, tuple[str, Verified]] = {}
        self.befriended: dict[bytes, bytes] = {}
        self.accused: list[Proof] = []
        self.links: tuple[OpenInvite, ...] = ()
        self.known = contacts or Contacts({})

    def contacts(self) -> Contacts:
        return self.known

    def remember(self, public_key: bytes, name: str, verified: Verified) -> None:
        self.kept[device_id(public_key)] = (name, verified)

    def keep_contact(self, public_key: bytes, name: str, secret: bytes) -> None:
        self.befriended[device_id(public_key)] = secret

    def proofs(self) -> tuple[Proof, ...]:
        return tuple(self.accused)

    def keep_proof(self, voucher: bytes, first: bytes, second: bytes) -> None:
        self.accused.append(Proof(1_800_000_000, voucher, first, second))

    def invitations(self) -> tuple[OpenInvite, ...]:
        return self.links

    def keep_invitations(self, links: tuple[OpenInvite, ...]) -> None:
        self.links = links

    def forget(self, dev: bytes) -> None:
        self.kept.pop(dev, None)


@dataclass
class Copy:
    """One running session and every screen it has shown."""

    name: str
    memory: Notebook
    session: Session = field(init=False)
    screens: list[Screen] = field(default_factory=list)
    ways: Ways | None = None
    recents: Recents | None = None

    def __post_init__(self) -> None:
        ways = self.ways or Ways(
            name=self.name, choice=NO_DEVICES, listen=LOOPBACK, look_around=False
        )
        self.session = Session(
            self.memory, ways, self.screens.append, random_bytes, recents=self.recents
        )

    @property
    def screen(self) -> Screen:
        return self.session.screen

    @property
    def view(self) -> MeetingView:
        assert isinstance(self.screen, InMeeting), self.screen
        return self.screen.view

    @property
    def dev(self) -> bytes:
        return self.memory.identity().dev

    def asks(self, *intents: Intent) -> None:
        for intent in intents:
            self.session.handle(intent)

    async def until(self, fact: Callable[[], object], seconds: float = PATIENT) -> None:
        """Wait until something is so."""
        deadline = time.monotonic() + seconds
        while not fact():
            assert time.monotonic() < deadline, f"{self.name} still shows {self.screen}"
            await asyncio.sleep(0.01)

    async def sees(self, kind: type[Kind], seconds: float = PATIENT) -> Kind:
        """Wait for a kind of screen; return it."""
        await self.until(lambda: isinstance(self.screen, kind), seconds)
        assert isinstance(self.screen, kind)
        return self.screen

    async def hosts(
        self, lobby: bool = True, title: str = "Tea", password: str = "", lan_only: bool = False
    ) -> str:
        """Open a meeting; return the invitation."""
        self.asks(
            StartMeeting(
                title,
                self.name,
                visible=False,
                lobby=lobby,
                password=password,
                lan_only=lan_only,
            )
        )
        await self.sees(Preview)
        self.asks(Enter(self.name))
        return (await self.sees(InMeeting)).view.invitation

    async def previews(self, link: str) -> Preview:
        """Follow an invitation as far as the preview that knows whose it is."""
        self.asks(JoinLink(link, self.name))
        await self.until(lambda: isinstance(self.screen, Preview) and self.screen.host_name)
        return await self.sees(Preview)

    async def knocks(self, link: str) -> None:
        """Follow an invitation and knock."""
        await self.previews(link)
        self.asks(Enter(self.name))

    async def admits(self) -> None:
        """Let in whoever knocks first."""
        await self.until(lambda: isinstance(self.screen, InMeeting) and self.screen.view.knocks)
        self.asks(Admit(self.view.knocks[0].join_id))

    def is_settled(self, people: int) -> bool:
        """Tell whether so many are in, all of them connected, and the code is there."""
        if not isinstance(self.screen, InMeeting):
            return False
        view = self.screen.view
        return (
            len(view.people) == people
            and view.code is not None
            and all(p.is_me or p.presence is Presence.CONNECTED for p in view.people)
        )


@asynccontextmanager
async def company(*names: str) -> AsyncIterator[list[Copy]]:
    """Run sessions in this loop, and end them all."""
    copies = [Copy(name, Notebook()) for name in names]
    running = [asyncio.create_task(copy.session.run()) for copy in copies]
    try:
        yield copies
    finally:
        for task in running:
            task.cancel()
        for result in await asyncio.gather(*running, return_exceptions=True):
            assert isinstance(result, asyncio.CancelledError), result


async def gather_in(host: Copy, *guests: Copy) -> str:
    """Let everybody meet, without a lobby; return the invitation."""
    link = await host.hosts(lobby=False)
    await asyncio.gather(*(guest.knocks(link) for guest in guests))
    for copy in (host, *guests):
        await copy.until(lambda c=copy: c.is_settled(1 + len(guests)))
    return link


@dataclass(frozen=True)
class Footprint:
    """What this process has open now."""

    tasks: int
    threads: frozenset[str]
    sockets: int

    @classmethod
    def now(cls) -> "Footprint":
        names = frozenset(
            thread.name
            for thread in threading.enumerate()
            if not thread.name.startswith(KEPT_WITH_THE_CALL)
        )
        return cls(len(asyncio.all_tasks()), names, _open_sockets())

    def is_back(self) -> bool:
        """Tell whether no more is open than then."""
        gc.collect()
        now = Footprint.now()
        return (
            now.tasks <= self.tasks and now.threads <= self.threads and now.sockets <= self.sockets
        )


def _open_sockets() -> int:
    folder = "/proc/self/fd"
    if not os.path.isdir(folder):
        return 0
    found = 0
    for name in os.listdir(folder):
        try:
            found += os.readlink(f"{folder}/{name}").startswith("socket:")
        except OSError:
            continue
    return found


__all__ = [
    "Copy",
    "Farewell",
    "Footprint",
    "Home",
    "InMeeting",
    "Notebook",
    "Preview",
    "Waiting",
    "company",
    "gather_in",
]
