"""The thread that reads and writes files for a meeting, and the one that looks at pictures."""

import queue
import threading
from collections.abc import Callable
from pathlib import Path

from app.file_store import FileStore
from app.meeting.files.names import is_picture
from app.meeting.files.orders import DiskEvent, Order, PictureMade, TargetFinished
from app.meeting.view import Thumbnail
from app.thumbnails import LARGEST

CLOSE_TIMEOUT = 3.0  # seconds a disk may take at the end before it is left to itself
MOST_PICTURES = 8  # that wait to be looked at; more are not shown

Look = Callable[[bytes], Thumbnail | None]
"""Makes a small picture of the bytes of one; None if they are none that can be shown."""


class FileThread:
    """Carries out orders in their order; `tell` is called on these threads with what became of it.

    What waits is bounded by what the meeting orders: a window of each file that comes in, and what
    is read ahead of each that goes out.
    """

    def __init__(
        self, store: FileStore, tell: Callable[[DiskEvent], None], look: Look | None = None
    ) -> None:
        self._store = store
        self._tell = tell
        self._look = look
        self._orders: queue.SimpleQueue[Order | None] = queue.SimpleQueue()
        self._pictures: queue.Queue[tuple[bytes, bytes | Path] | None] = queue.Queue(MOST_PICTURES)
        self._thread: threading.Thread | None = None
        self._looker: threading.Thread | None = None

    def order(self, order: Order) -> None:
        """Have something done; the thread begins with the first order."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="files", daemon=True)
            self._thread.start()
        self._orders.put(order)

    def close(self) -> None:
        """Carry out what waits, remove what is not whole, end."""
        self._orders.put(None)
        if self._thread is not None:
            self._thread.join(CLOSE_TIMEOUT)
        else:
            self._store.close()

    def _run(self) -> None:
        while (order := self._orders.get()) is not None:
            event = self._store.do(order)
            if event is not None:
                self._tell(event)
                self._look_at(event)
        self._store.close()
        if self._looker is not None:
            self._pictures.put(None)

    def _look_at(self, event: DiskEvent) -> None:
        """Have a small picture made of a picture that is whole and was accepted."""
        if self._look is None or not isinstance(event, TargetFinished):
            return
        what = Path(event.path) if event.path else self._store.content(event.key)
        if what is None or (isinstance(what, Path) and not is_picture(what.name)):
            return
        if self._looker is None:
            self._looker = threading.Thread(target=self._see, name="pictures", daemon=True)
            self._looker.start()
        try:
            self._pictures.put_nowait((event.key, what))
        except queue.Full:
            return  # it is stored all the same; only nobody sees it small

    def _see(self) -> None:
        assert self._look is not None
        while (item := self._pictures.get()) is not None:
            key, what = item
            try:
                data = what if isinstance(what, bytes) else _content(what)
            except OSError:
                continue  # moved away meanwhile
            picture = self._look(data) if data else None
            if picture is not None:
                self._tell(PictureMade(key, picture))


def _content(path: Path) -> bytes:
    """Return what a file holds, nothing if that is too much."""
    with path.open("rb") as file:
        data = file.read(LARGEST + 1)
    return data if len(data) <= LARGEST else b""
