"""The screens of this very computer, whatever desktop it runs."""

from collections.abc import Mapping

from media.errors import ScreenError
from media.video.screens.offer import Part, Screens, Shareable
from media.video.screens.source import ScreenSource


class NoScreens:
    """A computer without a desktop."""

    def offer(self) -> tuple[Shareable, ...]:
        """There is nothing."""
        raise ScreenError("unsupported", "there is no desktop here")

    def source(self, key: str, part: Part | None, fps: int) -> ScreenSource:
        """There is nothing."""
        raise ScreenError("unsupported", "there is no desktop here")

    def close(self) -> None:
        """There is nothing to let go of."""


def screens_here(platform: str, environ: Mapping[str, str]) -> Screens:
    """Return the screens of this computer; `platform` as in sys.platform. Opens nothing."""
    if platform == "win32":
        from media.video.screens.windows import WindowsScreens

        return WindowsScreens()
    if platform == "darwin":
        from media.video.screens.macos import MacScreens

        return MacScreens()
    if environ.get("XDG_SESSION_TYPE") == "wayland" or environ.get("WAYLAND_DISPLAY"):
        from media.video.screens.portal import PortalScreens

        return PortalScreens()
    if environ.get("DISPLAY"):
        from media.video.screens.x11 import X11Screens

        return X11Screens()
    return NoScreens()
