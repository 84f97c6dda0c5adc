"""What is said once about one's own devices: which one went or came back, and that one is muted."""

from app.i18n import _
from app.screens import InMeeting
from app.ui.widgets.toast import Toast


class SoundNews:
    """Remembers what was said, so that each screen says only what is new in it."""

    def __init__(self, toast: Toast) -> None:
        self._toast = toast
        self._devices = 0
        self._muted = 0

    def begin(self, screen: InMeeting) -> None:
        """Another meeting: what was so before needs no saying."""
        self._devices, self._muted = screen.devices.news_number, screen.told_muted

    def show(self, screen: InMeeting) -> None:
        """Say what is new in this state."""
        if screen.devices.news_number > self._devices:
            self._devices = screen.devices.news_number
            self._toast.say(screen.devices.news)
        if screen.told_muted > self._muted:
            self._muted = screen.told_muted
            self._toast.say(_("You are muted. Nobody hears you."))
        elif screen.view.microphone_on:
            self._toast.take_back(_("You are muted. Nobody hears you."))
