"""After the meeting, or after not getting in: why, and what can be done."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from app import texts
from app.i18n import _
from app.intents import GoHome, Retry, SaveProof
from app.names import clean, isolated
from app.screens import Farewell
from app.ui import theme
from app.ui.context import Context
from app.ui.widgets.avatar import Sign
from app.ui.widgets.buttons import Button
from app.ui.widgets.text import label, set_text
from app.ui.widgets.toast import announce

PROOF_NAME = "conclave-proof.json"  # proposed
_SIGNS = {
    "left": "log-out",
    "you_ended": "circle-check",
    "ended": "circle-check",
    "locked": "lock",
    "unreachable": "wifi-off",
    "host_lost": "wifi-off",
    "full": "users",
    "removed": "user-x",
    "refused": "user-x",
    "left_behind": "users",
    "password_blocked": "key-round",
    "contact_unknown": "phone",
}


class FarewellView(QWidget):
    """Paints `Farewell`."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("page")
        self._context = context
        column = QVBoxLayout(self)
        column.setContentsMargins(32, 32, 32, 32)
        column.setSpacing(8)
        column.addStretch(2)
        self._sign = Sign("info", "muted", 40, name="farewell_sign")
        column.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(12)
        self.title = label(kind="muted", name="farewell_title", wrap=True)
        self.heading = label(kind="title", name="farewell_heading", wrap=True)
        self.help = label(kind="muted", name="farewell_help", wrap=True)
        self.proof_line = label(
            _("Conclave kept the proof: anybody can check that the host signed both lists."),
            "muted",
            name="farewell_proof_line",
            wrap=True,
        )
        for part in (self.title, self.heading, self.help, self.proof_line):
            part.setAlignment(Qt.AlignmentFlag.AlignCenter)
            part.setMaximumWidth(round(480 * theme.scale()))
            row = QHBoxLayout()
            row.addStretch(1)
            row.addWidget(part, 10)
            row.addStretch(1)
            column.addLayout(row)
        column.addSpacing(8)
        self.proof = Button(
            _("Save proof…"), self._save_proof, name="farewell_proof", icon_name="file-down"
        )
        column.addWidget(self.proof, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(16)
        buttons = QHBoxLayout()
        buttons.setSpacing(12)
        buttons.addStretch(1)
        self.again = Button(
            _("Try again"), lambda: context.submit(Retry()), name="farewell_retry", role="primary"
        )
        self.home = Button(
            _("Back to start"), lambda: context.submit(GoHome()), name="farewell_home"
        )
        buttons.addWidget(self.again)
        buttons.addWidget(self.home)
        buttons.addStretch(1)
        column.addLayout(buttons)
        column.addStretch(3)

    def show_screen(self, farewell: Farewell) -> None:
        """Show this state."""
        words = texts.farewell(farewell.reason)
        if self.heading.text() != words.heading:
            announce(self, words.heading)
        set_text(self.title, isolated(farewell.title) if clean(farewell.title) else "")
        self.title.setVisible(bool(self.title.text()))
        set_text(self.heading, words.heading)
        set_text(self.help, words.help)
        self.help.setVisible(bool(words.help))
        sign = "shield-alert" if words.serious else _SIGNS.get(farewell.reason, "info")
        self._sign.show_icon(sign, "danger" if words.serious else "muted")
        self.again.setVisible(farewell.can_retry)
        self.proof_line.setVisible(farewell.proof)
        self.proof.setVisible(farewell.proof)

    def _save_proof(self) -> None:
        """Ask where to, and have the proof written there."""
        path, _kind = QFileDialog.getSaveFileName(
            self, _("Save proof"), PROOF_NAME, _("Proof (*.json)")
        )
        if path:
            self._context.submit(SaveProof(path))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        target = self.again if self.again.isVisibleTo(self) else self.home
        target.setFocus(Qt.FocusReason.OtherFocusReason)
