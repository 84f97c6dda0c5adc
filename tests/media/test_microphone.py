"""Microphones: what the callback brings is what is read, and what goes away comes back."""

import time
from types import SimpleNamespace

import numpy as np
import pytest
from fakes import pulse
from fakes.clock import FakeClock
from fakes.portaudio import FakePortAudio
from fakes.speech import aligned_correlation, intelligibility, speech

from media.errors import SoundError
from media.sound import portaudio
from media.sound.microphone import BACKLOG, GONE, DeviceMicrophone, open_microphone
from media.sound.resample import Resampler
from media.sound.ring import Ring
from media.sound.samples import BLOCK
from media.sound.speaker import DeviceSpeaker


@pytest.fixture
def clock():
    return FakeClock()


def opened(monkeypatch, clock, **card):
    card = FakePortAudio("Built-in", "Headset", **card).install(monkeypatch)
    microphone = open_microphone("default", clock)
    microphone.open()
    return microphone, card


def read_all(microphone):
    heard = []
    while (block := microphone.read()) is not None:
        heard.append(block.samples)
    return np.concatenate(heard) if heard else np.zeros(0, np.float32)


@pytest.mark.parametrize("channels", [1, 2])
def test_what_the_device_hears_is_read_in_blocks_of_10_ms(monkeypatch, clock, channels):
    microphone, card = opened(monkeypatch, clock, channels=channels)
    sound = speech(0.1, seed=1)
    for at in range(0, len(sound), BLOCK):
        clock.forward(0.01)
        card.streams[0].hear(sound[at : at + BLOCK])
    assert np.allclose(read_all(microphone), sound, atol=1e-6)
    assert microphone.read() is None


