"""Echo, noise, gain, levels, mixing and limiting."""

import sys

import numpy as np
import pytest
from fakes.speech import aligned_correlation, speech

from media.sound.level import LevelMeter
from media.sound.mixer import Limiter, Mixer
from media.sound.opus import Encoder
from media.sound.processing import AHEAD, NOTHING, Cleaning, Processing, Reference
from media.sound.samples import BLOCK, silence

LENGTH = 6.0


def blocks(sound):
    return (sound[at : at + BLOCK] for at in range(0, len(sound) - BLOCK + 1, BLOCK))


def room(far, delay=0.05, seed=1):
    """What a microphone hears of a loudspeaker: later, coloured, with 150 ms of reverberation."""
    chance = np.random.default_rng(seed)
    path = chance.normal(0, 0.05, 7200) * np.exp(-np.arange(7200) / 1200)
    path[0] = 0.5
    size = 1 << (len(far) + len(path)).bit_length()
    echo = np.fft.irfft(np.fft.rfft(far, size) * np.fft.rfft(path, size), size)[: len(far)]
    echo = np.concatenate([np.zeros(round(delay * 48_000)), echo])[: len(far)]
    return (0.3 * echo / np.abs(echo).max() + chance.normal(0, 5e-4, len(far))).astype(np.float32)


def loudness(sound):
    return 10 * np.log10(np.mean(np.square(sound, dtype=np.float64)) + 1e-12)


@pytest.mark.parametrize("delay", [0.02, 0.15])
def test_at_least_20_db_of_the_echo_are_removed(delay):
    far = speech(LENGTH, seed=1)
    echo = room(far, delay)
    processing = Processing()
    left = np.concatenate(
        [
            processing.clean(near, played)
            for near, played in zip(blocks(echo), blocks(far), strict=True)
        ]
    )
    second_half = len(far) // 2
    assert loudness(echo[second_half:]) - loudness(left[second_half:]) > 20


def test_the_near_speaker_stays_while_the_echo_goes():
    far, voice = speech(LENGTH, seed=1), speech(LENGTH, seed=2, pitch=190)
    voice[: 3 * 48_000] = 0
    processing = Processing(Cleaning(gain=False))
    near = room(far) + voice
    left = np.concatenate(
        [
            processing.clean(heard, played)
            for heard, played in zip(blocks(near), blocks(far), strict=True)
        ]
    )
    talking = left[4 * 48_000 : 5 * 48_000]
    assert aligned_correlation(voice, talking)[0] > 0.8


def test_noise_is_suppressed():
    noise = np.random.default_rng(3).normal(0, 0.01, 4 * 48_000).astype(np.float32)
    processing = Processing(Cleaning(echo=False, gain=False))
    left = np.concatenate([processing.clean(block, silence()) for block in blocks(noise)])
    assert loudness(noise[96_000:]) - loudness(left[96_000:]) > 5


def test_a_soft_voice_is_lifted_by_no_more_than_12_db():
    soft = speech(LENGTH, seed=4) * 0.05
    processing = Processing(Cleaning(echo=False, noise=False))
    left = np.concatenate([processing.clean(block, silence()) for block in blocks(soft)])
    lifted = loudness(left[-96_000:]) - loudness(soft[-96_000:])
    assert 3 < lifted < 13


def test_switched_off_nothing_changes():
    sound = speech(1.0, seed=5)
    processing = Processing(NOTHING)
    assert all(processing.clean(block, silence()) is block for block in [sound[:BLOCK]])
    assert processing.delay == 0
    assert processing.missing is None


def test_without_the_library_sound_goes_on_and_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "pywebrtc_audio", None)
    processing = Processing()
    block = speech(0.2, seed=6)[4800:5280]
    assert np.array_equal(processing.clean(block, silence()), block)
    assert "echo" in processing.missing


@pytest.mark.parametrize(
    "cleaning",
    [Cleaning(True, False, False), Cleaning(False, True, False), Cleaning(True, True, False)],
)
def test_the_delay_of_the_processing_is_known(cleaning):
    sound = speech(3.0, seed=7)
    processing = Processing(cleaning)
    left = np.concatenate([processing.clean(block, silence()) for block in blocks(sound)])
    _, offset = aligned_correlation(sound, left[48_000:96_000])
    assert (48_000 - offset) / 48_000 == pytest.approx(processing.delay, abs=0.002)


