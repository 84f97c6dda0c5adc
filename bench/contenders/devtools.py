"""A Chromium without window, told what to do over the pipe of its DevTools protocol."""

import asyncio
import contextlib
import fcntl
import itertools
import json
import os
import shutil
import signal
import tempfile
from collections.abc import Awaitable, Sequence
from typing import Any

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
_THEIR_INPUT, _THEIR_OUTPUT = 3, 4  # descriptors of --remote-debugging-pipe
_LONGEST = 1 << 28  # bytes of one message: pictures and sound at the end of a call
_ENDING_S = 5.0

# Root may not use the sandbox; the rest keeps the browser quiet and awake.
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--mute-audio",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--disable-background-networking",
    "--disable-breakpad",
    "--disable-component-update",
    "--disable-extensions",
    "--disable-sync",
    "--no-default-browser-check",
    "--no-first-run",
    "--window-size=1280,800",
    "--remote-debugging-pipe",
)


class BrowserError(RuntimeError):
    """The browser is missing, ended, or could not do what it was told."""


def program() -> str | None:
    """Return the path of a Chromium, or None where there is none."""
    found = (shutil.which(name) for name in PROGRAMS)
    return next((path for path in found if path), None)


class Browser:
    """One browser, all its processes counted as one program, with as many pages as are opened."""

    def __init__(self) -> None:
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._numbers = itertools.count(1)
        self.pid = 0

    async def start(self, flags: Sequence[str]) -> None:
        """Start the browser; it shows nothing yet."""
        path = program()
        if path is None:
            raise BrowserError(f"none of {', '.join(PROGRAMS)} is installed")
        self._home = tempfile.mkdtemp(prefix="conclave-bench-")
        their_in, self._orders = _pipe()
        news, their_out = _pipe()
        words = [path, *FLAGS, *flags, f"--user-data-dir={self._home}", "about:blank"]
        self.pid = _spawn(words, self._home, their_in, their_out)
        os.close(their_in)
        os.close(their_out)
        reader = asyncio.StreamReader(limit=_LONGEST)
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(news, "rb", 0)
        )
        self._reading = asyncio.create_task(self._read(reader))

    async def open(self, address: str) -> "Page":
        """Load a page in a window of its own: one behind another would not be painted."""
        created = await self.order("Target.createTarget", url="about:blank", newWindow=True)
        target = created["targetId"]
        attached = await self.order("Target.attachToTarget", targetId=target, flatten=True)
        page = Page(self, attached["sessionId"])
        await page.load(address)
        return page

    async def close(self) -> None:
        """End the browser."""
        if not self.pid:
            return
        with contextlib.suppress(BrowserError, TimeoutError, OSError):
            await asyncio.wait_for(self.order("Browser.close"), _ENDING_S)
        self._reading.cancel()
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        await asyncio.to_thread(os.waitpid, self.pid, 0)
        os.close(self._orders)
        shutil.rmtree(self._home, ignore_errors=True)

    def order(self, method: str, session: str = "", **parameters: Any) -> Awaitable[Any]:
        """Send an order to the browser, or to one page; the answer comes later."""
        number = next(self._numbers)
        message: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        answer = asyncio.get_running_loop().create_future()
        self._answers[number] = answer
        os.write(self._orders, json.dumps(message).encode() + b"\0")
        return answer

    async def _read(self, reader: asyncio.StreamReader) -> None:
        try:
            while True:
                self._take(json.loads((await reader.readuntil(b"\0"))[:-1]))
        except asyncio.IncompleteReadError:
            for answer in self._answers.values():
                if not answer.done():
                    answer.set_exception(BrowserError("the browser ended"))

    def _take(self, message: dict[str, Any]) -> None:
        answer = self._answers.pop(message.get("id", 0), None)
        if answer is None or answer.done():
            return
        if "error" in message:
            answer.set_exception(BrowserError(str(message["error"])))
        else:
            answer.set_result(message["result"])


class Page:
    """One page of a browser."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser, self._session = browser, session

    async def load(self, address: str) -> None:
        """Go to an address; return when everything of it is there."""
        for domain in ("Page", "Runtime"):
            await self._browser.order(f"{domain}.enable", self._session)
        await self._browser.order("Page.navigate", self._session, url=address)
        await self.run("document.readyState == 'complete' || new Promise(r => onload = r)")

    async def run(self, expression: str) -> Any:
        """Evaluate JavaScript in the page, wait for its promise, return its value."""
        answer = await self._browser.order(
            "Runtime.evaluate",
            self._session,
            expression=expression,
            awaitPromise=True,
            returnByValue=True,
        )
        if "exceptionDetails" in answer:
            raise BrowserError(json.dumps(answer["exceptionDetails"])[:1000])
        return answer["result"].get("value")

    async def call(self, function: str, *arguments: Any) -> Any:
        """Call a function of the page with these arguments, wait for its promise."""
        return await self.run(f"{function}({', '.join(map(json.dumps, arguments))})")


def camera_flags(clip: str, sound: str, rate: int) -> list[str]:
    """Return the flags that make files the camera and the microphone, and permit both."""
    return [
        f"--use-fake-device-for-media-stream=fps={rate}",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={clip}",
        f"--use-file-for-fake-audio-capture={sound}",
    ]


def _spawn(words: list[str], home: str, orders: int, news: int) -> int:
    """Start a browser that takes orders from one pipe and writes news to another."""
    return os.posix_spawn(
        words[0],
        words,
        {**os.environ, "HOME": home},
        file_actions=[
            (os.POSIX_SPAWN_DUP2, orders, _THEIR_INPUT),
            (os.POSIX_SPAWN_DUP2, news, _THEIR_OUTPUT),
            (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
            (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
        ],
    )


def _pipe() -> tuple[int, int]:
    """Return a pipe whose ends have numbers above those that the browser insists on."""
    ends = os.pipe()
    high = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 16) for end in ends]
    for end in ends:
        os.close(end)
    return high[0], high[1]
