"""The statistics line: exactly the fields that programs rely on."""

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from app.meeting.view import Badge, Code, Lock, MeetingView, Person, Presence
from app.statistics import Statistics
from media.stats import (
    AudioStats,
    CallStats,
    ComputerStats,
    DownlinkStats,
    EncodedStats,
    FrameStats,
    LoopStats,
    PeerStats,
    SentStats,
    UplinkStats,
    VideoStats,
)

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
    sent=SentStats(32.0, 700.0, left_out=7),
    frames=FrameStats(400, 390, 3),
    counters={"secret": 1},
    uplink=UplinkStats(1500.0, 1200.0, 12.3456, 0.02),
    downlink=DownlinkStats(0.05, 0.001, 30, 4, 2, 3.5),
)
CALL = CallStats(
    {BEN: STATS},
    encoded=(EncodedStats(320, 180, 30.0, 150.0, 300, 0.4, 0.9),),
    computer=ComputerStats(LoopStats(1.2345, 2, 80.0), 0.3, 5.0, 1, 0.4, 1, "loop", 4),
)


def lines(path: Path, *views: MeetingView) -> list[dict]:
    statistics = Statistics(str(path), began=0.0)
    for view in views:
        statistics.write(view, CALL)
    statistics.close()
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_line_has_exactly_the_documented_fields(tmp_path: Path):
    (line,) = lines(tmp_path / "stats", VIEW)
    assert list(line) == [
        "t", "epoch", "code", "members", "cpu", "rss_mb", "computer", "encoded", "peers",
    ]  # fmt: skip
    assert (line["epoch"], line["code"], line["members"]) == (7, "123 456 789 012", ["Ada", "Bén"])
    assert line["t"] > 0
    assert line["cpu"] >= 0
    assert line["rss_mb"] > 5
    assert line["computer"] == {
        "loop": {"late_ms": 1.234, "stalls": 2, "longest_ms": 80.0},
        "encoding": 0.3, "decoding_ms": 5.0, "overruns": 1, "cpu": 0.4,
        "step": 1, "reason": "loop", "underruns": 4,
    }  # fmt: skip
    assert line["encoded"] == [
        {
            "width": 320, "height": 180, "fps": 30.0, "kbps": 150.0, "frames": 300,
            "encode_ms": 0.4, "encode_p95_ms": 0.9,
        }
    ]  # fmt: skip
    (peer,) = line["peers"].values()
    assert list(line["peers"]) == [BEN.hex()[:8]]
    assert (peer["name"], peer["state"], peer["badge"]) == ("Bén", "connected", "known")
    assert peer["rtt_ms"] == 12.346
    assert peer["uplink"] == {
        "estimate_kbps": 1500.0, "budget_kbps": 1200.0, "backlog_ms": 12.346, "loss": 0.02,
    }  # fmt: skip
    assert peer["downlink"] == {
        "loss": 0.05, "loss_after": 0.001, "by_repetition": 30, "by_fec": 4, "by_redundancy": 2,
        "jitter_ms": 3.5,
    }  # fmt: skip
    assert peer["audio"].items() >= {"packets": 100, "lost": 2, "concealed_ratio": 0.012}.items()
    assert peer["video"].items() >= {"width": 640, "fps": 29.97, "latency_ms": 83.21}.items()
    assert peer["sent"].items() >= {"audio_kbps": 32.0, "video_kbps": 700.0, "left_out": 7}.items()
    assert peer["frames"] == {"sealed": 400, "opened": 390, "refused": 3}
    assert "counters" not in peer


def test_without_a_code_or_a_link_the_fields_are_there_all_the_same(tmp_path: Path):
    alone = replace(VIEW, code=None)
    statistics = Statistics(str(tmp_path / "stats"), began=0.0)
    statistics.write(alone, CallStats({}))
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
        statistics.write(VIEW, CallStats({}))
        assert len((tmp_path / "stats").read_text(encoding="utf-8").splitlines()) == number
    statistics.close()


def test_the_invitation_and_the_title_never_stand_in_a_line(tmp_path: Path):
    lines(tmp_path / "stats", VIEW)
    text = (tmp_path / "stats").read_text(encoding="utf-8")
    assert "secret" not in text
    assert "Tea" not in text


def test_standard_output_is_written_to_and_left_open(capsys: pytest.CaptureFixture[str]):
    statistics = Statistics("-", began=0.0)
    statistics.write(VIEW, CallStats({}))
    statistics.close()
    print("still open")
    out = capsys.readouterr().out.splitlines()
    assert json.loads(out[0])["epoch"] == 7
    assert out[1] == "still open"


def test_a_file_that_cannot_be_opened_is_an_os_error(tmp_path: Path):
    with pytest.raises(OSError, match="nowhere"):
        Statistics(str(tmp_path / "nowhere" / "stats"), began=0.0)


def test_a_system_other_than_linux_is_asked_for_nothing_of_linux(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.delattr(os, "sysconf")
    (line,) = lines(tmp_path / "stats", VIEW)
    assert line["rss_mb"] == 0.0
