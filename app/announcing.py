"""Lets a meeting be found by those who may find it, and by nobody else, as long as it lasts."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from app.meeting.calling import Signs
from app.net.candidates import TAGS
from app.net.room_tags import PUBLIC_DISCOVERY_KEY
from app.tasks import Tasks


class Wall(Protocol):
    """Where announcements hang: the local network."""

    async def advertise(self, port: int, keys: Sequence[bytes]) -> None:
        """Let holders of these keys find a port; takes the place of what hung there before."""

    async def withdraw(self) -> None:
        """Let nobody find anything."""


class Announcing:
    """Follows what a meeting wants to be found by: its lead, visibility and calls may change."""

    def __init__(self, wall: Wall, tasks: Tasks) -> None:
        self._wall = wall
        self._tasks = tasks
        self._wanted: tuple[int, Signs] | None = None
        self._shown: tuple[int, Signs] | None = None
        self._changing = asyncio.Lock()

    def follow(self, port: int, signs: Signs | None) -> None:
        """Announce this from now on, if it is anything new; None for a meeting led elsewhere."""
        wanted = (port, signs) if signs is not None else None
        if wanted != self._wanted:
            self._wanted = wanted
            self._tasks.start(self._change())

    async def end(self) -> None:
        """Take everything back; returns when goodbye was said."""
        self._wanted = None
        await self._change()

    async def _change(self) -> None:
        async with self._changing:
            if self._wanted == self._shown:
                return  # a later change was faster
            self._shown = self._wanted
            if self._shown is None:
                await self._wall.withdraw()
            else:
                port, signs = self._shown
                await self._wall.advertise(port, keys_of(signs))


def keys_of(signs: Signs) -> list[bytes]:
    """Return the keys whose holders recognise the announcement; it has room for sixteen."""
    visible = [PUBLIC_DISCOVERY_KEY] if signs.visible else []
    return [signs.room, *visible, *signs.rung][:TAGS]
