"""What a benchmark says about speech: where it belongs, and how far it is from what was said."""

import numpy as np
import pytest

from bench.hearing import MEASURE, PIECE_S, WORST, judge, lined_up
from bench.speech import SPEECH_S, read_wav, write_speech
from media.sound.samples import RATE


@pytest.fixture(scope="module")
def speech(tmp_path_factory) -> np.ndarray:
    path = tmp_path_factory.mktemp("speech") / "speech.wav"
    write_speech(path)
    return read_wav(path)


def is_better(one: float, other: float) -> bool:
    return one > other if MEASURE == "PESQ-WB" else one < other


def test_the_speech_lasts_as_long_as_it_should(speech):
    assert len(speech) == SPEECH_S * RATE
    assert np.sqrt(np.mean(speech**2)) > 0.02


@pytest.mark.parametrize("start", [0, 31_000, 455_000])
def test_a_piece_of_the_repeated_speech_is_found_in_it(speech, start: int):
    piece = np.take(speech, np.arange(start, start + PIECE_S * RATE), mode="wrap")
    assert np.array_equal(lined_up(speech, piece), piece)


def test_judged_in_pieces_the_whole_speech_is_better_than_a_broken_one(speech):
    twice = np.concatenate([speech, speech])
    broken = twice.copy()
    broken.reshape(-1, 960)[::5] = 0
    whole, worse = judge(twice, speech), judge(broken, speech)
    assert len(whole) == len(worse) == 3
    assert all(is_better(one, other) for one, other in zip(whole, worse, strict=True))


def test_silence_is_the_worst_speech(speech):
    assert judge(np.zeros_like(speech), speech)[0] == WORST
    assert is_better(judge(speech, speech)[0], WORST)
