"""At most two threads that decode for all streams, each stream in order and by one at a time."""

import heapq
import itertools
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

THREADS = 2
FAIR = 4  # each so many jobs the one that has waited longest is next, however light


class Job(Protocol):
    """A stream with frames waiting."""

    @property
    def waiting(self) -> bool:
        """Whether there is something to do."""

    @property
    def weight(self) -> int:
        """How much it matters: of those that wait, the heavier goes first."""

    def work(self) -> None:
        """Decode one frame. Never raises."""


class DecodePool:
    """Threads start with the first frames and end with `close`.

    `clock` is the one that `later` is told times of, in seconds.
    """

    def __init__(
        self, threads: int = THREADS, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit = threads
        self._clock = clock
        self._condition = threading.Condition()
        self._ready: deque[Job] = deque()
        self._known: set[int] = set()
        self._later: list[tuple[float, int, Callable[[], None]]] = []  # a heap
        self._count = itertools.count()
        self._keeps_time = False  # whether a thread that waits wakes up for the first of these
        self._turn = 0
        self._threads: list[threading.Thread] = []
        self._closed = False

    def schedule(self, job: Job) -> None:
        """Let `job.work` be called until nothing is waiting; a job that is here stays once."""
        with self._condition:
            if self._closed or id(job) in self._known:
                return
            self._known.add(id(job))
            self._ready.append(job)
            if len(self._threads) < min(self._limit, len(self._known)):
                thread = threading.Thread(target=self._run, name="decoder", daemon=True)
                self._threads.append(thread)
                thread.start()
            self._condition.notify()

    def later(self, at: float, do: Callable[[], None]) -> None:
        """Call `do` at a time, on one of the threads; called by a job, so that there is one.

        It comes later than that by a job at most: whoever calls will soon look at the time, so
        nobody is woken up for it.
        """
        with self._condition:
            if self._closed:
                return
            due = at, next(self._count), do
            heapq.heappush(self._later, due)
            if self._keeps_time and self._later[0] is due:
                self._condition.notify_all()  # somebody waits for a later moment

    def close(self) -> None:
        """Let the threads end after the frame they are at; returns at once."""
        with self._condition:
            self._closed = True
            self._ready.clear()
            self._known.clear()
            self._later.clear()
            self._condition.notify_all()

    @property
    def alive(self) -> bool:
        """Whether any thread is left."""
        return any(thread.is_alive() for thread in self._threads)

    def _run(self) -> None:
        while True:
            with self._condition:
                while not (self._closed or self._ready or self._is_time()):
                    self._wait()
                if self._closed:
                    return
                job = None if self._is_time() else self._next()
                do = heapq.heappop(self._later)[2] if job is None else job.work
            do()
            if job is None:
                continue
            with self._condition:
                if job.waiting and not self._closed:
                    self._ready.append(job)
                else:
                    self._known.discard(id(job))

    def _wait(self) -> None:
        """Wait for work; of all that wait, one wakes up for what is due."""
        if not self._later or self._keeps_time:
            self._condition.wait()
            return
        self._keeps_time = True
        self._condition.wait(max(self._later[0][0] - self._clock(), 0.0))
        self._keeps_time = False

    def _next(self) -> Job:
        """Take the heaviest job, now and then the first; among equals it is the first."""
        self._turn = (self._turn + 1) % FAIR
        if self._turn:
            job = max(self._ready, key=lambda ready: ready.weight)
            self._ready.remove(job)
            return job
        return self._ready.popleft()

    def _is_time(self) -> bool:
        return bool(self._later) and self._later[0][0] <= self._clock()
