"""Computers that are too slow, simulated: what is left out, how soon, and what comes back when."""

from dataclasses import fields
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.load import (
    DOWN_AFTER,
    DROPPED,
    HARD_STEP,
    LONGEST_PATIENCE,
    LOOK_EVERY,
    SIGNED_FPS,
    SIGNED_LINES,
    SOONER,
    STEPS,
    UP_AFTER,
    LoadPlan,
    LoadSample,
    LoadWatch,
    fluent,
)

QUIET = LoadSample()
LATE = LoadSample(loop_late=0.08)


class Computer:
    """A computer with so many cores for a call; what it has no time for is late, and later."""

    def __init__(self, cores: float, tiles: int = 1) -> None:
        self.cores = cores
        self.tiles = tiles
        self.backlog = 0.0
        self.watch = LoadWatch()
        self.now = 0.0
        self.steps = [0]
        self.sound = 0.0  # cores that sound got, the last time

    def work(self, plan: LoadPlan) -> tuple[float, float]:
        """Cores that encoding and decoding want: as measured on one core, rounded."""
        quicker = 1.0 if plan.cpu_used <= 12 else 0.75
        encoding = 0.30 * (plan.max_lines / 720) ** 2 * plan.fps / 30 * quicker
        near, far = 0.06, 0.06 * (self.tiles - 1) * plan.far_fps / 30
        return encoding, near + far

    def run(self, seconds: float) -> LoadPlan:
        for _ in range(round(seconds / LOOK_EVERY)):
            encoding, decoding = self.work(self.watch.plan)
            asked = encoding + decoding + 0.08  # and sound, network, sealing
            share = asked / self.cores
            self.backlog = min(max(0.0, self.backlog + (share - 1.0) * LOOK_EVERY), 0.27)
            plan = self.watch.plan
            sample = LoadSample(
                loop_late=0.03 * share**2,
                encoding=min(encoding * share / 0.9, 3.0),
                decoding=self.backlog,
                dropped=4 if self.backlog >= 0.27 else 0,
                cpu=min(share, 1.0),
            )
            self.now += LOOK_EVERY
            plan = self.watch.note(sample, self.now)
            self.steps.append(plan.step)
        return self.watch.plan

    @property
    def keeps_up(self) -> bool:
        return sum(self.work(self.watch.plan)) + 0.08 <= self.cores


def feed(watch: LoadWatch, sample: LoadSample, seconds: float, start: float = 0.0) -> float:
    """Show the same sample for so long; return the time at the end."""
    now = start
    for _ in range(round(seconds / LOOK_EVERY)):
        now += LOOK_EVERY
        watch.note(sample, now)
    return now


def test_a_computer_that_keeps_up_leaves_nothing_out():
    assert Computer(cores=2.0).run(300).step == 0


def test_a_computer_half_as_fast_as_it_should_be_keeps_up_within_seconds():
    computer = Computer(cores=0.22)
    computer.run(8)
    assert computer.keeps_up
    assert 0 < computer.watch.plan.step < 4  # nobody's tile suffers for one's own picture


def test_sixteen_tiles_on_one_core_end_in_a_call_that_keeps_up():
    computer = Computer(cores=0.5, tiles=16)
    computer.run(20)
    assert computer.keeps_up
    assert computer.watch.plan.far_fps < 30
    assert computer.watch.plan.reason == "decoding"


def test_a_computer_that_can_do_nothing_stays_on_the_last_step():
    assert Computer(cores=0.05, tiles=16).run(60) == LoadPlan(7, 180, 2, 16, 0, 60, "decoding")


def test_a_step_holds_instead_of_swinging():
    computer = Computer(cores=0.30)
    computer.run(600)
    changes = sum(a != b for a, b in pairwise(computer.steps))
    assert changes <= 10


