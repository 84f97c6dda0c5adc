"""Ways to paint live tiles, each played in a process of its own by bench.painting.

    python -m bench.painters WAY TILES SECONDS FPS

`window` is Conclave's own window in a meeting. The others are bare tiles of the same size:
`nothing` only takes the pictures, `QWidget` paints them as Conclave does, `QOpenGLWidget` and
`QRhiWidget` hand them to the graphics system. All get the same: pictures of their size, made by
two threads as decoders do. Prints one line of JSON.
"""

import json
import math
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import (
    QImage,
    QMatrix4x4,
    QPainter,
    QPaintEvent,
    QRhiCommandBuffer,
    QRhiTextureSubresourceUploadDescription,
    QRhiTextureUploadDescription,
    QRhiTextureUploadEntry,
)
from PySide6.QtOpenGL import QOpenGLTexture, QOpenGLTextureBlitter
from PySide6.QtOpenGLWidgets import QOpenGLWidget
from PySide6.QtWidgets import QApplication, QRhiWidget, QWidget
from shiboken6 import VoidPtr

from app.intents import Intent, SetTile
from app.settings import DEFAULTS
from app.ui import samples
from app.ui.appearance import Appearance
from app.ui.application import make_application
from app.ui.feed import PictureFeed, PictureTile
from app.ui.layout import Box, grid
from app.ui.window import Window
from media.slot import Slot
from media.video.picture import Picture

WIDTH, HEIGHT = 1280, 720  # pixels of the window
BEAT = 10  # milliseconds between two looks at the event loop
WARM_UP = 2.0  # seconds that are not counted: the first frames, layouts, textures
PATTERNS = 8  # different pictures of each size: each frame differs from the one before
DECODERS = 2  # threads, as in a call

Pixels = NDArray[np.uint8]


class Lateness(QObject):
    """How late a timer of the window's thread fires: what a click, or a picture, waits."""

    def __init__(self) -> None:
        super().__init__()
        self.late_ms: list[float] = []
        self._due = math.inf
        self._timer = QTimer(self, interval=BEAT, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)

    def start(self) -> None:
        """Count from now on."""
        self._due = time.perf_counter() + BEAT / 1000
        self._timer.start()

    def _beat(self) -> None:
        now = time.perf_counter()
        self.late_ms.append(max(0.0, (now - self._due) * 1000))
        self._due = now + BEAT / 1000


class Decoders:
    """Threads that leave pictures in mailboxes, of the size that each tile has."""

    def __init__(self, slots: Sequence[Slot[Picture]], fps: float) -> None:
        self._slots, self._fps = slots, fps
        self.sizes: list[tuple[int, int]] = [(0, 0)] * len(slots)
        self._patterns: dict[tuple[int, int], list[Pixels]] = {}
        self._stop = threading.Event()
        self.made = 0
        self._threads = [
            threading.Thread(target=self._run, args=(n,), daemon=True) for n in range(DECODERS)
        ]

    def start(self) -> None:
        """Begin to make pictures."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Make no more."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self, number: int) -> None:
        mine = range(number, len(self._slots), DECODERS)
        due, frame = time.monotonic(), 0
        while not self._stop.wait(max(0.0, due - time.monotonic())):
            for place in mine:
                size = self.sizes[place]
                if min(size) > 0:
                    self._slots[place].put(self._picture(size, frame + place))
                    self.made += 1
            frame += 1
            due += 1 / self._fps

    def _picture(self, size: tuple[int, int], number: int) -> Picture:
        """Return a new copy, because a decoder writes into a new buffer each time."""
        made = self._patterns.get(size)
        if made is None:
            made = self._patterns[size] = [pattern(*size, n) for n in range(PATTERNS)]
        pixels = made[number % PATTERNS].copy()
        return Picture(*size, size[0] * 4, pixels.data.cast("B"), None)


def pattern(width: int, height: int, number: int) -> Pixels:
    """Return pixels that look like no plain ground, other ones for each number."""
    noise = np.random.default_rng(number).integers(0, 255, (height, width, 4), np.uint8)
    noise[:, :, 3] = 255
    return np.ascontiguousarray(noise)


# Bare tiles --------------------------------------------------------------------------------------


class Tile(Protocol):
    """A bare tile: takes pictures, and counts what it painted."""

    painted: int

    def show_picture(self, picture: Picture) -> None:
        """Paint this picture from now on."""


class TakesOnly(QWidget):
    """Takes pictures and paints none of them: what all ways have in common."""

    def __init__(self) -> None:
        super().__init__()
        self.painted = 0

    def show_picture(self, picture: Picture) -> None:
        """Only count it."""
        self.painted += 1


class Raster(QWidget):
    """The way of Conclave: an image over the pixels, drawn one to one by the processor."""

    def __init__(self) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.painted = 0
        self._picture: Picture | None = None
        self._image: QImage | None = None

    def show_picture(self, picture: Picture) -> None:
        """Paint this picture from now on."""
        self._picture = picture
        self._image = _image(picture)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the image one to one."""
        if self._image is not None:
            QPainter(self).drawImage(0, 0, self._image)
            self.painted += 1


