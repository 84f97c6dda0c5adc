"""The page about performance says what was measured."""

import importlib
import json
import re
from pathlib import Path

import pytest

from bench.join import STEPS
from bench.page import MEASUREMENTS, MISSING, PAGE, PLACES, renewed

PLACE = "Text.\n<!-- join: python -m bench.join -->\nold\n<!-- end -->\nMore."


def write(folder: Path, name: str, **about: object) -> None:
    told = {"date": "2026-11-22T07:00:00+00:00", "commit": "abc", "machine": "2 x Y", "python": "3"}
    told |= {"command": "python -m bench.join --rounds 3 --out x.json", **about}
    times = {step: [10.0, 20.0, 30.0] for step in STEPS}
    (folder / name).write_text(json.dumps({"about": told, "after_admit_ms": times}))


def test_the_page_agrees_with_the_raw_figures():
    page = PAGE.read_text(encoding="utf-8")
    assert renewed(page, MEASUREMENTS) == page, "run: python -m bench.page"


def test_every_place_of_the_page_names_a_benchmark_that_makes_tables():
    places = list(PLACES.finditer(PAGE.read_text(encoding="utf-8")))
    assert places
    for place in places:
        module = place["command"].split()[2]
        assert callable(importlib.import_module(module).tables), module


def test_the_newest_figures_fill_their_place_and_nothing_else(tmp_path: Path):
    write(tmp_path, "2026-11-21-join.json", commit="old")
    load = {"beginning": 1, "end": 2}
    write(tmp_path, "2026-11-22-join.json", stolen=0.01, load=load, busy_cores=1.5)
    page = renewed(PLACE, tmp_path)
    assert page.startswith("Text.\n<!-- join: python -m bench.join -->\n")
    assert page.endswith("<!-- end -->\nMore.")
    assert re.search(r"\| a seat in the roster +\| 20 ", page)
    assert "`python -m bench.join --rounds 3`" in page
    assert "1.0% of their time stolen" in page
    assert "(" + tmp_path.name + "/2026-11-22-join.json)" in page
    assert "commit old" not in page
    assert renewed(page, tmp_path) == page


def test_a_place_without_figures_says_so(tmp_path: Path):
    page = renewed(PLACE, tmp_path)
    assert page == f"Text.\n<!-- join: python -m bench.join -->\n\n{MISSING}\n\n<!-- end -->\nMore."


def test_only_benchmarks_are_run_for_the_page(tmp_path: Path):
    write(tmp_path, "2026-11-22-join.json", command="python -m antigravity")
    with pytest.raises(ValueError, match="not the command of a benchmark"):
        renewed(PLACE, tmp_path)
