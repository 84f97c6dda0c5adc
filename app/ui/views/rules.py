"""The sheet of meeting settings: what holds for all, offered to those who may change it."""

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.i18n import _
from app.meeting.view import MeetingView, Power
from app.meeting.wishes import (
    AllowPasswords,
    MuteAll,
    SetChatForAll,
    SetLobby,
    SetLocked,
    SetPassword,
    SetSharingForAll,
)
from app.ui.context import Context
from app.ui.widgets.buttons import Button, press_with_enter
from app.ui.widgets.secret import SecretField
from app.ui.widgets.sheet import Sheet
from app.ui.widgets.switch import SwitchRow
from app.ui.widgets.text import hairline, label, set_text

RULES: Final = frozenset(
    {Power.SET_LOBBY, Power.LOCK, Power.SET_CHAT, Power.SET_SHARING, Power.SET_PASSWORD}
)
"""The powers that have a row in this sheet."""


class RulesSheet(Sheet):
    """Paints the rules; a switch shows what holds, not what was pressed."""

    def __init__(self, context: Context) -> None:
        super().__init__(context.ground, _("Meeting settings"), name="rules_sheet", width=480)
        submit = context.submit
        self.lobby = SwitchRow(
            _("People knock first"),
            _("You see who is there and let each one in."),
            lambda on: submit(SetLobby(on)),
            name="rules_lobby",
        )
        self.locked = SwitchRow(
            _("Lock the meeting"),
            _("Nobody can knock any more."),
            lambda on: submit(SetLocked(on)),
            name="rules_locked",
        )
        self.chat = SwitchRow(
            _("All can write in the chat"),
            _("Otherwise only the host and co-hosts."),
            lambda on: submit(SetChatForAll(on)),
            name="rules_chat",
        )
        self.sharing = SwitchRow(
            _("All but guests can share the screen"),
            _("Otherwise only presenters, co-hosts and the host."),
            lambda on: submit(SetSharingForAll(on)),
            name="rules_sharing",
        )
        self.password = PasswordRow(context)
        self._mute_all = Button(
            _("Mute everybody"),
            lambda: submit(MuteAll()),
            name="rules_mute_all",
            icon_name="mic-off",
            small=True,
        )
        self._parts: list[tuple[Power, QWidget, QWidget]] = []
        left = Qt.AlignmentFlag.AlignLeft
        for power, row in (
            (Power.SET_LOBBY, self.lobby),
            (Power.LOCK, self.locked),
            (Power.SET_CHAT, self.chat),
            (Power.SET_SHARING, self.sharing),
            (Power.SET_PASSWORD, self.password),
            (Power.MUTE_ALL, self._mute_all),
        ):
            line = hairline()
            self._parts.append((power, line, row))
            self.content.addWidget(line)
            if isinstance(row, Button):
                self.content.addWidget(row, 0, left)
            else:
                self.content.addWidget(row)

    def show_view(self, view: MeetingView) -> None:
        """Show what holds, and offer what this person may change."""
        first, changed = True, False
        for power, line, row in self._parts:
            may = power in view.powers
            changed = changed or row.isHidden() == may
            row.setVisible(may)
            line.setVisible(may and not first)
            first = first and not may
        self.lobby.show_state(view.lobby)
        self.locked.show_state(view.locked)
        self.chat.show_state(view.chat_open)
        self.sharing.show_state(view.sharing_open)
        changed = self.password.show_view(view) or changed
        if changed and self.isVisible():
            self.relayout()


class PasswordRow(QWidget):
    """Whether newcomers are asked for a password; set one, change it, ask for none any more."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("rules_password_row")
        self._context = context
        self._shown: tuple[bool, bool] | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        caption = label(_("Password"), name="rules_password_caption")
        column.addWidget(caption)
        self.why = label(kind="small", name="rules_password_why", wrap=True)
        column.addWidget(self.why)
        self.blocked = label(
            _("Too many wrong passwords were given; none is taken now."),
            "warn",
            name="rules_password_blocked",
            wrap=True,
        )
        self.allow = Button(
            _("Allow again"),
            lambda: context.submit(AllowPasswords()),
            name="rules_password_allow",
            small=True,
        )
        column.addWidget(self.blocked)
        column.addWidget(self.allow, 0, Qt.AlignmentFlag.AlignLeft)
        column.addSpacing(4)
        self.secret = SecretField(_("New password"), name="rules_password")
        self.secret.field.setPlaceholderText(_("New password"))
        self.secret.field.textChanged.connect(self._check)
        self.set = Button(_("Set"), self._set, name="rules_password_set")
        press_with_enter(self.secret.field, self.set)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.secret, 1)
        row.addWidget(self.set)
        column.addLayout(row)
        self.none = Button(
            _("Ask for no password any more"), self._clear, name="rules_password_none", role="link"
        )
        column.addWidget(self.none, 0, Qt.AlignmentFlag.AlignLeft)
        caption.setBuddy(self.secret.field)
        self._check()

    def show_view(self, view: MeetingView) -> bool:
        """Show whether there is a password; tell whether the row changed its size."""
        state = (view.has_password, view.password_blocked)
        if state == self._shown:
            return False
        self._shown = state
        set_text(
            self.why,
            _("Newcomers need it as well as the invitation.")
            if view.has_password
            else _("Newcomers are not asked for one. Tell it another way than the invitation."),
        )
        self.set.set_words(_("Change") if view.has_password else _("Set"))
        self.none.setVisible(view.has_password)
        self.blocked.setVisible(view.password_blocked)
        self.allow.setVisible(view.password_blocked)
        return True

    def _check(self) -> None:
        self.set.setEnabled(bool(self.secret.text()))

    def _set(self) -> None:
        self._context.submit(SetPassword(self.secret.text()))
        self.secret.clear()

    def _clear(self) -> None:
        self._context.submit(SetPassword(""))
        self.secret.clear()
