"""Files, tones and silence stand in for devices, at real-time pace."""

import wave

import numpy as np
import pytest
from fakes.clock import FakeClock
from fakes.speech import aligned_correlation, read_wav, speech, write_wav

from media.errors import SoundError
from media.sound.microphone import open_microphone
from media.sound.resample import Resampler
from media.sound.samples import BLOCK
from media.sound.speaker import open_speaker


def listened(source, clock, seconds):
    """What a source gives in so many seconds, and the capture times."""
    source.open()
    blocks, times = [], []
    for _ in range(round(seconds * 100)):
        clock.forward(0.01)
        while (heard := source.read()) is not None:
            blocks.append(heard.samples)
            times.append(heard.captured)
    source.close()
    return np.concatenate(blocks) if blocks else np.zeros(0, "f4"), times


@pytest.mark.parametrize("rate", [8000, 16_000, 22_050, 44_100, 48_000, 96_000])
def test_a_file_of_any_rate_is_heard_at_48_khz(tmp_path, rate):
    sound = speech(2.0, seed=1)
    slow = sound if rate == 48_000 else Resampler(48_000, rate).process(sound)
    path = write_wav(tmp_path / "speech.wav", slow, rate)
    clock = FakeClock()
    heard, _ = listened(open_microphone(str(path), clock), clock, 1.8)
    assert len(heard) == pytest.approx(1.8 * 48_000, abs=BLOCK)
    likeness, _ = aligned_correlation(sound, heard[4800:-9600])
    assert likeness > (0.97 if rate > 16_000 else 0.8)


@pytest.mark.parametrize(("width", "channels"), [(1, 1), (2, 2), (3, 1), (3, 2), (4, 6)])
def test_a_file_of_any_depth_and_channels_is_heard_as_one(tmp_path, width, channels):
    sound = speech(1.0, seed=2)
    whole = np.round(sound.astype(np.float64) * (2 ** (8 * width - 1) - 1)).astype(np.int64)
    data = (
        (whole + 128).astype(np.uint8)[:, None]
        if width == 1
        else (whole.astype("<i8").view(np.uint8).reshape(-1, 8)[:, :width])
    )
    path = tmp_path / "many.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(48_000)
        file.writeframes(np.repeat(data, channels, axis=0).tobytes())
    clock = FakeClock()
    heard, _ = listened(open_microphone(str(path), clock), clock, 0.9)
    assert np.abs(heard - sound[: len(heard)]).max() < 0.01


def test_a_file_is_spoken_again_and_again(tmp_path):
    sound = speech(0.5, seed=3)
    clock = FakeClock()
    source = open_microphone(str(write_wav(tmp_path / "short.wav", sound)), clock)
    heard, _ = listened(source, clock, 2.0)
    assert np.allclose(heard[:24_000], heard[24_000:48_000], atol=1e-4)


def test_a_source_is_paced_by_the_clock_without_drift():
    clock = FakeClock()
    source = open_microphone("test", clock)
    start = clock()
    heard, times = listened(source, clock, 30.0)
    assert len(heard) == pytest.approx(30.0 * 48_000, abs=BLOCK)
    assert times[0] == pytest.approx(start)
    assert np.allclose(np.diff(times), 0.01)


def test_after_a_suspended_computer_nothing_is_made_up_for():
    clock = FakeClock()
    source = open_microphone("none", clock)
    source.open()
    clock.forward(3600)
    blocks = 0
    while source.read() is not None:
        blocks += 1
    assert blocks <= 1


def test_the_test_tone_is_clearly_audible_and_leaves_pauses():
    clock = FakeClock()
    heard, _ = listened(open_microphone("test", clock), clock, 4.0)
    loudness = [np.sqrt(np.mean(heard[at : at + 4800] ** 2)) for at in range(0, len(heard), 4800)]
    assert 0.03 < max(loudness) < 0.3
    assert min(loudness) < 0.01
    assert np.abs(heard).max() < 0.7
    assert np.abs(np.diff(heard)).max() < 0.1


def test_no_microphone_is_silence_at_real_time_pace():
    clock = FakeClock()
    heard, _ = listened(open_microphone("none", clock), clock, 1.0)
    assert len(heard) == pytest.approx(48_000, abs=BLOCK)
    assert not heard.any()


def test_what_is_played_is_in_the_file_sample_by_sample(tmp_path):
    clock = FakeClock()
    sound = speech(1.0, seed=4)
    sink = open_speaker(str(tmp_path / "out.wav"), clock)
    sink.open()
    for at in range(0, len(sound), BLOCK):
        clock.forward(0.01)
        assert sink.wants() == BLOCK
        sink.write(sound[at : at + BLOCK])
        assert sink.wants() == 0
    sink.close()
    heard, rate = read_wav(tmp_path / "out.wav")
    assert rate == 48_000
    assert np.abs(heard - sound).max() < 1e-4


def test_a_file_that_is_still_being_written_can_be_read(tmp_path):
    clock = FakeClock()
    sink = open_speaker(str(tmp_path / "out.wav"), clock)
    sink.open()
    for _ in range(120):
        clock.forward(0.01)
        sink.write(np.full(BLOCK, 0.5, np.float32))
    heard, _ = read_wav(tmp_path / "out.wav")
    sink.close()
    assert len(heard) == 48_000


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: None, "cannot read"),
        (lambda path: path.write_bytes(b""), "no WAV file"),
        (lambda path: path.write_bytes(b"RIFF\x00\x00\x00\x00WAVEfmt "), "no WAV file"),
        (lambda path: path.write_bytes(b"ID3" + bytes(500)), "no WAV file"),
        (lambda path: write_wav(path, np.zeros(0, "f4")), "no sound"),
        (lambda path: write_wav(path, np.zeros(10, "f4"), rate=10), "no sound"),
        (lambda path: path.mkdir(), "cannot read"),
    ],
)
def test_a_file_that_is_no_sound_is_one_clear_line(tmp_path, make, words):
    path = tmp_path / "broken.wav"
    make(path)
    with pytest.raises(SoundError, match=words) as problem:
        open_microphone(str(path), FakeClock())
    assert problem.value.code == "file"
    assert "\n" not in str(problem.value)


def test_a_file_that_cannot_be_written_is_one_clear_line(tmp_path):
    with pytest.raises(SoundError, match="cannot write") as problem:
        open_speaker(str(tmp_path / "nowhere" / "out.wav"), FakeClock())
    assert problem.value.code == "file"


@pytest.mark.parametrize("source", [44_100, 16_000, 8000, 96_000])
def test_resampling_keeps_a_tone_and_the_time(source):
    pitch = 1000.0
    sound = np.sin(2 * np.pi * pitch * np.arange(source) / source).astype(np.float32)
    resampler = Resampler(source, 48_000)
    pieces = [resampler.process(sound[at : at + 441]) for at in range(0, source, 441)]
    heard = np.concatenate(pieces)
    assert len(heard) == pytest.approx(48_000, abs=480)
    time = np.arange(4800, 43_200)
    basis = np.stack(
        [np.sin(2 * np.pi * pitch * time / 48_000), np.cos(2 * np.pi * pitch * time / 48_000)]
    )
    tone = heard[4800:43_200]
    strength = np.linalg.lstsq(basis.T, tone, rcond=None)[0]
    assert np.hypot(*strength) == pytest.approx(1.0, abs=0.01)
    assert np.abs(tone - strength @ basis).max() < 0.003
