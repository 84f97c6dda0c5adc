"""The meeting as it stands for one device: the log, who sits where, what turns when it grows."""

from collections.abc import Callable

from app.meeting.backlog import Backlog
from app.meeting.departed import Departed
from app.meeting.effects import Effect, Finish, ForgetMember, KeepProof, LetGo
from app.meeting.election import Election
from app.meeting.epochs import Epochs
from app.meeting.files.desk import Files
from app.meeting.gossip import Gossip
from app.meeting.notices import Notices
from app.meeting.paths import Paths
from app.meeting.seated import Seated
from app.meeting.talk import Talk
from app.meeting.telling import orders, tell
from app.meeting.ties import Ties
from app.meeting.trust import Trust
from app.meeting.verification import Verification
from crypto import rights
from crypto.blocks import Evidence
from crypto.following import catch_up
from crypto.requests import Orderable
from crypto.rights import Right
from crypto.roster import EquivocationError, Roster, RosterError
from crypto.roster import Member as Seat
from crypto.sodium import Random

AT_ONCE = 5.0  # seconds: who hears of a new host and of the loss of the seat so close together
# was away when it happened


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
        self.talk = Talk(me.dev, self.paths, wall, random, self.out)
        self.files = Files(me.dev, self._reachable, wall, random, self._tell_of_file)
        self.election = Election(me.roster.call_id, me.dev, me.sign)
        self.backlog = Backlog()
        self.gossip = Gossip(self.paths)
        self.departed = Departed()
        self.unseen: set[bytes] = set()  # join ids of whom a co-host let in, not this person
        self.alarm = ""
        self.over = False
        self._convicted: set[bytes] = set()  # devices that led, and showed two rosters
        self._led_since = float("-inf")  # when this device learned who leads now
        self._replaced = b""  # a host who was lost when another one took over

    @property
    def leads(self) -> bool:
        """Tell whether this device makes the blocks now."""
        return self.roster.leader == self.me.dev

    def may_chat(self, dev: bytes) -> bool:
        """Tell whether a member may write chat lines, by the log."""
        seat = self.roster.members[dev]
        return rights.may(seat.role, Right.CHAT, self.roster.policy, seat.chat_allowed)

    def may_share(self, dev: bytes) -> bool:
        """Tell whether a member may share a screen, by the log."""
        return rights.may(self.roster.members[dev].role, Right.SHARE, self.roster.policy)

    def is_silenced(self, dev: bytes) -> bool:
        """Tell whether the chat of a device was switched off, also of one that left with that."""
        seat = self.roster.members.get(dev)
        return not seat.chat_allowed if seat else self.departed.was_silenced(dev)

    def begin(self, now: float, host_channel: int | None) -> None:
        """Take the seat: everybody who is in gets our keys."""
        self.election.turned(now)
        self._seat_members(self.leads, now)
        if host_channel is not None:
            self.paths.bind(host_channel, self.roster.leader, now)
        self.epochs.enter(self.roster, removal=False, now=now)

    def met(self, channel: int, dev: bytes, now: float) -> None:
        """A channel to a member stands: give them everything they may have missed."""
        if dev == self._replaced and dev != self.roster.leader:
            self.notices.add("host_back", self.paths[dev].name)
            self._replaced = b""
        self.paths.bind(channel, dev, now)
        self.epochs.catch_up(dev)

    # -- the log ------------------------------------------------------------------------------

    def accept(self, block: bytes, source: bytes, now: float) -> None:
        """Take in a block that a member passed on; RosterError for what nobody may say."""
        roster, floor = self.roster, self.election.floor
        try:
            try:
                roster = roster.accept(block, floor)
            except RosterError as error:
                if error.code in ("replayed", "stale"):
                    return
                if error.code not in ("gap", "term"):
                    raise
                roster = catch_up(roster, self.backlog.keep(source, block, now), floor)
        except EquivocationError as error:
            self.accuse(error.evidence)
            return
        if roster.eid != self.roster.eid:
            self.turn(roster, source, now)

    def lost_seat(self, source: bytes) -> str:
        """Tell why this device is out by the blocks that a member showed, or "".

        Also by those of terms before the one it voted in: they do not count while there may be a
        later one, but who sends us away by them will wait for none.
        """
        roster = catch_up(self.roster, self.backlog.kept(source))
        if roster.is_member(self.me.dev):
            return ""
        return "removed" if self.me.dev in roster.removed else "left_behind"

    def turn(self, roster: Roster, source: bytes, now: float) -> None:
        """Go on to a later roster: first who is in, then who hears it, then the keys."""
        before, self.roster = self.roster, roster
        known = {block.eid for block in before.recent}
        blocks = [block for block in roster.recent if block.eid not in known]
        given = orders(blocks, before)
        gone = roster.gone_since(before)
        self.backlog.clear()
        # Who makes a block tells everybody; so does who hears of one that brooks no delay.
        urgent = gone or roster.ended or before.term != roster.term or source == self.me.dev
        self.gossip.pass_on([block.encode() for block in blocks], source, now, bool(urgent))
        if before.leader != roster.leader:
            self._led_since = now
        for dev in gone:
            self._see_off(before.members[dev], given, now)
        if self.over:
            return
        if roster.ended:
            self.finish("you_ended" if self.leads else "ended")
            return
        self._seat_members(source == self.me.dev, now)
        tell(self.notices, before, roster, given, self.me.dev)
        if self.talk.sharing and not self.may_share(self.me.dev):
            self.talk.share(False)
            self.notices.add("share_not_allowed")
        if before.leader != roster.leader:
            self.election.turned(now)
            lost = self.paths.get(before.leader)
            self._replaced = before.leader if lost and lost.channel is None else b""
        self.epochs.enter(roster, removal=bool(gone), now=now)

    def accuse(self, evidence: Evidence) -> None:
        """Show everybody that a leader shows two rosters, and leave; RosterError if it is none.

        Who led once can sign what they like later, also from outside: that ends no meeting. It
        goes on under who leads now, and without the liar.
        """
        liar = self.roster.convict(evidence)
        leads = liar.dev == self.roster.leader
        if liar.dev in self._convicted and not leads:
            return
        self._convicted.add(liar.dev)
        self.paths.send_all(evidence.encode())
        self.out.append(KeepProof(liar.voucher, evidence.first, evidence.second))
        if leads:
            self.finish("equivocation")
        else:
            self.epochs.liars.append(liar.dev)

    def _tell_of_file(self, name: str) -> None:
        self.notices.add("file_offered", name)

    def _reachable(self) -> list[tuple[bytes, str]]:
        """Return (dev, name) of everybody who gets anything of this device."""
        return [(one.dev, one.name) for one in self.paths if not (one.held or one.lied)]

    def _see_off(self, seat: Seat, given: list[tuple[str, Orderable]], now: float) -> None:
        roster = self.roster
        removed = seat.dev in roster.removed
        if seat.dev == self.me.dev:
            lost = "left_behind" if now - self._led_since < AT_ONCE else "host_lost"
            self.finish("removed" if removed else lost)
            return
        gone = not roster.is_member(seat.dev)  # else the same device has another seat now
        if gone:
            by = [name for name, order in given if getattr(order, "dev", b"") == seat.dev]
            if removed and by:
                self.notices.add("removed_by", seat.name, by[0])
            else:
                self.notices.add("removed" if removed else "left", seat.name)
            self.departed.remember(seat, roster)
        self.epochs.forget(seat.dev)
        self.ties.unseat(seat.dev)
        self.paths.unseat(seat.dev)
        self.talk.unseat(seat.dev)
        self.files.unseat(seat.dev)
        if gone:
            self.out.append(LetGo(seat.dev))

    def _seat_members(self, admitted: bool, now: float) -> None:
        mine = self.roster.members[self.me.dev]
        for seat in self.roster.members.values():
            if seat.dev == self.me.dev or seat.dev in self.paths:
                continue
            looked_at = admitted and seat.request.join_id not in self.unseen
            member = self.trust.introduce(seat, mine, looked_at, self.roster.members)
            self.unseen.discard(seat.request.join_id)
            self.paths.seat(member, now)
            self.talk.seat(seat.dev, now)
            self.files.seat(seat.dev)
            self.departed.forget(seat.dev)
            if member.held:
                self.epochs.withhold(seat.dev)

    def exclude_liars(self, now: float) -> None:
        """Have nothing to do any more with devices that were caught lying: no keys, no link.

        Everybody else goes on: no member can silence the others by a lie of its own.
        """
        liars, self.epochs.liars = self.epochs.liars, []
        for dev in liars:
            member = self.paths.get(dev)
            if member is not None and not member.lied:
                member.lied = True
                self.notices.add("unverified_video", member.name)
                self.paths.hold(dev)
                self.epochs.withhold(dev)
                self.out.append(ForgetMember(dev))
                self.files.unseat(dev)
                self.epochs.renew(now)  # what they have of us ends with the next frame

    # -- the end ------------------------------------------------------------------------------

    def raise_alarm(self, alarm: str) -> None:
        """Send nothing more, and say why; `alarm` is a key of the alarm texts."""
        self.alarm = alarm
        self.epochs.stop()

    def finish(self, reason: str) -> None:
        """Leave the table for good; `reason` is a key of the farewell texts."""
        self.over = True
        self.talk.wipe()
        self.files.wipe()
        self.epochs.wipe()
        for member in self.paths:
            self.epochs.forget(member.dev)
            self.paths.unseat(member.dev)
        self.out.append(Finish(reason))