def test_slow_for_a_minute_then_free_comes_back_in_full():
    computer = Computer(cores=0.22)
    computer.run(60)
    before = computer.watch.plan.step
    computer.cores = 2.0
    computer.run(DOWN_AFTER - 1)
    assert computer.watch.plan.step >= before
    computer.run(120)
    assert computer.watch.plan == STEPS[0]


def test_steps_that_cost_people_pictures_are_taken_back_sooner():
    watch = LoadWatch()
    now = feed(watch, LATE, 20)
    assert watch.plan.step == STEPS[-1].step
    hard = STEPS[-1].step - HARD_STEP + 1
    now = feed(watch, QUIET, hard * (SOONER * DOWN_AFTER + LOOK_EVERY), now)
    assert watch.plan.step == HARD_STEP - 1
    feed(watch, QUIET, DOWN_AFTER / 2, now)
    assert watch.plan.step == HARD_STEP - 1


def test_a_short_spike_changes_nothing():
    watch = LoadWatch()
    now = feed(watch, QUIET, 10)
    now = feed(watch, LATE, UP_AFTER - LOOK_EVERY, now)
    feed(watch, QUIET, 10, now)
    assert watch.plan.step == 0


def test_trouble_of_two_seconds_is_acted_upon():
    watch = LoadWatch()
    feed(watch, LATE, 2 * LOOK_EVERY)
    assert watch.plan.step == 0
    feed(watch, LATE, 2.0, 2 * LOOK_EVERY)
    assert watch.plan.step == 1


def test_nine_seconds_of_ease_take_nothing_back_and_eleven_do():
    watch = LoadWatch()
    now = feed(watch, LATE, 2.0)
    now = feed(watch, QUIET, 9.0, now)
    assert watch.plan.step == 1
    feed(watch, QUIET, 2.0, now)
    assert watch.plan.step == 0


def test_a_relapse_goes_back_to_where_it_was_well_and_no_further():
    watch = LoadWatch()
    now = feed(watch, LoadSample(loop_late=0.5), 2.0)
    assert watch.plan.step == 2
    now = feed(watch, QUIET, DOWN_AFTER + LOOK_EVERY, now)
    assert watch.plan.step == 1
    feed(watch, LoadSample(loop_late=0.5), 2.0, now)
    assert watch.plan.step == 2


def test_trouble_in_two_of_three_looks_is_trouble():
    watch, now = LoadWatch(), 0.0
    for _ in range(8):
        for sample in (LATE, LATE, QUIET):
            now += LOOK_EVERY
            watch.note(sample, now)
    assert watch.plan.step >= 1


def test_who_is_twice_too_slow_goes_two_steps_at_once():
    watch = LoadWatch()
    feed(watch, LoadSample(loop_late=0.5), 2.0)
    assert watch.plan.step == 2


@pytest.mark.parametrize(
    ("sample", "reason"),
    [
        (LATE, "loop"),
        (LoadSample(encoding=0.95), "encoding"),
        (LoadSample(decoding=0.2), "decoding"),
        (LoadSample(dropped=DROPPED), "decoding"),
        (LoadSample(overruns=3), "sound"),
        (LoadSample(encoding=1.2, loop_late=0.07), "encoding"),
    ],
)
def test_the_plan_says_what_was_late(sample: LoadSample, reason: str):
    watch = LoadWatch()
    feed(watch, sample, 2.0)
    assert (watch.plan.step, watch.plan.reason) == (1, reason)


def test_a_busy_processor_alone_is_no_trouble_but_takes_nothing_back():
    watch = LoadWatch()
    now = feed(watch, LATE, 2.0)
    now = feed(watch, LoadSample(cpu=0.95), 60, now)
    assert watch.plan.step == 1
    feed(watch, LoadSample(cpu=0.4), DOWN_AFTER + 1, now)
    assert watch.plan.step == 0


def test_between_trouble_and_ease_nothing_changes():
    watch = LoadWatch()
    now = feed(watch, LATE, 2.0)
    feed(watch, LoadSample(loop_late=0.045), 300, now)
    assert watch.plan.step == 1


