"""The sheet in which a meeting is named before it starts."""

from PySide6.QtWidgets import QLineEdit

from app.i18n import _
from app.intents import StartMeeting
from app.rules import Function, Rules
from app.ui.context import Context
from app.ui.widgets.buttons import Button, press_with_enter
from app.ui.widgets.secret import SecretField
from app.ui.widgets.sheet import Sheet
from app.ui.widgets.switch import SwitchRow
from app.ui.widgets.text import hairline, label


class StartSheet(Sheet):
    """Title, who finds it and comes in how, and a password."""

    def __init__(
        self, context: Context, person: str, reopen: bool = False, *, visible: bool = False
    ) -> None:
        """`reopen` offers to take the links of the last meeting again.

        `visible` shows the meeting on this network, whatever the settings propose.
        """
        super().__init__(context.ground, _("Start a meeting"), name="start_sheet", width=440)
        self._reopen = False
        self._context, self._person = context, person
        settings = context.settings()
        rules = context.rules
        self._visible = (visible or settings.visible) and rules.allow(Function.NEARBY)
        self._lobby = settings.lobby or rules.lobby
        self._open_router = settings.open_router and rules.allow(Function.OPEN_ROUTER)
        self._lan_only = settings.local_meetings or rules.lan_only
        self._open_router &= not self._lan_only
        self._build_title()
        for switch in self._make_switches(rules):
            self._add(switch)
        if reopen:
            self._add(self._make_reopen_switch())
        self._build_password(rules)
        self.go = Button(_("Continue"), self._start, name="start_go", role="primary")
        if rules.password:
            self.go.setEnabled(False)
            self.password.field.textChanged.connect(lambda text: self.go.setEnabled(bool(text)))
        press_with_enter(self.title_field, self.go)
        press_with_enter(self.password.field, self.go)
        self.content.setSpacing(4)
        self.content.addWidget(self.go)

    def _add(self, switch: SwitchRow) -> None:
        self.content.addWidget(switch)
        self.content.addSpacing(10)
        self.content.addWidget(hairline())
        self.content.addSpacing(10)

    def _build_title(self) -> None:
        caption = label(_("Title"), "small", name="title_caption")
        self.title_field = QLineEdit()
        self.title_field.setObjectName("title_field")
        self.title_field.setAccessibleName(_("Title"))
        self.title_field.setPlaceholderText(_("Meeting"))
        self.title_field.setMaxLength(64)
        caption.setBuddy(self.title_field)
        self.content.addWidget(caption)
        self.content.addWidget(self.title_field)
        self.content.addSpacing(16)

    def _build_password(self, rules: Rules) -> None:
        caption = label(_("Password"), name="start_password_caption")
        self.password = _password_field(rules)
        caption.setBuddy(self.password.field)
        why = label(
            _("Newcomers must know it too. Tell it another way than the invitation."),
            "small",
            name="start_password_why",
            wrap=True,
        )
        self.content.addWidget(caption)
        self.content.addWidget(why)
        self.content.addSpacing(4)
        self.content.addWidget(self.password)
        self.content.addSpacing(20)

    def _make_switches(self, rules: Rules) -> tuple[SwitchRow, ...]:
        self.visible_switch = SwitchRow(
            _("Show on this network"),
            _("Others nearby see the meeting in their list. Otherwise only invitations lead in."),
            self._set_visible,
            name="start_visible",
        )
        self.lobby_switch = SwitchRow(
            _("People knock first"),
            _("You see who is there and let each one in."),
            self._set_lobby,
            name="start_lobby",
        )
        self.router_switch = SwitchRow(
            _("People outside this network can come"),
            _("Your router is asked to open one port, and closes it when the meeting is over."),
            self._set_open_router,
            name="start_open_router",
        )
        self.lan_only_switch = SwitchRow(
            _("Stay on the local network"),
            _("Nobody joins from elsewhere, nothing is sent beyond it. It holds until the end."),
            self._set_lan_only,
            name="start_lan_only",
        )
        self.visible_switch.show_state(self._visible)
        self.lan_only_switch.show_state(self._lan_only)
        self.router_switch.show_state(self._open_router)
        if rules.lan_only or not rules.allow(Function.OPEN_ROUTER):
            self.router_switch.lock()
        if rules.lan_only:
            self.lan_only_switch.lock()
        self.lobby_switch.show_state(self._lobby)
        if not rules.allow(Function.NEARBY):
            self.visible_switch.lock()
        if rules.lobby:
            self.lobby_switch.lock()
        return self.visible_switch, self.lobby_switch, self.lan_only_switch, self.router_switch

    def _make_reopen_switch(self) -> SwitchRow:
        return SwitchRow(
            _("Same links as last time"),
            _("Conclave was not closed in the last meeting. Its links then open this one."),
            self._set_reopen,
            name="start_reopen",
        )

    def _set_visible(self, on: bool) -> None:
        self._visible = on

    def _set_lobby(self, on: bool) -> None:
        self._lobby = on

    def _set_lan_only(self, on: bool) -> None:
        self._lan_only = on
        if on:
            self._open_router = False
            self.router_switch.show_state(False)

    def _set_open_router(self, on: bool) -> None:
        self._open_router = on
        if on:
            self._lan_only = False
            self.lan_only_switch.show_state(False)

    def _set_reopen(self, on: bool) -> None:
        self._reopen = on

    def _start(self) -> None:
        title = self.title_field.text().strip() or _("Meeting")
        self._context.submit(
            StartMeeting(
                title,
                self._person,
                self._visible,
                self._lobby,
                password=self.password.text(),
                lan_only=self._lan_only,
                reopen=self._reopen,
                open_router=self._open_router,
            )
        )
        self.close_sheet()


def _password_field(rules: Rules) -> SecretField:
    none = _("None; the invitation is enough")
    asked = _("Your organisation asks for one")
    return SecretField(
        _("Password"), name="start_password", placeholder=asked if rules.password else none
    )
