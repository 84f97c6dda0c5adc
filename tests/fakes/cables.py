"""The network of a simulated table: time, channels and links between seats, and what befalls them.

Channels are TCP: what is lost is said again a little later, everything arrives in its order, and a
cut cable holds it up until it is mended. Links are UDP: what is lost is lost, order is not kept.
"""

import heapq
import itertools
import random
from collections.abc import Callable

from fakes.seat import Seat

from app.meeting.events import (
    Answered,
    ChannelDown,
    Event,
    LinkDown,
    LinkUp,
    LinkWeak,
    Reached,
    Unreachable,
)

WEAK_AFTER, DOWN_AFTER = 3.0, 8.0  # seconds after the cable is cut until a link says so
DEAD_AFTER = 5.0  # seconds until a link is lost that the other end has closed
KEPT = 200  # messages remembered, for a test to say again
IDLE = 15.0  # seconds without a sign of life until a channel is given up
SAID_AGAIN = 0.2  # seconds until TCP repeats what was lost; then twice as long, and so on
KNOCKED = (0.0, 1.0)  # seconds at which TCP asks for a connection ...
NOBODY_THERE = 3.0  # ... and at which a dialler gives up


class Cables:
    """Carries messages and frames between seats; subclasses say what a seat does with them."""

    def __init__(self, seed: int, delay: tuple[float, float], loss: float = 0.0) -> None:
        self.rng = random.Random(seed)
        self._seed = seed
        self._weather: dict[tuple[str, str], random.Random] = {}  # of each way, by its ends
        self.now = 100.0
        self.delay = delay
        self.loss = loss  # of what is sent, this part gets lost on its way
        self.seats: dict[str, Seat] = {}
        self.cut: dict[frozenset[str], float] = {}  # by hosts: since when
        self.poses: dict[bytes, Seat] = {}  # who answers where a device is dialled, if not it
        self.said: list[tuple[Seat, int, bytes]] = []  # every message that was carried lately
        self.withheld: Callable[[Seat, Seat, bytes], bool] | None = None  # what a sender keeps
        self._queue: list[tuple[float, int, Callable[[], object]]] = []
        self._order = itertools.count()
        self._last: dict[tuple[str, int], float] = {}
        self._stuck: dict[tuple[str, int], list[Callable[[], None]]] = {}

    # -- what a seat does with it -------------------------------------------------------------

    def event(self, seat: Seat, event: Event) -> None:
        """Tell a seat that something happened."""
        raise NotImplementedError

    def arrived(self, seat: Seat, channel: int, message: bytes) -> None:
        """Give a seat a message that came on a channel."""
        raise NotImplementedError

    # -- time ---------------------------------------------------------------------------------

    def run(self, seconds: float) -> None:
        """Let time pass."""
        end = self.now + seconds
        while self._queue and self._queue[0][0] <= end:
            at, _, action = heapq.heappop(self._queue)
            self.now = max(self.now, at)
            action()
        self.now = end

    def until(self, fact: Callable[[], bool], seconds: float = 10.0) -> None:
        """Let time pass until something is so; fail after so many seconds."""
        end = self.now + seconds
        while not fact():
            assert self.now < end, "it did not happen in time"
            self.run(0.05)

    def later(self, action: Callable[[], object], after: float = 0.0) -> None:
        """Do something when its time has come."""
        heapq.heappush(self._queue, (self.now + after, next(self._order), action))

    # -- what befalls the network -------------------------------------------------------------

    def lose_channels(self, one: Seat, two: Seat) -> None:
        """Break the channels between two devices; both notice at once, or nobody does."""
        if not self.is_cut(one, two):
            self._give_up_channels(one, two)

    def _give_up_channels(self, one: Seat, two: Seat) -> None:
        for here, there in ((one, two), (two, one)):
            for channel, (other, _) in list(here.channels.items()):
                if other is there and here.channels.pop(channel, None):
                    self.later(lambda h=here, c=channel: self.event(h, ChannelDown(c)))

    def lose_link(self, one: Seat, two: Seat) -> None:
        """Break the media link between two devices; both notice at once."""
        for here, there in ((one, two), (two, one)):
            if there.dev in here.connected:
                self.link_down(here, there.dev)

    def part(self, one: Seat, two: Seat) -> None:
        """Cut the cable between two devices: nothing arrives, and for a while nobody knows."""
        pair = frozenset((one.host, two.host))
        since = self.cut[pair] = self.now

        def still() -> bool:
            return self.cut.get(pair) == since

        for here, there in ((one, two), (two, one)):
            self.later(
                lambda h=here, t=there: still() and self.of_link(h, t.dev, LinkWeak(t.dev)),
                WEAK_AFTER,
            )
        self.later(lambda: still() and self.lose_link(one, two), DOWN_AFTER)
        self.later(lambda: still() and self._give_up_channels(one, two), IDLE)

    def heal(self, *devices: Seat) -> None:
        """Mend every cable, or those between some: what was stuck arrives in its order."""
        hosts = {seat.host for seat in devices or self.seats.values()}
        pairs = [pair for pair in self.cut if pair <= hosts]
        for pair in pairs:
            del self.cut[pair]
        for pair in pairs:
            one, two = (seat for seat in self.seats.values() if seat.host in pair)
            for here, there in ((one, two), (two, one)):
                self.later(lambda h=here, t=there: self._flows(h, t.dev))
        stuck, self._stuck = self._stuck, {}  # what is still behind a cut gets stuck again
        for arrivals in stuck.values():
            for arrive in arrivals:
                self.later(arrive)

    def is_cut(self, one: Seat, two: Seat) -> bool:
        """Tell whether the cable between two devices is cut."""
        return bool(self.cut) and frozenset((one.host, two.host)) in self.cut

    def fall_silent(self, seat: Seat) -> None:
        """Take a dead device off the network: its channels break, its media stops."""
        for channel in list(seat.channels):
            self.hang_up(seat, channel)
        for other in self.seats.values():
            if seat.dev in other.connected:
                link = other.connected[seat.dev]
                self.later(lambda o=other, n=link: self.link_down(o, seat.dev, n), after=DEAD_AFTER)

    def weather(self, one: Seat, two: Seat) -> random.Random:
        """Return the chance that rules one way: what happens on others does not change it."""
        way = one.host, two.host
        if way not in self._weather:
            self._weather[way] = random.Random(f"{self._seed} {one.host} {two.host}")
        return self._weather[way]

    # -- channels -----------------------------------------------------------------------------

    def connect(self, one: Seat, two: Seat) -> tuple[int, int]:
        """Return the two ends of a new channel."""
        mine, theirs = next(one.numbers), next(two.numbers)
        one.channels[mine] = (two, theirs)
        two.channels[theirs] = (one, mine)
        return mine, theirs

    def carry(self, seat: Seat, channel: int, message: bytes) -> None:
        """Carry a message in order, with a delay; what follows a close is lost."""
        other, theirs = seat.channels[channel]
        if self.withheld and self.withheld(seat, other, message):
            return
        key = (other.host, theirs)
        weather = self.weather(seat, other)
        at = self.now + weather.uniform(*self.delay)
        again = SAID_AGAIN
        while self.loss and weather.random() < self.loss:
            at, again = at + again, again * 2
        at = self._last[key] = max(self._last.get(key, 0.0), at)
        self.said.append((seat, channel, message))
        if len(self.said) > 2 * KEPT:
            del self.said[:-KEPT]

        def arrive() -> None:
            if self.is_cut(seat, other) or key in self._stuck:
                self._stuck.setdefault(key, []).append(arrive)
            elif theirs in other.channels and not other.dead:
                self.arrived(other, theirs, message)

        heapq.heappush(self._queue, (at, next(self._order), arrive))

    def hang_up(self, seat: Seat, channel: int) -> None:
        """Close one end of a channel; the other end hears of it after all that was said."""
        other, theirs = seat.channels.pop(channel)
        key = (other.host, theirs)
        self.later(lambda: self.event(seat, ChannelDown(channel)))
        at = max(self._last.get(key, 0.0), self.now) + 0.001

        def down() -> None:
            if self.is_cut(seat, other) or key in self._stuck:
                self._stuck.setdefault(key, []).append(down)
            elif other.channels.pop(theirs, None) and not other.dead:
                self.event(other, ChannelDown(theirs))

        heapq.heappush(self._queue, (at, next(self._order), down))

    def whisper(self, seat: Seat, channel: int, message: bytes) -> None:
        """Let a device say anything at all on one of its channels."""
        if channel in seat.channels:
            self.carry(seat, channel, message)

    def reach_out(self, seat: Seat, to: Seat) -> tuple[int, bytes]:
        """Open a channel to a device; return it and its exporter value."""
        exporter = self.rng.randbytes(32)
        mine, theirs = self.connect(seat, to)
        self.later(lambda: self.event(to, Answered(theirs, exporter)))
        return mine, exporter

    def dial(self, seat: Seat, to: bytes, tries: tuple[float, ...] = KNOCKED) -> None:
        """Let a device reach another one, or find that it cannot."""
        other = self.poses.get(to) or self.seat_of(to)
        if other is None or other.dead or other.ended:
            self.later(lambda: self.event(seat, Unreachable(to)), 0.05)
        elif self.is_cut(seat, other):
            if len(tries) > 1:
                self.later(lambda: self.dial(seat, to, tries[1:]), tries[1] - tries[0])
            else:
                self.later(lambda: self.event(seat, Unreachable(to)), NOBODY_THERE - tries[0])
        else:
            exporter = self.rng.randbytes(32)
            mine, theirs = self.connect(seat, other)
            self.later(lambda: self.event(other, Answered(theirs, exporter)), 0.004)
            self.later(lambda: self.event(seat, Reached(mine, exporter, to)), 0.005)

    # -- links --------------------------------------------------------------------------------

    def link(self, seat: Seat, dev: bytes, number: int) -> None:
        """Connect a link for both ends when both have said how they are reached."""
        other = self.seat_of(dev)
        if other is None or other.links.get(seat.dev) != number or self.is_cut(seat, other):
            return
        for here, there in ((seat, other), (other, seat)):
            if here.connected.get(there.dev) != number:  # one in use goes on until now
                here.connected[there.dev] = number
                self.later(lambda h=here, t=there: self._flows(h, t.dev), 0.02)

    def close_link(self, seat: Seat, dev: bytes) -> None:
        """Let a device close its end of a link; the other end notices after a while."""
        other = self.seat_of(dev)
        if seat.connected.pop(dev, None) is not None and other is not None:
            link = other.connected.get(seat.dev)
            if link is not None:
                self.later(lambda: self.link_down(other, seat.dev, link), DEAD_AFTER)

    def link_down(self, seat: Seat, dev: bytes, link: int | None = None) -> None:
        """Let a device notice that its link is lost, unless it has another one by now."""
        if dev in seat.connected and link in (None, seat.connected[dev]):
            down = LinkDown(dev, seat.connected.pop(dev))
            self.later(lambda: self.event(seat, down))

    def of_link(self, seat: Seat, dev: bytes, event: Event) -> None:
        """Tell a device something about a link, if it has one."""
        if dev in seat.connected:
            self.event(seat, event)

    def _flows(self, seat: Seat, dev: bytes) -> None:
        if dev in seat.connected:
            self.event(seat, LinkUp(dev, seat.connected[dev]))

    def are_linked(self, one: Seat, two: Seat) -> bool:
        """Tell whether media flows between two devices now."""
        return (
            one.dev in two.connected
            and two.dev in one.connected
            and not (one.dead or two.dead)
            and not self.is_cut(one, two)
        )

    def seat_of(self, dev: bytes) -> Seat | None:
        """Return the device of that short id."""
        return next((seat for seat in self.seats.values() if seat.dev == dev), None)
