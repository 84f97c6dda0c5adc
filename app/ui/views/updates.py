"""The page of settings about updates: where they are, a look, and what can be done then."""

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from app import __version__
from app.i18n import _
from app.rules import Function
from app.settings import TABLE
from app.texts import filled
from app.ui.context import Context
from app.ui.errand import Errand
from app.ui.outside import NEARBY, UpdateNews
from app.ui.widgets.buttons import Button
from app.ui.widgets.flow import flowing
from app.ui.widgets.setting_rows import setting_row
from app.ui.widgets.text import hairline, label, set_text
from app.ui.widgets.toast import announce

SOURCE = "update_source"


class UpdatesPage(QWidget):
    """Says which version this is; nothing is asked before a button is pressed."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("settings_page")
        self._context = context
        self._errand: Errand[UpdateNews] = Errand(self._show, self)
        self._folder = ""
        column = QVBoxLayout(self)
        column.setContentsMargins(28, 5, 12, 4)
        column.setSpacing(14)
        column.addWidget(label(_("Updates"), "heading", name="settings_page_title"))
        version = filled(_("You have Conclave {version}."), version=__version__)
        column.addWidget(label(version, name="update_version", wrap=True))
        if not context.rules.allow(Function.UPDATES):
            text = _("Your organisation looks after updates.")
            column.addWidget(label(text, "muted", name="update_off", wrap=True))
            column.addStretch(1)
            return
        text = _(
            "Nothing is asked by itself. Every update is checked for who signed it, wherever it "
            "lies."
        )
        column.addWidget(label(text, "muted", name="update_why", wrap=True))
        for name, description in TABLE.items():
            if description.page == "updates":
                column.addWidget(hairline())
                column.addWidget(setting_row(context, name, description))
        column.addWidget(hairline())
        self.now = Button(_("Look now"), self._look_now, name="update_look", small=True)
        self.choose = Button(_("Look in a folder…"), self._choose, name="update_choose", small=True)
        self.choose.setVisible(SOURCE not in context.locked)
        self.nearby = Button(
            _("Look on this network"), lambda: self._look(NEARBY), name="update_nearby", small=True
        )
        self.nearby.setVisible(
            SOURCE not in context.locked and context.rules.allow(Function.NEARBY)
        )
        column.addWidget(flowing(self.now, self.choose, self.nearby, name="update_row"))
        self.news = label(name="update_news", wrap=True)
        self.news.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.news.hide()
        column.addWidget(self.news)
        self.act = Button("", self._act, name="update_act", role="primary", small=True)
        self.show_folder = Button(
            _("Show the folder"), self._open_folder, name="update_folder", small=True
        )
        for button in (self.act, self.show_folder):
            button.hide()
            column.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)

    def _look_now(self) -> None:
        source = self._context.settings().update_source
        if source:
            self._look(source)
        else:
            self._show(UpdateNews(_("Say where the update is: a file, a folder or an address.")))

    def _choose(self) -> None:
        path = QFileDialog.getExistingDirectory(self, _("A folder with updates"))
        if path:
            self._look(path)

    def _look(self, source: str) -> None:
        self._wait(_("Looking…"))
        self._errand.send(lambda: self._context.look_for_update(source))

    def _act(self) -> None:
        self._wait(_("Installing…"))
        self._errand.send(self._context.take_update)

    def _wait(self, words: str) -> None:
        self._show(UpdateNews(words))
        self._enable(False)

    def _show(self, news: UpdateNews) -> None:
        self._enable(True)
        set_text(self.news, news.words)
        self.news.setVisible(bool(news.words))
        announce(self, news.words)
        self.act.set_words(news.act)
        self.act.setVisible(bool(news.act))
        self._folder = news.folder
        self.show_folder.setVisible(bool(news.folder))

    def _enable(self, on: bool) -> None:
        for button in (self.now, self.choose, self.nearby, self.act):
            button.setEnabled(on)

    def _open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(self._folder))
