"""Calls of many are played by every contender alike, and counted right."""

import numpy as np
import pytest

from bench import fanout, mesh
from bench.contenders.conclave_mesh import concealed
from bench.contenders.devtools import program
from bench.contenders.stage import Role
from bench.long_call import judge
from bench.mesh import growth, growth_lines, summary
from bench.profile import read_stacks
from bench.received import Received
from bench.threads import difference
from media.stats import AudioStats

GREY = np.full((90, 160), 128, np.uint8)


def seen(pictures: int) -> dict[str, object]:
    return {
        "pictures": pictures,
        "freezes": 1,
        "ages_ms": [10.0, 20.0],
        "concealed": 0.01,
        "size": "640x360",
    }


def person(cpu: float, pictures: int, others: int) -> dict[str, object]:
    people = {f"person {n}": seen(pictures) for n in range(others)}
    return {
        "cpu": cpu,
        "seconds": 10.0,
        "sent_kbps": 500.0,
        "seen": people,
        "threads": {"loop": 10 * cpu / 2},
    }


def test_a_call_is_summed_up_over_everybody():
    found = summary({"one": person(0.2, 300, 1), "two": person(0.4, 150, 1)})
    assert found["cpu"] == pytest.approx(0.3)
    assert (found["fps"], found["fps_least"]) == (22.5, 15.0)
    assert found["freezes_per_minute"] == pytest.approx(6.0)
    assert found["threads"] == {"loop": pytest.approx(0.15)}


def test_growth_is_what_one_costs_alone_and_what_each_other_adds():
    results = [
        {"people": n, **summary({"one": person(0.1 + 0.05 * (n - 1), 300, n - 1)})}
        for n in (2, 3, 5)
    ]
    assert growth(results) == pytest.approx((0.1, 0.05))
    assert growth(results, "loop") == pytest.approx((0.05, 0.025))
    assert "0.100 core, and 0.0500 for each" in growth_lines("Conclave", results)


def test_sizes_that_did_not_keep_up_are_no_part_of_growth():
    results = [
        {"people": n, **summary({"one": person(0.3, pictures, 1)})}
        for n, pictures in ((2, 300), (5, 100), (8, 50))
    ]
    assert growth_lines("aiortc", results) == "aiortc: too few sizes kept up for a fit (2)"


def test_a_gap_counts_as_a_freeze_as_webrtc_counts_it():
    received = Received(every=1000)
    for number in range(31):
        received.see(GREY, number / 30)
    received.see(GREY, 1.0 + 0.17)
    assert received.freezes == 0
    received.see(GREY, 1.17 + 0.40)
    assert (received.freezes, received.pictures) == (1, 33)
    assert received.frozen_s == pytest.approx(0.40)


def test_sound_made_up_is_counted_between_two_readings_only():
    before = AudioStats(packets=100, lost=0, concealed_ratio=0.5)
    assert concealed(before, AudioStats(packets=200, lost=0, concealed_ratio=0.25)) == 0.0
    assert concealed(before, AudioStats(packets=180, lost=20, concealed_ratio=0.30)) == 0.1
    assert concealed(before, before) == 1.0  # nothing came at all


def test_samples_are_counted_by_thread_alone_and_with_what_they_call():
    profiles = read_stacks(
        [
            "thread (0x7F): speaker;run (a.py:1);mix (b.py:2) 3",
            "thread (0x7F): speaker;run (a.py:1) 1",
            "thread (0x80): MainThread;loop (c.py:3);loop (c.py:3) 2",
            "no count at all",
        ]
    )
    assert profiles["speaker"].samples == 4
    assert profiles["speaker"].own == {"mix (b.py:2)": 3, "run (a.py:1)": 1}
    assert profiles["speaker"].all == {"mix (b.py:2)": 3, "run (a.py:1)": 4}
    assert profiles["MainThread"].all == {"loop (c.py:3)": 2}  # once, though it calls itself


def test_threads_that_ended_are_left_out():
    assert difference({"a": 1.0, "gone": 2.0}, {"a": 1.5, "new": 0.25}) == {"a": 0.5, "new": 0.25}


def sample(at: float, megabytes: float, tasks: int = 5) -> dict[str, float]:
    return {"at": at, "megabytes": megabytes, "threads": 6, "sockets": 9, "tasks": tasks}


def test_a_call_is_flat_when_only_its_beginning_grew():
    samples = [sample(5.0 * n, 100 + min(n, 20)) for n in range(200)]
    assert judge(samples)["flat"]


def test_memory_or_tasks_that_grow_to_the_end_are_not_flat():
    assert not judge([sample(5.0 * n, 100 + 0.05 * n) for n in range(200)])["flat"]
    assert not judge([sample(5.0 * n, 100, tasks=5 + n // 50) for n in range(200)])["flat"]


def test_who_only_watches_has_a_link_to_those_who_send_and_to_nobody_else():
    names = ["sender", "one", "two"]
    sender, one = (Role(name, names, 640, 360, senders=["sender"]) for name in names[:2])
    assert (sender.shows, sender.others, sender.watched) == (True, ["one", "two"], [])
    assert (one.shows, one.others, one.watched) == (False, ["sender"], ["sender"])
    assert sender.leads("one")
    assert not one.leads("sender")


def test_without_senders_named_everybody_sends_to_everybody():
    roles = [Role(name, ["a", "b", "c"], 640, 360) for name in "abc"]
    assert [role.watched for role in roles] == [["b", "c"], ["a", "c"], ["a", "b"]]
    assert sum(role.leads(other) for role in roles for other in role.others) == 3


@pytest.mark.slow
@pytest.mark.parametrize("path", mesh.PATHS.values())
def test_two_people_of_each_contender_see_and_hear_each_other(path: str, monkeypatch):
    if path == mesh.CHROMIUM and program() is None:
        pytest.skip("Chromium is not installed")
    monkeypatch.setattr(mesh, "WARM_UP_S", 1.0)
    found = mesh.measure(path, 2, (320, 180), seconds=2.0)
    assert found["fps_least"] > 1
    assert found["cpu"] > 0.01
    assert found["sent_kbps"] > 10
    assert found["concealed"] < 1
    assert found["latency_ms"][0] > 0
    assert mesh.tables({"results": [found], "disturbed": []}).startswith("| people ")


def test_a_call_that_does_not_come_about_is_a_line_without_figures():
    whole = {"path": mesh.OURS, "people": 2, "stolen": 0.0} | summary(
        {"one": person(0.2, 300, 1), "two": person(0.2, 300, 1)}
    )
    failed = {"path": mesh.CHROMIUM, "people": 2, "stolen": 0.01, "failed": "no ready"}
    told = mesh.tables({"results": [whole, failed], "disturbed": []})
    lines = told.splitlines()
    assert "no call" in lines[3]
    assert lines[3].count("|") == lines[2].count("|")
    assert "Chromium: too few sizes kept up for a fit (none)" in told


@pytest.mark.slow
def test_one_camera_reaches_who_only_watches(monkeypatch):
    monkeypatch.setattr(fanout, "WARM_UP_S", 1.0)
    found = fanout.measure(mesh.OURS, 1, (320, 180), seconds=2.5)
    assert found["frames_per_s"] > 1
    assert found["sender_cpu"] > 0.01
    assert found["kbit_s"] > 10
    assert set(found["processes"]["receiver 1"]["seen"]) == {"sender"}
