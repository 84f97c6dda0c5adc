"""The meeting as it stands for one device: the log, who sits where, what turns when it grows."""

from collections.abc import Callable

from app.meeting.effects import Effect, Finish
from app.meeting.epochs import Epochs
from app.meeting.notices import Notices
from app.meeting.paths import Paths
from app.meeting.seated import Seated
from app.meeting.talk import Talk
from app.meeting.ties import Ties
from app.meeting.trust import Trust
from app.meeting.verification import Verification
from crypto.policy import Policy
from crypto.roster import EquivocationError, Roster, RosterError
from crypto.roster import Member as Seat
from crypto.sodium import Random


class Assembly:
    """What the parts of a meeting share; orders go into `out`, in the order of their making.

    `wall` tells the time of day in seconds since 1970, for chat lines and blocks only.
    """

    def __init__(self, me: Seated, random: Random, wall: Callable[[], float]) -> None:
        self.me = me
        self.roster = me.roster
        self.wall = wall
        self.out: list[Effect] = []
        self.notices = Notices()
        self.paths = Paths(
            call_id=me.roster.call_id,
            dev=me.dev,
            call_secret=me.call_secret,
            sign=me.sign,
            random=random,
            out=self.out,
        )
        key = me.roster.members[me.dev].device_key
        self.verification = Verification(key, self.notices)
        self.trust = Trust(me.contacts, self.notices, self.out)
        self.ties = Ties(
            call_id=me.roster.call_id,
            dev=me.dev,
            contacts=me.contacts,
            paths=self.paths,
            notices=self.notices,
            random=random,
            out=self.out,
        )
        self.epochs = Epochs(me.keys, self.paths, self.trust.met, self.out)
        self.talk = Talk(me.dev, self.paths, wall, self.out)
        self.alarm = ""
        self.over = False

    @property
    def leads(self) -> bool:
        """Tell whether this device makes the blocks now."""
        return self.roster.leader == self.me.dev

    def begin(self, now: float, host_channel: int | None) -> None:
        """Take the seat: everybody who is in gets our keys."""
        self._seat_members(self.leads, now)
        if host_channel is not None:
            self.paths.bind(host_channel, self.roster.leader, now)
        self.epochs.enter(self.roster, removal=False, now=now)

    def met(self, channel: int, dev: bytes, now: float) -> None:
        """A channel to a member stands: give them everything they may have missed."""
        self.paths.bind(channel, dev, now)
        self.epochs.catch_up(dev)

    # -- the log ------------------------------------------------------------------------------

    def accept(self, block: bytes, source: bytes, now: float) -> None:
        """Take in a block that a member passed on; RosterError for what nobody may say."""
        try:
            roster = self.roster.accept(block)
        except EquivocationError as error:
            # Both halves get what the other was shown, and find the contradiction as we did.
            self.paths.send_all(error.evidence.first)
            self.paths.send_all(error.evidence.second)
            self.finish("equivocation")
            return
        except RosterError as error:
            if error.code in ("replayed", "stale", "gap"):
                return
            raise
        self.turn(roster, block, source, now)

    def turn(self, roster: Roster, block: bytes, source: bytes, now: float) -> None:
        """Go on to the next roster: first who is in, then who hears it, then the keys."""
        before, self.roster = self.roster, roster
        gone = roster.gone_since(before)
        self.paths.send_all(block, but=source)
        for dev in gone:
            self._see_off(before.members[dev], roster)
        if self.over:
            return
        if roster.ended:
            self.finish("you_ended" if self.leads else "ended")
            return
        self._seat_members(source == self.me.dev, now)
        self._tell_policy(before.policy, roster.policy)
        self.epochs.enter(roster, removal=bool(gone), now=now)

    def _see_off(self, seat: Seat, roster: Roster) -> None:
        if seat.dev == self.me.dev:
            self.finish("removed" if seat.dev in roster.removed else "host_lost")
            return
        if not roster.is_member(seat.dev):
            self.notices.add("removed" if seat.dev in roster.removed else "left", seat.name)
        self.epochs.forget(seat.dev)
        self.ties.unseat(seat.dev)
        self.paths.unseat(seat.dev)

    def _seat_members(self, admitted: bool, now: float) -> None:
        mine = self.roster.members[self.me.dev]
        for seat in self.roster.members.values():
            if seat.dev == self.me.dev or seat.dev in self.paths:
                continue
            member = self.trust.introduce(seat, mine, admitted)
            self.paths.seat(member, now)
            if member.held:
                self.epochs.withhold(seat.dev)

    def _tell_policy(self, before: Policy, after: Policy) -> None:
        if before.lobby != after.lobby:
            self.notices.add("lobby_on" if after.lobby else "lobby_off")
        if before.locked != after.locked:
            self.notices.add("locked" if after.locked else "unlocked")

    # -- the end ------------------------------------------------------------------------------

    def raise_alarm(self, alarm: str) -> None:
        """Send nothing more, and say why; `alarm` is a key of the alarm texts."""
        self.alarm = alarm
        self.epochs.stop()

    def finish(self, reason: str) -> None:
        """Leave the table for good; `reason` is a key of the farewell texts."""
        self.over = True
        self.talk.wipe()
        self.epochs.wipe()
        for member in self.paths:
            self.epochs.forget(member.dev)
            self.paths.unseat(member.dev)
        self.out.append(Finish(reason))
