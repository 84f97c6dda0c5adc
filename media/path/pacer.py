"""Spreads the packets for one peer over time, the urgent ones first, so that no queue fills up."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Protocol

from media.path.rtp_packet import LinkStream

STEP = 0.005  # seconds between two looks at what waits
PACE = 2.5  # times the rate of the path: a key frame of 100 ms is gone in 40
BURST = 0.040  # seconds of the path's rate that may leave at once after a pause
LEAST_BURST = 3000  # bytes: a frame of a small picture is never split
MAX_DEBT = 0.1  # seconds of pace: sound never waits, but what it takes is missing for the rest
MAX_WAITING = 2048  # packets: one frame of the largest size and all that is repeated of others

REPETITION, PICTURE, PARITY, FILLING = range(4)
"""Ranks of what waits; sound does not."""

Packet = tuple[LinkStream, int, int, bool, bytes]
"""Stream, sequence, timestamp, marker, payload: as rtp_packet.build wants it."""


class Pacer:
    """One peer's queues. `leave` sends a packet and returns the bytes on the wire.

    `rate_kbps` is what the path bears. What finds no room is dropped and counted in `dropped`.
    """

    def __init__(self, leave: Callable[[Packet], int], rate_kbps: float) -> None:
        self.rate_kbps = rate_kbps
        self.dropped = 0
        self._leave = leave
        self._queues: tuple[deque[Packet], ...] = tuple(deque() for _ in range(4))
        self._waiting = 0
        self._octets = [0, 0, 0, 0]
        self._credit = float(LEAST_BURST)
        self._at: float | None = None

    @property
    def backlog(self) -> float:
        """Seconds until the repetitions and pictures that wait now will have left."""
        return (self._octets[REPETITION] + self._octets[PICTURE]) / self._bytes_per_s

    @property
    def waiting(self) -> int:
        """How many packets wait."""
        return self._waiting

    def pass_by(self, octets: int, now: float) -> None:
        """Note what left without waiting."""
        self._earn(now)
        self._credit = max(self._credit - octets, -MAX_DEBT * self._bytes_per_s)

    def push(self, rank: int, packet: Packet, octets: int, now: float) -> bool:
        """Send a packet now if its turn has come, else keep it; False if there is no room."""
        self._earn(now)
        if self._credit > 0 and not (self._waiting and any(self._queues[: rank + 1])):
            self._credit -= self._leave(packet)
            return True
        if self._waiting >= MAX_WAITING:
            self.dropped += 1
            return False
        self._queues[rank].append(packet)
        self._octets[rank] += octets
        self._waiting += 1
        return True

    def release(self, now: float) -> bool:
        """Send what may leave by now; return whether more waits."""
        self._earn(now)
        for rank, queue in enumerate(self._queues):
            while queue and self._credit > 0:
                octets = self._leave(queue.popleft())
                self._credit -= octets
                self._waiting -= 1
                self._octets[rank] = max(0, self._octets[rank] - octets) if queue else 0
        return self._waiting > 0

    def forget(self) -> None:
        """Drop all that waits."""
        for queue in self._queues:
            queue.clear()
        self._octets = [0, 0, 0, 0]
        self._waiting = 0

    @property
    def _bytes_per_s(self) -> float:
        return PACE * self.rate_kbps * 125.0

    def _earn(self, now: float) -> None:
        elapsed = now - self._at if self._at is not None else 0.0
        self._at = now
        if elapsed > 0.0:
            most = max(LEAST_BURST, BURST * self.rate_kbps * 125.0)
            self._credit = min(most, self._credit + elapsed * self._bytes_per_s)


class Paced(Protocol):
    """Something whose packets wait for their time."""

    def release(self, now: float) -> bool:
        """Send what may leave by now; return whether more waits."""


class PaceTimer:
    """One timer for all links of a call, which runs only while something waits."""

    def __init__(self, loop: asyncio.AbstractEventLoop, clock: Callable[[], float]) -> None:
        self._loop = loop
        self._clock = clock
        self._waiting: dict[Paced, None] = {}
        self._timer: asyncio.TimerHandle | None = None

    def wake(self, paced: Paced) -> None:
        """Something waits there: look after it until nothing does."""
        self._waiting[paced] = None
        if self._timer is None:
            self._timer = self._loop.call_later(STEP, self._step)

    def leave_out(self, paced: Paced) -> None:
        """Look after it no longer."""
        self._waiting.pop(paced, None)

    def _step(self) -> None:
        self._timer = None
        now = self._clock()
        for paced in list(self._waiting):
            if not paced.release(now):
                self._waiting.pop(paced, None)
        if self._waiting:
            self._timer = self._loop.call_later(STEP, self._step)
