"""The rate estimate, on a simulated path: a bottleneck with a queue, loss, jitter, other clocks."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.congestion import MAX_KBPS, MIN_KBPS, START_KBPS, Estimator, PathReport


class Path:
    """A link of `kbps` with a queue of `queue_s` seconds, fed with frames at the target rate."""

    def __init__(self, kbps, *, queue_s=0.3, loss=0.0, jitter=0.0, drift=0.0, stalls=0.0, seed=1):
        self.kbps, self.queue_s, self.loss = kbps, queue_s, loss
        self.jitter, self.drift, self.stalls = jitter, drift, stalls
        self.random = random.Random(seed)
        self.estimator = Estimator()
        self.free_at = 0.0
        self.now = 0.0
        self.worst_queue = 0.0
        self.stalled_until = 0.0

    def run(self, seconds, used=1.0):
        """Return the mean target of the second half."""
        targets = []
        until = self.now + seconds
        while self.now < until - 1e-9:
            sent = got = lost = count = 0
            delays = []
            for _ in range(3):
                self.now += 1 / 30
                if self.random.random() < self.stalls:
                    self.stalled_until = self.now + self.random.uniform(0.01, 0.12)
                bits = self.estimator.target_kbps * used * 1000 / 30
                for packet in range(max(1, round(bits / 9600))):
                    count += 1
                    size = bits / max(1, round(bits / 9600))
                    sent += size
                    start = max(self.free_at, self.now)
                    if start - self.now > self.queue_s or self.random.random() < self.loss:
                        lost += 1
                        continue
                    self.free_at = start + size / (self.kbps * 1000)
                    got += size
                    self.worst_queue = max(self.worst_queue, self.free_at - self.now)
                    if packet == 0:
                        late = self.free_at - self.now + self.random.random() * self.jitter
                        late = max(late, self.stalled_until - self.now)
                        delays.append((self.now, 77.0 + late + self.drift * self.now))
            self.estimator.report(PathReport(sent / 100, got / 100, lost / count, delays), self.now)
            if self.now > until - seconds / 2:
                targets.append(self.estimator.target_kbps)
        return sum(targets) / len(targets)


def test_on_a_lan_the_rate_rises_to_the_limit():
    assert Path(100_000).run(20) == pytest.approx(MAX_KBPS, rel=0.01)


@pytest.mark.parametrize("kbps", [300, 500, 1000, 2000])
def test_a_bottleneck_is_found_and_used(kbps):
    path = Path(kbps)
    path.run(15)
    path.worst_queue = 0.0
    assert 0.65 * kbps < path.run(60) < 1.1 * kbps
    assert path.worst_queue < 0.25


def test_the_first_answer_to_a_bottleneck_comes_within_a_second():
    path = Path(500)
    path.run(1.2)
    assert path.estimator.target_kbps < 900


def test_random_loss_without_a_queue_is_no_reason_to_send_less():
    path = Path(100_000, loss=0.10, jitter=0.01)
    path.run(10)
    assert path.run(10) > START_KBPS


def test_very_high_loss_is():
    path = Path(100_000, loss=0.5)
    assert path.run(20) < 0.5 * START_KBPS


def test_jitter_and_drifting_clocks_are_no_congestion():
    for drift in (-2e-4, 2e-4):
        path = Path(100_000, jitter=0.02, drift=drift)
        path.run(20)
        assert path.run(20) > 0.9 * MAX_KBPS


def test_a_busy_computer_that_hands_packets_over_late_is_no_congestion():
    path = Path(100_000, jitter=0.005, stalls=0.4)
    path.run(20)
    assert path.run(20) > 0.9 * MAX_KBPS


def test_a_path_that_gets_better_is_noticed():
    path = Path(400)
    path.run(20)
    path.kbps = 3000
    path.run(60)
    assert path.estimator.target_kbps > 1500


def test_a_still_picture_does_not_raise_the_rate():
    path = Path(100_000)
    path.run(20, used=0.2)
    assert path.estimator.target_kbps == START_KBPS


@given(
    st.lists(
        st.tuples(
            st.floats(0, 1e9),
            st.floats(0, 1e9),
            st.floats(-5, 5),
            st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), max_size=6),
        ),
        max_size=20,
    )
)
def test_whatever_a_peer_reports_the_rate_stays_within_its_bounds(reports):
    estimator = Estimator()
    for number, (sent, received, loss, delays) in enumerate(reports):
        target = estimator.report(PathReport(sent, received, loss, delays), number * 0.1)
        assert MIN_KBPS <= target <= MAX_KBPS
