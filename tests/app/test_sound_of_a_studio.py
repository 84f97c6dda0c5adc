"""A studio's sound: tried alone, hushed, replaced; its devices as they come and go."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import numpy as np
import pytest
from fakes.portaudio import FakePortAudio

from app import holding, sound_trial
from app import studio as module
from app.habits import Habits
from app.intents import (
    ChooseMicrophone,
    HoldMicrophone,
    LookAtLevel,
    SetVolume,
    TryMicrophone,
    TrySpeaker,
    UseOffered,
)
from app.meeting.wishes import SetMicrophone
from app.plugging import UNKNOWN, Choice, Found
from app.screens import Device
from app.studio import Studio
from media.sound.ends import Heard
from media.sound.processing import EVERYTHING
from media.sound.samples import BLOCK
from media.sound.stand_ins import NoSpeaker

ME, ADA = b"m" * 16, b"a" * 16
IN, OUT = Device("Built-in", "Built-in"), Device("Speakers", "Speakers")
JABRA_IN, JABRA_OUT = Device("Jabra mic", "Jabra mic"), Device("Jabra ear", "Jabra ear")
DESK = Found((), (IN,), (OUT,))
HEADSET = Found((), (IN, JABRA_IN), (OUT, JABRA_OUT))


class Humming:
    """A microphone that hums in real time and notes when it is open."""

    live = False
    overflows = 0

    def __init__(self, name: str, clock: Callable[[], float], log: list[str]) -> None:
        self.name, self._clock, self._log = name, clock, log
        self._next = 0.0

    def open(self) -> None:
        self._log.append(f"open {self.name}")
        self._next = self._clock()

    def read(self) -> Heard | None:
        if self._clock() < self._next:
            return None
        self._next += 0.01
        return Heard(np.full(BLOCK, 0.1, np.float32), self._next - 0.01)

    def wait(self) -> float:
        return max(self._next - self._clock(), 0.0)

    def close(self) -> None:
        self._log.append(f"close {self.name}")


class Listening(NoSpeaker):
    """A speaker that notes when it is open, and what it plays."""

    def __init__(self, name: str, clock: Callable[[], float], log: list[str]) -> None:
        super().__init__(clock)
        self.name, self._log = name, log
        self.loudest = 0.0

    def open(self) -> None:
        super().open()
        self._log.append(f"open {self.name}")

    def write(self, samples: Any) -> None:
        super().write(samples)
        self.loudest = max(self.loudest, float(np.abs(samples).max()))

    def close(self) -> None:
        self._log.append(f"close {self.name}")


class Stage:
    """A studio in a world of made-up devices."""

    def __init__(self, choice: Choice) -> None:
        self.found = DESK
        self.current = True  # whether the system says what is there while devices are in use
        self.log: list[str] = []
        self.speakers: list[Listening] = []
        self.told: list[bool] = []
        self.kept: list[tuple[str, object]] = []
        self.studio = Studio(
            ME,
            choice,
            EVERYTHING,
            changed=lambda: None,
            camera_lost=lambda: None,
            switch_microphone=self.switch,
            kept=lambda name, value: self.kept.append((name, value)),
        )

    def switch(self, on: bool) -> None:
        self.told.append(on)
        self.studio.use(on, False)

    def microphone(self, text: str, clock: Callable[[], float]) -> Humming:
        return Humming(text, clock, self.log)

    def speaker(self, text: str, clock: Callable[[], float]) -> Listening:
        self.speakers.append(Listening(text, clock, self.log))
        return self.speakers[-1]

    async def plug(self, found: Found) -> None:
        self.found = found
        await self.studio.look_for_devices()

    async def until(self, fact: Callable[[], object]) -> None:
        for _ in range(1500):
            if fact():
                return
            await asyncio.sleep(0.01)
        raise AssertionError(f"it did not happen: {self.log}")


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    monkeypatch.setattr(sound_trial, "SECONDS", 0.3)
    monkeypatch.setattr(holding, "CALM", 0.1)

    def run(story: Callable[[Stage], Coroutine[Any, Any, None]]) -> None:
        async def go() -> None:
            stage = Stage(Choice(camera="none"))
            monkeypatch.setattr(module, "_list_devices", lambda: stage.found)
            monkeypatch.setattr(module, "_look_again", lambda: stage.current)
            monkeypatch.setattr(module, "open_microphone", stage.microphone)
            monkeypatch.setattr(module, "open_speaker", stage.speaker)
            await stage.studio.look_for_devices()
            try:
                await story(stage)
            finally:
                await stage.studio.close()

        before = set(threading.enumerate())
        asyncio.run(asyncio.wait_for(go(), 30))
        assert not [t.name for t in threading.enumerate() if t not in before]

    return run


def test_no_device_has_a_handle_before_it_is_wanted_nor_after(monkeypatch):
    card = FakePortAudio("Built-in", "Headset").install(monkeypatch)
    monkeypatch.setattr(module, "cameras", list)
    monkeypatch.setattr("media.sound.capture.MUTED_OPEN", 0.05)

    async def go() -> None:
        stage = Stage(Choice())
        studio = stage.studio
        await studio.look_for_devices()
        studio.handle(LookAtLevel(True))
        studio.handle(ChooseMicrophone("Headset"))
        await asyncio.sleep(0.1)
        assert card.streams == []
        studio.use(microphone=True, camera=False)
        await stage.until(lambda: card.opened == ["Headset"])
        studio.use(microphone=False, camera=False)
        await stage.until(lambda: not card.streams[0].is_open)
        studio.handle(TrySpeaker())
        await stage.until(lambda: len(card.streams) == 2)
        studio.handle(TrySpeaker())
        await stage.until(lambda: not card.streams[1].is_open)
        await studio.close()
        assert not any(stream.is_open for stream in card.streams)

    asyncio.run(asyncio.wait_for(go(), 30))


# -- trying ---------------------------------------------------------------------------------------


def test_the_speaker_is_opened_for_the_test_sound_and_closed_after_it(play):
    async def story(stage: Stage) -> None:
        assert stage.log == []
        stage.studio.handle(TrySpeaker())
        assert stage.studio.devices.check.playing
        await stage.until(lambda: not stage.studio.devices.check.playing)
        await stage.until(lambda: stage.log == ["open default", "close default"])
        assert stage.speakers[0].loudest > 0.1

    play(story)


def test_a_test_sound_is_stopped_by_the_same_button(play):
    async def story(stage: Stage) -> None:
        stage.studio.handle(TrySpeaker())
        await stage.until(lambda: stage.log)
        stage.studio.handle(TrySpeaker())
        await stage.until(lambda: not stage.studio.devices.check.playing)
        await stage.until(lambda: stage.log[-1] == "close default")

    play(story)


def test_one_hears_oneself_and_then_the_microphone_is_closed_again(play):
    async def story(stage: Stage) -> None:
        stage.studio.handle(TryMicrophone())
        await stage.until(lambda: stage.studio.devices.check.recorded > 0)
        assert stage.studio.live.microphone  # it is open, whoever hears it
        await stage.until(lambda: stage.studio.devices.check.replaying)
        assert not stage.studio.live.microphone
        await stage.until(lambda: "close default" in stage.log)
        await stage.until(lambda: not stage.studio.devices.check.playing)
        assert stage.speakers[0].loudest == pytest.approx(0.1, abs=0.02)
        assert not stage.studio.microphone_on
        assert stage.studio.sound.microphone_state == "off"

    play(story)


def test_others_hear_nothing_of_a_trial_in_a_meeting_and_one_is_heard_again_after_it(play):
    async def story(stage: Stage) -> None:
        sent: list[bytes] = []
        await stage.studio.open_speaker()
        stage.studio.use(microphone=True, camera=False)
        await stage.until(lambda: stage.studio.own.is_open)
        stage.studio.sound._capture.on_packet = lambda packet, at: sent.append(packet)
        await stage.until(lambda: len(sent) > 3)
        stage.studio.handle(TryMicrophone())
        await stage.until(lambda: stage.studio.devices.check.recorded > 0)
        before = len(sent)
        await stage.until(lambda: stage.studio.devices.check.replaying)
        assert len(sent) - before <= 2
        await stage.until(lambda: stage.studio.own.is_heard and len(sent) > before + 10)
        assert "close default" not in stage.log

    play(story)


def test_a_microphone_that_gives_nothing_is_said(play, monkeypatch):
    monkeypatch.setattr(sound_trial, "PATIENCE", 0.1)
    monkeypatch.setattr(Humming, "read", lambda self: None)
    monkeypatch.setattr(Humming, "wait", lambda self: 0.01)

    async def story(stage: Stage) -> None:
        stage.studio.handle(TryMicrophone())
        await stage.until(lambda: stage.studio.devices.check.problem)
        assert stage.studio.devices.check.recorded == -1

    play(story)


def test_the_level_is_told_while_somebody_looks(play):
    async def story(stage: Stage) -> None:
        stage.studio.use(microphone=True, camera=False)
        await stage.until(lambda: stage.studio.sound.own_level > -40)
        assert stage.studio.devices.check.level_db == -100
        stage.studio.handle(LookAtLevel(True))
        assert stage.studio.devices.check.level_db > -40

    play(story)


# -- holding a key --------------------------------------------------------------------------------


def test_a_held_key_opens_the_microphone_and_letting_go_ends_the_sound_at_once(play):
    async def story(stage: Stage) -> None:
        await stage.studio.open_speaker()
        stage.studio.handle(HoldMicrophone(True))
        assert stage.told == [True]
        await stage.until(lambda: stage.studio.own.is_open)
        assert stage.studio.live.microphone
        stage.studio.handle(HoldMicrophone(False))
        assert not stage.studio.live.microphone
        assert stage.told == [True]
        await stage.until(lambda: stage.told == [True, False])

    play(story)


def test_before_the_meeting_a_held_key_opens_nothing(play):
    async def story(stage: Stage) -> None:
        stage.studio.handle(HoldMicrophone(True))
        await asyncio.sleep(0.05)
        assert stage.log == []

    play(story)


def test_the_button_ends_what_the_key_began(play):
    async def story(stage: Stage) -> None:
        await stage.studio.open_speaker()
        stage.studio.handle(HoldMicrophone(True))
        assert not stage.studio.handle(SetMicrophone(False))  # the meeting does the rest
        stage.switch(False)
        stage.studio.handle(HoldMicrophone(False))
        await asyncio.sleep(0.15)
        assert stage.told == [True, False]

    play(story)


def test_a_muted_microphone_that_is_to_stay_open_stays_and_one_that_was_never_open_is_not_opened(
    play,
):
    async def story(stage: Stage) -> None:
        stage.studio.adopt(Habits(hint="long"))
        await stage.studio.open_speaker()
        await asyncio.sleep(0.05)
        assert stage.log == ["open default"]  # the speaker
        stage.studio.use(microphone=True, camera=False)
        await stage.until(lambda: stage.studio.own.is_open)
        stage.studio.use(microphone=False, camera=False)
        assert stage.studio.talking.listening
        assert not stage.studio.live.microphone

    play(story)


# -- coming and going -----------------------------------------------------------------------------


def test_a_headset_is_offered_and_used_only_when_somebody_says_so(play):
    async def story(stage: Stage) -> None:
        await stage.studio.open_speaker()
        stage.studio.use(microphone=True, camera=False)
        await stage.until(lambda: stage.studio.own.is_open)
        await stage.plug(HEADSET)
        offer = stage.studio.devices.offer
        assert offer is not None
        assert (offer.microphone, offer.speaker) == ("Jabra mic", "Jabra ear")
        assert not any("Jabra" in line for line in stage.log)
        stage.studio.handle(UseOffered(True))
        assert stage.studio.devices.offer is None
        await stage.until(lambda: {"open Jabra mic", "open Jabra ear"} <= set(stage.log))
        assert stage.kept == [("microphone", "Jabra mic"), ("speaker", "Jabra ear")]

    play(story)


def test_an_offer_that_is_declined_changes_nothing(play):
    async def story(stage: Stage) -> None:
        await stage.plug(HEADSET)
        stage.studio.handle(UseOffered(False))
        assert stage.studio.devices.offer is None
        assert stage.studio.devices.microphone == "default"
        assert stage.log == []

    play(story)


def test_a_chosen_device_that_goes_is_replaced_and_taken_back_when_it_returns(play):
    async def story(stage: Stage) -> None:
        await stage.plug(HEADSET)
        stage.studio.handle(ChooseMicrophone("Jabra mic"))
        stage.studio.use(microphone=True, camera=False)
        await stage.until(lambda: stage.log == ["open Jabra mic"])
        await stage.plug(DESK)
        assert "Jabra mic" in stage.studio.devices.news
        assert stage.studio.devices.microphone == "default"
        await stage.until(lambda: stage.log[1:] == ["close Jabra mic", "open default"])
        await stage.plug(HEADSET)
        assert stage.studio.devices.microphone == "Jabra mic"
        await stage.until(lambda: stage.log[-1] == "open Jabra mic")
        assert stage.studio.devices.news_number == 2

    play(story)


def test_a_device_that_comes_and_goes_while_all_is_off_opens_nothing(play):
    async def story(stage: Stage) -> None:
        stage.studio.handle(ChooseMicrophone("Built-in"))
        for found in (HEADSET, Found(), HEADSET, DESK):
            await stage.plug(found)
        await asyncio.sleep(0.05)
        assert stage.log == []

    play(story)


def test_where_a_system_cannot_say_what_came_it_is_offered_and_looked_at_when_wanted(play):
    async def story(stage: Stage) -> None:
        await stage.studio.open_speaker()
        stage.studio.use(microphone=True, camera=False)
        await stage.until(lambda: stage.log.count("open default") == 2)
        stage.current, stage.found = False, HEADSET
        await stage.studio._look_after(more=False)  # something went: nothing to offer
        assert stage.studio.devices.offer is None
        await stage.studio._look_after(more=True)
        assert stage.studio.devices.offer == UNKNOWN
        assert stage.log.count("close default") == 0  # nothing is let go before it is wanted
        stage.studio.handle(UseOffered(True))
        await stage.until(lambda: {"open Jabra mic", "open Jabra ear"} <= set(stage.log))
        assert stage.studio.devices.offer is None

    play(story)


def test_a_camera_that_is_unplugged_is_off_and_said_and_no_other_is_taken(play):
    webcam = Found((Device("test", "Webcam"), Device("1", "Other")), (IN,), (OUT,))

    async def story(stage: Stage) -> None:
        await stage.plug(webcam)
        stage.studio.choose_camera("test")
        stage.studio.use(microphone=False, camera=True)
        slot = stage.studio.call.picture_slot(ME)
        await stage.until(slot.take)
        await stage.plug(Found((Device("1", "Other"),), (IN,), (OUT,)))
        assert not stage.studio.camera_on
        assert not stage.studio.live.camera
        assert stage.studio.camera_problem
        await stage.plug(webcam)
        assert not stage.studio.camera_on  # only its owner switches it on again

    play(story)


def test_what_the_system_chooses_is_followed_not_pinned(play):
    async def story(stage: Stage) -> None:
        await stage.studio.open_speaker()
        await stage.until(lambda: stage.log == ["open default"])
        await stage.plug(Found((), (IN,), (JABRA_OUT, OUT)))
        assert stage.studio.devices.speakers[0].name == "As the system: Jabra ear"
        assert stage.studio.devices.speaker == "default"
        await asyncio.sleep(0.05)
        assert stage.log == ["open default"]  # the system moves it along

    play(story)


def test_a_volume_is_kept_and_told(play):
    async def story(stage: Stage) -> None:
        stage.studio.handle(SetVolume(ADA, 0.5))
        assert stage.studio.talking.volumes == ((ADA, 0.5),)
        stage.studio.handle(SetVolume(ADA, 1.0))
        assert stage.studio.talking.volumes == ()

    play(story)


def test_somebody_who_comes_is_heard_where_that_is_wanted_and_the_speaker_is_open(play):
    async def story(stage: Stage) -> None:
        talking = stage.studio.talking
        talking.look((), 0.0)
        talking.look((ADA,), 10.0)
        assert not stage.studio.sound.playing
        await stage.studio.open_speaker()
        await stage.until(lambda: stage.studio.sound.speaker_state == "open")
        talking.look((), 20.0)
        assert stage.studio.sound.playing
        await stage.until(lambda: not stage.studio.sound.playing)
        talking.habits = Habits(chimes=False)
        talking.look((ADA,), 30.0)
        assert not stage.studio.sound.playing

    play(story)


def test_music_is_sent_as_soon_as_it_is_set(play):
    async def story(stage: Stage) -> None:
        stage.studio.adopt(Habits(music=True))
        assert stage.studio.sound._capture.music
        stage.studio.adopt(Habits())
        assert not stage.studio.sound._capture.music

    play(story)


def test_nobody_is_told_to_be_muted_who_tries_the_microphone_or_coughs(play):
    async def story(stage: Stage) -> None:
        def speak(start: float) -> int:
            for step in range(50):
                stage.studio.talking.look((), start + step / 10)
            return stage.studio.talking.told_muted

        await stage.studio.open_speaker()
        stage.studio.adopt(Habits(space="mute", hint="long"))
        stage.studio.use(microphone=True, camera=False)
        await stage.until(lambda: stage.studio.sound.own_speaking)
        stage.studio.handle(HoldMicrophone(True))
        assert speak(0.0) == 0
        stage.studio.handle(HoldMicrophone(False))
        stage.studio.handle(TryMicrophone())
        await stage.until(lambda: stage.studio.devices.check.recorded >= 0)
        assert speak(10.0) == 0
        stage.studio.handle(TryMicrophone())
        await stage.until(lambda: stage.studio.own.is_heard)
        stage.switch(False)
        assert speak(20.0) == 1

    play(story)
