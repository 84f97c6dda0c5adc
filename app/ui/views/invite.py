"""The invitation for many: a link to copy and a code to scan."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.i18n import _
from app.ui import theme
from app.ui.widgets.buttons import Button
from app.ui.widgets.copy import CopyButton
from app.ui.widgets.qr import QrCode
from app.ui.widgets.text import label


@dataclass(frozen=True)
class WaysOut:
    """What else can be done with a link than to copy it."""

    large: Callable[[str], None]  # show its code across the window
    mail: Callable[[str], None]


class InviteContent(QWidget):
    """The code, the link and the button that copies it."""

    def __init__(
        self, *, name: str, size: int, beside: bool = False, ways_out: WaysOut | None = None
    ) -> None:
        """`beside` puts the code left of the words instead of between them."""
        super().__init__()
        self.setObjectName(name)
        self.code = QrCode(size, name=f"{name}_code")
        words = label(
            _(
                "Send the link to those you invite, or let them scan the code. "
                "It leads to this meeting only."
            ),
            "muted",
            name=f"{name}_line",
            wrap=True,
        )
        self.link = QLineEdit()
        self.link.setObjectName(f"{name}_link")
        self.link.setAccessibleName(_("Invitation link"))
        self.link.setProperty("kind", "code")
        self.link.setReadOnly(True)
        self.copy = CopyButton(_("Copy the link"), name=f"{name}_copy", role="primary")
        ways = QBoxLayout.Direction
        row = QBoxLayout(ways.LeftToRight if beside else ways.TopToBottom, self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(20 if beside else 12)
        column = QVBoxLayout()
        column.setSpacing(12)
        if beside:
            row.addWidget(self.code, 0, Qt.AlignmentFlag.AlignTop)
            row.addLayout(column, 1)
            column.addWidget(words)
            column.addStretch(1)
        else:
            row.addWidget(words)
            row.addWidget(self.code, 0, Qt.AlignmentFlag.AlignHCenter)
            row.addLayout(column)
        column.addWidget(self.link)
        column.addWidget(self.copy)
        if ways_out is not None:
            self._offer(column, ways_out)

    def _offer(self, column: QVBoxLayout, ways_out: WaysOut) -> None:
        """Offer other ways than copying."""
        row = QHBoxLayout()
        row.setSpacing(8)
        for words, do, name, icon_name in (
            (_("Show large"), ways_out.large, "large", "qr-code"),
            (_("By mail…"), ways_out.mail, "mail", "mail"),
        ):
            button = Button(
                words,
                partial(_with_text, do, self.link),
                name=f"{self.objectName()}_{name}",
                icon_name=icon_name,
                small=True,
            )
            row.addWidget(button)
        row.addStretch(1)
        column.addLayout(row)

    def show_link(self, link: str) -> None:
        """Show this invitation."""
        if self.link.text() != link:
            self.link.setText(link)
            self.link.setCursorPosition(0)
            self.code.show_text(link)
            self.copy.set_copied(link)


def _with_text(do: Callable[[str], None], field: QLineEdit) -> None:
    do(field.text())


class InviteCard(QFrame):
    """Stands beside the own picture while nobody else is there."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("float")
        self.setFixedWidth(round(300 * theme.scale()))
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 20)
        column.setSpacing(8)
        column.addWidget(label(_("You are alone here"), "heading", name="invite_card_title"))
        self.content = InviteContent(name="invite_card", size=192)
        column.addWidget(self.content)
