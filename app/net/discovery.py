"""Finds meetings on the local network and lets one's own be found: mDNS without any name."""

import asyncio
import contextlib
import ipaddress
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import zeroconf
from zeroconf import IPVersion, ServiceInfo, ServiceStateChange, Zeroconf
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from app.net.addresses import InterfaceAddress, interface_addresses
from app.net.candidates import INSTANCE_BYTES, Candidate, CandidateList, instance_of, read_candidate
from app.net.gate import keep_on_link
from app.net.room_tags import hour_of, tags_for
from crypto.sodium import Random

SERVICE = "_conclave._tcp.local."
TIME_TO_LIVE = 120  # seconds an announcement is believed: so long a killed host is still listed
LOOK_AGAIN = 2.0  # seconds between two looks at the interfaces
TELL_AFTER = 0.1  # seconds in which changes are gathered before they are told
ASK_AT_ONCE = 8  # announcements without an address that are asked about at the same time
ASK_TIMEOUT = 3.0  # seconds
FRESH_AFTER = 6.0  # seconds after which whoever was not heard of on the new interfaces is gone
OWN_REMEMBERED = 64  # own instances; old ones come back from other people's caches
MOST_CACHED = 4096  # names in the library's cache; beyond that somebody floods, and we start afresh

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Offer:
    """What is to be found here: a port, and the keys of those who may recognise it."""

    port: int
    keys: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class _Announced:
    """One announcement: the service, and its repetitions that are on their way."""

    service: ServiceInfo
    repetitions: asyncio.Future[None]


