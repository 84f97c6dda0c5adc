"""Settings: one page, a list of subjects on the left, each row a name, a control, one line why."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QHBoxLayout,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.i18n import _
from app.intents import RefreshDevices
from app.screens import Devices
from app.settings import TABLE
from app.ui.context import Context
from app.ui.views.about import about_page, shortcuts_page
from app.ui.views.kept_data import KeptData
from app.ui.views.team_secret import TeamSecretRow
from app.ui.views.updates import UpdatesPage
from app.ui.widgets.device_rows import DeviceRows
from app.ui.widgets.scroll import Scroll
from app.ui.widgets.setting_rows import setting_row
from app.ui.widgets.sheet import Sheet
from app.ui.widgets.side_list import SideList
from app.ui.widgets.text import hairline, label

_SIDE = 204  # pixels of the list


class SettingsSheet(Sheet):
    """Shows what is set; every change takes effect at once."""

    def __init__(
        self, context: Context, devices: Devices | None, on_close: Callable[[], None]
    ) -> None:
        super().__init__(
            context.ground,
            _("Settings"),
            name="settings_sheet",
            width=760,
            height=560,
            framed=False,
            on_close=on_close,
        )
        self._context = context
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self.content.addLayout(row)
        self._list = SideList(_("Settings"), name="settings", width=_SIDE)
        row.addWidget(self._list)
        self.pages = QStackedWidget()
        self.pages.setObjectName("settings_pages")
        right = QHBoxLayout()
        right.setContentsMargins(0, 16, 12, 16)
        right.setSpacing(0)
        right.addWidget(self.pages, 1)
        right.addWidget(self.close_button, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(right, 1)
        self.subjects = self._list.buttons
        self._add("you", _("You"), "circle-user", self._table_page("you", _("You")))
        self._add("devices", _("Camera and sound"), "video", self._devices_page(devices))
        self._add(
            "appearance", _("Appearance"), "palette",
            self._table_page("appearance", _("Appearance")),
        )  # fmt: skip
        self._add("meetings", _("Meetings"), "users", self._table_page("meetings", _("Meetings")))
        self._add(
            "computer", _("This computer"), "settings",
            self._table_page("computer", _("This computer")),
        )  # fmt: skip
        self._add("network", _("Network"), "network", self._table_page("network", _("Network")))
        self._add("privacy", _("Privacy"), "lock", self._table_page("privacy", _("Privacy")))
        self._add("updates", _("Updates"), "file-down", UpdatesPage(self._context))
        self._add("shortcuts", _("Shortcuts"), "keyboard", shortcuts_page())
        self._add("about", _("About"), "info", about_page(self._context))
        self._list.rows.addStretch(1)
        self.subjects["devices"].clicked.connect(lambda: context.submit(RefreshDevices()))
        self.show_subject("you")

    def show_subject(self, name: str) -> None:
        """Open one subject."""
        self.subjects[name].click()
        self.subjects[name].setFocus(Qt.FocusReason.OtherFocusReason)
        self._list.ensureWidgetVisible(self.subjects[name])

    def show_devices(self, devices: Devices) -> None:
        """Show the devices there are now."""
        self._looking.hide()
        self.devices.show_devices(devices)
        self.devices.show()

    def _add(self, name: str, words: str, icon_name: str, page: QWidget) -> None:
        number = self.pages.addWidget(_scrolled(page, name))
        self._list.add(name, words, lambda: self.pages.setCurrentIndex(number), icon_name)

    def _table_page(self, subject: str, title: str) -> QWidget:
        page, column = _page(title)
        first = True
        for name, description in TABLE.items():
            if description.page == subject:
                if not first:
                    column.addWidget(hairline())
                first = False
                column.addWidget(setting_row(self._context, name, description))
        if subject == "network":
            column.addWidget(hairline())
            column.addWidget(TeamSecretRow(self._context))
        if subject == "privacy":
            column.addWidget(hairline())
            column.addWidget(KeptData(self._context))
        column.addStretch(1)
        return page

    def _devices_page(self, devices: Devices | None) -> QWidget:
        page, column = _page(_("Camera and sound"))
        self._looking = label(
            _("Looking for what is plugged in…"), "muted", name="settings_devices_line", wrap=True
        )
        self.devices = DeviceRows(
            self._context.submit, name="settings_devices", locked=self._context.locked
        )
        self.devices.hide()
        column.addWidget(self._looking)
        column.addWidget(self.devices)
        if devices is not None:
            self.show_devices(devices)
        for name, description in TABLE.items():
            if description.page == "devices" and name not in {"camera", "microphone", "speaker"}:
                column.addWidget(hairline())
                column.addWidget(setting_row(self._context, name, description))
        column.addStretch(1)
        return page


def _page(title: str) -> tuple[QWidget, QVBoxLayout]:
    page = QWidget()
    page.setObjectName("settings_page")
    column = QVBoxLayout(page)
    column.setContentsMargins(28, 5, 12, 4)
    column.setSpacing(14)
    column.addWidget(label(title, "heading", name="settings_page_title"))
    return page, column


def _scrolled(page: QWidget, name: str) -> Scroll:
    return Scroll(page, name=f"settings_scroll_{name}")
