"""Two contacts who ring each other: by rule one of them goes into the other's meeting."""

import time
from collections.abc import Callable, Sequence

from app.calls import Call, Calls
from app.screens import IncomingCall

SETTLES = 1.0  # seconds until a call is shown: whom one is about to call, one is not asked about
AGAIN = 60.0  # seconds until the same contact is followed once more
COMES_WITHIN = 6.0  # seconds in which who is to come by the rule is not shown as a call


class CrossedCalls:
    """The one with the lower device id goes: both know both, so both find the same.

    It is for two who sit alone and call nobody but each other. Where the rule cannot be followed,
    as into a meeting that is locked, both see the other's call and answer it by hand.
    """

    def __init__(
        self, own: bytes, calls: Calls, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`own` is this device; `clock` gives seconds."""
        self._own = own
        self._calls = calls
        self._clock = clock
        self._called = b""
        self._other = b""  # who calls us while we call them
        self._since = 0.0
        self._heard: dict[bytes, float] = {}  # who calls, and since when
        self._followed: dict[bytes, float] = {}  # whose calls, and when

    def look(self, waits_for: bytes, *, lan_only: bool) -> Call | None:
        """Return the call that is to be followed now, if there is one.

        `waits_for` is the contact for whom alone we sit in a meeting of our own, b"" for none;
        `lan_only` tells whether that keeps to the local network.
        """
        self._called = waits_for
        if self._calls.by(self._other) is None:
            self._other = b""
        call = self._calls.by(waits_for)
        if call is None:
            return None
        if waits_for != self._other:
            self._other, self._since = waits_for, self._clock()
        told = call.told
        shut = told.locked or told.people > 1 or (lan_only and not told.lan_only)
        if self._own > self._other or shut:
            return None
        if self._clock() < self._followed.get(self._other, -AGAIN) + AGAIN:
            return None  # it did not succeed, and is left to the person
        self._followed = {self._other: self._clock()}
        return call

    def begin(self) -> None:
        """Another meeting: who calls is heard from now on."""
        self._heard.clear()

    def shown(self, incoming: Sequence[IncomingCall]) -> tuple[IncomingCall, ...]:
        """Return the calls that people are to answer in a meeting: none that settles itself."""
        now = self._clock()
        self._heard = {call.dev: self._heard.get(call.dev, now) for call in incoming}
        return tuple(
            call
            for call in incoming
            if now - self._heard[call.dev] >= SETTLES and not self._is_coming(call.dev)
        )

    def _is_coming(self, dev: bytes) -> bool:
        """Tell whether a contact who calls is expected to come in by the rule."""
        expected = dev == self._other == self._called and self._own > dev
        return expected and self._clock() - self._since < COMES_WITHIN
