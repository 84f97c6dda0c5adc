"""Letting people outside in through the own router: what it means, how it stands, one button."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app import texts
from app.i18n import _
from app.intents import OpenRouter
from app.screens import Door
from app.ui.context import Context
from app.ui.widgets.buttons import Button
from app.ui.widgets.text import hairline, label, set_text


class RouterDoor(QWidget):
    """A part of the sheet of invitations; there only for who may open the door."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("router_door")
        self._context = context
        self._shown = Door()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(hairline())
        column.addSpacing(4)
        column.addWidget(label(_("People outside this network"), "heading", name="door_title"))
        self.why = label(
            _(
                "Your router can let them in: it opens one port to this meeting, and closes it "
                "when the meeting is over. Anybody on the internet can then knock there; only "
                "your invitations open."
            ),
            "muted",
            name="door_why",
            wrap=True,
        )
        self.state = label(name="door_state", wrap=True)
        self.button = Button(_("Ask my router"), self._press, name="door_button", small=True)
        for part in (self.why, self.state):
            column.addWidget(part)
        column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        self.hide()

    def show_door(self, door: Door) -> bool:
        """Show how it stands; tell whether this part changed its size."""
        if door == self._shown and self.isHidden() != door.may_open:
            return False
        self._shown = door
        set_text(self.state, texts.door(door))
        self.state.setVisible(bool(texts.door(door)))
        asking = door.wanted and not door.address and not door.why_not
        self.button.setEnabled(not asking)
        self.button.set_words(_("Close it now") if door.address else _("Ask my router"))
        self.setVisible(door.may_open)
        return True

    def _press(self) -> None:
        self._context.submit(OpenRouter(on=not self._shown.address))
