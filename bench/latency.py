"""How old a picture is when it could be painted: capture to decoded, beside plain aiortc.

    python -m bench.latency --seconds 10

The camera writes the time into every picture; the receiver, another process on this computer,
reads it when the decoder hands the picture over. Capture devices and screens are not in it.
"""

import argparse
from collections.abc import Mapping
from typing import Any

from bench.fanout import SENDER, watch
from bench.mesh import PROCESSES
from bench.report import add_out_option, finish, percentile, table

RECEIVER = "receiver"


def measure(path: str, size: tuple[int, int], seconds: float) -> dict[str, Any]:
    """Return the ages of all pictures of one call between two processes."""
    watching = watch(path, [RECEIVER], size, seconds)[RECEIVER]
    asked = "{}x{}".format(*size)
    return {
        "path": path,
        "asked": asked,
        "seconds": watching["seconds"],
        **watching["seen"][SENDER],
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.latency", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--seconds", type=float, default=10.0, help="length of one measurement")
    parser.add_argument("--sizes", default="640x360,1280x720", help="separated by commas")
    parser.add_argument("--only", choices=list(PROCESSES), help="measure one of the two only")
    add_out_option(parser)
    options = parser.parse_args()
    results = []
    for size in options.sizes.split(","):
        width, height = map(int, size.split("x"))
        for path in PROCESSES:
            if options.only in (None, path):
                results.append(measure(path, (width, height), options.seconds))
    raw = {"results": results}
    print(tables(raw))
    finish("latency", raw, options.out)


def tables(raw: Mapping[str, Any]) -> str:
    """Return how old pictures were, by size and path."""
    rows = [
        [
            one["asked"],
            one["path"],
            *(f"{percentile(one['ages_ms'], share):.1f}" for share in (0.5, 0.95, 0.99)),
            f"{one['pictures'] / one['seconds']:.1f}",
            one["size"],
            str(one["unreadable"]),
        ]
        for one in raw["results"]
    ]
    headings = ["asked", "path", "p50, ms", "p95, ms", "p99, ms", "frames/s", "size", "unreadable"]
    return table(headings, rows)


if __name__ == "__main__":
    main()
