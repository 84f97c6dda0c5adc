"""Many people on one computer: what a call of two, three, five, eight costs each of them.

    python -m bench.mesh --people 2,3,5,8 --seconds 10
    python -m bench.mesh --only chromium --people 2

Everybody sends a talking head (640x360, 30 frames per second) and a tone to everybody, and shows
everybody in the tile that a window of 1280x720 has for them; all share the processor. Nobody's
sound is cleaned. The age of every tenth picture is noted.

Conclave: a process for each person. Plain aiortc: likewise, a connection and an encoder for each
pair, no tiles: it decodes what comes and stops at YUV. Chromium: one browser without a screen, a
window with a plain page for each person, who all share its network, sound and camera processes.
It paints, which the others do not, so its pictures are small on the screen, and count when they are
decoded. Its processes are counted all and shared out evenly; latency is until a picture is given to
the compositor, as the browser tells it.

A call in which not everybody sees and hears everybody within two minutes is a line without figures.
One during which STOLEN_AT_MOST of the processors' time was stolen is made again.

"left out" is the highest step at which somebody's computer spared pictures (docs/command-line.md,
"computer"). Cores alone flatter who is too slow to show every picture: mind the frames per second
beside them; the ratio is Conclave's CPU time per picture to that of the other. How the cost grows
with people is fitted to those sizes that kept KEPT_UP of the frame rate.
"""

import argparse
import functools
import statistics
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.cast import Cast, CastError, MakePart, a_cast
from bench.clip import FRAMES_PER_SECOND
from bench.clip_file import clip_in
from bench.contenders import aiortc_mesh, chromium_mesh, conclave_mesh
from bench.contenders.devtools import program as chromium_here
from bench.noise import REPEATED_AT_MOST, STOLEN_AT_MOST, Ticks, undisturbed
from bench.report import add_out_option, finish, median, percentile, table
from bench.speech import tone, write_wav

WARM_UP_S = 25.0  # bit rates climb at first, and a slow computer finds its step
KEPT_UP = 0.9  # of the frame rate: below it the computer was too slow, and cores say little
MENTIONED = 0.002  # cores; threads below it are not worth a line
HEADINGS = (
    "people",
    "path",
    "cores each",
    "frames/s",
    "least",
    "freezes/min",
    "sound missing, %",
    "p50, ms",
    "p95, ms",
    "size",
    "kbit/s to each",
    "left out",
    "ms/picture",
    "ratio",
    "stolen, %",
)
OURS, AIORTC, CHROMIUM = "Conclave", "plain aiortc", "Chromium"
PATHS = {"aiortc": AIORTC, "chromium": CHROMIUM, "conclave": OURS}
PROCESSES: dict[str, MakePart] = {
    AIORTC: aiortc_mesh.Participant,
    OURS: conclave_mesh.Participant,
}


def measure(path: str, people: int, size: tuple[int, int], seconds: float) -> dict[str, Any]:
    """Return the figures of one call of so many people."""
    names = [f"person {number + 1}" for number in range(people)]
    about: dict[str, Any] = {"path": path, "people": people}
    with tempfile.TemporaryDirectory(prefix="conclave-mesh-") as folder, a_cast() as cast:
        _add(cast, path, {"names": names, "width": size[0], "height": size[1]}, Path(folder))
        began = Ticks.now()
        try:
            cast.await_ready()
        except CastError as problem:
            stolen = began.stolen_until(Ticks.now())
            return {**about, "stolen": stolen, "failed": str(problem)}
        ticks: list[Ticks] = []
        figures = cast.measure(WARM_UP_S, seconds, lambda: ticks.append(Ticks.now()))
        stolen = ticks[0].stolen_until(Ticks.now())
    if path == CHROMIUM:
        figures = figures[CHROMIUM][chromium_mesh.PEOPLE]
    return {**about, "stolen": stolen, **summary(figures), "processes": figures}


