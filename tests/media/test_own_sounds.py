"""Sounds of this computer's own, a recording to listen to, devices that stay or are let go."""

import threading
import time

import numpy as np
import pytest
from fakes.clock import FakeClock
from fakes.portaudio import FakePortAudio
from fakes.speech import speech

from media.sound import chimes
from media.sound.desk import SoundDesk
from media.sound.ends import Heard
from media.sound.microphone import DeviceMicrophone
from media.sound.mixer import MOST_ASIDES, MOST_VOLUMES, Mixer
from media.sound.playback import Playback
from media.sound.processing import Cleaning, Processing, Reference
from media.sound.recording import Recording
from media.sound.samples import BLOCK, RATE, silence
from media.sound.speaker import DeviceSpeaker, open_speaker


def until(true, seconds=5.0):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.005)


def mixed(mixer, seconds):
    return np.concatenate([mixer.mix(n * 0.01) for n in range(round(seconds * 100))])


@pytest.mark.parametrize(
    "make", [chimes.calls, chimes.knocks, chimes.came, chimes.went, chimes.trial]
)
def test_a_chime_is_soft_and_begins_and_ends_without_a_click(make):
    sound = make()
    assert sound.dtype == np.float32
    assert 0.05 < np.abs(sound).max() <= chimes.PLAIN + 1e-6
    assert np.abs(sound[[0, -1]]).max() < 1e-4
    assert np.abs(np.diff(sound)).max() < 0.06  # a step this small is a tone, not a click
    assert len(sound) < 3 * RATE


