"""How the tests of the network side run."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest


@pytest.fixture
def run() -> Callable[[Coroutine[Any, Any, None]], None]:
    """Run a test's story on a loop of its own that tolerates no unseen error."""

    async def strictly(story: Coroutine[Any, Any, None]) -> None:
        unseen: list[dict[str, Any]] = []
        asyncio.get_running_loop().set_exception_handler(lambda _loop, what: unseen.append(what))
        await story
        await asyncio.sleep(0)
        assert not unseen, unseen
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert not left, left

    def run(story: Coroutine[Any, Any, None]) -> None:
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            runner.run(strictly(story))

    return run
