"""What is kept on this computer: a copy of it for the person, or an end to it."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QBoxLayout,
    QFileDialog,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from app.i18n import _
from app.texts import filled
from app.ui import theme
from app.ui.context import Context
from app.ui.views.from_outside import SayWhySheet
from app.ui.widgets.answers import foot
from app.ui.widgets.buttons import Button, press_with_enter
from app.ui.widgets.sheet import Sheet
from app.ui.widgets.text import hairline, label

FILE_NAME = "conclave-data.json"


class KeptData(QWidget):
    """Two rows of the settings: export and erase."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("kept_data")
        self._context = context
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(14)
        self.export = Button(_("Save a copy…"), self._export, name="export_data", small=True)
        column.addLayout(
            _row(
                _("What is kept of you"),
                _("Everything on this computer, in one file that you can read; without keys."),
                self.export,
                name="export_data",
            )
        )
        column.addWidget(hairline())
        self.erase = Button(_("Erase…"), self._ask_to_erase, name="erase_data", small=True)
        column.addLayout(
            _row(
                _("Erase all data"),
                _("Identity, contacts, settings and log, as if Conclave had never been here."),
                self.erase,
                name="erase_data",
            )
        )

    def _export(self) -> None:
        """Ask where to, and say how it went."""
        path, _kind = QFileDialog.getSaveFileName(
            self, _("Save a copy"), FILE_NAME, _("Data (*.json)")
        )
        if not path:
            return
        problem = self._context.export(path)
        done = _("Everything that is kept of you is in this file now. Nobody else has got it.")
        title = _("The copy was not saved") if problem else _("The copy is saved")
        sheet = SayWhySheet(self._context, problem or done, title=title, name="exported")
        sheet.open_sheet()

    def _ask_to_erase(self) -> None:
        sheet = EraseSheet(self._context)
        sheet.open_sheet(sheet.field)


class EraseSheet(Sheet):
    """Says what goes, and waits for the word to be typed."""

    def __init__(self, context: Context) -> None:
        super().__init__(context.ground, _("Erase all data?"), name="erase_sheet", width=460)
        self._context = context
        self._word = _("erase")
        self.content.addWidget(
            label(
                _(
                    "Your identity, your contacts, the settings and the log are erased from this "
                    "computer, and Conclave closes. To people who know you, you come back as a "
                    "stranger. Files and chats that you saved yourself stay."
                ),
                "muted",
                name="erase_why",
                wrap=True,
            )
        )
        how = filled(_("Type “{word}” to go on."), word=self._word)
        caption = label(how, name="erase_how", wrap=True)
        self.field = QLineEdit()
        self.field.setObjectName("erase_word")
        self.field.setAccessibleName(how)
        self.field.textChanged.connect(self._typed)
        caption.setBuddy(self.field)
        self.go = Button(_("Erase everything"), self._erase, name="erase_go", role="danger")
        self.go.setEnabled(False)
        self.keep = Button(_("Cancel"), self.close_sheet, name="erase_cancel")
        press_with_enter(self.field, self.go)
        self.content.addSpacing(4)
        self.content.addWidget(caption)
        self.content.addWidget(self.field)
        self.content.addSpacing(8)
        self.content.addLayout(foot(self.keep, self.go))

    def _typed(self, text: str) -> None:
        self.go.setEnabled(text.strip().casefold() == self._word.casefold())

    def _erase(self) -> None:
        self.close_sheet()
        self._context.erase()


def _row(words: str, why: str, button: Button, *, name: str) -> QBoxLayout:
    below = theme.text_is_large()
    ways = QBoxLayout.Direction
    row = QBoxLayout(ways.TopToBottom if below else ways.LeftToRight)
    row.setSpacing(8 if below else 16)
    texts = QVBoxLayout()
    texts.setSpacing(2)
    texts.addWidget(label(words, name=f"{name}_words", wrap=True))
    texts.addWidget(label(why, "small", name=f"{name}_why", wrap=True))
    button.setAccessibleDescription(why)
    row.addLayout(texts, 1)
    beside = Qt.AlignmentFlag.AlignLeft if below else Qt.AlignmentFlag.AlignVCenter
    row.addWidget(button, 0, beside)
    return row
