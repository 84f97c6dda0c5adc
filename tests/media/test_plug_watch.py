"""What comes and goes is noticed without opening it; a sound server has the names people know."""

import asyncio
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any

import numpy as np
import pytest
from fakes import pulse
from fakes.portaudio import FakePortAudio

from media import devices, plug_watch
from media.plug_watch import PlugWatch, SystemList, system_list
from media.sound import portaudio, sound_server
from media.sound.desk import SoundDesk
from media.sound.microphone import open_microphone
from media.sound.portaudio import SoundDevice
from media.sound.samples import RATE
from media.sound.sound_server import ServerDevice, parse
from media.sound.speaker import open_speaker

SINKS = """Sink #0
\tState: RUNNING
\tName: alsa_output.pci.analog-stereo
\tDescription: Built-in Audio Analog Stereo
\tMonitor Source: alsa_output.pci.analog-stereo.monitor
\tProperties:
\t\tdevice.description = "Built-in Audio"

Sink #7
\tName: bluez_output.00_11
\tDescription: Jabra: Evolve2 40

Sink #8
\tName: bluez_output.00_12
\tDescription: Jabra: Evolve2 40
"""
SOURCES = """Source #0
\tName: alsa_output.pci.analog-stereo.monitor
\tDescription: Monitor of Built-in Audio
\tMonitor of Sink: alsa_output.pci.analog-stereo

Source #1
\tName: alsa_input.usb
\tDescription: Blue Yeti
\tMonitor of Sink: n/a
"""


def test_speakers_have_the_names_people_know_each_once_and_the_default_is_first():
    assert parse(SINKS, "bluez_output.00_11") == [
        ServerDevice("bluez_output.00_11", "Jabra: Evolve2 40", True),
        ServerDevice("alsa_output.pci.analog-stereo", "Built-in Audio Analog Stereo", False),
        ServerDevice("bluez_output.00_12", "Jabra: Evolve2 40 (2)", False),
    ]


def test_what_a_speaker_plays_is_no_microphone():
    assert parse(SOURCES, "") == [ServerDevice("alsa_input.usb", "Blue Yeti", False)]


@pytest.mark.parametrize("text", ["", "\n\n\n", "Name: ", "\x00\xff" * 500, "Sink #1\n" * 5000])
def test_whatever_the_server_says_is_a_list(text):
    assert parse(text, "x") == []


def test_more_devices_than_anybody_has_are_cut_off():
    many = "\n\n".join(f"\tName: n{n}\n\tDescription: d{n}" for n in range(1000))
    assert len(parse(many, "")) == sound_server.MOST


def test_a_program_that_is_not_there_or_hangs_is_no_server(monkeypatch):
    monkeypatch.setattr(sound_server, "is_possible", lambda: True)
    monkeypatch.setattr(sound_server, "PROGRAM", "no-such-program")
    assert sound_server.devices("input") is None
    monkeypatch.setattr(sound_server, "PROGRAM", sys.executable)  # ends with an error
    assert sound_server.devices("output") is None


@pytest.fixture
def served(monkeypatch):
    """A PortAudio that knows only the way to a server which has two speakers."""
    known = [ServerDevice("n1", "Built-in", True), ServerDevice("n2", "Jabra", False)]
    ways = [SoundDevice(0, "default", True, 2, 48_000), SoundDevice(3, "pulse", False, 32, 44_100)]
    monkeypatch.setattr(portaudio, "_listed", lambda direction: list(ways))
    monkeypatch.setattr(sound_server, "devices", lambda direction: list(known))
    return known


def test_a_servers_devices_are_reached_through_the_one_way_to_it(served):
    assert [(d.index, d.name, d.node) for d in portaudio.devices("output")] == [
        (3, "Built-in", "n1"),
        (3, "Jabra", "n2"),
    ]
    assert devices.are_current()


def test_what_is_plugged_in_now_is_found_without_portaudio_looking_again(served):
    served.append(ServerDevice("n3", "Yeti", False))
    assert portaudio.find("output", "Yeti").node == "n3"


def test_the_default_is_left_to_the_server_and_other_ways_are_still_found(served):
    assert portaudio.find("output", "default").node == ""
    assert portaudio.find("output", "pulse").node == ""


def test_a_device_is_named_to_the_server_only_while_it_is_opened(monkeypatch):
    monkeypatch.delenv("PULSE_SINK", raising=False)
    monkeypatch.setenv("PULSE_SOURCE", "mine")
    speaker = SoundDevice(3, "Jabra", False, 2, 48_000, "n2")
    with portaudio._routed("output", speaker):
        assert portaudio.os.environ["PULSE_SINK"] == "n2"
    assert "PULSE_SINK" not in portaudio.os.environ
    with portaudio._routed("input", speaker):
        assert portaudio.os.environ["PULSE_SOURCE"] == "n2"
    assert portaudio.os.environ["PULSE_SOURCE"] == "mine"


def test_without_a_server_the_lists_are_as_old_as_portaudio(monkeypatch):
    FakePortAudio("Built-in").install(monkeypatch)
    assert not devices.are_current()


