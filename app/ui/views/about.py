"""The pages of settings that only tell: shortcuts, and what Conclave is."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from app import __version__
from app.i18n import _
from app.texts import filled
from app.ui.context import Context
from app.ui.keys import SHORTCUTS, native
from app.ui.widgets.brand import Brand
from app.ui.widgets.buttons import Button
from app.ui.widgets.flow import flowing
from app.ui.widgets.sheet import Sheet
from app.ui.widgets.text import hairline, label


def shortcut_table() -> QWidget:
    """Return the keys and what they do."""
    table = QWidget()
    table.setObjectName("shortcut_table")
    grid = QGridLayout(table)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(24)
    grid.setVerticalSpacing(10)
    grid.setColumnStretch(0, 1)
    with_keys = (one for one in SHORTCUTS if one.keys)
    for row, one in enumerate(with_keys):
        words = label(_(one.words), name=f"shortcut_{row}_words", wrap=True)
        grid.addWidget(words, row, 0)
        key = label("   ".join(map(native, one.keys)), "strong", name=f"shortcut_{row}_keys")
        grid.addWidget(key, row, 1, Qt.AlignmentFlag.AlignRight)
    return table


def shortcuts_page() -> QWidget:
    """Return the page of shortcuts."""
    page = QWidget()
    page.setObjectName("settings_page")
    column = QVBoxLayout(page)
    column.setContentsMargins(28, 5, 12, 4)
    column.setSpacing(14)
    column.addWidget(label(_("Shortcuts"), "heading", name="settings_page_title"))
    column.addWidget(shortcut_table())
    column.addStretch(1)
    return page


def about_page(context: Context) -> QWidget:
    """Return the page about the program: version, licence, what it does not do."""
    page = QWidget()
    page.setObjectName("settings_page")
    column = QVBoxLayout(page)
    column.setContentsMargins(28, 5, 12, 4)
    column.setSpacing(14)
    top = QHBoxLayout()
    top.setSpacing(14)
    top.addWidget(Brand(48))
    words = QVBoxLayout()
    words.setSpacing(2)
    words.addWidget(label("Conclave", "title", name="about_name"))
    words.addWidget(
        label(filled(_("Version {number}"), number=__version__), "muted", name="about_version")
    )
    top.addLayout(words, 1)
    column.addLayout(top)
    for number, sentence in enumerate(
        (
            _("Private meetings, straight from device to device."),
            _(
                "There is no account and no server. Conclave sends nothing to its makers: no "
                "statistics, no crash reports, no question whether there is a newer version."
            ),
            _(
                "Free software under the GNU General Public License, version 3 or later. You may "
                "use, study, share and change it. It comes without any warranty."
            ),
        )
    ):
        column.addWidget(label(sentence, name=f"about_{number}", wrap=True))
    buttons = []
    for what, do, name in (
        (_("Help"), lambda: context.open_help(""), "about_help"),
        (_("What is done with my data"), lambda: context.open_help("notice"), "about_notice"),
        (_("Check sound and network"), context.open_doctor, "about_doctor"),
    ):
        buttons.append(Button(what, do, name=name, small=True))
    column.addWidget(flowing(*buttons, name="about_row"))
    column.addWidget(hairline())
    column.addWidget(
        label(
            _(
                "Typeface: Inter (SIL Open Font License 1.1). Icons: Lucide (ISC). Emoji: Noto "
                "Emoji (Apache License 2.0). The window is drawn with Qt (LGPL 3). The other "
                "parts and their licences are listed in THIRD_PARTY_NOTICES.md."
            ),
            "small",
            name="about_parts",
            wrap=True,
        )
    )
    column.addStretch(1)
    return page


class ShortcutSheet(Sheet):
    """The shortcuts alone, over whatever is open."""

    def __init__(self, context: Context) -> None:
        super().__init__(context.ground, _("Shortcuts"), name="shortcut_sheet", width=420)
        self.content.addWidget(shortcut_table())
