"""Many people on one computer: what a call of two, three, five, eight costs each of them.

    python -m bench.mesh --people 2,3,5,8 --seconds 10

Everybody sends a talking head (640x360, 30 frames per second) and a tone to everybody, and shows
everybody in the tile that a window of 1280x720 has for them; each is a process of its own, and
all share the processor. Beside it plain aiortc: the same clip, a connection and an encoder for
each pair, no tiles: it decodes what comes and stops at YUV. The time code is read from every
tenth picture.

"left out" is the highest step at which somebody's computer spared pictures (docs/command-line.md,
"computer"). Cores alone flatter who is too slow to show every picture: mind the frames per second
beside them. How the cost grows with people is fitted to those sizes that kept KEPT_UP of the
frame rate.
"""

import argparse
import statistics
from collections.abc import Sequence
from typing import Any

from bench import aiortc_mesh, conclave_mesh
from bench.cast import MakePart, a_cast
from bench.clip import FRAMES_PER_SECOND
from bench.report import add_out_option, finish, median, percentile, table

WARM_UP_S = 6.0  # connecting costs CPU too, and bit rates climb at first
KEPT_UP = 0.9  # of the frame rate: below it the computer was too slow, and cores say little
MENTIONED = 0.002  # cores; threads below it are not worth a line
PATHS: dict[str, MakePart] = {
    "plain aiortc": aiortc_mesh.Participant,
    "Conclave": conclave_mesh.Participant,
}
OPTION_NAMES = {"aiortc": "plain aiortc", "conclave": "Conclave"}


def measure(path: str, people: int, options: argparse.Namespace) -> dict[str, Any]:
    """Return the figures of one call of so many people."""
    names = [f"person {number + 1}" for number in range(people)]
    settings = {"width": options.width, "height": options.height, "names": names}
    with a_cast() as cast:
        for name in names:
            cast.add(name, PATHS[path], settings)
        figures = cast.measure(WARM_UP_S, options.seconds)
    return {"path": path, "people": people, **summary(figures), "processes": figures}


def summary(figures: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return what a call was like for its people: cores each, frames, freezes, sound, latency."""
    pairs = [
        {**seen, "fps": seen["pictures"] / one["seconds"]}
        for one in figures.values()
        for seen in one["seen"].values()
    ]
    ages = [age for pair in pairs for age in pair["ages_ms"]]
    seconds = sum(one["seconds"] for one in figures.values())
    return {
        "cpu": statistics.mean(one["cpu"] for one in figures.values()),
        "threads": _threads(figures.values()),
        "fps": statistics.mean(pair["fps"] for pair in pairs),
        "fps_least": min(pair["fps"] for pair in pairs),
        "freezes_per_minute": 60 * sum(pair["freezes"] for pair in pairs) / seconds,
        "concealed": statistics.mean(pair["concealed"] for pair in pairs),
        "latency_ms": [percentile(ages, share) for share in (0.5, 0.95)],
        "size": max((pair["size"] for pair in pairs), key=lambda size: (len(size), size)),
        "left_out": max(one.get("step", 0) for one in figures.values()),
    }


def growth(results: Sequence[dict[str, Any]], thread: str | None = None) -> tuple[float, float]:
    """Return (cores alone, cores for each one more) by least squares, of all or of one thread."""
    others = [one["people"] - 1 for one in results]
    cores = [one["threads"].get(thread, 0.0) if thread else one["cpu"] for one in results]
    if len(set(others)) < 2:
        return median(cores), float("nan")
    slope, intercept = statistics.linear_regression(others, cores)
    return intercept, slope


def growth_lines(who: str, results: Sequence[dict[str, Any]]) -> str:
    """Say how the cost grows with each one more, in all and thread by thread."""
    fit = [one for one in results if one["fps"] >= KEPT_UP * FRAMES_PER_SECOND]
    counted = ", ".join(str(one["people"]) for one in fit)
    if len(fit) < 2:
        return f"{who}: too few sizes kept up for a fit ({counted or 'none'})"
    fixed, each = growth(fit)
    lines = [f"{who}, of {counted} people: {fixed:.3f} core, and {each:.4f} for each of the others"]
    for name in sorted({name for one in fit for name in one["threads"]}):
        fixed, each = growth(fit, name)
        if abs(fixed) + abs(each) > MENTIONED:
            lines.append(f"  {name:<14} {fixed:7.4f} + {each:.4f} for each of the others")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.mesh", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--people", default="2,3,5,8", help="how many, separated by commas")
    parser.add_argument("--seconds", type=float, default=10.0, help="length of one measurement")
    parser.add_argument("--width", type=int, default=640)
    parser.add_argument("--height", type=int, default=360)
    parser.add_argument("--only", choices=list(OPTION_NAMES), help="measure one of them only")
    add_out_option(parser)
    options = parser.parse_args()
    results = []
    for people in map(int, options.people.split(",")):
        for path in PATHS:
            if options.only is None or OPTION_NAMES[options.only] == path:
                results.append(measure(path, people, options))
                one = results[-1]
                print(f"{path}, {people}: {one['cpu']:.3f} core, {one['fps']:.1f}/s", flush=True)
    print("\n" + _table(results))
    for path in PATHS:
        if of_path := [one for one in results if one["path"] == path]:
            print("\n" + growth_lines(path, of_path))
    finish("mesh", {"results": results}, options.out)


def _threads(figures: Any) -> dict[str, float]:
    """Return the mean cores of each thread name, those of nobody's left out."""
    each = [{n: s / one["seconds"] for n, s in one["threads"].items()} for one in figures]
    names = {name for one in each for name in one}
    return {name: statistics.mean(one.get(name, 0.0) for one in each) for name in sorted(names)}


def _table(results: Sequence[dict[str, Any]]) -> str:
    rows = []
    plain = {one["people"]: one for one in results if one["path"] == "plain aiortc"}
    for one in results:
        yardstick = plain.get(one["people"]) if one["path"] != "plain aiortc" else None
        per_picture = one["cpu"] / one["fps"] if one["fps"] else float("nan")
        ratio = per_picture / (yardstick["cpu"] / yardstick["fps"]) if yardstick else None
        rows.append(
            [
                str(one["people"]),
                one["path"],
                f"{one['cpu']:.3f}",
                f"{one['fps']:.1f}",
                f"{one['fps_least']:.1f}",
                f"{one['freezes_per_minute']:.1f}",
                f"{one['concealed'] * 100:.1f}",
                *(f"{latency:.0f}" for latency in one["latency_ms"]),
                one["size"],
                str(one["left_out"]),
                f"{per_picture * 1000:.2f}",
                f"{ratio:.2f}" if ratio is not None else "",
            ]
        )
    headings = ["people", "path", "cores each", "frames/s", "least", "freezes/min"]
    headings += [
        "sound missing, %",
        "p50, ms",
        "p95, ms",
        "size",
        "left out",
        "ms/picture",
        "ratio",
    ]
    return table(headings, rows)


if __name__ == "__main__":
    main()
