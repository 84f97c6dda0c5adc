"""Whose fault it is, from tables of figures."""

from dataclasses import replace

import pytest

from media.stats import (
    AudioStats,
    CallStats,
    ComputerStats,
    DownlinkStats,
    EncodedStats,
    LoopStats,
    PeerStats,
    SentStats,
    UplinkStats,
    VideoStats,
)
from media.verdict import FAIR, POOR, Cause, Verdict, judge

BEN, CLEO, DORA, EMIL = (bytes([n]) * 16 for n in range(1, 5))
SECONDS = 6.0
QUICK = ComputerStats()


def peer(
    *,
    rtt: float | None = 20.0,
    missing: float = 0.0,
    frozen: float = 0.0,
    loss: float = 0.0,
    loss_there: float = 0.0,
    jitter: float = 1.0,
    backlog: float = 0.0,
    budget: float = 2000.0,
    wants: int = 360,
    fps: float = 30.0,
    asked_fps: int = 30,
    camera: bool = True,
    recovered: bool = False,
) -> tuple[PeerStats, PeerStats]:
    """Return one person's figures at the beginning and at the end of SECONDS."""
    start = PeerStats(
        rtt_ms=rtt,
        audio=AudioStats(packets=1000, lost=50, recovered=20),
        video=VideoStats(640, 360, fps if camera else 0.0, 700.0, 900, 4, 2.0, asked_fps=asked_fps),
        sent=SentStats(32.0, 600.0, 360, 3, wants),
        uplink=UplinkStats(2500.0, budget, backlog, loss_there),
        downlink=DownlinkStats(loss, 0.0, jitter_ms=jitter),
    )
    sent = round(SECONDS * 50)
    lost = round(missing * sent)
    end = replace(
        start,
        audio=replace(
            start.audio,
            packets=1000 + sent - lost,
            lost=50 + lost,
            recovered=20 + (lost if recovered else 0),
        ),
        video=replace(
            start.video,
            frames=900 + (round(fps * SECONDS) if camera else 0),
            freeze_s=2.0 + frozen * SECONDS,
        ),
    )
    return start, end


def call(
    people: dict[bytes, tuple[PeerStats, PeerStats]],
    computer: ComputerStats = QUICK,
    *,
    stalls: int = 0,
    sending: bool = True,
) -> Verdict:
    encoded = (EncodedStats(640, 360, 30.0),) if sending else ()
    after = replace(computer, loop=replace(computer.loop, stalls=computer.loop.stalls + stalls))
    first = CallStats({d: p[0] for d, p in people.items()}, encoded=encoded, computer=computer)
    last = CallStats({d: p[1] for d, p in people.items()}, encoded=encoded, computer=after)
    return judge([(10.0, first), (10.0 + SECONDS, last)])


def causes(verdict: Verdict) -> list[tuple[Cause, tuple[bytes, ...]]]:
    return [(finding.cause, finding.devs) for finding in verdict.findings]


GOOD = peer()
LOSSY = peer(loss=0.15, missing=0.05)
SLOW = ComputerStats(LoopStats(5.0), step=2, reason="encoding")


@pytest.mark.parametrize(
    "other",
    [
        GOOD,
        peer(rtt=None),
        peer(camera=False, fps=0.0),
        peer(camera=False, asked_fps=0),
        peer(loss=0.05),  # all of it repaired: nobody notices
        peer(missing=0.05, recovered=True),
        peer(jitter=60.0),  # the buffer has room for it
        peer(wants=0, budget=0.0),  # they look at something else
        peer(wants=720, budget=350.0),  # a good picture, if not the finest
        peer(fps=5.0, asked_fps=5),
        peer(rtt=200.0),
    ],
)
def test_nothing_is_wrong(other: tuple[PeerStats, PeerStats]):
    assert call({BEN: other, CLEO: GOOD}).findings == ()


def test_with_nobody_there_nothing_is_wrong():
    assert call({}) == Verdict()


def test_my_camera_is_off_so_no_rate_is_missing():
    assert call({BEN: peer(budget=0.0)}, sending=False).findings == ()


