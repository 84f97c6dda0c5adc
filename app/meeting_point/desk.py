"""Who holds which tag at a meeting point, and who asks for it: bytes and time in, orders out.

What it knows of anybody is a channel's number, its source, and tags that tell it nothing. All of it
is gone with the channel.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from app.net.limits import AddressBuckets, TokenBucket
from crypto.door_keys import Challenge
from crypto.errors import CryptoError, ForgedError
from crypto.meeting_point import (
    TICKET_BYTES,
    Call,
    Claim,
    Claimed,
    Come,
    Here,
    Ready,
    Reason,
    Refused,
    Ring,
    parse,
)
from crypto.sodium import Random

RING_TIME: Final = 8.0  # seconds in which who holds a tag must come to the caller
RINGS_AT_ONCE: Final = 16  # callers of one channel's tags that wait at one time
CALL_RATE, CALL_BURST = 2.0, 32.0  # callers a second from one source, and at once
TAG_RATE, TAG_BURST = 4.0, 64.0  # callers a second for one channel's tags, and at once
CLAIM_RATE, CLAIM_BURST = 0.2, 8.0  # claims a second on one channel, and at once


@dataclass(frozen=True, slots=True)
class Say:
    """Send this over a channel."""

    channel: int
    message: bytes


@dataclass(frozen=True, slots=True)
class Trust:
    """Who is there has proven a tag, or knows one that is held: no stranger any more."""

    channel: int


@dataclass(frozen=True, slots=True)
class HangUp:
    """Close a channel, after what was said."""

    channel: int


@dataclass(frozen=True, slots=True)
class Splice:
    """From now on these two channels hear each other."""

    one: int
    other: int


Order = Say | Trust | HangUp | Splice


@dataclass
class _Visitor:
    """Somebody at the other end of a channel."""

    exporter: bytes
    source: str
    challenge: Challenge
    claims: TokenBucket
    rings: TokenBucket
    tags: tuple[bytes, ...] = ()
    ticket: bytes = b""  # of who waits until somebody comes
    speaks_with: int = 0  # the channel this one is spliced with


@dataclass
class _Waiting:
    """A caller, until who was asked for comes."""

    caller: int
    holder: int
    until: float


@dataclass
class Desk:
    """Everything a meeting point knows; channels have numbers from 1.

    `sign` is with the key by which the meeting point is known. Times in seconds on any clock.
    """

    sign: Callable[[bytes], bytes]
    random: Random
    _visitors: dict[int, _Visitor] = field(default_factory=dict)
    _holders: dict[bytes, int] = field(default_factory=dict)  # by tag
    _waiting: dict[bytes, _Waiting] = field(default_factory=dict)  # by ticket, oldest first
    _callers: AddressBuckets = field(default_factory=lambda: AddressBuckets(CALL_RATE, CALL_BURST))

    @property
    def tags(self) -> int:
        """How many tags are held."""
        return len(self._holders)

    @property
    def waiting(self) -> int:
        """How many callers wait."""
        return len(self._waiting)

    def came(self, channel: int, exporter: bytes, source: str, now: float) -> list[Order]:
        """Greet somebody; `source` is what counts as one address."""
        visitor = self._visitors[channel] = _Visitor(
            exporter,
            source,
            Challenge(self.random),
            TokenBucket(CLAIM_RATE, CLAIM_BURST, now),
            TokenBucket(TAG_RATE, TAG_BURST, now),
        )
        here = Here.create(self.sign, visitor.challenge.point, exporter)
        return [Say(channel, here.encode())]

    def heard(self, channel: int, data: bytes, now: float) -> list[Order]:
        """Do what somebody asks for who is not spliced; what is no such message ends it."""
        visitor = self._visitors[channel]
        try:
            message = parse(data)
            match message:
                case Claim() if not visitor.ticket:
                    return self._claim(channel, visitor, message, now)
                case Call() if not visitor.ticket and not visitor.tags:
                    return self._call(channel, visitor, message, now)
                case Come() if not visitor.ticket and not visitor.tags:
                    return self._come(channel, message)
                case _:
                    return [HangUp(channel)]
        except ForgedError:
            return _refusal(channel, Reason.FORGED)
        except CryptoError:
            return [HangUp(channel)]

    def gone(self, channel: int) -> list[Order]:
        """Forget a channel that is closed, and close what it was spliced with."""
        visitor = self._visitors.pop(channel, None)
        if visitor is None:
            return []
        for tag in visitor.tags:
            del self._holders[tag]
        self._waiting.pop(visitor.ticket, None)
        other = self._visitors.get(visitor.speaks_with)
        if other is None:
            return []
        other.speaks_with = 0
        return [HangUp(visitor.speaks_with)]

    def poll(self, now: float) -> list[Order]:
        """Tell those who waited in vain."""
        late = [ticket for ticket, waiting in self._waiting.items() if now >= waiting.until]
        orders: list[Order] = []
        for ticket in late:
            caller = self._waiting.pop(ticket).caller
            orders += _refusal(caller, Reason.NOBODY)
        return orders

    def _claim(self, channel: int, visitor: _Visitor, message: Claim, now: float) -> list[Order]:
        if not visitor.claims.take(now):
            return _refusal(channel, Reason.BUSY)
        for tag, proof in message.claims:
            visitor.challenge.check(tag, proof, visitor.exporter)
        for tag in visitor.tags:
            del self._holders[tag]
        visitor.tags = tuple(dict.fromkeys(tag for tag, _ in message.claims))
        orders: list[Order] = []
        for tag in visitor.tags:
            before = self._holders.get(tag)
            if before is not None:  # the same device, from where it was before
                orders += self._take_from(before, tag)
            self._holders[tag] = channel
        return [Trust(channel), Say(channel, Claimed().encode()), *orders]

    def _take_from(self, channel: int, tag: bytes) -> list[Order]:
        visitor = self._visitors[channel]
        visitor.tags = tuple(held for held in visitor.tags if held != tag)
        return [] if visitor.tags else [HangUp(channel)]

    def _call(self, channel: int, visitor: _Visitor, message: Call, now: float) -> list[Order]:
        if not self._callers.take(visitor.source, now):
            return _refusal(channel, Reason.BUSY)
        holder = self._holders.get(message.tag)
        if holder is None:
            return _refusal(channel, Reason.NOBODY)
        rings = sum(waiting.holder == holder for waiting in self._waiting.values())
        if rings >= RINGS_AT_ONCE or not self._visitors[holder].rings.take(now):
            return _refusal(channel, Reason.BUSY)
        ticket = visitor.ticket = self.random(TICKET_BYTES)
        self._waiting[ticket] = _Waiting(channel, holder, now + RING_TIME)
        return [Trust(channel), Say(holder, Ring(ticket=ticket).encode())]

    def _come(self, channel: int, message: Come) -> list[Order]:
        waiting = self._waiting.pop(message.ticket, None)
        if waiting is None:
            return _refusal(channel, Reason.NOBODY)
        caller = waiting.caller
        self._visitors[channel].speaks_with = caller
        self._visitors[caller].speaks_with = channel
        ready = Ready().encode()
        return [Trust(channel), Say(caller, ready), Say(channel, ready), Splice(caller, channel)]


def _refusal(channel: int, reason: Reason) -> list[Order]:
    return [Say(channel, Refused(reason=reason).encode()), HangUp(channel)]
