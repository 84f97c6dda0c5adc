"""How the delay of sound is steered, and how much sound that changed."""

import pytest

from media.sound.pace import LATE, Pace


def test_what_is_put_in_and_what_is_taken_out_both_count():
    pace = Pace()
    pace.decide(0.1, 0.05, waiting=False)
    pace.changed(-0.004)
    pace.changed(0.003)
    pace.changed(0.0)
    assert pace.adjusted == pytest.approx(0.007)
    pace.forget()
    assert pace.adjusted == pytest.approx(0.007)


def test_a_delay_near_its_target_is_kept():
    pace = Pace()
    assert pace.decide(0.05 + LATE / 2, 0.05, waiting=False) == "keep"
    assert pace.adjusted == 0.0
