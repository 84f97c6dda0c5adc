"""A camera of this computer that stops giving pictures, in the ways cameras do."""

import threading
import time
from collections.abc import Callable

import numpy as np
import pytest

from media.errors import CameraError
from media.slot import Slot
from media.video import camera
from media.video.camera import CapturedFrame, DeviceCamera

PATIENT = 20.0  # seconds, on a busy computer
LOOK = 0.02


class Capture:
    """A camera as OpenCV has it; `read` does what a test says, with the number of the picture."""

    def __init__(self, read: Callable[[int], bool]) -> None:
        self._read = read
        self._asked = 0
        self.released = threading.Event()

    def isOpened(self) -> bool:
        return True

    def set(self, _what: int, _value: float) -> bool:
        return True

    def read(self) -> tuple[bool, object]:
        self._asked += 1
        return self._read(self._asked), np.zeros((36, 64, 3), np.uint8)

    def release(self) -> None:
        self.released.set()


@pytest.fixture
def plugged_in(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[int], bool]], Capture]:
    def plug(read: Callable[[int], bool]) -> Capture:
        capture = Capture(read)

        class Cv2:
            CAP_PROP_FOURCC = CAP_PROP_FRAME_WIDTH = CAP_PROP_FRAME_HEIGHT = 0
            CAP_PROP_FPS = CAP_PROP_BUFFERSIZE = 0

            class VideoWriter:
                fourcc = staticmethod(lambda *_: 0)

            VideoCapture = staticmethod(lambda *_: capture)

        monkeypatch.setattr(camera, "_cv2", lambda: Cv2)
        monkeypatch.setattr(camera, "_find_camera", lambda _: (0, 0))
        monkeypatch.setattr(camera, "LOOK", LOOK)
        return capture

    return plug


def begun() -> tuple[DeviceCamera, Slot[CapturedFrame], list[CameraError]]:
    source, frames, failures = DeviceCamera(0), Slot[CapturedFrame](), list[CameraError]()
    source.start(frames, failures.append)
    return source, frames, failures


def until(fact: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENT
    while not fact():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.mark.parametrize("pictures", [0, 3])
def test_a_camera_that_hangs_is_lost_once_and_let_go_when_it_answers(plugged_in, pictures: int):
    answers = threading.Event()
    capture = plugged_in(lambda number: number <= pictures or answers.wait(PATIENT))
    source, frames, failures = begun()
    until(lambda: failures)
    assert [error.code for error in failures] == ["lost"]
    assert (frames.take() is not None) == (pictures > 0)
    answers.set()
    assert capture.released.wait(PATIENT)
    assert source.join(PATIENT)
    assert len(failures) == 1


def test_a_slow_camera_is_not_taken_for_one_that_hangs(plugged_in):
    def slow(_number: int) -> bool:
        time.sleep(LOOK * camera.STILL / 2)
        return True

    capture = plugged_in(slow)
    source, _frames, failures = begun()
    until(lambda: capture._asked > 10)
    source.stop()
    assert source.join(PATIENT)
    assert failures == []


def test_a_camera_that_is_unplugged_is_lost(plugged_in):
    plugged_in(lambda number: number < 4)
    source, _frames, failures = begun()
    until(lambda: failures)
    assert [error.code for error in failures] == ["lost"]
    assert source.join(PATIENT)