def _add(cast: Cast, path: str, settings: dict[str, Any], folder: Path) -> None:
    """Add the processes of a call: one for each person, or one that orders a browser about."""
    if path == CHROMIUM:
        sound = folder / "tone.wav"
        write_wav(sound, tone())
        clip = clip_in(folder, settings["width"], settings["height"])
        files = {"clip": str(clip), "sound": str(sound)}
        cast.add(CHROMIUM, chromium_mesh.Browsing, settings | files)
    else:
        for name in settings["names"]:
            cast.add(name, PROCESSES[path], settings)


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
        "sent_kbps": statistics.mean(one["sent_kbps"] for one in figures.values()),
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
    fit = [one for one in results if one.get("fps", 0) >= KEPT_UP * FRAMES_PER_SECOND]
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
    parser.add_argument(
        "--again", type=int, default=REPEATED_AT_MOST, help="times a disturbed call is made again"
    )
    parser.add_argument("--width", type=int, default=640)
    parser.add_argument("--height", type=int, default=360)
    parser.add_argument("--only", choices=list(PATHS), help="measure one of them only")
    add_out_option(parser)
    options = parser.parse_args()
    paths = [path for name, path in PATHS.items() if options.only in (None, name)]
    if CHROMIUM in paths and chromium_here() is None:
        print("Chromium is not installed (apt-get install chromium) and left out")
        paths.remove(CHROMIUM)
    results, disturbed = [], []
    size = options.width, options.height
    for people in map(int, options.people.split(",")):
        for path in paths:
            one, others = undisturbed(
                functools.partial(measure, path, people, size, options.seconds), options.again
            )
            results.append(one)
            disturbed += others
            print(f"{path}, {people}: {_told(one)}", flush=True)
    raw = {"results": results, "disturbed": disturbed}
    print("\n" + tables(raw))
    finish("mesh", raw, options.out)


def _told(one: Mapping[str, Any]) -> str:
    if "failed" in one:
        return str(one["failed"])
    return f"{one['cpu']:.3f} core, {one['fps']:.1f}/s, {one['stolen']:.1%} stolen"


def tables(raw: Mapping[str, Any]) -> str:
    """Return the figures of all calls, how quiet it was, and how the cost grows with people."""
    results = raw["results"]
    paths = dict.fromkeys(one["path"] for one in results)
    lines = [growth_lines(path, [one for one in results if one["path"] == path]) for path in paths]
    foot = f"{len(raw['disturbed'])} more calls were left out, as during them more than "
    foot += f"{STOLEN_AT_MOST:.0%} of the processors' time was stolen."
    return "\n\n".join([_table(results), foot, "```\n" + "\n".join(lines) + "\n```"])


def _threads(figures: Any) -> dict[str, float]:
    """Return the mean cores of each thread name, those of nobody's left out."""
    each = [{n: s / one["seconds"] for n, s in one["threads"].items()} for one in figures]
    names = {name for one in each for name in one}
    return {name: statistics.mean(one.get(name, 0.0) for one in each) for name in sorted(names)}


def _table(results: Sequence[dict[str, Any]]) -> str:
    came = [one for one in results if "failed" not in one]
    ours = {one["people"]: _per_picture(one) for one in came if one["path"] == OURS}
    rows = []
    for one in results:
        if "failed" in one:
            nothing = ["no call", *[""] * (len(HEADINGS) - 4)]
            rows.append([str(one["people"]), one["path"], *nothing, f"{one['stolen'] * 100:.1f}"])
            continue
        own = ours.get(one["people"]) if one["path"] != OURS else None
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
                f"{one['sent_kbps']:.0f}",
                str(one["left_out"]),
                f"{_per_picture(one) * 1000:.2f}",
                f"{own / _per_picture(one):.2f}" if own is not None else "",
                f"{one['stolen'] * 100:.1f}",
            ]
        )
    return table(HEADINGS, rows)


def _per_picture(one: Mapping[str, Any]) -> float:
    """Return the CPU seconds for one picture of everybody else."""
    return one["cpu"] / one["fps"] if one["fps"] else float("nan")


if __name__ == "__main__":
    main()
