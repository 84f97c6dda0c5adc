"""The media links to other members: who offers, what is made anew beside what is there, how often.

A link has a number that rises. While one is in use, the next may be made beside it: media go on
over the old one until the new one stands. Who controls makes all offers, so two never cross; the
other side may ask for one.

Servers of the team are asked only when a direct path was not there at once: the first attempt goes
without them, and WIDEN seconds later a *wide* one begins beside it.
"""

from collections.abc import Callable

from app.meeting.effects import CloseLink, ConnectLink, Effect, OpenLink
from app.meeting.member import Member, Path
from app.meeting.view import Relayed
from crypto.envelope import Sign
from crypto.messages import Signal, SignalKind

RETRY = 1.0  # seconds before a lost link is tried again
LINK_TIME = 20.0  # seconds for a link to come up; what was lost on the way is said again
WIDEN = 0.8  # seconds after which the team's servers are asked, too, if there are any
WIDE_TIME = 4.0  # seconds for a wide attempt: then a relay that is back is found by another
RENEWED = 5.0  # seconds in which a link that is being made is answer enough to who asks for one

SEQUENCES = {
    SignalKind.OFFER: 0,
    SignalKind.WIDE_OFFER: 0,
    SignalKind.ANSWER: 1,
    SignalKind.RENEW: 2,
}

Tell = Callable[[bytes, bytes], None]


