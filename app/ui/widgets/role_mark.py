"""The role beside a name: a sign and its word, in the colour of other words."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.meeting.view import Role
from app.person_words import role as word
from app.ui.widgets.avatar import Sign
from app.ui.widgets.painting import role_icon
from app.ui.widgets.text import label, set_text


class RoleMark(QWidget):
    """Shows what a person may do here; nothing for who takes part as most do."""

    def __init__(self, *, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(5)
        self._sign = Sign("", "muted", 14, name=f"{name}_sign")
        self.word = label(kind="muted", name=f"{name}_word")
        row.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.word)

    def show_role(self, role: Role) -> None:
        """Show this role."""
        self._sign.show_icon(role_icon(role), "muted")
        set_text(self.word, word(role))
        self.setVisible(bool(word(role)))
