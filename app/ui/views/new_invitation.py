"""The form for one more link: for whom, whether once, whether as a guest, for how long."""

from collections.abc import Callable

from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.i18n import _, mark
from app.meeting.wishes import NewInvitation
from app.ui.widgets.buttons import Button, press_with_enter
from app.ui.widgets.choice import Choice
from app.ui.widgets.switch import SwitchRow
from app.ui.widgets.text import label

HOUR = 3600.0  # seconds
LIFETIMES = {
    HOUR: mark("One hour"),
    24 * HOUR: mark("One day"),
    7 * 24 * HOUR: mark("One week"),
    30 * 24 * HOUR: mark("30 days"),
}
USUAL = 24 * HOUR
LABEL_LONGEST = 40  # characters: a name, with room to spare


class NewInvitationForm(QWidget):
    """Hands over a wish; what becomes of it is seen in the list."""

    def __init__(
        self, on_make: Callable[[NewInvitation], None], on_cancel: Callable[[], None]
    ) -> None:
        super().__init__()
        self.setObjectName("invitation_form")
        self._on_make = on_make
        self._once, self._as_guest, self._lifetime = True, False, USUAL
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(4)
        caption = label(_("For whom"), "small", name="invitation_label_caption")
        self.whom = QLineEdit()
        self.whom.setObjectName("invitation_label")
        self.whom.setAccessibleName(_("For whom"))
        self.whom.setPlaceholderText(_("A name; only you see it"))
        self.whom.setMaxLength(LABEL_LONGEST)
        caption.setBuddy(self.whom)
        self.once = SwitchRow(
            _("Works once"),
            _("For the device that uses it first, and for no other."),
            self._set_once,
            name="invitation_once",
        )
        self.as_guest = SwitchRow(
            _("As a guest"),
            _("Guests speak and write, but never share their screen."),
            self._set_as_guest,
            name="invitation_as_guest",
        )
        length = label(_("For how long"), "small", name="invitation_lifetime_caption")
        self.lifetime = Choice(_("For how long"), self._set_lifetime, name="invitation_lifetime")
        length.setBuddy(self.lifetime)
        self.make = Button(_("Make the link"), self._make, name="invitation_make", role="primary")
        self.cancel = Button(_("Cancel"), on_cancel, name="invitation_cancel")
        press_with_enter(self.whom, self.make)
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addStretch(1)
        row.addWidget(self.cancel)
        row.addWidget(self.make)
        column.addWidget(caption)
        column.addWidget(self.whom)
        column.addSpacing(10)
        column.addWidget(self.once)
        column.addSpacing(10)
        column.addWidget(self.as_guest)
        column.addSpacing(10)
        column.addWidget(length)
        column.addWidget(self.lifetime)
        column.addSpacing(12)
        column.addLayout(row)
        self.begin()

    def begin(self) -> None:
        """Start anew with what is usual: once, not as a guest, for a day."""
        self.whom.clear()
        self._once, self._as_guest, self._lifetime = True, False, USUAL
        self.once.show_state(True)
        self.as_guest.show_state(False)
        choices = [(str(seconds), _(words)) for seconds, words in LIFETIMES.items()]
        self.lifetime.show_choices(choices, str(USUAL))

    def _set_once(self, on: bool) -> None:
        self._once = on

    def _set_as_guest(self, on: bool) -> None:
        self._as_guest = on

    def _set_lifetime(self, seconds: str) -> None:
        self._lifetime = float(seconds)

    def _make(self) -> None:
        label_ = self.whom.text().strip()
        self._on_make(NewInvitation(label_, self._once, self._lifetime, self._as_guest))
