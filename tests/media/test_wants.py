"""Peers tell each other which pictures they want."""

from media.path.rtcp import WantReport
from media.path.wants import Want, Wants


def test_a_wish_is_sent_when_it_changes_and_kept_for_repetition():
    wants = Wants()
    assert wants.ask(1, 360, 30) == WantReport(1, 360, 30, 0)
    assert wants.ask(1, 360, 30) is None
    assert wants.ask(1, 0, 0) == WantReport(1, 0, 0, 1)
    assert wants.ask(2, 10**6, -1) == WantReport(2, 65_535, 0, 0)
    assert wants.ours == [WantReport(1, 0, 0, 1), WantReport(2, 65_535, 0, 0)]
    assert (wants.asked(2), wants.asked(3)) == (Want(65_535, 0), Want(0, 0))


def test_before_the_first_wish_nothing_is_wanted():
    assert Wants().of_peer == {}


def test_the_newest_number_counts_across_the_wrap_and_old_ones_change_nothing():
    wants = Wants()
    assert wants.take(WantReport(1, 360, 30, 65_535))
    assert not wants.take(WantReport(1, 360, 30, 65_535))
    assert wants.take(WantReport(1, 180, 15, 0))
    assert not wants.take(WantReport(1, 720, 30, 65_535))
    assert wants.of_peer == {1: Want(180, 15)}


def test_wishes_for_what_is_no_stream_are_not_kept():
    wants = Wants()
    assert not any(wants.take(WantReport(context, 1, 1, 1)) for context in range(4, 256))
    assert wants.of_peer == {}
