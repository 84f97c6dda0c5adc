"""From what two sides of a call saw to the figures and the tables of a comparison."""

import os
import subprocess
import sys
import time

import pytest

from bench.bars import BARS, FIGURES, Bar
from bench.cases import CASES
from bench.clip_file import LOOP_FRAMES
from bench.likeness import DISTANCE, PESQ
from bench.outcome import LIKENESS, medians, results, seen_by, together, verdicts
from bench.processes import tree_cpu_seconds
from bench.witness import UNREADABLE

FRAME_S = 1 / 30
PARTS = (("h1", 0.1), ("h2", 0.3))


def told(age_s: float, *, wait_s: float = 0.0, leave_out: range = range(0)) -> dict:
    """What a side tells that saw every picture at this age, from 2 s to 10 s; some are missing."""
    came = [n for n in range(300) if n not in leave_out]
    return {
        "from": 2.0,
        "until": 10.0,
        "taken": [(n % LOOP_FRAMES, n * FRAME_S) for n in range(330)],
        "arrivals": [(n, n * FRAME_S + age_s + wait_s) for n in came],
        "decoded": [(n, n * FRAME_S + age_s) for n in came],
        "psnr_db": [39.0, 40.0, 41.0],
        "concealed": 0.01,
        "cpu": 0.2,
        "setup_s": 0.1,
    }


def run(case: str, contender: str, **figures: float) -> dict:
    call = together(dict.fromkeys(("h1", "h2"), seen_by(told(0.02), told(0.03))), "h2")
    call |= {"sent_kbps": 500.0, "arrived_kbps": 450.0, LIKENESS: 3.0, **figures}
    about = {"case": case, "contender": contender, "size": "640x360", "stolen": 0.01}
    return {**about, "figures": call}


def test_a_side_that_sees_everything_sees_thirty_pictures_a_second_of_one_age():
    seen = seen_by(told(0.02), told(0.5))
    assert seen.figures["fps"] == pytest.approx(30, abs=0.2)
    assert seen.figures["freezes"] == 0
    assert seen.figures["psnr_db"] == 40
    assert seen.decoded_ms == pytest.approx([20] * len(seen.decoded_ms))


def test_waiting_for_sound_makes_a_picture_older_when_shown_not_when_decoded():
    seen = seen_by(told(0.02, wait_s=0.05), told(0.02))
    assert seen.decoded_ms == pytest.approx([20] * len(seen.decoded_ms))
    assert seen.shown_ms == pytest.approx([70] * len(seen.shown_ms))


def test_a_picture_shown_twice_is_one_picture():
    side = told(0.02)
    side["arrivals"] = [entry for entry in side["arrivals"] for _ in range(2)]
    assert seen_by(side, told(0.02)).figures["fps"] == pytest.approx(30, abs=0.2)


def test_pictures_that_were_decoded_but_overtaken_count_as_decoded():
    figures = seen_by({**told(0.02), "pictures_decoded": 256}, told(0.02)).figures
    assert figures["fps"] == 32
    assert figures["shown_fps"] == pytest.approx(30, abs=0.2)


def test_what_cannot_be_read_is_counted_as_a_picture_and_as_unreadable():
    side = told(0.02)
    side["arrivals"][150] = (UNREADABLE, side["arrivals"][150][1])
    figures = seen_by(side, told(0.02)).figures
    assert figures["unreadable"] == 1
    assert figures["fps"] == pytest.approx(30, abs=0.2)


def test_a_call_is_the_mean_of_its_sides_but_the_longest_gap_of_either():
    smooth = seen_by(told(0.02), told(0.02))
    broken = seen_by(told(0.04, leave_out=range(120, 150)), told(0.02))
    call = together({"h1": smooth, "h2": broken}, listener="h1")
    assert call["freezes"] == 0.5
    assert call["longest_gap_ms"] == pytest.approx(1000 * 31 * FRAME_S, abs=1)
    assert call["fps"] == pytest.approx(30 - 30 / 8 / 2, abs=0.2)
    assert 20 <= call["latency_p50_ms"] <= 40
    assert call["latency_p95_ms"] == pytest.approx(40)


