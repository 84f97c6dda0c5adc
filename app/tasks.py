"""Work in the background that has an owner: kept while it runs, reported if it fails."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

log = logging.getLogger(__name__)


async def to_the_end(work: Coroutine[Any, Any, None]) -> None:
    """Run work to its end even if the caller is cancelled meanwhile; the caller ends after it.

    For tidying up: half of it would leave sockets and devices open with nobody to close them.
    """
    task = asyncio.get_running_loop().create_task(work)
    cancelled = False
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            cancelled = True
    task.result()
    if cancelled:
        raise asyncio.CancelledError


class Tasks:
    """The background tasks of one owner on the engine's loop."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run work until it ends or `close` is called."""
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._done)
        return task

    async def wait(self) -> None:
        """Wait until what runs has ended by itself."""
        await asyncio.gather(*self._running, return_exceptions=True)

    async def close(self) -> None:
        """Cancel what still runs, but for the task that calls this, and wait for it."""
        rest = [task for task in self._running if task is not asyncio.current_task()]
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("work in the background failed", exc_info=error)


class OneAtATime:
    """Work of which the newest counts: what was begun before is given up first."""

    def __init__(self, tasks: Tasks) -> None:
        self._tasks = tasks
        self._task: asyncio.Task[None] | None = None

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Give up what runs, wait until it has tidied up, then run this."""
        old, self._task = self._task, None

        async def go() -> None:
            try:
                if old is not None:
                    old.cancel()
                    await asyncio.gather(old, return_exceptions=True)
            except asyncio.CancelledError:
                work.close()  # given up before it began
                raise
            await work

        self._task = self._tasks.start(go())
