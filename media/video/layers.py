"""Which size and how many layers each peer gets, and at what rate each size is encoded. Pure.

Each size is encoded once for all who get it. Whoever bears less than most gets fewer temporal
layers of it, or a smaller size; so one slow path costs nobody else a good picture.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

LAYER_SHARES = (0.4, 0.6, 1.0)
"""Of an encoder's rate for layer 0, layers 0 and 1, all three."""

HEADROOM = 0.92  # of the budget is for the encoder: it overshoots, and packets have headers
MIN_KBPS = 60.0  # what the smallest picture is encoded with on the worst of paths
STRAGGLER = 0.7  # of the lower quartile: who bears less than that holds nobody else back
RETURN = 1.2  # times what a layer takes must be there before it is given again
FEWEST_LAYERS = 2  # of a size: 15 pictures a second; below that a smaller size is better

CHOKED = 0.300  # seconds of pictures waiting in a pacer: a smaller size is the only help
SETTLING = 1.0  # seconds in which a smaller size shows whether it helps
RISE_PAUSE = 2.0  # seconds a smaller size is kept after a fall, doubled with each fall that follows
LONGEST_PAUSE = 32.0  # seconds
FORGIVEN = 60.0  # seconds after which a fall is forgotten

MAX_WIDTH = 1920  # of any size
TALLER = 1.1  # times a size's lines: a tile that is just larger is not worth the next size


@dataclass(frozen=True, slots=True)
class Rung:
    """One size: the rates (kbit/s) to enter it, to leave it, and beyond which it gains nothing."""

    lines: int
    enter_kbps: float
    leave_kbps: float
    max_kbps: float


Ladder = Sequence[Rung]
"""Sizes, smallest first; a size is named by its place."""

CAMERA_LADDER: Ladder = (
    Rung(180, 0.0, 0.0, 300.0),
    Rung(360, 280.0, 210.0, 1000.0),
    Rung(720, 1100.0, 700.0, 2200.0),
)
SCREEN_LADDER: Ladder = (
    Rung(540, 0.0, 0.0, 900.0),
    Rung(1080, 250.0, 150.0, 2500.0),  # slow is better than unreadable
)


@dataclass(frozen=True, slots=True)
class Demand:
    """What a peer asks for and what its path bears.

    `lines` of its tile, 0 for none; `fps` 0 for a still picture now and then; `backlog` in seconds
    of pictures that wait for the path; `troubled` if it asks for one key frame after the other.
    """

    lines: int
    fps: int
    budget_kbps: float
    backlog: float = 0.0
    troubled: bool = False


@dataclass(frozen=True, slots=True)
class Share:
    """What a peer shall get: a size, and how many temporal layers; 0: now and then a still."""

    size: int
    layers: int


