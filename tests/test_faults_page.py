"""docs/faults.md has every case once, and names tests that exist, or says why there is none."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "faults.md"
CASES = {"N": 30, "M": 16, "C": 10, "D": 17, "S": 5}
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
REVIEWED = "*Reviewed:* "
SHORTEST_REASON = 20  # letters

Row = tuple[str, str, str, str]


def rows() -> list[Row]:
    """Return (number, case, what Conclave does, tried in) of every row."""
    found = []
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if re.match(r"\| [A-Z]\d+ \|", line):
            number, case, does, tried = (cell.strip() for cell in line.strip("|").split(" | "))
            found.append((number, case, does, tried))
    return found


@cache
def functions_of(path: str) -> frozenset[str]:
    """Return the names of all tests of a file, those in classes among them."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, kinds))


def test_every_case_is_there_once_and_in_order():
    expected = [f"{kind}{n}" for kind, count in CASES.items() for n in range(1, count + 1)]
    assert [number for number, *_ in rows()] == expected


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0])
def test_every_test_that_is_named_exists_and_a_case_without_one_says_why(row: Row):
    number, case, does, tried = row
    assert case
    assert does
    if tried.startswith(REVIEWED):
        assert len(tried) - len(REVIEWED) >= SHORTEST_REASON, number
        return
    named = [TEST.fullmatch(words) for words in tried.split("<br>")]
    assert all(named), tried
    for test in named:
        assert test is not None
        path, function = test.groups()
        assert function.startswith("test_")
        assert (ROOT / path).is_file(), path
        assert function in functions_of(path), f"{path} has no {function}"
