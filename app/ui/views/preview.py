"""Before the meeting: oneself, the devices, and the door."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.i18n import _, ngettext
from app.intents import Enter, GoHome, RefreshDevices
from app.meeting.wishes import SetCamera, SetMicrophone
from app.names import clean, isolated
from app.rules import Function
from app.screens import Preview
from app.texts import filled
from app.ui import theme
from app.ui.context import Context
from app.ui.widgets.buttons import Button, press_with_enter
from app.ui.widgets.device_buttons import camera_button, microphone_button
from app.ui.widgets.device_rows import DeviceRows
from app.ui.widgets.own_picture import OwnPicture
from app.ui.widgets.scroll import Scroll
from app.ui.widgets.secret import SecretField
from app.ui.widgets.text import hairline, label, set_text
from app.ui.widgets.toast import announce

_DOOR = 300  # pixels: how wide the right side is
_MOST = 0.54  # of the window that it takes where type is large


class PreviewView(QWidget):
    """Paints `Preview`."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("page")
        self._context = context
        self._screen: Preview | None = None
        columns = QHBoxLayout(self)
        columns.setContentsMargins(32, 24, 32, 24)
        columns.setSpacing(32)
        columns.addLayout(self._picture_side(), 1)
        self._door = self._door_side()
        columns.addWidget(self._door, 0)

    def _picture_side(self) -> QVBoxLayout:
        side = QVBoxLayout()
        side.setSpacing(12)
        back = Button(
            _("Back"), self._back, name="preview_back", role="quiet", icon_name="arrow-left",
            small=True,
        )  # fmt: skip
        side.addWidget(back, 0, Qt.AlignmentFlag.AlignLeft)
        side.addStretch(1)
        self.picture = OwnPicture(self._context.feed, name="preview_picture")
        side.addWidget(self.picture, 20)
        buttons = QHBoxLayout()
        buttons.setSpacing(16)
        buttons.addStretch(1)
        self.microphone = microphone_button(self._toggle_microphone, on_stage=False)
        self.camera = camera_button(self._toggle_camera, on_stage=False)
        buttons.addWidget(self.microphone)
        buttons.addWidget(self.camera)
        if not self._context.rules.allow(Function.CAMERA):
            self.camera.hide()
        buttons.addStretch(1)
        side.addLayout(buttons)
        self.problem = label(kind="warn", name="preview_problem", wrap=True)
        self.problem.setAlignment(Qt.AlignmentFlag.AlignCenter)
        side.addWidget(self.problem)
        side.addStretch(1)
        return side

    def _door_side(self) -> QFrame:
        frame = QFrame()
        frame.setObjectName("preview_door")
        side = QVBoxLayout(frame)
        side.setContentsMargins(0, 0, 0, 0)
        side.setSpacing(8)
        upper = QWidget()
        upper.setObjectName("preview_upper")
        column = QVBoxLayout(upper)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(4)
        self.title = label(kind="title", name="preview_title", wrap=True)
        self.host = label(kind="muted", name="preview_host", wrap=True)
        column.addWidget(self.title)
        column.addWidget(self.host)
        column.addSpacing(8)
        caption = label(_("Your name in this meeting"), "small", name="preview_name_caption")
        self.name = QLineEdit()
        self.name.setObjectName("preview_name")
        self.name.setAccessibleName(_("Your name in this meeting"))
        self.name.setMaxLength(64)
        self.name.textChanged.connect(self._name_typed)
        caption.setBuddy(self.name)
        column.addWidget(caption)
        column.addWidget(self.name)
        column.addSpacing(8)
        column.addWidget(self._password_part())
        self.devices = DeviceRows(
            self._context.submit, name="preview_devices", locked=self._context.locked
        )
        column.addWidget(self.devices)
        self.details = label(
            _(
                "Picture, sound, chat and names are encrypted between the devices, with keys made "
                "for this meeting alone. Others on the network can see that these computers talk "
                "to each other, not what they say. Conclave records nothing; what another person "
                "does with their own device it cannot prevent."
            ),
            "small",
            name="preview_details",
            wrap=True,
        )
        self.details.hide()
        column.addWidget(self.details)
        column.addStretch(1)
        self._scroll = Scroll(upper, name="preview_scroll")
        side.addWidget(self._scroll, 1)
        side.addLayout(self._promise_part())
        self.enter = Button(_("Join"), self._enter, name="preview_enter", role="primary")
        self.sound_only = Button(
            _("Join with sound only"), self._enter_with_sound, name="preview_sound_only"
        )
        press_with_enter(self.name, self.enter)
        press_with_enter(self.password.field, self.enter)
        side.addWidget(self.enter)
        side.addWidget(self.sound_only)
        return frame

    def _promise_part(self) -> QVBoxLayout:
        """What to know before one goes in: it stands at the door and never has to be scrolled."""
        column = QVBoxLayout()
        column.setSpacing(4)
        column.addWidget(hairline())
        self.promise = label(
            promise(False),
            "small",
            name="preview_promise",
            wrap=True,
        )
        column.addWidget(self.promise)
        self.more = Button(_("More"), self._toggle_more, name="preview_more", role="link")
        column.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeft)
        return column

    @property
    def first_stop(self) -> QWidget:
        """Where the keyboard stands at first: what is still to be given, else the door."""
        return self.password.field if not self._ask_password.isHidden() else self.enter

    def _password_part(self) -> QWidget:
        self._ask_password = QWidget()
        self._ask_password.setObjectName("preview_password_part")
        column = QVBoxLayout(self._ask_password)
        column.setContentsMargins(0, 0, 0, 8)
        column.setSpacing(4)
        caption = label(_("Password of this meeting"), "small", name="preview_password_caption")
        self.password = SecretField(_("Password of this meeting"), name="preview_password")
        self.password.field.textChanged.connect(self._check)
        caption.setBuddy(self.password.field)
        self.wrong = label(kind="danger", name="preview_wrong", wrap=True)
        column.addWidget(caption)
        column.addWidget(self.password)
        column.addWidget(self.wrong)
        return self._ask_password

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_picture()

    def _fit_picture(self) -> None:
        """Keep the buttons close to the picture: it is never taller than it can be wide."""
        most = max(_DOOR, round(self.width() * _MOST))
        self._door.setFixedWidth(min(round(_DOOR * theme.scale()), most))
        room = self.width() - 64 - 32 - self._door.width()
        self.picture.setMaximumHeight(max(90, room * 9 // 16))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.picture.take_pictures(True)
        self._context.submit(RefreshDevices())

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.picture.take_pictures(False)

    def show_screen(self, preview: Preview) -> None:
        """Show this state."""
        first = self._screen is None
        before, self._screen = self._screen, preview
        if first or (not self.name.hasFocus() and not self.name.isModified()):
            self.name.setText(preview.name)
        title = isolated(preview.title) if clean(preview.title) else _("Meeting")
        set_text(self.title, title)
        set_text(self.promise, promise(preview.lan_only))
        self._show_host(preview)
        self._show_password(preview, before)
        self._show_own()
        self.microphone.show_device(preview.microphone_on)
        self.camera.show_device(preview.camera_on)
        self.devices.show_devices(preview.devices)
        if preview.microphone_on:
            self.devices.meter.show_level(preview.level_db)
        problem = "\n".join(filter(None, (preview.camera_problem, preview.microphone_problem)))
        set_text(self.problem, problem)
        self.problem.setVisible(bool(problem))

    def _show_host(self, preview: Preview) -> None:
        """Say whose meeting it is, or who is called, and name the door accordingly."""
        host = isolated(preview.host_name) if clean(preview.host_name) else ""
        if preview.calling:
            called = isolated(preview.calling)
            words = filled(_("{name} is called as soon as you go in."), name=called)
            enter, sound_only = _("Call"), _("Call with sound only")
        elif preview.hosting:
            words = _("You are the host.")
            enter, sound_only = _("Start the meeting"), _("Start with sound only")
        else:
            words = filled(_("Host: {name}"), name=host) if host else ""
            enter, sound_only = _("Join"), _("Join with sound only")
        set_text(self.host, words)
        self.host.setVisible(bool(words))
        self.enter.set_words(enter)
        self.sound_only.set_words(sound_only)

    def _show_password(self, preview: Preview, before: Preview | None) -> None:
        """Ask for the password where the meeting has one, and say how the last try went."""
        self._ask_password.setVisible(preview.password_needed)
        words = tries(preview.tries_left) if preview.password_needed else ""
        set_text(self.wrong, words)
        self.wrong.setVisible(bool(words))
        if words and (before is None or before.tries_left != preview.tries_left):
            announce(self, words)
            self.password.field.selectAll()
            self.password.field.setFocus(Qt.FocusReason.OtherFocusReason)
            self._scroll.fit()
            self._scroll.ensureWidgetVisible(self.wrong, 0, 8)
        self._check()

    def _show_own(self) -> None:
        preview = self._screen
        if preview is not None:
            self.picture.tile.mirror_self(self._context.settings().mirror_self)
            self.picture.show_state(
                self.name.text(),
                camera_on=preview.camera_on,
                microphone_on=preview.microphone_on,
                note=preview.camera_problem,
            )

    def _name_typed(self, _text: str) -> None:
        self._check()
        self._show_own()

    def _check(self) -> None:
        """Open the door to who has a name and, where one is asked for, a password."""
        needed = self._screen is not None and self._screen.password_needed
        ready = bool(self.name.text().strip()) and (not needed or bool(self.password.text()))
        self.enter.setEnabled(ready)
        self.sound_only.setEnabled(ready)

    def _toggle_microphone(self) -> None:
        if self._screen is not None:
            self._context.submit(SetMicrophone(not self._screen.microphone_on))

    def _toggle_camera(self) -> None:
        if self._screen is not None:
            self._context.submit(SetCamera(not self._screen.camera_on))

    def toggle_microphone(self) -> None:
        """Switch the microphone, as its button does."""
        self._toggle_microphone()

    def toggle_camera(self) -> None:
        """Switch the camera, as its button does."""
        self._toggle_camera()

    def _enter(self) -> None:
        self._context.submit(Enter(clean(self.name.text()), self._given()))

    def _enter_with_sound(self) -> None:
        self._context.submit(SetCamera(False))
        self._enter()

    def _given(self) -> str:
        needed = self._screen is not None and self._screen.password_needed
        return self.password.text() if needed else ""

    def _back(self) -> None:
        self._context.submit(GoHome())

    def _toggle_more(self) -> None:
        """Say more above, or no more."""
        more = self.details.isHidden()
        self.details.setVisible(more)
        self.more.set_words(_("Less") if more else _("More"))
        if more:
            announce(self, self.details.text())
            self._scroll.fit()
            self._scroll.ensureWidgetVisible(self.details, 0, 8)


def tries(left: int) -> str:
    """Return what to say after a wrong password; nothing before one."""
    if left < 0:
        return ""
    if left == 0:
        return _("Too many wrong passwords. None is taken until the host allows it again.")
    words = ngettext(
        "Wrong password. {count} try left.", "Wrong password. {count} tries left.", left
    )
    return filled(words, count=str(left))


def promise(lan_only: bool) -> str:
    """Return what to know before one goes in."""
    words = _("Nothing is recorded. Everything is encrypted from device to device.")
    stays = _("Nothing leaves the local network.")
    return f"{words} {stays}" if lan_only else words
