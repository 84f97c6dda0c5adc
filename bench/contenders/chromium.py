"""One side of a compared call by Chromium, with a plain page and the clip as its fake devices."""

import base64
import time
from pathlib import Path
from typing import Any

import numpy as np

from bench.cast import Mail
from bench.clip import FRAMES_PER_SECOND
from bench.clip_file import number_at
from bench.contenders.devtools import Browser, camera_flags
from bench.contenders.stage import Work, meet
from bench.processes import tree_cpu_seconds
from bench.speech import from_pcm, write_wav
from bench.witness import UNREADABLE, Arrival
from media.video.scene import time_of_code

DECODED = "inbound-rtp video framesDecoded"
PLAYED = "inbound-rtp audio totalSamplesReceived"
MADE_UP = "inbound-rtp audio concealedSamples"
PAGE = Path(__file__).with_name("chromium.html").absolute().as_uri()


class Side:
    """Starts a browser, lets its page make the call, and reads what the page saw."""

    def __init__(self, mail: Mail, settings: dict[str, Any]) -> None:
        self._work = Work(**settings)
        self._mail = mail
        self._browser = Browser()
        self._setup_s = 0.0
        self._cpu_at_reset = 0.0
        self._reset_at = 0.0

    async def start(self) -> None:
        """Load the page and call the other side; return when its first picture is there."""
        work, mail = self._work, self._mail
        await self._browser.start(camera_flags(work.clip, work.speech, FRAMES_PER_SECOND))
        self._page = page = await self._browser.open(PAGE)
        await page.call("prepare", work.width, work.height, FRAMES_PER_SECOND)
        began = await meet(mail, work.other)
        if work.leads:
            mail.send(work.other, "offer", await page.call("offer"))
            await page.call("accept", await mail.take("answer", work.other))
        else:
            offer = await mail.take("offer", work.other)
            mail.send(work.other, "answer", await page.call("answer", offer))
        await page.run("firstPicture")
        self._setup_s = time.monotonic() - began

    async def reset(self) -> None:
        """Count from now on."""
        await self._page.call("reset")
        self._cpu_at_reset, self._reset_at = tree_cpu_seconds(self._browser.pid), time.monotonic()

    async def figures(self) -> dict[str, Any]:
        """Return what the page saw; CPU is that of the whole browser, without this process."""
        used = tree_cpu_seconds(self._browser.pid) - self._cpu_at_reset
        seconds = time.monotonic() - self._reset_at
        told = await self._page.call("report")
        witness = self._work.witness()
        witness.reset(told["countsFrom"] / 1000)
        arrivals = [
            Arrival(at / 1000, _number(code), *size) for code, at, *size in told["arrivals"]
        ]
        for arrival in arrivals:
            witness.note(arrival)
        for one in told["kept"]:
            arrival = arrivals[one["index"]]
            luma = np.frombuffer(base64.b64decode(one["luma"]), np.uint8)
            witness.keep(arrival, luma.reshape(arrival.height, arrival.width))
        write_wav(Path(self._work.heard), from_pcm(base64.b64decode(told["heard"])))
        before, after = told["before"], told["after"]
        played, made_up = (after.get(name, 0) - before.get(name, 0) for name in (PLAYED, MADE_UP))
        return {
            **witness.figures(until=told["now"] / 1000),
            "pictures_decoded": after.get(DECODED, 0) - before.get(DECODED, 0),
            "pictures_shown": after["shown"] - before["shown"],
            "taken": _capture_times(told["taken"]),
            "setup_s": self._setup_s,
            "concealed": made_up / played if played else 1.0,
            "cpu": used / seconds,
            "own": {"before": before, "after": after},
        }

    async def close(self) -> None:
        """Hang up and end the browser."""
        await self._browser.close()


def _number(code: str) -> int:
    written = time_of_code(bytes.fromhex(code), near=0.0)
    return UNREADABLE if written is None else number_at(written)


def _capture_times(taken: list[tuple[str, float, float]]) -> list[tuple[int, float]]:
    """Return (number, capture time) in seconds.

    The page sees a picture a little after its capture, sometimes late; the browser's own time
    stamps are even, but count from an unknown moment: the quickest picture tells which.
    """
    offset = min((seen - stamp for _, seen, stamp in taken), default=0.0)
    numbered = [(_number(code), (stamp + offset) / 1000) for code, _, stamp in taken]
    return [(number, at) for number, at in numbered if number != UNREADABLE]
