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

Frame = npt.NDArray[np.uint8]

FRAMES_PER_SECOND = 30
LOOP_S = 2.0
NOISE = 2.0  # standard deviation of the sensor noise, in luma steps
DARK, BRIGHT = 16, 235  # luma of a zero and a one in the time code

# Two rows of 20 blocks at the top: 32 bits of time, 8 bits that tell a torn code from a good one.
CODE_ROWS, CODE_COLUMNS = 2, 20
CODE_UNIT_S = 1e-4  # 0.1 ms: 32 bits last five days
_BLOCK_HEIGHT = 1 / 18  # of the picture's height


def talking_head(width: int, height: int, seed: int = 1, loop_s: float = LOOP_S) -> list[Frame]:
    """Return one loop of frames; another seed is another person in another room."""
    import cv2

    random = np.random.default_rng(seed)
    margin = 24
    room = random.integers(0, 255, (height + 2 * margin, width + 2 * margin), dtype=np.uint8)
    room = cv2.normalize(cv2.GaussianBlur(room, (0, 0), 7), None, 50, 190, cv2.NORM_MINMAX)
    wall = cv2.applyColorMap(room, (cv2.COLORMAP_BONE, cv2.COLORMAP_PINK)[seed % 2])
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


def time_code(now: float) -> int:
    """Return the time code of a moment of the monotonic clock, which all processes share."""
    return round(now / CODE_UNIT_S) & 0xFFFFFFFF


def age_of(code: int, now: float) -> float:
    """Return how many seconds ago a time code was current."""
    return ((time_code(now) - code) & 0xFFFFFFFF) * CODE_UNIT_S


def stamp(frame: Frame, code: int) -> None:
    """Write a 32-bit time code over the top of an I420 frame."""
    height, width = frame.shape[0] * 2 // 3, frame.shape[1]
    bits = _bits_of(code)
    columns = np.arange(width) * CODE_COLUMNS // width
    block = round(height * _BLOCK_HEIGHT)
    for row in range(CODE_ROWS):
        line = np.where(bits[row][columns], BRIGHT, DARK).astype(np.uint8)
        frame[row * block : (row + 1) * block] = line
    chroma = frame[height:].reshape(2, height // 2, width // 2)
    chroma[:, : CODE_ROWS * block // 2] = 128


def read_stamp(luma: npt.NDArray[np.uint8]) -> int | None:
    """Return the time code in a picture of any size (rows of luma or grey), None if unreadable."""
    height, width = luma.shape
    rows = ((np.arange(CODE_ROWS) + 0.5) * height * _BLOCK_HEIGHT).astype(int)
    columns = ((np.arange(CODE_COLUMNS) + 0.5) * width / CODE_COLUMNS).astype(int)
    bits = luma[np.ix_(rows, columns)] > (DARK + BRIGHT) // 2
    packed = np.packbits(bits.reshape(-1)).tobytes()
    return int.from_bytes(packed[:4], "big") if packed[4] == _check(packed[:4]) else None


def _bits_of(code: int) -> npt.NDArray[np.bool_]:
    data = code.to_bytes(4, "big")
    bits = np.unpackbits(np.frombuffer(data + bytes([_check(data)]), np.uint8))
    return bits.reshape(CODE_ROWS, CODE_COLUMNS).astype(bool)


def _check(data: bytes) -> int:
    return (sum(data) ^ 0x5A) & 0xFF  # an all-dark or all-bright picture is no code


def write_video(path: Path, frames: Sequence[Frame], seconds: float) -> None:
    """Write frames, looped, as a lightly compressed video file; frame n carries the code n."""
    import av

    height, width = frames[0].shape[0] * 2 // 3, frames[0].shape[1]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=FRAMES_PER_SECOND)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.bit_rate = 6_000_000
        for number in range(round(seconds * FRAMES_PER_SECOND)):
            frame = frames[number % len(frames)].copy()
            stamp(frame, number)
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
        frame = self._frames[self.number % len(self._frames)].copy()
        stamp(frame, time_code(time.monotonic()))
        return frame
