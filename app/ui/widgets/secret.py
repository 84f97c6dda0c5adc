"""A field for what others must not read over one's shoulder, with an eye that shows it."""

from PySide6.QtGui import QHideEvent, QValidator
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from app.i18n import _
from app.ui.widgets.buttons import Button

LONGEST = 128  # bytes of a password in UTF-8, as the protocol bounds it


class SecretField(QWidget):
    """What is typed stays covered until somebody presses the eye, and is forgotten when hidden."""

    def __init__(self, words: str, *, name: str, placeholder: str = "") -> None:
        super().__init__()
        self.setObjectName(f"{name}_row")
        self.field = QLineEdit()
        self.field.setObjectName(name)
        self.field.setAccessibleName(words)
        self.field.setPlaceholderText(placeholder)
        self.field.setEchoMode(QLineEdit.EchoMode.Password)
        self.field.setValidator(_Bounded(self.field))
        self.eye = Button(
            _("Show the password"), self._toggle, name=f"{name}_eye", role="icon", icon_name="eye"
        )
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self.field, 1)
        row.addWidget(self.eye)

    def text(self) -> str:
        """Return what is typed, without spaces around it."""
        return self.field.text().strip()

    def clear(self) -> None:
        """Forget what is typed, and cover what comes."""
        self.field.clear()
        self._cover(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if not event.spontaneous():
            self.clear()

    def _toggle(self) -> None:
        self._cover(self.field.echoMode() == QLineEdit.EchoMode.Normal)

    def _cover(self, covered: bool) -> None:
        mode = QLineEdit.EchoMode.Password if covered else QLineEdit.EchoMode.Normal
        self.field.setEchoMode(mode)
        self.eye.set_icon("eye" if covered else "eye-off")
        self.eye.set_words(_("Show the password") if covered else _("Hide the password"))


class _Bounded(QValidator):
    """Takes no more than LONGEST bytes."""

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        fits = len(text.encode("utf-8", "replace")) <= LONGEST
        state = QValidator.State.Acceptable if fits else QValidator.State.Invalid
        return state, text, position
