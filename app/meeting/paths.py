"""How this device reaches the other members: one channel for words, one link for media, each."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.meeting.departed import MOST_DEPARTED
from app.meeting.effects import (
    Authenticated,
    CloseChannel,
    CloseLink,
    Dial,
    Effect,
    Send,
)
from app.meeting.links import RETRY, Links
from app.meeting.member import Member, Path
from app.meeting.view import Relayed
from crypto.envelope import Sign
from crypto.errors import CryptoError, MalformedError
from crypto.handshake import Caller
from crypto.messages import MemberAuth, MemberBody, Signal
from crypto.sodium import Random
from crypto.votes import is_majority

LONGEST_RETRY = 2.0  # seconds between two dials, at least; at first half of that
BREATH = 0.25  # seconds after a dial that took longer than that: who is back is soon reached
THEIR_TURN = 20.0  # seconds that the other side has to dial, if it is its part; then both try
HANDSHAKE_TIME = 10.0  # seconds a dialled member may take to prove itself
DEAD_GRACE = 3.0  # a channel that breaks while media flows is a process that died
NEWCOMER_GRACE = 10.0  # a channel that breaks before media ever flowed: they may try once more
SPLIT_TIME = 900.0  # as long as a majority that the network cut off keeps its seats
SEAT_TIME = 120.0  # a cable that was pulled keeps the seat this long


@dataclass
class _Calling:
    caller: Caller
    to: bytes
    since: float


class Paths:
    """Channels and links to every other member; orders go into `out`, first things first."""

    def __init__(
        self,
        *,
        call_id: bytes,
        dev: bytes,
        call_secret: bytes,
        sign: Sign,
        random: Random,
        out: list[Effect],
    ) -> None:
        self._call_id = call_id
        self._dev = dev
        self._call_secret = call_secret
        self._sign = sign
        self._random = random
        self._out = out
        self._links = Links(call_id=call_id, dev=dev, sign=sign, out=out, tell=self.send)
        self._members: dict[bytes, Member] = {}
        self._channels: dict[int, bytes] = {}
        self._calling: dict[int, _Calling] = {}
        self._hosts: dict[int, str] = {}  # where channels came from that nobody is proven on yet
        self._last_links: dict[
            bytes, int
        ] = {}  # by call key, of who is out: a takeover may undo it

    def __getitem__(self, dev: bytes) -> Member:
        return self._members[dev]

    def __contains__(self, dev: bytes) -> bool:
        return dev in self._members

    def __iter__(self) -> Iterator[Member]:
        return iter(list(self._members.values()))

    def get(self, dev: bytes) -> Member | None:
        """Return a member by the short id, None for anybody else."""
        return self._members.get(dev)

    def speaker(self, channel: int) -> Member | None:
        """Return the member who is proven to stand at the other end of a channel."""
        return self._members.get(self._channels.get(channel, b""))

    def is_calling(self, channel: int) -> bool:
        """Tell whether a channel is one we dialled and whose answer is still to be proven."""
        return channel in self._calling

    # -- seats --------------------------------------------------------------------------------

    def seat(self, member: Member, now: float) -> None:
        """Take a new member in; somebody dials."""
        self._members[member.dev] = member
        member.link = self._last_links.pop(member.call_key, 0)
        member.alone_since = member.sought_since = now
        member.seat_until = now + SEAT_TIME

    def unseat(self, dev: bytes) -> None:
        """Close every way to somebody who is out."""
        member = self._members.pop(dev, None)
        if member is None:
            return
        self._last_links[member.call_key] = member.link
        if len(self._last_links) > MOST_DEPARTED:
            del self._last_links[next(iter(self._last_links))]
        self._out.append(CloseLink(dev))
        if member.channel is not None:
            self._channels.pop(member.channel, None)
            self._out.append(CloseChannel(member.channel))

    def silent(self, now: float) -> list[bytes]:
        """Return the members whose seat time is over.

        If more than half of all were cut off by the network, they may have gone on with another
        host: their seats are kept longer, so that we find each other again.
        """
        silent = [m for m in self if m.seat_until is not None and now >= m.seat_until]
        cut_off = [m for m in silent if m.seat_until == m.alone_since + SEAT_TIME]
        if is_majority(len(cut_off), 1 + len(self._members)):
            silent = [m for m in silent if m not in cut_off or now - m.alone_since >= SPLIT_TIME]
        return [member.dev for member in silent]

    # -- words --------------------------------------------------------------------------------

    def send(self, dev: bytes, message: bytes) -> None:
        """Send to one member; without a channel it is lost, and Sync will notice."""
        member = self._members.get(dev)
        if member is not None and member.channel is not None:
            self._out.append(Send(member.channel, message))

    def send_all(self, message: bytes, but: bytes = b"") -> None:
        """Send to every member but one."""
        for member in self:
            if member.dev != but:
                self.send(member.dev, message)

    def called_from(self, channel: int, host: str) -> None:
        """Note where a channel comes from: if a member is proven on it, they are there now."""
        self._hosts[channel] = host

    def bind(self, channel: int, dev: bytes, now: float) -> None:
        """Use a channel whose other end has proven to be a member; it replaces an older one."""
        member = self._members[dev]
        if member.channel is not None and member.channel != channel:
            self._channels.pop(member.channel, None)
            self._out.append(CloseChannel(member.channel))
        if host := self._hosts.pop(channel, ""):
            member.is_at(host)
        member.channel = channel
        member.bound_at = now
        member.dialling = False
        member.failures = 0
        member.seat_until = None
        self._channels[channel] = dev
        self._out.append(Authenticated(channel))
        member.my_turn = False
        self._links.channel_stands(member, now)

    def reached(self, channel: int, exporter: bytes, to: bytes, now: float) -> None:
        """Speak first on a channel that we dialled."""
        if to not in self._members:
            self._out.append(CloseChannel(channel))
            return
        caller = Caller(self._call_secret, exporter, self._random)
        self._calling[channel] = _Calling(caller, to, now)
        self._out.append(Send(channel, caller.hello()))

    def unreachable(self, to: bytes, now: float) -> None:
        """Try again a little later."""
        member = self._members.get(to)
        if member is not None:
            member.dialling = False
            pause = min(RETRY * 2 ** min(member.failures, 10), LONGEST_RETRY)
            member.retry_at = max(now + BREATH, member.dialled_at + pause)
            member.failures += 1

    def answered(self, channel: int, message: bytes, eid: bytes, now: float) -> bytes | None:
        """Check who answered where we dialled; return the member, or None and give up."""
        calling = self._calling.pop(channel)
        member = self._members.get(calling.to)
        try:
            if member is None:
                raise MalformedError("nobody to call any more")
            answer = calling.caller.read_answer(message)
            if MemberBody.parse(answer.body).dev != calling.to:
                raise MalformedError("somebody else answered")
            answer.verify(member.call_key)
        except CryptoError:
            self.unreachable(calling.to, now)
            self._out.append(CloseChannel(channel))
            return None
        proof = MemberAuth.create(
            self._call_id, self._dev, eid, calling.caller.transcript, self._sign
        )
        self._out.append(Send(channel, proof.encode()))
        return calling.to

    def channel_down(self, channel: int, now: float, passed_on: bool = False) -> None:
        """Note that a channel is gone; a member who has no way left keeps the seat for a while.

        One that a meeting point passed on says nothing of the member while media flows.
        """
        self._hosts.pop(channel, None)
        calling = self._calling.pop(channel, None)
        if calling is not None:
            self.unreachable(calling.to, now)
        member = self._members.get(self._channels.pop(channel, b""))
        if member is None or member.channel != channel:
            return
        member.channel = None
        member.alone_since = now
        member.retry_at = max(now, member.bound_at + RETRY)
        if member.path is Path.UP:
            member.seat_until = now + (SPLIT_TIME if passed_on else DEAD_GRACE)
        else:
            member.seat_until = now + (SEAT_TIME if member.was_up else NEWCOMER_GRACE)

    # -- media links --------------------------------------------------------------------------

    def link_gathered(self, dev: bytes, link: int, parameters: bytes, eid: bytes) -> None:
        """Tell the other side our half of a link."""
        if member := self._members.get(dev):
            self._links.gathered(member, link, parameters, eid)

    def signalled(self, member: Member, signal: Signal, now: float) -> None:
        """Take in the other side's half; forged, foreign and stale ones raise ForgedError."""
        self._links.signalled(member, signal, now)

    def use_outside(self, there: bool) -> None:
        """Ask the team's servers, too, where no direct path is found; or do so no more."""
        self._links.outside = there

    def link_up(self, dev: bytes, link: int, relayed: Relayed | None = None) -> bool:
        """Note that media flows over a link; True if it did not before, or went another way."""
        member = self._members.get(dev)
        if member is None:
            return False
        if member.channel is not None:
            member.seat_until = None
        return self._links.up(member, link, relayed)

    def link_weak(self, dev: bytes, now: float) -> None:
        """Note that nothing was heard for some seconds."""
        if member := self._members.get(dev):
            self._links.weak(member, now)

    def link_down(self, dev: bytes, link: int, now: float) -> bool:
        """Note that a link is lost or did not come up; True if no media flows because of it."""
        member = self._members.get(dev)
        if member is None or not self._links.down(member, link, now):
            return False
        if member.seat_until is not None:
            member.seat_until = min(member.seat_until, now + SEAT_TIME)
        return True

    def hold(self, dev: bytes) -> None:
        """End the media link to a member, and make no other one."""
        self._links.hold(self._members[dev])

    def release(self, dev: bytes, now: float) -> None:
        """Make the media link to a member who was held until now."""
        self._members[dev].sought_since = now
        self._links.release(self._members[dev], now)

    def network_changed(
        self, links: frozenset[bytes], channels: frozenset[int], now: float
    ) -> None:
        """Try everything that is lost again at once, some of it just now.

        `links` (by member) and `channels` left from addresses that this computer no longer has.
        The other side cannot know that yet, so it is our turn to dial.
        """
        for dev in links:
            self.link_weak(dev, now)
        for channel in channels:
            member = self.speaker(channel)
            if channel in self._calling or member is not None:
                self._out.append(CloseChannel(channel))
                self.channel_down(channel, now)
            if member is not None:
                member.my_turn = True
                member.seat_until = now + SEAT_TIME
        for member in self:
            member.retry_at, member.failures = now, 0
            self._links.try_again(member, now)

    # -- time -------------------------------------------------------------------------------

    def poll(self, now: float, eid: bytes) -> None:
        """Dial whom we must dial, make lost links again, give up on answers that do not come."""
        for channel, calling in list(self._calling.items()):
            if now - calling.since > HANDSHAKE_TIME:
                del self._calling[channel]
                self._out.append(CloseChannel(channel))
                self.unreachable(calling.to, now)
        for member in self:
            self._links.poll(member, now, eid)
            if member.channel is None and now >= member.retry_at and self._must_dial(member, now):
                member.dialling, member.dialled_at = True, now
                self._out.append(Dial(member.dev, member.addresses))

    @staticmethod
    def _must_dial(member: Member, now: float) -> bool:
        """Tell whether it is time to dial: always, for our part; or if they did not for long."""
        mine = member.i_dial or member.my_turn or now - member.alone_since >= THEIR_TURN
        return mine and not member.dialling and bool(member.addresses)
