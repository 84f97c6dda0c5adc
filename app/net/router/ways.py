"""Three ways to ask a router for a door; each can open, renew and close one."""

import ipaddress
import socket
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Protocol as Shape

from app.net.addresses import Address
from app.net.router import igd, nat_pmp, pcp
from app.net.router.conversation import ask, fetch, search
from app.net.router.terms import LEASE, Grant, RouterError, Wanted, Why, granted

OTHER_PORTS = 3  # that are tried where somebody else has the first
HIGH_PORTS = range(49152, 65536)  # RFC 6335, section 6: nobody owns them


class Way(Shape):
    """One way to speak to the router."""

    name: str

    async def greet(self) -> None:
        """Find out whether the router speaks so, without opening anything; raises RouterError."""

    async def open(self, wanted: Wanted) -> Grant:
        """Open a door, or keep it open for another lease; raises RouterError."""

    async def close(self, wanted: Wanted, outside: Address) -> None:
        """Give a door back; raises RouterError."""


class Pcp:
    """Port Control Protocol (RFC 6887)."""

    name = "PCP"

    def __init__(self, gateway: str, local: str, random: Callable[[int], bytes]) -> None:
        self._target = gateway, pcp.PORT
        self._local = ipaddress.ip_address(local)
        self._nonce = random(pcp.NONCE_BYTES)  # who does not know it cannot close the door

    async def greet(self) -> None:
        """Nothing: the request itself is the quickest question."""

    async def open(self, wanted: Wanted) -> Grant:
        """Open a door, or keep it open; raises RouterError."""
        return await ask(
            self._target,
            pcp.request(wanted, self._local, self._nonce, LEASE),
            partial(pcp.response, wanted=wanted, nonce=self._nonce),
        )

    async def close(self, wanted: Wanted, outside: Address) -> None:
        """Give the door back; raises RouterError."""
        where = ipaddress.ip_address(outside.host)
        await ask(
            self._target,
            pcp.request(wanted, self._local, self._nonce, 0, where),
            lambda data: pcp.given_back(data, wanted, self._nonce) or None,
        )


class NatPmp:
    """NAT Port Mapping Protocol (RFC 6886)."""

    name = "NAT-PMP"

    def __init__(self, gateway: str) -> None:
        self._target = gateway, nat_pmp.PORT

    async def greet(self) -> None:
        """Ask for the outside address; raises RouterError."""
        await self._outside()

    async def open(self, wanted: Wanted) -> Grant:
        """Open a door, or keep it open; raises RouterError."""
        outside = await self._outside()
        granted(outside, wanted.suggested, LEASE)  # no door is opened that would not help
        return await ask(
            self._target,
            nat_pmp.request(wanted, LEASE),
            partial(nat_pmp.response, wanted=wanted, outside=outside),
        )

    async def close(self, wanted: Wanted, outside: Address) -> None:
        """Give the door back; raises RouterError."""
        await ask(
            self._target,
            nat_pmp.request(wanted, 0),
            lambda data: nat_pmp.given_back(data, wanted) or None,
        )

    async def _outside(self) -> ipaddress.IPv4Address:
        return await ask(self._target, nat_pmp.ADDRESS_REQUEST, nat_pmp.outside_address)


class Upnp:
    """UPnP Internet Gateway Device; only what the router itself says is listened to."""

    name = "UPnP"

    def __init__(self, gateway: str, local: str, random: Callable[[int], bytes]) -> None:
        self._gateway, self._local = gateway, local
        self._random = random
        self._service: igd.Service | None = None

    async def greet(self) -> None:
        """Find the service and its outside address; raises RouterError."""
        location = await search(
            ((self._gateway, igd.GROUP[1]), igd.GROUP), self._local, igd.SEARCH, self._found
        )
        failure = RouterError(Why.SILENT)
        for service in igd.services(await fetch(location, igd.get(location)), location):
            try:
                await self._outside(service)
            except RouterError as error:
                failure = error
            else:
                self._service = service
                return
        raise failure

    async def open(self, wanted: Wanted) -> Grant:
        """Open a door, or keep it open; raises RouterError."""
        service = self._service
        if service is None:
            raise RouterError(Why.SILENT)
        outside = await self._outside(service)
        for port in (wanted.suggested, *(self._any_port() for _ in range(OTHER_PORTS))):
            grant = granted(outside, port, LEASE)  # no door is opened that would not help
            this = replace(wanted, suggested=port)
            question = igd.ask_door(service, this, self._local, LEASE)
            try:
                igd.check_opened(await fetch(service.control, question))
            except RouterError as error:
                if error.why is not Why.TAKEN:
                    raise
            else:
                return grant
        raise RouterError(Why.TAKEN)

    async def close(self, wanted: Wanted, outside: Address) -> None:
        """Give the door back; raises RouterError."""
        if self._service is not None:
            question = igd.give_back(self._service, wanted, outside)
            igd.check_closed(await fetch(self._service.control, question))

    def _found(self, data: bytes, source: str) -> igd.Url | None:
        return igd.found(data, self._gateway) if source == self._gateway else None

    async def _outside(self, service: igd.Service) -> ipaddress.IPv4Address:
        return igd.outside_address(await fetch(service.control, igd.ask_address(service)))

    def _any_port(self) -> int:
        return HIGH_PORTS[int.from_bytes(self._random(2)) % len(HIGH_PORTS)]


def address_towards(gateway: str) -> str:
    """Return this computer's own address on the way to the router; raises RouterError."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect((gateway, pcp.PORT))  # only the route is looked up
            return str(probe.getsockname()[0])
    except OSError as error:
        raise RouterError(Why.NO_ROUTER) from error
