"""Finds out which paths leave over one and the same uplink, and divides that among them. Pure.

Packets that wait in one queue wait equally long, whoever they are for: paths whose queues look
the same, again and again, share the queue. What arrives of all of them meanwhile is what it bears.
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from media.path.wants import Want
from media.sealing import CAMERA, SCREEN

FADE = 0.985  # of what was seen, each time: 3 s at twenty times a second
EMPTY = 0.020  # seconds of queue that say nothing about whose it is
ENOUGH = 0.6  # seconds of queue, summed up over the times, before anything is concluded
ALIKE, UNLIKE = 0.80, 0.60  # so much of two queues is common if they are one, and if they are two
FILL = 0.92  # of what the uplink bears is given away
GROWTH = 0.02  # more, each second in which the queue is empty
FORGET = 30.0  # seconds without a queue after which nobody shares anything any more
LEAST_KBPS = 100.0  # sound with all it needs, and a stamp of a picture
DEMANDS = ((0, 0.0), (180, 300.0), (360, 900.0), (540, 1500.0), (720, 2200.0))
SCREEN_KBPS = 1500.0  # so much makes text sharp soon; less for small tiles

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class PathState:
    """A path at this moment: seconds of queue, and what arrives (kbit/s)."""

    queue: float
    received_kbps: float


def demand_kbps(wants: Mapping[int, Want]) -> float:
    """Return what a peer can make use of: sound, and pictures as large as it shows them."""
    kbps = LEAST_KBPS
    camera, screen = wants.get(CAMERA), wants.get(SCREEN)
    if camera is not None:
        kbps += next((rate for lines, rate in DEMANDS if camera.lines <= lines), DEMANDS[-1][1])
    if screen is not None and screen.lines:
        kbps += min(SCREEN_KBPS, SCREEN_KBPS * screen.lines / 720)
    return kbps


def divide(kbps: float, demands: Mapping[Key, float]) -> dict[Key, float]:
    """Divide a rate in proportion to what each can use, nobody below LEAST_KBPS or above that.

    Who needs the least is served first; the sum is above `kbps` only where that is too little for
    everybody's sound.
    """
    shares: dict[Key, float] = {}
    left, wanted = kbps, sum(demands.values())
    for key, demand in sorted(demands.items(), key=lambda item: item[1]):
        part = left * demand / wanted if wanted > 0.0 else 0.0
        shares[key] = max(LEAST_KBPS, min(demand, part))
        left = max(0.0, left - shares[key])
        wanted -= demand
    return shares


@dataclass(slots=True)
class _Pair:
    """How much two queues had in common, and how much there was of them; it fades."""

    common: float = 0.0
    whole: float = 0.0
    is_one: bool = False

    def note(self, one: float, two: float) -> None:
        longer = max(one, two)
        if longer <= EMPTY:
            return
        self.common = FADE * self.common + min(one, two)
        self.whole = FADE * self.whole + longer
        if self.whole >= ENOUGH:
            self.is_one = self.common > (UNLIKE if self.is_one else ALIKE) * self.whole


class Uplink(Generic[Key]):
    """Told of all paths twenty times a second; `bears_kbps` is None while none is shared."""

    def __init__(self) -> None:
        self.bears_kbps: float | None = None
        self.group: frozenset[Key] = frozenset()
        self._pairs: dict[frozenset[Key], _Pair] = {}
        self._noted = 0.0
        self._full_at = 0.0

    def note(self, paths: Mapping[Key, PathState], now: float) -> None:
        """Take in how all paths are that something is sent on."""
        elapsed, self._noted = min(1.0, max(0.0, now - self._noted)), now
        keys = list(paths)
        if not self.group and not any(path.queue > EMPTY for path in paths.values()):
            return  # as on any good network
        for place, one in enumerate(keys):
            for two in keys[:place]:
                self._pair(one, two).note(paths[one].queue, paths[two].queue)
        self._drop_all_but(paths)
        self.group = self._largest_group(keys)
        if not self.group:
            self.bears_kbps = None
            return
        queues = sorted(paths[key].queue for key in self.group)
        if queues[len(queues) // 2] > EMPTY:
            self._full_at = now
            self.bears_kbps = sum(paths[key].received_kbps for key in self.group)
        elif now - self._full_at > FORGET:
            self._pairs.clear()
            self.bears_kbps = None
        elif self.bears_kbps is not None:
            self.bears_kbps *= 1.0 + GROWTH * elapsed

    def shares(self, demands: Mapping[Key, float]) -> dict[Key, float]:
        """Return what those who share the uplink may have of it (kbit/s); others are left out."""
        if self.bears_kbps is None:
            return {}
        wanted = {key: demand for key, demand in demands.items() if key in self.group}
        return divide(FILL * self.bears_kbps, wanted)

    def _pair(self, one: Key, two: Key) -> _Pair:
        return self._pairs.setdefault(frozenset((one, two)), _Pair())

    def _drop_all_but(self, keys: Iterable[Key]) -> None:
        known = frozenset(keys)
        for pair in [pair for pair in self._pairs if not pair <= known]:
            del self._pairs[pair]

    def _largest_group(self, keys: Iterable[Key]) -> frozenset[Key]:
        groups: list[set[Key]] = []
        for key in keys:
            joined = [
                group for group in groups if any(self._pair(key, other).is_one for other in group)
            ]
            groups = [group for group in groups if group not in joined]
            groups.append({key}.union(*joined))
        largest = max(groups, key=len, default=set())
        return frozenset(largest) if len(largest) > 1 else frozenset()
