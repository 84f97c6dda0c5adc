"""What repair makes of loss, in simulated time, and what a row of parity costs.

python -m bench.repair [--seconds 60] [--out FILE]
"""

import argparse
import random
import time
from dataclasses import asdict

from bench.lossy_path import Computers, LossyCall, Outcome, Path
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


def row(name: str, path: Path, outcome: Outcome) -> list[str]:
    return [
        name,
        f"{path.round_trip * 1000:.0f}",
        f"{outcome.complete:.2%}",
        f"{outcome.shown:.2%}",
        f"{outcome.delay_p95 * 1000:.0f} / {outcome.delay_p99 * 1000:.0f}",
        f"{outcome.freezes} / {outcome.frozen:.1f}",
        f"{outcome.longest * 1000:.0f}",
        f"{outcome.sound_lost:.2%}",
        f"{outcome.overhead:.1%}",
        f"{outcome.asked:.1%}",
        f"{outcome.target_kbps:.0f}",
        f"{outcome.by_repetition} / {outcome.by_parity} / {outcome.by_redundancy}",
    ]


def stalls_table(seconds: float) -> str:
    """Return what comes of computers that stand still, with and without loss."""
    rows = []
    for name, computers in STALLS:
        for loss in (0.0, 0.05):
            outcome = LossyCall(Path(0.020, loss), seconds, computers=computers).run()
            rows.append(
                [
                    name,
                    f"{loss:.0%}",
                    f"{outcome.complete:.2%}",
                    f"{outcome.longest * 1000:.0f}",
                    f"{outcome.key_frames}",
                    f"{outcome.made_up:.2%}",
                    f"{outcome.sound_delay * 1000:.0f}",
                    f"{outcome.lowest_kbps:.0f}",
                ]
            )
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--seconds", type=float, default=60.0, help="of each simulated call")
    add_out_option(parser)
    options = parser.parse_args()
    cases = [
        (
            f"{loss:.0%}" + (f" in bursts of {burst:.0f}" if burst > 1 else ""),
            Path(rtt, loss, burst),
        )
        for loss, burst in LOSSES
        for rtt in ROUND_TRIPS
    ]
    rows, raw = [], []
    for name, path in [*cases, *DISORDERS]:
        outcome = LossyCall(path, options.seconds).run()
        rows.append(row(name, path, outcome))
        raw.append({"case": name, "path": asdict(path), "outcome": asdict(outcome)})
    headings = [
        "loss",
        "round trip, ms",
        "frames whole",
        "shown",
        "delay p95 / p99, ms",
        f"freezes in {options.seconds:.0f} s / seconds of them",
        "longest gap, ms",
        "sound lost",
        "overhead",
        "asked for",
        "estimate, kbit/s",
        "repeated / parity / carried",
    ]
    print(table(headings, rows))
    print(stalls_table(options.seconds))
    costs = {packets: row_cost(packets) for packets in FRAMES}
    for packets, (first, later) in costs.items():
        print(
            f"parity over {packets} packets: first row {first:.0f} us, others {later:.0f} us each"
        )
    finish("repair", {"cases": raw, "parity_us": costs}, options.out)


if __name__ == "__main__":
    main()
