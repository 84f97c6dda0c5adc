"""What is measured of the window is told as it is: its tiles, its start, and what failed."""

import json
import os
import subprocess

import pytest

from bench import painting, start
from bench.desktop import environment


def played(way: str, tiles: int, cpu: float, late: list[float]) -> dict[str, object]:
    return {
        "way": way,
        "tiles": tiles,
        "cpu": cpu,
        "late_ms": late,
        "painted_per_s": 30.0,
        "made_per_s": 30.0,
        "size": [400, 225],
        "renderer": "the processor",
    }


CALM = [0.5] * 99 + [40.0]


def test_a_picture_costs_what_the_way_takes_beyond_taking_pictures():
    raw = {"results": [played("nothing", 9, 0.10, CALM), played("QWidget", 9, 0.37, CALM)]}
    lines = painting.tables(raw).splitlines()
    assert lines[2].split("|")[8].strip() == ""
    assert lines[3].split("|")[8].strip() == "1.00"  # 0.27 core for 270 pictures a second
    assert "0.5" in lines[3]


@pytest.mark.parametrize(("late", "word"), [(CALM, "met"), ([35.0] * 100, "missed")])
def test_the_bar_is_that_of_conclaves_own_window_with_nine_tiles(late: list[float], word: str):
    raw = {"results": [played("QWidget", 9, 0.1, [99.0] * 100), played("window", 9, 0.3, late)]}
    assert f"It is {word}:" in painting.verdict(raw)


def test_a_way_that_does_not_work_here_says_why():
    raw = {"results": [{"way": "QRhiWidget", "tiles": 9, "failed": "no graphics"}]}
    assert "no graphics" in painting.tables(raw)
    assert painting.verdict(raw) == "Nine live tiles were not measured."


def test_a_process_that_fails_is_told_and_not_fatal():
    env = {**os.environ, "PYTHONPATH": ""}
    found = painting.measure("no such way", 1, 0.1, 1.0, env | {"QT_QPA_PLATFORM": "offscreen"})
    assert "no such way" in found["failed"]


def test_a_way_that_paints_nothing_is_told_so_and_not_praised(monkeypatch: pytest.MonkeyPatch):
    idle = json.dumps(played("QOpenGLWidget", 9, 0.1, CALM) | {"painted_per_s": 0.0})
    done = subprocess.CompletedProcess([], 0, stdout=f"{idle}\n", stderr="")
    monkeypatch.setattr(subprocess, "run", lambda *_args, **_options: done)
    found = painting.measure("QOpenGLWidget", 9, 0.1, 30.0, {})
    assert found["failed"] == "painted nothing"


def test_the_start_is_judged_by_its_median_and_idling_is_told():
    rounds = [
        {"window_s": 0.6, "usable_s": 1.2, "start_cpu_s": 1.0, "idle_cpu": 0.004},
        {"window_s": 0.7, "usable_s": 1.3, "start_cpu_s": 1.1},
        {"window_s": 0.8, "usable_s": 9.0, "start_cpu_s": 1.2},
    ]
    said = start.tables({"rounds": rounds, "idle_seconds": 10.0})
    assert "1.30" in said
    assert "at the median, is met" in said
    assert "0.0040 core" in said
    assert said.endswith("is met.")
    slow = [one | {"usable_s": 2.0, "idle_cpu": 0.2} for one in rounds]
    assert start.tables({"rounds": slow, "idle_seconds": 10.0}).count("is missed") == 2


def test_a_window_is_measured_on_its_own_display_only():
    env = environment(":7", {"QT_QPA_PLATFORM": "offscreen", "WAYLAND_DISPLAY": "w", "HOME": "/h"})
    assert env["DISPLAY"] == ":7"
    assert env["QT_QPA_PLATFORM"] == "xcb"
    assert "WAYLAND_DISPLAY" not in env
    assert env["HOME"] == "/h"
