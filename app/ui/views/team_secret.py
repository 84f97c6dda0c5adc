"""Settings: the secret of the team's relays, which is kept sealed and never shown again."""

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.i18n import _
from app.intents import KeepTeamSecret
from app.ui.context import Context
from app.ui.widgets.buttons import Button
from app.ui.widgets.secret import SecretField
from app.ui.widgets.switch import lock_line
from app.ui.widgets.text import label, set_text


class TeamSecretRow(QWidget):
    """A covered field, and the button that hands on what was typed; empty forgets it."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("team_secret_row")
        self._context = context
        words = _("Secret of your relays")
        self.secret = SecretField(words, name="team_secret")
        self.keep = Button(_("Keep"), self._keep, name="team_secret_keep", small=True)
        self.secret.field.returnPressed.connect(self._keep)
        caption = label(words, name="team_secret_words", wrap=True)
        caption.setBuddy(self.secret.field)
        self._why = label(
            _("What relays know, and you: kept sealed on this computer, and not shown again."),
            "small",
            name="team_secret_why",
            wrap=True,
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(caption)
        if context.rules.team_secret:
            column.addLayout(lock_line(_("Set by your organisation."), name="team_secret"))
            return
        column.addWidget(self._why)
        column.addSpacing(6)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.secret, 1)
        row.addWidget(self.keep)
        column.addLayout(row)

    def _keep(self) -> None:
        typed = self.secret.text()
        if not is_possible(typed):
            set_text(self._why, _("A secret has up to 128 letters, without spaces."))
            return
        self._context.submit(KeepTeamSecret(typed))
        self.secret.clear()
        set_text(self._why, _("It is kept.") if typed else _("No secret is kept any more."))


def is_possible(typed: str) -> bool:
    """Tell whether a relay can know this."""
    return typed.isascii() and typed.isprintable() and " " not in typed
