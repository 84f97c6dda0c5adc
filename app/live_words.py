"""What of a person is live, in a few words for title, tray and screen readers."""

from app.i18n import _
from app.screens import Home, InMeeting, Live, Preview, Screen, Waiting

NOTHING = Live()


def live_of(screen: Screen | None) -> Live:
    """Return what is live on a screen; it never says less than the switches on it do."""
    match screen:
        case InMeeting(view=view, live=live):
            return _with(live, view.camera_on or screen.scanning, view.microphone_on)
        case Preview(live=live):
            return _with(live, screen.camera_on, screen.microphone_on)
        case Waiting(live=live):
            return _with(live, screen.camera_on, False)
        case Home():
            return Live(camera=screen.scanning)
        case _:
            return NOTHING


def _with(live: Live, camera: bool, microphone: bool) -> Live:
    return Live(live.camera or camera, live.microphone or microphone, live.screen)


def live_words(live: Live) -> str:
    """Return what others can see or hear now; empty for nothing."""
    if live.camera and live.microphone:
        devices = _("Camera and microphone on")
    else:
        devices = _("Camera on") if live.camera else _("Microphone on") if live.microphone else ""
    if live.screen:
        return ", ".join((devices, _("screen shared"))) if devices else _("Screen shared")
    return devices
