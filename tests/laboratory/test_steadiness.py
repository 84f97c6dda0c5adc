"""What counts as a picture that stood still, when people are watched while somebody attacks."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from fakes.running_copy import Line, RunningCopy
from fakes.steadiness import BEFORE, LONGEST_S, Steadiness, freezes


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


def call_of() -> tuple[RunningCopy, Steadiness]:
    """Return a call of some seconds at 30 pictures a second, and a watch on it."""
    told = copy_of(*(line(1 + n, 30 * n) for n in range(BEFORE + 1)))
    return told, Steadiness([told])


def twenty_seconds(told: RunningCopy, frames: int) -> None:
    """Let twenty seconds pass in each of which so many pictures came."""
    for _ in range(20):
        tell(told, frames)


def tell(told: RunningCopy, frames: int, count: int = 0, seconds: float = 0.0) -> None:
    """Let a second pass in which so many pictures came."""
    lines = cast(Told, told)._lines
    before = lines[-1]["peers"]["p"]["video"]["frames"]
    lines.append(line(lines[-1]["t"] + 1, before + frames, count, seconds))


def test_a_call_with_a_long_freeze_was_not_kept():
    told, watch = call_of()
    with watch.kept():
        tell(told, 30, 1, 0.3)
    with pytest.raises(AssertionError, match="Pia"), watch.kept():
        tell(told, 29, 2, 1.2)


def test_a_call_with_fewer_pictures_than_before_was_not_kept():
    told, watch = call_of()
    with watch.kept():
        twenty_seconds(told, 29)
    with pytest.raises(AssertionError, match="Fewer"), watch.kept():
        twenty_seconds(told, 27)


def test_pictures_that_are_missing_because_the_computer_was_taken_away_are_forgiven():
    told, watch = call_of()
    with watch.kept():
        began = told.began + cast(Told, told)._lines[-1]["t"]
        watch._waits = [(began + n, {"thread": 0.1 * n}) for n in range(20)]
        twenty_seconds(told, 22)
    with pytest.raises(AssertionError, match="Fewer"), watch.kept():
        twenty_seconds(told, 15)
