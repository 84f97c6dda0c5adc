"""How many bits sound gets."""

import pytest

from media.sound.rate import CALM, MUSIC, SPEECH, SoundRate


def settled(rate, kbps, *, music=False, seconds=60):
    for second in range(seconds):
        plan = rate.plan(kbps, float(second), music=music)
    return plan


def test_the_poorest_plan_fits_where_thirty_odd_kilobits_are_left():
    assert SPEECH[-1].bitrate == 16_000
    assert SPEECH[-1].kbps < 34
    assert settled(SoundRate(), 0.0) == SPEECH[-1]


def test_on_an_ordinary_path_speech_gets_32_kilobits_in_packets_of_20_ms():
    assert settled(SoundRate(), 400.0) == SPEECH[0]
    assert (SPEECH[0].bitrate, SPEECH[0].samples) == (32_000, 960)


def test_a_slow_computer_makes_longer_packets_of_as_many_bits():
    plan = SoundRate().plan(400.0, 0.0, shortest=1920)
    assert (plan.bitrate, plan.samples) == (SPEECH[0].bitrate, 1920)
    assert SoundRate().plan(0.0, 0.0, shortest=1920) == SPEECH[-1]


def test_music_gets_96_kilobits_where_they_are_there():
    assert settled(SoundRate(), 1000.0, music=True) == MUSIC[0]
    assert MUSIC[0].bitrate == 96_000


@pytest.mark.parametrize("kbps", [40, 70, 100, 150, 200, 1000])
def test_sound_takes_no_more_than_its_share_unless_there_is_nothing_smaller(kbps):
    plan = settled(SoundRate(), kbps)
    assert plan.kbps <= kbps / 2 or plan == SPEECH[-1]


def test_a_narrow_path_is_answered_at_once_and_a_wide_one_step_by_step():
    rate = SoundRate()
    assert rate.plan(500.0, 0.0) == SPEECH[0]
    assert rate.plan(50.0, 0.1) == SPEECH[2]
    assert rate.plan(500.0, 0.2) == SPEECH[2]
    assert rate.plan(500.0, 0.2 + CALM) == SPEECH[1]
    assert rate.plan(500.0, 0.3 + CALM) == SPEECH[1]
    assert rate.plan(500.0, 0.3 + 2 * CALM) == SPEECH[0]


def test_a_path_that_wavers_about_the_limit_does_not_make_the_sound_waver():
    rate, plans = SoundRate(), []
    for n in range(600):
        plans.append(rate.plan(2 * SPEECH[0].kbps * (1.05 if n % 20 < 10 else 0.95), n * 0.1))
    assert len(set(plans[1:])) <= 2
    assert len(set(plans[20:])) == 1
