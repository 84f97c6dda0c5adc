"""One meeting as one device lives it: takes events and the time, returns what must be done."""

import contextlib
from collections.abc import Callable, Mapping
from typing import assert_never

from app.meeting.doorplate import answer_body, open_secrets
from app.meeting.doors import (
    Doors,
    Knocked,
    MemberCame,
    NoMember,
    Outcome,
    Reply,
    TurnedAway,
)
from app.meeting.effects import CloseChannel, Effect, Finish, Send, SendData, SendKeyFrame
from app.meeting.epochs import Epochs
from app.meeting.events import (
    Answered,
    ChannelDown,
    DataFrom,
    Event,
    FramesAccepted,
    FramesRefused,
    KeyInUse,
    LinkDown,
    LinkGathered,
    LinkUp,
    LinkWeak,
    Reached,
    Received,
    Tick,
    Unreachable,
)
from app.meeting.hosting import REKEY, Hosting
from app.meeting.member import Member
from app.meeting.notices import Notices
from app.meeting.paths import Paths
from app.meeting.portrait import Sitter, portray
from app.meeting.seated import Seated
from app.meeting.talk import Talk
from app.meeting.trust import Trust
from app.meeting.view import MeetingView, Quality
from app.meeting.wishes import (
    Admit,
    CodesDiffer,
    CodesMatch,
    Deny,
    Distrust,
    End,
    Leave,
    Remove,
    Say,
    SetCamera,
    SetLobby,
    SetLocked,
    SetMicrophone,
    Wish,
)
from app.meeting.wishes import (
    Trust as TrustWish,
)
from crypto.errors import CryptoError, ForgedError, MalformedError
from crypto.messages import (
    Ack,
    Denied,
    DenyReason,
    Gossip,
    KeyBox,
    Message,
    SasReveal,
    Signal,
    SignedLeave,
    Sync,
    parse,
)
from crypto.operations import End as EndOperation
from crypto.operations import Leave as LeaveOperation
from crypto.operations import Operation, Rekey, RemoveReason, SetPolicy
from crypto.operations import Remove as RemoveOperation
from crypto.policy import Policy, PolicyFlag
from crypto.roster import EquivocationError, Roster, RosterError
from crypto.roster import Member as Seat
from crypto.sodium import Random

SYNC = 2.0  # seconds between two Sync messages, and between two reminders of one's own state
CLOCK_JUMP = 5.0  # seconds between the two clocks: the computer slept, or somebody set its clock
HOST_LOST = 10.0  # seconds without any way to the host until the screen says so


