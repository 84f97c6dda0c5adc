"""One person's camera, microphone and speaker, and the call that carries them."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from app.device_words import device_problem
from app.engine import LoopWatch
from app.i18n import _
from app.intents import (
    ChooseCamera,
    ChooseMicrophone,
    ChooseSpeaker,
    Intent,
    RefreshDevices,
    SetScreenTile,
    SetTile,
    SetVolume,
)
from app.rules import FREE, Function, Rules
from app.screens import Device, Devices, Live
from app.tasks import Tasks
from crypto.frames import Sealer
from media.call import Call
from media.cpu import ProcessorMeter, cores
from media.devices import Device as FoundDevice
from media.devices import cameras, microphones, speakers
from media.errors import MediaError, SoundError
from media.load_gauge import LoadGauge
from media.sound.desk import SoundDesk
from media.sound.device_worker import DeviceState
from media.sound.ends import MicrophoneSource, SpeakerSink
from media.sound.microphone import open_microphone
from media.sound.processing import Cleaning
from media.sound.speaker import open_speaker
from media.video.camera import open_camera

TEST = "test"  # what stands in where there is no device
NONE = "none"


@dataclass(frozen=True)
class Choice:
    """What to use: texts that open_camera, open_microphone and open_speaker understand."""

    camera: str = ""
    microphone: str = ""
    speaker: str = ""


class Studio:
    """Opens devices when they are wanted and closes them when they are not; engine thread only.

    `sound_source` and `sound_sink` replace the devices where a program takes part, as the test
    guest does.
    """

    def __init__(
        self,
        own: bytes,
        choice: Choice,
        cleaning: Cleaning,
        *,
        changed: Callable[[], None],
        camera_lost: Callable[[], None],
        sound_source: MicrophoneSource | None = None,
        sound_sink: SpeakerSink | None = None,
        rules: Rules = FREE,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._changed = changed
        self._camera_lost = camera_lost
        self._may_use_camera = rules.allow(Function.CAMERA)
        self._choice = choice
        self._sound_source = sound_source
        self._sound_sink = sound_sink
        self.sealer = Sealer()
        self.sound = SoundDesk(time.monotonic, on_change=self._device_changed)
        self.sound.set_cleaning(cleaning)
        self._watch = LoopWatch(self._loop)
        gauge = LoadGauge(ProcessorMeter(cores()).look, lambda: self._watch.stats)
        self.call = Call(
            self.sealer,
            self._loop,
            self.sound,
            time.monotonic,
            own=own,
            gauge=gauge,
            hosts=rules.networks,
        )
        self.call.on_camera_failed = self.camera_failed
        self._devices = Devices()
        self.microphone_on = False
        self.camera_on = False
        self.camera_problem = ""
        self.microphone_problem = ""
        self.speaker_problem = ""
        self.standing_in = False
        self._microphone_started = False
        self._no_microphone = False
        self._tasks = Tasks()
        self._watch.start()

    def handle(self, intent: Intent) -> bool:
        """Do what a person asked of devices and tiles; False for anything else."""
        match intent:
            case SetTile(dev, width, height, visible):
                self.call.set_tile(dev, width, height, visible)
            case SetScreenTile(dev, width, height, visible):
                self.call.set_screen_tile(dev, width, height, visible)
            case SetVolume(dev, gain):
                self.sound.set_volume(dev, gain)
            case ChooseCamera(key):
                self.choose_camera(key)
            case ChooseMicrophone(key):
                self.choose_microphone(key)
            case ChooseSpeaker(key):
                self.choose_speaker(key)
            case RefreshDevices():
                self._tasks.start(self.look_for_devices())
            case _:
                return False
        return True

    # -- what there is ------------------------------------------------------------------------

    def set_cleaning(self, cleaning: Cleaning) -> None:
        """Change what is done to the own sound before it is sent."""
        self.sound.set_cleaning(cleaning)

    def limit_picture(self, max_height: int) -> None:
        """Send no picture with more lines than this."""
        self.call.limit_picture(max_height)

    @property
    def devices(self) -> Devices:
        """What can be chosen and what is chosen."""
        return self._devices

    @property
    def live(self) -> Live:
        """What of this person can be seen or heard by others now."""
        return Live(self.camera_on, self.microphone_on)

    async def look_for_devices(self) -> None:
        """List the devices of this computer, off the engine's thread."""
        lists = await self._loop.run_in_executor(None, _list_devices)
        self._devices = Devices(
            cameras=lists[0],
            microphones=lists[1],
            speakers=lists[2],
            camera=_chosen(self._choice.camera, lists[0]),
            microphone=_chosen(self._choice.microphone, lists[1]),
            speaker=_chosen(self._choice.speaker, lists[2]),
        )
        self._changed()

    def stand_in(self) -> None:
        """Use a test picture and a test tone where there is no camera or microphone."""
        chosen = self._devices
        camera, microphone = chosen.camera or TEST, chosen.microphone or TEST
        self.standing_in = (camera, microphone) != (chosen.camera, chosen.microphone)
        self._choose(camera=camera, microphone=microphone)

    # -- what is used -------------------------------------------------------------------------

    def use(self, microphone: bool, camera: bool) -> None:
        """Open what is wanted, close what is not; no camera where the organisation has none."""
        camera = camera and self._may_use_camera
        if camera != self.camera_on:
            self.camera_on = camera
            self._use_camera()
        if microphone != self.microphone_on:
            self.microphone_on = microphone
            self._use_microphone()
        self._changed()

    async def open_speaker(self) -> None:
        """Let the others be heard."""
        self.sound.stop_speaker()
        if self._sound_sink is not None:
            self.sound.start_speaker(self._sound_sink)
            return
        wanted = self._devices.speaker or NONE
        try:
            sink = await self._loop.run_in_executor(None, open_speaker, wanted, time.monotonic)
        except MediaError as error:
            self.speaker_problem = device_problem(error)
            sink = open_speaker(NONE, time.monotonic)
        self.sound.start_speaker(sink)

    def choose_camera(self, key: str) -> None:
        """Use another camera, at once if the camera is on."""
        self._choose(camera=key)
        self._use_camera()
        self._changed()

    def choose_microphone(self, key: str) -> None:
        """Use another microphone, at once if the microphone is on."""
        self._choose(microphone=key)
        self._close_microphone()
        self._use_microphone()
        self._changed()

    def choose_speaker(self, key: str) -> None:
        """Hear the others somewhere else."""
        self._choose(speaker=key)
        if self.sound.speaker_state != "off":
            self._tasks.start(self.open_speaker())
        self._changed()

    async def close(self) -> None:
        """Close every device and every link."""
        await self._tasks.close()
        self._watch.stop()
        await self.call.close()
        await self._loop.run_in_executor(None, self.sound.close)
        self.sealer.stop()

    def _choose(self, **keys: str) -> None:
        """Keep a choice, also when the devices are listed again."""
        wanted = Choice(self._devices.camera, self._devices.microphone, self._devices.speaker)
        wanted = replace(wanted, **keys)
        self._devices = replace(
            self._devices,
            camera=wanted.camera,
            microphone=wanted.microphone,
            speaker=wanted.speaker,
        )
        self._choice = replace(self._choice, **{kind: key or NONE for kind, key in keys.items()})

    def _use_camera(self) -> None:
        self.camera_problem = ""
        if not self.camera_on:
            self.call.set_camera(None)
            return
        try:
            source = open_camera(self._devices.camera or NONE)
        except MediaError as error:
            self._camera_gone(device_problem(error))
            return
        if source is None:
            self._camera_gone(_("No camera was found."))
        self.call.set_camera(source)

    def _use_microphone(self) -> None:
        if not self.microphone_on:
            self.sound.mute(True)
        elif self._microphone_started:
            self.sound.mute(False)
        else:
            self._microphone_started = True
            self._tasks.start(self._start_microphone(self._devices.microphone or NONE))

    async def _start_microphone(self, wanted: str) -> None:
        self.microphone_problem = ""
        source = self._sound_source
        if source is None:
            try:
                source = await self._loop.run_in_executor(
                    None, open_microphone, wanted, time.monotonic
                )
            except MediaError as error:
                self.microphone_problem = device_problem(error)
                self._close_microphone()
                self._changed()
                return
            self._no_microphone = wanted == NONE
        self.call.set_microphone(source)
        self.sound.mute(not self.microphone_on)
        self._changed()

    def _close_microphone(self) -> None:
        self._microphone_started = False
        self.call.set_microphone(None)

    def camera_failed(self, error: MediaError) -> None:
        """Hear that the camera cannot go on."""
        self._camera_gone(device_problem(error))
        self._changed()

    def _camera_gone(self, why: str) -> None:
        """The camera is off although somebody wanted it on: others must see that."""
        self.camera_problem = why
        self.camera_on = False
        self._loop.call_soon(self._camera_lost)

    def _device_changed(self) -> None:
        """A device of the sound desk opened, closed or failed; called on its worker."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._sound_changed)

    def _sound_changed(self) -> None:
        self.microphone_problem = _sound_problem(
            self.sound.microphone_state, self.sound.microphone_error
        )
        if self._no_microphone and self.microphone_on:
            self.microphone_problem = _("No microphone was found.")
        self.speaker_problem = _sound_problem(self.sound.speaker_state, self.sound.speaker_error)
        self._changed()


def _sound_problem(state: DeviceState, error: SoundError | None) -> str:
    return device_problem(error) if state == "failed" and error is not None else ""


def _list_devices() -> tuple[tuple[Device, ...], ...]:
    return tuple(_listed(devices) for devices in (cameras, microphones, speakers))


def _listed(devices: Callable[[], list[FoundDevice]]) -> tuple[Device, ...]:
    """Return the devices of one kind; none where the system's sound library is missing."""
    try:
        return tuple(Device(found.id, found.name) for found in devices())
    except MediaError:
        return ()


def _chosen(wanted: str, found: tuple[Device, ...]) -> str:
    """Return the wanted device if it is one or is no device's name, else the first one found."""
    if wanted == NONE:
        return ""
    return wanted or (found[0].key if found else "")
