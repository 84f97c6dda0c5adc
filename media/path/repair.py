"""How one peer's losses are repaired: by repetition, by parity, by sound carried twice. Pure.

Repetition costs the least and comes as often as round trips fit into the time there is; what is
left after that, and only that, is for parity and redundancy. So nothing is sent beside the media
on a path that loses nothing, and hardly any parity where the other side is near.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

from media.path.fec import MAX_ROWS

PICTURE_TIME = 0.150  # seconds after which a picture repaired is felt as a stumble
DISPENSABLE_TIME = 0.100  # seconds that others wait for a picture nothing builds upon
SOUND_TIME = 0.095  # seconds for sound: 120 ms, less the 20 until the next packet tells
LEAST_AGAIN = 0.020  # seconds between two requests, as the receiver does it
SLACK = 0.010
LEAST_LOSS = 0.003  # less than that is repeated and nothing else
STEPS = (0.005, 0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.14, 0.2, 0.28, 0.4)
"""Losses that are planned for: the nearest one, so that plans do not flutter."""
NEAREST = 1.18  # times a step is still that step
RELAX = 0.8  # times the step below is where a plan made for more loss is given up
SUDDEN = 0.8  # of the loss of this second counts: few packets show more than there is

FAIL_KEY = 0.002  # of key frames, in time: each costs a request for another
FAIL_BASE = 0.005  # of layer 0 frames: everything builds upon them
FAIL_MIDDLE = 0.02  # of layer 1 frames: their failure costs two pictures of four
FAIL_TOP = 0.06  # of layer 2 frames: their failure costs one picture
MOST_ROWS = (1.0, 0.5, 0.34)  # rows per packet by layer, at most
SOUND_FAIL = 0.005  # of sound packets
CARRY_FROM = 0.02  # loss from which sound is carried twice whatever the round trip
CARRY_KBPS = 100.0  # for pictures; with less there is no room for sound twice
SOUND_STEP = 0.020  # seconds of sound in a packet
DISTANCES: tuple[tuple[int, ...], ...] = ((), (1,), (1, 2), (1, 3), (1, 4))
"""How far back sound is carried, cheapest first, then the sooner played first."""


@dataclass(frozen=True, slots=True)
class PathLoss:
    """What is known of one path: seconds, shares, packets, packets a second."""

    round_trip: float
    now: float
    """Share lost over the last second or two."""
    lately: float
    """Share lost over the last ten seconds."""
    burst: float
    """Packets lost in a row, mean."""
    rate: float
    """Packets sent a second."""


@dataclass(frozen=True, slots=True)
class RepairPlan:
    """What goes to one peer beside the media; as it begins, nothing."""

    loss: float = 0.0
    """The loss planned for, one of STEPS."""
    burst: int = 1
    unrepeated: tuple[float, float, float] = (1.0, 1.0, 1.0)
    """Share of the losses in each layer that no repetition makes good in time."""
    distances: tuple[int, ...] = ()
    """Which packets of sound each one carries again, as counted back."""
    sound_loss: float = 0.0
    """The loss left to the sound's own coder: neither carried nor repeated in time."""
    round_trip: float = 0.0
    """Seconds that a request and its answer take at least."""

    def rows(self, packets: int, layer: int, key: bool) -> int:
        """Return how many parity rows go with so many packets of a frame of that layer."""
        if not self.loss:
            return 0
        fail = FAIL_KEY if key else (FAIL_BASE, FAIL_MIDDLE, FAIL_TOP)[layer]
        most = min(MAX_ROWS, math.ceil(MOST_ROWS[layer] * packets))
        fail = min(1.0, fail / self.unrepeated[layer])
        return _rows(packets, self.loss, self.burst, fail, most)

    @property
    def in_bursts(self) -> bool:
        """Whether what is sent at once is lost at once, so that parity has to come later."""
        return self.burst > 1


