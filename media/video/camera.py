"""Where pictures come from: a camera, a video file, or a test picture, each in its own thread."""

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from media.errors import CameraError
from media.slot import Slot
from media.video.camera_list import listed_cameras
from media.video.scene import Scene, read_time_code

__all__ = [
    "CameraSource",
    "CapturedFrame",
    "DeviceCamera",
    "FileCamera",
    "TestPicture",
    "open_camera",
    "read_time_code",
]

PREFERRED = (1280, 720)  # asked of a camera; it gives what it can
MAX_FPS = 30
READ_FAILURES = 30  # pictures a camera may fail to give in a row: it was unplugged
FAILURE_PAUSE = 0.03  # seconds between them
LOOK = 0.25  # seconds between two looks whether a camera still gives pictures
STILL, STILL_AT_FIRST = 8, 40  # looks without a picture, one after the other: it hangs
DEFAULT_FPS = 30.0  # of files that do not say
ONLY_FILES = {"protocol_whitelist": "file"}  # what a file names beside itself is never asked for


@dataclass(frozen=True, slots=True)
class CapturedFrame:
    """A picture as it came, of even width and height where it is encoded.

    `bgr` is (height, width, 3), `bgra` (height, width, 4), `i420` (height * 3 / 2, width).
    """

    pixels: npt.NDArray[np.uint8]
    format: Literal["bgr", "bgra", "i420"]
    width: int
    height: int
    captured: float


