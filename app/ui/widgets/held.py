"""What stands on the tile of a person whose security key changed."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.i18n import _
from app.texts import filled
from app.ui import theme
from app.ui.widgets.buttons import Button
from app.ui.widgets.text import label, set_text


class HeldCard(QWidget):
    """What it means, and the decision; a small tile leads to the list of people instead."""

    def __init__(
        self,
        on_trust: Callable[[], None],
        on_distrust: Callable[[], None],
        on_decide: Callable[[], None],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._name = ""
        self.setObjectName("held")
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 4, 4, 4)
        column.setSpacing(8)
        column.addStretch(1)
        self.heading = label(name="held_heading", kind="strong", wrap=True)
        self._why = label(
            _(
                "It may be a new device, or somebody else. Nothing of you is sent to them until "
                "you decide. Ask them another way."
            ),
            "small",
            name="held_why",
            wrap=True,
        )
        for part in (self.heading, self._why):
            part.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(part)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addStretch(1)
        self.trust = Button(_("Accept"), on_trust, name="held_trust", role="stage")
        self.distrust = Button(_("Keep out"), on_distrust, name="held_distrust", role="stage")
        self.decide = Button(_("Decide"), on_decide, name="held_decide", role="stage")
        for button in (self.trust, self.distrust, self.decide):
            row.addWidget(button)
        row.addStretch(1)
        column.addLayout(row)
        column.addStretch(1)

    def show_name(self, name: str) -> None:
        """Say whose key changed."""
        self._name = name
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Say as much as there is room for."""
        scale = theme.scale()
        answers = self.trust.sizeHint().width() + self.distrust.sizeHint().width() + 16
        roomy = self.width() >= answers and self.height() > 100 * scale
        long = filled(_("{name}'s security key changed."), name=self._name)
        set_text(self.heading, long if roomy else _("Key changed"))
        self._why.setVisible(self.height() > 150 * scale and self.width() > 240 * scale)
        decide = _("Decide")
        fits = self.fontMetrics().horizontalAdvance(decide) + 28 * scale < self.width()
        self.decide.set_words(decide if fits else "…", decide)
        self.heading.setVisible(roomy or self.height() > 64 * scale)
        self.trust.setVisible(roomy)
        self.distrust.setVisible(roomy)
        self.decide.setVisible(not roomy)
