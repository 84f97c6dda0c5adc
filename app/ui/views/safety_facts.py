"""What protects a meeting, for those who know the words."""

from PySide6.QtWidgets import QGridLayout, QWidget

from app.i18n import _
from app.ui.widgets.text import label, set_text


class SafetyFacts(QWidget):
    """A table of what is used where."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("safety_facts")
        self._epoch = label(name="safety_epoch")
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        facts = (
            (_("Pictures, sound, chat"), "SFrame (RFC 9605), AES-256-GCM, SHA-512"),
            (_("Between two devices"), "TLS 1.3, X25519MLKEM768; DTLS-SRTP"),
            (
                _("Who is here"),
                _("a signed list, Ed25519; new keys whenever somebody comes or goes"),
            ),
            (_("Keys of this meeting so far"), ""),
        )
        for row, (what, how) in enumerate(facts):
            grid.addWidget(label(what, "muted", name=f"fact_{row}"), row, 0)
            words = label(how, name=f"fact_{row}_is", wrap=True) if how else self._epoch
            grid.addWidget(words, row, 1)

    def show_epoch(self, epoch: int) -> None:
        """Say how often the keys have changed."""
        set_text(self._epoch, str(epoch))
