"""The title of the window: the meeting, and what of this person is live."""

from app.i18n import _
from app.live_words import live_of, live_words
from app.names import clean
from app.screens import InMeeting, Preview, Screen, Waiting


def title_of(screen: Screen | None) -> str:
    """Return what the window is called on a screen; None is before the first one."""
    match screen:
        case InMeeting(view=view):
            meeting = view.title
        case Preview() | Waiting():
            meeting = screen.title
        case _:
            meeting = ""
    live = live_words(live_of(screen))
    sign = f"● {live}" if live else "" if screen is not None else _("Opening")
    return " – ".join(part for part in (sign, clean(meeting), "Conclave") if part)
