"""When pictures are shown beside the sound of the same moment, in simulated time."""

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.sync import AHEAD, LONGEST, LipSync, apart

WRAP = 2**32


def picture(captured):
    return round(captured * 90_000) % WRAP


def sound(captured):
    return round(captured * 48_000) % WRAP


@given(st.floats(0, 10_000_000), st.floats(-100, 100))
def test_times_of_pictures_and_sound_are_compared_whatever_has_wrapped(captured, between):
    found = apart(picture(captured + between + 100), sound(captured + 100))
    assert found == pytest.approx(between, abs=1e-4)


def shown(arrivals, lag, *, steps=None):
    """Show pictures (captured, decoded at); sound is heard `lag(now)` after its capture.

    Returns for each when it was shown and how long before its sound that was.
    """
    sync, story = LipSync(), []
    for captured, decoded in arrivals:
        heard = lag(decoded)
        ts = None if heard is None else sound(1_000_000 + decoded - heard)
        at = sync.due(picture(1_000_000 + captured), ts, 50 + decoded) - 50
        told = steps(at) if steps else lag(at)
        story.append((at, None if told is None else captured + told - at))
    return story


def every(interval, seconds, delay=0.01):
    return [(n * interval, n * interval + delay) for n in range(round(seconds / interval))]


def test_a_picture_that_is_early_waits_for_its_sound():
    for at, lead in shown(every(1 / 30, 2), lambda _: 0.15):
        assert lead == pytest.approx(AHEAD, abs=0.001)
        assert at > 0


def test_a_picture_that_is_late_is_shown_at_once():
    arrivals = every(1 / 30, 2, delay=0.2)
    story = shown(arrivals, lambda _: 0.1)
    assert [at for at, _ in story] == pytest.approx([decoded for _, decoded in arrivals])


def test_nothing_is_held_without_sound():
    arrivals = every(1 / 30, 1)
    story = shown(arrivals, lambda now: 0.2 if now < 0.5 else None)
    for (_, decoded), (at, _) in zip(arrivals, story, strict=True):
        assert at - decoded == pytest.approx(0.19 - AHEAD if decoded < 0.5 else 0.0)


def test_no_picture_is_held_longer_than_the_limit():
    arrivals = every(1 / 30, 2)
    story = shown(arrivals, lambda _: 0.6)
    held = [at - decoded for (_, decoded), (at, _) in zip(arrivals, story, strict=True)]
    assert max(held) == pytest.approx(LONGEST)


def test_times_that_do_not_belong_together_hold_nothing():
    sync = LipSync()
    for captured in (5.0, 3000.0, -3000.0):
        assert sync.due(picture(10_000 + captured), sound(10_000), 7.0) == 7.0
        assert sync.lead is None


def test_uneven_readings_of_the_sound_do_not_shake_the_pictures():
    chance = random.Random(3)
    story = shown(every(1 / 30, 10), lambda _: 0.15 + chance.uniform(-0.01, 0.01))
    steps = [later[0] - earlier[0] for earlier, later in pairwise(story)]
    assert max(steps[30:]) - min(steps[30:]) < 0.006


def test_after_a_freeze_picture_and_sound_are_together_within_two_seconds():
    """The network held everything back for 0.8 s; then the sound is squeezed back to its delay."""

    def lag(now):
        return 0.1 if now < 3 else max(0.5 - 0.25 * (now - 3.8), 0.1)

    arrivals = [
        (captured, max(decoded, 3.8) if decoded > 3 else decoded)
        for captured, decoded in every(1 / 30, 8)
    ]
    story = shown(arrivals, lag)
    after = [lead for at, lead in story if at > 5.8]
    assert len(after) > 50
    assert max(abs(lead) for lead in after) < 0.080


@given(
    st.lists(st.tuples(st.integers(0, WRAP - 1), st.none() | st.integers(0, WRAP - 1)), max_size=30)
)
def test_whatever_a_sender_says_a_picture_is_held_within_the_limit(times):
    sync, now = LipSync(), 0.0
    for picture_ts, heard_ts in times:
        due = sync.due(picture_ts, heard_ts, now)
        assert now <= due <= now + LONGEST + 1e-9
        now += 0.03
