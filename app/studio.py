"""One person's camera, microphone and speaker, and the call that carries them."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from app.device_words import device_problem
from app.engine import LoopWatch
from app.habits import Habits
from app.i18n import _
from app.intents import (
    ChooseCamera,
    ChooseMicrophone,
    ChooseSpeaker,
    HoldMicrophone,
    Intent,
    LookAt,
    LookAtLevel,
    RefreshDevices,
    SetScreenTile,
    SetTile,
    SetVolume,
    TryMicrophone,
    TrySpeaker,
    UseOffered,
)
from app.meeting.wishes import SetMicrophone
from app.net.gate import OPEN, Gate
from app.own_sound import OwnSound
from app.plug_words import moved_words
from app.plugging import DEFAULT, KINDS, NONE, UNKNOWN, Choice, Found, Kind, Look, Plugging
from app.rules import FREE, Function, Rules
from app.screens import Device, Devices, Live
from app.sound_trial import SoundTrial
from app.talking import Talking
from app.tasks import Tasks
from app.texts import filled
from crypto.frames import Sealer
from media.call import Call
from media.cpu import ProcessorMeter, cores
from media.devices import Device as FoundDevice
from media.devices import are_current, cameras, look_again, microphones, speakers
from media.errors import CameraError, MediaError
from media.load_gauge import LoadGauge
from media.plug_watch import PlugWatch
from media.sound.desk import SoundDesk
from media.sound.ends import MicrophoneSource, SpeakerSink
from media.sound.microphone import open_microphone
from media.sound.processing import Cleaning
from media.sound.speaker import open_speaker
from media.video.camera import open_camera

__all__ = ["NONE", "TEST", "Choice", "Studio"]

TEST = "test"  # what stands in where there is no device


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
        gate: Gate = OPEN,
        switch_microphone: Callable[[bool], None] = lambda _on: None,
        kept: Callable[[str, object], None] | None = None,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._changed = changed
        self._camera_lost = camera_lost
        self._may_use_camera = rules.allow(Function.CAMERA)
        self._decided = rules.decided
        self._choice = choice
        self._kept = kept
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
            gate=gate,
        )
        self.call.on_camera_failed = self.camera_failed
        self._tasks = Tasks()
        self.own = OwnSound(
            self.sound,
            self.call.set_microphone,
            self._tasks,
            open_microphone=lambda text: sound_source or open_microphone(text, time.monotonic),
            open_speaker=lambda text: sound_sink or open_speaker(text, time.monotonic),
            changed=changed,
        )
        self.trial = SoundTrial(self.sound, self.own, self._tasks, changed)
        self.talking = Talking(
            self.sound, self.own, switch_microphone, lambda: self.trial.uses_microphone
        )
        self._devices = Devices()
        self._plugging = Plugging()
        self._plugs: asyncio.Task[None] | None = None
        self._looking = asyncio.Lock()
        self._has_devices = sound_source is None  # a guest that is a program plugs nothing in
        self.camera_on = False
        self.camera_problem = ""
        self.standing_in = False
        self.looked_at: frozenset[bytes] = frozenset()
        """Whom the person at the screen chose to see, whoever speaks."""
        self._watch.start()

    def handle(self, intent: Intent) -> bool:
        """Do what a person asked of devices and tiles; False for anything else."""
        match intent:
            case SetTile(dev, width, height, visible):
                self.call.set_tile(dev, width, height, visible)
            case SetScreenTile(dev, width, height, visible):
                self.call.set_screen_tile(dev, width, height, visible)
            case LookAt(dev):
                self.looked_at = frozenset({dev} if dev else ())
            case SetVolume(dev, gain):
                self.sound.set_volume(dev, gain)
            case ChooseCamera(key):
                self._choose_by_hand("camera", key)
            case ChooseMicrophone(key):
                self._choose_by_hand("microphone", key)
            case ChooseSpeaker(key):
                self._choose_by_hand("speaker", key)
            case RefreshDevices():
                self._tasks.start(self.look_for_devices())
            case UseOffered(use):
                self._use_offered(use)
            case TrySpeaker():
                self.trial.try_speaker()
            case TryMicrophone():
                self.trial.try_microphone()
            case LookAtLevel(on):
                self.trial.level_wanted = on
            case HoldMicrophone(held):
                if self.trial.in_meeting:
                    self.talking.hold(held)
            case SetMicrophone():
                self.talking.switched()
                return False  # the meeting decides, or the preview
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

    def adopt(self, habits: Habits) -> None:
        """Speak and hear in another way from now on."""
        self.sound.set_music(habits.music)
        if habits.open_while_muted != self.talking.habits.open_while_muted:
            self.sound.stay_open(habits.open_while_muted)
        self.talking.habits = habits

    @property
    def devices(self) -> Devices:
        """What can be chosen and what is chosen, and how the trial of the sound goes."""
        return replace(self._devices, check=self.trial.check)

    @property
    def live(self) -> Live:
        """What of this person can be seen or heard by others now, or is tried out."""
        return Live(self.camera_on, self.own.is_heard or self.trial.uses_microphone)

    @property
    def microphone_on(self) -> bool:
        """Whether the microphone is on, as others are told."""
        return self.own.microphone_on

    @property
    def microphone_problem(self) -> str:
        """Why nothing is heard of this person, in one sentence."""
        return self.own.microphone_problem

    @property
    def speaker_problem(self) -> str:
        """Why this person hears nothing, in one sentence."""
        return self.own.speaker_problem

    async def look_for_devices(self) -> None:
        """List the devices of this computer, off the engine's thread; notice what comes and goes.

        From the first look on the list is kept up to date.
        """
        async with self._looking:
            if self._plugs is None and self._has_devices:
                await self._loop.run_in_executor(None, _look_again)
            found = await self._loop.run_in_executor(None, _list_devices)
            look = self._plugging.look(found, self._choice)
        if self._plugs is None and self._has_devices:
            self._plugs = self._tasks.start(PlugWatch(self._plugged).run())
        self._take_in(found, look)
        self._changed()

    def _plugged(self, more: bool) -> None:
        self._tasks.start(self._look_after(more))

    async def _look_after(self, more: bool) -> None:
        """See what came or went; where the system cannot say what, offer that it came."""
        if await self._loop.run_in_executor(None, _look_again):
            await self.look_for_devices()
        elif more:
            self._plugging.offer_unknown()
            self._devices = replace(self._devices, offer=self._plugging.offer)
            self._changed()

    async def _use_unknown(self) -> None:
        """Let go of sound for a moment to see what came, and use that."""
        await self.own.let_go()
        await self.look_for_devices()
        self._use_offered(True)

    def _take_in(self, found: Found, look: Look) -> None:
        """Show what there is, and use what is to be used from now on."""
        before = self._devices
        news = " ".join(moved_words(moved) for moved in look.moved)
        self._devices = Devices(
            found.cameras,
            _with_system(found.microphones),
            _with_system(found.speakers),
            camera=look.camera,
            microphone=_or_system(look, "microphone"),
            speaker=_or_system(look, "speaker"),
            offer=look.offer,
            news=news or before.news,
            news_number=before.news_number + bool(news),
        )
        if any(moved.kind == "camera" and moved.gone for moved in look.moved) and self.camera_on:
            self.call.set_camera(None)
            self._camera_gone(device_problem(CameraError("lost", "unplugged")))
        self._use_sound()

    def _use_sound(self) -> None:
        """Hear and speak through what is chosen, or what stands in for it."""
        self.own.use_microphone(self._devices.microphone or NONE)
        self.own.use_speaker(self._devices.speaker or NONE)

    def _use_offered(self, use: bool) -> None:
        """Use what was plugged in, or leave it; the camera stays off if it is off."""
        offer = self._plugging.answered()
        self._devices = replace(self._devices, offer=None)
        if use and offer == UNKNOWN:
            self._tasks.start(self._use_unknown())
        elif use and offer is not None:
            for kind in KINDS:
                if key := offer.of(kind):
                    self._choose_by_hand(kind, key)
        self._changed()

    def _choose_by_hand(self, kind: Kind, key: str) -> None:
        """Use what a person chose, and keep the choice, unless the organisation has chosen."""
        if kind in self._decided:
            return
        chooses: dict[Kind, Callable[[str], None]] = {
            "camera": self.choose_camera,
            "microphone": self.choose_microphone,
            "speaker": self.choose_speaker,
        }
        chooses[kind](key)
        self._keep(kind)

    def stand_in(self) -> None:
        """Use a test picture and a test tone where there is no camera or microphone."""
        chosen = self._devices
        camera, microphone = chosen.camera or TEST, chosen.microphone or TEST
        self.standing_in = (camera, microphone) != (chosen.camera, chosen.microphone)
        if camera != chosen.camera:
            self._choose("camera", camera)
        if microphone != chosen.microphone:
            self._choose("microphone", microphone)
            self._use_sound()

    # -- what is used -------------------------------------------------------------------------

    def use(self, microphone: bool, camera: bool) -> None:
        """Open what is wanted, close what is not; no camera where the organisation has none."""
        camera = camera and self._may_use_camera
        if camera != self.camera_on:
            self.camera_on = camera
            self._use_camera()
        if microphone != self.own.microphone_on:
            self.own.use(microphone)
        self._changed()

    async def open_speaker(self) -> None:
        """Let the others be heard, from now until the end."""
        self.trial.in_meeting = True
        await self.own.open_speaker()

    def choose_camera(self, key: str) -> None:
        """Use another camera, at once if the camera is on."""
        self._choose("camera", key)
        if self.camera_on:
            self._use_camera()
        self._changed()

    def choose_microphone(self, key: str) -> None:
        """Use another microphone, at once if the microphone is on."""
        self._choose("microphone", key)
        self._use_sound()
        self._changed()

    def choose_speaker(self, key: str) -> None:
        """Hear the others somewhere else."""
        self._choose("speaker", key)
        self._use_sound()
        self._changed()

    async def close(self) -> None:
        """Close every device and every link."""
        await self._tasks.close()
        self.talking.close()
        self._watch.stop()
        await self.call.close()
        await self._loop.run_in_executor(None, self.sound.close)
        self.sealer.stop()

    def _choose(self, kind: Kind, key: str) -> None:
        """Keep a choice, also when the devices are listed again."""
        self._plugging.chosen(kind)
        chosen: dict[str, Any] = {kind: key}
        self._devices = replace(self._devices, offer=self._plugging.offer, news="", **chosen)
        wanted: dict[str, Any] = {kind: key or NONE}
        self._choice = replace(self._choice, **wanted)

    def _keep(self, kind: Kind) -> None:
        """Have a person's choice kept for the next meeting, by a name that lasts."""
        there = {
            "camera": self._devices.cameras,
            "microphone": self._devices.microphones,
            "speaker": self._devices.speakers,
        }[kind]
        key = self._choice.of(kind)
        name = next((device.name for device in there if device.key == key), key)
        if self._kept is not None:
            self._kept(kind, key if key == DEFAULT else name)

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
            self._loop.call_soon_threadsafe(self.own.device_changed)


def _look_again() -> bool:
    """Have the lists below be of this moment; False where a device in use forbids it."""
    return are_current() or look_again()


def _with_system(there: tuple[Device, ...]) -> tuple[Device, ...]:
    """Return the devices of one kind with the system's choice, whichever it is, before them."""
    if not there:
        return ()
    words = filled(_("As the system: {name}"), name=there[0].name)
    return (Device(DEFAULT, words), *there)


def _or_system(look: Look, kind: Kind) -> str:
    """Return what is opened: what is followed is not pinned to what it is now."""
    used = look.of(kind)
    return DEFAULT if used and kind in look.followed else used


def _list_devices() -> Found:
    return Found(_listed(cameras), _listed(microphones), _listed(speakers))


def _listed(devices: Callable[[], list[FoundDevice]]) -> tuple[Device, ...]:
    """Return the devices of one kind; none where the system's sound library is missing."""
    try:
        return tuple(Device(found.id, found.name) for found in devices())
    except MediaError:
        return ()
