"""Windows and screens of a real X server: listed, seen, followed, also where others cover them."""

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from fakes.x_desktop import MISSING, SIZE, PlainWindow, x_desktop

from media.errors import CameraError, ScreenError
from media.slot import Slot
from media.video.camera import CapturedFrame
from media.video.screens import xcb
from media.video.screens.offer import Kind, Part, Shareable
from media.video.screens.source import Area, Pixels
from media.video.screens.x11 import X11Screens, with_pointer
from media.video.screens.xcb import Pointer

PATIENCE = 20.0  # seconds on a busy machine
RED, BLUE = (0, 0, 200), (200, 0, 0)  # BGR of #c80000 and #0000c8

windowed = [
    pytest.mark.window,
    pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}"),
]


@pytest.fixture(scope="module")
def env(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with x_desktop(str(tmp_path_factory.mktemp("home"))) as made:
        yield made


@pytest.fixture
def screens(env: dict[str, str]) -> Iterator[X11Screens]:
    made = X11Screens(env["DISPLAY"])
    yield made
    made.close()


@pytest.fixture
def red(env: dict[str, str]) -> Iterator[PlainWindow]:
    with PlainWindow("Rëd – report", "#c80000", env) as window:
        yield window


def until(fact: Callable[[], object]) -> object:
    """Wait until something is so; return it."""
    end = time.monotonic() + PATIENCE
    while not (found := fact()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)
    return found


def offered(screens: X11Screens, title: str) -> Shareable | None:
    return next((one for one in screens.offer() if one.title == title), None)


class Seen:
    """A window or a screen that is looked at."""

    def __init__(self, screens: X11Screens, key: str, part: Part | None = None) -> None:
        self.frames: Slot[CapturedFrame] = Slot()
        self.failed: list[CameraError] = []
        self.ended = threading.Event()
        self.source = screens.source(key, part, 20)
        self.source.start(self.frames, self._failed, time.monotonic)

    def _failed(self, error: CameraError) -> None:
        self.failed.append(error)
        self.ended.set()

    def until(self, fits: Callable[[Pixels], object]) -> Pixels:
        """Wait for a picture of which something is so."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            frame = self.frames.wait(1.0)
            assert not self.failed, self.failed
            if frame is not None and fits(frame.pixels):
                return frame.pixels
        raise AssertionError("no such picture came")

    def close(self) -> None:
        self.source.stop()
        assert self.source.join(PATIENCE)


@pytest.fixture
def look(screens: X11Screens) -> Iterator[Callable[..., Seen]]:
    opened: list[Seen] = []

    def begin(key: str, part: Part | None = None) -> Seen:
        opened.append(Seen(screens, key, part))
        return opened[-1]

    yield begin
    for seen in opened:
        seen.close()


def is_all(colour: tuple[int, int, int]) -> Callable[[Pixels], bool]:
    return lambda pixels: bool((np.abs(pixels[:, :, :3].astype(int) - colour) < 3).all())


class TestOnARealServer:
    pytestmark = windowed

    def test_windows_come_first_with_title_size_and_how_they_look(self, screens, red):
        until(lambda: offered(screens, "Rëd – report"))
        window = until(lambda: offered(screens, "Rëd – report"))
        assert window.kind is Kind.WINDOW
        assert (window.width, window.height) == (300, 200)
        assert not window.own
        middle = np.frombuffer(window.preview.pixels, np.uint8).reshape(200, 300, 4)[100, 150, :3]
        assert tuple(middle) == RED
        kinds = [one.kind for one in screens.offer()]
        assert kinds == sorted(kinds, key=[Kind.WINDOW, Kind.SCREEN].index)
        (screen,) = [one for one in screens.offer() if one.kind is Kind.SCREEN]
        assert (screen.width, screen.height) == SIZE

    @pytest.mark.skipif(shutil.which("xprop") is None, reason="not installed: xprop")
    def test_a_window_of_this_very_program_is_marked(self, screens, red, env):
        until(lambda: offered(screens, "Rëd – report"))
        subprocess.run(
            ["xprop", "-id", str(red.number), "-f", "_NET_WM_PID", "32c", "-set", "_NET_WM_PID",
             str(os.getpid())],
            env=env, check=True,
        )  # fmt: skip
        assert offered(screens, "Rëd – report").own

    def test_a_covered_window_is_seen_and_nothing_of_what_covers_it(self, screens, red, look, env):
        window = until(lambda: offered(screens, "Rëd – report"))
        seen = look(window.key)
        seen.until(is_all(RED))
        with PlainWindow("Blue", "#0000c8", env) as blue:
            blue.tell("place", 50, 50, 600, 500)
            blue.tell("raise")
            screen = look("screen:1")
            screen.until(lambda pixels: is_all(BLUE)(pixels[120:300, 120:380]))
            for _ in range(5):
                assert is_all(RED)(seen.until(lambda _pixels: True))

    def test_a_server_that_shares_no_memory_sends_the_same_pixels(self, screens, red, look):
        window = until(lambda: offered(screens, "Rëd – report"))
        shared = look(window.key).until(is_all(RED))
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(xcb, "Segment", _no_memory)
            sent = look(window.key).until(is_all(RED))
        assert np.array_equal(sent[:, :, :3], shared[:, :, :3])

    def test_a_window_is_followed_when_it_is_moved_and_resized(self, screens, red, look):
        window = until(lambda: offered(screens, "Rëd – report"))
        seen = look(window.key)
        seen.until(is_all(RED))
        red.tell("place", 40, 300, 501, 341)  # clear of the pointer, which is in the middle
        pixels = seen.until(lambda pixels: pixels.shape == (340, 500, 4))
        assert pixels.shape == (340, 500, 4)
        seen.until(is_all(RED))

        def lies_there() -> bool:
            area = seen.source.area
            return area is not None and Area(40, 300, 501, 341) == _inside(area, 501, 341)

        until(lies_there)

    def test_a_minimised_window_is_hidden_and_comes_back(self, screens, red, look):
        window = until(lambda: offered(screens, "Rëd – report"))
        seen = look(window.key)
        seen.until(is_all(RED))
        red.tell("minimise")
        until(lambda: seen.source.hidden)
        assert offered(screens, "Rëd – report") is None
        red.tell("restore")
        until(lambda: not seen.source.hidden)
        seen.until(is_all(RED))
        assert seen.failed == []

    def test_a_closed_window_ends_it_and_says_so(self, screens, red, look):
        window = until(lambda: offered(screens, "Rëd – report"))
        seen = look(window.key)
        seen.until(is_all(RED))
        red.close()
        assert seen.ended.wait(PATIENCE)
        assert [error.code for error in seen.failed] == ["closed"]

    def test_a_window_that_never_was_cannot_be_shared(self, screens, look):
        seen = look("window:0x7ffffff")
        assert seen.ended.wait(PATIENCE)
        assert [error.code for error in seen.failed] == ["closed"]

    def test_a_part_of_a_screen_shows_that_part_alone(self, screens, red, look):
        until(lambda: offered(screens, "Rëd – report"))
        red.tell("place", 640, 400, 640, 400)
        seen = look("screen:1", Part(0.6, 0.6, 0.25, 0.25))
        pixels = seen.until(is_all(RED))
        assert pixels.shape == (200, 320, 4)
        assert seen.source.area == Area(768, 480, 320, 200)

    def test_a_screen_that_is_not_there_cannot_be_shared(self, screens, look):
        seen = look("screen:7")
        assert seen.ended.wait(PATIENCE)
        assert [error.code for error in seen.failed] == ["lost"]

    def test_nothing_is_left_open_after_listing_many_times(self, screens, red):
        until(lambda: offered(screens, "Rëd – report"))
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(10):
            screens.offer()
            screens.close()
        assert len(os.listdir("/proc/self/fd")) <= before


def _no_memory(_octets: int) -> None:
    raise OSError("no shared memory")


def _inside(area: Area, width: int, height: int) -> Area:
    """Return a window's own place from that with its frame: the title lies above, sides alike."""
    side = (area.width - width) // 2
    below = area.height - height
    top = next((t for t in range(below + 1) if area.top + t == 300), 0)
    return Area(area.left + side, area.top + top, width, height)


def test_without_an_x_server_nothing_can_be_shared():
    with pytest.raises(ScreenError) as refused:
        X11Screens(":4711").offer()
    assert refused.value.code == "unsupported"


@pytest.mark.parametrize("key", ["window:", "window:x", "elsewhere", "screen:0"])
def test_a_key_that_is_none_is_refused(key):
    with pytest.raises(ScreenError):
        X11Screens(":4711").source(key, None, 15)


def test_the_pointer_is_painted_where_it_is_and_cut_at_the_edges():
    ground = np.full((40, 60, 4), 100, np.uint8)
    arrow = np.zeros((4, 4, 4), np.uint8)
    arrow[:2] = (255, 255, 255, 255)
    for left, top in ((10, 10), (-2, 5), (58, 38), (30, -1)):
        made = with_pointer(ground, Area(0, 0, 60, 40), Pointer(left, top, arrow))
        painted = np.argwhere((made != ground).any(axis=2))
        rows = range(max(0, top), min(40, top + 2))
        columns = range(max(0, left), min(60, left + 4))
        assert {tuple(at) for at in painted} == {(y, x) for y in rows for x in columns}
    assert (ground == 100).all()
    assert with_pointer(ground, Area(0, 0, 60, 40), Pointer(90, 10, arrow)) is ground
    assert with_pointer(ground, Area(0, 0, 60, 40), None) is ground


def test_a_pointer_that_is_half_seen_through_is_mixed():
    ground = np.full((4, 4, 4), 100, np.uint8)
    half = np.full((1, 1, 4), 128, np.uint8)  # premultiplied white, half there
    made = with_pointer(ground, Area(0, 0, 4, 4), Pointer(1, 1, half))
    assert made[1, 1, 0] == 128 + 100 * 127 // 255
