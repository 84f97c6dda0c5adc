"""Several machines and a bad network between them, on one Linux computer: NetLab and topologies."""

from bench.netlab.laboratory import NetLab, clean, why_not
from bench.netlab.namespace import NetLabError
from bench.netlab.topology import NAT_KINDS, Nat, behind_nats, one_lan, two_nats

__all__ = [
    "NAT_KINDS",
    "Nat",
    "NetLab",
    "NetLabError",
    "behind_nats",
    "clean",
    "one_lan",
    "two_nats",
    "why_not",
]
