"""A row that goes on in the next line where it is too long, as words in a text do."""

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QSizePolicy, QWidget


class Flow(QLayout):
    """Lays widgets out from left to right, line by line, each as large as it wants to be."""

    def __init__(self, parent: QWidget | None = None, *, gap: int = 8) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self._gap = gap
        self.setContentsMargins(0, 0, 0, 0)

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return self._place(QRect(0, 0, width, 0), move=False)

    def setGeometry(self, box: QRect) -> None:
        super().setGeometry(box)
        self._place(box, move=True)

    def sizeHint(self) -> QSize:
        sizes = [item.sizeHint() for item in self._items if not item.isEmpty()]
        width = sum(size.width() for size in sizes) + self._gap * max(len(sizes) - 1, 0)
        return QSize(width, max((size.height() for size in sizes), default=0))

    def minimumSize(self) -> QSize:
        sizes = [item.sizeHint() for item in self._items if not item.isEmpty()]
        widest = max((size.width() for size in sizes), default=0)
        return QSize(widest, self.heightForWidth(max(self.geometry().width(), widest)))

    def _place(self, box: QRect, *, move: bool) -> int:
        """Put each in its place, or only find out how tall all of it is."""
        top = box.top()
        for number, line in enumerate(self._lines(box.width())):
            top += self._gap if number else 0
            tall = max(item.sizeHint().height() for item in line)
            left = box.left()
            for item in line if move else ():
                size = item.sizeHint()
                room = QSize(min(size.width(), box.width()), size.height())
                item.setGeometry(QRect(QPoint(left, top + (tall - size.height()) // 2), room))
                left += size.width() + self._gap
            top += tall
        return top - box.top()

    def _lines(self, width: int) -> list[list[QLayoutItem]]:
        """Return what stands in each line of this width."""
        lines: list[list[QLayoutItem]] = []
        taken = 0
        for item in self._items:
            if item.isEmpty():
                continue
            wide = item.sizeHint().width()
            if not lines or taken + self._gap + wide > width:
                lines.append([])
                taken = wide
            else:
                taken += self._gap + wide
            lines[-1].append(item)
        return lines


def flowing(*widgets: QWidget, name: str, gap: int = 8) -> QWidget:
    """Return widgets in such a row."""
    made = QWidget()
    made.setObjectName(name)
    policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
    policy.setHeightForWidth(True)
    made.setSizePolicy(policy)
    row = Flow(made, gap=gap)
    for widget in widgets:
        row.addWidget(widget)
    return made