def plan(path: PathLoss, budget_kbps: float, last: RepairPlan) -> RepairPlan:
    """Return the plan for a path; `budget_kbps` is what it bears for pictures."""
    loss = _step(max(SUDDEN * path.now, path.lately), last.loss)
    if not loss:
        return RepairPlan()
    lost_again = 1.0 - (1.0 - loss) ** 2  # a request or its answer
    again = max(LEAST_AGAIN, path.round_trip + SLACK)
    picture = max(1e-6, lost_again ** int(PICTURE_TIME / again))
    dispensable = max(1e-6, lost_again ** int(DISPENSABLE_TIME / again))
    sound_unrepeated = lost_again ** int(SOUND_TIME / again)
    distances: tuple[int, ...] = ()
    if budget_kbps >= CARRY_KBPS:
        distances = _distances(path, loss, sound_unrepeated)
    carried = _lost_together(path, loss, distances) / loss
    return RepairPlan(
        loss=loss,
        burst=max(1, round(path.burst)),
        unrepeated=(picture, dispensable, dispensable),
        distances=distances,
        sound_loss=loss * carried * sound_unrepeated,
        round_trip=path.round_trip,
    )


def _step(loss: float, last: float) -> float:
    """Round a loss to a step; down from the last one only when it is clearly less."""
    step = next((step for step in STEPS if loss <= NEAREST * step), STEPS[-1])
    if loss < LEAST_LOSS:
        step = 0.0
    if step >= last:
        return step
    below = max((step for step in STEPS if step < last), default=0.0)
    return last if loss > RELAX * max(below, LEAST_LOSS) else step


def _distances(path: PathLoss, loss: float, unrepeated: float) -> tuple[int, ...]:
    """Return the cheapest way of carrying sound that leaves little lost, or else the best."""
    ways = DISTANCES[1:] if loss >= CARRY_FROM else DISTANCES
    left = [_lost_together(path, loss, way) * unrepeated for way in ways]
    enough = [way for way, rest in zip(ways, left, strict=True) if rest <= SOUND_FAIL]
    return enough[0] if enough else ways[left.index(min(left))]


def _lost_together(path: PathLoss, loss: float, distances: tuple[int, ...]) -> float:
    """Return how often a sound packet is lost with all that carry it again.

    Losses follow each other as in Gilbert's model: what one says of the next fades by a constant
    factor with each packet of the link in between.
    """
    fade = max(0.0, 1.0 - 1.0 / max(1.0, path.burst) - loss / (1.0 - loss) / max(1.0, path.burst))
    between = max(1.0, path.rate * SOUND_STEP)
    together = loss
    last = 0
    for distance in distances:
        together *= loss + (1.0 - loss) * fade ** (between * (distance - last))
        last = distance
    return together


@lru_cache(maxsize=4096)
def _rows(packets: int, loss: float, burst: int, fail: float, most: int) -> int:
    """Return the fewest rows that leave frames incomplete no more often than `fail`, or `most`.

    No rows at all where `most` would not halve the failures.
    """
    for rows in range(most + 1):
        if _incomplete(packets, rows, loss, burst) <= fail:
            return rows
    helped = _incomplete(packets, most, loss, burst)
    return most if helped <= 0.5 * _incomplete(packets, 0, loss, burst) else 0


def _incomplete(packets: int, rows: int, loss: float, burst: int) -> float:
    """Return how likely it is that a frame cannot be put together from what arrives."""
    if burst == 1:
        return _more_lost(packets + rows, rows, loss)
    # A burst strikes the frame, outlasts its rows, or takes the rows, which come later, too.
    struck = min(1.0, loss * (1.0 + (packets - 1) / burst))
    outlasts = (1.0 - 1.0 / burst) ** rows if rows < packets else 0.0
    return struck * (outlasts + (1.0 - outlasts) * min(1.0, loss * (1.0 + rows / burst)))


def _more_lost(sent: int, borne: int, loss: float) -> float:
    """Return how likely it is that more than `borne` of so many are lost, each for itself."""
    return 1.0 - sum(
        math.comb(sent, lost) * loss**lost * (1.0 - loss) ** (sent - lost)
        for lost in range(borne + 1)
    )
