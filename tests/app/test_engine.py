"""The engine's thread, and work in the background that has an owner."""

import asyncio
import gc
import logging
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator

import pytest

from app.engine import STALL, WATCH_EVERY, Engine, LoopWatch
from app.garbage import pause_garbage, resume_garbage, settle
from app.tasks import Tasks, to_the_end


@pytest.fixture(autouse=True)
def _switch_interval() -> Iterator[None]:
    before = sys.getswitchinterval()
    yield
    sys.setswitchinterval(before)


async def forever() -> None:
    await asyncio.get_running_loop().create_future()


def test_what_is_submitted_runs_on_the_engines_thread_in_order():
    engine, done = Engine(), threading.Event()
    heard: list[tuple[int, str]] = []
    engine.start(forever)
    for number in range(100):
        engine.submit(lambda n: heard.append((n, threading.current_thread().name)), number)
    engine.submit(done.set)
    assert done.wait(5)
    engine.stop()
    assert heard == [(number, "engine") for number in range(100)]


def test_stopping_lets_the_main_task_tidy_up():
    engine = Engine()
    tidied = threading.Event()

    async def main() -> None:
        try:
            await forever()
        finally:
            await asyncio.sleep(0)
            tidied.set()

    engine.start(main)
    engine.stop()
    assert tidied.is_set()
    assert engine.join(0)
    assert engine.loop.is_closed()


def test_after_the_end_a_late_click_is_nothing():
    engine = Engine()
    engine.start(forever)
    engine.stop()
    engine.submit(pytest.fail)
    engine.stop()


def test_an_engine_that_fails_says_so_and_ends(caplog: pytest.LogCaptureFixture):
    engine = Engine()

    async def main() -> None:
        raise RuntimeError("broken")

    with caplog.at_level(logging.ERROR):
        engine.start(main)
        assert engine.join(5)
    assert "the engine stopped" in caplog.text


def test_a_callback_that_fails_does_not_stop_the_engine():
    engine, done = Engine(), threading.Event()
    engine.start(forever)
    engine.loop.set_exception_handler(lambda loop, context: None)
    engine.submit(lambda: 1 / 0)
    engine.submit(done.set)
    assert done.wait(5)
    engine.stop()


def test_a_busy_window_does_not_hold_up_the_engine():
    engine, ticks = Engine(), list[float]()

    async def main() -> None:
        while True:
            ticks.append(time.monotonic())
            await asyncio.sleep(0.005)

    engine.start(main)
    end = time.monotonic() + 0.3
    while time.monotonic() < end:
        sum(range(1000))
    engine.stop()
    assert len(ticks) > 5


# -- the watchdog ----------------------------------------------------------------------------------


class Timers:
    """A loop that only keeps what it shall call, and a clock that is turned by hand."""

    def __init__(self) -> None:
        self.now = 100.0
        self.waiting: list[tuple[float, Callable[[], None]]] = []

    def call_later(self, delay: float, callback: Callable[[], None]) -> "Timers":
        self.waiting.append((self.now + delay, callback))
        return self

    def cancel(self) -> None:
        self.waiting.clear()

    def turn(self, late: float = 0.0, times: int = 1) -> None:
        """Call what is due, so many seconds too late."""
        for _ in range(times):
            due, callback = self.waiting.pop()
            self.now = due + late
            callback()


def watched() -> tuple[Timers, LoopWatch]:
    timers = Timers()
    watch = LoopWatch(timers, lambda: timers.now)  # type: ignore[arg-type]
    watch.start()
    return timers, watch


def test_a_loop_that_is_always_in_time_has_no_stalls():
    timers, watch = watched()
    timers.turn(0.001, times=200)
    assert watch.stats.stalls == 0
    assert watch.stats.late_ms == pytest.approx(1.0)


