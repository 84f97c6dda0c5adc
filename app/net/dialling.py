"""Reaches others: tries every address of a peer, takes the first whose channel stands."""

import asyncio
import socket
from collections import deque
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from app.net.addresses import (
    Address,
    interface_addresses,
    is_diallable,
    socket_address,
    with_zones,
)
from app.net.connection import CloseReason, Connection
from app.net.gate import OPEN, Gate
from app.net.limits import Limits
from app.net.segments import keep_segments_small
from crypto.channel import Channel

DIAL_TIMEOUT = 3.0  # seconds for TCP and TLS with one address
DIAL_STAGGER = 0.25  # seconds between the starts of two attempts (RFC 8305, section 5)
HEAD_START = 0.5  # seconds that direct ways have before one over somebody else is tried, too
MAX_DIALLED = 16  # addresses of one peer that are tried


class DialFailure(StrEnum):
    """Why an address could not be reached, the most telling first."""

    NOT_HYBRID = "not_hybrid"  # Conclave or not, its encryption is too old
    NOT_CONCLAVE = "not_conclave"  # something else answers there
    CLOSED = "closed"  # it hung up during the handshake: busy, or not willing
    REFUSED = "refused"  # the computer is there, and nothing listens
    TIMEOUT = "timeout"  # no answer
    UNREACHABLE = "unreachable"  # no way there
    NOT_ALLOWED = "not_allowed"  # no address of one other computer


class DialError(Exception):
    """None of the addresses was reached; `failures` says why for each, `cause` sums it up."""

    def __init__(self, failures: dict[Address, DialFailure]) -> None:
        self.failures = failures
        order = list(DialFailure)
        self.cause = min(failures.values(), key=order.index, default=DialFailure.NOT_ALLOWED)
        super().__init__(str(self.cause))


class AttemptError(Exception):
    """One way did not lead there; `failure` says why."""

    def __init__(self, failure: DialFailure) -> None:
        super().__init__(str(failure))
        self.failure = failure


class Way(Protocol):
    """A way to a peer."""

    @property
    def address(self) -> Address:
        """What must be dialled: the peer, or whom the way leads over."""

    def reach(self, limits: Limits) -> Coroutine[Any, Any, Connection]:
        """Return a connection to the peer whose channel stands; raises AttemptError."""


async def dial(
    addresses: Sequence[Address],
    *,
    detours: Sequence[Way] = (),
    limits: Limits | None = None,
    timeout: float = DIAL_TIMEOUT,  # noqa: ASYNC109 - for each attempt, not for the whole
    stagger: float = DIAL_STAGGER,
    allow_loopback: bool = False,
    gate: Gate = OPEN,
) -> Connection:
    """Return the first connection whose channel stands; all other attempts are given up.

    Attempts start in order, one every `stagger` seconds, or at once where the one before failed.
    `detours` come last and `HEAD_START` later: nobody else hears of peers who reach each other.
    A link-local IPv6 address without a zone is looked for on every interface. Nobody outside the
    `gate` is dialled, and no detour taken in a meeting that stays on the local network. Raises
    DialError.
    """
    limits = limits or Limits()
    failures: dict[Address, DialFailure] = {}
    waiting: deque[Way] = deque()
    known = with_zones(addresses, interface_addresses())
    for address in dict.fromkeys(known[:MAX_DIALLED]):
        allowed = is_diallable(address.host, allow_loopback) and address.host in gate
        if allowed and 0 < address.port < 65536:
            waiting.append(_Straight(address, timeout, gate))
        else:
            failures[address] = DialFailure.NOT_ALLOWED
    for detour in detours:
        if not gate.lan_only and detour.address.host in gate:
            waiting.append(detour)
        else:
            failures[detour.address] = DialFailure.NOT_ALLOWED
    running: dict[asyncio.Task[Connection], Address] = {}
    winner: Connection | None = None
    kept: Connection | None = None
    tasks: list[asyncio.Task[Connection]] = []
    try:
        while winner is None and (waiting or running):
            if waiting:
                way = waiting.popleft()
                task = asyncio.create_task(way.reach(limits))
                running[task] = way.address
                tasks.append(task)
            done, _pending = await asyncio.wait(
                running,
                timeout=_pause_before(waiting[0], stagger) if waiting else None,
                return_when=asyncio.FIRST_COMPLETED,
            )
            for task in done:
                address = running.pop(task)
                try:
                    winner = winner or task.result()
                except AttemptError as error:
                    failures[address] = error.failure
        for task in running:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        kept = winner
    finally:  # whoever gives up waiting, even at the last moment, leaves no connection behind
        for task in tasks:
            task.cancel()
            task.add_done_callback(lambda done: _close_unless(done, kept))
    if kept is None:
        raise DialError(failures)
    return kept


@dataclass(frozen=True, slots=True)
class _Straight:
    """The way to an address."""

    address: Address
    timeout: float
    gate: Gate

    def reach(self, limits: Limits) -> Coroutine[Any, Any, Connection]:
        return _reach(self.address, limits, self.timeout, self.gate)


def _pause_before(way: Way, stagger: float) -> float:
    return stagger if isinstance(way, _Straight) else HEAD_START


def _close_unless(attempt: asyncio.Task[Connection], kept: Connection | None) -> None:
    if not attempt.cancelled() and attempt.exception() is None and attempt.result() is not kept:
        attempt.result().close()


class FirstOwner:
    """The owner of a connection on its way to being established; `outcome` says when it is."""

    def __init__(self) -> None:
        self.outcome: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_established(self, connection: Connection) -> None:
        """Note that it is."""
        if not self.outcome.done():
            self.outcome.set_result(None)

    def connection_authenticated(self, connection: Connection) -> None:
        """Leave that to who waits for the outcome."""

    def connection_gone(self, connection: Connection) -> None:
        """Note why it never will be."""
        if not self.outcome.done():
            failure = {
                CloseReason.NOT_HYBRID: DialFailure.NOT_HYBRID,
                CloseReason.PROTOCOL: DialFailure.NOT_CONCLAVE,
                CloseReason.FLOOD: DialFailure.NOT_CONCLAVE,
            }.get(connection.reason or CloseReason.LOST, DialFailure.CLOSED)
            self.outcome.set_exception(AttemptError(failure))


async def _reach(address: Address, limits: Limits, limit: float, gate: Gate) -> Connection:
    """Return an established connection to one address, or raise AttemptError."""
    loop = asyncio.get_running_loop()
    attempt = FirstOwner()
    sock: socket.socket | None = None
    connection: Connection | None = None
    reached = False
    try:
        async with asyncio.timeout(limit):
            family, target = socket_address(address)
            sock = socket.socket(family, socket.SOCK_STREAM)
            sock.setblocking(False)
            keep_segments_small(sock)
            gate.guard(sock)
            await loop.sock_connect(sock, target)
            connection = Connection(Channel.initiate(), attempt, limits, incoming=False)
            made = connection
            await loop.create_connection(lambda: made, sock=sock)
            await attempt.outcome
            reached = True
            return connection
    except TimeoutError:
        raise AttemptError(DialFailure.TIMEOUT) from None
    except ConnectionRefusedError:
        raise AttemptError(DialFailure.REFUSED) from None
    except OSError:
        raise AttemptError(DialFailure.UNREACHABLE) from None
    finally:
        if not reached:
            attempt.outcome.cancel()
            if connection is not None:
                connection.close()
            elif sock is not None:
                sock.close()
