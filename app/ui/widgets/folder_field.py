"""A folder of this computer: typed, or chosen in the dialog that the system has for it."""

from collections.abc import Callable

from PySide6.QtCore import QDir, QFileInfo, QStandardPaths
from PySide6.QtWidgets import QBoxLayout, QFileDialog, QLineEdit, QVBoxLayout, QWidget

from app.i18n import _
from app.settings import SettingError
from app.ui import theme
from app.ui.widgets.buttons import Button
from app.ui.widgets.text import label
from app.ui.widgets.toast import announce


class FolderField(QWidget):
    """Stands around a field with a path, and fills it."""

    def __init__(self, field: QLineEdit, keep: Callable[[str], None], *, name: str) -> None:
        """`keep` raises SettingError where a path cannot be kept."""
        super().__init__()
        self.setObjectName(f"{name}_folder")
        self.field, self._keep = field, keep
        field.setPlaceholderText(_("Your downloads"))
        field.textChanged.connect(self._forget_problem)
        self.setFocusProxy(field)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        ways = QBoxLayout.Direction
        row = QBoxLayout(ways.TopToBottom if theme.text_is_large() else ways.LeftToRight)
        row.setSpacing(8)
        row.addWidget(field, 1)
        self.choose = Button(
            _("Choose…"),
            self._choose,
            name=f"{name}_choose",
            icon_name="folder-open",
            accessible=_("Choose a folder"),
        )
        row.addWidget(self.choose)
        column.addLayout(row)
        self.problem = label(kind="warn", name=f"{name}_problem", wrap=True)
        self.problem.hide()
        column.addWidget(self.problem)

    def _choose(self) -> None:
        """Ask which folder, beginning at the one in use."""
        downloads = QStandardPaths.writableLocation(
            QStandardPaths.StandardLocation.DownloadLocation
        )
        title = self.field.accessibleName()
        path = QFileDialog.getExistingDirectory(self, title, self.field.text() or downloads)
        if not path:
            return
        path = QDir.toNativeSeparators(path)
        if not QFileInfo(path).isWritable():
            self._say_why(_("Nothing can be saved in this folder. Choose another one."))
            return
        try:
            self._keep(path)
        except SettingError:
            self._say_why(_("The name of this folder is too long, or holds signs nobody can see."))
        else:
            self.field.setText(path)

    def _forget_problem(self) -> None:
        self.problem.hide()

    def _say_why(self, words: str) -> None:
        self.problem.setText(words)
        self.problem.show()
        announce(self, words)
