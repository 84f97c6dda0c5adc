"""Lets STUN through to aioice, and nothing that could raise there or keep the loop busy."""

import struct
from collections import Counter
from collections.abc import Callable

MAX_BAD_PER_SECOND = 100  # refused STUN messages of one source, then it is not listened to
MAX_STRANGERS_PER_SECOND = 300  # STUN messages of all unknown sources together
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

Source = tuple[str, int]


class DatagramGuard:
    """Counts per source and second what aioice refused; a flood costs a dictionary lookup.

    A source that ICE has authenticated is never silenced: its address can be forged, and
    silencing it would end the call.
    """

    def __init__(self, counters: Counter[str], clock: Callable[[], float]) -> None:
        self._counters = counters
        self._clock = clock
        self._second = 0
        self._bad: dict[Source, int] = {}
        self._strangers = 0

    def stun(
        self,
        data: bytes,
        source: Source,
        known: bool,
        deliver: Callable[[bytes, Source], None],
    ) -> None:
        """Hand a STUN message to aioice unless its source is above its budget; never raises."""
        second = int(self._clock())
        if second != self._second:
            self._second = second
            self._bad.clear()
            self._strangers = 0
        if not known:
            self._strangers += 1
            if (
                self._strangers > MAX_STRANGERS_PER_SECOND
                or self._bad.get(source, 0) >= MAX_BAD_PER_SECOND
            ):
                self._counters["stun_silenced"] += 1
                return
        if not _looks_like_stun(data):
            self._refused(source)
            return
        try:
            deliver(data, source)
        except PARSER_FAULTS:
            self._refused(source)

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
