"""A person before a window of Conclave, with nothing but eyes, a mouse and a keyboard."""

import json
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import cv2
import mss
import numpy as np
from fakes.running_copy import RunningCopy

from bench.netlab import NetLab

PATIENCE_S = 30.0  # on a busy computer
LOOK_S = 0.05  # between two looks
FRAME = 40  # pixels at most of a window's frame
STILL_S = 0.1  # what stands still for so long has arrived where it glides to

_UNSEEN = dict.fromkeys((0x2068, 0x2069))  # what keeps the direction of a name to itself

Pixels = np.ndarray[Any, np.dtype[np.uint8]]


@dataclass(frozen=True)
class Part:
    """Something on the screen: where it is seen, what it says and what it is called."""

    at: tuple[int, int, int, int]  # x, y, width, height; pixels of the screen
    middle: tuple[int, int, int]  # the window, and where in it somebody would click
    called: str
    words: str
    enabled: bool
    on: bool
    free: bool  # nothing lies over its middle


Fits = Callable[[Part], object]


class Screen:
    """The one screen on which everybody's windows stand."""

    def __init__(self, env: dict[str, str]) -> None:
        self.display = env["DISPLAY"]
        self._env = env
        self._eye = mss.MSS(display=self.display)

    def close(self) -> None:
        """Look no more."""
        self._eye.close()

    def pixels(self, at: tuple[int, int, int, int]) -> Pixels:
        """Return what is seen there: blue, green, red."""
        left, top, width, height = at
        shot = self._eye.grab({"left": left, "top": top, "width": width, "height": height})
        return np.ascontiguousarray(np.asarray(shot)[:, :, :3])

    def tool(self, *words: object) -> str:
        """Use xdotool."""
        done = subprocess.run(
            ["xdotool", *map(str, words)],
            env=self._env, capture_output=True, text=True, check=False, timeout=PATIENCE_S,
        )  # fmt: skip
        return done.stdout.strip()

    def picture(self, path: Path, at: tuple[int, int, int, int], width: int) -> None:
        """Keep what is seen there, at a smaller width."""
        pixels = self.pixels(at)
        height = round(pixels.shape[0] * width / pixels.shape[1])
        small = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
        path.parent.mkdir(parents=True, exist_ok=True)
        assert cv2.imwrite(str(path), small, [cv2.IMWRITE_PNG_COMPRESSION, 9])