class Discovery:
    """Browses, and advertises where asked to; lives on the engine's loop.

    `on_candidates` gets all candidates whenever they changed, or whether any can be found did.
    `reason` says in one word why none can ("no_network", "no_multicast"), None while all is well.
    """

    def __init__(
        self,
        on_candidates: Callable[[tuple[Candidate, ...]], None],
        *,
        random: Random,
        now: Callable[[], float],
        interfaces: Callable[[], tuple[InterfaceAddress, ...]] = interface_addresses,
        allow_loopback: bool = False,
    ) -> None:
        """`now` gives seconds since 1970; `interfaces` what addresses this computer has."""
        self.reason: str | None = None
        self._on_candidates = on_candidates
        self._random = random
        self._now = now
        self._interfaces = interfaces
        self._allow_loopback = allow_loopback
        self._here: tuple[InterfaceAddress, ...] = ()
        self._zeroconf: AsyncZeroconf | None = None
        self._browser: AsyncServiceBrowser | None = None
        self._candidates = CandidateList()
        self._offer: _Offer | None = None
        self._announced: _Announced | None = None
        self._hour = 0
        self._own: deque[bytes] = deque(maxlen=OWN_REMEMBERED)
        self._asking: dict[bytes, asyncio.Task[None]] = {}
        self._told: asyncio.TimerHandle | None = None
        self._watcher: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()
        self._unconfirmed: set[bytes] = set()
        self._fresh_at = 0.0
        self._busy = asyncio.Lock()

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """Who may be hosting something, the least recently seen first."""
        return tuple(self._candidates)

    async def start(self) -> None:
        """Begin to browse; without a network, wait for one."""
        async with self._busy:
            await self._open()
        self._watcher = asyncio.create_task(self._watch())

    async def advertise(self, port: int, keys: Sequence[bytes]) -> None:
        """Let holders of one of at most sixteen discovery keys find a port of this computer.

        Takes the place of what was advertised before, which goes only when the new one is there:
        who looks at it sees no gap.
        """
        async with self._busy:
            self._offer = _Offer(port, tuple(keys))
            if self._interfaces() == self._here:
                await self._replace()
            else:  # a meeting may be told in fewer networks than are looked at
                await self._reopen()

    async def withdraw(self) -> None:
        """Say goodbye: there is nothing to be found here any more."""
        async with self._busy:
            self._offer = None
            await self._withdraw()

    async def close(self) -> None:
        """Say goodbye and stop; no packet is sent after this."""
        self._stopping.set()
        if self._watcher is not None:
            await self._watcher
            self._watcher = None
        async with self._busy:
            self._offer = None
            await self._close()
        if self._told is not None:
            self._told.cancel()

    # Keeping up with the network.

    async def _watch(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), LOOK_AGAIN)
                return
            async with self._busy:
                try:
                    await self._look_again()
                except (OSError, RuntimeError, zeroconf.Error) as error:
                    log.warning("looking around failed: %s", type(error).__name__)

    async def _look_again(self) -> None:
        self._forget_the_unconfirmed()
        here = self._interfaces()
        running = self._zeroconf
        if here != self._here or running is None:
            before = self.reason
            await self._reopen()
            if self.reason != before:
                self._tell()
        elif len(running.zeroconf.cache.names()) > MOST_CACHED:
            log.warning("the network is flooded with announcements; looking afresh")
            await self._reopen()
        elif self._announced is not None and hour_of(self._now()) != self._hour:
            await self._replace()

    async def _reopen(self) -> None:
        if self._zeroconf is not None:
            self._unconfirmed = {candidate.instance for candidate in self._candidates}
            self._fresh_at = asyncio.get_running_loop().time() + FRESH_AFTER
        await self._close()
        await self._open()
        await self._announce()

    async def _open(self) -> None:
        self._here = self._interfaces()
        if not self._here:
            self.reason = "no_network"
            return
        try:
            running = AsyncZeroconf(interfaces=_choice(self._here), ip_version=_version(self._here))
            await running.zeroconf.async_wait_for_start()
        except (OSError, RuntimeError, zeroconf.Error) as error:
            log.info("no multicast: %s", type(error).__name__)
            self.reason = "no_multicast"
            return
        for wrapped in {*running.zeroconf.engine.readers, *running.zeroconf.engine.senders}:
            # RFC 6762, section 11: nobody beyond this link is answered, whatever their query says.
            with contextlib.suppress(OSError):
                keep_on_link(wrapped.sock)
        self.reason = None
        self._zeroconf = running
        self._browser = AsyncServiceBrowser(running.zeroconf, SERVICE, handlers=[self._heard])

    async def _close(self) -> None:
        for task in self._asking.values():
            task.cancel()
        await asyncio.gather(*self._asking.values(), return_exceptions=True)
        self._asking.clear()
        await self._withdraw()
        browser, running, self._browser, self._zeroconf = self._browser, self._zeroconf, None, None
        if browser is not None:
            await browser.async_cancel()
        if running is not None:
            await running.async_close()

    def _forget_the_unconfirmed(self) -> None:
        if self._unconfirmed and asyncio.get_running_loop().time() >= self._fresh_at:
            gone = [self._candidates.lost(instance) for instance in self._unconfirmed]
            self._unconfirmed.clear()
            if any(gone):
                self._tell()

    # Being found.

    async def _announce(self) -> None:
        offer, running = self._offer, self._zeroconf
        if offer is None or running is None:
            return
        self._hour = hour_of(self._now())
        instance = self._random(INSTANCE_BYTES)
        self._own.append(instance)
        tags = tags_for(offer.keys, instance, self._hour, self._random)
        service = ServiceInfo(
            SERVICE,
            f"{instance.hex()}.{SERVICE}",
            port=offer.port,
            properties={b"v": b"1", b"t": b"".join(tags)},
            server=f"{self._random(INSTANCE_BYTES).hex()}.local.",
            addresses=_packed(self._here),
            host_ttl=TIME_TO_LIVE,
            other_ttl=TIME_TO_LIVE,
        )
        try:
            # 64 random bits collide with nobody: no probing, so the first packet is out at once.
            announced = await running.async_register_service(service, cooperating_responders=True)
        except (OSError, zeroconf.Error) as error:
            log.info("announcing failed: %s", type(error).__name__)
            self.reason = "no_multicast"
            return
        self._announced = _Announced(service, _watched(announced))

    async def _replace(self) -> None:
        """Announce what is offered now, then take back what was announced before."""
        before, self._announced = self._announced, None
        await self._announce()
        await self._take_back(before)

    async def _withdraw(self) -> None:
        before, self._announced = self._announced, None
        await self._take_back(before)

    async def _take_back(self, announced: _Announced | None) -> None:
        if announced is None:
            return
        announced.repetitions.cancel()
        await asyncio.gather(announced.repetitions, return_exceptions=True)
        if self._zeroconf is None:
            return
        try:
            goodbye = await self._zeroconf.async_unregister_service(announced.service)
            await goodbye
        except (OSError, zeroconf.Error) as error:
            log.info("no goodbye: %s", type(error).__name__)

    # Finding.

    def _heard(
        self, zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange
    ) -> None:
        instance = instance_of(name)
        if instance is None or instance in self._own:
            return
        if state_change is ServiceStateChange.Removed:
            if self._candidates.lost(instance):
                self._tell()
            return
        info = AsyncServiceInfo(SERVICE, name)
        if info.load_from_cache(zeroconf):
            self._saw(name, info)
        elif instance not in self._asking and len(self._asking) < ASK_AT_ONCE:
            task = asyncio.get_running_loop().create_task(self._ask(zeroconf, name, info))
            self._asking[instance] = task
            task.add_done_callback(lambda _task: self._asking.pop(instance, None))
        else:
            self._candidates.dropped += 1

    async def _ask(self, zeroconf: Zeroconf, name: str, info: AsyncServiceInfo) -> None:
        if await info.async_request(zeroconf, ASK_TIMEOUT * 1000):
            self._saw(name, info)

    def _saw(self, name: str, info: ServiceInfo) -> None:
        candidate = read_candidate(
            name,
            info.port,
            info.properties,
            info.parsed_scoped_addresses(IPVersion.All),
            self._here,
            allow_loopback=self._allow_loopback,
        )
        if candidate is None:
            return
        self._unconfirmed.discard(candidate.instance)
        if self._candidates.saw(candidate):
            self._tell()

    def _tell(self) -> None:
        if self._told is None:
            self._told = asyncio.get_running_loop().call_later(TELL_AFTER, self._tell_now)

    def _tell_now(self) -> None:
        self._told = None
        self._on_candidates(self.candidates)


def _watched(announced: Awaitable[None]) -> asyncio.Future[None]:
    """Hold on to the repetitions of an announcement, and look at how they end."""
    repetitions = asyncio.ensure_future(announced)

    def done(repetitions: asyncio.Future[None]) -> None:
        if not repetitions.cancelled() and (error := repetitions.exception()) is not None:
            log.info("announcing failed: %s", type(error).__name__)

    repetitions.add_done_callback(done)
    return repetitions


def _choice(here: Sequence[InterfaceAddress]) -> list[str | int]:
    """Return what the library takes: IPv4 addresses, and for IPv6 the numbers of interfaces."""
    ipv4 = [entry.host for entry in here if ":" not in entry.host]
    ipv6 = dict.fromkeys(entry.index for entry in here if ":" in entry.host)
    return [*ipv4, *ipv6]


def _version(here: Sequence[InterfaceAddress]) -> IPVersion:
    families = {":" in entry.host for entry in here}
    return (
        IPVersion.All
        if len(families) == 2
        else (IPVersion.V6Only if families == {True} else IPVersion.V4Only)
    )


def _packed(here: Sequence[InterfaceAddress]) -> list[bytes]:
    return [ipaddress.ip_address(entry.host.partition("%")[0]).packed for entry in here]
