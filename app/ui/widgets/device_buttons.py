"""The two buttons for microphone and camera: struck through when closed, red when live."""

from collections.abc import Callable

from app.i18n import _
from app.ui import keys
from app.ui.keys import with_keys
from app.ui.widgets.round_button import RoundButton


class DeviceButton(RoundButton):
    """Shows whether a device is live in shape, word and colour."""

    def __init__(
        self,
        do: Callable[[], None],
        *,
        name: str,
        icons: tuple[str, str],
        words: tuple[str, str],
        actions: tuple[str, str],
        on_stage: bool,
    ) -> None:
        """Each pair is (live, closed); `actions` say what pressing does then."""
        super().__init__(
            do,
            name=name,
            icon_name=icons[1],
            word=words[1],
            accessible=actions[1],
            on_stage=on_stage,
        )
        self._icons, self._words, self._actions = icons, words, actions
        self.setCheckable(False)
        self.show_device(False)

    def show_device(self, live: bool) -> None:
        """Show the device live or closed."""
        which = 0 if live else 1
        self.show_state(
            icon_name=self._icons[which],
            word=self._words[which],
            accessible=f"{self._words[which]}. {self._actions[which]}",
            live=live,
        )
        self._tell()

    def show_more(self, words: str) -> None:
        """Say what else there is to know of it: to screen readers, and in the tool tip."""
        if self.accessibleDescription() != words:
            self.setAccessibleDescription(words)
        self._tell()

    def show_word(self, shown: bool) -> None:
        super().show_word(shown)
        self._tell()

    def _tell(self) -> None:
        tip = "\n".join(filter(None, (self.accessibleName(), self.accessibleDescription())))
        if self.toolTip() != tip:
            self.setToolTip(tip)


def microphone_button(do: Callable[[], None], *, on_stage: bool) -> DeviceButton:
    """Return the button of the microphone."""
    return DeviceButton(
        do,
        name="microphone",
        icons=("mic", "mic-off"),
        words=(_("Microphone on"), _("Muted")),
        actions=(
            with_keys(_("Mute"), keys.MICROPHONE),
            with_keys(_("Switch the microphone on"), keys.MICROPHONE),
        ),
        on_stage=on_stage,
    )


def camera_button(do: Callable[[], None], *, on_stage: bool) -> DeviceButton:
    """Return the button of the camera."""
    return DeviceButton(
        do,
        name="camera",
        icons=("video", "video-off"),
        words=(_("Camera on"), _("Camera off")),
        actions=(
            with_keys(_("Switch the camera off"), keys.CAMERA),
            with_keys(_("Switch the camera on"), keys.CAMERA),
        ),
        on_stage=on_stage,
    )
