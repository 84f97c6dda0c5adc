"""Tells how large each tile is, so that nobody sends or decodes more than can be seen."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from PySide6.QtCore import QObject, QSize, QTimer

from app.intents import Intent, SetScreenTile, SetTile
from app.ui.seating import Seat

SETTLE = 200  # milliseconds a size must stand before it is told


@dataclass(frozen=True)
class Size:
    """How large a tile is, in device pixels, and whether it can be seen."""

    seat: Seat
    width: int
    height: int
    visible: bool


class TileSizes(QObject):
    """Waits until sizes stand, then tells what has changed of them."""

    def __init__(
        self,
        submit: Callable[[Intent], None],
        sizes: Callable[[], Iterable[Size]],
        parent: QObject,
    ) -> None:
        """`sizes()` is how large everything is now."""
        super().__init__(parent)
        self._submit, self._sizes = submit, sizes
        self._told: dict[Seat, Size] = {}
        self._also: Seat | None = None
        self._room = QSize()
        self._timer = QTimer(self, singleShot=True, interval=SETTLE)
        self._timer.timeout.connect(self._tell)

    def changed(self) -> None:
        """Something has another size, or can be seen no more."""
        self._timer.start()

    def forget(self, seat: Seat) -> None:
        """A tile is gone."""
        self._told.pop(seat, None)
        if self._also == seat:
            self._also = None

    def show_also(self, seat: Seat | None, room: QSize) -> None:
        """Somebody is seen in another window too, so large in device pixels; None: nobody."""
        if (seat, room) != (self._also, self._room):
            self._also, self._room = seat, room
            self._timer.start()

    def _tell(self) -> None:
        for size in self._sizes():
            told = self._with_other_window(size)
            if self._told.get(told.seat) != told:
                self._told[told.seat] = told
                kind = SetScreenTile if told.seat.screen else SetTile
                self._submit(kind(told.seat.dev, told.width, told.height, told.visible))

    def _with_other_window(self, size: Size) -> Size:
        """The larger of the two windows in which somebody is seen decides."""
        if size.seat != self._also:
            return size
        room = self._room
        if size.visible and size.height >= room.height():
            return size
        return Size(size.seat, room.width(), room.height(), True)
