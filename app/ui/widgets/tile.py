"""One person on the stage: their picture or initials, their name, and what is the matter."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QHelpEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QToolTip

from app.i18n import _
from app.meeting.view import Person, Presence, Quality
from app.names import shown
from app.person_words import BADGES, QUALITIES, REACTIONS, presence, role
from app.texts import filled
from app.ui import theme
from app.ui.colour import with_opacity
from app.ui.layout import place
from app.ui.tokens import Tokens
from app.ui.widgets.held import HeldCard
from app.ui.widgets.picture_tile import PictureTile
from app.ui.widgets.tile_face import VEILED, WITHHELD, face_of, paint_face
from app.ui.widgets.tile_signs import (
    Look,
    Signs,
    look_of,
    plate_name,
    quality_plate,
    shows_quality,
)
from media.video.picture import Picture

_BY_KEYS = {
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.OtherFocusReason,
}


class VideoTile(PictureTile):
    """Paints a person; pictures come by `show_picture`, everything else by `show_person`."""

    def __init__(
        self,
        dev: bytes,
        *,
        on_trust: Callable[[], None],
        on_distrust: Callable[[], None],
        on_menu: Callable[[QPoint], None],
        on_quality: Callable[[], None] = lambda: None,
        on_pin: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(f"tile_{dev.hex()[:8]}", on_menu=on_menu, on_pin=on_pin)
        self._on_quality = on_quality
        self._hand = 0
        self._pinned = False
        self._why = ""
        self.pictures = 0
        """How many pictures came."""
        self.signs = Signs()
        self._note = ""
        self._on_page = False
        self._mirrored = True
        self._held: HeldCard | None = None
        self._on_trust, self._on_distrust = on_trust, on_distrust

    @property
    def shows_picture(self) -> bool:
        """Whether the picture is painted, not the initials."""
        return super().shows_picture and self._wants_picture()

    def show_person(
        self, person: Person, hand: int = 0, *, pinned: bool = False, why: str = ""
    ) -> None:
        """Show this state of the person.

        `hand` is the place of their raised hand, 0 for none; `why` says in words what is the matter
        with the connection, where something is.
        """
        if (person, hand, pinned, why) == (self._person, self._hand, self._pinned, self._why):
            return
        before, self._person, self._hand = self._person, person, hand
        self._pinned, self._why = pinned, why
        if before is not None and not self._wants_picture():
            self._drop()
        if person.presence is Presence.HELD and self._held is None:
            self._held = HeldCard(self._on_trust, self._on_distrust, self._decide, self)
            self._held.show()
            self._place_held()
        elif person.presence is not Presence.HELD and self._held is not None:
            self._held.hide()
            self._held.deleteLater()
            self._held = None
        if self._held is not None:
            self._held.show_name(shown(person.name, person.badge))
        self.setAccessibleName(describe(person, hand, pinned=pinned))
        self.setAccessibleDescription(why if shows_quality(person) else "")
        self.update()

    def mirror_self(self, mirrored: bool) -> None:
        """Show oneself as in a mirror, or as others see one; nobody else is ever mirrored."""
        if mirrored != self._mirrored:
            self._mirrored = mirrored
            self.update()

    def _decide(self) -> None:
        self._on_menu(self.mapToGlobal(self.rect().center()))

    def set_note(self, note: str) -> None:
        """Say something under the initials while there is no picture."""
        if note != self._note:
            self._note = note
            self.update()

    def show_picture(self, picture: Picture) -> None:
        """Paint this picture from now on, if the person's camera is on."""
        self.pictures += 1
        if self._person is not None and not self._wants_picture():
            return
        self._keep(picture)
        self.update()

    def _wants_picture(self) -> bool:
        """A picture is shown while the camera is on and what comes can be trusted."""
        person = self._person
        return person is not None and person.camera_on and person.presence not in WITHHELD

    # What is done to it ---------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Open the panel of call quality at a click on its sign; their menu has it, too."""
        left = event.button() is Qt.MouseButton.LeftButton
        if left and self._sign_of_quality().contains(event.position()):
            self._on_quality()
        else:
            super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._held is None:
            super().mouseDoubleClickEvent(event)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            inside = self._sign_of_quality().contains(QPointF(event.pos()))
            if inside and self._why:
                QToolTip.showText(event.globalPos(), self._why, self)
            else:
                QToolTip.hideText()
                event.ignore()
            return True
        return super().event(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Say beside the sign what the pointer would be told there."""
        super().focusInEvent(event)
        sign = self._sign_of_quality()
        if event.reason() in _BY_KEYS and self._why and not sign.isEmpty():
            below = self.mapToGlobal(sign.bottomLeft().toPoint())
            QToolTip.showText(below, self._why, self)

    def _sign_of_quality(self) -> QRectF:
        """Return where the sign of a connection that is not good stands; empty without one."""
        person = self._person
        if person is None or self._held is not None or not shows_quality(person):
            return QRectF()
        return quality_plate(self._look(), QRectF(self.rect()))[0]

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_held()

    def _place_held(self) -> None:
        if self._held is not None:
            margin = 4 if self._is_small() else 12
            self._held.setGeometry(self.rect().adjusted(margin, margin, -margin, -margin))

    def stand_on_page(self) -> None:
        """Let the corners show the window's ground instead of the stage's."""
        self._on_page = True

    def _ground(self, stage: Tokens) -> str:
        return theme.current().bg if self._on_page else stage.stage

    # What is painted ------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.on_stage()
        painter = QPainter(self)
        pictured = self.shows_picture
        if not (pictured and self.devicePixelRatioF().is_integer()):  # else all of it is covered
            painter.fillRect(self.rect(), QColor(t.raised))
        person = self._person
        if person is None:
            return
        if pictured:
            self._paint_picture(painter, t, mirrored=person.is_me and self._mirrored)
        if pictured and person.presence in VEILED:
            painter.fillRect(self.rect(), with_opacity(t.stage, 0.6))
        if self._held is None:
            face = face_of(person, pictured=pictured, note=self._note)
            small = self._is_small()
            paint_face(painter, self.size(), person, face, pictured=pictured, small=small)
        look = self._look()
        self.signs.paint(painter, look, plates=self._held is None)

    def _look(self) -> Look:
        assert self._person is not None
        return look_of(
            self._person,
            self.size(),
            self.devicePixelRatioF(),
            self._ground(theme.on_stage()),
            small=self._is_small(),
            hand=self._hand,
            pinned=self._pinned,
        )

    def _paint_picture(self, painter: QPainter, t: Tokens, *, mirrored: bool) -> None:
        image = self._image
        assert image is not None
        ratio = self.devicePixelRatioF()
        width, height = round(self.width() * ratio), round(self.height() * ratio)
        box = place(image.width(), image.height(), width, height)
        painter.save()
        if box.width < width or box.height < height:
            painter.fillRect(self.rect(), QColor(t.stage))
        painter.scale(1 / ratio, 1 / ratio)  # from here in device pixels, one to one
        if mirrored:
            painter.translate(width, 0)
            painter.scale(-1, 1)
        if (box.width, box.height) == (image.width(), image.height()):
            painter.drawImage(QPointF(box.x, box.y), image)
        else:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(QRectF(box.x, box.y, box.width, box.height), image)
        painter.restore()

    def _is_small(self) -> bool:
        """Tell whether there is room for one line only beside the name."""
        return self.height() < 150 * theme.scale() or self.width() < 200 * theme.scale()


def describe(person: Person, hand: int = 0, *, pinned: bool = False) -> str:
    """Say in words all that a tile shows by signs, for screen readers."""
    words = [plate_name(person)]
    if not person.is_me:
        words.append(_(BADGES[person.badge]))
    if role(person.role):
        words.append(role(person.role))
    if hand:
        words.append(filled(_("Hand raised, number {place}"), place=str(hand)))
    if pinned:
        words.append(_("Pinned"))
    if person.reaction is not None:
        words.append(_(REACTIONS[person.reaction.reaction]))
    if person.sharing:
        words.append(_("Shares the screen"))
    if presence(person):
        words.append(presence(person))
    words.append(_("Microphone on") if person.microphone_on else _("Muted"))
    words.append(_("Camera on") if person.camera_on else _("Camera off"))
    if person.speaking:
        words.append(_("Signing") if person.signing else _("Speaking"))
    if person.quality is not Quality.GOOD and not person.is_me:
        words.append(_(QUALITIES[person.quality]))
    return ", ".join(words)
