"""What arrived on a link is told, and the sender knows which packets are meant."""

import random

from media.path.arrivals import MAX_NOTED, Arrivals
from media.path.path_meter import PathMeter
from media.path.rtcp import ABSENT, MAX_ARRIVALS, TICK, ArrivalReport


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


def test_much_is_told_at_once_and_little_every_other_time():
    arrivals = Arrivals()
    arrivals.note(0, 100, 1.0)
    arrivals.report()
    arrivals.note(1, 100, 1.02)
    assert not arrivals.is_due(1.05)
    assert arrivals.is_due(1.1)
    for number in range(2, 6):
        arrivals.note(number, 100, 1.03)
    assert arrivals.is_due(1.05)


def test_who_waits_for_news_of_what_was_sent_is_known():
    meter = meter_after([1000] * 5)  # at 0.00 to 0.04
    assert meter.waiting_since == 0.0
    arrivals = Arrivals()
    for place in range(3):
        arrivals.note((65_500 + place) & 0xFFFF, 1000, 50.0)
    meter.report(arrivals.report(), 0.1)
    assert meter.waiting_since == 0.03
    for place in (3, 4):
        arrivals.note((65_500 + place) & 0xFFFF, 1000, 50.1)
    meter.report(arrivals.report(), 0.2)
    assert meter.waiting_since is None
    meter.left(1000, 5.0)
    meter.left(1000, 60.0)  # the one before is lost, and nothing was sent for a minute
    assert meter.waiting_since == 60.0


def test_who_is_too_busy_tells_what_came_but_not_when():
    meter = meter_after([1000] * 5)
    arrivals = Arrivals()
    for place in (0, 2):
        arrivals.note((65_500 + place) & 0xFFFF, 1000, 50.0 + place)
    path = meter.report(arrivals.report(busy=True), 1.0)
    assert path.arrived == []
    assert (path.expected, path.came, path.octets) == (3, 2, 2000)


def test_neither_a_jump_nor_a_flood_makes_a_long_report():
    rng = random.Random(1)
    arrivals = Arrivals()
    arrivals.note(0, 100, 1.0)
    arrivals.note(2_500, 100, 1.0)
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


def test_the_sender_reads_from_a_report_when_what_it_sent_arrived():
    meter = meter_after([1000] * 10)
    arrivals = Arrivals()
    for place in (0, 1, 3, 4):
        arrivals.note((65_500 + place) & 0xFFFF, 1000, 50.0 + place * 0.01)
    path = meter.report(arrivals.report(), 1.0)
    assert (path.expected, path.came, path.octets) == (5, 4, 4000)
    assert [round(sent, 2) for sent, _, _ in path.arrived] == [0.0, 0.01, 0.03, 0.04]
    assert all(abs(came - sent - 50.0) <= TICK for sent, came, _ in path.arrived)
    assert path.cluster == []


def test_what_a_lost_report_told_of_is_in_the_totals_of_the_next():
    meter = meter_after([1000] * 10)
    arrivals = Arrivals()
    for place in range(8):
        arrivals.note((65_500 + place) & 0xFFFF, 1000, 50.0 + place * 0.01)
        if place == 3:
            arrivals.report()
    path = meter.report(arrivals.report(), 1.0)
    assert len(path.arrived) == 4
    assert (path.expected, path.came, path.octets) == (8, 8, 8000)


def test_packets_that_try_the_path_are_told_apart():
    meter = meter_after([1000])
    meter.left(500, 0.5, in_cluster=True)
    arrivals = Arrivals()
    arrivals.note(65_500, 1000, 50.0)
    arrivals.note(65_501, 500, 50.1)
    path = meter.report(arrivals.report(), 1.0)
    assert [octets for _, _, octets in path.cluster] == [500]


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


def test_one_wild_number_leaves_the_reports_as_they_were():
    arrivals = Arrivals()
    for number in (65_530, 65_531, 30_000, 65_532):
        arrivals.note(number, 100, 1.0)
    report = arrivals.report()
    assert (report.first, report.packets, len(report.offsets)) == (65_530, 3, 3)


def test_numbers_that_go_on_elsewhere_are_reported_from_there():
    arrivals = Arrivals()
    arrivals.note(10, 100, 1.0)
    arrivals.report()
    for number in range(39_900, 39_910):
        arrivals.note(number, 100, 41.0)
    report = arrivals.report()
    assert (report.first, len(report.offsets)) == (39_901, 9), "the first was on probation"
