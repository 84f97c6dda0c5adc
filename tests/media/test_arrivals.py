"""What arrived on a link is told, and the sender knows which packets are meant."""

import random

from media.arrivals import MAX_NOTED, Arrivals
from media.path_meter import PathMeter
from media.rtcp import ABSENT, MAX_ARRIVALS, TICK, ArrivalReport


def test_a_report_covers_what_came_and_names_what_did_not():
    arrivals = Arrivals()
    for number, at in ((65_534, 1.0), (65_535, 1.001), (1, 1.002)):
        arrivals.note(number, 500, at)
    report = arrivals.report()
    assert report == ArrivalReport(4000, 65_534, 3, 1500, (0, 4, ABSENT, 8))
    assert arrivals.report() is None


def test_the_next_report_goes_on_where_the_last_one_ended_and_a_gap_shows():
    arrivals = Arrivals()
    arrivals.note(5, 100, 1.0)
    arrivals.report()
    arrivals.note(8, 100, 2.0)
    report = arrivals.report()
    assert (report.first, report.offsets) == (6, (ABSENT, ABSENT, 0))


def test_a_packet_that_was_overtaken_is_told_later():
    arrivals = Arrivals()
    for number in (5, 7):
        arrivals.note(number, 100, 1.0)
    arrivals.report()
    arrivals.note(6, 100, 1.1)
    arrivals.note(8, 100, 1.2)
    report = arrivals.report()
    assert report.first == 6
    assert [offset == ABSENT for offset in report.offsets] == [False, True, False]
    assert report.packets == 4


def test_neither_a_jump_nor_a_flood_makes_a_long_report():
    rng = random.Random(1)
    arrivals = Arrivals()
    arrivals.note(0, 100, 1.0)
    arrivals.note(30_000, 100, 1.0)
    assert len(arrivals.report().offsets) == MAX_ARRIVALS
    for _ in range(50_000):
        arrivals.note(rng.randrange(65_536), 100, 2.0 + 30 * rng.random())
    assert len(arrivals._came) <= MAX_NOTED
    assert len(arrivals.report().offsets) <= MAX_ARRIVALS


def meter_after(sizes, first=65_500):
    meter = PathMeter(first)
    for count, octets in enumerate(sizes):
        meter.left(octets, count * 0.01)
    return meter


def test_the_sender_reads_one_way_times_and_loss_from_a_report():
    meter = meter_after([1000] * 10)
    arrivals = Arrivals()
    for place in (0, 1, 3, 4):
        arrivals.note((65_500 + place) & 0xFFFF, 1000, 50.0 + place * 0.01)
    path = meter.report(arrivals.report(), 1.0)
    assert path.loss == 0.2
    assert [round(sent, 2) for sent, _ in path.delays] == [0.0, 0.01, 0.03, 0.04]
    assert all(abs(delay - 50.0) <= TICK for _, delay in path.delays)


def test_a_report_about_what_never_left_is_refused():
    meter = meter_after([1000] * 10, first=0)
    good = ArrivalReport(0, 0, 5, 5000, (0,) * 5)
    for refused in (
        ArrivalReport(0, 0, 5, 5000, ()),
        ArrivalReport(0, 0, 5, 5000, (0,) * 11),
        ArrivalReport(0, 65_535, 5, 5000, (0,) * 5),
        ArrivalReport(0, 0, 11, 5000, (0,) * 5),
        ArrivalReport(0, 0, 5, 10_001, (0,) * 5),
    ):
        assert meter.report(refused, 1.0) is None
    assert meter.report(good, 1.0) is not None
