"""The sheets that stand over any screen: settings, shortcuts, help, examination, palette.

Each is loaded when it is opened first: the window does not wait for them.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from app.findings import Finding
from app.help_pages import FIRST
from app.intents import GoHome
from app.screens import Devices, Home, InMeeting, Preview, Screen, SoundCheck
from app.ui.commands import Commands
from app.ui.context import Context
from app.ui.widgets.sheet import Sheet

if TYPE_CHECKING:
    from app.ui.views.doctor import DoctorSheet
    from app.ui.views.settings import SettingsSheet


class WindowSheets:
    """Opens each sheet once, and keeps it up to date with the screen behind it."""

    def __init__(
        self, context: Callable[[], Context], examine: Callable[[], Iterable[Finding]]
    ) -> None:
        """`context` is asked when a sheet is opened, since it leads here itself."""
        self._context, self._examine = context, examine
        self._screen: Screen | None = None
        self._doctor: DoctorSheet | None = None
        self.settings: SettingsSheet | None = None
        """The settings, while they are open."""

    @property
    def standing(self) -> list[Sheet]:
        """All sheets that stand over the window now, a meeting's too, the uppermost last."""
        sheets = self._context().ground.findChildren(Sheet)
        return [sheet for sheet in sheets if not sheet.isHidden()]

    def show_screen(self, screen: Screen) -> None:
        """Bring what is open up to date."""
        self._screen = screen
        devices = _devices_of(screen)
        if self.settings is not None and devices is not None:
            self.settings.show_devices(devices)
        if self._doctor is not None:
            self._doctor.show_check(_check_of(screen))

    def close_all(self, *, but_settings: bool = False) -> None:
        """Close what stands over the window, with `but_settings` all but these."""
        for sheet in self.standing:
            if not (but_settings and sheet is self.settings):
                sheet.close_sheet()

    def open_settings(self, subject: str = "") -> None:
        """Show the settings, at a subject."""
        if self.settings is not None:
            return
        from app.ui.views.settings import SettingsSheet

        devices = _devices_of(self._screen)
        sheet = self.settings = SettingsSheet(self._context(), devices, self._settings_closed)
        sheet.open_sheet(sheet.subjects["you"])
        if subject:
            sheet.show_subject(subject)

    def open_shortcuts(self) -> None:
        """Show what can be done by keyboard."""
        from app.ui.views.about import ShortcutSheet

        if not self._stands(ShortcutSheet):
            ShortcutSheet(self._context()).open_sheet()

    def open_doctor(self) -> None:
        """Look at this computer and its network, and say what helps."""
        from app.ui.views.doctor import DoctorSheet

        if not self._stands(DoctorSheet):
            sheet = self._doctor = DoctorSheet(self._context(), self._examine, self._doctor_closed)
            sheet.open_sheet(sheet.close_button)

    def open_help(self, topic: str = "") -> None:
        """Show the help, at a page."""
        from app.ui.views.help import HelpSheet

        for sheet in self.standing:
            if isinstance(sheet, HelpSheet):
                sheet.show_topic(topic or FIRST)
                sheet.raise_()
                return
        made = HelpSheet(self._context(), topic or FIRST)
        made.open_sheet(made.topics[topic or FIRST])

    def open_palette(self, commands: Commands) -> None:
        """Find a command by its words, and do it."""
        from app.ui.views.palette import PaletteSheet

        if not self._stands(PaletteSheet):
            sheet = PaletteSheet(self._context(), commands.possible(), commands.run)
            sheet.open_sheet(sheet.field)

    def say_link_is_kept(self) -> None:
        """Say that an invitation waits until this meeting is left."""
        from app.ui.views.from_outside import LinkKeptSheet

        LinkKeptSheet(self._context()).open_sheet()

    def say_why(self, why: str) -> None:
        """Say why the system would not have a setting."""
        from app.ui.views.from_outside import SayWhySheet

        SayWhySheet(self._context(), why).open_sheet()

    def _stands(self, kind: type[QWidget]) -> bool:
        return any(isinstance(sheet, kind) for sheet in self.standing)

    def _settings_closed(self) -> None:
        self.settings = None
        self._rest()

    def _doctor_closed(self) -> None:
        self._doctor = None
        self._rest()

    def _rest(self) -> None:
        """Let go of devices that were tried or chosen from the first screen."""
        if isinstance(self._screen, Home) and self._screen.check is not None:
            self._context().submit(GoHome())


def _devices_of(screen: Screen | None) -> Devices | None:
    """Return what can be chosen, as far as it is known on a screen."""
    return screen.devices if isinstance(screen, Home | Preview | InMeeting) else None


def _check_of(screen: Screen) -> SoundCheck:
    """Return how far trying speaker and microphone is on a screen."""
    match screen:
        case Home(check=check) if check is not None:
            return check
        case Preview(devices=devices) | InMeeting(devices=devices):
            return devices.check
        case _:
            return SoundCheck()
