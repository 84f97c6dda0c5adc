"""Pairs of real links on this computer, for tests that need the real thing."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from media.path.link_parameters import LinkParameters
from media.path.transport import PeerTransport


@asynccontextmanager
async def connected_pair() -> AsyncIterator[tuple[PeerTransport, PeerTransport]]:
    """Two connected transports over loopback; closed at the end."""
    one = PeerTransport(True, allow_loopback=True)
    two = PeerTransport(False, allow_loopback=True)
    try:
        await connect(one, two)
        yield one, two
    finally:
        await asyncio.gather(one.close(), two.close())


async def connect(one: PeerTransport, two: PeerTransport) -> None:
    """Connect two transports, their parameters through bytes as in a call."""
    first, second = await asyncio.gather(one.gather(), two.gather())
    await asyncio.gather(one.connect(reread(second)), two.connect(reread(first)))


def reread(parameters: LinkParameters) -> LinkParameters:
    """Send parameters through their bytes."""
    return LinkParameters.parse(parameters.encode(), allow_loopback=True)


async def until(condition: Callable[[], object], seconds: float = 5.0) -> None:
    """Wait until a condition holds; fail if it never does."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 (conditions of any kind, on any thread)
            await asyncio.sleep(0.005)
