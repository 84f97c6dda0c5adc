"""One door in the user's own router, from asking for it to giving it back."""

import asyncio
import contextlib
import ipaddress
from collections.abc import Callable, Container
from dataclasses import dataclass, replace
from typing import Self

from app.net.addresses import Address, interface_addresses, is_on_link
from app.net.router.gateway import default_gateway
from app.net.router.terms import Grant, Protocol, RouterError, Wanted, Why
from app.net.router.ways import NatPmp, Pcp, Upnp, Way, address_towards

# Refusals by how much they tell somebody whom nobody opened.
_TELLING = (
    Why.BEHIND_ANOTHER,
    Why.NO_OUTSIDE,
    Why.FOREVER,
    Why.REFUSED,
    Why.TAKEN,
    Why.NONSENSE,
    Why.SILENT,
)


@dataclass(frozen=True)
class Router:
    """The router that this computer's way out leads through, and what it can be asked by."""

    ways: tuple[Way, ...]  # the best first

    @classmethod
    async def find(cls, networks: Container[str], random: Callable[[int], bytes]) -> Self:
        """Look into the system's routes, asking nobody; raises RouterError."""
        address = await asyncio.get_running_loop().run_in_executor(None, default_gateway)
        if address is None or not is_on_link(str(address), interface_addresses()):
            raise RouterError(Why.NO_ROUTER)
        gateway = str(address)
        if gateway not in networks:
            raise RouterError(Why.FORBIDDEN)
        local = address_towards(gateway)
        return cls((Pcp(gateway, local, random), NatPmp(gateway), Upnp(gateway, local, random)))


@dataclass(frozen=True)
class Door:
    """An open door: `grant` says where others knock, `way` is what it was opened by."""

    way: Way
    wanted: Wanted
    grant: Grant

    @classmethod
    async def open(cls, router: Router, port: int, protocol: Protocol = Protocol.TCP) -> Self:
        """Ask in all ways at once, and open a door by the best that works; raises RouterError.

        Only one opens anything: the others are greeted meanwhile, so that the next is ready where
        one does not want to.
        """
        wanted = Wanted(protocol, port, port)
        greetings = [asyncio.ensure_future(way.greet()) for way in router.ways]
        refusals: list[RouterError] = []
        try:
            for way, greeting in zip(router.ways, greetings, strict=True):
                try:
                    await greeting
                    return cls(way, wanted, await _opened(way, wanted))
                except RouterError as error:
                    refusals.append(error)
        finally:
            for greeting in greetings:
                greeting.cancel()
            await asyncio.gather(*greetings, return_exceptions=True)
        raise min(refusals, key=lambda error: _TELLING.index(error.why))

    async def renewed(self) -> Self:
        """Return the same door, kept open for another lease; raises RouterError."""
        wanted = replace(self.wanted, suggested=self.grant.outside.port)
        return type(self)(self.way, wanted, await _opened(self.way, wanted))

    async def close(self) -> None:
        """Give it back; raises RouterError."""
        await self.way.close(self.wanted, self.grant.outside)


async def _opened(way: Way, wanted: Wanted) -> Grant:
    """Open a door; one that is open and cannot be used is given back before that is told."""
    try:
        return await way.open(wanted)
    except RouterError as error:
        if error.why in (Why.BEHIND_ANOTHER, Why.FOREVER, Why.NONSENSE):
            nowhere = Address(str(ipaddress.IPv4Address(0)), wanted.suggested)
            with contextlib.suppress(RouterError):  # it may never have been open
                await way.close(wanted, nowhere)
        raise
