"""Speakers: what is written is played, ahead by just enough, on whatever device is there."""

import numpy as np
import pytest
from fakes.clock import FakeClock
from fakes.portaudio import FakePortAudio
from fakes.speech import aligned_correlation, speech

from media.errors import SoundError
from media.sound.microphone import GONE
from media.sound.samples import BLOCK
from media.sound.speaker import CALM, LEAD, MOST_LEAD, open_speaker


@pytest.fixture
def clock():
    return FakeClock()


def opened(monkeypatch, clock, **card):
    card = FakePortAudio("Built-in", "Headset", **card).install(monkeypatch)
    speaker = open_speaker("default", clock)
    speaker.open()
    return speaker, card


def fed(speaker, sound=None):
    """Write what the speaker wants; returns the blocks written."""
    count = 0
    while speaker.wants() >= BLOCK:
        part = np.zeros(BLOCK, np.float32) if sound is None else sound[:BLOCK]
        sound = None if sound is None else sound[BLOCK:]
        speaker.write(part)
        count += 1
    return count


@pytest.mark.parametrize("channels", [1, 2])
def test_what_is_written_is_played_on_every_channel(monkeypatch, clock, channels):
    speaker, card = opened(monkeypatch, clock, channels=channels)
    sound = speech(0.1, seed=1)
    played, at = [], 0
    for _ in range(10):
        while speaker.wants() >= BLOCK and at < len(sound):
            speaker.write(sound[at : at + BLOCK])
            at += BLOCK
        played.append(card.streams[0].play(BLOCK))
        clock.forward(0.01)
    played = np.concatenate(played)
    assert np.array_equal(played[: len(sound), 0], sound)
    assert all(np.array_equal(played[:, 0], played[:, n]) for n in range(channels))


@pytest.mark.parametrize("rate", [44_100, 16_000])
def test_a_device_of_another_rate_is_fed_at_its_rate(monkeypatch, clock, rate):
    speaker, card = opened(monkeypatch, clock, samplerate=rate)
    sound, at, played = speech(1.0, seed=2), 0, []
    for _ in range(100):
        while speaker.wants() >= BLOCK and at < len(sound):
            speaker.write(sound[at : at + BLOCK])
            at += BLOCK
        played.append(card.streams[0].play(rate // 100)[:, 0])
        clock.forward(0.01)
    played = np.concatenate(played)
    assert len(played) == rate
    from media.sound.resample import Resampler

    again = Resampler(rate, 48_000).process(played)
    assert aligned_correlation(sound, again[4800:-9600])[0] > 0.8


def test_twenty_milliseconds_are_kept_ahead(monkeypatch, clock):
    speaker, card = opened(monkeypatch, clock)
    assert fed(speaker) == LEAD // BLOCK
    assert speaker.wants() < BLOCK
    card.streams[0].play(BLOCK)
    assert fed(speaker) == 1
    assert speaker.latency == pytest.approx(0.01 + LEAD / 48_000, abs=0.011)


def test_an_underrun_is_silence_and_makes_the_speaker_more_careful(monkeypatch, clock):
    speaker, card = opened(monkeypatch, clock)
    fed(speaker, np.ones(10 * BLOCK, np.float32))
    played = card.streams[0].play(4 * BLOCK)
    assert played[: 2 * BLOCK].all()
    assert not played[2 * BLOCK :].any()
    assert fed(speaker) == LEAD // BLOCK + 1
    assert speaker.underruns == 1


def test_the_lead_grows_to_its_limit_and_shrinks_in_calm_minutes(monkeypatch, clock):
    speaker, card = opened(monkeypatch, clock)
    for _ in range(30):  # each time far more is played than there is
        fed(speaker)
        card.streams[0].play(24_000)
    assert fed(speaker) == MOST_LEAD // BLOCK
    for _ in range(int(CALM) * 10):
        clock.forward(1.0)
        card.streams[0].play(BLOCK)
        fed(speaker)
    while speaker.wants() < BLOCK:
        card.streams[0].play(BLOCK)
    assert speaker.latency <= 0.01 + LEAD / 48_000


def test_before_the_first_sound_nothing_is_an_underrun(monkeypatch, clock):
    speaker, card = opened(monkeypatch, clock)
    card.streams[0].play(BLOCK)
    fed(speaker)
    assert speaker.underruns == 0


def test_a_speaker_that_stops_asking_is_lost_and_opened_again(monkeypatch, clock):
    speaker, card = opened(monkeypatch, clock)
    clock.forward(GONE + 0.1)
    with pytest.raises(SoundError) as problem:
        speaker.wants()
    assert problem.value.code == "lost"
    speaker.close()
    assert not card.streams[0].is_open
    speaker.open()
    assert fed(speaker) == LEAD // BLOCK


@pytest.mark.parametrize(
    ("names", "text", "code"), [([], "default", "no_device"), (["A"], "B", "unknown_device")]
)
def test_a_speaker_that_is_not_there_is_one_clear_line(monkeypatch, clock, names, text, code):
    FakePortAudio(*names).install(monkeypatch)
    with pytest.raises(SoundError, match="speaker") as problem:
        open_speaker(text, clock)
    assert problem.value.code == code