def test_coming_goes_up_and_going_goes_down():
    def pitches(sound):
        halves = np.array_split(sound, [len(sound) // 4])
        spectra = [np.abs(np.fft.rfft(half, RATE)) for half in halves]
        return [int(np.argmax(spectrum)) for spectrum in spectra]

    first, then = pitches(chimes.came())
    assert first < then
    first, then = pitches(chimes.went())
    assert first > then


def test_a_sound_of_our_own_is_heard_once_among_the_others():
    mixer, chime = Mixer(), chimes.came()
    assert mixer.play(chime)
    assert mixer.playing
    heard = mixed(mixer, 1.0)
    assert np.allclose(heard[: len(chime)], chime, atol=1e-6)
    assert not heard[len(chime) + BLOCK :].any()
    assert not mixer.playing


def test_a_crowd_of_own_sounds_does_not_pile_up():
    mixer = Mixer()
    played = [mixer.play(chimes.came()) for _ in range(50)]
    assert played.count(True) == MOST_ASIDES
    assert mixer.asides_dropped == 50 - MOST_ASIDES
    mixed(mixer, 1.0)
    assert mixer.play(chimes.came())


def test_a_sound_that_is_stopped_fades_out_at_once():
    mixer = Mixer()
    mixer.play(chimes.trial())
    mixed(mixer, 0.5)
    mixer.stop_playing()
    last = mixer.mix(0.5)
    assert last.any()
    assert abs(last[-1]) < 1e-6
    assert not mixer.mix(0.51).any()


class Ear:
    """A speaker that wants one second and remembers it."""

    name, latency, underruns = "ear", 0.0, 0

    def __init__(self):
        self.heard = []

    def wants(self):
        return BLOCK if len(self.heard) < 100 else 0

    def write(self, samples):
        self.heard.append(samples.copy())

    def wait(self):
        return 0.0


def test_the_echo_canceller_is_told_of_our_own_sounds_as_of_the_others():
    told = []

    class Witness(Reference):
        def played(self, block, heard):
            told.append(block.copy())

    mixer, ear = Mixer(), Ear()
    mixer.play(chimes.came())
    playback = Playback(FakeClock(), mixer, Witness(), None)
    for _ in range(12):
        playback._turn(ear)
    assert np.concatenate(ear.heard).any()
    assert np.array_equal(np.concatenate(told), np.concatenate(ear.heard))


def test_a_volume_lasts_over_a_reconnect():
    mixer = Mixer()
    mixer.add(b"a")
    mixer.set_volume(b"a", 0.25)
    mixer.remove(b"a")
    mixer.set_volume(b"b", 2.0)  # of somebody whose link is not up yet
    for key in (b"a", b"b"):
        mixer.add(key)
    assert mixer.volumes == {b"a": 0.25, b"b": 2.0}
    assert [mixer._streams[key][1] for key in (b"a", b"b")] == [0.25, 2.0]


def test_volumes_are_kept_of_so_many_people_and_no_more():
    mixer = Mixer()
    for number in range(MOST_VOLUMES + 10):
        mixer.set_volume(number.to_bytes(2, "big"), 0.5)
    assert len(mixer.volumes) == MOST_VOLUMES


def test_a_recording_takes_what_fits_tells_once_and_is_wiped():
    full = []
    recording = Recording(0.05, lambda: full.append(True))
    sound = speech(0.1, seed=1)
    for at in range(0, len(sound), BLOCK):
        recording.take(sound[at : at + BLOCK])
    assert full == [True]
    assert recording.share == 1.0
    assert np.array_equal(recording.sound, sound[:2400])
    recording.wipe()
    recording.take(sound[:BLOCK])
    assert not len(recording.sound)
    assert full == [True]


class Source:
    """A microphone that counts its openings and hums."""

    live = False
    overflows = 0
    name = "source"

    def __init__(self):
        self.events = []
        self._next = 0.0

    def open(self):
        self.events.append("open")
        self._next = time.monotonic()

    def read(self):
        if time.monotonic() < self._next:
            return None
        self._next += 0.01
        return Heard(np.full(BLOCK, 0.1, np.float32), self._next)

    def wait(self):
        return max(self._next - time.monotonic(), 0.0)

    def close(self):
        self.events.append("close")


def test_a_listener_hears_a_muted_microphone_and_nobody_else_does():
    desk, packets, heard = SoundDesk(time.monotonic), [], []
    desk.start_microphone(Source(), lambda packet, at: packets.append(packet))
    desk.mute(True)
    until(lambda: desk.microphone_state == "open")
    before = len(packets)
    desk.listen(heard.append)
    until(lambda: len(heard) > 10)
    assert len(packets) <= before + 1
    desk.listen(None)
    time.sleep(0.05)
    count = len(heard)
    time.sleep(0.05)
    assert len(heard) == count
    desk.close()


def test_a_muted_microphone_stays_open_only_for_who_wants_it():
    clock, source = FakeClock(), Source()
    desk = SoundDesk(clock)
    desk.stay_open(True)
    desk.start_microphone(source)
    desk.mute(True)
    until(lambda: desk.microphone_state == "open")
    clock.forward(60.0)
    time.sleep(0.1)
    assert source.events == ["open"]
    desk.stay_open(False)
    until(lambda: desk.microphone_state == "closed_by_mute")
    assert source.events == ["open", "close"]
    desk.stay_open(True)
    until(lambda: source.events == ["open", "close", "open"])
    desk.close()


def test_both_devices_are_let_go_for_a_look_and_taken_up_again(monkeypatch):
    card = FakePortAudio("Built-in").install(monkeypatch)
    monkeypatch.setattr("media.sound.desk.portaudio.renew", card.renew)
    desk = SoundDesk(time.monotonic)
    desk.start_microphone(DeviceMicrophone("Built-in", time.monotonic))
    desk.start_speaker(DeviceSpeaker("Built-in", time.monotonic))
    until(lambda: desk.microphone_state == desk.speaker_state == "open")
    card.plugged = ["Built-in", "Headset"]
    assert not card.renew()  # as long as anything is open
    assert desk.look_again()
    assert card.names == ["Built-in", "Headset"]
    until(lambda: len(card.streams) == 4)
    assert [stream.is_open for stream in card.streams] == [False, False, True, True]
    desk.close()
    assert not any(stream.is_open for stream in card.streams)


def test_a_desk_without_devices_looks_at_once(monkeypatch):
    card = FakePortAudio("Built-in").install(monkeypatch)
    card.plugged = ["Built-in", "Headset"]
    before = threading.active_count()
    desk = SoundDesk(time.monotonic)
    assert desk.look_again()
    assert card.names == ["Built-in", "Headset"]
    assert threading.active_count() == before
    desk.close()


def test_strongly_takes_more_noise_than_a_little():
    chance = np.random.default_rng(3)
    noise = (0.02 * chance.normal(size=4 * RATE)).astype(np.float32)

    def left(cleaning):
        processing = Processing(cleaning)
        out = [
            processing.clean(noise[at : at + BLOCK], silence())
            for at in range(0, len(noise), BLOCK)
        ]
        return 10 * np.log10(np.mean(np.concatenate(out)[2 * RATE :] ** 2))

    mild = left(Cleaning(echo=False, gain=False))
    strong = left(Cleaning(echo=False, gain=False, strongly=True))
    assert strong < mild - 4
    assert mild < 10 * np.log10(np.mean(noise**2)) - 5


def test_a_trial_is_played_to_a_speaker_that_is_only_opened_for_it(tmp_path):
    desk = SoundDesk(time.monotonic)
    desk.start_speaker(open_speaker("none", time.monotonic))
    desk.play(chimes.came())
    assert desk.playing
    until(lambda: not desk.playing)
    desk.stop_speaker()
    until(lambda: desk.speaker_state == "off")
    desk.close()
