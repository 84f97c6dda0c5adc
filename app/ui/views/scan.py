"""Reads the code of an invitation with the camera, from a screen or from paper."""

from collections.abc import Callable

from app.i18n import _
from app.intents import ScanInvitation
from app.screens import Home
from app.texts import home_notice
from app.ui.context import Context
from app.ui.widgets.own_picture import OwnPicture
from app.ui.widgets.sheet import Sheet
from app.ui.widgets.text import label, set_kind, set_text
from app.ui.widgets.toast import announce

_WIDE = 400  # pixels of the picture


class ScanSheet(Sheet):
    """Shows what the camera sees; an invitation that it reads leads to the preview."""

    def __init__(self, context: Context, person: str, on_close: Callable[[], None]) -> None:
        super().__init__(
            context.ground, _("Scan an invitation"), name="scan_sheet", width=460, on_close=on_close
        )
        self._context, self._person = context, person
        self._taking = False
        self._asked = False
        self.picture = OwnPicture(context.feed, name="scan_picture")
        self.picture.setFixedSize(_WIDE, _WIDE * 9 // 16)
        self.picture.tile.mirror_self(False)  # one holds a paper the right way round more easily
        self.picture.show_state(person, camera_on=False, microphone_on=True, note="")
        self.content.addWidget(self.picture)
        self.words = label(kind="muted", name="scan_words", wrap=True)
        set_text(self.words, _("Hold the code before your camera. Only you see this picture."))
        self.content.addWidget(self.words)

    def begin(self) -> None:
        """Open the camera for this alone."""
        self._asked = True
        self._context.submit(ScanInvitation(True, self._person))

    def show_screen(self, home: Home) -> None:
        """Show this state."""
        if home.scanning and not self._taking:
            self._taking = True
            self.picture.take_pictures(True)
        elif not home.scanning and self._taking:
            self._taking = False
            self.picture.take_pictures(False)
        self.picture.show_state(self._person, camera_on=home.scanning, microphone_on=True, note="")
        problem = home.camera_problem or (home_notice(home.notice) if home.notice else "")
        if problem and problem != self.words.text():
            set_text(self.words, problem)
            set_kind(self.words, "warn")
            announce(self, problem)
            self.relayout()

    def close_sheet(self) -> None:
        if self._taking:
            self._taking = False
            self.picture.take_pictures(False)
        if self._asked:
            self._asked = False
            self._context.submit(ScanInvitation(False))
        super().close_sheet()