def test_each_stall_is_counted_and_the_longest_is_kept():
    timers, watch = watched()
    for late in (0.01, STALL + 0.01, 0.4, 0.02, 0.06):
        timers.turn(late)
        timers.turn(times=150)
    assert watch.stats.stalls == 3
    assert watch.stats.longest_ms == pytest.approx(400)


def test_how_late_it_is_of_late_forgets_what_was_long_ago():
    timers, watch = watched()
    timers.turn(0.1, times=80)
    assert watch.stats.late_ms == pytest.approx(100)
    timers.turn(0.002, times=80)
    assert watch.stats.late_ms == pytest.approx(2)
    assert watch.stats.stalls == 80


def test_a_hiccup_does_not_count_as_being_late():
    timers, watch = watched()
    timers.turn(0.001, times=78)
    timers.turn(0.3, times=2)
    assert watch.stats.late_ms == pytest.approx(1.0)


def test_the_watch_costs_one_timer_and_stops():
    timers, watch = watched()
    watch.start()
    timers.turn(times=10)
    assert len(timers.waiting) == 1
    watch.stop()
    assert timers.waiting == []


def test_a_loop_that_is_really_blocked_is_noticed():
    async def go() -> None:
        watch = LoopWatch(asyncio.get_running_loop())
        watch.start()
        await asyncio.sleep(2 * WATCH_EVERY)
        before = watch.stats.stalls
        time.sleep(0.2)  # noqa: ASYNC251 - that is the fault to be noticed
        await asyncio.sleep(2 * WATCH_EVERY)
        assert watch.stats.stalls > before
        assert watch.stats.longest_ms > 150
        watch.stop()

    asyncio.run(go())


# -- tasks -----------------------------------------------------------------------------------------


def test_background_work_that_fails_is_reported(caplog: pytest.LogCaptureFixture):
    async def go() -> None:
        tasks = Tasks()

        async def work() -> None:
            raise RuntimeError("broken")

        tasks.start(work())
        await tasks.wait()

    with caplog.at_level(logging.ERROR):
        asyncio.run(go())
    assert "work in the background failed" in caplog.text


def test_closing_cancels_and_waits_but_not_for_oneself():
    async def go() -> None:
        tasks, ended = Tasks(), []

        async def work() -> None:
            try:
                await forever()
            finally:
                ended.append("work")

        async def closes() -> None:
            await tasks.close()
            ended.append("closer")

        tasks.start(work())
        await asyncio.sleep(0)
        await asyncio.wait([tasks.start(closes())])
        assert ended == ["work", "closer"]

    asyncio.run(go())


@pytest.mark.parametrize("times", [1, 3])
def test_tidying_up_goes_to_the_end_however_often_it_is_cancelled(times: int):
    async def go() -> None:
        done: list[str] = []
        gate = asyncio.Event()

        async def tidy() -> None:
            await gate.wait()
            done.append("tidied")

        task = asyncio.create_task(to_the_end(tidy()))
        for _ in range(times):
            await asyncio.sleep(0)
            task.cancel()
        await asyncio.sleep(0.01)
        assert not task.done()
        gate.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert done == ["tidied"]

    asyncio.run(go())


def test_an_error_while_tidying_up_is_not_lost():
    async def go() -> None:
        async def tidy() -> None:
            raise OSError("no")

        with pytest.raises(OSError, match="no"):
            await to_the_end(tidy())

    asyncio.run(go())


class Ring:
    """Something that only a round of the garbage collector lets go."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def garbage() -> Iterator[None]:
    yield
    gc.unfreeze()
    gc.enable()


def test_what_was_there_when_a_meeting_began_is_let_go_when_the_next_one_begins(garbage: None):
    ring = Ring()
    gone = weakref.ref(ring)
    settle()
    del ring
    gc.collect()
    assert gone() is not None
    settle()
    assert gone() is None


def test_garbage_rests_while_the_program_loads_and_not_longer(garbage: None):
    pause_garbage()
    assert not gc.isenabled()
    resume_garbage()
    assert gc.isenabled()
    assert gc.get_freeze_count()
