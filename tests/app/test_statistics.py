"""The statistics line: exactly the fields that programs rely on."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from app.meeting.view import Badge, Code, Lock, MeetingView, Person, Presence
from app.statistics import Statistics
from media.stats import AudioStats, FrameStats, PeerStats, SentStats, VideoStats

ME, BEN = b"\x01" * 16, b"\xabc" + b"\x02" * 14


def person(dev: bytes, name: str, presence: Presence) -> Person:
    return Person(dev, name, Badge.KNOWN, presence, False, True, True)


VIEW = MeetingView(
    title="Tea", call_id=bytes(32), me=ME, i_am_host=True,
    people=(person(ME, "Ada", Presence.ME), person(BEN, "Bén", Presence.CONNECTED)),
    knocks=(), chat=(), lock=Lock.PARTLY_VERIFIED, unverified=1,
    code=Code(bytes(32), (0, 1, 2, 3, 4, 5, 6), "123 456 789 012"), epoch=7, eid=bytes(32),
    lobby=True, locked=False, visible=False, invitation="conclave:join#secret",
    microphone_on=True, camera_on=True,
)  # fmt: skip
STATS = PeerStats(
    rtt_ms=12.3456,
    audio=AudioStats(100, 2, 0.01234, 40.0, -30.5),
    video=VideoStats(640, 360, 29.97, 800.0, 300, 1, 0.5, 83.21),
    sent=SentStats(32.0, 700.0),
    frames=FrameStats(400, 390, 3),
    counters={"secret": 1},
)


def lines(path: Path, *views: MeetingView) -> list[dict]:
    statistics = Statistics(str(path), began=0.0)
    for view in views:
        statistics.write(view, {BEN: STATS})
    statistics.close()
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_line_has_exactly_the_documented_fields(tmp_path: Path):
    (line,) = lines(tmp_path / "stats", VIEW)
    assert list(line) == ["t", "epoch", "code", "members", "cpu", "rss_mb", "peers"]
    assert (line["epoch"], line["code"], line["members"]) == (7, "123 456 789 012", ["Ada", "Bén"])
    assert line["t"] > 0
    assert line["cpu"] >= 0
    assert line["rss_mb"] > 5
    assert line["peers"] == {
        BEN.hex()[:8]: {
            "name": "Bén",
            "state": "connected",
            "badge": "known",
            "rtt_ms": 12.346,
            "audio": {"packets": 100, "lost": 2, "concealed_ratio": 0.012, "buffer_ms": 40.0,
                      "level_db": -30.5},
            "video": {"width": 640, "height": 360, "fps": 29.97, "kbps": 800.0, "frames": 300,
                      "freezes": 1, "freeze_s": 0.5, "latency_ms": 83.21},
            "sent": {"audio_kbps": 32.0, "video_kbps": 700.0},
            "frames": {"sealed": 400, "opened": 390, "refused": 3},
        }
    }  # fmt: skip


def test_without_a_code_or_a_link_the_fields_are_there_all_the_same(tmp_path: Path):
    alone = replace(VIEW, code=None)
    statistics = Statistics(str(tmp_path / "stats"), began=0.0)
    statistics.write(alone, {})
    statistics.close()
    line = json.loads((tmp_path / "stats").read_text(encoding="utf-8"))
    assert line["code"] is None
    peer = line["peers"][BEN.hex()[:8]]
    assert (peer["rtt_ms"], peer["video"]["latency_ms"], peer["audio"]["packets"]) == (
        None,
        None,
        0,
    )


def test_each_line_is_whole_as_soon_as_it_is_written(tmp_path: Path):
    statistics = Statistics(str(tmp_path / "stats"), began=0.0)
    for number in range(1, 4):
        statistics.write(VIEW, {})
        assert len((tmp_path / "stats").read_text(encoding="utf-8").splitlines()) == number
    statistics.close()


def test_the_invitation_and_the_title_never_stand_in_a_line(tmp_path: Path):
    lines(tmp_path / "stats", VIEW)
    text = (tmp_path / "stats").read_text(encoding="utf-8")
    assert "secret" not in text
    assert "Tea" not in text


def test_standard_output_is_written_to_and_left_open(capsys: pytest.CaptureFixture[str]):
    statistics = Statistics("-", began=0.0)
    statistics.write(VIEW, {})
    statistics.close()
    print("still open")
    out = capsys.readouterr().out.splitlines()
    assert json.loads(out[0])["epoch"] == 7
    assert out[1] == "still open"


def test_a_file_that_cannot_be_opened_is_an_os_error(tmp_path: Path):
    with pytest.raises(OSError, match="nowhere"):
        Statistics(str(tmp_path / "nowhere" / "stats"), began=0.0)