def test_a_step_is_not_taken_back_where_its_cost_would_be_too_much():
    watch = LoadWatch()
    now = feed(watch, LoadSample(encoding=1.0), UP_AFTER * 3 + LOOK_EVERY)
    assert watch.plan.step == 3
    now = feed(watch, LoadSample(encoding=0.3), 200, now)  # a larger picture costs 3.5 times that
    assert watch.plan.step == 3
    feed(watch, LoadSample(encoding=0.1), DOWN_AFTER + 1, now)
    assert watch.plan.step == 2


def test_a_relapse_makes_it_wait_longer_each_time_and_ever_less_after_peace():
    watch, waits, now = LoadWatch(), [], 0.0
    for _ in range(5):
        now = feed(watch, LATE, 2.0, now)
        since = now
        while watch.plan.step:
            now = feed(watch, QUIET, LOOK_EVERY, now)
        waits.append(now - since)
    assert waits == sorted(waits)
    assert waits[1] >= 1.8 * waits[0]
    assert waits[-1] <= LONGEST_PATIENCE + 2 * LOOK_EVERY
    now = feed(watch, QUIET, 500, now)
    now = feed(watch, LATE, 2.0, now)
    since = now
    while watch.plan.step:
        now = feed(watch, QUIET, LOOK_EVERY, now)
    assert now - since <= waits[0] + LOOK_EVERY


def test_a_computer_that_slept_is_not_taken_for_a_slow_one():
    watch = LoadWatch()
    watch.note(QUIET, 1.0)
    watch.note(LATE, 5000.0)
    assert watch.plan.step == 0


def test_each_step_leaves_out_more_than_the_one_before_and_never_sound():
    for before, after in pairwise(STEPS):
        assert after.step == before.step + 1
        assert after.max_lines <= before.max_lines
        assert after.fps <= before.fps
        assert after.cpu_used >= before.cpu_used
        assert after.far_fps <= before.far_fps
        assert after != before
    assert not any("sound" in f.name or "audio" in f.name for f in fields(LoadPlan))


samples = st.builds(
    LoadSample,
    loop_late=st.floats(0, 2),
    encoding=st.floats(0, 5),
    decoding=st.floats(0, 1),
    dropped=st.integers(0, 50),
    overruns=st.integers(0, 20),
    cpu=st.floats(0, 1),
)


@settings(max_examples=60)
@given(st.lists(st.tuples(samples, st.floats(0, 3)), max_size=80))
def test_whatever_is_measured_the_plan_is_a_step_and_never_jumps_far(
    measured: list[tuple[LoadSample, float]],
):
    watch, now = LoadWatch(), 0.0
    for sample, passed in measured:
        before = watch.plan.step
        now += passed
        plan = watch.note(sample, now)
        assert -1 <= plan.step - before <= 2
        assert bool(plan.reason) == bool(plan.step)
        assert plan == LoadPlan(
            **{f.name: getattr(STEPS[plan.step], f.name) for f in fields(plan)}
            | {"reason": plan.reason}
        )


def test_time_that_stands_still_or_runs_backwards_changes_nothing():
    watch = LoadWatch()
    for now in (5.0, 5.0, 4.0, 5.0, 3.0):
        watch.note(LoadSample(loop_late=1.0), now)
    assert watch.plan.step == 0


def test_signs_stay_readable_as_long_as_people_miss_no_pictures_for_the_sound():
    for plan in STEPS[:HARD_STEP]:
        assert fluent(plan).fps >= SIGNED_FPS
        assert fluent(plan).max_lines >= SIGNED_LINES
    for plan in STEPS[HARD_STEP:]:
        assert fluent(plan) == plan


def test_signs_cost_no_more_than_the_pictures_that_they_take_the_place_of():
    for plan in STEPS[:3]:
        size = fluent(plan).max_lines / plan.max_lines
        assert size**2 * fluent(plan).fps <= plan.fps
