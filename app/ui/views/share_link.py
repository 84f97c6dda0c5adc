"""Other ways to give an invitation to somebody: large on the screen, or by mail."""

from urllib.parse import quote

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from app.i18n import _
from app.names import clean
from app.texts import filled
from app.ui.context import Context
from app.ui.views.confirm import AskSheet
from app.ui.widgets.qr import QrCode
from app.ui.widgets.sheet import Sheet
from app.ui.widgets.text import label

_LARGE = 460  # pixels; read from across a room


class LargeCodeSheet(Sheet):
    """The code as large as it can be, to be read from across a room."""

    def __init__(self, ground: QWidget, link: str) -> None:
        super().__init__(ground, _("Scan this code"), name="large_code_sheet", width=_LARGE + 60)
        room = min(ground.width(), ground.height() - 150) - 60
        self.code = QrCode(max(200, min(_LARGE, room)), name="large_code")
        self.code.show_text(link)
        self.content.addWidget(self.code, 0, Qt.AlignmentFlag.AlignHCenter)
        words = _("Whoever reads it can knock. It leads to this meeting only.")
        self.content.addWidget(label(words, "muted", name="large_code_line", wrap=True))


class MailSheet(AskSheet):
    """Before an invitation goes by mail, which is not private."""

    def __init__(self, context: Context, link: str, title: str) -> None:
        super().__init__(
            context,
            _("Send the invitation by mail?"),
            _(
                "Mail can be read on its way and stays in mailboxes, and whoever has the link can "
                "knock. For something confidential choose another way, or a link that works once."
            ),
            _("Open my mail program"),
            lambda: open_mail(mail_url(link, title)),
            name="mail",
            role="primary",
        )


def mail_url(link: str, title: str) -> str:
    """Return what opens a mail with the invitation in it; nobody is addressed (RFC 6068)."""
    named = clean(title)
    subject = (
        filled(_("Invitation: {title}"), title=named) if named else _("Invitation to a meeting")
    )
    body = _(
        "You are invited to a meeting with Conclave. Open this link, or paste it at “Join with a "
        "link”:"
    )
    text = quote(f"{body}\r\n\r\n{link}\r\n")
    return f"mailto:?subject={quote(subject)}&body={text}"


def open_mail(url: str) -> None:
    """Hand a mail to the program that the person has for it."""
    QDesktopServices.openUrl(QUrl(url, QUrl.ParsingMode.StrictMode))