@pytest.mark.parametrize("rate", [44_100, 16_000, 96_000])
def test_a_device_that_insists_on_its_own_rate_is_resampled(monkeypatch, clock, rate):
    microphone, card = opened(monkeypatch, clock, samplerate=rate)
    sound = speech(1.0, seed=2)
    slow = Resampler(48_000, rate).process(sound)
    heard = []
    for at in range(0, len(slow), rate // 100):
        clock.forward(0.01)
        card.streams[0].hear(slow[at : at + rate // 100])
        heard.append(read_all(microphone))
    heard = np.concatenate(heard)
    assert len(heard) == pytest.approx(len(sound), abs=3 * BLOCK)
    assert aligned_correlation(sound, heard[4800:-9600])[0] > 0.8


def test_the_capture_time_is_when_the_first_sample_was_heard(monkeypatch, clock):
    microphone, card = opened(monkeypatch, clock)
    start = clock()
    for _ in range(5):
        clock.forward(0.01)
        card.streams[0].hear(np.zeros(BLOCK))
    times = [microphone.read().captured for _ in range(5)]
    latency = card.streams[0].latency
    assert np.allclose(times, [start - latency + n * 0.01 for n in range(5)], atol=1e-6)


def test_a_reader_that_was_stopped_starts_at_now_again(monkeypatch, clock):
    microphone, card = opened(monkeypatch, clock)
    for n in range(50):
        clock.forward(0.01)
        card.streams[0].hear(np.full(BLOCK, n / 100))
    heard = read_all(microphone)
    assert len(heard) < BACKLOG * 48_000
    assert heard[-1] == pytest.approx(0.49)
    assert microphone.overflows == 1


def test_an_overflow_of_the_system_is_counted(monkeypatch, clock):
    microphone, card = opened(monkeypatch, clock)
    card.streams[0].hear(np.zeros(BLOCK), SimpleNamespace(input_overflow=True))
    assert microphone.overflows == 1


def test_a_device_without_callbacks_is_lost(monkeypatch, clock):
    microphone, _ = opened(monkeypatch, clock)
    clock.forward(GONE - 0.1)
    assert microphone.read() is None
    clock.forward(0.2)
    with pytest.raises(SoundError) as problem:
        microphone.read()
    assert problem.value.code == "lost"


def test_a_lost_device_is_replaced_by_what_is_plugged_in_now(monkeypatch, clock):
    card = FakePortAudio("Built-in", "Headset").install(monkeypatch)
    microphone = open_microphone("Headset", clock)
    microphone.open()
    card.streams[0].active = False
    with pytest.raises(SoundError):
        microphone.read()
    microphone.close()
    card.plugged = ["Built-in"]
    microphone.open()
    assert card.opened == ["Headset", "Built-in"]
    card.streams[1].active = False
    with pytest.raises(SoundError):
        microphone.read()
    microphone.close()
    card.plugged = ["Built-in", "Headset"]
    microphone.open()
    assert card.opened == ["Headset", "Built-in", "Headset"]


def test_a_device_plugged_in_a_moment_ago_is_found(monkeypatch, clock):
    card = FakePortAudio("Built-in").install(monkeypatch)
    card.plugged = ["Built-in", "Studio"]
    assert open_microphone("Studio", clock).name == "Studio"


@pytest.mark.parametrize(
    ("names", "text", "code"),
    [
        ([], "default", "no_device"),
        (["Built-in"], "Studio", "unknown_device"),
        (["USB one", "USB two"], "USB", "unknown_device"),
    ],
)
def test_a_microphone_that_is_not_there_is_one_clear_line(monkeypatch, clock, names, text, code):
    FakePortAudio(*names).install(monkeypatch)
    with pytest.raises(SoundError) as problem:
        open_microphone(text, clock)
    assert problem.value.code == code
    assert "\n" not in str(problem.value)


@pytest.mark.parametrize(
    ("text", "name"), [("USB one", "USB one"), ("two", "USB two"), ("1", "USB two")]
)
def test_a_microphone_is_found_by_name_by_part_of_it_or_by_number(monkeypatch, clock, text, name):
    FakePortAudio("USB one", "USB two").install(monkeypatch)
    assert open_microphone(text, clock).name == name


def test_without_portaudio_the_cure_is_told(monkeypatch, clock):
    import sys

    monkeypatch.setitem(sys.modules, "sounddevice", None)
    with pytest.raises(SoundError, match="install") as problem:
        open_microphone("default", clock)
    assert problem.value.code == "no_library"


def test_a_ring_gives_back_what_was_put_in_and_counts_what_did_not_fit():
    ring, seen = Ring(1000), []
    numbers = np.arange(10_000, dtype=np.float32)
    at = 0
    chance = np.random.default_rng(1)
    out = np.zeros(400, np.float32)
    while at < len(numbers):
        step = int(chance.integers(1, 400))
        ring.put(numbers[at : at + step])
        at += step
        count = ring.take(out)
        seen.append(out[:count].copy())
    while count := ring.take(out):
        seen.append(out[:count].copy())
    heard = np.concatenate(seen)
    assert ring.dropped == len(numbers) - len(heard)
    assert (np.diff(heard) > 0).all()
    ring.put(numbers[:1500])
    assert ring.filled == 1000
    assert ring.dropped == len(numbers) - len(heard) + 500


def through_devices(sound, clock, speaker, microphone):
    """Play `sound` to one device while recording another; returns what was heard."""
    speaker.open()
    microphone.open()
    heard, at = [], 0
    end = clock() + len(sound) / 48_000 + 1.0
    try:
        while clock() < end and at + BLOCK <= len(sound):
            while speaker.wants() >= BLOCK and at + BLOCK <= len(sound):
                speaker.write(sound[at : at + BLOCK])
                at += BLOCK
            while (block := microphone.read()) is not None:
                heard.append(block)
            time.sleep(0.002)
    finally:
        speaker.close()
        microphone.close()
    return heard


@pytest.mark.sound
def test_real_streams_carry_speech_through_virtual_devices(virtual_sound):
    sound, clock = speech(3.0, seed=3), time.monotonic
    speaker = DeviceSpeaker(pulse.FEED, clock)
    microphone = DeviceMicrophone(pulse.MICROPHONE, clock)
    heard = through_devices(sound, clock, speaker, microphone)
    samples = np.concatenate([block.samples for block in heard])
    assert intelligibility(sound, samples[9600:]) > 0.9
    assert len(samples) / 48_000 > 2.5
    assert portaudio.renew()  # nothing was left open
    steps = np.diff([block.captured for block in heard])
    assert np.median(steps) == pytest.approx(0.01, abs=0.002)


def read_for(microphone, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        microphone.read()
        time.sleep(0.01)


@pytest.mark.sound
def test_a_sound_server_that_dies_is_noticed_within_three_seconds(virtual_sound):
    clock = time.monotonic
    microphone = open_microphone(pulse.MICROPHONE, clock)
    microphone.open()
    end = clock() + 2
    while microphone.read() is None:
        assert clock() < end
        time.sleep(0.005)
    virtual_sound.stop()
    with pytest.raises(SoundError) as problem:
        read_for(microphone, 3.0)
    microphone.close()
    assert problem.value.code == "lost"
    with pytest.raises(SoundError):
        microphone.open()
