"""From what both sides of a call saw to the figures of one run, and from runs to a table."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.bars import BARS, FIGURES, Bar
from bench.likeness import DISTANCE, MEASURE, PESQ
from bench.report import median, percentile, table
from bench.witness import UNREADABLE, ages, freezes, longest_gap

LIKENESS = {PESQ: "pesq", DISTANCE: "lsd_db"}[MEASURE]
COLUMNS = {  # of the table: heading -> (figure, factor, digits); what was not measured has none
    "decoded/s": ("fps", 1, 1),
    "shown/s": ("shown_fps", 1, 1),
    "freezes": ("freezes", 1, 0),
    "longest gap, ms": ("longest_gap_ms", 1, 0),
    "PSNR, dB": ("psnr_db", 1, 1),
    "sound made up, %": ("concealed", 100, 1),
    PESQ: ("pesq", 1, 2),
    DISTANCE: ("lsd_db", 1, 2),
    "sent, kbit/s": ("sent_kbps", 1, 0),
    "arrived": ("arrived_kbps", 1, 0),
    "decoded p50, ms": ("latency_p50_ms", 1, 0),
    "p95": ("latency_p95_ms", 1, 0),
    "shown p50, ms": ("shown_p50_ms", 1, 0),
    "p95 ": ("shown_p95_ms", 1, 0),
    "CPU, cores": ("cpu", 1, 2),
    "set-up, ms": ("setup_ms", 1, 0),
}

Run = dict[str, Any]
"""One call: "case", "contender", "figures" of both sides together, "sides", "size", "stolen"."""


@dataclass(frozen=True)
class Seen:
    """What one side saw of the other: its figures, and the ages of all pictures in ms."""

    figures: dict[str, float]
    decoded_ms: list[float]
    shown_ms: list[float]


def seen_by(side: Mapping[str, Any], other: Mapping[str, Any]) -> Seen:
    """Return what one side saw; `side` and `other` are what both told of the call.

    Pictures that were decoded but never shown, or not handed on at all, are told where known.
    """
    start, end = side["from"], side["until"]
    numbers = [number for number, _ in side["arrivals"]]
    moments = [
        at
        for before, (number, at) in zip([None, *numbers], side["arrivals"], strict=False)
        if number == UNREADABLE or number != before
    ]
    arrived = sum(start <= at < end for at in moments)
    frozen = freezes(moments, start, end)
    figures = {
        "fps": side.get("pictures_decoded", arrived) / (end - start),
        "shown_fps": side.get("pictures_shown", arrived) / (end - start),
        "freezes": float(len(frozen)),
        "frozen_s": sum(frozen),
        "longest_gap_ms": 1000 * longest_gap(moments, start, end),
        "psnr_db": median(side["psnr_db"]),
        "psnr_worst_db": min(side["psnr_db"], default=float("nan")),
        "concealed": side["concealed"],
        "cpu": side["cpu"],
        "setup_ms": 1000 * side["setup_s"],
        "unreadable": float(sum(number == UNREADABLE for number in numbers)),
    }
    return Seen(
        figures,
        [1000 * age for age in ages(other["taken"], side["decoded"], start)],
        [1000 * age for age in ages(other["taken"], side["arrivals"], start)],
    )


def together(sides: Mapping[str, Seen], listener: str) -> dict[str, float]:
    """Return the figures of a call: means of both sides, but the longest gap of either.

    Sound is what the listener got: made-up silence is no loss, and codecs do not protect it.
    """
    seen = list(sides.values())
    figures = {name: _mean([side.figures[name] for side in seen]) for name in seen[0].figures}
    figures["longest_gap_ms"] = max(side.figures["longest_gap_ms"] for side in seen)
    figures["concealed"] = sides[listener].figures["concealed"]
    for name, share in (("p50", 0.5), ("p95", 0.95)):
        decoded = [age for side in seen for age in side.decoded_ms]
        shown = [age for side in seen for age in side.shown_ms]
        figures[f"latency_{name}_ms"] = percentile(decoded, share)
        figures[f"shown_{name}_ms"] = percentile(shown, share)
    return figures


def _mean(values: Sequence[float]) -> float:
    """Return the mean of what is known: a side that saw nothing has no likeness."""
    known = [value for value in values if not math.isnan(value)]
    return sum(known) / len(known) if known else math.nan


def medians(runs: Sequence[Run]) -> dict[str, float]:
    """Return the median of every figure over the repeats of one call."""
    names = runs[0]["figures"]
    return {name: median([run["figures"][name] for run in runs]) for name in names}


def results(runs: Sequence[Run]) -> str:
    """Return the table of all figures: a row per case and contender."""
    rows = []
    known = runs[0]["figures"]
    columns = {heading: column for heading, column in COLUMNS.items() if column[0] in known}
    for (case, contender), alike in _grouped(runs).items():
        figures = medians(alike)
        cells = [_written(figures, *column) for column in columns.values()]
        stolen = f"{100 * max(run['stolen'] for run in alike):.1f}"
        rows.append([case, contender, alike[len(alike) // 2]["size"], *cells, stolen])
    return table(["case", "contender", "size", *columns, "stolen, %"], rows)


def quietness(runs: Sequence[Run], disturbed: Sequence[Run], bar: float) -> str:
    """Say how many calls were made again because time was stolen, and what is left of that."""
    above = [run["stolen"] for run in runs if run["stolen"] > bar]
    told = f"{len(runs)} calls count; {len(disturbed)} more were made and left out, as during them"
    told += f" more than {bar:.0%} of the processors' time was stolen."
    if above:
        told += f" {len(above)} that count are above that, too, at most {max(above):.1%}."
    return told


def verdicts(runs: Sequence[Run], ours: str) -> str:
    """Return the table of the bars: what was to be reached, whether it was, and the others."""
    figures = {key: medians(alike) for key, alike in _grouped(runs).items()}
    others = list(dict.fromkeys(contender for _, contender in figures if contender != ours))
    rows = [
        _verdict(case, bar, figures, ours, others)
        for case in dict.fromkeys(case for case, _ in figures)
        for bar in BARS.get(case, ())
    ]
    beside = [heading for other in others for heading in (other, f"{ours} / {other}")]
    return table(["case", "figure", "reach", ours, "", *beside], rows)


def _verdict(
    case: str,
    bar: Bar,
    figures: Mapping[tuple[str, str], Mapping[str, float]],
    ours: str,
    others: Sequence[str],
) -> list[str]:
    own = figures.get((case, ours), {}).get(bar.figure, float("nan"))
    judgement = "reached" if bar.is_met(own) else f"missed by {100 * bar.missing(own):.0f} %"
    cells = []
    for other in others:
        theirs = figures.get((case, other), {}).get(bar.figure, float("nan"))
        cells += [f"{theirs:.3g}", f"{own / theirs:.2f}" if theirs else ""]
    reach = f"{bar.way} {bar.value:g}"
    return [case, FIGURES[bar.figure], reach, f"{own:.3g}", judgement, *cells]


def _grouped(runs: Sequence[Run]) -> dict[tuple[str, str], list[Run]]:
    grouped: dict[tuple[str, str], list[Run]] = {}
    for run in runs:
        grouped.setdefault((run["case"], run["contender"]), []).append(run)
    return grouped


def _written(figures: Mapping[str, float], name: str, factor: float, digits: int) -> str:
    return f"{figures[name] * factor:.{digits}f}"
