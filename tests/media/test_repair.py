"""The plan of repair: nothing without loss, the cheaper means for the round trip, within bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.path.fec import MAX_ROWS
from media.path.loss_meter import SETTLE, LossMeter
from media.path.repair import STEPS, PathLoss, RepairPlan, plan
from media.path.rtcp import ABSENT, ArrivalReport

LAYERS = ((0, True), (0, False), (1, False), (2, False))


def planned(loss, round_trip=0.02, burst=1.0, budget=1000.0, last=None):
    path = PathLoss(round_trip, loss, loss, burst, rate=150.0)
    return plan(path, budget, last or RepairPlan())


def rows(repair, packets=3):
    return [repair.rows(packets, layer, key) for layer, key in LAYERS]


def test_nothing_is_added_where_nothing_is_lost():
    for round_trip in (0.005, 0.3):
        repair = planned(0.0, round_trip)
        assert repair == RepairPlan()
        assert rows(repair) == [0, 0, 0, 0]


def test_near_peers_are_repaired_by_repetition_far_ones_by_parity():
    assert rows(planned(0.1, round_trip=0.005)) == [0, 0, 0, 0]
    far = rows(planned(0.1, round_trip=0.25))
    assert far[0] >= far[1] >= far[2] >= 1
    assert rows(planned(0.1, round_trip=0.06)) != [0, 0, 0, 0]


def test_what_others_build_upon_is_protected_most():
    for loss in (0.05, 0.1, 0.2):
        for packets in (2, 3, 6):
            key, base, middle, top = rows(planned(loss, 0.25), packets)
            assert key >= base >= middle
            assert base / packets >= top / packets


def test_large_frames_need_fewer_rows_for_each_packet():
    repair = planned(0.1, round_trip=0.25)
    shares = [repair.rows(packets, 0, True) / packets for packets in (3, 12, 50)]
    assert shares == sorted(shares, reverse=True)


def test_a_plan_for_more_loss_is_kept_until_it_is_clearly_less():
    repair = planned(0.1)
    assert planned(0.09, last=repair).loss == repair.loss
    assert planned(0.06, last=repair).loss == repair.loss
    assert planned(0.05, last=repair).loss < repair.loss
    assert planned(0.0005, last=repair).loss == 0.0


def test_sound_is_carried_twice_in_loss_and_in_bursts_further_back():
    assert planned(0.01).distances == ()
    assert planned(0.05).distances == (1,)
    assert planned(0.1, round_trip=0.2, burst=5.0).distances[-1] > 2
    assert planned(0.1, budget=50.0).distances == (), "a narrow path has no room for it"


def test_the_coder_of_sound_is_told_what_is_left_to_it():
    assert planned(0.1, round_trip=0.2, budget=50.0).sound_loss == pytest.approx(0.1)
    assert planned(0.1, round_trip=0.2).sound_loss < 0.02, "the next packet carries it"
    once = planned(0.1, round_trip=0.06, budget=50.0).sound_loss
    assert once == pytest.approx(0.1 * (1.0 - 0.9**2)), "one repetition comes in time"
    assert planned(0.1, round_trip=0.01, budget=50.0).sound_loss < 0.001


@given(st.floats(0.005, 0.3), st.floats(0, 0.5), st.floats(0, 3000))
def test_a_nearer_peer_never_leaves_more_to_the_coder(loss, round_trip, budget):
    near, far = (planned(loss, x * round_trip, budget=budget) for x in (0.5, 1.0))
    if near.distances == far.distances:
        assert near.sound_loss <= far.sound_loss


PATHS = st.builds(
    PathLoss, st.floats(0, 5), st.floats(0, 1), st.floats(0, 1), st.floats(1, 50), st.just(200.0)
)


@given(PATHS, st.floats(0, 3000), st.sampled_from((0.0, *STEPS)), st.integers(1, 64))
def test_every_plan_stays_within_its_bounds(path, budget, last, packets):
    repair = plan(path, budget, RepairPlan(loss=last))
    assert 0.0 <= repair.sound_loss <= STEPS[-1]
    for layer, key in LAYERS:
        assert 0 <= repair.rows(packets, layer, key) <= min(packets, MAX_ROWS)


class Reports:
    """A peer's reports every 50 ms about what was sent, ten packets each."""

    def __init__(self):
        self.meter = LossMeter()
        self.now = 0.0
        self.number = 65_500

    def tell(self, came, heard=True):
        report = ArrivalReport(
            0, self.number & 0xFFFF, 0, 0, tuple(0 if c else ABSENT for c in came)
        )
        self.number += len(came)
        self.now += 0.05
        if heard:
            self.meter.report(report, self.now)

    def path(self):
        return self.meter.path(0.05)


def test_loss_is_measured_now_and_lately_across_the_wrap():
    reports = Reports()
    for _ in range(200):
        reports.tell([True] * 9 + [False])
    assert reports.path().now == pytest.approx(0.1, abs=0.01)
    assert reports.path().lately == pytest.approx(0.1, abs=0.01)
    assert reports.path().rate == pytest.approx(200, rel=0.05)
    assert reports.path().burst == pytest.approx(1.0)
    for _ in range(60):
        reports.tell([True] * 10)
    assert reports.path().now < 0.03 < reports.path().lately


def test_runs_of_losses_are_told_from_single_ones():
    reports = Reports()
    for number in range(200):
        reports.tell([number % 4 != 0 or place >= 4 for place in range(10)])
    assert reports.path().burst == pytest.approx(4.0, rel=0.1)


def test_a_report_that_was_lost_is_no_loss_of_packets():
    reports = Reports()
    for number in range(100):
        reports.tell([True] * 10, heard=number % 5 != 0)
    assert reports.path().now == 0.0


def test_a_packet_that_is_told_of_late_was_not_lost():
    meter = LossMeter()
    meter.report(ArrivalReport(0, 0, 0, 0, (0, ABSENT, 0)), 0.0)
    meter.report(ArrivalReport(0, 1, 0, 0, (0, ABSENT, 0)), SETTLE / 2)
    meter.report(ArrivalReport(0, 4, 0, 0, (0,)), SETTLE)
    meter.report(ArrivalReport(0, 5, 0, 0, (0,)), 2 * SETTLE)
    assert meter.path(0.0).now == 0.0


@given(st.lists(st.tuples(st.integers(0, 65_535), st.integers(0, 512)), max_size=12))
def test_no_reports_make_the_meter_large_or_wrong(told):
    meter = LossMeter()
    for number, (first, count) in enumerate(told):
        meter.report(ArrivalReport(0, first, 0, 0, (ABSENT, 0) * (count // 2)), number * 0.05)
        path = meter.path(0.1)
        assert 0.0 <= path.now <= 1.0
        assert path.burst >= 1.0
        assert len(meter._came) <= 40_000
