"""Processes that play a call together, letters between them, and the CPU that each one uses."""

import asyncio
import contextlib
import multiprocessing
import os
import resource
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Protocol

DIRECTOR = "director"
FAILED = "failed"
READY_S = 120.0  # for every process to have its media flowing
REPORT_S = 60.0  # a browser hands over pictures and sound as text


class CastError(RuntimeError):
    """A process of a benchmark ended, or did not do its part in time."""


class Mail:
    """The letters of one process: (sender, subject, content) in, and out to any other by name."""

    def __init__(self, name: str, pipe: Connection) -> None:
        self.name = name
        self._pipe = pipe
        self._kept: deque[tuple[str, str, Any]] = deque()
        self._arrived = asyncio.Event()
        asyncio.get_running_loop().add_reader(pipe.fileno(), self._collect)

    def send(self, to: str, subject: str, content: Any = None) -> None:
        """Send a letter; contents must be picklable."""
        self._pipe.send((to, subject, content))

    async def take(self, subject: str, sender: str | None = None) -> Any:
        """Wait for a letter with this subject (from this sender) and return its content."""
        while True:
            for letter in self._kept:
                if letter[1] == subject and sender in (None, letter[0]):
                    self._kept.remove(letter)
                    return letter[2]
            self._arrived.clear()
            await self._arrived.wait()

    def _collect(self) -> None:
        try:
            while self._pipe.poll():
                self._kept.append(self._pipe.recv())
        except (EOFError, OSError):
            os._exit(1)  # the director is gone, and nothing here is worth saving
        self._arrived.set()


class Part(Protocol):
    """What one process does in a call."""

    async def start(self) -> None:
        """Connect to the others; return as soon as media flows or may flow."""

    async def reset(self) -> None:
        """Forget the figures so far: the measurement begins."""

    async def figures(self) -> dict[str, Any]:
        """Return what happened since the reset."""

    async def close(self) -> None:
        """Hang up."""


MakePart = Callable[[Mail, dict[str, Any]], Part]


class Cast:
    """Starts processes, carries their letters, and measures them all over the same time."""

    def __init__(self) -> None:
        self._context = multiprocessing.get_context("spawn")
        self._processes: dict[str, BaseProcess] = {}
        self._pipes: dict[str, Connection] = {}
        self._letters: deque[tuple[str, str, Any]] = deque()
        self._ready = False

    def add(self, name: str, make: MakePart, settings: dict[str, Any]) -> None:
        """Start a process that plays a part; `make` must be importable by name."""
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_run, args=(name, theirs, make, settings))
        process.start()
        theirs.close()
        self._processes[name], self._pipes[name] = process, ours

    def pid(self, name: str) -> int | None:
        """Return the process id of a part, for a look at it from outside."""
        return self._processes[name].pid

    def await_ready(self) -> None:
        """Wait until media flows for all; raises CastError when they take too long."""
        self._await_all("ready", READY_S)
        self._ready = True

    def measure(
        self, warm_up_s: float, seconds: float, began: Callable[[], object] | None = None
    ) -> dict[str, dict[str, Any]]:
        """Wait until all are ready, warm up, measure; return each one's figures and "cpu".

        `began` is called when the measurement has begun.
        """
        if not self._ready:
            self.await_ready()
        self._carry_for(warm_up_s)
        self._tell_all("reset")
        self._await_all("measuring", READY_S)
        if began is not None:
            began()
        self._carry_for(seconds)
        self._tell_all("report")
        return self._await_all("figures", REPORT_S)

    def close(self) -> None:
        """Let every process hang up; end those that do not."""
        self._tell_all("close")
        for process in self._processes.values():
            process.join(timeout=8)
            if process.is_alive():
                process.kill()
                process.join()
        for pipe in self._pipes.values():
            pipe.close()
        self._processes.clear()
        self._pipes.clear()

    def _tell_all(self, subject: str) -> None:
        for pipe in self._pipes.values():
            with contextlib.suppress(OSError):
                pipe.send((DIRECTOR, subject, None))

    def _await_all(self, subject: str, within_s: float) -> dict[str, Any]:
        missing = set(self._pipes)
        found: dict[str, Any] = {}
        deadline = time.monotonic() + within_s
        while missing:
            if time.monotonic() > deadline:
                raise CastError(f"no {subject} from {', '.join(sorted(missing))}")
            self._carry_for(0.05)
            for letter in [letter for letter in self._letters if letter[1] == subject]:
                self._letters.remove(letter)
                found[letter[0]] = letter[2]
                missing.discard(letter[0])
        return found

    def _carry_for(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        names = {pipe: name for name, pipe in self._pipes.items()}
        while (left := deadline - time.monotonic()) > 0:
            for pipe in wait(list(names), timeout=left):
                assert isinstance(pipe, Connection)
                try:
                    to, subject, content = pipe.recv()
                except (EOFError, OSError) as error:
                    raise CastError(f"the process {names[pipe]} ended") from error
                if subject == FAILED:
                    raise CastError(f"the process {names[pipe]} failed:\n{content}")
                if to == DIRECTOR:
                    self._letters.append((names[pipe], subject, content))
                else:
                    self._pipes[to].send((names[pipe], subject, content))


@contextlib.contextmanager
def a_cast() -> Iterator[Cast]:
    """Give a cast whose processes are gone at the end, whatever happens."""
    cast = Cast()
    try:
        yield cast
    finally:
        cast.close()


def cpu_seconds() -> float:
    """Return the CPU seconds, user and system, that this process has used with all its threads."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _run(name: str, pipe: Connection, make: MakePart, settings: dict[str, Any]) -> None:
    try:
        asyncio.run(_play(name, pipe, make, settings))
    except KeyboardInterrupt:
        pass
    except Exception:
        pipe.send((DIRECTOR, FAILED, traceback.format_exc()))
        raise
    os._exit(0)  # codec threads that linger must not keep the benchmark waiting


async def _play(name: str, pipe: Connection, make: MakePart, settings: dict[str, Any]) -> None:
    mail = Mail(name, pipe)
    part = make(mail, settings)
    await part.start()
    mail.send(DIRECTOR, "ready")
    await mail.take("reset", DIRECTOR)
    await part.reset()
    cpu, began = cpu_seconds(), time.monotonic()
    mail.send(DIRECTOR, "measuring")
    await mail.take("report", DIRECTOR)
    used, seconds = cpu_seconds() - cpu, time.monotonic() - began
    figures = {"cpu": used / seconds, "seconds": seconds, **await part.figures()}
    mail.send(DIRECTOR, "figures", figures)
    await mail.take("close", DIRECTOR)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(part.close(), 5)