class Links:
    """One device's links; orders go into `out`, `tell` sends a member a message."""

    def __init__(
        self, *, call_id: bytes, dev: bytes, sign: Sign, out: list[Effect], tell: Tell
    ) -> None:
        self._call_id = call_id
        self._dev = dev
        self._sign = sign
        self._out = out
        self._tell = tell
        self.outside = False  # there are servers that may be asked

    # -- what the other side says -------------------------------------------------------------

    def gathered(self, member: Member, link: int, parameters: bytes, eid: bytes) -> None:
        """Tell the other side our half; the controlled side connects at once."""
        if member.link != link or member.held or member.making_since is None:
            return
        offer = SignalKind.WIDE_OFFER if member.wide else SignalKind.OFFER
        self._say(member, offer if member.i_dial else SignalKind.ANSWER, eid, parameters)
        if not member.i_dial and member.offer:
            self._out.append(ConnectLink(member.dev, link, member.offer))

    def signalled(self, member: Member, signal: Signal, now: float) -> None:
        """Take in the other side's half; forged, foreign and stale ones raise ForgedError."""
        signal.check(member.call_key, self._call_id, member.dev, self._dev)
        if member.channel is None:
            return
        match signal.signal:
            case SignalKind.OFFER | SignalKind.WIDE_OFFER if (
                not member.i_dial and signal.link_id > member.link
            ):
                member.link = signal.link_id
                member.wide = signal.signal is SignalKind.WIDE_OFFER
                member.offer = signal.payload
                self._take_offer(member, now)
            case SignalKind.ANSWER if member.i_dial and signal.link_id == member.link:
                if not member.answered and member.making_since is not None:
                    member.answered = True
                    self._out.append(ConnectLink(member.dev, member.link, signal.payload))
            case SignalKind.RENEW if member.i_dial:
                making = member.making_since
                if member.patience.ready(now) and (making is None or now - making > RENEWED):
                    member.patience.use(now)
                    self._open(member, now)
            case _:
                pass

    # -- what becomes of links ----------------------------------------------------------------

    def up(self, member: Member, link: int, relayed: Relayed | None = None) -> bool:
        """Note that media flows over a link; True if it did not before, or went another way."""
        fresh = member.path is not Path.UP or link != member.in_use
        member.path, member.in_use, member.was_up = Path.UP, link, True
        member.relayed, member.tried = relayed, False
        if link == member.link:
            member.making_since = None
        return fresh

    def weak(self, member: Member, now: float) -> None:
        """Note that nothing was heard for some seconds: a new link is made beside this one."""
        if member.path is Path.UP:
            member.path = Path.WEAK
            member.renew_at = now if member.i_dial else now + RETRY  # they notice it, too

    def down(self, member: Member, link: int, now: float) -> bool:
        """Note that a link is lost or did not come up; True if no media flows because of it."""
        if link == member.link and member.making_since is not None:
            member.making_since = None
            member.renew_at = max(member.renew_at, now + RETRY)
            if member.path is Path.CONNECTING:
                member.path = Path.DOWN
        if link != member.in_use:
            return member.path is Path.DOWN
        member.path = Path.DOWN
        if member.relayed is None:  # a relay that is gone says so, and does not come back
            member.renew_at = max(member.renew_at, now + RETRY)
        return True

    def hold(self, member: Member) -> None:
        """End the link to a member, and make no other one."""
        member.held = True
        member.path, member.making_since = Path.DOWN, None
        self._out.append(CloseLink(member.dev))

    def release(self, member: Member, now: float) -> None:
        """Make the link to a member who was held until now."""
        if member.i_dial:
            self._open(member, now)
        elif member.offer:
            self._take_offer(member, now)

    # -- when to make one ---------------------------------------------------------------------

    def channel_stands(self, member: Member, now: float) -> None:
        """Make a link where none carries media: what was said of one on the way may be lost."""
        if member.i_dial and member.path is not Path.UP:
            self._open(member, now)

    def try_again(self, member: Member, now: float) -> None:
        """Make a link at once where one is needed: this computer's network is another now."""
        member.patience.forgive()
        member.renew_at = now
        if member.path is not Path.UP:
            member.making_since = None

    def poll(self, member: Member, now: float, eid: bytes) -> None:
        """Give up on what does not come, and see to a link for whom media does not reach."""
        making = member.making_since
        if making is not None and now - making > LINK_TIME:
            member.making_since = making = None
            if member.path is Path.CONNECTING:
                member.path = Path.DOWN
        if member.offer_waits:
            self._take_offer(member, now)
        if making is not None and self._should_widen(member, now - making, now):
            self._open(member, now)
            return
        if member.path not in (Path.WEAK, Path.DOWN) or making is not None:
            return
        if member.channel is None or now < member.renew_at or not member.patience.ready(now):
            return
        member.patience.use(now)
        if member.i_dial:
            self._open(member, now)
        elif member.was_up and not member.held:
            self._say(member, SignalKind.RENEW, eid, b"")

    def _should_widen(self, member: Member, tried_for: float, now: float) -> bool:
        if not (self.outside and member.i_dial) or member.path is Path.UP:
            return False
        if not member.wide:
            return tried_for >= WIDEN
        again = tried_for >= WIDE_TIME and member.patience.ready(now)
        if again:
            member.patience.use(now)
        return again

    def _take_offer(self, member: Member, now: float) -> None:
        if member.held or member.channel is None:
            return
        member.offer_waits = not member.offers.ready(now)
        if not member.offer_waits:
            member.offers.use(now)
            self._make(member, now, member.channel)

    def _open(self, member: Member, now: float) -> None:
        if member.held or member.channel is None:
            return
        member.link += 1
        member.answered = False
        member.wide = self.outside and (member.tried or member.relayed is not None)
        member.tried = True
        self._make(member, now, member.channel)

    def _make(self, member: Member, now: float, channel: int) -> None:
        member.making_since = now
        if not member.was_up:
            member.path = Path.CONNECTING
        self._out.append(OpenLink(member.dev, member.link, member.i_dial, channel, member.wide))

    def _say(self, member: Member, kind: SignalKind, eid: bytes, payload: bytes) -> None:
        signal = Signal(
            eid=eid,
            sender=self._dev,
            to=member.dev,
            link_id=member.link,
            sequence=SEQUENCES[kind],
            signal=kind,
            payload=payload,
        ).signed(self._call_id, self._sign)
        self._tell(member.dev, signal.encode())