class Texture(QOpenGLWidget):
    """A texture for each tile, filled anew with each picture, drawn by OpenGL."""

    def __init__(self) -> None:
        super().__init__()
        self.painted = 0
        self.renderer = ""
        self._picture: Picture | None = None
        self._texture: QOpenGLTexture | None = None
        self._blitter: QOpenGLTextureBlitter | None = None

    def show_picture(self, picture: Picture) -> None:
        """Paint this picture from now on."""
        self._picture = picture
        self.update()

    def initializeGL(self) -> None:
        """Make what draws a texture, and note who draws."""
        self._blitter = QOpenGLTextureBlitter()
        self._blitter.create()
        said = self.context().functions().glGetString(0x1F01)  # GL_RENDERER
        self.renderer = _words(said)

    def paintGL(self) -> None:
        """Fill the texture anew and draw it."""
        picture, blitter = self._picture, self._blitter
        if picture is None or blitter is None:
            return
        if self._texture is None:
            self._texture = QOpenGLTexture(QOpenGLTexture.Target.Target2D)
            self._texture.setFormat(QOpenGLTexture.TextureFormat.RGBA8_UNorm)
            self._texture.setSize(picture.width, picture.height)
            self._texture.setMinMagFilters(
                QOpenGLTexture.Filter.Linear, QOpenGLTexture.Filter.Linear
            )
            self._texture.allocateStorage()
        self._texture.setData(  # type: ignore[call-overload]  # an address is told as int
            QOpenGLTexture.PixelFormat.BGRA,
            QOpenGLTexture.PixelType.UInt8,
            VoidPtr(picture.pixels),  # type: ignore[arg-type]  # any buffer is taken
        )
        blitter.bind()
        blitter.blit(
            self._texture.textureId(), QMatrix4x4(), QOpenGLTextureBlitter.Origin.OriginTopLeft
        )
        blitter.release()
        self.painted += 1


class Rhi(QRhiWidget):
    """Each picture goes straight into the texture that is the tile; no shader is needed for that.

    The cheapest that Qt's own layer over graphics systems can do; colours are swapped.
    """

    def __init__(self) -> None:
        super().__init__()
        self.painted = 0
        self.renderer = ""
        self._picture: Picture | None = None

    def show_picture(self, picture: Picture) -> None:
        """Paint this picture from now on."""
        self._picture = picture
        self.update()

    def initialize(self, cb: QRhiCommandBuffer) -> None:
        """Note who draws."""
        self.renderer = f"QRhi on {_words(self.rhi().backendName())}"

    def render(self, cb: QRhiCommandBuffer) -> None:  # type: ignore[override]
        """Fill the tile's texture anew."""
        picture, texture = self._picture, self.colorTexture()
        if picture is None or texture.pixelSize().width() != picture.width:
            return
        updates = self.rhi().nextResourceUpdateBatch()
        part = QRhiTextureSubresourceUploadDescription(_image(picture))
        upload = QRhiTextureUploadDescription(QRhiTextureUploadEntry(0, 0, part))
        updates.uploadTexture(texture, upload)
        cb.resourceUpdate(updates)
        self.painted += 1


def _image(picture: Picture) -> QImage:
    """Return an image over the pixels; no copy."""
    return QImage(
        picture.pixels, picture.width, picture.height, picture.stride, QImage.Format.Format_RGB32
    )


def _words(said: Any) -> str:
    """Return what a graphics system calls itself."""
    return said.decode(errors="replace") if isinstance(said, bytes) else str(said)


BARE: dict[str, Callable[[], QWidget]] = {
    "nothing": TakesOnly,
    "QWidget": Raster,
    "QOpenGLWidget": Texture,
    "QRhiWidget": Rhi,
}


# What is measured --------------------------------------------------------------------------------


