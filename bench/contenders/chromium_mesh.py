"""Everybody in a call by Chromium: one browser, a window with a plain page for each person."""

import itertools
import time
from pathlib import Path
from typing import Any

from bench.cast import Mail
from bench.clip import FRAMES_PER_SECOND
from bench.contenders.devtools import Browser, Page, camera_flags
from bench.processes import tree_cpu_seconds

PAGE = Path(__file__).with_suffix(".html").absolute().as_uri()
PEOPLE = "people"


class Browsing:
    """Starts the browser, lets each page call all others, and reads what the pages saw.

    Settings: "names" of all, "width", "height", "clip" and "sound" (paths of the files that are
    everybody's camera and microphone). All of it is one program: the browser and its network,
    sound and camera processes serve all pages, and each page has a process of its own.
    """

    def __init__(self, mail: Mail, settings: dict[str, Any]) -> None:
        self._settings = settings
        self._browser = Browser()
        self._pages: dict[str, Page] = {}
        self._cpu_at_reset = 0.0
        self._reset_at = 0.0

    async def start(self) -> None:
        """Open all pages and connect each pair; return when each sees all others."""
        told = self._settings
        names: list[str] = told["names"]
        flags = camera_flags(told["clip"], told["sound"], FRAMES_PER_SECOND)
        await self._browser.start(flags)
        for name in names:
            page = self._pages[name] = await self._browser.open(PAGE)
            await page.call("prepare", told["width"], told["height"], FRAMES_PER_SECOND)
        for first, second in itertools.combinations(names, 2):
            one, other = self._pages[first], self._pages[second]
            offer = await one.call("offer", second)
            await one.call("accept", second, await other.call("answer", first, offer))
        for page in self._pages.values():
            await page.call("everybodySeen")

    async def reset(self) -> None:
        """Count from now on."""
        for page in self._pages.values():
            await page.call("reset")
        self._cpu_at_reset, self._reset_at = tree_cpu_seconds(self._browser.pid), time.monotonic()

    async def figures(self) -> dict[str, Any]:
        """Return what each saw; the CPU of the whole browser is shared out evenly."""
        used = tree_cpu_seconds(self._browser.pid) - self._cpu_at_reset
        seconds = time.monotonic() - self._reset_at
        cpu = used / seconds / len(self._pages)
        people = {}
        for name, page in self._pages.items():
            told = await page.call("report")
            people[name] = {"cpu": cpu, "seconds": seconds, "threads": {}, "seen": _seen(told)}
            sent = [one.get("all bytesSent", 0) for one in told.values()]
            people[name]["sent_kbps"] = sum(sent) * 8 / 1000 / seconds / len(sent)
        return {PEOPLE: people}

    async def close(self) -> None:
        """End the browser, and with it the call."""
        await self._browser.close()


def _seen(told: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return the figures of each of the others as every contender tells them."""
    return {
        name: {
            "pictures": one.get("video framesDecoded", 0),
            "shown": one["shown"],
            "freezes": one.get("video freezeCount", 0),
            "ages_ms": [round(age, 1) for age in one["ages"]],
            "concealed": one.get("audio concealedSamples", 0)
            / max(1, one.get("audio totalSamplesReceived", 0)),
            "size": one["size"],
        }
        for name, one in told.items()
    }
