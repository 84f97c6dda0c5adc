"""The devices by name in a menu at the button that switches them, also during a call."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QActionGroup,
    QColor,
    QContextMenuEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractButton, QMenu, QWidget

from app.i18n import _
from app.intents import ChooseCamera, ChooseMicrophone, ChooseSpeaker, Intent, RefreshDevices
from app.screens import Device, Devices
from app.ui import theme
from app.ui.colour import blend
from app.ui.context import Context
from app.ui.widgets.buttons import press_by_key
from app.ui.widgets.painting import paint_icon
from app.ui.widgets.round_button import CIRCLE, MOST_ENLARGED, RoundButton

_SIDE = 20  # pixels of the little circle that opens the menu
_LONGEST = 48  # characters of a name in the menu


class DeviceMenu(QMenu):
    """Lists what there is of each kind with a mark at what is used; made anew each time."""

    def __init__(
        self, kinds: Sequence[str], devices: Devices, context: Context, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setObjectName("device_menu")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setToolTipsVisible(True)
        for kind in kinds:
            self._add_kind(kind, devices, context)
        self.addSeparator()
        more = self.addAction(_("Camera and sound…"))
        more.setObjectName("device_menu_more")
        more.triggered.connect(lambda _on=False: context.open_settings("devices"))

    def _add_kind(self, kind: str, devices: Devices, context: Context) -> None:
        choose: Callable[[str], Intent]
        match kind:
            case "camera":
                heading, there, chosen = _("Camera"), devices.cameras, devices.camera
                choose = ChooseCamera
            case "microphone":
                heading, there, chosen = _("Microphone"), devices.microphones, devices.microphone
                choose = ChooseMicrophone
            case _:
                heading, there, chosen = _("Speaker"), devices.speakers, devices.speaker
                choose = ChooseSpeaker
        title = self.addAction(heading)
        title.setObjectName(f"device_menu_{kind}")
        title.setEnabled(False)
        group = QActionGroup(self)
        for number, device in enumerate(there or (Device("", _("None found")),)):
            action = self.addAction(_short(device.name))
            action.setObjectName(f"device_menu_{kind}_{number}")
            action.setToolTip(device.name)
            action.setEnabled(bool(there) and kind not in context.locked)
            action.setCheckable(True)
            action.setChecked(device.key == chosen and bool(there))
            action.setActionGroup(group)
            intent = choose(device.key)
            action.triggered.connect(lambda _on=False, intent=intent: context.submit(intent))


class DeviceArrow(QAbstractButton):
    """The little circle at a device's button; it opens the menu, by keyboard too."""

    def __init__(self, beside: RoundButton, words: str, do: Callable[[], None]) -> None:
        super().__init__(beside)
        self._beside = beside
        self.setObjectName(f"{beside.objectName()}_choose")
        self.setAccessibleName(words)
        self.setToolTip(words)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.clicked.connect(lambda: do())  # noqa: PLW0108 - a click brings an argument
        self.resize(self.sizeHint())

    def place(self) -> None:
        """Stand at the lower right of the circle."""
        side, circle, width = self.sizeHint().width(), _enlarged(CIRCLE), self._beside.width()
        self.resize(side, side)
        left = width // 2 + circle // 2 - side * 3 // 5
        self.move(min(left, width - side), circle - side + 2)

    def sizeHint(self) -> QSize:
        return QSize(_enlarged(_SIDE), _enlarged(_SIDE))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not press_by_key(self, event):
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        t = theme.on_stage()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ground = blend(t.raised, t.text, 0.22 if self.underMouse() else 0.12)
        painter.setPen(QPen(QColor(t.stage), 2))
        painter.setBrush(QColor(ground))
        painter.drawEllipse(QRectF(self.rect()).adjusted(1, 1, -1, -1))
        size = self.width() * 3 // 5
        painter.translate(QRectF(self.rect()).center())
        painter.rotate(180)  # the menu opens upwards
        paint_icon(painter, "chevron-down", t.text, QPointF(-size / 2, -size / 2), size)


class DeviceChooser(QWidget):
    """Gives a device's button its arrow and its context menu; opens them with what is there now."""

    def __init__(
        self, button: RoundButton, kinds: Sequence[str], words: str, context: Context
    ) -> None:
        super().__init__(button)
        self.setObjectName(f"{button.objectName()}_chooser")
        self._button, self._kinds, self._context = button, kinds, context
        self._devices = Devices()
        self.arrow = DeviceArrow(button, words, self.open_menu)
        QWidget.setTabOrder(button, self.arrow)
        button.installEventFilter(self)
        self.hide()
        self.arrow.place()

    def show_devices(self, devices: Devices) -> None:
        """Have these in the menu when it is opened next."""
        self._devices = devices

    def menu(self) -> DeviceMenu:
        """Return the menu as it is now."""
        return DeviceMenu(self._kinds, self._devices, self._context, self._button)

    def open_menu(self) -> None:
        """Open the menu above the button, and look meanwhile what there is."""
        self._context.submit(RefreshDevices())
        menu = self.menu()
        size = menu.sizeHint()
        corner = self._button.mapToGlobal(QPoint(0, 0))
        menu.popup(corner - QPoint((size.width() - self._button.width()) // 2, size.height() + 8))

    def eventFilter(self, watched: object, event: object) -> bool:
        if isinstance(event, QResizeEvent):
            self.arrow.place()
        elif isinstance(event, QContextMenuEvent):
            self.open_menu()
            return True
        return False


def _enlarged(size: int) -> int:
    return round(size * min(theme.scale(), MOST_ENLARGED))


def _short(name: str) -> str:
    """Return a name of a menu's width; an ampersand is one, not a shortcut."""
    short = name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…"
    return short.replace("&", "&&")
