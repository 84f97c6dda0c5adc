"""One's own devices in a meeting: their names at the buttons, what came or went, the space bar."""

from PySide6.QtCore import QElapsedTimer

from app.i18n import _
from app.intents import HoldMicrophone
from app.screens import InMeeting
from app.ui.context import Context
from app.ui.views.bar import Bar
from app.ui.views.sound_news import SoundNews
from app.ui.widgets.device_menu import DeviceChooser
from app.ui.widgets.toast import Toast

A_CLICK = 300  # milliseconds: who presses the button for longer knows that it is to be held


class OwnDevices:
    """Belongs to one bar; shows each screen and remembers only what was said."""

    def __init__(self, bar: Bar, toast: Toast, context: Context) -> None:
        self._bar, self._toast, self._context = bar, toast, context
        self._news = SoundNews(toast)
        self._call_id = b""
        self._pressed = QElapsedTimer()
        self.choosers = (
            DeviceChooser(
                bar.microphone,
                ("microphone", "speaker"),
                _("Choose microphone and speaker"),
                context,
            ),
            DeviceChooser(bar.camera, ("camera",), _("Choose the camera"), context),
        )
        bar.microphone.pressed.connect(lambda: self._hold(True))
        bar.microphone.released.connect(lambda: self._hold(False))

    @property
    def _space(self) -> str:
        return self._context.settings().push_to_talk

    def show_screen(self, screen: InMeeting) -> None:
        """Show this state."""
        if screen.view.call_id != self._call_id:
            self._call_id = screen.view.call_id
            self._news.begin(screen)
        for chooser in self.choosers:
            chooser.show_devices(screen.devices)
        self._bar.space.show_screen(screen, self._space)
        said = [self._bar.space.words]
        if screen.listening:
            said.append(_("The microphone stays open while you are muted; nothing of it is sent."))
        self._bar.microphone.show_more(" ".join(words for words in said if words))
        self._news.show(screen)

    def button_is_held(self, screen: InMeeting) -> bool:
        """Tell whether the button is to be held instead of pressed, and say so to who did not."""
        if self._space != "only" or (screen.view.microphone_on and not screen.held):
            return False
        if not self._pressed.isValid() or self._pressed.elapsed() < A_CLICK:
            self._toast.say(_("Hold Space, or this button, to talk."))
        self._pressed.invalidate()
        return True

    def _hold(self, held: bool) -> None:
        if self._space == "only":
            if held:
                self._pressed.start()
            self._context.submit(HoldMicrophone(held))
