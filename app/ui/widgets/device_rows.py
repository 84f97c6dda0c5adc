"""Which camera, microphone and speaker are used: three lists, and how to try them."""

from collections.abc import Sequence

from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.i18n import _
from app.intents import ChooseCamera, ChooseMicrophone, ChooseSpeaker, LookAtLevel
from app.screens import Device, Devices
from app.ui.context import Submit
from app.ui.widgets.choice import Choice
from app.ui.widgets.meter import Meter
from app.ui.widgets.offer_card import OfferCard
from app.ui.widgets.sound_check import MicrophoneTrial, SpeakerTrial
from app.ui.widgets.text import label, set_text


class DeviceRows(QWidget):
    """Device pickers with their captions; below the microphone its meter, and how to try both."""

    def __init__(self, submit: Submit, *, name: str, locked: frozenset[str] = frozenset()) -> None:
        """`locked` names the settings that the organisation decides."""
        super().__init__()
        self.setObjectName(name)
        self._submit, self._locked = submit, locked
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        self.offer = OfferCard(submit, floats=False)
        column.addWidget(self.offer)
        self.news = label(kind="warn", name=f"{name}_news", wrap=True)
        self.news.hide()
        column.addWidget(self.news)
        self.camera = Choice(
            _("Camera"), lambda key: submit(ChooseCamera(key)), name=f"{name}_camera"
        )
        self.microphone = Choice(
            _("Microphone"), lambda key: submit(ChooseMicrophone(key)), name=f"{name}_microphone"
        )
        self.speaker = Choice(
            _("Speaker"), lambda key: submit(ChooseSpeaker(key)), name=f"{name}_speaker"
        )
        self.meter = Meter(name=f"{name}_meter")
        self.hear_yourself = MicrophoneTrial(submit, name=f"{name}_try_microphone")
        self.hear_speaker = SpeakerTrial(submit, name=f"{name}_try_speaker")
        below: dict[Choice, tuple[QWidget, ...]] = {
            self.camera: (),
            self.microphone: (self.meter, self.hear_yourself),
            self.speaker: (self.hear_speaker,),
        }
        for choice, parts in below.items():
            column.addWidget(
                label(choice.accessibleName(), "small", name=f"{choice.objectName()}_caption")
            )
            column.addWidget(choice)
            kind = choice.objectName().removeprefix(f"{name}_")
            if kind in locked:
                why = _("Set by your organisation.")
                choice.setAccessibleDescription(why)
                column.addWidget(label(why, "small", name=f"{choice.objectName()}_locked"))
            for part in parts:
                column.addWidget(part)
            column.addSpacing(8)

    def show_devices(self, devices: Devices) -> None:
        """Show what there is and what is chosen, what came, and how a trial goes."""
        _fill(self.camera, devices.cameras, devices.camera, _("No camera"))
        _fill(self.microphone, devices.microphones, devices.microphone, _("No microphone"))
        _fill(self.speaker, devices.speakers, devices.speaker, _("No speaker"))
        for kind in self._locked & {"camera", "microphone", "speaker"}:
            getattr(self, kind).setEnabled(False)
        self.offer.show_offer(devices.offer)
        set_text(self.news, devices.news)
        self.news.setVisible(bool(devices.news))
        self.meter.show_level(devices.check.level_db)
        self.hear_yourself.show_check(devices.check)
        self.hear_speaker.show_check(devices.check)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._submit(LookAtLevel(True))

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._submit(LookAtLevel(False))


def _fill(choice: Choice, there: Sequence[Device], chosen: str, none: str) -> None:
    entries = [(device.key, device.name) for device in there]
    keys = [device.key for device in there]
    if not entries or chosen not in keys:
        entries.insert(0, (chosen, chosen or none))
    choice.show_choices(entries, chosen)
    choice.setEnabled(bool(there))
