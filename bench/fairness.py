"""How a call shares a narrow path: with a second call, with downloads, with nobody. Simulated.

    python -m bench.fairness --seconds 60

The estimator, the pacer and the reports are Conclave's own; the path, its queue and the downloads
(Reno, RFC 5681; CUBIC, RFC 9438) are simulated, and so is time. Rates count the headers of IP.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.report import add_out_option, finish, table
from bench.simulation.call import CallFlow
from bench.simulation.download import TcpFlow
from bench.simulation.path import Bottleneck, World, jain

LATER_S = 10.0  # seconds after which the other one comes
COUNT_FROM_S = 20.0
DELAY_S = 0.020


@dataclass(frozen=True)
class Result:
    """What a flow got beside another one, in kbit/s; `queue_ms` is the 95th percentile."""

    path: str
    beside: str
    ours: float
    other: float
    used: float
    queue_ms: float

    @property
    def row(self) -> list[str]:
        """The cells of the table."""
        both = [self.ours, self.other] if self.other else [self.ours]
        return [
            self.path,
            self.beside,
            f"{self.ours:.0f}",
            f"{self.other:.0f}" if self.other else "-",
            f"{self.ours / sum(both):.2f}",
            f"{jain(both):.3f}",
            f"{self.used:.2f}",
            f"{self.queue_ms:.0f}",
        ]


HEADINGS = ["path", "beside", "ours", "other", "share", "Jain", "used", "queue p95 ms"]


def share(kbps: float, queue_s: float, beside: str, seconds: float, seed: int) -> Result:
    """Let a call share a path with a "call", "reno", "cubic" or "nobody" for a while."""
    world = World(seed)
    path = Bottleneck(world, kbps=kbps, queue_s=queue_s, delay=DELAY_S)
    back = Bottleneck(world, delay=DELAY_S)
    ours = CallFlow(world, path, back)
    other: CallFlow | TcpFlow | None = None
    if beside == "call":
        other = CallFlow(world, path, back, start=LATER_S)
    elif beside != "nobody":
        other = TcpFlow(world, path, back, start=LATER_S, cubic=beside == "cubic")
    world.run(seconds)
    rates = [flow.kbps(COUNT_FROM_S) if flow else 0.0 for flow in (ours, other)]
    name = f"{kbps:.0f} kbit/s, {queue_s * 1000:.0f} ms"
    queue_ms = path.queue_p95(COUNT_FROM_S) * 1000
    return Result(name, beside, rates[0], rates[1], sum(rates) / kbps, queue_ms)


def results(seconds: float, seed: int, paths: Sequence[tuple[float, float]]) -> Iterator[Result]:
    """Return what comes of each path, beside each."""
    for kbps, queue_s in paths:
        for beside in ("nobody", "call", "reno", "cubic"):
            yield share(kbps, queue_s, beside, seconds, seed)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.fairness", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--seconds", type=float, default=90.0, help="simulated, of each run")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--paths", default="500:0.3,1000:0.1,1000:0.3,2000:0.1,2000:0.3,5000:0.1")
    add_out_option(parser)
    options = parser.parse_args()
    if options.seconds <= COUNT_FROM_S:
        parser.error(f"runs have more than {COUNT_FROM_S:.0f} seconds: the first do not count")
    paths = [tuple(map(float, path.split(":"))) for path in options.paths.split(",")]
    found = list(results(options.seconds, options.seed, [(path[0], path[1]) for path in paths]))
    told: dict[str, Any] = {"seconds": options.seconds, "seed": options.seed}
    raw = told | {"results": [vars(result) for result in found]}
    print(tables(raw))
    finish("fairness", raw, options.out)


def tables(raw: Mapping[str, Any]) -> str:
    """Return how each path was shared."""
    return table(HEADINGS, [Result(**one).row for one in raw["results"]])


if __name__ == "__main__":
    main()
