"""Pictures of windows and screens on their way into a call, whatever desktop they come from."""

import threading
import time

import numpy as np
import pytest

from media.errors import CameraError, ScreenError
from media.slot import Slot
from media.video.camera import CapturedFrame
from media.video.scaling import own_picture, scaled
from media.video.screens.here import screens_here
from media.video.screens.made_up import KEY, SIZE, MadeUpScreens
from media.video.screens.offer import Kind, Part
from media.video.screens.small import preview
from media.video.screens.source import Area, ScreenSource, Sight, even
from media.video.screens.whole import number_of, part_of


class Looks:
    """An eye that shows what it is told, one look after the other, then the last for good."""

    def __init__(self, *sights: Sight | ScreenError) -> None:
        self._sights = list(sights)
        self.looks = threading.Semaphore(0)
        self.closed = threading.Event()

    def look(self) -> Sight:
        self.looks.release()
        sight = self._sights.pop(0) if len(self._sights) > 1 else self._sights[0]
        if isinstance(sight, ScreenError):
            raise sight
        return sight

    def close(self) -> None:
        self.closed.set()


def shown(width: int, height: int, left: int = 0) -> Sight:
    pixels = np.full((height, width, 4), 90, np.uint8)
    return Sight(pixels, Area(left, 0, width, height))


class Watched:
    """A source that runs, and what came of it."""

    def __init__(self, eye: Looks) -> None:
        self.frames: Slot[CapturedFrame] = Slot()
        self.failed: list[CameraError] = []
        self.ended = threading.Event()
        self.source = ScreenSource("a window", lambda _stopping: eye, fps=200)
        self.source.start(self.frames, self._failed, time.monotonic)

    def _failed(self, error: CameraError) -> None:
        self.failed.append(error)
        self.ended.set()

    def next(self) -> CapturedFrame:
        frame = self.frames.wait(5.0)
        assert frame is not None
        return frame

    def stop(self) -> None:
        self.source.stop()
        assert self.source.join(5.0)


def test_a_window_of_odd_size_loses_one_line_and_is_not_made_blurred():
    eye = Looks(shown(801, 601))
    watched = Watched(eye)
    frame = watched.next()
    watched.stop()
    assert (frame.width, frame.height) == (800, 600)
    assert frame.pixels.shape == (600, 800, 4)
    assert frame.pixels.flags.c_contiguous
    assert eye.closed.is_set()


def test_a_window_that_is_moved_tells_where_it_lies():
    watched = Watched(Looks(shown(64, 64, left=10), shown(64, 64, left=200)))
    seen = set()
    for _ in range(50):
        watched.next()
        seen.add(watched.source.area)
        if Area(200, 0, 64, 64) in seen:
            break
    watched.stop()
    assert Area(200, 0, 64, 64) in seen
    assert watched.source.area is None


def test_a_minimised_window_gives_no_pictures_and_says_so():
    eye = Looks(shown(64, 64), Sight(None, None))
    watched = Watched(eye)
    watched.next()
    for _ in range(3):  # when the third look begins, what the second saw is known
        assert eye.looks.acquire(timeout=5.0)
    assert watched.source.hidden
    watched.stop()
    assert watched.failed == []


def test_a_window_that_is_closed_ends_the_source_and_says_why():
    eye = Looks(shown(64, 64), ScreenError("closed", "the window was closed"))
    watched = Watched(eye)
    assert watched.ended.wait(5.0)
    assert [error.code for error in watched.failed] == ["closed"]
    assert eye.closed.wait(5.0)


def test_even_keeps_the_upper_left_corner():
    pixels = np.arange(5 * 7 * 4, dtype=np.uint8).reshape(5, 7, 4)
    assert np.array_equal(even(pixels), pixels[:4, :6])


def test_pixels_with_a_fourth_channel_are_encoded_and_painted_like_those_without():
    rng = np.random.default_rng(3)
    bgr = rng.integers(0, 255, (64, 96, 3), np.uint8)
    bgra = np.dstack([bgr, np.full((64, 96), 7, np.uint8)])
    plain = CapturedFrame(bgr, "bgr", 96, 64, 0.0)
    with_alpha = CapturedFrame(np.ascontiguousarray(bgra), "bgra", 96, 64, 0.0)
    assert np.array_equal(scaled(plain, 96, 64), scaled(with_alpha, 96, 64))
    one, two = own_picture(plain, (96, 64)), own_picture(with_alpha, (96, 64))
    pixels = [np.frombuffer(made.pixels, np.uint8).reshape(64, -1, 4) for made in (one, two)]
    assert np.array_equal(pixels[0][:, :, :3], pixels[1][:, :, :3])


def test_a_preview_keeps_the_shape_and_fits_its_box():
    wide = preview(np.zeros((300, 1600, 4), np.uint8), (480, 270))
    assert (wide.width, wide.height, wide.stride) == (480, 90, 1920)
    small = preview(np.zeros((40, 60, 4), np.uint8), (480, 270))
    assert (small.width, small.height) == (60, 40)


@pytest.mark.parametrize(
    ("part", "area"),
    [
        (Part(0.25, 0.5, 0.5, 0.25), Area(100 + 480, 540, 960, 270)),
        (Part(0.0, 0.0, 1.0, 1.0), Area(100, 0, 1920, 1080)),
        (Part(-1.0, -1.0, 5.0, 5.0), Area(100, 0, 1920, 1080)),
        (Part(0.999, 0.999, 0.5, 0.5), Area(100 + 1904, 1064, 16, 16)),
        (Part(2.0, 0.0, 0.0, 0.0), Area(100 + 1904, 0, 16, 16)),
    ],
)
def test_a_part_lies_within_its_screen_whatever_is_asked_for(part, area):
    assert part_of(Area(100, 0, 1920, 1080), part) == area


@pytest.mark.parametrize("key", ["screen:", "screen:0", "screen:x", "window:1", "screen:²", ""])
def test_a_key_that_names_no_screen_is_refused(key):
    with pytest.raises(ScreenError) as refused:
        number_of(key)
    assert refused.value.code == "closed"


def test_a_computer_without_a_desktop_says_that_nothing_can_be_shared():
    screens = screens_here("linux", {})
    with pytest.raises(ScreenError) as refused:
        screens.offer()
    assert refused.value.code == "unsupported"


def test_the_made_up_desktop_shows_pages_of_text():
    screens = MadeUpScreens()
    (offered,) = screens.offer()
    assert (offered.key, offered.kind) == (KEY, Kind.WINDOW)
    assert (offered.width, offered.height) == SIZE
    source = screens.source(KEY, None, 100)
    frames: Slot[CapturedFrame] = Slot()
    source.start(frames, pytest.fail, time.monotonic)
    frame = frames.wait(10.0)
    source.stop()
    assert source.join(5.0)
    assert frame is not None
    assert (frame.width, frame.height) == SIZE
    assert frame.pixels.std() > 5  # there is text on it
