"""One of sixteen: what a large call costs one computer, which shows fifteen people and a speaker.

    python -m bench.sixteen --people 2,4,8,16 --seconds 10

The measured participant is a process of its own: camera at 640x360, microphone, speaker, thumbnails
of 180 lines and one picture of 360. The others are played by a few processes that send what was
encoded beforehand, each over a link of its own, sealed with keys of its own (bench/players.py).
Half of them ask for 360 lines, the others for 180, so two sizes are sent. Everybody speaks all the
time. The bar: within one core.
"""

import argparse
from collections.abc import Mapping
from typing import Any

from bench import players
from bench.cast import Cast, a_cast
from bench.contenders import conclave_mesh
from bench.mesh import growth_lines, summary
from bench.report import add_out_option, finish, table

WARM_UP_S = 20.0  # a slow computer finds its step meanwhile
PLAYED_BY_ONE = 8  # people in one process: more would be late on a busy computer
SPEAKER, THUMBNAIL = (640, 360), (320, 180)  # pixels of their tiles
MEASURED = "measured"


def add_call(cast: Cast, people: int, width: int, height: int) -> None:
    """Add one participant and all the others, in as few processes as can keep time."""
    others = [f"player {number + 1}" for number in range(people - 1)]
    names = [MEASURED, *others]
    tiles = dict.fromkeys(names, THUMBNAIL) | dict.fromkeys(others[:1], SPEAKER)
    asks = {name: (SPEAKER, THUMBNAIL)[n % 2][1] for n, name in enumerate(others)}
    stages = [others[n : n + PLAYED_BY_ONE] for n in range(0, len(others), PLAYED_BY_ONE)]
    processes = {name: f"stage {n + 1}" for n, stage in enumerate(stages) for name in stage}
    settings = {"names": names, "width": width, "height": height}
    settings |= {"tiles": tiles, "processes": processes}
    cast.add(MEASURED, conclave_mesh.Participant, settings)
    for number, stage in enumerate(stages):
        asked = {name: asks[name] for name in stage}
        settings = {"names": names, "measured": MEASURED, "asks": asked}
        cast.add(f"stage {number + 1}", players.Players, settings)


def measure(people: int, options: argparse.Namespace) -> dict[str, Any]:
    """Return the figures of the one who is measured."""
    with a_cast() as cast:
        add_call(cast, people, options.width, options.height)
        figures = cast.measure(WARM_UP_S, options.seconds)
    measured = figures.pop(MEASURED)
    played = [round(stage["cpu"], 3) for stage in figures.values()]
    return {"people": people, **summary({MEASURED: measured}), "players": played, "raw": measured}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.sixteen", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--people", default="16", help="how many, separated by commas")
    parser.add_argument("--seconds", type=float, default=10.0, help="length of one measurement")
    parser.add_argument("--width", type=int, default=640)
    parser.add_argument("--height", type=int, default=360)
    add_out_option(parser)
    options = parser.parse_args()
    results = []
    for people in map(int, options.people.split(",")):
        results.append(measure(people, options))
        print(f"{people} people: {results[-1]['cpu']:.3f} core", flush=True)
    raw = {"results": results}
    print("\n" + tables(raw))
    finish("sixteen", raw, options.out)


def tables(raw: Mapping[str, Any]) -> str:
    """Return what the call cost the measured one, and how that grows with people."""
    results = raw["results"]
    rows = [
        [
            str(one["people"]),
            f"{one['cpu']:.3f}",
            f"{one['fps']:.1f}",
            f"{one['fps_least']:.1f}",
            f"{one['freezes_per_minute']:.1f}",
            f"{one['concealed'] * 100:.1f}",
            ", ".join(f"{cpu:.2f}" for cpu in one["players"]),
        ]
        for one in results
    ]
    headings = ["people", "cores", "frames/s", "least", "freezes/min", "sound missing, %"]
    told = table([*headings, "players, cores"], rows)
    return f"{told}\n\n```\n{growth_lines('The measured one', results)}\n```"


if __name__ == "__main__":
    main()
