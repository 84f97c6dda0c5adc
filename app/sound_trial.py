"""Tries speaker and microphone for one person alone: a phrase to hear, three seconds of oneself."""

import asyncio
from collections.abc import Callable

from app.i18n import _
from app.own_sound import OwnSound
from app.screens import SoundCheck
from app.tasks import Tasks
from media.sound import chimes
from media.sound.desk import SoundDesk
from media.sound.recording import Recording
from media.sound.samples import Samples
from media.video.outgoing import call_soon

SECONDS = 3.0  # of one's own voice
PATIENCE = 5.0  # seconds a device may take to open before it is said that none does
POLL = 0.05
SILENCE = -100.0  # dB
STEP = 2.0  # dB of the level that is told: finer than the bars that show it


class SoundTrial:
    """Opens only what a trial needs, and closes it after; what is recorded stays in memory.

    While somebody records themselves the others hear nothing of it.
    """

    def __init__(
        self, desk: SoundDesk, own: OwnSound, tasks: Tasks, changed: Callable[[], None]
    ) -> None:
        self._desk, self._own, self._tasks, self._changed = desk, own, tasks, changed
        self._loop = asyncio.get_running_loop()
        self._speaker: asyncio.Task[None] | None = None
        self._microphone: asyncio.Task[None] | None = None
        self._recording: Recording | None = None
        self._replaying = False
        self._problem = ""
        self.level_wanted = False
        self.in_meeting = False  # others are to be heard, too: the speaker stays open

    @property
    def uses_microphone(self) -> bool:
        """Tell whether the microphone is open for a recording now."""
        return self._recording is not None

    @property
    def check(self) -> SoundCheck:
        """How far it is."""
        level = self._desk.own_level if self.level_wanted and self._own.is_open else SILENCE
        return SoundCheck(
            playing=self._speaker is not None or self._replaying,
            recorded=round(self._recording.share, 1) if self._recording is not None else -1.0,
            replaying=self._replaying,
            level_db=round(level / STEP) * STEP,
            problem=self._problem,
        )

    def try_speaker(self) -> None:
        """Play the phrase, or stop it."""
        if self._speaker is not None:
            self._speaker.cancel()
        elif self._microphone is None:
            self._problem = ""
            self._speaker = self._tasks.start(self._play_the_phrase())
        self._changed()

    def try_microphone(self) -> None:
        """Record three seconds and play them back, or stop that."""
        if self._microphone is not None:
            self._microphone.cancel()
        elif self._speaker is None:
            self._problem = ""
            self._microphone = self._tasks.start(self._hear_oneself())
        self._changed()

    async def _play_the_phrase(self) -> None:
        try:
            await self._play(chimes.trial())
        finally:
            self._speaker = None
            self._changed()

    async def _hear_oneself(self) -> None:
        full = asyncio.Event()

        def is_full() -> None:
            call_soon(self._loop, full.set)

        recording = self._recording = Recording(SECONDS, is_full)
        was_heard = self._own.is_heard
        try:
            self._own.hush(True)
            self._own.borrow(True)
            self._desk.listen(recording.take)
            self._tasks.start(self._tell_progress(recording))
            try:
                await asyncio.wait_for(full.wait(), SECONDS + PATIENCE)
            except TimeoutError:
                self._problem = self._own.microphone_problem or _("The microphone gives no sound.")
                return
            finally:
                self._give_back(was_heard)
            self._replaying = True
            self._changed()
            await self._play(recording.sound)
        finally:
            recording.wipe()
            self._recording, self._microphone, self._replaying = None, None, False
            self._changed()

    def _give_back(self, was_heard: bool) -> None:
        self._desk.listen(None)
        self._own.borrow(False)
        if was_heard and self._own.microphone_on:
            self._own.hush(False)
        self._recording = None

    async def _tell_progress(self, recording: Recording) -> None:
        while self._recording is recording:
            self._changed()
            await asyncio.sleep(2 * POLL)

    async def _play(self, sound: Samples) -> None:
        """Play a sound to its end, through a speaker that is opened for it if none is."""
        opened = self._desk.speaker_state == "off"
        if opened:
            await self._own.open_speaker()
        deadline = self._loop.time() + PATIENCE + len(sound) / 48_000
        try:
            self._desk.play(sound)
            while self._desk.playing:
                if self._loop.time() > deadline:
                    self._problem = self._own.speaker_problem or _("The speaker plays nothing.")
                    break
                await asyncio.sleep(POLL)
            await asyncio.sleep(2 * POLL)  # what was written last is heard a moment later
        finally:
            self._desk.stop_playing()
            if opened and not self.in_meeting:
                self._own.close_speaker()
