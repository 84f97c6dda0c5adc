"""The echo of four rooms goes, and who speaks in them stays."""

import numpy as np
import pytest
from fakes.speech import speech

from bench.echo import CASES, ECHO, NOISE, Case, cleaned, echo_of, loudness
from media.sound.double_talk import HOLD, PROVEN, DoubleTalk, Talk
from media.sound.echo_path import EchoPath
from media.sound.processing import Cleaning
from media.sound.samples import BLOCK, RATE, Samples, silence

SECONDS = 6.0


def noise(seconds: float, seed: int = 5) -> Samples:
    chance = np.random.default_rng(seed)
    return chance.normal(0, NOISE, round(seconds * RATE)).astype(np.float32)


@pytest.mark.parametrize("case", CASES[:4], ids=lambda case: case.room.name)
def test_in_every_room_25_db_of_the_echo_are_gone_after_three_seconds(case: Case) -> None:
    far = speech(SECONDS, seed=1)
    heard = echo_of(far, case) + noise(SECONDS)
    sent = cleaned(heard, far, case, case.delay, Cleaning(gain=False))
    late = slice(3 * RATE, len(sent))
    assert loudness(heard[late]) - loudness(sent[late]) > 25


def subtracted(near: Samples, far: Samples) -> Samples:
    path = EchoPath()
    starts = range(0, len(near) - BLOCK + 1, BLOCK)
    return np.concatenate(
        [path.subtract(near[at : at + BLOCK], far[at : at + BLOCK]) for at in starts]
    )


def test_a_voice_against_an_echo_as_loud_loses_nothing_of_itself_to_the_linear_canceller() -> None:
    far, voice = speech(SECONDS, seed=1), speech(SECONDS, seed=2, pitch=190)
    voice[: 4 * RATE] = 0
    voice *= 2 * ECHO
    echo = echo_of(far, CASES[1]._replace(delay=0.02))
    left = subtracted(echo + voice + noise(SECONDS), far)
    both = slice(4 * RATE, len(left))
    assert loudness(left[both] - voice[both]) < loudness(echo[both]) - 10
    assert loudness(left[both]) == pytest.approx(loudness(voice[both]), abs=1.0)


def test_where_nothing_is_played_the_linear_canceller_changes_no_sample() -> None:
    voice = speech(1.0, seed=3)
    assert np.array_equal(subtracted(voice, np.zeros_like(voice)), voice)


def power(decibels: float) -> Samples:
    return np.full(BLOCK, 10 ** (decibels / 20), np.float32)


def proven() -> DoubleTalk:
    """Return one that knows a room in which 40 dB of the echo go."""
    talk = DoubleTalk()
    for _ in range(2 * PROVEN):
        talk.hear(silence(), power(-90), power(-90))
    for _ in range(2 * PROVEN):
        assert talk.hear(power(-25), power(-65), power(-75)) is Talk.FAR
    return talk


def test_a_voice_against_the_far_side_is_noticed_at_once_and_believed_for_a_while() -> None:
    talk = proven()
    assert talk.hear(power(-25), power(-30), power(-32)) is Talk.BOTH
    after = [talk.hear(power(-25), power(-65), power(-75)) for _ in range(2 * HOLD)]
    assert after[HOLD // 2] is Talk.BOTH
    assert after[-1] is Talk.FAR


def test_before_a_room_is_known_nobody_is_taken_for_a_voice_in_it() -> None:
    talk = DoubleTalk()
    talk.hear(silence(), power(-90), power(-90))
    heard = {talk.hear(power(-25), power(-30), power(-32)) for _ in range(5 * PROVEN)}
    assert heard == {Talk.FAR}


def test_an_echo_that_the_strict_canceller_takes_away_altogether_is_no_voice() -> None:
    talk = proven()
    heard = [talk.hear(power(-25), power(-35), power(-75)) for _ in range(PROVEN)]
    assert Talk.BOTH not in heard[HOLD:]


def test_without_echo_nobody_asks_who_speaks() -> None:
    talk = proven()
    heard = [talk.hear(silence(), power(-30), power(-30)) for _ in range(PROVEN)]
    assert set(heard[PROVEN // 2 :]) == {Talk.NO_ECHO}
