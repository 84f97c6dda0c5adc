"""Two buttons with which people hear their speaker, and themselves, before others do."""

from collections.abc import Callable

from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from app.i18n import _
from app.intents import Intent, TryMicrophone, TrySpeaker
from app.screens import SoundCheck
from app.ui.widgets.buttons import Button
from app.ui.widgets.text import label, set_text
from app.ui.widgets.toast import announce


class SpeakerTrial(QWidget):
    """Plays a phrase through the chosen speaker."""

    def __init__(self, submit: Callable[[Intent], None], *, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        self.button = Button(
            "", lambda: submit(TrySpeaker()), name=f"{name}_button", role="link",
            icon_name="volume-2", small=True,
        )  # fmt: skip
        row.addWidget(self.button)
        row.addStretch(1)
        self.show_check(SoundCheck())

    def show_check(self, check: SoundCheck) -> None:
        """Show how far it is."""
        plays = check.playing and not check.replaying
        self.button.set_words(_("Stop the test sound") if plays else _("Play a test sound"))
        self.button.setEnabled(plays or not (check.playing or check.recorded >= 0))


class MicrophoneTrial(QWidget):
    """Records three seconds and plays them back; nobody else hears either."""

    def __init__(self, submit: Callable[[Intent], None], *, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self._said = ""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        row = QHBoxLayout()
        self.button = Button(
            "", lambda: submit(TryMicrophone()), name=f"{name}_button", role="link",
            icon_name="mic", small=True,
        )  # fmt: skip
        row.addWidget(self.button)
        row.addStretch(1)
        column.addLayout(row)
        self.progress = QProgressBar()
        self.progress.setObjectName(f"{name}_progress")
        self.progress.setAccessibleName(_("Recording"))
        self.progress.setRange(0, 10)
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(4)
        column.addWidget(self.progress)
        self.line = label(kind="small", name=f"{name}_line", wrap=True)
        column.addWidget(self.line)
        self.show_check(SoundCheck())

    def show_check(self, check: SoundCheck) -> None:
        """Show how far it is."""
        records = check.recorded >= 0
        runs = records or check.replaying
        self.button.set_words(_("Stop") if runs else _("Hear yourself"))
        self.button.setEnabled(runs or not check.playing)
        self.progress.setVisible(records)
        self.progress.setValue(round(max(check.recorded, 0.0) * 10))
        if records:
            words = _("Say something for three seconds. Nobody else hears it.")
        elif check.replaying:
            words = _("This is how you sound.")
        else:
            words = check.problem
        if words and words != self._said:
            announce(self, words)
        self._said = words
        set_text(self.line, words)
        self.line.setVisible(bool(words))
