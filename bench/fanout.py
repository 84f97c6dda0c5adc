"""What one more receiver costs: CPU of sender and receivers, beside plain aiortc in the same run.

    python -m bench.fanout --receivers 1,3,7 --seconds 8

Both send the same clip (a talking head, 640x360, 30 frames per second) over loopback, sender and
each receiver in a process of its own; every receiver decodes every picture. Where the computer is
too slow for 30 frames per second, cores alone would flatter the slower path: the ratio is that of
CPU time per picture delivered to everybody.
"""

import argparse
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from bench.cast import a_cast
from bench.mesh import AIORTC, OURS, PROCESSES
from bench.report import add_out_option, finish, median, table

WARM_UP_S = 4.0  # connecting costs CPU too, and bit rates climb at first
SENDER = "sender"


def watch(
    path: str, receivers: Sequence[str], size: tuple[int, int], seconds: float
) -> dict[str, dict[str, Any]]:
    """Let one send its camera to the others, who look at every picture; return their figures."""
    names = [SENDER, *receivers]
    settings = {"names": names, "width": size[0], "height": size[1], "senders": [SENDER]}
    settings |= {"sound": False, "read_every": 1, "tiles": {SENDER: size}}
    with a_cast() as cast:
        for name in names:
            cast.add(name, PROCESSES[path], settings)
        return cast.measure(WARM_UP_S, seconds)


def measure(path: str, receivers: int, size: tuple[int, int], seconds: float) -> dict[str, Any]:
    """Return the figures of one call: one sender, so many receivers."""
    figures = watch(path, [f"receiver {number + 1}" for number in range(receivers)], size, seconds)
    sender = figures[SENDER]
    watching = [one for name, one in figures.items() if name != SENDER]
    seen = [one["seen"][SENDER] for one in watching]
    for each in seen:
        del each["ages_ms"]  # that is for bench.latency
    return {
        "path": path,
        "receivers": receivers,
        "sender_cpu": sender["cpu"],
        "receiver_cpu": median([one["cpu"] for one in watching]),
        "frames_per_s": statistics.mean(
            one["seen"][SENDER]["pictures"] / one["seconds"] for one in watching
        ),
        "kbit_s": sender["sent_kbps"],
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
    parser.add_argument("--only", choices=list(PROCESSES), help="measure one of the two only")
    add_out_option(parser)
    options = parser.parse_args()
    results = []
    for receivers in map(int, options.receivers.split(",")):
        for path in PROCESSES:
            if options.only in (None, path):
                size = options.width, options.height
                results.append(one := measure(path, receivers, size, options.seconds))
                print(f"{path}, {receivers}: sender {one['sender_cpu']:.3f} core", flush=True)
    raw = {"results": results}
    print("\n" + tables(raw))
    finish("fan-out", raw, options.out)


def tables(raw: Mapping[str, Any]) -> str:
    """Return what sender and receivers cost, and Conclave's cost beside that of plain aiortc."""
    results = raw["results"]
    plain = {one["receivers"]: one for one in results if one["path"] == AIORTC}
    rows = []
    for one in results:
        yardstick = plain.get(one["receivers"]) if one["path"] == OURS else None
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