class Meeting:
    """The machine of a meeting: `step` takes an event, `view` shows how things stand.

    `now` is any clock that never runs backwards, in seconds; `wall` tells the time of day, for
    chat lines and blocks only.
    """

    def __init__(self, seated: Seated, random: Random, wall: Callable[[], float]) -> None:
        self._me = seated
        self._roster = seated.roster
        self._wall = wall
        self._out: list[Effect] = []
        self._notices = Notices()
        self._paths = Paths(
            call_id=self._roster.call_id,
            dev=seated.dev,
            call_secret=seated.call_secret,
            sign=seated.sign,
            random=random,
            out=self._out,
        )
        self._doors = Doors(
            call_id=self._roster.call_id,
            sign=seated.sign,
            random=random,
            secrets=lambda: open_secrets(seated, self._roster, wall()),
            body=lambda secret: answer_body(secret, seated, self._roster),
            call_key_of=self._call_key_of,
        )
        self._hosting = Hosting(seated.contacts, self._out) if seated.hosting else None
        self._trust = Trust(seated.contacts, seated.hosting, self._notices, self._out)
        self._epochs = Epochs(seated.keys, self._paths, self._trust.met, self._out)
        self._talk = Talk(seated.dev, self._paths, wall, self._out)
        self._alarm = ""
        self._over = False
        self._next_sync = self._host_seen = 0.0
        self._day = 0.0  # the time of day at which `now` was 0

    @property
    def roster(self) -> Roster:
        """The log as this device knows it."""
        return self._roster

    def begin(self, now: float, host_channel: int | None = None) -> list[Effect]:
        """Sit down, once, before the first step: everybody who is in gets our keys.

        `host_channel` is the channel over which the host let us in; the host has none.
        """
        self._next_sync = now + SYNC
        self._host_seen = now
        self._day = self._wall() - now
        self._seat_members(now)
        if host_channel is not None:
            self._paths.bind(host_channel, self._roster.leader, now)
        self._epochs.enter(self._roster, removal=False, now=now)
        return self._orders()

    def step(self, event: Event, now: float) -> list[Effect]:
        """Take in one event; return what must be done about it, in this order."""
        if not self._over:
            self._take(event, now)
        if self._hosting and not self._over:
            self._make_block(self._hosting, now)
        if not self._over:
            self._epochs.seal(now)
            if self._epochs.lied and not self._alarm:
                self._raise_alarm("code_mismatch")
        return self._orders()

    def view(
        self,
        now: float,
        speaking: frozenset[bytes] = frozenset(),
        quality: Mapping[bytes, Quality] | None = None,
    ) -> MeetingView:
        """Return how the meeting looks to the person at this device."""
        sitter = Sitter(
            roster=self._roster,
            dev=self._me.dev,
            paths=self._paths,
            missing=self._epochs.missing,
            since_epoch=now - self._epochs.entered_at,
            code=self._epochs.code,
            knocks=self._hosting.knocks if self._hosting else (),
            chat=self._talk.lines,
            microphone_on=self._talk.microphone_on,
            camera_on=self._talk.camera_on,
            invitation=self._me.invitation,
            notices=self._notices.latest,
            frozen=now - self._host_seen > HOST_LOST,
            alarm=self._alarm,
            test_guest=self._me.test_guest,
        )
        return portray(sitter, speaking, quality or {})

    def _orders(self) -> list[Effect]:
        """Return what must be done; what is sealed comes last, under the keys of the new list."""
        orders, self._out[:] = list(self._out), []
        return sorted(orders, key=lambda order: isinstance(order, SendData))

    # -- events -------------------------------------------------------------------------------

    def _take(self, event: Event, now: float) -> None:
        match event:
            case Tick():
                self._pass_time(now)
            case Received(channel, message):
                self._receive(channel, message, now)
            case Answered(channel, exporter):
                self._doors.open(channel, exporter, now)
            case Reached(channel, exporter, to):
                self._paths.reached(channel, exporter, to, now)
            case Unreachable(to):
                self._paths.unreachable(to, now)
            case ChannelDown(channel):
                self._doors.close(channel)
                self._paths.channel_down(channel, now)
                if self._hosting:
                    self._hosting.channel_down(channel)
            case LinkGathered(dev, link, parameters):
                self._paths.link_gathered(dev, link, parameters, self._roster.eid)
            case LinkUp(dev):
                if self._paths.link_up(dev):
                    self._out.append(SendKeyFrame())
                    self._talk.tell_state()
            case LinkWeak(dev):
                self._paths.link_weak(dev)
            case LinkDown(dev, link):
                self._paths.link_down(dev, link, now)
            case DataFrom(dev, context, payload):
                self._hear(dev, context, payload, now)
            case FramesRefused(dev):
                self._frames(dev, trouble=True)
            case FramesAccepted(dev):
                self._frames(dev, trouble=False)
            case KeyInUse(dev, generation):
                self._epochs.opened(dev, generation, now)
            case _:
                self._wish(event, now)

    def _wish(self, wish: Wish, now: float) -> None:
        match wish:
            case Admit(join_id):
                if self._hosting:
                    self._hosting.admit(join_id)
            case Deny(join_id):
                if self._hosting:
                    self._hosting.deny(join_id)
            case Remove(dev):
                if self._hosting and dev in self._paths:
                    self._hosting.order(RemoveOperation(dev, RemoveReason.BY_HOST))
            case Say(text):
                if not self._alarm:
                    self._talk.say(self._roster.members[self._me.dev].name, text, now)
            case SetMicrophone(on):
                self._talk.use_devices(on, self._talk.camera_on)
            case SetCamera(on):
                self._talk.use_devices(self._talk.microphone_on, on)
            case SetLobby(on):
                self._set_policy(PolicyFlag.LOBBY, on)
            case SetLocked(on):
                self._set_policy(PolicyFlag.LOCKED, on)
            case CodesMatch(epoch):
                current = epoch == self._roster.epoch and not self._alarm
                if current and self._epochs.code is not None:
                    for member in self._paths:
                        self._trust.verified(member)
            case CodesDiffer(epoch):
                if epoch == self._roster.epoch:
                    self._raise_alarm("codes_differ")
            case TrustWish(dev):
                self._accept_changed_key(dev, now)
            case Distrust(_):
                pass  # they stay held: that is how things stand already
            case Leave():
                self._leave(now)
            case End():
                if self._hosting:
                    self._end(self._hosting, now)
            case _:
                assert_never(wish)

    def _pass_time(self, now: float) -> None:
        day = self._wall() - now
        if abs(day - self._day) > CLOCK_JUMP:
            self._epochs.renew(now)  # after sleep nobody knows what became of this memory
        self._day = day
        for channel, outcome in self._doors.poll(now):
            self._at_the_door(channel, outcome, now)
        self._paths.poll(now)
        self._epochs.poll(now)
        host = self._paths.get(self._roster.leader)
        if host is None or host.seat_until is None:
            self._host_seen = now
        if now >= self._next_sync:
            self._next_sync = now + SYNC
            self._epochs.tell()
            self._talk.tell_state()
        if self._hosting:
            for dev in self._paths.silent(now):
                self._hosting.order(RemoveOperation(dev, RemoveReason.SILENT))
            if now - self._epochs.entered_at >= REKEY:
                self._hosting.order(Rekey())

    # -- words from others --------------------------------------------------------------------

    def _receive(self, channel: int, data: bytes, now: float) -> None:
        if not data:
            return  # a sign of life
        if channel in self._doors:
            self._at_the_door(channel, self._doors.receive(channel, data, now), now)
        elif self._paths.is_calling(channel):
            dev = self._paths.answered(channel, data, self._roster.eid, now)
            if dev is not None:
                self._met(channel, dev, now)
        elif (member := self._paths.speaker(channel)) is not None:
            try:
                self._message(member, parse(data), data, now)
            except CryptoError:
                # A member's words that do not parse or verify: their own fault, they may redial.
                self._out.append(CloseChannel(channel))
                self._paths.channel_down(channel, now)
        else:
            self._out.append(CloseChannel(channel))

    def _at_the_door(self, channel: int, outcome: Outcome, now: float) -> None:
        match outcome:
            case Reply(message):
                if message:
                    self._out.append(Send(channel, message))
            case Knocked(request, _):
                if self._hosting is None:
                    self._out.append(CloseChannel(channel))
                elif self._hosting.knock(channel, request, self._roster):
                    self._notices.add("knocks", request.name)
            case MemberCame(dev, _, said):
                if dev in self._paths:
                    self._met(channel, dev, now)
                    for message in said:
                        if not self._over:
                            self._receive(channel, message, now)
                else:
                    self._out.append(CloseChannel(channel))
            case NoMember(dev):
                if self._hosting:  # every block is its own: they are out, and may not know it
                    out = dev in self._roster.removed
                    reason = DenyReason.REMOVED if out else DenyReason.REFUSED_BY_HOST
                    self._hosting.refuse(channel, reason)
                else:
                    self._out.append(CloseChannel(channel))
            case TurnedAway(message):
                if message:
                    self._out.append(Send(channel, message))
                self._out.append(CloseChannel(channel))
            case _:
                assert_never(outcome)

    def _met(self, channel: int, dev: bytes, now: float) -> None:
        """A channel to a member stands: give them everything they may have missed."""
        self._paths.bind(channel, dev, now)
        self._epochs.catch_up(dev)

    def _message(self, member: Member, message: Message, data: bytes, now: float) -> None:
        match message:
            case Gossip(block=block):
                self._block(block, member.dev, now)
            case Ack() | KeyBox() | SasReveal():
                self._epochs.hear(message, now)
            case Sync():
                self._epochs.compare(member.dev, message, self._roster, now)
            case Signal():
                self._paths.signalled(member, message, now)
            case Denied(reason=reason) if member.dev == self._roster.leader:
                self._finish("removed" if reason is DenyReason.REMOVED else "host_lost")
            case SignedLeave():
                message.verify(member.call_key, self._roster.call_id)
                seat = self._roster.members[member.dev]
                if (message.dev, message.join_id) != (seat.dev, seat.request.join_id):
                    raise ForgedError("a leave is for another seat")
                if self._hosting:
                    self._hosting.order(LeaveOperation(data))
            case _:
                raise RosterError("unauthorised", "members do not say this to each other")

    def _hear(self, dev: bytes, context: int, payload: bytes, now: float) -> None:
        member = self._paths.get(dev)
        if member is None or member.held:
            return
        with contextlib.suppress(MalformedError):  # authentic, but nothing that we understand
            self._talk.hear(member, context, payload, now)

    def _frames(self, dev: bytes, trouble: bool) -> None:
        member = self._paths.get(dev)
        if member is not None and member.trouble != trouble:
            member.trouble = trouble
            if trouble:
                self._notices.add("unverified_video", member.name)

    # -- blocks -------------------------------------------------------------------------------

    def _block(self, block: bytes, source: bytes, now: float) -> None:
        try:
            roster = self._roster.accept(block)
        except EquivocationError as error:
            # Both halves get what the other was shown, and find the contradiction as we did.
            self._paths.send_all(error.evidence.first)
            self._paths.send_all(error.evidence.second)
            self._finish("equivocation")
            return
        except RosterError as error:
            if error.code in ("replayed", "stale", "gap"):
                return
            raise
        self._turn(roster, block, source, now)

    def _turn(self, roster: Roster, block: bytes, source: bytes, now: float) -> None:
        """Go on to the next roster: first who is in, then who hears it, then the keys."""
        before, self._roster = self._roster, roster
        gone = roster.gone_since(before)
        self._paths.send_all(block, but=source)
        for dev in gone:
            self._see_off(before.members[dev], roster)
        if self._over:
            return
        if roster.ended:
            self._finish("you_ended" if self._hosting else "ended")
            return
        self._seat_members(now)
        self._tell_policy(before.policy, roster.policy)
        self._epochs.enter(roster, removal=bool(gone), now=now)

    def _see_off(self, seat: Seat, roster: Roster) -> None:
        if seat.dev == self._me.dev:
            self._finish("removed" if seat.dev in roster.removed else "host_lost")
            return
        if not roster.is_member(seat.dev):
            self._notices.add("removed" if seat.dev in roster.removed else "left", seat.name)
        self._epochs.forget(seat.dev)
        self._paths.unseat(seat.dev)

    def _seat_members(self, now: float) -> None:
        mine = self._roster.members[self._me.dev]
        for seat in self._roster.members.values():
            if seat.dev == self._me.dev or seat.dev in self._paths:
                continue
            member = self._trust.introduce(seat, mine)
            self._paths.seat(member, now)
            if member.held:
                self._epochs.withhold(seat.dev)

    # -- trust --------------------------------------------------------------------------------

    def _accept_changed_key(self, dev: bytes, now: float) -> None:
        member = self._paths.get(dev)
        if member is not None and member.held:
            self._trust.accept(member)
            self._epochs.release(member)
            self._paths.release(dev, now)

    def _raise_alarm(self, alarm: str) -> None:
        self._alarm = alarm
        self._epochs.stop()

    # -- the host's rules ---------------------------------------------------------------------

    def _set_policy(self, flag: PolicyFlag, on: bool) -> None:
        policy = self._roster.policy
        flags = policy.flags | flag if on else policy.flags & ~flag
        if self._hosting and flags != policy.flags:
            self._hosting.order(SetPolicy(Policy(flags, policy.most_people)))

    def _tell_policy(self, before: Policy, after: Policy) -> None:
        if before.lobby != after.lobby:
            self._notices.add("lobby_on" if after.lobby else "lobby_off")
        if before.locked != after.locked:
            self._notices.add("locked" if after.locked else "unlocked")

    def _make_block(self, hosting: Hosting, now: float) -> None:
        operations, newcomers = hosting.due(self._roster, now)
        if not operations:
            return
        proposed = self._propose(operations)
        if proposed is None:
            proposed = self._propose(self._fitting(operations))
        block, roster = proposed or (b"", self._roster)
        for dev in list(newcomers):
            seat = roster.members.get(dev)
            if seat is None or seat.joined_epoch <= self._roster.epoch:
                hosting.refuse(newcomers.pop(dev), DenyReason.REFUSED_BY_HOST)
        if proposed is None:
            return
        welcome = roster.welcome(self._me.call_secret).encode() if newcomers else b""
        self._turn(roster, block, self._me.dev, now)
        for dev, channel in newcomers.items():
            if dev in self._paths:
                self._out.append(Send(channel, welcome))
                self._met(channel, dev, now)

    def _propose(self, operations: list[Operation]) -> tuple[bytes, Roster] | None:
        try:
            return self._roster.propose(operations, int(self._wall() * 1000), self._me.sign)
        except RosterError:
            return None

    def _fitting(self, operations: list[Operation]) -> list[Operation]:
        """Leave out what the rules refuse: one bad request must not spoil the others' block."""
        fitting: list[Operation] = []
        for operation in operations:
            if self._propose([*fitting, operation]) is not None:
                fitting.append(operation)
        return fitting

    def _leave(self, now: float) -> None:
        if self._hosting:
            self._end(self._hosting, now)
            return
        leave = SignedLeave(dev=self._me.dev, join_id=self._me.join_id)
        self._paths.send_all(leave.signed(self._roster.call_id, self._me.sign).encode())
        self._finish("left")

    def _end(self, hosting: Hosting, now: float) -> None:
        hosting.dismiss(DenyReason.MEETING_OVER)
        hosting.order(EndOperation())
        self._make_block(hosting, now)

    def _finish(self, reason: str) -> None:
        self._over = True
        self._talk.wipe()
        self._epochs.wipe()
        for member in self._paths:
            self._epochs.forget(member.dev)
            self._paths.unseat(member.dev)
        self._out.append(Finish(reason))

    def _call_key_of(self, dev: bytes) -> bytes | None:
        member = self._paths.get(dev)
        return member.call_key if member else None
