"""The invitation: a link to copy and a code to scan."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLineEdit, QVBoxLayout, QWidget

from app.i18n import _
from app.ui.context import Context
from app.ui.widgets.copy import CopyButton
from app.ui.widgets.qr import QrCode
from app.ui.widgets.sheet import Sheet
from app.ui.widgets.text import label


class InviteContent(QWidget):
    """The code, the link and the button that copies it."""

    def __init__(self, *, name: str, size: int) -> None:
        super().__init__()
        self.setObjectName(name)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(
            label(
                _(
                    "Send the link to those you invite, or let them scan the code. "
                    "It leads to this meeting only."
                ),
                "muted",
                name=f"{name}_line",
                wrap=True,
            )
        )
        self.code = QrCode(size, name=f"{name}_code")
        column.addWidget(self.code, 0, Qt.AlignmentFlag.AlignHCenter)
        self.link = QLineEdit()
        self.link.setObjectName(f"{name}_link")
        self.link.setAccessibleName(_("Invitation link"))
        self.link.setProperty("kind", "code")
        self.link.setReadOnly(True)
        column.addWidget(self.link)
        self.copy = CopyButton(_("Copy the link"), name=f"{name}_copy", role="primary")
        column.addWidget(self.copy)

    def show_link(self, link: str) -> None:
        """Show this invitation."""
        if self.link.text() != link:
            self.link.setText(link)
            self.link.setCursorPosition(0)
            self.code.show_text(link)
            self.copy.set_copied(link)


class InviteCard(QFrame):
    """Stands beside the own picture while nobody else is there."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("float")
        self.setFixedWidth(300)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 20)
        column.setSpacing(8)
        column.addWidget(label(_("You are alone here"), "heading", name="invite_card_title"))
        self.content = InviteContent(name="invite_card", size=192)
        column.addWidget(self.content)


class InviteSheet(Sheet):
    """The same at any time, larger."""

    def __init__(self, context: Context) -> None:
        super().__init__(context.ground, _("Invite somebody"), name="invite_sheet", width=420)
        self.invite = InviteContent(name="invite", size=264)
        self.content.addWidget(self.invite)
