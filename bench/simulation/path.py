"""Links in simulated time: a bottleneck with a queue, delay, jitter, loss, and who shares it."""

import heapq
import itertools
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

WIRE = 28  # bytes of IP and UDP around a datagram


class World:
    """Simulated time: what is to happen, in order."""

    def __init__(self, seed: int = 1) -> None:
        self.now = 0.0
        self.random = random.Random(seed)
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._count = itertools.count()

    def at(self, when: float, what: Callable[[], None]) -> None:
        """Let something happen."""
        heapq.heappush(self._events, (when, next(self._count), what))

    def after(self, seconds: float, what: Callable[[], None]) -> None:
        """Let something happen a while from now."""
        self.at(self.now + seconds, what)

    def run(self, seconds: float) -> None:
        """Let time pass."""
        until = self.now + seconds
        while self._events and self._events[0][0] <= until:
            self.now, _, what = heapq.heappop(self._events)
            what()
        self.now = until


@dataclass
class Bottleneck:
    """One direction of a link. All may be changed while time passes.

    `loss` is random; with `burst` (packets) it comes in bursts of that mean length. `jitter` is
    the half-width of what is added to `delay`, packet by packet, so that packets overtake each
    other. `reordered` packets arrive 10 ms late. `policed`: nothing waits; what would have to wait
    longer than `queue_s` is thrown away.
    """

    world: World
    kbps: float = 100_000.0
    queue_s: float = 0.3
    delay: float = 0.010
    jitter: float = 0.0
    loss: float = 0.0
    burst: float = 1.0
    reordered: float = 0.0
    policed: bool = False
    free_at: float = 0.0
    dropped: int = 0
    queues: list[tuple[float, float]] = field(default_factory=list)
    _losing: bool = False

    def send(self, octets: int, arrive: Callable[[], None]) -> None:
        """Let a packet through, or not."""
        world = self.world
        start = max(self.free_at, world.now)
        if start - world.now > self.queue_s:
            self.dropped += 1
            return
        self.free_at = start + (octets + WIRE) * 8 / (self.kbps * 1000)
        leaves = world.now if self.policed else self.free_at
        self.queues.append((world.now, leaves - world.now))
        if self._is_lost():
            return
        late = leaves + self.delay + world.random.uniform(-self.jitter, self.jitter)
        if self.reordered and world.random.random() < self.reordered:
            late += 0.010
        world.at(max(late, world.now), arrive)

    def queue_p95(self, since: float) -> float:
        """Return how long packets waited, 95 % of them at most, since a moment."""
        waits = sorted(wait for at, wait in self.queues if at >= since)
        return waits[int(0.95 * len(waits))] if waits else 0.0

    def _is_lost(self) -> bool:
        chance = self.world.random.random()
        if self.burst <= 1.0:
            return chance < self.loss
        if self._losing:
            self._losing = chance >= 1 / self.burst
        else:
            self._losing = chance < self.loss / (self.burst * (1 - self.loss))
        return self._losing


def jain(rates: Sequence[float]) -> float:
    """Return Jain's index of fairness: 1 if all are equal, 1/n if one has everything."""
    squares = sum(rate * rate for rate in rates)
    return sum(rates) ** 2 / (len(rates) * squares) if squares else math.nan
