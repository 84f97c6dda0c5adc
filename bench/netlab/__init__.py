"""Several machines and a bad network between them, on one Linux computer: NetLab and topologies."""

from bench.netlab.laboratory import NetLab, clean, why_not
from bench.netlab.namespace import NetLabError
from bench.netlab.topology import Nat, one_lan, two_nats

__all__ = ["Nat", "NetLab", "NetLabError", "clean", "one_lan", "two_nats", "why_not"]
