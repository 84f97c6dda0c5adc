"""One word for the path to a person, from what media measures."""

from types import SimpleNamespace
from typing import Any

import pytest

from app import quality as module
from app.meeting.view import Quality
from app.quality import Watch
from media.stats import AudioStats, PeerStats, VideoStats

ME, BEN, CLEO = b"m" * 16, b"b" * 16, b"c" * 16


class FakeStudio:
    def __init__(self) -> None:
        self.peers: dict[bytes, PeerStats] = {}
        self.looks = 0
        self.loud: set[bytes] = set()
        self.microphone_on = True
        self.call = SimpleNamespace(stats=self.stats)
        self.sound = SimpleNamespace(speaking=self.loud.__contains__, own_speaking=False)

    def stats(self) -> Any:
        self.looks += 1
        return SimpleNamespace(peers=self.peers)


def stats(rtt: float | None = 20.0, concealed: float = 0.0, freezes: int = 0) -> PeerStats:
    return PeerStats(
        rtt_ms=rtt,
        audio=AudioStats(concealed_ratio=concealed),
        video=VideoStats(freezes=freezes),
    )


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now[0]))
    return now


@pytest.mark.parametrize(
    ("peer", "word"),
    [
        (stats(), Quality.GOOD),
        (stats(rtt=None), Quality.GOOD),
        (stats(rtt=300.0), Quality.FAIR),
        (stats(rtt=700.0), Quality.POOR),
        (stats(concealed=0.05), Quality.FAIR),
        (stats(concealed=0.2), Quality.POOR),
        (stats(freezes=1), Quality.FAIR),
    ],
)
def test_figures_become_one_word(peer: PeerStats, word: Quality, clock: list[float]):
    studio = FakeStudio()
    studio.peers = {BEN: peer}
    _, quality = Watch().look(studio, [ME, BEN], ME)  # type: ignore[arg-type]
    assert quality == {BEN: word}


def test_one_freeze_is_forgiven_a_second_later(clock: list[float]):
    studio, watch = FakeStudio(), Watch()
    studio.peers = {BEN: stats(freezes=1)}
    assert watch.look(studio, [BEN], ME)[1] == {BEN: Quality.FAIR}  # type: ignore[arg-type]
    clock[0] += 1.0
    assert watch.look(studio, [BEN], ME)[1] == {BEN: Quality.GOOD}  # type: ignore[arg-type]


def test_statistics_are_looked_at_once_a_second_only(clock: list[float]):
    studio, watch = FakeStudio(), Watch()
    for _ in range(20):
        watch.look(studio, [BEN], ME)  # type: ignore[arg-type]
        clock[0] += 0.1
    assert studio.looks == 2


def test_who_speaks_is_told_each_time_oneself_only_with_the_microphone_on(clock: list[float]):
    studio, watch = FakeStudio(), Watch()
    studio.loud.add(BEN)
    assert watch.look(studio, [ME, BEN, CLEO], ME)[0] == {BEN}  # type: ignore[arg-type]
    studio.sound.own_speaking = True
    assert watch.look(studio, [ME, BEN, CLEO], ME)[0] == {ME, BEN}  # type: ignore[arg-type]
    studio.microphone_on = False
    assert watch.look(studio, [ME, BEN, CLEO], ME)[0] == {BEN}  # type: ignore[arg-type]
