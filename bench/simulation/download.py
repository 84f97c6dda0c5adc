"""A download in simulated time: Reno (RFC 5681) or CUBIC (RFC 9438), reduced to their windows."""

from dataclasses import dataclass, field

from bench.simulation.path import Bottleneck, World

SEGMENT = 1448  # bytes
HEADERS = 24  # bytes more than UDP has
DUPLICATES = 3
TIMEOUT = 1.0  # seconds without an acknowledgement
CUBIC_C = 0.4
CUBIC_BETA = 0.7


@dataclass
class TcpFlow:
    """Sends as much as its window allows, from `start` to `end`; what is lost is not made up for.

    How much data comes does not depend on that, only how large the window is.
    """

    world: World
    forward: Bottleneck
    back: Bottleneck
    start: float = 0.0
    end: float = 1e9
    cubic: bool = False
    window: float = 10.0
    threshold: float = 1e9
    arrived: list[tuple[float, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._next = 0
        self._flying: dict[int, None] = {}
        self._recover = -1
        self._heard = self.start
        self._most = 0.0
        self._fell_at = self.start
        self.world.at(self.start, self._send)
        self.world.at(self.start + TIMEOUT, self._watch)

    def kbps(self, since: float, until: float | None = None) -> float:
        """Return what arrived, with the headers of IP, over a stretch of time."""
        until = self.world.now if until is None else until
        octets = sum(octets + 28 for at, octets in self.arrived if since <= at < until)
        return octets * 8 / 1000 / (until - since)

    def _send(self) -> None:
        while len(self._flying) < int(self.window) and self.world.now < self.end:
            number = self._next
            self._next += 1
            self._flying[number] = None

            def arrive(number: int = number) -> None:
                self.arrived.append((self.world.now, SEGMENT + HEADERS))
                self.back.send(40, lambda: self._acknowledged(number))

            self.forward.send(SEGMENT + HEADERS, arrive)

    def _acknowledged(self, number: int) -> None:
        self._heard = self.world.now
        if number not in self._flying:
            return
        del self._flying[number]
        lost = [other for other in self._flying if other < number - DUPLICATES]
        for other in lost:
            del self._flying[other]
        if lost and lost[-1] > self._recover:
            self._recover = self._next
            self._fall()
        elif not lost:
            self._rise()
        self._send()

    def _rise(self) -> None:
        if self.window < self.threshold:
            self.window += 1.0
        elif self.cubic:
            t = self.world.now - self._fell_at
            k = (self._most * (1 - CUBIC_BETA) / CUBIC_C) ** (1 / 3)
            goal = CUBIC_C * (t - k) ** 3 + self._most
            self.window += max(0.01, min(0.5, (goal - self.window) / self.window))
        else:
            self.window += 1.0 / self.window

    def _fall(self) -> None:
        self._most, self._fell_at = self.window, self.world.now
        self.window = max(2.0, self.window * (CUBIC_BETA if self.cubic else 0.5))
        self.threshold = self.window

    def _watch(self) -> None:
        if self.world.now - self._heard > TIMEOUT and self._flying:
            self._flying.clear()
            self.threshold = max(2.0, self.window / 2)
            self.window = 1.0
            self._send()
        self.world.after(TIMEOUT / 4, self._watch)
