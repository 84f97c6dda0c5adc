"""Keeps a door in the router open as long as a meeting wants it, and gives it back at the end."""

import asyncio
import logging
from collections.abc import Callable, Container
from dataclasses import dataclass
from enum import Enum
from typing import Final

from app.net.addresses import Address
from app.net.router.door import Door, Router
from app.net.router.terms import Protocol, RouterError

SHORTEST_PAUSE: Final = 2.0  # seconds between two questions, however short a lease is
TRY_AGAIN: Final = 15.0  # seconds until a door that was lost is asked for again

log = logging.getLogger(__name__)


class Phase(Enum):
    """How it stands with the door."""

    CLOSED = "closed"
    ASKING = "asking"
    OPEN = "open"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class DoorState:
    """What is shown of the door: where it is when it is open, why it is not when it failed."""

    phase: Phase = Phase.CLOSED
    address: Address | None = None
    why: str = ""  # a value of Why; a key of the texts
    detail: str = ""  # an address, where `why` has to do with one

    @property
    def is_wanted(self) -> bool:
        """Tell whether somebody asked for the door."""
        return self.phase is not Phase.CLOSED


class Doorman:
    """One door for one port; `changed` is called when its state has changed. On one loop only."""

    def __init__(
        self,
        port: int,
        networks: Container[str],
        random: Callable[[int], bytes],
        changed: Callable[[], None],
        protocol: Protocol = Protocol.TCP,
    ) -> None:
        self.state = DoorState()
        self._port = port
        self._networks = networks
        self._random = random
        self._changed = changed
        self._protocol = protocol
        self._door: Door | None = None
        self._task: asyncio.Task[None] | None = None
        self._settled = asyncio.Event()

    def open(self) -> None:
        """Ask the router from now on, if that is not being done."""
        if self._task is None or self._task.done():
            self._settled.clear()
            self._task = asyncio.get_running_loop().create_task(self._serve())

    async def settled(self) -> Address | None:
        """Wait for the first answer; return where the door is, if there is one."""
        await self._settled.wait()
        return self.state.address

    async def close(self) -> None:
        """Ask no more, and give the door back."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        door, self._door = self._door, None
        self._settled.set()
        self._show(DoorState())
        if door is not None:
            try:
                await door.close()
                log.info("the door in the router is closed")
            except RouterError as error:
                log.info("the door in the router ends with its lease: %s", error.why)

    async def _serve(self) -> None:
        """Open a door and keep it; ask again where one was lost, not where there was none."""
        had_one = False
        while True:
            if not had_one:
                self._show(DoorState(Phase.ASKING))
            try:
                await self._open()
                had_one = True
                await self._keep()
            except RouterError as error:
                self._door = None
                self._show(DoorState(Phase.FAILED, why=str(error.why), detail=error.detail))
                if not had_one:
                    return
            await asyncio.sleep(TRY_AGAIN)

    async def _open(self) -> None:
        router = await Router.find(self._networks, self._random)
        self._use(await Door.open(router, self._port, self._protocol))
        assert self._door is not None
        log.info("a %s door in the router is open, by %s", self._protocol, self._door.way.name)

    async def _keep(self) -> None:
        """Renew the lease at its half (RFC 6887, 11.2.1); raises RouterError when it is over."""
        loop = asyncio.get_running_loop()
        while (door := self._door) is not None:
            ends = loop.time() + door.grant.lease
            await asyncio.sleep(max(SHORTEST_PAUSE, door.grant.lease / 2))
            while True:
                try:
                    self._use(await door.renewed())
                    break
                except RouterError:
                    if loop.time() + SHORTEST_PAUSE >= ends:
                        raise
                    await asyncio.sleep(SHORTEST_PAUSE)

    def _use(self, door: Door) -> None:
        self._door = door
        self._show(DoorState(Phase.OPEN, door.grant.outside))

    def _show(self, state: DoorState) -> None:
        if state.phase is not Phase.ASKING:
            self._settled.set()
        if state != self.state:
            self.state = state
            self._changed()
