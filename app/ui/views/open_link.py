"""The questions before a link in the chat is followed: where it really leads, in plain sight."""

from collections.abc import Callable, Iterator

from PySide6.QtWidgets import QHBoxLayout

from app.i18n import _
from app.intents import JoinLink
from app.names import isolated
from app.texts import filled
from app.ui import web_address
from app.ui.context import Context
from app.ui.views.confirm import AskSheet
from app.ui.web_address import WebAddress
from app.ui.widgets.buttons import Button
from app.ui.widgets.copy import CopyButton
from app.ui.widgets.sheet import Sheet
from app.ui.widgets.text import Kind, label

_SHOWN = 300  # characters of a whole address
_BREAKS = "/?&=#-_.,%+~:;@"  # an address may go on in the next line after these


class OpenLinkSheet(Sheet):
    """Before an address of the web is opened: its host large, and what is odd about it."""

    def __init__(
        self,
        context: Context,
        address: WebAddress,
        open_address: Callable[[WebAddress], None] = web_address.open_in_browser,
    ) -> None:
        super().__init__(
            context.ground, _("Open this address in the browser?"), name="open_link", width=460
        )
        self.host = label(f"\u2068{_breakable(address.host)}\u2069", "title", name="open_link_host")
        self.host.setWordWrap(True)
        self.content.addWidget(self.host)
        for number, (kind, words) in enumerate(remarks(address)):
            remark = label(words, kind, name=f"open_link_remark_{number}", wrap=True)
            self.content.addWidget(remark)
        whole = address.whole[:_SHOWN] + ("…" if len(address.whole) > _SHOWN else "")
        self.whole = label(_breakable(whole), "small", name="open_link_whole", wrap=True)
        self.content.addWidget(self.whole)
        why = _("The site learns your internet address, and that you came now.")
        self.content.addWidget(label(why, "muted", name="open_link_why", wrap=True))

        def go() -> None:
            open_address(address)
            self.close_sheet()

        self.copy = CopyButton(_("Copy"), name="open_link_copy")
        self.copy.set_copied(address.whole, _("Copy the address"))
        self.go = Button(_("Open"), go, name="open_link_go", role="primary")
        self.go.setAccessibleDescription(address.plain_host)
        self.keep = Button(_("Cancel"), self.close_sheet, name="open_link_cancel")
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self.copy)
        row.addStretch(1)
        row.addWidget(self.keep)
        row.addWidget(self.go)
        self.content.addSpacing(8)
        self.content.addLayout(row)


def remarks(address: WebAddress) -> Iterator[tuple[Kind, str]]:
    """Yield what is odd about an address, each with the kind of its words."""
    if address.is_foreign:
        words = _("Some letters of this name can look like others. Its plain spelling: {name}")
        yield "warn", filled(words, name=f"\u2068{_breakable(address.plain_host)}\u2069")
    if address.before_host:
        words = _("“{name}” stands before an @ in it. That is not where it leads.")
        yield "warn", filled(words, name=isolated(_breakable(address.before_host)))
    if address.is_number:
        yield "warn", _("This is the number of a computer, not the name of a site.")
    if address.port:
        words = _("It asks at an unusual door of that computer: port {port}.")
        yield "warn", filled(words, port=str(address.port))
    if not address.encrypted:
        yield (
            "warn",
            _("The way there is not encrypted: others can read and change the page."),
        )


class JoinLinkSheet(AskSheet):
    """Before this meeting is left for another one."""

    def __init__(self, context: Context, link: str) -> None:
        super().__init__(
            context,
            _("Go to another meeting?"),
            _(
                "This link is an invitation. If you follow it, you leave this meeting; "
                "you see the other one before you join."
            ),
            _("Leave and go there"),
            lambda: context.submit(JoinLink(link, context.own_name())),
            name="join_link",
        )


def _breakable(address: str) -> str:
    """Let a long address go on in the next line."""
    return "".join(f"{sign}\u200b" if sign in _BREAKS else sign for sign in address)