def compared(seconds, path, heard_at=lambda time: time, captured_at=lambda time: time):
    """Play speech, record it `path` seconds later; return what is compared, and what was played.

    `heard_at` and `captured_at` bend the times that the two devices tell.
    """
    sound, reference = speech(seconds, seed=8), Reference()
    far = []
    for n, block in enumerate(blocks(sound)):
        reference.played(block, heard_at(n * 0.01))
        far.append(reference.take(captured_at(n * 0.01 - path)))
    return np.concatenate(far), sound, reference


def test_what_is_compared_was_heard_just_before_whatever_the_latency():
    for path in (0.03, 0.1, 0.3):
        far, sound, _ = compared(3.0, path)
        _, offset = aligned_correlation(sound, far[48_000:96_000])
        assert (48_000 - offset) / 48_000 == pytest.approx(path - AHEAD, abs=0.001)


@pytest.mark.parametrize("told", [0.0, 0.02, -0.1])
def test_devices_that_tell_too_short_a_delay_still_have_what_was_just_played_to_compare(told):
    sound, reference, far = speech(3.0, seed=8), Reference(), []
    for n, block in enumerate(blocks(sound)):
        reference.played(block, n * 0.01 + told)
        far.append(reference.take(n * 0.01 - 0.01))
    likeness, offset = aligned_correlation(sound, np.concatenate(far)[48_000:96_000])
    assert likeness == pytest.approx(1.0, abs=1e-4)
    assert 0.01 <= (48_000 - offset) / 48_000 <= 0.03  # older than the newest, not much


def test_uneven_times_of_the_devices_do_not_move_what_is_compared():
    chance = np.random.default_rng(8)
    far, sound, reference = compared(
        4.0,
        0.05,
        lambda time: time + chance.uniform(-0.005, 0.005),
        lambda time: time + chance.uniform(-0.005, 0.005),
    )
    likeness, _ = aligned_correlation(sound, far[48_000:144_000])
    assert likeness == pytest.approx(1.0, abs=1e-4)
    assert reference.jumps == 0


def test_clocks_that_drift_are_followed_without_jumps():
    far, sound, reference = compared(30.0, 0.05, captured_at=lambda time: time * (1 + 300e-6))
    _, offset = aligned_correlation(sound, far[28 * 48_000 : 29 * 48_000])
    assert abs(28 * 48_000 - offset - (0.05 - AHEAD - 28 * 300e-6) * 48_000) < 0.008 * 48_000
    assert reference.jumps == 0


def test_a_stalled_device_is_found_again_at_once():
    far, sound, reference = compared(4.0, 0.05, lambda time: time + (0.06 if time > 1.5 else 0))
    _, offset = aligned_correlation(sound, far[3 * 48_000 : 4 * 48_000 - 4800])
    assert 3 * 48_000 - offset == pytest.approx((0.11 - AHEAD) * 48_000, abs=0.007 * 48_000)
    assert 1 <= reference.jumps <= 6


def test_with_nothing_played_there_is_silence_to_compare():
    reference = Reference()
    assert not reference.take(5.0).any()
    reference.played(np.ones(BLOCK, np.float32), 5.0)
    assert not reference.take(7.0).any()
    reference.begin()
    assert not reference.take(9.0).any()


def test_silence_and_noise_are_not_speech_but_speech_is():
    chance = np.random.default_rng(9)
    quiet, hiss, voice = LevelMeter(), LevelMeter(), LevelMeter()
    spoke = []
    for block in blocks(speech(3.0, seed=9)):
        quiet.feed(silence())
        hiss.feed(chance.normal(0, 0.003, BLOCK).astype(np.float32))
        voice.feed(block)
        spoke.append(voice.speaking)
    assert not quiet.speaking
    assert quiet.level_db == -100
    assert not hiss.speaking
    assert np.mean(spoke) > 0.5
    voice.rest()
    assert (voice.level_db, voice.speaking) == (-100, False)


def test_the_meter_tells_decibels_below_full_scale():
    meter = LevelMeter()
    meter.feed(np.full(BLOCK, 0.1, np.float32))
    assert meter.level_db == pytest.approx(-20, abs=0.1)


@pytest.mark.parametrize("level", [0.5, 1.0, 3.0, 100.0])
def test_the_limiter_never_lets_out_more_than_full_scale(level):
    chance = np.random.default_rng(10)
    limiter = Limiter()
    for turn in range(200):
        block = chance.normal(0, level, BLOCK).astype(np.float32) * (turn % 7 != 0)
        assert np.abs(limiter.limit(block)).max() < 1.0


