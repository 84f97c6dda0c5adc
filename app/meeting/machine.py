"""One meeting as one device lives it: takes events and the time, returns what must be done."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import assert_never

from app.meeting import chat
from app.meeting.contacts import Contact, Contacts
from app.meeting.doors import (
    CALL,
    INVITE,
    PUBLIC,
    Doors,
    Knocked,
    MemberCame,
    Outcome,
    Reply,
    TurnedAway,
)
from app.meeting.effects import (
    CloseChannel,
    Effect,
    Finish,
    Forget,
    ForgetKey,
    ForgetMember,
    OpenWith,
    Remember,
    SealWith,
    Send,
    SendData,
    SendKeyFrame,
    StopSealing,
    UseDevices,
)
from app.meeting.events import (
    Answered,
    ChannelDown,
    DataFrom,
    Event,
    FramesAccepted,
    FramesRefused,
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
from app.meeting.paths import Paths
from app.meeting.portrait import Sitter, portray
from app.meeting.view import Badge, ChatLine, MeetingView, Notice, Quality
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
    Trust,
    Wish,
)
from crypto import sas
from crypto.envelope import Sign
from crypto.epoch import GroupKeys
from crypto.errors import CryptoError
from crypto.frames import Context
from crypto.handshake import PUBLIC_SECRET
from crypto.keying import Alarm, KeyEvent, KeyExpired, KeyInstalled, Outgoing
from crypto.messages import (
    About,
    AboutFlag,
    Ack,
    DenyReason,
    Gossip,
    HostBody,
    KeyBox,
    MemberBody,
    Message,
    SasReveal,
    Signal,
    SignedLeave,
    Sync,
    parse,
)
from crypto.operations import End as EndOperation
from crypto.operations import Leave as LeaveOperation
from crypto.operations import Rekey, RemoveReason, SetPolicy
from crypto.operations import Remove as RemoveOperation
from crypto.policy import Policy, PolicyFlag
from crypto.roster import EquivocationError, Roster, RosterError
from crypto.roster import Member as Seat
from crypto.sodium import Random

SYNC = 2.0  # seconds between two Sync messages, and between two reminders of one's own state
HOST_LOST = 10.0  # seconds without any way to the host until the screen says so
MOST_NOTICES = 8  # kept for the window, which shows one at a time


@dataclass(frozen=True)
class Seated:
    """What a device brings to the table: its seat in the log, its keys, what it knows of others."""

    roster: Roster
    keys: GroupKeys
    dev: bytes
    join_id: bytes
    sign: Sign = field(repr=False)  # with the call key
    call_secret: bytes = field(repr=False)
    contacts: Contacts
    invite_secret: bytes = field(default=b"", repr=False)  # of the host's invitation
    invitation: str = field(default="", repr=False)
    test_guest: bool = False


class Meeting:
    """The machine of a meeting: `step` takes an event, `view` shows how things stand.

    `now` is any clock that never runs backwards, in seconds; `wall` tells the time of day, for
    chat lines and blocks only.
    """

    def __init__(
        self,
        seated: Seated,
        random: Random,
        wall: Callable[[], float],
    ) -> None:
        self._me = seated
        self._roster = seated.roster
        self._keys = seated.keys
        self._contacts = seated.contacts
        self._wall = wall
        self._out: list[Effect] = []
        self._paths = Paths(
            call_id=self._roster.call_id,
            dev=seated.dev,
            call_secret=seated.call_secret,
            sign=seated.sign,
            random=random,
            out=self._out,
        )
        hosting = self._roster.leader == seated.dev
        self._hosting = Hosting(self._contacts, self._out) if hosting else None
        self._doors = Doors(
            call_id=self._roster.call_id,
            sign=seated.sign,
            random=random,
            secrets=self._open_secrets,
            body=self._body_for,
            call_key_of=self._call_key_of,
        )
        self._chat = chat.Chat()
        self._notices: list[Notice] = []
        self._notice_number = 0
        self._microphone_on = False
        self._camera_on = False
        self._sealing: int | None = None
        self._installed: dict[bytes, KeyInstalled] = {}
        self._alarm = ""
        self._over = False
        self._next_sync = self._entered_at = self._host_seen = 0.0

    def step(self, event: Event, now: float) -> list[Effect]:
        """Take in one event; return what must be done about it, in this order."""
        if not self._over:
            self._take(event, now)
        if not self._over:
            self._settle(now)
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
            missing=self._keys.missing,
            since_epoch=now - self._entered_at,
            code=self._keys.code,
            knocks=self._hosting.knocks if self._hosting else (),
            chat=self._chat.lines,
            microphone_on=self._microphone_on,
            camera_on=self._camera_on,
            invitation=self._me.invitation,
            notices=tuple(self._notices),
            frozen=now - self._host_seen > HOST_LOST,
            alarm=self._alarm,
            test_guest=self._me.test_guest,
        )
        return portray(sitter, speaking, quality or {})

    @property
    def roster(self) -> Roster:
        """The log as this device knows it."""
        return self._roster

    def _orders(self) -> list[Effect]:
        orders, self._out[:] = list(self._out), []
        return orders

    # -- arriving -----------------------------------------------------------------------------

    def begin(self, now: float, host_channel: int | None = None) -> list[Effect]:
        """Sit down, once, before the first step: everybody who is in gets our keys.

        `host_channel` is the channel over which the host let us in; the host has none.
        """
        self._next_sync = now + SYNC
        self._host_seen = now
        self._seat_members(now)
        if host_channel is not None:
            self._paths.bind(host_channel, self._roster.leader, now)
        self._enter_epoch(removal=False, now=now)
        return self._orders()

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
                    self._tell_state()
            case LinkWeak(dev):
                self._paths.link_weak(dev)
            case LinkDown(dev, link):
                self._paths.link_down(dev, link, now)
            case DataFrom(dev, context, payload):
                self._data(dev, context, payload, now)
            case FramesRefused(dev):
                self._frames(dev, trouble=True)
            case FramesAccepted(dev):
                self._frames(dev, trouble=False)
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
                self._say(text, now)
            case SetMicrophone(on):
                self._microphone_on = on
                self._use_devices()
            case SetCamera(on):
                self._camera_on = on
                self._use_devices()
            case SetLobby(on):
                self._set_policy(PolicyFlag.LOBBY, on)
            case SetLocked(on):
                self._set_policy(PolicyFlag.LOCKED, on)
            case CodesMatch(epoch):
                self._codes_match(epoch)
            case CodesDiffer(epoch):
                if epoch == self._roster.epoch:
                    self._raise_alarm("codes_differ")
            case Trust(dev):
                self._trust(dev)
            case Distrust(_):
                pass  # they stay held: that is how things stand already
            case Leave():
                self._leave(now)
            case End():
                if self._hosting:
                    self._end(now)
            case _:
                assert_never(wish)

    def _pass_time(self, now: float) -> None:
        for channel, outcome in self._doors.poll(now):
            self._at_the_door(channel, outcome, now)
        self._paths.poll(now)
        self._key_events(self._keys.poll(now))
        host = self._paths.get(self._roster.leader)
        if host is None or host.seat_until is None:
            self._host_seen = now
        if now >= self._next_sync:
            self._next_sync = now + SYNC
            self._paths.send_all(self._keys.sync())
            self._tell_state()
        if self._hosting:
            for dev in self._paths.silent(now):
                self._hosting.order(RemoveOperation(dev, RemoveReason.SILENT))
            if now - self._entered_at >= REKEY:
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
                    self._notice("knocks", request.name)
            case MemberCame(dev, _):
                if dev in self._paths:
                    self._met(channel, dev, now)
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
        self._paths.send(dev, self._keys.sync())
        self._catch_up(dev)

    def _message(self, member: Member, message: Message, data: bytes, now: float) -> None:
        match message:
            case Gossip(block=block):
                self._block(block, member.dev, now)
            case Ack():
                self._key_events(self._keys.take_ack(message, now))
            case KeyBox():
                self._key_events(self._keys.take_box(message, now))
            case SasReveal():
                self._key_events(self._keys.take_reveal(message, now))
            case Sync():
                self._sync(member.dev, message, now)
            case Signal():
                self._paths.signalled(member, message)
            case SignedLeave():
                message.verify(member.call_key, self._roster.call_id)
                if self._hosting and message.dev == member.dev:
                    self._hosting.order(LeaveOperation(data))
            case _:
                raise RosterError("unauthorised", "members do not say this to each other")

    def _sync(self, dev: bytes, message: Sync, now: float) -> None:
        report = self._keys.take_sync(dev, message, now)
        if not report.same:
            for block in self._roster.blocks_after(report.epoch):
                self._paths.send(dev, block)
        for resent in report.resend:
            self._paths.send(dev, resent)

    # -- blocks and epochs --------------------------------------------------------------------

    def _block(self, block: bytes, source: bytes, now: float) -> None:
        try:
            roster = self._roster.accept(block)
        except EquivocationError:
            self._paths.send_all(block, but=source)  # the others find the contradiction as we did
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
            self._finish("ended")
            return
        self._seat_members(now)
        self._tell_policy(before.policy, roster.policy)
        self._enter_epoch(removal=bool(gone), now=now)

    def _see_off(self, seat: Seat, roster: Roster) -> None:
        if seat.dev == self._me.dev:
            self._finish("removed" if seat.dev in roster.removed else "host_lost")
            return
        if not roster.is_member(seat.dev):
            self._notice("removed" if seat.dev in roster.removed else "left", seat.name)
        self._out.append(ForgetMember(seat.dev))
        self._installed.pop(seat.dev, None)
        self._paths.unseat(seat.dev)

    def _seat_members(self, now: float) -> None:
        mine = self._roster.members[self._me.dev]
        for seat in self._roster.members.values():
            if seat.dev == self._me.dev or seat.dev in self._paths:
                continue
            badge = self._contacts.badge(seat.dev, seat.name)
            imitates = self._contacts.imitated(seat.dev, seat.name)
            held = badge is Badge.CHANGED and self._hosting is None
            member = Member(
                dev=seat.dev,
                name=seat.name,
                badge=badge,
                imitates=imitates,
                call_key=seat.call_key,
                known_since=self._contacts.known_since(seat.dev),
                safety_number=sas.safety_number(mine.device_key, seat.device_key),
                addresses=seat.addresses,
                i_dial=(mine.joined_epoch, mine.slot) > (seat.joined_epoch, seat.slot),
                held=held,
            )
            self._paths.seat(member, now)
            if held:
                self._keys.withhold(seat.dev)
            if seat.joined_epoch > mine.joined_epoch:
                self._notice("joined", seat.name)
            if imitates:
                self._notice("imitates", seat.name)
            if held:
                self._notice("key_changed", seat.name)

    def _enter_epoch(self, removal: bool, now: float) -> None:
        entered = self._keys.enter(self._roster, now, removal)
        self._entered_at = now
        self._paths.send_all(entered.ack)
        for dev, box in entered.boxes.items():
            self._paths.send(dev, box)
        self._key_events(entered.events)
        self._seal(now, removal)

    def _catch_up(self, dev: bytes) -> None:
        for message in self._keys.catch_up(dev):
            self._paths.send(dev, message)

    def _seal(self, now: float, removal: bool = False) -> None:
        if self._alarm:
            return
        own = self._keys.sealing(now)
        if own.generation != self._sealing:
            self._sealing = own.generation
            self._out.append(SealWith(own.slot, own.generation, own.base_key, removal))

    def _key_events(self, events: list[KeyEvent]) -> None:
        for event in events:
            match event:
                case KeyInstalled():
                    self._install(event)
                case KeyExpired(dev, None):
                    self._out.append(ForgetMember(dev))
                case KeyExpired(dev, generation) if generation is not None:
                    self._out.append(ForgetKey(dev, generation))
                case Outgoing(None, message):
                    self._paths.send_all(message)
                case Outgoing(to, message) if to is not None:
                    self._paths.send(to, message)
                case Alarm():
                    self._raise_alarm("code_mismatch")

    def _install(self, key: KeyInstalled) -> None:
        member = self._paths.get(key.dev)
        if member is None:
            return
        self._installed[key.dev] = key
        member.keyed = True
        if member.held:
            return
        self._out.append(OpenWith(key.dev, key.slot, key.generation, key.base_key))
        if member.badge in (Badge.NEW, Badge.KNOWN, Badge.VERIFIED):
            self._remember(member, verified=False)

    # -- small sealed messages ----------------------------------------------------------------

    def _say(self, text: str, now: float) -> None:
        text = text.strip()[: chat.MAX_CHARACTERS]
        if not text or self._alarm:
            return
        name = self._roster.members[self._me.dev].name
        self._chat.add(ChatLine(self._me.dev, name, text, self._wall(), mine=True), now)
        self._out.append(SendData(Context.CHAT, chat.encode_line(text)))

    def _data(self, dev: bytes, context: int, payload: bytes, now: float) -> None:
        member = self._paths.get(dev)
        if member is None or member.held:
            return
        try:
            if context == Context.CHAT:
                line = ChatLine(dev, member.name, chat.parse_line(payload), self._wall(), False)
                self._chat.add(line, now)
            elif context == Context.CONTROL:
                state = chat.MediaState.parse(payload)
                member.microphone_on, member.camera_on = state.microphone_on, state.camera_on
        except CryptoError:
            self._frames(dev, trouble=True)

    def _tell_state(self) -> None:
        if self._sealing is not None and any(True for _ in self._paths):
            state = chat.MediaState(self._microphone_on, self._camera_on)
            self._out.append(SendData(Context.CONTROL, state.encode()))

    def _use_devices(self) -> None:
        self._out.append(UseDevices(self._microphone_on, self._camera_on))
        self._tell_state()

    def _frames(self, dev: bytes, trouble: bool) -> None:
        member = self._paths.get(dev)
        if member is not None and member.trouble != trouble:
            member.trouble = trouble
            if trouble:
                self._notice("unverified_video", member.name)

    # -- trust --------------------------------------------------------------------------------

    def _codes_match(self, epoch: int) -> None:
        if epoch != self._roster.epoch or self._keys.code is None:
            return  # the code on the screen was outdated
        for member in self._paths:
            if not member.held:
                member.badge = Badge.VERIFIED
                self._remember(member, verified=True)

    def _remember(self, member: Member, verified: bool) -> None:
        public_key = self._roster.members[member.dev].device_key
        self._contacts.remember(member.dev, Contact(public_key, member.name, verified))
        self._out.append(Remember(public_key, member.name, verified))

    def _trust(self, dev: bytes) -> None:
        member = self._paths.get(dev)
        if member is None or not member.held:
            return
        for old in self._contacts.replaced_by(dev, member.name):
            self._out.append(Forget(old))
        member.held = False
        member.badge = Badge.NEW
        self._remember(member, verified=False)
        for message in self._keys.release(dev):
            self._paths.send(dev, message)
        if dev in self._installed:
            self._install(self._installed[dev])
        self._paths.release(dev)

    def _raise_alarm(self, alarm: str) -> None:
        self._alarm = alarm
        self._out.append(StopSealing())

    # -- the host's rules ---------------------------------------------------------------------

    def _set_policy(self, flag: PolicyFlag, on: bool) -> None:
        policy = self._roster.policy
        flags = policy.flags | flag if on else policy.flags & ~flag
        if self._hosting and flags != policy.flags:
            self._hosting.order(SetPolicy(Policy(flags, policy.most_people)))

    def _tell_policy(self, before: Policy, after: Policy) -> None:
        if before.lobby != after.lobby:
            self._notice("lobby_on" if after.lobby else "lobby_off", "")
        if before.locked != after.locked:
            self._notice("locked" if after.locked else "unlocked", "")

    def _settle(self, now: float) -> None:
        """After every event: make the block that is due, seal with the key that is due."""
        if self._hosting:
            self._make_block(self._hosting, now)
        if not self._over:
            self._seal(now)

    def _make_block(self, hosting: Hosting, now: float) -> None:
        operations, newcomers = hosting.due(self._roster, now)
        if not operations:
            return
        try:
            block, roster = self._roster.propose(
                operations, int(self._wall() * 1000), self._me.sign
            )
        except RosterError:
            for channel in newcomers.values():
                hosting.refuse(channel, DenyReason.REFUSED_BY_HOST)
            return
        welcome = roster.welcome(self._me.call_secret).encode() if newcomers else b""
        self._turn(roster, block, self._me.dev, now)
        for dev, channel in newcomers.items():
            if dev in self._paths:
                self._out.append(Send(channel, welcome))
                self._paths.bind(channel, dev, now)
                self._catch_up(dev)

    def _leave(self, now: float) -> None:
        if self._hosting:
            self._end(now)
            return
        leave = SignedLeave(dev=self._me.dev, join_id=self._me.join_id)
        self._paths.send_all(leave.signed(self._roster.call_id, self._me.sign).encode())
        self._finish("left")

    def _end(self, now: float) -> None:
        if self._hosting:
            self._hosting.dismiss(DenyReason.MEETING_OVER)
            self._hosting.order(EndOperation())
            self._make_block(self._hosting, now)

    def _finish(self, reason: str) -> None:
        self._over = True
        self._chat.wipe()
        self._keys.wipe()
        self._out.append(StopSealing())
        for member in self._paths:
            self._paths.unseat(member.dev)
            self._out.append(ForgetMember(member.dev))
        self._out.append(Finish(reason))

    # -- what the doors ask -------------------------------------------------------------------

    def _open_secrets(self) -> Mapping[str, bytes]:
        secrets = {CALL: self._me.call_secret}
        if self._hosting:
            if self._me.invite_secret:
                secrets[INVITE] = self._me.invite_secret
            if self._roster.policy.visible:
                secrets[PUBLIC] = PUBLIC_SECRET
        return secrets

    def _body_for(self, secret: str) -> bytes:
        if secret == CALL:
            return MemberBody(dev=self._me.dev).encode()
        policy = self._roster.policy
        flags = AboutFlag.LOBBY if policy.lobby else AboutFlag(0)
        about = About(
            title=self._roster.title,
            host_name=self._roster.members[self._me.dev].name,
            people=len(self._roster.members),
            flags=flags | AboutFlag.LOCKED if policy.locked else flags,
        )
        return HostBody(genesis=self._roster.genesis.encode(), about=about.encode()).encode()

    def _call_key_of(self, dev: bytes) -> bytes | None:
        member = self._paths.get(dev)
        return member.call_key if member else None

    def _notice(self, kind: str, name: str) -> None:
        self._notice_number += 1
        self._notices.append(Notice(self._notice_number, kind, name))
        del self._notices[:-MOST_NOTICES]
