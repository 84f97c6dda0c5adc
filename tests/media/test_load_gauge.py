"""From totals to samples, and what is asked of whom."""

from media.cpu import ProcessorMeter, cores
from media.load import LOOK_EVERY, STEPS
from media.load_gauge import LoadGauge, Work
from media.stats import ComputerStats, LoopStats


class Bench:
    """A gauge, a clock turned by hand, and workers that say what the test says."""

    def __init__(self) -> None:
        self.now = 0.0
        self.cpu = 0.0
        self.loop = LoopStats()
        self.gauge = LoadGauge(lambda: self.cpu, lambda: self.loop)

    def look(self, work: Work) -> bool:
        self.now += LOOK_EVERY
        return self.gauge.look(work, self.now)


def test_counts_that_stand_still_are_no_trouble_however_high():
    bench = Bench()
    bench.look(Work())
    bench.look(Work(dropped=500, overruns=90))
    assert not any(bench.look(Work(dropped=500, overruns=90)) for _ in range(20))
    assert bench.gauge.plan == STEPS[0]


def test_counts_that_grow_are_trouble():
    bench = Bench()
    changed = [bench.look(Work(dropped=5 * number)) for number in range(6)]
    assert changed.count(True) == 1
    assert (bench.gauge.plan.step, bench.gauge.plan.reason) == (1, "decoding")


def test_a_worker_that_began_anew_counts_from_nothing():
    bench = Bench()
    bench.look(Work(dropped=1000))
    for _ in range(8):
        bench.look(Work(dropped=3))
    assert bench.gauge.plan.step == 0


def test_a_late_loop_is_trouble_and_stands_in_the_statistics():
    bench = Bench()
    bench.loop, bench.cpu = LoopStats(90.0, 4, 120.0), 0.5
    for _ in range(5):
        bench.look(Work(encoding=0.2, decoding=0.01, overruns=2))
    assert bench.gauge.stats == ComputerStats(bench.loop, 0.2, 10.0, 2, 0.5, 1, "loop")


def test_a_speaker_without_sound_is_told_and_no_trouble():
    bench = Bench()
    assert not any(bench.look(Work(underruns=5 * number)) for number in range(20))
    assert bench.gauge.stats.underruns == 95


def test_looks_are_due_twice_a_second():
    bench = Bench()
    assert bench.gauge.is_due(0.0)
    bench.look(Work())
    assert not bench.gauge.is_due(bench.now + 0.4)
    assert bench.gauge.is_due(bench.now + LOOK_EVERY)


def test_the_processor_meter_tells_the_share_of_all_cores():
    used, now = [10.0], [0.0]
    meter = ProcessorMeter(2, lambda: used[0], lambda: now[0])
    now[0], used[0] = 4.0, 12.0
    assert meter.look() == 0.25
    now[0] = 8.0
    assert meter.look() == 0.0
    now[0], used[0] = 9.0, 99.0
    assert meter.look() == 1.0
    assert meter.look() == 0.0


def test_there_is_at_least_one_core():
    assert cores() >= 1
