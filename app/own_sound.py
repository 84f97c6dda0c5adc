"""One person's microphone and speaker: opened when wanted, hushed, replaced while they go on."""

import asyncio
import logging
from collections.abc import Callable

from app.device_words import device_problem
from app.i18n import _
from app.plugging import NONE
from app.tasks import Tasks
from media.errors import MediaError, SoundError
from media.sound.desk import SoundDesk
from media.sound.device_worker import DeviceState
from media.sound.ends import MicrophoneSource, SpeakerSink

LOOK_AGAIN = 5.0  # seconds between two attempts to find what a lost device was replaced by

log = logging.getLogger(__name__)

OpenMicrophone = Callable[[str], MicrophoneSource]
OpenSpeaker = Callable[[str], SpeakerSink]


class OwnSound:
    """Engine thread only; devices are opened and closed by the desk's workers.

    `send` makes a source the microphone of the call, or none. The two openers may take a second
    and are called off the loop. `changed` is called when anything about the devices is different.
    """

    def __init__(
        self,
        desk: SoundDesk,
        send: Callable[[MicrophoneSource | None], None],
        tasks: Tasks,
        *,
        open_microphone: OpenMicrophone,
        open_speaker: OpenSpeaker,
        changed: Callable[[], None],
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._desk = desk
        self._send = send
        self._open_microphone, self._open_speaker = open_microphone, open_speaker
        self._changed = changed
        self._tasks = tasks
        self.microphone = NONE  # what is opened when it is wanted
        self.speaker = NONE
        self.microphone_on = False
        self.microphone_problem = ""
        self.speaker_problem = ""
        self._hushed = False
        self._started = False
        self._borrowed = False  # opened for a trial, though it is off
        self._without_microphone = False
        self._looked = float("-inf")

    @property
    def is_heard(self) -> bool:
        """Tell whether the microphone is on and not muted for the moment."""
        return self.microphone_on and not self._hushed

    @property
    def is_open(self) -> bool:
        """Tell whether the microphone itself is open, whoever hears it."""
        return self._started and self._desk.microphone_state == "open"

    def use(self, on: bool) -> None:
        """Open the microphone, or mute it; the device closes some seconds later."""
        self.microphone_on = on
        self._hushed = False
        if not on:
            self._desk.mute(True)
        elif self._started:
            self._desk.mute(False)
        else:
            self._start()

    def hush(self, hushed: bool) -> None:
        """Mute for a moment without telling anybody; nothing for a microphone that is off."""
        self._hushed = hushed and self.microphone_on
        self._desk.mute(self._hushed or not self.microphone_on)

    def use_microphone(self, wanted: str) -> None:
        """Use another microphone, at once if one is in use."""
        if wanted != self.microphone:
            self.microphone = wanted
            self._replace_microphone()

    def use_speaker(self, wanted: str) -> None:
        """Hear the others somewhere else, at once if they are heard."""
        if wanted != self.speaker:
            self.speaker = wanted
            if self._desk.speaker_state != "off":
                self._tasks.start(self.open_speaker())

    def borrow(self, borrowed: bool) -> None:
        """Open the microphone for oneself alone, or close it again if it is off."""
        if borrowed and not self._started:
            self._borrowed = True
            self._desk.mute(True)
            self._start()
        elif not borrowed and self._borrowed:
            self._borrowed = False
            if not self.microphone_on:
                self._close_microphone()

    async def open_speaker(self) -> None:
        """Let the others be heard; the one in use goes on until the next is known."""
        wanted = self.speaker
        try:
            sink = await self._loop.run_in_executor(None, self._open_speaker, wanted)
        except MediaError as error:
            self.speaker_problem = device_problem(error)
            sink = await self._loop.run_in_executor(None, self._open_speaker, NONE)
        if wanted == self.speaker:
            self._desk.start_speaker(sink)

    def close_speaker(self) -> None:
        """Hear nothing any more."""
        self._desk.stop_speaker()

    def device_changed(self) -> None:
        """Read what the desk's devices do now."""
        desk = self._desk
        self.microphone_problem = _problem(desk.microphone_state, desk.microphone_error)
        if self._without_microphone and self.microphone_on:
            self.microphone_problem = _("No microphone was found.")
        self.speaker_problem = _problem(desk.speaker_state, desk.speaker_error)
        if _is_lost(desk.microphone_error) or _is_lost(desk.speaker_error):
            self.look_again()
        self._changed()

    def look_again(self) -> None:
        """Have both devices let go, so that the system can say what is there now."""
        if self._loop.time() - self._looked >= LOOK_AGAIN:
            self._looked = self._loop.time()
            self._tasks.start(self.let_go())

    async def let_go(self) -> None:
        """Close both devices for a moment; what is wrong with them is told by their state."""
        try:
            await self._loop.run_in_executor(None, self._desk.look_again)
        except SoundError as error:
            log.warning("devices could not be looked for: %s", error.code)

    def _start(self) -> None:
        self._started = True
        self._tasks.start(self._start_microphone(self.microphone))

    def _replace_microphone(self) -> None:
        if self._started and (self.microphone_on or self._borrowed):
            self._start()
        elif self._started:
            self._close_microphone()

    async def _start_microphone(self, wanted: str) -> None:
        """Open a microphone; one that is open goes on until this one is known."""
        self.microphone_problem = ""
        try:
            source = await self._loop.run_in_executor(None, self._open_microphone, wanted)
        except MediaError as error:
            if wanted == self.microphone:
                self.microphone_problem = device_problem(error)
                self._close_microphone()
                self._changed()
            return
        if wanted != self.microphone or not self._started:
            return
        self._without_microphone = wanted == NONE
        self._send(source)
        self._desk.mute(not self.is_heard)
        self._changed()

    def _close_microphone(self) -> None:
        self._started = False
        self._send(None)


def _problem(state: DeviceState, error: SoundError | None) -> str:
    return device_problem(error) if state == "failed" and error is not None else ""


def _is_lost(error: SoundError | None) -> bool:
    return error is not None and error.code == "lost"
