"""The sheet that takes an invitation link, the text of a QR code, or an address."""

from collections.abc import Callable

from PySide6.QtWidgets import QApplication, QHBoxLayout, QLineEdit

from app.i18n import _
from app.intents import JoinLink
from app.rules import Function
from app.ui.context import Context
from app.ui.widgets.buttons import Button, press_with_enter
from app.ui.widgets.sheet import Sheet
from app.ui.widgets.text import label, set_text

_LONGEST = 2048  # characters; a link has fewer than 200


class JoinSheet(Sheet):
    """Stays open until the link leads somewhere, so that a cut-off one can be mended."""

    def __init__(
        self,
        context: Context,
        person: str,
        on_close: Callable[[], None],
        on_scan: Callable[[], None],
    ) -> None:
        """`on_scan` reads an invitation with the camera instead."""
        super().__init__(
            context.ground, _("Join with a link"), name="join_sheet", width=480, on_close=on_close
        )
        self._context, self._person = context, person
        self.field = QLineEdit()
        self.field.setObjectName("join_field")
        self.field.setAccessibleName(_("Invitation link or address"))
        self.field.setPlaceholderText("conclave:join#…")
        self.field.setMaxLength(_LONGEST)
        self.field.textChanged.connect(self._typed)
        self.notice = label(kind="warn", name="join_notice", wrap=True)
        self.notice.hide()
        self.go = Button(_("Join"), self._join, name="join_go", role="primary")
        self.go.setEnabled(False)
        press_with_enter(self.field, self.go)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.field, 1)
        row.addWidget(Button(_("Paste"), self._paste, name="join_paste"))
        self.content.addWidget(
            label(
                _(
                    "Paste the invitation that the host sent you. On the same network the host's "
                    "address and port will do as well, for example 192.168.1.20:47100."
                ),
                "muted",
                name="join_line",
                wrap=True,
            )
        )
        self.content.addLayout(row)
        self.content.addWidget(self.notice)
        self.content.addSpacing(4)
        last = QHBoxLayout()
        last.setSpacing(8)
        last.addWidget(self.go, 1)
        if context.rules.allow(Function.CAMERA):
            last.addWidget(
                Button(_("Scan a code"), on_scan, name="join_scan", icon_name="scan-line")
            )
        self.content.addLayout(last)

    def show_notice(self, sentence: str) -> None:
        """Say what is wrong with the link."""
        if sentence != self.notice.text() or self.notice.isHidden() == bool(sentence):
            set_text(self.notice, sentence)
            self.notice.setVisible(bool(sentence))
            self.relayout()

    def _typed(self, text: str) -> None:
        self.go.setEnabled(bool(text.strip()))

    def _paste(self) -> None:
        text = QApplication.clipboard().text()[:_LONGEST].strip()
        if text:
            self.field.setText(" ".join(text.split()))
        self.field.setFocus()

    def _join(self) -> None:
        self._context.submit(JoinLink(self.field.text().strip(), self._person))