class CameraSource(Protocol):
    """Something that fills a slot with pictures from a thread of its own."""

    name: str

    def start(
        self,
        frames: Slot[CapturedFrame],
        on_failure: Callable[[CameraError], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Open in the thread and begin. `on_failure` is called there, once, if it cannot go on."""

    def stop(self) -> None:
        """Ask the thread to release the device and end; returns at once."""

    def join(self, timeout: float) -> bool:
        """Wait for the end; whether it came in time. Not for the engine's thread."""


class ThreadedSource:
    """A thread that runs `_run` until told to stop, and reports why it ended otherwise."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._clock: Callable[[], float] = time.monotonic
        self._on_failure: Callable[[CameraError], None] = _unheard

    def start(
        self,
        frames: Slot[CapturedFrame],
        on_failure: Callable[[CameraError], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Open in a thread of its own and begin; a source starts once."""
        if self._thread is not None:
            raise RuntimeError("a camera source starts once")
        self._clock = clock
        self._on_failure = on_failure

        def run() -> None:
            try:
                self._run(frames)
            except CameraError as error:
                if not self._stopping.is_set():
                    on_failure(error)

        self._thread = threading.Thread(target=run, name="camera", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end."""
        self._stopping.set()

    def join(self, timeout: float) -> bool:
        """Wait for the thread to end."""
        if self._thread is not None:
            self._thread.join(timeout)
            return not self._thread.is_alive()
        return True

    def _run(self, frames: Slot[CapturedFrame]) -> None:
        raise NotImplementedError

    def _pause_until(self, due: float) -> None:
        self._stopping.wait(max(0.0, due - self._clock()))


def _unheard(_error: CameraError) -> None:
    """Nobody has asked to be told yet."""


class DeviceCamera(ThreadedSource):
    """A camera of this computer, by index or by (part of) its name."""

    def __init__(self, device: int | str) -> None:
        super().__init__(str(device))
        self._device = device
        self._given = 0  # pictures so far

    def _run(self, frames: Slot[CapturedFrame]) -> None:
        cv2 = _cv2()
        index, backend = _find_camera(self._device)
        capture = cv2.VideoCapture(index, backend)
        try:
            if not capture.isOpened():
                raise CameraError("refused", f"the camera {self.name} could not be opened")
            width, height = PREFERRED
            capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
            capture.set(cv2.CAP_PROP_FRAME_WIDTH, width)
            capture.set(cv2.CAP_PROP_FRAME_HEIGHT, height)
            capture.set(cv2.CAP_PROP_FPS, MAX_FPS)
            capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
            threading.Thread(target=self._watch, name="camera watch", daemon=True).start()
            failures = 0
            while not self._stopping.is_set():
                good, pixels = capture.read()
                captured = self._clock()
                if good:
                    failures = 0
                    self._given += 1
                    frames.put(_captured(pixels, captured))
                    continue
                failures += 1
                if failures >= READ_FAILURES:
                    raise CameraError("lost", f"the camera {self.name} gives no pictures any more")
                self._stopping.wait(FAILURE_PAUSE)
        finally:
            capture.release()

    def _watch(self) -> None:
        """Report a camera that hangs: its own thread may wait for a picture without end.

        Looks are counted, not seconds: a computer that slept has not been looking.
        """
        still, given = 0, 0
        while not self._stopping.wait(LOOK):
            still = still + 1 if self._given == given else 0
            given = self._given
            if still >= (STILL if given else STILL_AT_FIRST):
                self._stopping.set()
                error = CameraError("lost", f"the camera {self.name} gives no pictures any more")
                self._on_failure(error)


class FileCamera(ThreadedSource):
    """A video file, over and over, at its own pace."""

    def __init__(self, path: Path) -> None:
        super().__init__(path.name)
        self._path = path

    def _run(self, frames: Slot[CapturedFrame]) -> None:
        import av
        from av.video.reformatter import VideoReformatter

        converter = VideoReformatter()
        due = self._clock()
        while not self._stopping.is_set():
            shown = 0
            try:
                with av.open(f"file:{self._path}", options=ONLY_FILES) as container:
                    interval = _interval(container.streams.video)
                    for picture in _pictures(container):
                        made = converter.reformat(picture, format="bgr24", threads=1)
                        pixels = np.asarray(made.to_ndarray(), np.uint8)
                        pixels = _upright(pixels, picture.rotation)
                        self._pause_until(due)
                        if self._stopping.is_set():
                            return
                        now = self._clock()
                        frames.put(_captured(pixels, now))
                        due = max(due + interval, now - interval)
                        shown += 1
            except av.FFmpegError as error:
                if not shown:  # else what follows is broken: it begins again
                    text = f"{self._path} is no video that can be read"
                    raise CameraError("file", text) from error
            if not shown:
                raise CameraError("file", f"{self._path} has no pictures")


def _interval(videos: Sequence[Any]) -> float:
    """Return the seconds from one picture of a file's first video to the next."""
    fps = float(videos[0].average_rate or 0) if videos else 0.0
    return 1.0 / fps if 1.0 <= fps <= 240.0 else 1.0 / DEFAULT_FPS


def _pictures(container: Any) -> Iterator[Any]:
    """Yield PyAV's pictures of a file's first video; one that is broken is left out."""
    import av

    videos = container.streams.video
    for packet in container.demux(videos[0]) if videos else ():
        try:
            yield from packet.decode()
        except av.error.InvalidDataError:
            continue


def _upright(pixels: npt.NDArray[np.uint8], rotation: int) -> npt.NDArray[np.uint8]:
    """Turn a picture as the file says, in degrees against the clock: phones film on their side."""
    quarters = round(rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(pixels, quarters)) if quarters else pixels


class TestPicture(ThreadedSource):
    """A moving picture made here, with the time of each frame written into it."""

    __test__ = False  # pytest takes such a name for a test

    __test__ = False

    def __init__(self, width: int = 640, height: int = 360, fps: int = MAX_FPS) -> None:
        super().__init__("test")
        self._width, self._height, self._fps = width, height, fps

    def _run(self, frames: Slot[CapturedFrame]) -> None:
        scene = Scene(self._width, self._height)
        due = self._clock()
        number = 0
        while not self._stopping.is_set():
            self._pause_until(due)
            now = self._clock()
            pixels = scene.picture(number / self._fps, now)
            frames.put(CapturedFrame(pixels, "i420", self._width, self._height, now))
            number += 1
            due = max(due + 1.0 / self._fps, now)


def open_camera(text: str, *, fps: int = MAX_FPS) -> CameraSource | None:
    """Return the source that `NAME|INDEX|FILE|test|test:WIDTHxHEIGHT|none` means; None for none.

    Nothing is opened yet, but a file that is not there is a CameraError at once.
    """
    if text == "none":
        return None
    kind, _, size = text.partition(":")
    if kind == "test":
        width, height = _test_size(size) if size else (640, 360)
        return TestPicture(width, height, fps)
    if text.isdecimal():
        return DeviceCamera(int(text))
    path = Path(text)
    if path.is_file():
        return FileCamera(path)
    if path.suffix.lower() in {".mkv", ".mp4", ".webm", ".avi", ".mov", ".y4m"} or os.sep in text:
        raise CameraError("file", f"there is no video file {text}")
    return DeviceCamera(text)


def _test_size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    if width.isdecimal() and height.isdecimal():
        size = int(width), int(height)
        if 320 <= size[0] <= 1920 and 180 <= size[1] <= 1080 and not (size[0] % 2 or size[1] % 2):
            return size
    raise CameraError("size", f"a test picture of {text} cannot be made; test:640x360 can")


def _captured(pixels: npt.NDArray[np.uint8], captured: float) -> CapturedFrame:
    height, width = pixels.shape[:2]
    return CapturedFrame(pixels, "bgr", width, height, captured)


def _find_camera(device: int | str) -> tuple[int, int]:
    """Return OpenCV's (index, backend) for a camera; CameraError if none has that name.

    Indexes are those of the system's first interface, as media.devices lists them.
    """
    from cv2_enumerate_cameras import supported_backends

    backend = supported_backends[0] if supported_backends else _cv2().CAP_ANY
    if isinstance(device, int):
        return device, backend
    cameras = listed_cameras()
    wanted = device.casefold()
    for fits in (str.__eq__, str.__contains__):
        for camera in cameras:
            if fits(str(camera.name).casefold(), wanted):
                return int(camera.index), backend
    raise CameraError("unknown_device", f"there is no camera {device}")


def _cv2() -> Any:
    """Import OpenCV when a camera starts, not before: it costs 0.2 s."""
    os.environ.setdefault("OPENCV_LOG_LEVEL", "ERROR")
    import cv2

    # Somebody else may have imported it first.
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)

    cv2.setNumThreads(1)
    return cv2
