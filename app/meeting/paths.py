"""How this device reaches the other members: one channel for words, one link for media, each."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.meeting.departed import MOST_DEPARTED
from app.meeting.effects import (
    Authenticated,
    CloseChannel,
    CloseLink,
    ConnectLink,
    Dial,
    Effect,
    OpenLink,
    Send,
)
from app.meeting.member import Member, Path
from crypto.envelope import Sign
from crypto.errors import CryptoError, MalformedError
from crypto.handshake import Caller
from crypto.messages import MemberAuth, MemberBody, Signal, SignalKind
from crypto.sodium import Random
from crypto.votes import is_majority

RETRY = 1.0  # seconds before a lost way is tried again; twice as long after each failure ...
LONGEST_RETRY = 2.0  # ... up to this: with 3 s for a dial, a healed network carries all within 5 s
THEIR_TURN = 20.0  # seconds that the other side has to dial, if it is its part; then both try
LINK_TIME = 20.0  # seconds for a media link to come up; what was lost on the way is said again
OFFER_PAUSE = 0.5  # seconds between two links that a member makes us prepare
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
        self._members: dict[bytes, Member] = {}
        self._channels: dict[int, bytes] = {}
        self._calling: dict[int, _Calling] = {}
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
        member.alone_since = now
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

    def bind(self, channel: int, dev: bytes, now: float) -> None:
        """Use a channel whose other end has proven to be a member; it replaces an older one."""
        member = self._members[dev]
        if member.channel is not None and member.channel != channel:
            self._channels.pop(member.channel, None)
            self._out.append(CloseChannel(member.channel))
        member.channel = channel
        member.bound_at = now
        member.dialling = False
        member.failures = 0
        member.seat_until = None
        self._channels[channel] = dev
        self._out.append(Authenticated(channel))
        if member.i_dial and member.path not in (Path.UP, Path.WEAK):
            self._open_link(member, now)

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
            member.retry_at = now + min(RETRY * 2 ** min(member.failures, 10), LONGEST_RETRY)
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

    def channel_down(self, channel: int, now: float) -> None:
        """Note that a channel is gone; a member who has no way left keeps the seat for a while."""
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
            member.seat_until = now + DEAD_GRACE
        else:
            member.seat_until = now + (SEAT_TIME if member.was_up else NEWCOMER_GRACE)

    # -- media links --------------------------------------------------------------------------

    def link_gathered(self, dev: bytes, link: int, parameters: bytes, eid: bytes) -> None:
        """Tell the other side our half; the controlled side connects at once."""
        member = self._members.get(dev)
        if member is None or member.link != link or member.held:
            return
        kind = SignalKind.OFFER if member.i_dial else SignalKind.ANSWER
        signal = Signal(
            eid=eid,
            sender=self._dev,
            to=dev,
            link_id=link,
            sequence=0 if member.i_dial else 1,
            signal=kind,
            payload=parameters,
        ).signed(self._call_id, self._sign)
        self.send(dev, signal.encode())
        if not member.i_dial and member.offer:
            self._out.append(ConnectLink(dev, link, member.offer))

    def signalled(self, member: Member, signal: Signal, now: float) -> None:
        """Take in the other side's half; forged, foreign and stale ones raise ForgedError."""
        signal.check(member.call_key, self._call_id, member.dev, self._dev)
        offered = signal.signal is SignalKind.OFFER
        if offered == member.i_dial or member.channel is None:
            return
        if offered and signal.link_id > member.link:
            member.link = signal.link_id
            member.offer = signal.payload
            self._take_offer(member, now)
        elif not offered and signal.link_id == member.link and not member.answered:
            member.answered = True
            self._out.append(ConnectLink(member.dev, member.link, signal.payload))

    def link_up(self, dev: bytes) -> bool:
        """Note that media flows; True if it did not before."""
        member = self._members.get(dev)
        if member is None:
            return False
        fresh = member.path is not Path.UP
        member.path = Path.UP
        member.was_up = True
        if member.channel is not None:
            member.seat_until = None
        return fresh

    def link_weak(self, dev: bytes) -> None:
        """Note that nothing was heard for some seconds."""
        member = self._members.get(dev)
        if member is not None and member.path is Path.UP:
            member.path = Path.WEAK

    def link_down(self, dev: bytes, link: int, now: float) -> None:
        """Note that the link is lost; the side that dials makes a new one."""
        member = self._members.get(dev)
        if member is not None and member.link == link:
            member.path = Path.DOWN
            member.retry_at = max(member.retry_at, now + RETRY)

    def hold(self, dev: bytes) -> None:
        """End the media link to a member, and make no other one."""
        member = self._members[dev]
        member.held = True
        member.path = Path.DOWN
        self._out.append(CloseLink(dev))

    def release(self, dev: bytes, now: float) -> None:
        """Make the media link to a member who was held until now."""
        member = self._members[dev]
        if member.i_dial:
            self._open_link(member, now)
        elif member.offer:
            self._take_offer(member, now)

    def poll(self, now: float) -> None:
        """Dial whom we must dial, make lost links again, give up on answers that do not come."""
        for channel, calling in list(self._calling.items()):
            if now - calling.since > HANDSHAKE_TIME:
                del self._calling[channel]
                self._out.append(CloseChannel(channel))
                self.unreachable(calling.to, now)
        for member in self:
            if member.path is Path.CONNECTING and now - member.connecting_since > LINK_TIME:
                member.path = Path.DOWN
            if member.offer_waits:
                self._take_offer(member, now)
            if now < member.retry_at:
                continue
            if member.channel is not None:
                if member.i_dial and member.path is Path.DOWN:
                    self._open_link(member, now)
            elif self._must_dial(member, now):
                member.dialling = True
                self._out.append(Dial(member.dev, member.addresses))

    @staticmethod
    def _must_dial(member: Member, now: float) -> bool:
        """Tell whether it is time to dial: always, for our part; or if they did not for long."""
        mine = member.i_dial or now - member.alone_since >= THEIR_TURN
        return mine and not member.dialling and bool(member.addresses)

    def _take_offer(self, member: Member, now: float) -> None:
        if member.held or member.channel is None:
            return
        member.offer_waits = now < member.connecting_since + OFFER_PAUSE
        if not member.offer_waits:
            member.path, member.connecting_since = Path.CONNECTING, now
            self._out.append(OpenLink(member.dev, member.link, False, member.channel))

    def _open_link(self, member: Member, now: float) -> None:
        if member.held or member.channel is None:
            return
        member.link += 1
        member.answered = False
        member.path, member.connecting_since = Path.CONNECTING, now
        self._out.append(OpenLink(member.dev, member.link, True, member.channel))
