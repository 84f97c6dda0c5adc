"""What repair makes of loss, in simulated time, and what a row of parity costs.

python -m bench.repair [--seconds 60] [--out FILE]
"""

import argparse
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from bench.lossy_path import Computers, LossyCall, Path
from bench.report import add_out_option, finish, table
from bench.simulation.stalls import Stalling
from media.path.fec import Block

ROUND_TRIPS = (0.005, 0.040, 0.120, 0.250)
LOSSES = ((0.0, 1.0), (0.05, 1.0), (0.1, 1.0), (0.2, 1.0), (0.1, 4.0), (0.1, 5.0), (0.2, 4.0))
DISORDERS = (
    ("2 % early", Path(0.100, early=0.02)),
    ("50 +- 30 ms", Path(0.040, jitter=0.060)),
)
OFTEN = Stalling(share=0.02)
STALLS = (
    ("the sender", Computers(sender=OFTEN)),
    ("the receiver", Computers(receiver=OFTEN)),
    ("both, and the sound", Computers(OFTEN, OFTEN, speaker=True)),
)
FRAMES = (5, 30)  # packets of 1.2 kB
ROUNDS = 200


def row_cost(packets: int) -> tuple[float, float]:
    """Return the microseconds of the first parity row and of a later one (least of ROUNDS)."""
    rng = random.Random(packets)
    sent = [rng.randbytes(1150) for _ in range(packets)]
    costs = []
    for row in (0, 3):
        best = float("inf")
        for _ in range(ROUNDS):
            block = Block(0, sent)
            begin = time.perf_counter()
            block.parity(row)
            best = min(best, time.perf_counter() - begin)
        costs.append(best * 1e6)
    return costs[0], costs[1]


def cases_table(found: Sequence[Mapping[str, Any]], seconds: float) -> str:
    """Return what each path leaves of a call, and what its repair costs."""
    rows = [
        [
            one["case"],
            f"{one['path']['round_trip'] * 1000:.0f}",
            f"{out['complete']:.2%}",
            f"{out['shown']:.2%}",
            f"{out['delay_p95'] * 1000:.0f} / {out['delay_p99'] * 1000:.0f}",
            f"{out['freezes']} / {out['frozen']:.1f}",
            f"{out['longest'] * 1000:.0f}",
            f"{out['sound_lost']:.2%}",
            f"{out['overhead']:.1%}",
            f"{out['asked']:.1%}",
            f"{out['target_kbps']:.0f}",
            f"{out['by_repetition']} / {out['by_parity']} / {out['by_redundancy']}",
        ]
        for one in found
        for out in [one["outcome"]]
    ]
    headings = [
        "loss",
        "round trip, ms",
        "frames whole",
        "shown",
        "delay p95 / p99, ms",
        f"freezes in {seconds:.0f} s / seconds of them",
        "longest gap, ms",
        "sound lost",
        "overhead",
        "asked for",
        "estimate, kbit/s",
        "repeated / parity / carried",
    ]
    return table(headings, rows)


def stalls_table(found: Sequence[Mapping[str, Any]]) -> str:
    """Return what comes of computers that stand still, with and without loss."""
    rows = [
        [
            one["case"],
            f"{one['path']['loss']:.0%}",
            f"{out['complete']:.2%}",
            f"{out['longest'] * 1000:.0f}",
            f"{out['key_frames']}",
            f"{out['made_up']:.2%}",
            f"{out['sound_delay'] * 1000:.0f}",
            f"{out['lowest_kbps']:.0f}",
        ]
        for one in found
        for out in [one["outcome"]]
    ]
    headings = [
        f"who stands still, {OFTEN.shortest * 1000:.0f} to {OFTEN.longest * 1000:.0f} ms",
        "loss",
        "frames whole",
        "longest gap, ms",
        "key frames asked for",
        "sound made up",
        "sound waits, ms",
        "lowest estimate, kbit/s",
    ]
    return table(headings, rows)


def tables(raw: Mapping[str, Any]) -> str:
    """Return what repair saves on bad paths, what stalls do to a call, and what parity costs."""
    costs = [
        f"parity over {packets} packets: first row {first:.0f} us, others {later:.0f} us each"
        for packets, (first, later) in raw["parity_us"].items()
    ]
    parts = [cases_table(raw["cases"], raw["seconds"]), stalls_table(raw["stalls"])]
    return "\n\n".join([*parts, "; ".join(costs)])


def played(
    name: str, path: Path, seconds: float, computers: Computers | None = None
) -> dict[str, Any]:
    """Return one simulated call and what came of it."""
    outcome = LossyCall(path, seconds, computers=computers).run()
    return {"case": name, "path": asdict(path), "outcome": asdict(outcome)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--seconds", type=float, default=60.0, help="of each simulated call")
    add_out_option(parser)
    options = parser.parse_args()
    paths = [
        (
            f"{loss:.0%}" + (f" in bursts of {burst:.0f}" if burst > 1 else ""),
            Path(rtt, loss, burst),
        )
        for loss, burst in LOSSES
        for rtt in ROUND_TRIPS
    ]
    seconds = options.seconds
    raw: dict[str, Any] = {
        "seconds": seconds,
        "cases": [played(name, path, seconds) for name, path in [*paths, *DISORDERS]],
        "stalls": [
            played(name, Path(0.020, loss), seconds, computers)
            for name, computers in STALLS
            for loss in (0.0, 0.05)
        ],
        "parity_us": {packets: row_cost(packets) for packets in FRAMES},
    }
    print(tables(raw))
    finish("repair", raw, options.out)


if __name__ == "__main__":
    main()
