"""The networks on which calls are compared: what one side's cable does, in both directions."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bench.netlab.cable import PERFECT, Impairment


@dataclass(frozen=True)
class Case:
    """One network: how the cable is, and how it changes while the call is measured."""

    name: str
    about: str
    cable: Impairment = PERFECT
    size: tuple[int, int] = (640, 360)
    changes: Mapping[float, Impairment] = field(default_factory=dict)
    """What the cable becomes, by the share of the measured time (0..1) that has passed."""


CASES = {
    case.name: case
    for case in (
        Case("clean", "a perfect network"),
        Case("clean720", "a perfect network, 1280x720", size=(1280, 720)),
        Case("loss5", "5 % loss", Impairment(loss=0.05)),
        Case("loss10", "10 % loss", Impairment(loss=0.10)),
        Case("loss20", "20 % loss", Impairment(loss=0.20)),
        Case("burst10", "10 % loss in bursts of 5", Impairment(loss=0.10, burst=5)),
        Case("delay100", "100 ms delay each way", Impairment(delay_ms=100)),
        Case("jitter", "50 ms delay, ±30 ms of jitter", Impairment(delay_ms=50, jitter_ms=30)),
        Case("reorder", "2 % of packets overtaken", Impairment(reorder=0.02)),
        Case("rate500", "500 kbit/s, 300 ms queue", Impairment(rate_kbit=500, queue_ms=300)),
        Case("rate1000", "1 Mbit/s, 300 ms queue", Impairment(rate_kbit=1000, queue_ms=300)),
        Case(
            "storm",
            "30 % loss for half of the time, good before and after",
            changes={0.25: Impairment(loss=0.30), 0.75: PERFECT},
        ),
    )
}
