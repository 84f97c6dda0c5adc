"""One person's devices: opened when wanted, closed when not, and said when they fail."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from app import studio as module
from app.intents import LookAt
from app.studio import Choice, Studio
from media.sound.processing import EVERYTHING

ME = b"m" * 16
TEST = Choice(camera="test", microphone="test", speaker="none")


class Stage:
    def __init__(self, choice: Choice = TEST) -> None:
        self.changes = 0
        self.lost = 0
        self.studio = Studio(
            ME, choice, EVERYTHING, changed=self.changed, camera_lost=self.camera_lost
        )

    def changed(self) -> None:
        self.changes += 1

    def camera_lost(self) -> None:
        self.lost += 1

    async def until(self, fact: Callable[[], object]) -> None:
        for _ in range(1000):
            if fact():
                return
            await asyncio.sleep(0.01)
        raise AssertionError("it did not happen")


def run(story: Callable[[Stage], Coroutine[Any, Any, None]], choice: Choice = TEST) -> None:
    async def go() -> None:
        stage = Stage(choice)
        await stage.studio.look_for_devices()
        try:
            await story(stage)
        finally:
            await stage.studio.close()

    before = set(threading.enumerate())
    asyncio.run(asyncio.wait_for(go(), 30))
    assert not [t.name for t in threading.enumerate() if t not in before]


def test_looking_which_devices_there_are_opens_none():
    async def story(stage: Stage) -> None:
        assert stage.changes == 1
        assert (stage.studio.devices.camera, stage.studio.devices.microphone) == ("test", "test")
        assert stage.studio.sound.microphone_state == "off"
        assert not stage.studio.camera_on

    run(story)


def test_choosing_a_device_that_is_off_opens_nothing(monkeypatch: Any):
    opened: list[str] = []
    for name in ("open_camera", "open_microphone", "open_speaker"):
        monkeypatch.setattr(module, name, lambda *_, n=name: opened.append(n))

    async def story(stage: Stage) -> None:
        stage.studio.choose_camera("test")
        stage.studio.choose_microphone("test")
        stage.studio.choose_speaker("none")
        await asyncio.sleep(0.05)
        assert opened == []

    run(story)


def test_a_camera_that_is_switched_on_gives_pictures_and_none_when_off():
    async def story(stage: Stage) -> None:
        slot = stage.studio.call.picture_slot(ME)
        stage.studio.use(microphone=False, camera=True)
        await stage.until(slot.take)
        stage.studio.use(microphone=False, camera=False)
        await stage.until(lambda: not any(t.name == "encoder" for t in threading.enumerate()))
        slot.take()
        await asyncio.sleep(0.2)
        assert slot.take() is None

    run(story)


def test_a_microphone_that_is_switched_on_has_a_level_and_is_closed_soon_after_muting():
    async def story(stage: Stage) -> None:
        stage.studio.use(microphone=True, camera=False)
        await stage.until(lambda: stage.studio.sound.own_level > -60)
        stage.studio.use(microphone=False, camera=False)
        await stage.until(lambda: stage.studio.sound.microphone_state != "open")

    run(story)


def test_a_camera_that_cannot_be_opened_is_said_and_others_hear_that_it_is_off(tmp_path: Path):
    async def story(stage: Stage) -> None:
        stage.studio.use(microphone=False, camera=True)
        await stage.until(lambda: stage.lost)
        assert stage.studio.camera_problem
        assert not stage.studio.camera_on

    run(story, Choice(camera=str(tmp_path / "no such film.mp4"), microphone="test"))


def test_no_camera_at_all_is_said():
    async def story(stage: Stage) -> None:
        stage.studio.use(microphone=False, camera=True)
        await stage.until(lambda: stage.lost)
        assert stage.studio.camera_problem

    run(story, Choice(camera="none", microphone="none", speaker="none"))


def test_a_microphone_that_cannot_be_opened_is_said(tmp_path: Path):
    async def story(stage: Stage) -> None:
        stage.studio.use(microphone=True, camera=False)
        await stage.until(lambda: stage.studio.microphone_problem)

    run(story, Choice(camera="none", microphone=str(tmp_path / "no such sound.wav")))


def test_where_there_is_no_device_a_test_picture_and_a_tone_stand_in_and_it_is_said():
    async def story(stage: Stage) -> None:
        stage.studio.stand_in()
        assert stage.studio.standing_in
        assert (stage.studio.devices.camera, stage.studio.devices.microphone) == ("test", "test")

    run(story, Choice(camera="none", microphone="none", speaker="none"))


def test_a_choice_stays_when_the_devices_are_listed_again():
    async def story(stage: Stage) -> None:
        stage.studio.choose_camera("another camera")
        stage.studio.choose_microphone("")
        await stage.studio.look_for_devices()
        assert (stage.studio.devices.camera, stage.studio.devices.microphone) == (
            "another camera", "",
        )  # fmt: skip

    run(story)


def test_what_was_chosen_needs_no_stand_in():
    async def story(stage: Stage) -> None:
        stage.studio.stand_in()
        assert not stage.studio.standing_in

    run(story)


def test_closing_in_the_middle_of_opening_leaves_no_thread():
    async def story(stage: Stage) -> None:
        stage.studio.use(microphone=True, camera=True)
        await stage.studio.open_speaker()

    run(story)


def test_who_is_looked_at_stays_so_until_nobody_is():
    async def story(stage: Stage) -> None:
        assert stage.studio.handle(LookAt(b"a" * 16))
        assert stage.studio.looked_at == {b"a" * 16}
        assert stage.studio.handle(LookAt(b""))
        assert stage.studio.looked_at == frozenset()

    run(story)