class Walker:
    """Starts Conclave for the first time and uses it; counts the clicks and notes what is typed."""

    def __init__(
        self,
        screen: Screen,
        home: Path,
        *,
        language: str,
        settings: dict[str, object],
        lab: NetLab,
        host: str,
    ) -> None:
        """`settings` stand for what a computer has and what it is: devices, folders."""
        self._screen = screen
        self.clicks = 0
        self.typed: list[str] = []
        (home / "profile").mkdir(parents=True)
        (home / "profile").chmod(0o700)
        (home / "profile" / "settings.json").write_text(json.dumps(settings))
        (home / "home").mkdir()
        self.copy = RunningCopy(
            home, "--profile", str(home / "profile"), lab=lab, host=host, typing=True, stats=False,
            program=("fakes.looked_at", screen.display, language),
        )  # fmt: skip
        self._asked = self._read_to = 0
        self._unread = ""

    def __enter__(self) -> Self:
        self.copy.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self.copy.__exit__(*error)

    # ---- eyes

    def parts(self, name: str) -> list[Part]:
        """Return all parts of this name that can be seen now."""
        self._asked += 1
        self.copy.type(f"{self._asked} {name}")
        while True:
            number, found = json.loads(self.copy.wait_until(self._line, f"a look at {name}"))
            if number == self._asked:
                return [_part(**each) for each in found]

    def _line(self) -> str:
        """Return the next whole line that the copy wrote, or ""."""
        with open(self.copy.home / "results" / "stdout", "rb") as file:
            file.seek(self._read_to)
            data = file.read()
        self._read_to += len(data)
        self._unread += data.decode()
        line, newline, rest = self._unread.partition("\n")
        if newline:
            self._unread = rest
        return line if newline else ""

    def sees(self, name: str, fits: Fits = lambda _part: True) -> Part:
        """Wait for a part of this name, and return it."""
        found: Part = self.copy.wait_until(
            lambda: next(filter(fits, self.parts(name)), None), f"sees {name}", PATIENCE_S
        )
        return found

    def reads(self, name: str, words: str) -> Part:
        """Wait until a part says these words, somewhere in it."""
        return self.sees(name, lambda part: words in part.words)

    def sees_no(self, name: str) -> None:
        """Wait until there is no part of this name."""
        self.copy.wait_until(lambda: not self.parts(name), f"sees no {name}", PATIENCE_S)

    def sees_it_move(self, name: str, fits: Fits = lambda _part: True) -> None:
        """Wait until the pixels of a part change, and go on changing."""
        changes = 0
        before: Pixels | None = None

        def moved() -> bool:
            nonlocal changes, before
            now = self._screen.pixels(_inner(self.sees(name, fits).at))
            if before is not None and before.shape == now.shape:
                changes += bool((np.abs(now.astype(int) - before) > 16).mean() > 0.01)
            before = now
            return changes >= 3

        self.copy.wait_until(moved, f"sees {name} move", PATIENCE_S)

    def sees_colour(self, name: str, colour: tuple[int, int, int]) -> None:
        """Wait until the middle of a part has a colour (red, green, blue), as a codec leaves it."""

        def shown() -> bool:
            seen = self._screen.pixels(_inner(self.sees(name).at)).reshape(-1, 3).mean(axis=0)
            return bool(np.abs(seen[::-1] - colour).max() < 24)

        self.copy.wait_until(shown, f"sees {colour} in {name}", PATIENCE_S)

    # ---- mouse and keyboard

    def stand(self, x: int, y: int) -> None:
        """Wait for the window and put it there, with the frame that the desktop draws around it."""
        number = self.copy.wait_until(self._window, "its window", PATIENCE_S)

        def stands() -> bool:
            self._screen.tool("windowmove", number, x, y)
            left, top = self.sees("window").at[:2]
            return x <= left < x + FRAME and y <= top < y + FRAME

        self.copy.wait_until(stands, f"its window at {x}, {y}", PATIENCE_S)

    def _window(self) -> str:
        pid = self.copy.process.pid
        found = self._screen.tool("search", "--all", "--onlyvisible", "--pid", pid)
        return found.partition("\n")[0]

    def click(self, name: str, fits: Fits = lambda _part: True) -> Part:
        """Wait for a part that can be clicked and stands still, and click its middle."""

        def ready(part: Part) -> bool:
            return part.enabled and part.free and bool(fits(part))

        part = self.sees(name, ready)
        while True:
            time.sleep(STILL_S)
            again = self.sees(name, ready)
            if again.at == part.at:
                break
            part = again
        window, x, y = part.middle
        self._screen.tool("mousemove", "--window", window, x, y, "click", 1)
        self.clicks += 1
        return part

    def type(self, text: str) -> None:
        """Type on the keyboard."""
        self._screen.tool("type", "--delay", 20, text)
        self.typed.append(text)

    def press(self, key: str) -> None:
        """Press a key."""
        self._screen.tool("key", "--clearmodifiers", key)


def _part(at: list[int], middle: list[int], called: str, words: str, **others: bool) -> Part:
    left, top, width, height = at
    window, x, y = middle
    called, words = (text.translate(_UNSEEN) for text in (called, words))
    return Part((left, top, width, height), (window, x, y), called, words, **others)


def _inner(at: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """Return the middle of a place, without names and signs at its edges."""
    x, y, width, height = at
    return x + width // 4, y + height // 4, max(1, width // 2), max(1, height // 2)