@dataclass
class Scene:
    """A window with live tiles."""

    window: QWidget
    decoders: Decoders
    painted: Callable[[], int]
    renderer: Callable[[], str]
    size: Callable[[], tuple[int, int]]


def bare(way: str, tiles: int, fps: float) -> Scene:
    """Return a window with nothing but tiles that are painted in one way."""
    window = QWidget()
    window.resize(WIDTH, HEIGHT)
    boxes: Sequence[Box] = grid(tiles, WIDTH, HEIGHT)
    slots = [Slot[Picture]() for _ in boxes]
    feed = PictureFeed(lambda dev: slots[dev[0]], window)
    decoders = Decoders(slots, fps)
    made: list[Any] = []
    for number, box in enumerate(boxes):
        tile = BARE[way]()
        tile.setParent(window)
        tile.setGeometry(box.x, box.y, box.width, box.height)
        feed.connect_tile(bytes([number]), _as_tile(tile))
        decoders.sizes[number] = box.width, box.height
        made.append(tile)
    return Scene(
        window,
        decoders,
        lambda: sum(tile.painted for tile in made),
        lambda: str(getattr(made[0], "renderer", "")) or "the processor",
        lambda: decoders.sizes[0],
    )


def _as_tile(widget: Any) -> PictureTile:
    found: PictureTile = widget
    return found


def whole(tiles: int, fps: float) -> Scene:
    """Return Conclave's window in a meeting of that many, all of them with their cameras on."""
    people = tuple(
        replace(samples.PEOPLE[min(n, 1)], dev=bytes([n + 1]) * 16, name=f"Person {n + 1}")
        for n in range(tiles)
    )
    slots = {person.dev: Slot[Picture]() for person in people}
    decoders = Decoders(list(slots.values()), fps)
    places = {dev: number for number, dev in enumerate(slots)}

    def submit(intent: Intent) -> None:
        if isinstance(intent, SetTile) and intent.dev in places:
            seen = intent.width, intent.height
            decoders.sizes[places[intent.dev]] = seen if intent.visible else (0, 0)

    window = Window(submit, lambda dev: slots.setdefault(dev, Slot()), DEFAULTS)
    window.resize(WIDTH, HEIGHT)
    window.show_screen(samples.meeting(people=people, me=people[0].dev, chat=()))
    counted = Paints(window)
    return Scene(
        window, decoders, lambda: counted.number, lambda: "the processor", lambda: decoders.sizes[0]
    )


class Paints(QObject):
    """Counts how often tiles of people are painted."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.number = 0
        for tile in window.findChildren(QWidget):
            if tile.objectName().startswith("tile_"):
                tile.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Count one."""
        self.number += event.type() == QEvent.Type.Paint
        return False


def measure(way: str, tiles: int, seconds: float, fps: float) -> dict[str, Any]:
    """Let tiles live for so many seconds; return how late, how costly and how often painted."""
    application = make_application([])
    Appearance(application, "dark")
    scene = whole(tiles, fps) if way == "window" else bare(way, tiles, fps)
    scene.window.show()
    scene.decoders.start()
    lateness = Lateness()
    begun: dict[str, float] = {}

    def begin() -> None:
        lateness.start()
        begun.update(cpu=_cpu(), at=time.perf_counter(), painted=scene.painted())
        begun.update(made=scene.decoders.made)

    result: dict[str, Any] = {}

    def end() -> None:
        passed = time.perf_counter() - begun["at"]
        result.update(
            way=way,
            tiles=tiles,
            seconds=round(passed, 3),
            late_ms=[round(late, 2) for late in lateness.late_ms],
            cpu=round((_cpu() - begun["cpu"]) / passed, 4),
            painted_per_s=round((scene.painted() - begun["painted"]) / passed / tiles, 2),
            made_per_s=round((scene.decoders.made - begun["made"]) / passed / tiles, 2),
            size=scene.size(),
            renderer=scene.renderer(),
            platform=application.platformName(),
        )
        scene.decoders.stop()
        QApplication.exit()

    QTimer.singleShot(round(WARM_UP * 1000), begin)
    QTimer.singleShot(round((WARM_UP + seconds) * 1000), end)
    application.exec()
    return result


def _cpu() -> float:
    """Return CPU seconds of this process, of all its threads."""
    times = os.times()
    return times.user + times.system


def main() -> None:
    way, tiles, seconds, fps = sys.argv[1:]
    print(json.dumps(measure(way, int(tiles), float(seconds), float(fps))), flush=True)
    os._exit(0)  # nothing is to be saved, and graphics systems take their time to end


if __name__ == "__main__":
    main()
