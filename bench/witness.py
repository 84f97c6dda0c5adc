"""What one side of a call saw: when each picture came, which one it was, and how well it looked."""

import math
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.clip import FRAMES_PER_SECOND, Frame
from bench.clip_file import LOOP_FRAMES, ClipFile, code_lines, number_in

Luma = npt.NDArray[np.uint8]

SAMPLE_EVERY_S = 1.0  # between two pictures kept for comparison: copying them costs the contender
UNREADABLE = -1
PERFECT_DB = 60.0  # of a picture that equals the source

# What counts as a freeze: the identifiers for WebRTC's statistics (W3C), freezeCount.
FREEZE_MEMORY = 30  # pictures whose mean distance is what one is used to
FREEZE_FACTOR = 3.0
FREEZE_EXTRA_S = 0.15
FREEZE_NEEDS = 5  # distances until anything can be called unusual


@dataclass(frozen=True)
class Arrival:
    """One picture that could be painted: when (seconds), its number or -1, its size.

    `decoded` is when the decoder had it, where that is known: a picture may wait for its sound.
    """

    at: float
    number: int
    width: int
    height: int
    decoded: float | None = None


class Witness:
    """Notes every picture that arrives and keeps one a second to look at closely.

    `seen_as` turns a picture of the source (I420) into the luma in which kept pictures come.
    """

    def __init__(self, clip: ClipFile, seen_as: Callable[[Frame], Luma] | None = None) -> None:
        self._clip = clip
        self._seen_as = seen_as
        self._arrivals: list[Arrival] = []
        self._kept: list[tuple[Arrival, Luma]] = []
        self._counts_from = math.inf

    def reset(self, now: float) -> None:
        """Look closely from now on; arrivals are kept from the beginning, to count the loops."""
        self._counts_from = now

    def see(
        self,
        channel: Luma,
        at: float,
        luma: Callable[[], Luma] | None = None,
        decoded: float | None = None,
    ) -> None:
        """Take in a decoded picture: its luma, or any channel that shows the number.

        `luma` gives the real one where `channel` is another; it is asked once a second.
        """
        number = number_in(channel)
        height, width = channel.shape
        arrival = Arrival(at, UNREADABLE if number is None else number, width, height, decoded)
        self.note(arrival)
        if self.is_due(at):
            self.keep(arrival, channel.copy() if luma is None else luma())

    def note(self, arrival: Arrival) -> None:
        """Take in a picture that somebody else has read."""
        self._arrivals.append(arrival)

    def is_due(self, at: float) -> bool:
        """Tell whether the picture of this moment should be kept."""
        last = self._kept[-1][0].at if self._kept else -math.inf
        return at >= self._counts_from and at - last >= SAMPLE_EVERY_S

    def keep(self, arrival: Arrival, luma: Luma) -> None:
        """Keep a picture for comparison with the source."""
        self._kept.append((arrival, luma))

    def figures(self, until: float) -> dict[str, Any]:
        """Return all arrivals up to `until`, and how far the kept ones are from the source (dB)."""
        return {
            "from": self._counts_from,
            "until": until,
            "arrivals": [(one.number, one.at) for one in self._arrivals],
            "decoded": [(one.number, one.decoded or one.at) for one in self._arrivals],
            "sizes": Counter(
                f"{one.width}x{one.height}" for one in self._arrivals if one.at >= self._counts_from
            ),
            "psnr_db": [self._compared(arrival, luma) for arrival, luma in self._kept],
        }

    def _compared(self, arrival: Arrival, luma: Luma) -> float:
        number = arrival.number
        if number == UNREADABLE:  # so broken that it hides its number: it does not get away
            number = self._number_due(arrival.at)
        number %= len(self._clip)
        source = self._seen_as(self._clip[number]) if self._seen_as else self._clip.luma(number)
        return round(psnr(luma, source), 2)

    def _number_due(self, at: float) -> int:
        before = [one for one in self._arrivals if one.number != UNREADABLE and one.at <= at]
        if not before:
            return 0
        return before[-1].number + round((at - before[-1].at) * FRAMES_PER_SECOND)


def psnr(luma: Luma, source: Luma) -> float:
    """Return the peak signal to noise ratio in dB, scaled to the source's size, without number."""
    import cv2

    height, width = source.shape
    if luma.shape != source.shape:
        luma = np.asarray(
            cv2.resize(luma, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8
        )
    top = code_lines(width)
    difference = luma[top:].astype(np.float32) - source[top:]
    error = float(np.mean(difference * difference))
    return PERFECT_DB if error == 0 else min(PERFECT_DB, 10 * math.log10(255 * 255 / error))


def longest_gap(moments: Sequence[float], start: float, end: float) -> float:
    """Return the longest time between `start` and `end` without a new picture, in seconds."""
    inside = [moment for moment in moments if start <= moment < end]
    return max(after - before for before, after in pairwise([start, *inside, end]))


def freezes(moments: Sequence[float], start: float, end: float) -> list[float]:
    """Return how long each freeze between `start` and `end` took, in seconds.

    A distance between two pictures is a freeze when it is at least max(3 * mean, mean + 150 ms),
    the mean being that of the thirty before. Also that from the last picture to the end.
    """
    found = []
    usual: deque[float] = deque(maxlen=FREEZE_MEMORY)
    for before, after in pairwise([*[moment for moment in moments if moment < end], end]):
        distance = after - before
        mean = sum(usual) / len(usual) if usual else 0.0
        used_to = len(usual) >= FREEZE_NEEDS
        is_freeze = used_to and distance >= max(FREEZE_FACTOR * mean, mean + FREEZE_EXTRA_S)
        if is_freeze and after > start:
            found.append(distance)
        usual.append(distance)
    return found


def unrolled(numbers: Sequence[tuple[int, float]]) -> list[tuple[int, float]]:
    """Return (count, time) for (number in the loop, time): counts go on where numbers wrap.

    The times rise and so do the counts; a loop is long enough that none is skipped whole.
    """
    counts: list[tuple[int, float]] = []
    count = -1
    for number, at in numbers:
        count = number if count < 0 else count + (number - count) % LOOP_FRAMES
        counts.append((count, at))
    return counts


def ages(
    taken: Sequence[tuple[int, float]], arrivals: Sequence[tuple[int, float]], start: float
) -> list[float]:
    """Return how old each picture that came after `start` was, in seconds.

    `taken` and `arrivals` hold (number in the loop, time) from the beginning of the call on.
    """
    counted = unrolled(taken)
    when = dict(counted)
    found = []
    count: int | None = None
    for number, at in arrivals:
        if number == UNREADABLE:
            continue
        if count is None:  # the newest of this number: the first picture is not a loop old
            alike = [c for c, moment in counted if moment <= at and c % LOOP_FRAMES == number]
            if not alike:
                continue
            this = alike[-1]
        else:
            this = count + (number - count) % LOOP_FRAMES
        captured = when.get(this)
        if this == count or captured is None or captured > at:
            continue  # shown again, or out of order
        count = this
        if at >= start:
            found.append(at - captured)
    return found