# -- noticing -------------------------------------------------------------------------------------


def watch(
    monkeypatch: Any, story: Callable[[list[bool]], Coroutine[Any, Any, None]], listed: Any
) -> None:
    async def go() -> None:
        news: list[bool] = []
        task = asyncio.get_running_loop().create_task(PlugWatch(news.append, listed=listed).run())
        try:
            await story(news)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    monkeypatch.setattr(plug_watch, "LOOK_EVERY", 0.02)
    monkeypatch.setattr(plug_watch, "CALM", 0.02)
    before = threading.active_count()
    asyncio.run(asyncio.wait_for(go(), 30))
    assert threading.active_count() == before


async def until(fact: Callable[[], object], seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < end, "it never happened"
        await asyncio.sleep(0.01)


def test_what_comes_and_goes_is_told_once_and_whether_it_is_more(monkeypatch):
    monkeypatch.setattr(sound_server, "is_possible", lambda: False)
    now = [SystemList((), 1)]

    async def story(news: list[bool]) -> None:
        await asyncio.sleep(0.1)
        assert news == []
        now[0] = SystemList((), 2)
        await until(lambda: news == [True])
        now[0] = SystemList((), 1)
        await until(lambda: news == [True, False])
        now[0] = SystemList(("video0",), 1)
        await until(lambda: news == [True, False, False])

    watch(monkeypatch, story, lambda: now[0])


def test_this_system_can_be_listed():
    listed = system_list()
    assert listed.sounds >= 0
    assert system_list() == listed


def test_a_server_that_is_not_there_is_no_news(monkeypatch):
    monkeypatch.setattr(sound_server, "is_possible", lambda: True)
    monkeypatch.setattr(sound_server, "PROGRAM", "false")
    monkeypatch.setattr(plug_watch, "SERVER_AGAIN", 0.02)

    async def story(news: list[bool]) -> None:
        await asyncio.sleep(0.3)
        assert news == []

    watch(monkeypatch, story, SystemList)


# -- with a real server ---------------------------------------------------------------------------

PLUG = ("load-module", "module-null-sink", "norewinds=1", "sink_name=jabra", "rate=48000")
NAMED = "sink_properties=device.description=Jabra"


@pytest.mark.sound
def test_a_headset_that_is_plugged_into_a_real_server_is_noticed_and_named(
    virtual_sound, monkeypatch
):
    async def story(news: list[bool]) -> None:
        await asyncio.sleep(0.5)  # the server listens to us now
        news.clear()
        virtual_sound.control(*PLUG, NAMED)
        await until(lambda: news)
        assert "Jabra" in [device.name for device in devices.speakers()]
        news.clear()
        virtual_sound.control("unload-module", "module-null-sink")
        await until(lambda: news)
        assert "Jabra" not in [device.name for device in devices.speakers()]

    watch(monkeypatch, story, SystemList)


def level_of(virtual_sound: Any, monitor: str, seconds: float) -> float:
    """Return how loud a virtual device plays, in dB, as another program would record it."""
    sound = virtual_sound.record(monitor, seconds)
    return float(10 * np.log10(np.mean(sound.astype(np.float64) ** 2) + 1e-12))


@pytest.mark.sound
def test_sound_goes_where_it_was_chosen_to_go_and_moves_on_while_others_speak(virtual_sound):
    virtual_sound.control(*PLUG, NAMED)
    desk = SoundDesk(time.monotonic)
    time_of_day = np.arange(60 * RATE) / RATE
    tone = (0.3 * np.sin(2 * np.pi * 440 * time_of_day)).astype(np.float32)
    desk.play(tone)
    try:
        desk.start_speaker(open_speaker("Jabra", time.monotonic))
        end = time.monotonic() + 5
        while desk.speaker_state != "open":
            assert time.monotonic() < end
            time.sleep(0.01)
        assert level_of(virtual_sound, "jabra.monitor", 0.5) > -20
        assert level_of(virtual_sound, "vspk.monitor", 0.3) < -90
        desk.start_speaker(open_speaker(pulse.SPEAKER, time.monotonic))
        time.sleep(0.6)
        assert level_of(virtual_sound, "vspk.monitor", 0.5) > -20
        assert level_of(virtual_sound, "jabra.monitor", 0.3) < -90
        assert desk.speaker_state == "open"
        assert desk.playing
    finally:
        desk.close()


@pytest.mark.sound
def test_a_real_microphone_is_heard_by_its_name(virtual_sound):
    desk, heard = SoundDesk(time.monotonic), []
    desk.listen(heard.append)
    assert virtual_sound.heard_here() == []
    try:
        desk.start_microphone(open_microphone(pulse.MICROPHONE, time.monotonic))
        end = time.monotonic() + 5
        while len(heard) < 20:
            assert time.monotonic() < end
            time.sleep(0.01)
        assert virtual_sound.heard_here() == ["mic"]
    finally:
        desk.close()
    assert virtual_sound.heard_here() == []
