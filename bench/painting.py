"""What live tiles cost, and how late the window's thread is because of them.

    python -m bench.painting --tiles 9,16 --seconds 10

Conclave's own window in a meeting with everybody's camera on, and beside it bare tiles of the same
number painted in three ways: QWidget with QImage (as Conclave does), QOpenGLWidget, QRhiWidget.
Each runs in a process of its own on an X server of its own, in the same run. Where there is no
graphics card, the graphics system works on the processor too (llvmpipe): the figures say which.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from bench.desktop import NoDesktopError, desktop
from bench.report import add_out_option, finish, percentile, table

WAYS = ("window", "nothing", "QWidget", "QOpenGLWidget", "QRhiWidget")
NEEDS_GRAPHICS = frozenset({"QOpenGLWidget", "QRhiWidget"})  # draw nothing without a display
MOST_LATE_MS = 30.0  # p99 that the window's thread may be late with nine live tiles
PATIENCE_S = 60.0  # beyond what is measured: to start, and to compile shaders
NAMES = {
    "window": "Conclave's window",
    "nothing": "bare, nothing painted",
    "QWidget": "bare, QWidget and QImage",
    "QOpenGLWidget": "bare, QOpenGLWidget",
    "QRhiWidget": "bare, QRhiWidget",
}


def measure(
    way: str, tiles: int, seconds: float, fps: float, env: Mapping[str, str]
) -> dict[str, Any]:
    """Play one way with so many tiles; a way that does not work here tells why."""
    words = [sys.executable, "-m", "bench.painters", way, str(tiles), str(seconds), str(fps)]
    try:
        done = subprocess.run(
            words, env=dict(env), capture_output=True, text=True, check=False,
            timeout=seconds + PATIENCE_S,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return {"way": way, "tiles": tiles, "failed": "did not end in time"}
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        said = done.stderr.strip().splitlines()
        return {"way": way, "tiles": tiles, "failed": said[-1] if said else "said nothing"}
    result: dict[str, Any] = json.loads(lines[-1])
    if not result["painted_per_s"]:
        return {"way": way, "tiles": tiles, "failed": "painted nothing"}
    return result


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.painting", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--tiles", default="9,16", help="how many, separated by commas")
    parser.add_argument("--seconds", type=float, default=10.0, help="length of one measurement")
    parser.add_argument("--fps", type=float, default=30.0, help="pictures a second of each tile")
    parser.add_argument("--only", nargs="+", choices=WAYS, default=WAYS, help="of these only")
    add_out_option(parser)
    options = parser.parse_args()
    counts = [int(count) for count in options.tiles.split(",")]
    results = []
    try:
        with desktop() as env:
            results = _all(options.only, counts, options.seconds, options.fps, env)
    except NoDesktopError as error:
        print(f"{error}: nothing that needs graphics is measured")
        env = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
        ways = [way for way in options.only if way not in NEEDS_GRAPHICS]
        results = _all(ways, counts, options.seconds, options.fps, env)
    raw = {"fps": options.fps, "results": results}
    print("\n" + tables(raw))
    finish("painting", raw, options.out)


def _all(
    ways: Sequence[str], counts: Sequence[int], seconds: float, fps: float, env: Mapping[str, str]
) -> list[dict[str, Any]]:
    results = []
    for count in counts:
        for way in ways:
            results.append(one := measure(way, count, seconds, fps, env))
            said = one.get("failed") or f"{one['cpu']:.3f} core"
            print(f"{way}, {count}: {said}", flush=True)
    return results


def tables(raw: Mapping[str, Any]) -> str:
    """Return how late the window is, what a tile costs, and how the ways compare."""
    results = raw["results"]
    free = {one["tiles"]: one["cpu"] for one in results if one["way"] == "nothing" and "cpu" in one}
    rows = []
    for one in results:
        name = NAMES[one["way"]]
        if "failed" in one:
            rows.append([str(one["tiles"]), name, *["-"] * 6, one["failed"]])
            continue
        late, tiles = one["late_ms"], one["tiles"]
        own = one["cpu"] - free[tiles] if tiles in free and one["way"] != "nothing" else None
        per_picture = own / (one["painted_per_s"] * tiles) if own and one["painted_per_s"] else None
        rows.append(
            [
                str(tiles),
                name,
                "x".join(map(str, one["size"])),
                f"{one['painted_per_s']:.1f}",
                f"{percentile(late, 0.5):.1f}",
                f"{percentile(late, 0.99):.1f}",
                f"{one['cpu']:.3f}",
                f"{per_picture * 1000:.2f}" if per_picture is not None else "",
                one["renderer"],
            ]
        )
    headings = ["tiles", "way", "pixels each", "painted/s each", "late p50, ms", "late p99, ms"]
    headings += ["cores", "ms/picture painted", "drawn by"]
    return f"{table(headings, rows)}\n\n{verdict(raw)}"


def verdict(raw: Mapping[str, Any]) -> str:
    """Say whether the window answers in time while nine people are seen."""
    nine = [one for one in raw["results"] if (one["way"], one["tiles"]) == ("window", 9)]
    if not nine or "late_ms" not in nine[0]:
        return "Nine live tiles were not measured."
    late = percentile(nine[0]["late_ms"], 0.99)
    met = "met" if late < MOST_LATE_MS else "missed"
    return (
        f"The bar: with nine live tiles the window's thread is late by less than "
        f"{MOST_LATE_MS:.0f} ms at p99. It is {met}: {late:.1f} ms."
    )


if __name__ == "__main__":
    main()