@pytest.mark.parametrize(
    ("people", "found"),
    [
        # everybody suffers: it is here
        ({BEN: LOSSY, CLEO: LOSSY}, [(Cause.MY_LOSS, ())]),
        (
            {BEN: peer(loss_there=0.12), CLEO: peer(loss_there=0.2)},
            [(Cause.MY_LOSS, ())],
        ),
        (
            {BEN: peer(budget=80.0), CLEO: peer(budget=100.0), DORA: peer(budget=60.0)},
            [(Cause.MY_UPLINK, ())],
        ),
        (
            {BEN: peer(backlog=250.0), CLEO: peer(backlog=180.0)},
            [(Cause.MY_UPLINK, ())],
        ),
        (  # what a full uplink loses is no weak Wi-Fi
            {BEN: peer(budget=80.0, loss_there=0.1), CLEO: peer(budget=90.0, loss_there=0.1)},
            [(Cause.MY_UPLINK, ())],
        ),
        (
            {BEN: peer(jitter=90, frozen=0.1), CLEO: peer(jitter=70, frozen=0.08)},
            [(Cause.MY_DOWNLINK, ())],
        ),
        ({BEN: LOSSY, CLEO: LOSSY, DORA: LOSSY, EMIL: GOOD}, [(Cause.MY_LOSS, ())]),
        # one suffers: it is there
        ({BEN: LOSSY, CLEO: GOOD}, [(Cause.THEIR_NETWORK, (BEN,))]),
        ({BEN: GOOD, CLEO: peer(budget=50.0)}, [(Cause.THEIR_NETWORK, (CLEO,))]),
        (
            {BEN: LOSSY, CLEO: peer(loss=0.3, missing=0.2), DORA: GOOD, EMIL: GOOD},
            [(Cause.THEIR_NETWORK, (CLEO,)), (Cause.THEIR_NETWORK, (BEN,))],
        ),
        # only two people: nobody can tell
        ({BEN: LOSSY}, [(Cause.BETWEEN, (BEN,))]),
        ({BEN: peer(budget=40.0)}, [(Cause.BETWEEN, (BEN,))]),
        # a long way, nothing lost
        ({BEN: peer(rtt=320.0), CLEO: GOOD}, [(Cause.DISTANCE, (BEN,))]),
        # a good path over which little comes
        ({BEN: peer(fps=4.0), CLEO: GOOD}, [(Cause.THEIR_COMPUTER, (BEN,))]),
        ({BEN: peer(frozen=0.2)}, [(Cause.THEIR_COMPUTER, (BEN,))]),
    ],
)
def test_whose_network_it_is(
    people: dict[bytes, tuple[PeerStats, PeerStats]],
    found: list[tuple[Cause, tuple[bytes, ...]]],
):
    assert causes(call(people)) == found


@pytest.mark.parametrize(
    ("computer", "stalls"),
    [(SLOW, 0), (ComputerStats(LoopStats(80.0)), 0), (ComputerStats(), 12)],
)
def test_a_slow_computer_is_named(computer: ComputerStats, stalls: int):
    assert causes(call({BEN: GOOD}, computer, stalls=stalls)) == [(Cause.MY_COMPUTER, ())]


def test_a_few_stalls_are_not_worth_a_word():
    assert call({BEN: GOOD}, stalls=2).findings == ()


def test_what_a_slow_computer_does_to_pictures_is_nobody_elses_fault():
    assert causes(call({BEN: peer(frozen=0.3), CLEO: GOOD}, SLOW)) == [(Cause.MY_COMPUTER, ())]


@pytest.mark.parametrize(
    "other",
    [peer(jitter=104.0, missing=0.4, frozen=0.5), peer(rtt=400.0), peer(budget=80.0, backlog=200)],
)
def test_what_is_late_because_this_computer_is_late_is_no_fault_of_the_network(
    other: tuple[PeerStats, PeerStats],
):
    slow = ComputerStats(LoopStats(260.0), step=5, reason="loop")
    assert causes(call({BEN: other}, slow)) == [(Cause.MY_COMPUTER, ())]
    assert causes(call({BEN: other, CLEO: other}, slow)) == [(Cause.MY_COMPUTER, ())]


def test_a_slow_computer_does_not_excuse_a_network_that_loses():
    found = causes(call({BEN: peer(loss=0.4, missing=0.3), CLEO: GOOD}, SLOW))
    assert found == [(Cause.THEIR_NETWORK, (BEN,)), (Cause.MY_COMPUTER, ())]


def test_the_worst_stands_first():
    verdict = call(
        {BEN: peer(loss=0.05, missing=0.04), CLEO: peer(loss=0.3, missing=0.2), DORA: GOOD}
    )
    weights = [finding.weight for finding in verdict.findings]
    assert verdict.findings[0].devs == (CLEO,)
    assert weights == sorted(weights, reverse=True)


@pytest.mark.parametrize(
    ("other", "low", "high"),
    [
        (GOOD, 0.0, FAIR),
        (peer(rtt=300.0), FAIR, POOR),
        (peer(rtt=700.0), POOR, 9.0),
        (peer(missing=0.05), FAIR, POOR),
        (peer(missing=0.2), POOR, 9.0),
        (peer(frozen=0.05), FAIR, POOR),
        (peer(frozen=0.5), POOR, 9.0),
        (peer(budget=150.0), FAIR, POOR),
    ],
)
def test_how_bad_it_is_with_each_person(
    other: tuple[PeerStats, PeerStats], low: float, high: float
):
    assert low <= call({BEN: other}).badness[BEN] < high


def test_who_came_a_moment_ago_is_not_judged_yet():
    _, end = LOSSY
    history = [(0.0, CallStats({})), (6.0, CallStats({BEN: end}))]
    assert judge(history) == Verdict()


def test_one_look_says_nothing():
    assert judge([(0.0, CallStats({BEN: GOOD[1]}))]) == Verdict()
    assert judge([]) == Verdict()


def test_counters_that_begin_again_are_no_fault():
    start, end = LOSSY
    history = [(0.0, CallStats({BEN: end})), (6.0, CallStats({BEN: replace(GOOD[0])}))]
    assert judge(history).findings == ()
    assert start != end
