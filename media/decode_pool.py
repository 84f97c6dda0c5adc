"""At most two threads that decode for all streams, each stream in order and by one at a time."""

import threading
from collections import deque
from typing import Protocol

THREADS = 2


class Job(Protocol):
    """A stream with frames waiting."""

    @property
    def waiting(self) -> bool:
        """Whether there is something to do."""

    def work(self) -> None:
        """Decode one frame. Never raises."""


class DecodePool:
    """Threads start with the first frames and end with `close`."""

    def __init__(self, threads: int = THREADS) -> None:
        self._limit = threads
        self._condition = threading.Condition()
        self._ready: deque[Job] = deque()
        self._known: set[int] = set()
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

    def close(self) -> None:
        """Let the threads end after the frame they are at; returns at once."""
        with self._condition:
            self._closed = True
            self._ready.clear()
            self._known.clear()
            self._condition.notify_all()

    @property
    def alive(self) -> bool:
        """Whether any thread is left."""
        return any(thread.is_alive() for thread in self._threads)

    def _run(self) -> None:
        while True:
            with self._condition:
                self._condition.wait_for(lambda: self._ready or self._closed)
                if not self._ready:
                    return
                job = self._ready.popleft()
            job.work()
            with self._condition:
                if job.waiting and not self._closed:
                    self._ready.append(job)
                else:
                    self._known.discard(id(job))
