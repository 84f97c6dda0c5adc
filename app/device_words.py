"""What a camera, microphone or speaker fails with, in the user's language."""

from app.i18n import _
from media.errors import CameraError, MediaError, ScreenError, SoundError


def device_problem(error: MediaError) -> str:
    """Return what happened and what can be done, in one or two sentences."""
    match error:
        case ScreenError(code="missing"):
            return _(
                "This desktop lets no program look at the screen by itself, and what asks you "
                "for it is missing. Install “xdg-desktop-portal”, PipeWire and the GStreamer "
                "plugin for PipeWire, or log in to a desktop with X11."
            )
        case ScreenError(code="refused"):
            return _(
                "The system does not let Conclave see the screen. Allow it in the system's "
                "privacy settings, then start Conclave again."
            )
        case ScreenError(code="closed"):
            return _("This window was closed. Choose another one.")
        case ScreenError():
            return _("Conclave cannot see any screen on this computer.")
        case CameraError(code="unknown_device"):
            return _("This camera is not there any more. Choose another one.")
        case CameraError(code="refused"):
            return _("The camera does not open. Another program may be using it.")
        case CameraError(code="lost"):
            return _("The camera gives no pictures any more. Plug it in again, or choose another.")
        case CameraError(code="file"):
            return _("This video file cannot be read.")
        case SoundError(code="no_library"):
            return _("The system's sound library is missing. “conclave doctor” knows the cure.")
        case SoundError(code="no_device"):
            return _("No microphone was found.")
        case SoundError(code="unknown_device"):
            return _("This sound device is not there any more. Choose another one.")
        case SoundError(code="refused"):
            return _("The sound device does not open. Another program may be using it.")
        case SoundError(code="lost"):
            return _("The sound device went away. Conclave tries again by itself.")
        case SoundError(code="file"):
            return _("This sound file cannot be used.")
        case _:
            return str(error)
