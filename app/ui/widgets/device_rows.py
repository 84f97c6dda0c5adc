"""Which camera, microphone and speaker are used: three lists to choose from."""

from collections.abc import Sequence

from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.i18n import _
from app.intents import ChooseCamera, ChooseMicrophone, ChooseSpeaker
from app.screens import Device, Devices
from app.ui.context import Submit
from app.ui.widgets.choice import Choice
from app.ui.widgets.meter import Meter
from app.ui.widgets.text import label


class DeviceRows(QWidget):
    """Device pickers with their captions, and the meter under the microphone."""

    def __init__(self, submit: Submit, *, name: str, with_meter: bool = True) -> None:
        super().__init__()
        self.setObjectName(name)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
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
        self.meter_caption = label(kind="small", name=f"{name}_meter_caption")
        for choice in (self.camera, self.microphone, self.speaker):
            column.addWidget(
                label(choice.accessibleName(), "small", name=f"{choice.objectName()}_caption")
            )
            column.addWidget(choice)
            if choice is self.microphone and with_meter:
                column.addSpacing(4)
                column.addWidget(self.meter)
            column.addSpacing(8)

    def show_devices(self, devices: Devices) -> None:
        """Show what there is and what is chosen."""
        _fill(self.camera, devices.cameras, devices.camera, _("No camera"))
        _fill(self.microphone, devices.microphones, devices.microphone, _("No microphone"))
        _fill(self.speaker, devices.speakers, devices.speaker, _("No speaker"))


def _fill(choice: Choice, there: Sequence[Device], chosen: str, none: str) -> None:
    entries = [(device.key, device.name) for device in there]
    keys = [device.key for device in there]
    if not entries or chosen not in keys:
        entries.insert(0, (chosen, chosen or none))
    choice.show_choices(entries, chosen)
    choice.setEnabled(bool(there))
