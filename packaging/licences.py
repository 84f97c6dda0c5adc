"""Check that all that Conclave is made of may be part of it: python packaging/licences.py.

Without options it lists everything. --strict fails (code 1) on a licence that does not go with
GPL-3.0-or-later and is not known as a problem in vendored.toml: so nothing new slips in.
--for-packages looks at what packages hold, which has an OpenCV of our own build, and fails on any
problem: what is given to others must have none. --bundle DIR does so for a built program.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from notices import Part, bundled_parts, parts_of_lock, vendored_parts
from spdx import ExpressionError, goes_with_the_gpl


def verdict(part: Part) -> str:
    """Return `ok`, `problem` (known), `stale` (a problem that is none) or `wrong`."""
    try:
        good = part.system or goes_with_the_gpl(part.licence, part.data)
    except ExpressionError:
        return "wrong"
    if part.problem:
        return "stale" if good else "problem"
    return "ok" if good else "wrong"


def main(arguments: list[str] | None = None) -> int:
    """List, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--strict", action="store_true", help="fail on what is not known")
    parser.add_argument("--for-packages", action="store_true", help="fail on any problem")
    parser.add_argument("--bundle", type=Path, help="a built program")
    values = parser.parse_args(arguments)
    packaged = values.for_packages or values.bundle is not None
    bad = {"wrong", "stale"} if values.strict or packaged else set()
    bad |= {"problem"} if packaged else set()
    libraries = (
        bundled_parts(values.bundle)
        if values.bundle
        else vendored_parts(packaged=True if packaged else None)
    )
    failed = False
    for part in (*parts_of_lock(), *libraries):
        said = verdict(part)
        failed = failed or said in bad
        if said != "ok" or not bad:
            where = f" in {part.inside}" if part.inside else f" {part.version}"
            print(f"{said:8} {part.name}{where}: {part.licence} {part.problem}".rstrip())
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