def test_sound_is_judged_where_somebody_listens():
    sides = {name: seen_by({**told(0.02), "concealed": part}, told(0.02)) for name, part in PARTS}
    assert together(sides, listener="h2")["concealed"] == 0.3


def test_a_side_that_saw_nothing_leaves_the_likeness_to_the_other():
    dark = {**told(0.02), "arrivals": [], "decoded": [], "psnr_db": []}
    sides = {"h1": seen_by(told(0.02), told(0.02)), "h2": seen_by(dark, told(0.02))}
    call = together(sides, listener="h1")
    assert call["psnr_db"] == 40
    assert call["fps"] == pytest.approx(15, abs=0.1)
    assert call["longest_gap_ms"] == pytest.approx(8000)


def test_of_repeats_the_median_counts():
    runs = [run("clean", "conclave", cpu=cpu) for cpu in (0.2, 0.9, 0.3)]
    assert medians(runs)["cpu"] == 0.3


@pytest.mark.parametrize(
    ("bar", "good", "bad", "missing"),
    [(Bar("fps", ">=", 28), 28, 14, 0.5), (Bar("cpu", "<=", 0.3), 0.3, 0.6, 1.0)],
)
def test_a_bar_is_met_or_missed_by_a_part_of_it(bar, good, bad, missing):
    assert bar.is_met(good)
    assert bar.missing(good) == 0
    assert not bar.is_met(bad)
    assert bar.missing(bad) == pytest.approx(missing)
    assert not bar.is_met(float("nan"))


def test_every_bar_is_of_a_case_and_a_figure_that_are_measured():
    figures = run("clean", "conclave")["figures"]
    assert set(BARS) <= set(CASES)
    assert {bar.figure for bars in BARS.values() for bar in bars} <= set(figures)
    assert set(FIGURES) <= set(figures)


def test_the_tables_tell_what_was_reached_by_how_much_it_was_missed_and_the_ratio():
    runs = [
        run("clean", "conclave", cpu=0.45),
        run("clean", "chromium", cpu=0.9),
        run("jitter", "conclave"),
    ]
    rows = {tuple(cell.strip() for cell in row.split("|")[1:3]) for row in lines(results(runs))}
    assert {("clean", "conclave"), ("clean", "chromium"), ("jitter", "conclave")} <= rows
    cpu = next(row for row in lines(verdicts(runs, "conclave")) if "CPU" in row)
    cells = [cell.strip() for cell in cpu.split("|")[1:-1]]
    assert cells[2:] == ["<= 0.3", "0.45", "missed by 50 %", "0.9", "0.50"]
    latency = next(row for row in lines(verdicts(runs, "conclave")) if "median" in row)
    assert "reached" in latency


@pytest.mark.parametrize(("figure", "heading"), [("pesq", PESQ), ("lsd_db", DISTANCE)])
def test_a_table_says_what_sound_was_judged_by_when_it_was_measured(figure, heading):
    call = run("clean", "conclave")
    call["figures"][figure] = call["figures"].pop(LIKENESS)
    headings = [cell.strip() for cell in results([call]).splitlines()[0].split("|")]
    assert {PESQ, DISTANCE} & set(headings) == {heading}


def lines(table: str) -> list[str]:
    return table.splitlines()[2:]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_the_cpu_of_a_program_is_that_of_its_children_too():
    work = "import time\nwhile time.process_time() < 0.3: pass"
    starts = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {work!r}])"
    before = tree_cpu_seconds(os.getpid())
    subprocess.run([sys.executable, "-c", starts], check=True)
    assert tree_cpu_seconds(os.getpid()) - before >= 0.25

    running = subprocess.Popen([sys.executable, "-c", work + "\ntime.sleep(60)"])
    try:
        deadline = time.monotonic() + 30
        while tree_cpu_seconds(running.pid) < 0.25 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert tree_cpu_seconds(running.pid) >= 0.25
    finally:
        running.kill()
        running.wait()
