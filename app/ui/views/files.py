"""The files of a meeting in the chat panel: a shelf of cards, a paper-clip, a place to drop on."""

from collections.abc import Callable, Iterable

from PySide6.QtCore import QEvent, QMimeData, QObject, QSize, Qt, Slot
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDropEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QFileDialog, QFrame, QVBoxLayout, QWidget

from app.i18n import _
from app.meeting.view import Badge, MeetingView, Power, SharedFile
from app.meeting.wishes import OfferFile
from app.rules import Function
from app.ui import theme
from app.ui.context import Context
from app.ui.views.file_card import FileCard
from app.ui.widgets.buttons import Button
from app.ui.widgets.scroll import Scroll
from app.ui.widgets.text import label

MOST_AT_ONCE = 8  # files that are offered with one drop or choice
LINE = 1  # pixel between the lines of chat and the shelf
MOST_SHARE = 0.5  # of the panel's height that the shelf takes
ANSWERED_SHOWN = 12  # files with which nothing more happens that stay to be seen


class FileShelf(QWidget):
    """The cards, newest last; as tall as they are, but never more than half of the panel."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("files")
        self.setAccessibleName(_("Files"))
        self._context = context
        self.cards: dict[bytes, FileCard] = {}
        self._content = QWidget()
        self._content.setObjectName("files_content")
        self._column = QVBoxLayout(self._content)
        self._column.setContentsMargins(16, 8, 10, 4)
        self._column.setSpacing(8)
        self._scroll = Scroll(self._content, name="files_scroll", fills=False)
        self._scroll.setParent(self)
        self._follows = True  # the newest card is in sight, and will be
        bar = self._scroll.verticalScrollBar()
        bar.valueChanged.connect(self._scrolled)
        bar.rangeChanged.connect(self._grown)
        self.hide()

    def show_view(self, view: MeetingView) -> None:
        """Show the files of this meeting."""
        wanted = {file.key: file for file in _worth_showing(view.files)}
        badges = {person.dev: person.badge for person in view.people}
        for key in [key for key in self.cards if key not in wanted]:
            card = self.cards.pop(key)
            card.hide()
            self._column.removeWidget(card)
            card.deleteLater()
        for key, file in wanted.items():
            if key not in self.cards:
                self._add(file, badges.get(file.dev, Badge.NEW))
                continue
            self.cards[key].show_badge(badges.get(file.dev, self.cards[key].badge))
            if self.cards[key].file != file:
                self.cards[key].show_file(file)
        self.setVisible(bool(wanted))
        self._fit()

    def _add(self, file: SharedFile, badge: Badge) -> None:
        card = self.cards[file.key] = FileCard(file, self._context.submit, badge)
        self._column.addWidget(card)
        card.show()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Be as tall as the cards, within reason."""
        panel = self.parentWidget()
        most = round(panel.height() * MOST_SHARE) - LINE if panel is not None else 320
        wanted = self._scroll.height_for(max(1, self.width()))
        height = max(1, min(wanted, most))
        self.setFixedHeight(height + LINE)
        self._scroll.setGeometry(0, LINE, self.width(), height)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Set the shelf off from the lines above it, which scroll on their own."""
        QPainter(self).fillRect(0, 0, self.width(), LINE, QColor(theme.current().line))

    @Slot(int)
    def _scrolled(self, value: int) -> None:
        self._follows = value >= self._scroll.verticalScrollBar().maximum() - 8

    @Slot(int, int)
    def _grown(self, _least: int, most: int) -> None:
        if self._follows:
            self._scroll.verticalScrollBar().setValue(most)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self.height())


class PaperClip(Button):
    """Asks which files to offer, and offers them."""

    def __init__(self, context: Context) -> None:
        super().__init__(_("Offer a file…"), self._choose, name="chat_file", role="icon",
                         icon_name="paperclip")  # fmt: skip
        self._context = context

    def show_view(self, view: MeetingView) -> None:
        """Be there where files may be offered, and of use where there is somebody."""
        self.setVisible(may_offer(self._context, view))
        self.setEnabled(len(view.people) > 1)

    def _choose(self) -> None:
        choose_and_offer(self, self._context)


class FileDrop(QObject):
    """Lets people drop files on a widget; `offered` is called when they did."""

    def __init__(
        self, target: QWidget, context: Context, offered: Callable[[], None] = lambda: None
    ) -> None:
        super().__init__(target)
        self._target, self._context, self._offered = target, context, offered
        self._view: MeetingView | None = None
        self.veil = QFrame(target)
        self.veil.setObjectName("drop_veil")
        column = QVBoxLayout(self.veil)
        words = label(_("Let go to offer it to everybody here"), "title", name="drop_words",
                      wrap=True)  # fmt: skip
        words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column.addWidget(words)
        self.veil.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.veil.hide()
        target.setAcceptDrops(True)
        target.installEventFilter(self)

    def show_view(self, view: MeetingView) -> None:
        """Take files only where they may be offered to somebody."""
        self._view = view

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        match event.type():
            case QEvent.Type.DragEnter if isinstance(event, QDragEnterEvent):
                if self._takes(event.mimeData()):
                    event.acceptProposedAction()
                    self.veil.setGeometry(self._target.rect())
                    self.veil.raise_()
                    self.veil.show()
                    return True
            case QEvent.Type.DragLeave:
                self.veil.hide()
            case QEvent.Type.Drop if isinstance(event, QDropEvent):
                self.veil.hide()
                if self._takes(event.mimeData()):
                    event.acceptProposedAction()
                    offer(self._context, _paths(event.mimeData()))
                    self._offered()
                    return True
        return False

    @property
    def allowed(self) -> bool:
        """Tell whether files may be offered to somebody now."""
        view = self._view
        return view is not None and len(view.people) > 1 and may_offer(self._context, view)

    def _takes(self, data: QMimeData) -> bool:
        return self.allowed and bool(_paths(data))


def may_offer(context: Context, view: MeetingView) -> bool:
    """Tell whether the person at this screen may offer files in this meeting."""
    return Power.CHAT in view.powers and context.rules.allow(Function.FILES)


def choose_and_offer(parent: QWidget, context: Context, to: bytes = b"") -> None:
    """Ask which files to offer, to one person or (empty) to everybody."""
    title = _("Offer files to one person") if to else _("Offer files to everybody")
    paths, _kind = QFileDialog.getOpenFileNames(parent, title)
    offer(context, paths, to)


def offer(context: Context, paths: Iterable[str], to: bytes = b"") -> None:
    """Offer files, the first few if there are many."""
    for path in list(paths)[:MOST_AT_ONCE]:
        context.submit(OfferFile(path, to))


def _paths(data: QMimeData) -> list[str]:
    return [url.toLocalFile() for url in data.urls() if url.isLocalFile()]


def _worth_showing(files: tuple[SharedFile, ...]) -> list[SharedFile]:
    """Return what is open, and of what is over the newest."""
    over = [file for file in files if file.legs and all(leg.state.is_over for leg in file.legs)]
    old = {file.key for file in over[:-ANSWERED_SHOWN]}
    return [file for file in files if file.key not in old]
