"""Lets STUN through to aioice, and nothing that could raise there or keep the loop busy.

What is not for us is found out by two looks at the bytes: a request must hold our ICE name, which
only the peer was told, and a response the number of a request that waits for one. So strangers get
no answer, and nothing of theirs is taken apart.
"""

import struct
from collections import Counter
from collections.abc import Callable, Container

MAX_BAD_PER_SECOND = 100  # refused STUN messages of one source, then it is not listened to
MAX_STRANGERS_PER_SECOND = 300  # STUN messages of all unknown sources together
MAX_TAKEN_PER_SECOND = 200  # handed to aioice: checks of a few paths and consent are well below
MAX_SOURCES = 256  # sources counted apart; more share the strangers' budget only

PARSER_FAULTS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
    struct.error,
)
"""What aioice lets escape for malformed STUN, a PRIORITY of one byte for example."""

BINDING_REQUEST = b"\0\1"  # RFC 8489 section 5

Source = tuple[str, int]


class DatagramGuard:
    """Counts per source and second what was refused; a flood costs a dictionary lookup.

    A source that ICE has authenticated is never silenced: its address can be forged, and
    silencing it would end the call. `name` is the own ICE name.
    """

    def __init__(self, name: str, counters: Counter[str], clock: Callable[[], float]) -> None:
        self._name = name.encode() + b":"
        self._counters = counters
        self._clock = clock
        self._second = 0
        self._bad: dict[Source, int] = {}
        self._strangers = 0
        self._taken = 0

    def stun(
        self,
        data: bytes,
        source: Source,
        known: bool,
        deliver: Callable[[bytes, Source], None],
        awaited: Container[bytes],
    ) -> None:
        """Hand a STUN message to aioice if it is for us and within the budgets; never raises.

        `awaited` holds the transaction numbers of the requests that wait for a response.
        """
        second = int(self._clock())
        if second != self._second:
            self._second = second
            self._bad.clear()
            self._strangers = self._taken = 0
        if not known:
            self._strangers += 1
            if (
                self._strangers > MAX_STRANGERS_PER_SECOND
                or self._bad.get(source, 0) >= MAX_BAD_PER_SECOND
            ):
                self._counters["stun_silenced"] += 1
                return
        if not _looks_like_stun(data) or not self._is_for_us(data, awaited):
            self._refused(source)
            return
        self._taken += 1
        if self._taken > MAX_TAKEN_PER_SECOND:
            self._counters["stun_silenced"] += 1
            return
        try:
            deliver(data, source)
        except PARSER_FAULTS:
            self._refused(source)

    def _is_for_us(self, data: bytes, awaited: Container[bytes]) -> bool:
        return self._name in data if data[:2] == BINDING_REQUEST else data[8:20] in awaited

    def _refused(self, source: Source) -> None:
        self._counters["stun_malformed"] += 1
        if source in self._bad or len(self._bad) < MAX_SOURCES:
            self._bad[source] = self._bad.get(source, 0) + 1


def _looks_like_stun(data: bytes) -> bool:
    """Whether length and cookie fit (RFC 8489 section 5): anything else is not for aioice."""
    return (
        len(data) >= 20
        and data[4:8] == b"\x21\x12\xa4\x42"
        and int.from_bytes(data[2:4], "big") == len(data) - 20
    )
