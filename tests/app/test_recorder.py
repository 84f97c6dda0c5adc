"""Received pictures in files that other programs can read."""

import logging
import time
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from app.recorder import Recorder, file_for
from media.slot import Slot
from media.video.picture import Picture

DEV = bytes(range(16))


def picture(level: int, captured: float | None, width: int = 64, height: int = 48) -> Picture:
    stride = width * 4 + 16  # lines longer than the picture, as decoders have them
    pixels = np.zeros((height, stride), np.uint8)
    pixels[:, : width * 4] = level
    return Picture(width, height, stride, pixels.tobytes(), captured)


def record(path: Path, *pictures: Picture) -> None:
    slot: Slot[Picture] = Slot()
    recorder = Recorder(path, slot)
    for one in pictures:
        slot.put(one)
        deadline = time.monotonic() + 5
        while slot._value is not None and time.monotonic() < deadline:
            time.sleep(0.002)
    recorder.close()


def test_each_person_has_a_file_named_by_their_device():
    assert file_for(Path("/tmp/seen.mkv"), DEV) == Path("/tmp/seen-00010203.mkv")
    assert file_for(Path("/tmp/seen"), DEV) == Path("/tmp/seen-00010203.mkv")


def test_opencv_reads_what_was_kept_picture_by_picture(tmp_path: Path):
    path = tmp_path / "seen.mkv"
    record(path, *(picture(20 * n, 100.0 + n / 10) for n in range(1, 11)))
    capture = cv2.VideoCapture(str(path))
    levels = []
    while True:
        there, frame = capture.read()
        if not there:
            break
        assert frame.shape == (48, 64, 3)
        levels.append(float(frame.mean()))
    capture.release()
    assert len(levels) == 10
    assert all(abs(level - 20 * n) < 6 for n, level in enumerate(levels, 1))


def test_pictures_keep_the_time_between_them(tmp_path: Path):
    path = tmp_path / "seen.mkv"
    record(path, picture(10, 5.0), picture(20, 5.5), picture(30, 7.0))
    with av.open(str(path)) as container:
        times = [float(frame.time or 0.0) for frame in container.decode(video=0)]
    assert times == pytest.approx([0.0, 0.5, 2.0], abs=0.002)


def test_times_that_stand_still_or_are_missing_do_not_end_the_recording(tmp_path: Path):
    path = tmp_path / "seen.mkv"
    record(path, picture(10, 5.0), picture(20, 5.0), picture(30, 4.0), picture(40, None))
    with av.open(str(path)) as container:
        assert len(list(container.decode(video=0))) == 4


def test_pictures_of_another_size_are_left_out(tmp_path: Path):
    path = tmp_path / "seen.mkv"
    record(path, picture(10, 0.0), picture(20, 0.1, 32, 24), picture(30, 0.2))
    with av.open(str(path)) as container:
        assert [(f.width, f.height) for f in container.decode(video=0)] == [(64, 48), (64, 48)]


def test_without_a_picture_there_is_no_file(tmp_path: Path):
    record(tmp_path / "seen.mkv")
    assert not (tmp_path / "seen.mkv").exists()


def test_a_folder_that_is_not_there_is_said_once_and_ends_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    with caplog.at_level(logging.ERROR):
        slot: Slot[Picture] = Slot()
        recorder = Recorder(tmp_path / "nowhere" / "seen.mkv", slot)
        slot.put(picture(1, 0.0))
        recorder._thread.join(5)
        recorder.close()
    assert len(caplog.records) == 1
