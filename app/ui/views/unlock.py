"""The passphrase that opens the key store where the system has none of its own."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.i18n import _
from app.intents import GivePassphrase
from app.screens import Unlock
from app.ui import theme
from app.ui.context import Context
from app.ui.widgets.brand import Brand
from app.ui.widgets.buttons import Button, press_with_enter
from app.ui.widgets.text import label, set_text
from app.ui.widgets.toast import announce

SHORTEST = 8  # characters of a new passphrase


class UnlockView(QWidget):
    """Paints `Unlock`."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("page")
        self._context = context
        self._first_time = False
        outer = QVBoxLayout(self)
        outer.addStretch(2)
        card = QFrame()
        card.setObjectName("unlock_card")
        card.setProperty("kind", "card")
        card.setFixedWidth(round(420 * theme.scale()))
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addWidget(card)
        middle.addStretch(1)
        outer.addLayout(middle)
        outer.addStretch(3)
        column = QVBoxLayout(card)
        column.setContentsMargins(32, 28, 32, 32)
        column.setSpacing(8)
        top = QHBoxLayout()
        top.setSpacing(12)
        top.addWidget(Brand(36), 0, Qt.AlignmentFlag.AlignTop)
        self.heading = label(kind="title", name="unlock_heading", wrap=True)
        top.addWidget(self.heading, 1)
        column.addLayout(top)
        self.why = label(kind="muted", name="unlock_why", wrap=True)
        column.addWidget(self.why)
        column.addSpacing(8)
        self.first = _secret(_("Passphrase"), name="passphrase")
        self.second = _secret(_("Passphrase, once more"), name="passphrase_again")
        column.addWidget(self.first)
        column.addWidget(self.second)
        self.problem = label(kind="warn", name="unlock_problem", wrap=True)
        self.problem.hide()
        column.addWidget(self.problem)
        column.addSpacing(8)
        self.go = Button(_("Open"), self._give, name="unlock_go", role="primary")
        column.addWidget(self.go)
        press_with_enter(self.first, self.go)
        press_with_enter(self.second, self.go)
        self.first.textChanged.connect(lambda _text: self._check())
        self.second.textChanged.connect(lambda _text: self._check())
        self._check()

    def show_screen(self, unlock: Unlock) -> None:
        """Show this state."""
        self._first_time = unlock.first_time
        self.second.setVisible(unlock.first_time)
        if unlock.first_time:
            set_text(self.heading, _("Choose a passphrase"))
            set_text(
                self.why,
                _(
                    "Your system has no key store that Conclave can use. The passphrase seals "
                    "your keys on this computer. It cannot be recovered."
                ),
            )
            self.go.set_words(_("Continue"))
        else:
            set_text(self.heading, _("Conclave is locked"))
            set_text(self.why, _("Your passphrase opens the keys on this computer."))
            self.go.set_words(_("Open"))
        if unlock.wrong:
            self._say(_("That is not the passphrase."))
            self.first.selectAll()
            self.first.setFocus()
            self.setEnabled(True)
        self._check()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.first.clear()
        self.second.clear()
        self.setEnabled(True)
        self.first.setFocus(Qt.FocusReason.OtherFocusReason)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.first.clear()
        self.second.clear()

    def _check(self) -> None:
        text = self.first.text()
        self.go.setEnabled(len(text) >= (SHORTEST if self._first_time else 1))

    def _give(self) -> None:
        text = self.first.text()
        if self._first_time and text != self.second.text():
            self._say(_("The two are not the same."))
            self.second.setFocus()
            return
        self.problem.hide()
        self._context.submit(GivePassphrase(text))

    def _say(self, sentence: str) -> None:
        set_text(self.problem, sentence)
        self.problem.show()
        announce(self, sentence)


def _secret(words: str, *, name: str) -> QLineEdit:
    made = QLineEdit()
    made.setObjectName(name)
    made.setAccessibleName(words)
    made.setPlaceholderText(words)
    made.setEchoMode(QLineEdit.EchoMode.Password)
    made.setMaxLength(256)
    return made
