"""What one more receiver costs: CPU of sender and receivers, beside plain aiortc in the same run.

    python -m bench.fanout --receivers 1,3,7 --seconds 8

Both send the same clip (a talking head, 640x360, 30 frames per second) over loopback, sender and
each receiver in a process of its own; every receiver decodes every picture. Where the computer is
too slow for 30 frames per second, cores alone would flatter the slower path: the ratio is that of
CPU time per picture delivered to everybody.
"""

import argparse
import statistics
from typing import Any

from bench import conclave_media, plain_aiortc
from bench.cast import MakePart, a_cast
from bench.report import add_out_option, finish, median, table

WARM_UP_S = 4.0  # connecting costs CPU too, and bit rates climb at first
PATHS: dict[str, tuple[MakePart, MakePart]] = {
    "plain aiortc": (plain_aiortc.Sender, plain_aiortc.Receiver),
    "Conclave": (conclave_media.Sender, conclave_media.Receiver),
}


def measure(path: str, receivers: int, options: argparse.Namespace) -> dict[str, Any]:
    """Return the figures of one call: one sender, so many receivers."""
    make_sender, make_receiver = PATHS[path]
    names = [f"receiver {number + 1}" for number in range(receivers)]
    settings = {"width": options.width, "height": options.height, "receivers": names}
    with a_cast() as cast:
        for name in names:
            cast.add(name, make_receiver, {**settings, "number": names.index(name)})
        cast.add("sender", make_sender, settings)
        figures = cast.measure(WARM_UP_S, options.seconds)
    sender, seen = figures["sender"], [figures[name] for name in names]
    for each in seen:
        del each["ages_ms"]  # that is for bench.latency
    return {
        "path": path,
        "receivers": receivers,
        "sender_cpu": sender["cpu"],
        "receiver_cpu": median([each["cpu"] for each in seen]),
        "frames_per_s": statistics.mean(each["pictures"] / each["seconds"] for each in seen),
        "kbit_s": sender["kbit_s"],
        "size": seen[0]["size"],
        "processes": figures,
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.fanout", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--receivers", default="1,3,7", help="how many, separated by commas")
    parser.add_argument("--seconds", type=float, default=8.0, help="length of one measurement")
    parser.add_argument("--width", type=int, default=640)
    parser.add_argument("--height", type=int, default=360)
    parser.add_argument("--only", choices=list(PATHS), help="measure one of the two only")
    add_out_option(parser)
    options = parser.parse_args()
    results = []
    for receivers in map(int, options.receivers.split(",")):
        for path in PATHS:
            if options.only in (None, path):
                results.append(measure(path, receivers, options))
                print(_line(results[-1]), flush=True)
    print()
    print(_table(results))
    finish("fan-out", {"results": results}, options.out)


def _line(one: dict[str, Any]) -> str:
    return f"{one['path']}, {one['receivers']} receivers: sender {one['sender_cpu']:.3f} core"


def _table(results: list[dict[str, Any]]) -> str:
    plain = {one["receivers"]: one for one in results if one["path"] == "plain aiortc"}
    rows = []
    for one in results:
        yardstick = plain.get(one["receivers"]) if one["path"] == "Conclave" else None
        cost = {side: one[side] / one["frames_per_s"] for side in ("sender_cpu", "receiver_cpu")}
        rows.append(
            [
                str(one["receivers"]),
                one["path"],
                f"{one['frames_per_s']:.1f}",
                f"{one['kbit_s']:.0f}",
                *(f"{one[side]:.3f}" for side in cost),
                *(f"{per_picture * 1000:.2f}" for per_picture in cost.values()),
                *(
                    f"{cost[side] / (yardstick[side] / yardstick['frames_per_s']):.2f}"
                    if yardstick
                    else ""
                    for side in cost
                ),
            ]
        )
    headings = ["receivers", "path", "frames/s", "kbit/s each", "sender, cores", "receiver, cores"]
    headings += ["sender, ms/picture", "receiver, ms/picture", "sender ratio", "receiver ratio"]
    return table(headings, rows)


if __name__ == "__main__":
    main()
