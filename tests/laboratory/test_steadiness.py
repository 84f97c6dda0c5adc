"""What counts as a picture that stood still, when people are watched while somebody attacks."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from fakes.running_copy import Line, RunningCopy
from fakes.steadiness import LONGEST_S, Steadiness, freezes


class Told:
    """A copy of which only its statistics are known."""

    label = "copy"
    began = 100.0
    process = SimpleNamespace(pid=0)

    def __init__(self, *lines: Line) -> None:
        self._lines = list(lines)
        self._more = 0

    def statistics(self) -> list[Line]:
        return self._lines

    def wait_until(self, check: Any, *_: object) -> None:
        while not check():
            self._more += 1
            last = self._lines[-1]
            self._lines.append(line(last["t"] + 1, last["peers"]["p"]["video"]["frames"] + 30))


def line(t: float, frames: int, count: int = 0, seconds: float = 0.0) -> Line:
    video = {"frames": frames, "freezes": count, "freeze_s": seconds}
    return {"t": t, "peers": {"p": {"name": "Pia", "video": video}}}


def copy_of(*lines: Line) -> RunningCopy:
    return cast(RunningCopy, Told(*lines))


def longest(*lines: Line) -> float:
    return max((freeze.seconds for freeze in freezes(copy_of(), lines)), default=0.0)


def test_pictures_that_keep_coming_are_no_freeze():
    assert longest(line(1, 30), line(2, 60), line(3, 88)) == 0.0


def test_the_length_of_a_freeze_is_told_and_many_short_ones_are_not_one_long_one():
    assert longest(line(1, 30), line(2, 50, 1, 0.7)) == pytest.approx(0.7)
    assert longest(line(1, 30), line(2, 50, 3, 0.6)) < LONGEST_S


def test_a_picture_that_has_not_moved_yet_counts_too():
    assert longest(line(1, 30), line(2, 30), line(3, 60)) == pytest.approx(1.0)


def test_a_call_with_a_long_freeze_was_not_kept():
    told = copy_of(line(1, 30))
    watch = Steadiness([told])
    with watch.kept():
        cast(Told, told)._lines.append(line(2, 60, 1, 0.3))
    with pytest.raises(AssertionError, match="Pia"), watch.kept():
        cast(Told, told)._lines.append(line(3, 70, 2, 1.2))
