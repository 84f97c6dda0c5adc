"""How long a packet may be late: not at all in order, as long as it was where packets overtake."""

import pytest

from media.path.patience import LEAST, LEAST_ANSWER, LONGEST_ANSWER, MOST, Answers, Patience


def test_on_a_path_in_order_a_packet_is_missing_at_once():
    patience = Patience()
    assert not patience.is_over(LEAST / 2, 1, now=0.0)
    assert patience.is_over(LEAST, 1, now=0.0)


def test_packets_out_of_order_are_waited_for_as_long_as_they_were_late():
    patience = Patience()
    for number in range(20):
        patience.came_late(0.030, 1, now=number * 0.1)
    assert not patience.is_over(0.030, 1, now=2.0)
    assert patience.is_over(0.040, 1, now=2.0)
    assert patience.is_over(LEAST, 3, now=2.0), "so many later ones prove a loss"


def test_nobody_can_stretch_the_patience_without_end():
    patience = Patience()
    for number in range(1000):
        patience.came_late(10.0, 1000, now=number * 0.01)
    assert patience.longest <= MOST
    assert patience.is_over(MOST, 1, now=10.0)


def test_a_path_that_keeps_the_order_again_is_trusted_again():
    patience = Patience()
    for number in range(20):
        patience.came_late(0.050, 4, now=number * 0.1)
    assert not patience.is_over(0.010, 1, now=2.0)
    assert patience.is_over(0.010, 1, now=40.0)


def test_an_answer_is_waited_for_as_long_as_answers_take():
    answers = Answers()
    assert answers.wait(0.0) == LEAST_ANSWER
    assert answers.wait(0.100) == pytest.approx(0.110)
    for _ in range(40):
        answers.came(0.300)  # a queue that the round trip does not know of yet
    assert answers.wait(0.020) == pytest.approx(0.300, abs=0.01)
    for _ in range(60):
        answers.came(0.010)
    assert answers.wait(0.005) < 0.025


def test_unsteady_answers_are_given_more_time():
    answers = Answers()
    for number in range(100):
        answers.came(0.030 + 0.040 * (number % 2))
    assert 0.070 < answers.wait(0.03) < 0.12


def test_nobody_can_stretch_the_wait_for_an_answer_without_end():
    answers = Answers()
    for _ in range(100):
        answers.came(1e6)
    assert answers.wait(0.0) <= LONGEST_ANSWER + 0.01


def test_answers_are_known_to_be_as_quick_as_the_quickest_certain_one_of_late():
    answers = Answers()
    assert answers.quickest(0.030, now=10.0) == 0.030
    answers.certain(0.003, now=10.0)
    answers.certain(0.020, now=10.5)
    assert answers.quickest(0.030, now=11.0) == 0.003
    assert answers.quickest(0.002, now=11.0) == 0.002
    assert answers.quickest(0.030, now=12.1) == 0.030
    answers.certain(0.020, now=12.2)
    assert answers.quickest(0.030, now=12.3) == 0.020