def test_sound_below_the_limit_is_not_touched():
    limiter = Limiter()
    sound = speech(1.0, seed=11)
    assert all(np.array_equal(limiter.limit(block), block) for block in blocks(sound))


def test_the_limiter_comes_back_after_a_bang():
    limiter = Limiter()
    limiter.limit(np.full(BLOCK, 5.0, np.float32))
    soft = np.full(BLOCK, 0.1, np.float32)
    for _ in range(300):
        heard = limiter.limit(soft)
    assert np.array_equal(heard, soft)


@pytest.mark.parametrize("pitch", [60, 130, 1000])
def test_steady_loud_sound_is_turned_down_evenly(pitch):
    sound = (2 * np.sin(np.arange(96_000) * 2 * np.pi * pitch / 48_000)).astype(np.float32)
    limiter = Limiter()
    heard = np.concatenate([limiter.limit(block) for block in blocks(sound)])[4800:]
    assert np.abs(heard).max() < 1.0
    peaks = np.abs(heard[: len(heard) // 960 * 960].reshape(-1, 960)).max(axis=1)
    assert loudness(peaks.max()) - loudness(peaks.min()) < 0.6


def test_a_bang_is_turned_down_at_once_and_what_follows_is_as_before_within_a_second():
    limiter, soft = Limiter(), 0.1 * speech(2.0, seed=12)
    sound = soft.copy()
    sound[9600:9840] += 20.0
    heard = np.concatenate([limiter.limit(block) for block in blocks(sound)])
    assert np.abs(heard).max() < 1.0
    after = slice(9600 + 48_000, None)
    assert np.allclose(heard[after], soft[after], rtol=0.02, atol=1e-4)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_a_number_is_silence(bad):
    block = np.full(BLOCK, bad, np.float32)
    assert not Limiter().limit(block).any()


def filled(mixer, key, sound, now=0.0):
    playout, encoder = mixer.add(key), Encoder()
    for n in range(len(sound) // 960):
        packet = encoder.encode(sound[n * 960 : (n + 1) * 960])
        playout.push(n, n * 960, packet, now + n * 0.02)
    return playout


def played(mixer, seconds, now=0.0):
    return np.concatenate([mixer.mix(now + n * 0.01) for n in range(round(seconds * 100))])


def test_everybody_is_heard_at_once_and_eight_shouting_stay_below_full_scale():
    mixer = Mixer()
    for number in range(8):
        filled(mixer, bytes([number]), 2 * speech(0.9, seed=20 + number))
    heard = played(mixer, 0.9)
    assert 0.5 < np.abs(heard).max() < 1.0


def test_fifteen_people_are_mixed_and_each_is_still_heard():
    mixer, voices = Mixer(), [0.2 * speech(0.9, seed=40 + n, pitch=90 + 9 * n) for n in range(15)]
    for number, voice in enumerate(voices):
        filled(mixer, bytes([number]), voice)
    heard = played(mixer, 0.9)
    assert np.abs(heard).max() < 1.0
    alone = []  # as each would be played without the others: everybody has delays of their own
    for voice in voices:
        single = Mixer()
        filled(single, b"alone", voice)
        alone.append(played(single, 0.9))
    assert np.corrcoef(np.sum(alone, axis=0), heard)[0, 1] > 0.9
    shares, *_ = np.linalg.lstsq(np.stack(alone, axis=1), heard)
    assert min(shares) > 0.5


def test_each_person_has_a_volume():
    levels = {}
    for gain in (0.0, 0.5, 1.0, 9.0):
        mixer = Mixer()
        filled(mixer, b"a", 0.2 * speech(0.9, seed=30))
        mixer.set_volume(b"a", gain)
        levels[gain] = loudness(played(mixer, 0.9))
    assert levels[0.0] < -100
    assert levels[1.0] - levels[0.5] == pytest.approx(6, abs=0.5)
    assert levels[9.0] - levels[1.0] == pytest.approx(12, abs=1.5)  # four times is the most


def test_a_removed_person_is_not_heard_any_more():
    mixer = Mixer()
    filled(mixer, b"a", speech(0.9, seed=31))
    assert played(mixer, 0.5).any()
    mixer.remove(b"a")
    mixer.remove(b"nobody")
    assert not played(mixer, 0.2, now=0.5).any()
    assert mixer.stream(b"a") is None
