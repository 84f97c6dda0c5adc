"""Puts the newest measurements into docs/performance.md: the tables that the benchmarks print.

    python -m bench.page

A comment `<!-- NAME: python -m bench.MODULE ARGUMENTS -->` on the page begins a place, and
`<!-- end -->` ends it. What stands between them is made of the newest file of that name,
docs/measurements/DATE-NAME.json, by the benchmark that wrote it: by `tables` of its module.
A place without a file says so; the commands that are still to be run are printed.
"""

import importlib
import json
import re
import shlex
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.report import said

DOCS = Path(__file__).parent.parent / "docs"
PAGE, MEASUREMENTS = DOCS / "performance.md", DOCS / "measurements"
MISSING = "Not measured yet."
WIDTH = 100  # characters of a line
PLACES = re.compile(r"(<!-- (?P<name>[\w-]+): (?P<command>.+?) -->\n).*?(<!-- end -->)", re.DOTALL)


def renewed(page: str, measurements: Path) -> str:
    """Return the page with every place filled from the newest file of its name."""

    def fill(place: re.Match[str]) -> str:
        files = sorted(measurements.glob(f"????-??-??-{place['name']}.json"))
        told = measured(files[-1]) if files else MISSING
        return f"{place[1]}\n{told}\n\n{place[4]}"

    return PLACES.sub(fill, page)


def measured(path: Path) -> str:
    """Return the tables of a file of raw figures, and how they came about."""
    raw = json.loads(path.read_text(encoding="utf-8"))
    words = shlex.split(raw["about"]["command"])
    module = importlib.import_module(_benchmark(words))
    told = [_wrapped(part) for part in module.tables(raw).split("\n\n")]
    return "\n\n".join([*told, _origin(raw["about"], words, path)])


def _wrapped(paragraph: str) -> str:
    """Return prose in the page's width; tables and what is fenced stay."""
    if paragraph.startswith(("|", "```")):
        return paragraph
    return textwrap.fill(paragraph, WIDTH, break_on_hyphens=False)


def _origin(about: Mapping[str, Any], words: list[str], path: Path) -> str:
    if "--out" in words:
        at = words.index("--out")
        words = words[:at] + words[at + 2 :]
    link = f"[raw figures]({path.parent.name}/{path.name})"
    return f"`{shlex.join(words)}`; {said(about)}; {link}"


def _benchmark(words: list[str]) -> str:
    """Return the module of a command; only benchmarks are imported."""
    if words[:2] != ["python", "-m"] or not re.fullmatch(r"bench\.\w+", words[2]):
        raise ValueError(f"not the command of a benchmark: {shlex.join(words)}")
    return words[2]


def main() -> None:
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8"), MEASUREMENTS), encoding="utf-8")
    for place in PLACES.finditer(PAGE.read_text(encoding="utf-8")):
        if MISSING in place[0]:
            print(f"{place['command']} --out docs/measurements/DATE-{place['name']}.json")


if __name__ == "__main__":
    main()
