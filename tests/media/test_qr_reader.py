"""Codes in a camera's pictures: read in what light there is, a few times a second at most."""

import threading
import time

import cv2
import numpy as np
import pytest
import segno
from fakes.clock import FakeClock

from media.slot import Slot
from media.video.camera import CapturedFrame
from media.video.picture import Picture
from media.video.qr_reader import LOOK_EVERY, MAX_TEXT, QrReader, luma, read_codes

TEXT = (
    "conclave:verify#AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4fICEiIyQlJicoKSorLC0uLzAxMjM0NTY3"
)


def photographed(text: str, module: int = 4, light: float = 1.0, turn: float = 0.0) -> np.ndarray:
    """Return a 1280 x 720 picture (BGR) of a screen that shows a code, a little unsharp."""
    dark = np.array(list(segno.make(text, error="m").matrix), np.uint8)
    code = np.pad(np.where(dark, 20, 235).astype(np.uint8), 4, constant_values=235)
    code = np.kron(code, np.ones((module, module), np.uint8))
    room = np.random.default_rng(1).integers(60, 120, (720, 1280), dtype=np.uint8)
    top, left = (720 - code.shape[0]) // 2, (1280 - code.shape[1]) // 2
    room[top : top + code.shape[0], left : left + code.shape[1]] = code
    matrix = cv2.getRotationMatrix2D((640, 360), turn, 1.0)
    room = cv2.GaussianBlur(cv2.warpAffine(room, matrix, (1280, 720)), (3, 3), 0)
    return cv2.cvtColor((room * light).astype(np.uint8), cv2.COLOR_GRAY2BGR)


def frame(pixels: np.ndarray, captured: float = 0.0) -> CapturedFrame:
    return CapturedFrame(pixels, "bgr", pixels.shape[1], pixels.shape[0], captured)


@pytest.mark.parametrize(("module", "light", "turn"), [(4, 1.0, 0), (6, 0.4, 12), (8, 1.0, -30)])
def test_a_code_on_a_screen_is_read(module: int, light: float, turn: float):
    picture = frame(photographed(TEXT, module, light, turn))
    assert read_codes(cv2.QRCodeDetectorAruco(), luma(picture)) == (TEXT,)


def test_pictures_of_both_kinds_have_the_same_brightness():
    bgr = photographed(TEXT)
    yuv = cv2.cvtColor(bgr, cv2.COLOR_BGR2YUV_I420)
    other = CapturedFrame(yuv, "i420", 1280, 720, 0.0)
    assert luma(other).shape == luma(frame(bgr)).shape == (720, 1280)
    assert read_codes(cv2.QRCodeDetectorAruco(), luma(other)) == (TEXT,)


def test_a_picture_without_a_code_and_a_code_that_is_no_text_of_ours_give_nothing():
    room = np.random.default_rng(2).integers(0, 255, (720, 1280, 3), dtype=np.uint8)
    assert read_codes(cv2.QRCodeDetectorAruco(), luma(frame(room))) == ()
    long = photographed("x" * (MAX_TEXT + 1), module=4)
    assert read_codes(cv2.QRCodeDetectorAruco(), luma(frame(long))) == ()


def test_a_detector_that_stumbles_ends_nothing():
    class Stumbling:
        def detectAndDecodeMulti(self, _: object) -> None:
            raise cv2.error("points are collinear")

    assert read_codes(Stumbling(), np.zeros((9, 9), np.uint8)) == ()


def test_a_reader_looks_a_few_times_a_second_and_shows_every_picture():
    clock, read, shown = FakeClock(10.0), [], Slot[Picture]()
    looked = threading.Semaphore(0)

    def found(text: str) -> None:
        read.append(text)
        looked.release()

    reader = QrReader(found, shown, clock)
    pixels = photographed(TEXT, module=6)

    def look() -> None:
        puts = shown.puts
        reader.frames.put(frame(pixels))
        deadline = time.monotonic() + 10
        while shown.puts == puts and time.monotonic() < deadline:
            time.sleep(0.001)
        assert shown.puts == puts + 1

    look()
    assert looked.acquire(timeout=10)
    look()
    look()
    clock.forward(LOOK_EVERY)
    look()
    assert looked.acquire(timeout=10)
    assert read == [TEXT, TEXT]
    assert (picture := shown.take()) is not None
    assert (picture.width, picture.height) == (640, 360)
    reader.stop()
    assert reader.join(5)
