"""What a call with the test guest has shown, in plain words."""

from collections.abc import Callable

from app.exit_codes import ExitCode
from app.i18n import _
from media.stats import PeerStats


def report_on(guest: PeerStats | None, standing_in: bool, say: Callable[[str], None]) -> ExitCode:
    """Say what came back from the guest (None: nobody came); OK if picture and sound did.

    `standing_in`: a test picture and a tone took the place of camera or microphone.
    """
    if guest is None:
        say(_("The test guest did not come. “conclave doctor” may know why."))
        return ExitCode.PROBLEM
    picture, sound = guest.video.frames > 0, guest.audio.packets > 0
    if standing_in:
        say(_("No camera or no microphone was found: a test picture and a tone stood in."))
    say(
        _("Picture from the guest: {width} × {height}, {fps:.0f} pictures a second.").format(
            width=guest.video.width, height=guest.video.height, fps=guest.video.fps
        )
        if picture
        else _("No picture came from the guest.")
    )
    say(
        _("Sound from the guest: {packets} packets, {lost} lost.").format(
            packets=guest.audio.packets, lost=guest.audio.lost
        )
        if sound
        else _("No sound came from the guest.")
    )
    say(
        _(
            "Encrypted end to end: {sealed} frames sealed, {opened} opened, {refused} refused."
        ).format(
            sealed=guest.frames.sealed, opened=guest.frames.opened, refused=guest.frames.refused
        )
    )
    if picture and sound:
        say(_("Conclave works on this computer."))
        return ExitCode.OK
    return ExitCode.PROBLEM
