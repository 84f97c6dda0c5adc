"""Whether lips and voice belong together: pictures against sound of one person, as shown and heard.

    python -m bench.sync --seconds 20
    python -m bench.sync --seconds 20 --freeze 0.8

Two processes on this computer. The camera writes the time into each picture, and the microphone
gives a tone at each half second of the same clock. The other process reads the one when a picture
is handed to the window, and finds the other in what it plays. So both are as old as a person would
find them, but for the devices. `--freeze` stops the receiver's engine in the middle for so long.
"""

import argparse
import asyncio
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from app.engine import SWITCH_INTERVAL
from bench.cast import Mail, a_cast
from bench.conclave_media import Party, dev_of
from bench.report import add_out_option, finish, percentile, table
from media.sound.block_clock import BlockClock
from media.sound.desk import SoundDesk
from media.sound.ends import Heard
from media.sound.samples import BLOCK, RATE, Samples
from media.sound.stand_ins import NoSpeaker
from media.video.camera import TestPicture, read_time_code

EVERY = 0.5  # seconds between two tones
TONE = 0.06  # seconds of each
PITCH = 800.0  # Hz
LOUD = 0.03  # of full scale: a tone begins
QUIET = 0.2  # seconds of less before it
NEAR = 0.25  # seconds around a tone in which pictures are compared with it
RESYNC = 2.0  # seconds after a freeze until everything must fit again
WARM_UP_S = 3.0


class TimeTones:
    """A microphone that hears a tone at each half second of the clock."""

    name = "tones"
    live = False
    overflows = 0

    def __init__(self) -> None:
        self._block_clock = BlockClock(time.monotonic)

    def open(self) -> None:
        """Begin."""
        self._block_clock.begin()

    def read(self) -> Heard | None:
        """Return the next 10 ms once their time has come."""
        if not self._block_clock.due:
            return None
        captured = self._block_clock.done()
        since = (captured + np.arange(BLOCK) / RATE) % EVERY
        tone = 0.4 * np.sin(2 * np.pi * PITCH * since) * (since < TONE)
        return Heard(tone.astype(np.float32), captured)

    def wait(self) -> float:
        """Return the seconds until the next 10 ms."""
        return self._block_clock.wait

    def close(self) -> None:
        """Nothing to close."""


class ToneFinder(NoSpeaker):
    """A speaker that notes when each tone began to be heard."""

    def __init__(self) -> None:
        super().__init__(time.monotonic)
        self.heard: list[float] = []
        self._quiet = 0

    def write(self, samples: Samples) -> None:
        """Look for the beginning of a tone in 10 ms that are heard from now on."""
        super().write(samples)
        loud = np.flatnonzero(np.abs(samples) > LOUD)
        if len(loud) == 0:
            self._quiet += BLOCK
            return
        if self._quiet > QUIET * RATE:
            self.heard.append(time.monotonic() + int(loud[0]) / RATE)
        self._quiet = 0


class Sender:
    """Shows and says what time it is."""

    def __init__(self, mail: Mail, settings: dict[str, Any]) -> None:
        self._desk = SoundDesk(time.monotonic)
        self._party = Party(mail, {"sender": 0, "receiver": 1}, sound=self._desk)
        self._size = settings["width"], settings["height"]

    async def start(self) -> None:
        """Call the receiver."""
        await self._party.connect("receiver", True)
        self._party.call.set_microphone(TimeTones())
        self._party.call.set_camera(TestPicture(*self._size))

    async def reset(self) -> None:
        """Nothing to forget."""

    async def figures(self) -> dict[str, Any]:
        """Nothing to tell."""
        return {}

    async def close(self) -> None:
        """Hang up."""
        await self._party.call.close()
        self._desk.close()


