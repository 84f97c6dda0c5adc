"""A talking head made by numbers: the moving picture that every benchmark sends, with a time code.

The picture has what makes a camera costly to encode: texture, a head that nods and speaks, and
sensor noise. It loops without a seam. Frames are I420: uint8 arrays of height * 3 / 2 rows.
"""

import math
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from media.video.scene import BITS_PER_ROW, COLUMNS, ROWS, stamp

Frame = npt.NDArray[np.uint8]

FRAMES_PER_SECOND = 30
LOOP_S = 2.0
NOISE = 2.0  # standard deviation of the sensor noise, in luma steps


def talking_head(width: int, height: int, seed: int = 1, loop_s: float = LOOP_S) -> list[Frame]:
    """Return one loop of frames; another seed is another person in another room."""
    import cv2

    random = np.random.default_rng(seed)
    margin = 24
    room = random.integers(0, 255, (height + 2 * margin, width + 2 * margin), dtype=np.uint8)
    room = np.asarray(cv2.GaussianBlur(room, (0, 0), 7), np.uint8)
    room = np.interp(room, (room.min(), room.max()), (50, 190)).astype(np.uint8)
    colours = (cv2.COLORMAP_BONE, cv2.COLORMAP_PINK)[seed % 2]
    wall = np.asarray(cv2.applyColorMap(room, colours), np.uint8)
    noises = [random.normal(0, NOISE, (height, width, 1)).astype(np.float32) for _ in range(8)]
    count = round(loop_s * FRAMES_PER_SECOND)
    frames = []
    for number in range(count):
        turn = 2 * math.pi * number / count
        x, y = margin + round(5 * math.sin(turn)), margin + round(3 * math.cos(turn))
        picture = wall[y : y + height, x : x + width].copy()
        _draw_head(picture, turn)
        noisy = np.clip(picture + noises[number % len(noises)], 0, 255).astype(np.uint8)
        frames.append(np.asarray(cv2.cvtColor(noisy, cv2.COLOR_BGR2YUV_I420), dtype=np.uint8))
    return frames


def _draw_head(picture: Frame, turn: float) -> None:
    import cv2

    height, width = picture.shape[:2]
    x = round(width * (0.5 + 0.06 * math.sin(turn)))
    y = round(height * (0.47 + 0.02 * math.sin(2 * turn)))
    skin, hair, shirt, dark = (150, 180, 222), (30, 42, 60), (96, 66, 40), (48, 44, 40)
    body = (round(width * 0.2), round(height * 0.3))
    cv2.ellipse(picture, (x, round(height * 1.02)), body, 0, 0, 360, shirt, -1)
    head = (round(height * 0.2), round(height * 0.27))
    cv2.ellipse(picture, (x, y - round(height * 0.05)), head, 0, 180, 360, hair, -1)
    face = (round(height * 0.18), round(height * 0.25))
    cv2.ellipse(picture, (x, y), face, 4 * math.sin(turn), 0, 360, skin, -1)
    for side in (-1, 1):
        eye = (x + side * round(height * 0.07), y - round(height * 0.05))
        cv2.circle(picture, eye, max(2, round(height * 0.016)), dark, -1)
    opening = round(height * (0.008 + 0.028 * abs(math.sin(7 * turn))))
    mouth = (x, y + round(height * 0.12))
    cv2.ellipse(picture, mouth, (round(height * 0.05), opening), 0, 0, 360, (70, 60, 140), -1)


def stamped(frame: Frame, captured: float) -> Frame:
    """Return a copy of an I420 frame with a time code of the test picture in it (seconds)."""
    height, width = frame.shape[0] * 2 // 3, frame.shape[1]
    copy = frame.copy()
    stamp(copy[:height], captured)
    code_lines, code_columns = ROWS * width // COLUMNS, BITS_PER_ROW * width // COLUMNS
    chroma = copy[height:].reshape(2, height // 2, width // 2)
    chroma[:, : code_lines // 2, : code_columns // 2] = 128  # grey: readable in any channel
    return copy


def write_video(path: Path, frames: Sequence[Frame], seconds: float) -> None:
    """Write frames, looped, as a lightly compressed video file; the time code is the position."""
    import av

    height, width = frames[0].shape[0] * 2 // 3, frames[0].shape[1]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=FRAMES_PER_SECOND)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.bit_rate = 6_000_000
        for number in range(round(seconds * FRAMES_PER_SECOND)):
            frame = stamped(frames[number % len(frames)], number / FRAMES_PER_SECOND)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="yuv420p")))
        container.mux(stream.encode(None))


class PacedClip:
    """Hands out stamped frames at the pace of a camera; one that is late drops, it never queues."""

    def __init__(self, frames: Sequence[Frame], start: float) -> None:
        self._frames = frames
        self._start = start
        self.number = 0

    def next_due(self, now: float) -> float:
        """Return when the next frame is due; frames that were missed are skipped."""
        late = int((now - self._start) * FRAMES_PER_SECOND)
        self.number = max(self.number + 1, late)
        return self._start + self.number / FRAMES_PER_SECOND

    def take(self) -> Frame:
        """Return the frame that is due now, stamped with this moment."""
        return stamped(self._frames[self.number % len(self._frames)], time.monotonic())
