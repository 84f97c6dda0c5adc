"""The thread that runs a meeting: a loop of its own, so that a busy window costs no packet."""

import asyncio
import contextlib
import logging
import selectors
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, TypeVarTuple

from media.meter import percentile
from media.stats import LoopStats

Arguments = TypeVarTuple("Arguments")

SWITCH_INTERVAL = 0.0005  # seconds; Python's default of 5 ms between threads is heard in the sound
STOP_TIMEOUT = 5.0  # seconds for links and devices to close before the process ends anyway

WATCH_EVERY = 0.025  # seconds between two looks at the clock: a stall of 75 ms is never missed
STALL = 0.050  # seconds; so much later nobody's sound is in time any more
WATCHED = 80  # looks that the percentile is taken over: two seconds

log = logging.getLogger(__name__)


def share_often() -> None:
    """Let threads take turns so often that no sound waits for one that computes."""
    sys.setswitchinterval(SWITCH_INTERVAL)


class LoopWatch:
    """Notices when a loop does one thing for so long that everything else waits.

    One timer that asks to be called soon and looks how late it was.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._loop, self._clock = loop, clock
        self._late: deque[float] = deque(maxlen=WATCHED)
        self._stalls = 0
        self._longest = 0.0
        self._due = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Watch from now on; on the loop's thread."""
        if self._timer is None:
            self._again(self._clock())

    def stop(self) -> None:
        """Watch no more; what was seen can still be asked for."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    @property
    def stats(self) -> LoopStats:
        """How late the loop was: of late, and at worst."""
        return LoopStats(percentile(self._late, 0.95) * 1000, self._stalls, self._longest * 1000)

    def _look(self) -> None:
        now = self._clock()
        late = max(0.0, now - self._due)
        self._late.append(late)
        if late > STALL:
            self._stalls += 1
        self._longest = max(self._longest, late)
        self._again(now)

    def _again(self, now: float) -> None:
        self._due = now + WATCH_EVERY
        self._timer = self._loop.call_later(WATCH_EVERY, self._look)


class Engine:
    """A thread with a running loop; everything of a meeting happens on it, one step at a time."""

    def __init__(self) -> None:
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self.loop: asyncio.AbstractEventLoop = asyncio.SelectorEventLoop(
            selectors.DefaultSelector()
        )
        self._main: asyncio.Task[Any] | None = None

    def start(self, main: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run `main` on the engine's thread; returns as soon as the loop turns."""
        share_often()
        self.loop.call_soon(self._begin, main)
        self._thread.start()
        self._ready.wait()

    def submit(self, callback: Callable[[*Arguments], object], *arguments: *Arguments) -> None:
        """Have a callback called on the engine's thread; from any thread, without waiting."""
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is there any more
            self.loop.call_soon_threadsafe(callback, *arguments)

    def stop(self) -> None:
        """Cancel `main`, wait until it has tidied up, end the thread."""
        if self._main is not None:
            self.submit(self._main.cancel)
        self.join(STOP_TIMEOUT)

    def join(self, timeout: float | None = None) -> bool:
        """Wait for the thread to end; tell whether it did."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _begin(self, main: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._main = self.loop.create_task(main())
        self._main.add_done_callback(self._finished)
        self._ready.set()

    def _finished(self, task: asyncio.Task[Any]) -> None:
        if not task.cancelled() and task.exception() is not None:
            log.error("the engine stopped", exc_info=task.exception())
        self.loop.stop()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        try:
            self.loop.run_forever()
            rest = asyncio.all_tasks(self.loop)
            for task in rest:
                task.cancel()
            if rest:
                self.loop.run_until_complete(asyncio.gather(*rest, return_exceptions=True))
            self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        finally:
            self.loop.close()
