"""What a benchmark says about pictures: numbers, ages, freezes, likeness to the source."""

import numpy as np
import pytest

from bench.clip_file import LOOP_FRAMES, ClipFile, CountedClip, number_in, write_clip
from bench.witness import (
    PERFECT_DB,
    UNREADABLE,
    Arrival,
    Witness,
    ages,
    freezes,
    longest_gap,
    psnr,
    unrolled,
)

FRAME_S = 1 / 30


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> ClipFile:
    path = tmp_path_factory.mktemp("clip") / "clip.y4m"
    write_clip(path, 320, 180)
    return ClipFile(path, 320, 180)


def steady(start: float, end: float) -> list[float]:
    return list(np.arange(start, end, FRAME_S))


def test_every_picture_of_the_clip_carries_its_number(clip: ClipFile):
    assert len(clip) == LOOP_FRAMES
    assert [number_in(clip.luma(number)) for number in range(LOOP_FRAMES)] == list(range(300))
    assert clip[7].shape == (270, 320)


def test_a_number_survives_scaling_down_and_noise(clip: ClipFile):
    import cv2

    noise = np.random.default_rng(1).normal(0, 12, (90, 160))
    small = cv2.resize(clip.luma(211), (160, 90), interpolation=cv2.INTER_AREA) + noise
    assert number_in(np.clip(small, 0, 255).astype(np.uint8)) == 211


def test_a_late_camera_skips_pictures_and_says_which_it_took(clip: ClipFile):
    taken: list[tuple[int, float]] = []
    camera = CountedClip(clip, taken, start=100.0)
    due = [camera.next_due(now) for now in (100.0, 100.04, 100.5)]
    camera.take()
    assert due == pytest.approx([100 + FRAME_S, 100 + 2 * FRAME_S, 100.5])
    assert [number for number, _ in taken] == [15]


def test_counts_go_on_where_numbers_begin_again():
    numbers = [(298, 0.0), (299, 0.1), (1, 0.2), (1, 0.3), (0, 0.4)]
    assert [count for count, _ in unrolled(numbers)] == [298, 299, 301, 301, 600]


def test_the_age_of_a_picture_is_the_time_since_it_was_taken():
    taken = [(n % LOOP_FRAMES, n * FRAME_S) for n in range(700)]
    arrivals = [(n % LOOP_FRAMES, n * FRAME_S + 0.05) for n in range(20, 650, 2)]
    found = ages(taken, arrivals, start=10.0)
    assert found == pytest.approx([0.05] * len(found))
    assert len(found) == pytest.approx((650 - 300) / 2, abs=2)


def test_pictures_that_are_more_than_a_loop_old_are_seen_to_be_so():
    taken = [(n % LOOP_FRAMES, n * FRAME_S) for n in range(1200)]
    slower = [(n % LOOP_FRAMES, 0.03 + n * FRAME_S * 2) for n in range(500)]
    assert ages(taken, slower, start=0.0)[-1] == pytest.approx(499 * FRAME_S + 0.03)


def test_a_call_that_begins_long_after_the_camera_has_no_old_pictures():
    taken = [(n % LOOP_FRAMES, n * FRAME_S) for n in range(1000)]
    arrivals = [(n % LOOP_FRAMES, n * FRAME_S + 0.04) for n in range(700, 900)]
    assert ages(taken, arrivals, start=0.0) == pytest.approx([0.04] * 200)


def test_unreadable_and_repeated_pictures_have_no_age():
    taken = [(n, n * FRAME_S) for n in range(100)]
    arrivals = [(5, 0.3), (UNREADABLE, 0.33), (5, 0.36), (6, 0.4)]
    assert ages(taken, arrivals, 0.0) == pytest.approx([0.3 - 5 * FRAME_S, 0.4 - 6 * FRAME_S])


def test_a_steady_picture_has_no_freeze():
    assert freezes(steady(0, 10), 2.0, 10.0) == []
    assert longest_gap(steady(0, 10), 2.0, 10.0) == pytest.approx(FRAME_S, abs=1e-6)


def test_a_pause_of_more_than_150_ms_over_the_usual_is_a_freeze():
    long = [*steady(0, 5), *steady(5.2, 10)]
    short = [*steady(0, 5), *steady(5.1, 10)]
    assert freezes(long, 2.0, 10.0) == [pytest.approx(0.2, abs=0.04)]
    assert freezes(short, 2.0, 10.0) == []
    assert longest_gap(short, 2.0, 10.0) == pytest.approx(0.1, abs=0.04)


def test_a_slow_but_even_picture_is_slow_not_frozen():
    assert freezes(list(np.arange(0, 20, 0.4)), 5.0, 20.0) == []


def test_a_picture_that_never_moves_again_is_frozen_until_the_end():
    assert freezes(steady(0, 5), 2.0, 10.0) == [pytest.approx(5.0, abs=0.05)]
    assert freezes(steady(0, 5), 7.0, 10.0) == [pytest.approx(5.0, abs=0.05)]


def test_a_freeze_before_the_count_does_not_count():
    assert freezes([*steady(0, 1), *steady(1.5, 10)], 2.0, 10.0) == []


def test_the_likeness_to_the_source_is_that_of_the_whole_picture_but_its_number(clip: ClipFile):
    source = clip.luma(3)
    off = source.copy()
    off[:9] = 0  # the number's lines
    assert psnr(off, source) == PERFECT_DB
    off[9:] += 10
    assert psnr(off, source) == pytest.approx(28.13, abs=0.01)
    assert 20 < psnr(source[::2, ::2], source) < PERFECT_DB


def test_a_broken_picture_is_held_against_the_one_that_was_due(clip: ClipFile):
    witness = Witness(clip)
    witness.reset(0.0)
    witness.note(Arrival(0.0, 30, 320, 180))
    witness.see(np.full((180, 320), 128, np.uint8), 1.0)
    figures = witness.figures(until=2.0)
    assert figures["arrivals"] == [(30, 0.0), (UNREADABLE, 1.0)]
    assert figures["psnr_db"] == [
        pytest.approx(psnr(np.full((180, 320), 128), clip.luma(60)), abs=0.01)
    ]


def test_one_picture_a_second_is_looked_at_and_only_while_it_counts(clip: ClipFile):
    witness = Witness(clip)
    for number in range(60):
        witness.see(clip.luma(number), number * FRAME_S)
    witness.reset(2.0)
    for number in range(60, 150):
        witness.see(clip.luma(number), number * FRAME_S)
    figures = witness.figures(until=5.0)
    assert figures["psnr_db"] == [PERFECT_DB] * 3
    assert figures["sizes"] == {"320x180": 90}
    assert len(figures["arrivals"]) == 150


def test_pictures_that_come_another_way_are_held_against_a_source_seen_that_way(clip: ClipFile):
    def darker(i420: np.ndarray) -> np.ndarray:
        return i420[:180] // 2

    witness = Witness(clip, seen_as=darker)
    witness.reset(0.0)
    witness.see(clip.luma(4), 1.0, lambda: clip.luma(4) // 2)
    assert witness.figures(until=2.0)["psnr_db"] == [PERFECT_DB]
