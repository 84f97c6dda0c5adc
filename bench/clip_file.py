"""The clip as a file of numbered pictures: what every contender plays, and what it is held against.

The number is a time code of the test picture: picture n carries the time n / 30 s. It survives
encoding and scaling, and says which picture of the source a received one must be compared with.
"""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import overload

import numpy as np
import numpy.typing as npt

from bench.clip import FRAMES_PER_SECOND, Frame, PacedClip, stamped, talking_head
from media.video.scene import ROWS, read_luma_time_code

LOOP_FRAMES = 300  # 10 s: no picture is so late that two of the same number are mistaken
CODE_COLUMNS = 40  # the squares of the code are this part of the width
_FRAME_HEADER = b"FRAME\n"


def write_clip(path: Path, width: int, height: int) -> None:
    """Write one loop of the talking head, numbered, as YUV4MPEG2."""
    frames = talking_head(width, height)
    with path.open("wb") as file:
        file.write(
            f"YUV4MPEG2 W{width} H{height} F{FRAMES_PER_SECOND}:1 Ip A1:1 C420jpeg\n".encode()
        )
        for number in range(LOOP_FRAMES):
            file.write(_FRAME_HEADER)
            file.write(stamped(frames[number % len(frames)], number / FRAMES_PER_SECOND).tobytes())


def clip_in(folder: Path, width: int, height: int) -> Path:
    """Return the path of the clip of this size in a folder; it is written for the first who asks.

    It has 10 s of uncompressed pictures: 100 MB at 640x360.
    """
    path = folder / f"clip-{width}x{height}.y4m"
    if not path.exists():
        write_clip(path, width, height)
    return path


class ClipFile(Sequence[Frame]):
    """The pictures that write_clip wrote, read from the disk when they are asked for."""

    def __init__(self, path: Path, width: int, height: int) -> None:
        self.width, self.height = width, height
        with path.open("rb") as file:
            header = len(file.readline())
        each = len(_FRAME_HEADER) + width * height * 3 // 2
        rows = np.memmap(path, np.uint8, "r", offset=header).reshape(-1, each)
        self._frames = rows[:, len(_FRAME_HEADER) :].reshape(-1, height * 3 // 2, width)

    @overload
    def __getitem__(self, number: int) -> Frame: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[Frame]: ...
    def __getitem__(self, number: int | slice) -> Frame | Sequence[Frame]:
        """Return one I420 picture, as a copy."""
        return np.array(self._frames[number])

    def __len__(self) -> int:
        return len(self._frames)

    def luma(self, number: int) -> npt.NDArray[np.uint8]:
        """Return the (height, width) luma of the picture with this number."""
        return np.array(self._frames[number, : self.height])


class CountedClip(PacedClip):
    """Hands the pictures of a clip out at the pace of a camera, and notes when each was taken."""

    def __init__(self, clip: ClipFile, taken: list[tuple[int, float]], start: float) -> None:
        """`taken` gets (number in the clip, time.monotonic seconds) of each picture."""
        super().__init__(clip, start)
        self._taken = taken

    def take(self) -> Frame:
        """Return the picture that is due now."""
        number = self.number % len(self._frames)
        self._taken.append((number, time.monotonic()))
        return self._frames[number]


def code_lines(width: int) -> int:
    """Return how many lines at the top of a picture the number covers."""
    return ROWS * width // CODE_COLUMNS


def number_in(luma: npt.NDArray[np.uint8]) -> int | None:
    """Return the number of a picture of any scale; None where it cannot be read."""
    written = read_luma_time_code(luma, near=0.0)
    return None if written is None else number_at(written)


def number_at(written: float) -> int:
    """Return the number that a time code stands for."""
    return round(written * FRAMES_PER_SECOND) % LOOP_FRAMES