class Receiver:
    """Notes how old each picture is when it is shown, and each tone when it is heard."""

    def __init__(self, mail: Mail, settings: dict[str, Any]) -> None:
        sys.setswitchinterval(SWITCH_INTERVAL)
        self._desk = SoundDesk(time.monotonic)
        self._party = Party(mail, {"sender": 0, "receiver": 1}, sound=self._desk)
        self._settings = settings
        self._speaker = ToneFinder()
        self._shown: list[tuple[float, float]] = []  # when, and how old
        self._reading = threading.Lock()
        self._frozen_at: float | None = None
        self._slot = self._party.call.picture_slot(dev_of("sender"))

    async def start(self) -> None:
        """Answer, and wait for the first picture and the first tone."""
        self._slot.on_put = self._look
        self._desk.start_speaker(self._speaker)
        self._party.call.set_tile(
            dev_of("sender"), self._settings["width"], self._settings["height"], True
        )
        await self._party.connect("sender", False)
        while not (self._shown and self._speaker.heard):  # noqa: ASYNC110 (other threads tell)
            await asyncio.sleep(0.05)

    async def reset(self) -> None:
        """Begin to compare; freeze in the middle if that is asked for."""
        self._shown.clear()
        self._speaker.heard.clear()
        if self._settings["freeze"]:
            loop = asyncio.get_running_loop()
            loop.call_later(self._settings["seconds"] / 2, self._freeze)

    async def figures(self) -> dict[str, Any]:
        """Return how many ms each picture was shown before its sound was heard."""
        tones = [(at, at % EVERY) for at in self._speaker.heard]
        leads, later = [], []
        for heard, age in tones:
            for shown, picture_age in self._shown:
                if abs(shown - heard) > NEAR:
                    continue
                lead = 1000 * (age - picture_age)
                leads.append(lead)
                if self._frozen_at and shown > self._frozen_at + RESYNC:
                    later.append(lead)
        peer = self._party.call.stats().peers[dev_of("sender")]
        return {
            "leads_ms": leads,
            "leads_after_ms": later,
            "tones": len(tones),
            "pictures": len(self._shown),
            "sound_ages_ms": [1000 * age for _, age in tones],
            "picture_ages_ms": [1000 * age for _, age in self._shown],
            "counters": dict(peer.counters),
        }

    async def close(self) -> None:
        """Hang up."""
        await self._party.call.close()
        self._desk.close()

    def _freeze(self) -> None:
        time.sleep(self._settings["freeze"])
        self._frozen_at = time.monotonic()

    def _look(self) -> None:
        picture = self._slot.take()
        if picture is None:
            return
        with self._reading:
            now = time.monotonic()
            written = read_time_code(picture, near=now)
            if written is not None:
                self._shown.append((now, now - written))


def measure(seconds: float, freeze: float, size: tuple[int, int]) -> dict[str, Any]:
    """Return what one call showed."""
    width, height = size
    settings = {"seconds": seconds, "freeze": freeze, "width": width, "height": height}
    with a_cast() as cast:
        cast.add("receiver", Receiver, settings)
        cast.add("sender", Sender, settings)
        return cast.measure(WARM_UP_S, seconds)["receiver"]


def row(name: str, leads: Sequence[float]) -> list[str]:
    """Return the line of a table for these leads (ms)."""
    off = [abs(lead) for lead in leads]
    return [
        name,
        str(len(leads)),
        *(f"{percentile(leads, share):.0f}" for share in (0.05, 0.5)),
    ] + [f"{percentile(off, share):.0f}" for share in (0.5, 0.95)]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.sync", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--freeze", type=float, default=0.0, help="seconds the receiver stands")
    add_out_option(parser)
    options = parser.parse_args()
    found = measure(options.seconds, options.freeze, (640, 360))
    raw = {"freeze_s": options.freeze, "results": found}
    print(tables(raw))
    finish("sync", raw, options.out)


def tables(raw: Mapping[str, Any]) -> str:
    """Return how far pictures and sound were apart, and how old both were."""
    found = raw["results"]
    rows = [row("all", found["leads_ms"])]
    if raw["freeze_s"]:
        rows.append(row(f"{RESYNC:.0f} s after the freeze", found["leads_after_ms"]))
    headings = ["pictures", "compared", "p5, ms before the sound", "p50", "apart p50, ms", "p95"]
    ages = [
        f"age of {what}: p50 {percentile(found[name], 0.5):.0f} ms, p95 "
        f"{percentile(found[name], 0.95):.0f} ms"
        for what, name in (("sound", "sound_ages_ms"), ("pictures", "picture_ages_ms"))
    ]
    return f"{table(headings, rows)}\n\n{'; '.join(ages)}"


if __name__ == "__main__":
    main()
