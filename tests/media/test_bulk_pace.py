"""Files beside sound and pictures: they take what is left, and make way before anybody notices."""

from dataclasses import dataclass, field

import pytest

from media.path.bulk_pace import LEAST_SHARE, MOST_KBPS, QUEUE, BulkPace, PathNow
from media.path.queue_watch import SUSPECT

STEP = 0.01


@dataclass
class Path:
    """A bottleneck with a long queue, media of a steady rate on it, and files beside."""

    kbps: float
    media: float
    bears: float = 4000.0
    queue: float = 0.0  # kilobits
    now: float = 0.0
    pace: BulkPace = field(default_factory=BulkPace)
    queues: list[float] = field(default_factory=list)
    sent: float = 0.0  # kilobits of files
    seen: list[float] = field(default_factory=list)
    round_trips: bool = False

    @property
    def seconds(self) -> float:
        return self.queue / self.kbps

    def run(self, seconds: float, *, files: bool = True) -> None:
        for _ in range(round(seconds / STEP)):
            self.now += STEP
            self.seen.append(self.seconds)
            if len(self.seen) % 5 == 0:
                late = self.seen[-10:-4]  # a report is 50 ms old
                told = min(late, default=0.0)
                told, trip = (0.0, 0.02 + told) if self.round_trips else (told, None)
                path = PathNow(min(self.bears, self.kbps), self.media, told, trip, False)
                self.pace.look(path, self.now)
            room = self.pace.room(self.now) if files else 0
            if room >= 1000:
                self.pace.spend(room, self.now)
                self.queue += room / 125
                self.sent += room / 125
            self.queue = max(0.0, self.queue + (self.media - self.kbps) * STEP)
            self.queues.append(self.seconds)

    def worst(self, since: float) -> float:
        late = sorted(self.queues[round(since / STEP) :])
        return late[int(0.99 * len(late))]


@pytest.mark.parametrize(("kbps", "media"), [(1000, 40), (2500, 900), (6000, 2000), (20_000, 40)])
def test_files_use_the_path_and_no_picture_waits_for_them(kbps: float, media: float):
    path = Path(kbps, media)
    path.run(60)
    assert path.worst(since=5) < SUSPECT
    assert path.sent / 60 > 0.6 * min(kbps - media, MOST_KBPS)


def test_when_pictures_need_the_path_files_make_way_at_once():
    path = Path(3000, 40)
    path.run(20)
    before = path.pace.rate_kbps
    path.media = 2500
    path.run(1)
    assert path.pace.rate_kbps < 0.4 * before
    path.run(10)
    assert path.worst(since=22) < 2 * SUSPECT
    assert path.pace.rate_kbps >= LEAST_SHARE * 3000


def test_a_file_goes_on_beside_the_best_picture():
    path = Path(1000, 900)
    path.run(30)
    assert path.sent / 30 > 0.8 * LEAST_SHARE * 1000


def test_pictures_leave_a_little_to_files_only_while_there_are_any():
    path = Path(1000, 100)
    path.run(1)
    assert path.pace.reserved_kbps(path.now) == pytest.approx(LEAST_SHARE * 1000)
    path.run(1, files=False)
    assert path.pace.reserved_kbps(path.now) == 0.0


def test_a_channel_that_does_not_get_rid_of_what_it_has_gets_less():
    pace = BulkPace()
    pace.look(PathNow(1000, 0, 0.0, None, False), 0.0)
    pace.spend(1000, 0.0)
    before = pace.rate_kbps
    pace.look(PathNow(1000, 0, 0.0, None, True), 0.2)
    assert pace.rate_kbps < before


def test_without_sound_a_longer_round_trip_says_that_the_path_is_full():
    path = Path(2000, 0, round_trips=True)
    path.run(60)
    assert path.worst(since=5) < 0.15
    assert path.sent / 60 > 1000


def test_nothing_saved_up_in_a_pause_leaves_at_once():
    pace = BulkPace()
    pace.look(PathNow(2000, 0, 0.0, None, False), 0.0)
    pace.room(0.0)
    assert pace.room(100.0) <= pace.rate_kbps * 125 * 0.016


def test_files_make_way_as_long_as_they_have_more_than_the_least():
    pace = BulkPace()
    pace.look(PathNow(1000, 0, 0.0, None, False), 0.0)
    for step in range(1, 40):
        now = step * 0.2
        pace.spend(100, now)
        assert pace.can_make_way(now) == (pace.rate_kbps > pace.least_kbps)
        pace.look(PathNow(1000, 0, 2 * QUEUE, None, False), now)
    assert pace.rate_kbps == pace.least_kbps
    assert not pace.can_make_way(now)