Peer = TypeVar("Peer", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Division(Generic[Peer]):
    """Everybody's share (nothing for who is not in it), and the rate (kbit/s) of each size."""

    shares: Mapping[Peer, Share]
    rates: Mapping[int, int]


@dataclass(slots=True)
class _Viewer:
    """What is remembered of a peer from one division to the next."""

    size: int | None = None
    layers: int = 0
    straggles: bool = False
    falls: int = 0
    fell_at: float = float("-inf")

    def may_rise(self, now: float) -> bool:
        pause = min(LONGEST_PAUSE, RISE_PAUSE * 2.0 ** (self.falls - 1)) if self.falls else 0.0
        return now - self.fell_at >= pause

    def settle(self, share: Share, wished: int, now: float) -> None:
        if self.size is not None and share.size < min(self.size, wished):
            if now - self.fell_at > FORGIVEN:
                self.falls = 0
            self.falls += 1
            self.fell_at = now
        self.size, self.layers = share.size, share.layers


class Layers(Generic[Peer]):
    """Divides one stream among those who want it; `ladder` is what its source allows.

    `shares` are what its temporal layers take of the rate: the first, the first two, and so on.
    """

    def __init__(self, ladder: Ladder, shares: Sequence[float] = LAYER_SHARES) -> None:
        self.ladder = ladder
        self.shares = shares
        self.fps = 30  # pictures a second of all layers together
        self.fluent = False  # a smaller size is better than any layer left out
        self._viewers: dict[Peer, _Viewer] = {}

    def divide(self, demands: Mapping[Peer, Demand], now: float) -> Division[Peer]:
        """Return what everybody gets from `now` (seconds) on."""
        for gone in self._viewers.keys() - demands.keys():
            del self._viewers[gone]
        sizes: dict[Peer, int] = {}
        for peer, demand in demands.items():
            if demand.lines > 0:
                viewer = self._viewers.setdefault(peer, _Viewer())
                sizes[peer] = self._size_alone(viewer, demand, now)
            else:
                self._viewers.pop(peer, None)
        shares: dict[Peer, Share] = {}
        rates: dict[int, int] = {}
        for size in reversed(range(len(self.ladder))):
            here = [peer for peer, own in sizes.items() if own == size]
            if not here:
                continue
            rate = self._rate(size, [(self._bears(demands[x]), self._viewers[x]) for x in here])
            for peer in here:
                layers = self._layers(size, rate, demands[peer], self._viewers[peer])
                if layers:
                    shares[peer] = Share(size, layers if demands[peer].fps else 0)
                    rates[size] = rate
                else:
                    sizes[peer] = size - 1
        for peer, share in shares.items():
            viewer, demand = self._viewers[peer], demands[peer]
            viewer.settle(share, self._size_wanted(demand), now)
            viewer.straggles = 0 < share.layers < self._wanted(demand)
        return Division(shares, rates)

    def _size_alone(self, viewer: _Viewer, demand: Demand, now: float) -> int:
        """Return the size that a peer would get if there were nobody else."""
        now_at = viewer.size
        highest = self._size_wanted(demand)
        if now_at is not None:
            if (demand.backlog > CHOKED or demand.troubled) and now - viewer.fell_at >= SETTLING:
                highest = min(highest, max(0, now_at - 1))
            elif not viewer.may_rise(now):
                highest = min(highest, now_at)
        bears = self._bears(demand) / HEADROOM
        best = 0
        for size, rung in enumerate(self.ladder[: highest + 1]):
            kept = now_at is not None and size <= now_at
            if bears >= (rung.leave_kbps if kept else rung.enter_kbps):
                best = size
        return best

    def _rate(self, size: int, here: list[tuple[float, _Viewer]]) -> int:
        """Return the rate for those who get a size: what all but stragglers bear."""
        quartile = sorted(bears for bears, _ in here)[len(here) // 4]
        rate = min(
            bears
            for bears, viewer in here
            if bears >= quartile * STRAGGLER * (RETURN if viewer.straggles else 1.0)
        )
        rung = self.ladder[size]
        return int(min(rung.max_kbps, max(MIN_KBPS, HEADROOM * rung.leave_kbps, rate)))

    def _layers(self, size: int, rate: int, demand: Demand, viewer: _Viewer) -> int:
        """Return how many layers fit, 0 if a smaller size is better."""
        wanted = self._wanted(demand)
        if self._bears(demand) >= rate:
            return wanted
        before = wanted if viewer.size is None else viewer.layers if viewer.size == size else 0
        fitting = 0
        for number, share in enumerate(self.shares[:wanted]):
            needed = share * rate * (RETURN if number >= before else 1.0)
            if needed <= HEADROOM * demand.budget_kbps:
                fitting = number + 1
        if size == 0:
            return max(1, fitting)
        fewest = wanted if self.fluent else min(FEWEST_LAYERS, wanted)
        return fitting if fitting >= fewest else 0

    def _size_wanted(self, demand: Demand) -> int:
        """Return the size for a peer's tile; stills are small: nobody looks at them."""
        return size_for(demand.lines, self.ladder) if demand.fps else 0

    def _wanted(self, demand: Demand) -> int:
        """Return how many layers are worth sending to a peer."""
        asked = demand.fps / self.fps
        wanted = 3 if asked >= 2 / 3 else 2 if asked > 1 / 3 else 1
        return min(wanted, len(self.shares))

    def _bears(self, demand: Demand) -> float:
        """Return the encoder's rate at which the layers that a peer wants fit its budget."""
        return HEADROOM * demand.budget_kbps / self.shares[self._wanted(demand) - 1]


def size_for(lines: int, ladder: Ladder) -> int:
    """Return the size for a tile of so many lines: the smallest that fills it."""
    for size, rung in enumerate(ladder):
        if lines <= TALLER * rung.lines:
            return size
    return len(ladder) - 1


def ladder_for(source: tuple[int, int], max_lines: int, ladder: Ladder) -> Ladder:
    """Return what of a ladder makes sense for a source of (width, height) and a limit.

    No size exceeds the source or the limit; a size hardly larger than the one below is left out.
    """
    lines = min(source[1], max_lines)
    made: list[Rung] = []
    for rung in ladder:
        if made and lines <= TALLER * made[-1].lines:
            break
        made.append(rung if rung.lines <= lines else _shrunk(rung, lines))
    return tuple(made)


def fit(source: tuple[int, int], lines: int) -> tuple[int, int]:
    """Return an even size of at most so many lines, and MAX_WIDTH, in the shape of `source`."""
    width, height = source
    scale = min(1.0, lines / height, MAX_WIDTH / width)
    return max(16, round(width * scale / 2) * 2), max(16, round(height * scale / 2) * 2)


def _shrunk(rung: Rung, lines: int) -> Rung:
    less = (lines / rung.lines) ** 2
    return Rung(lines, rung.enter_kbps * less, rung.leave_kbps * less, rung.max_kbps * less)
