"""What comes in over channels: strangers at the door, members and what they say to each other."""

import contextlib
from typing import assert_never

from app.meeting.assembly import Assembly
from app.meeting.doors import (
    Doors,
    Knocked,
    MemberCame,
    NoMember,
    Outcome,
    Reply,
    Shown,
    TurnedAway,
    Unrecognised,
    WrongPassword,
)
from app.meeting.effects import Authenticated, CloseChannel, Send
from app.meeting.leading import Lead
from app.meeting.member import Member
from app.meeting.moderation import Moderation
from app.meeting.reception import Reception
from app.meeting.serving import Serving
from app.meeting.succession import Succession
from crypto.errors import CryptoError, ForgedError, MalformedError
from crypto.frames import Context
from crypto.messages import (
    Ack,
    Ask,
    ContactHalf,
    Denied,
    DenyReason,
    Evidence,
    Gossip,
    KeyBox,
    LobbyNews,
    Message,
    Order,
    SasReveal,
    Servers,
    Signal,
    SignedLeave,
    Sync,
    Verdict,
    Vote,
    parse,
)
from crypto.operations import Leave
from crypto.roster import Roster, RosterError

SENT_AWAY = {DenyReason.REMOVED: "removed", DenyReason.MEETING_OVER: "left_behind"}
"""What somebody hears who comes back to a seat that is lost: keys of the farewell texts."""

AT_THE_DOOR = b"at the door"  # no dev: blocks that strangers show are kept together


class Hearing:
    """Takes each message to where it belongs; who says what they may not, loses the channel."""

    def __init__(
        self,
        *,
        table: Assembly,
        lead: Lead,
        succession: Succession,
        moderation: Moderation,
        reception: Reception,
        serving: Serving,
        doors: Doors,
    ) -> None:
        self._table = table
        self._succession = succession
        self._moderation = moderation
        self._reception = reception
        self._serving = serving
        self._lead = lead
        self._doors = doors

    def receive(self, channel: int, data: bytes, now: float) -> None:
        """Take in one whole message from a channel."""
        table = self._table
        if not data:
            return  # a sign of life
        if channel in self._doors:
            self.at_the_door(channel, self._doors.receive(channel, data, now), now)
        elif table.paths.is_calling(channel):
            dev = table.paths.answered(channel, data, table.roster.eid, now)
            if dev is not None:
                table.met(channel, dev, now)
        elif (member := table.paths.speaker(channel)) is not None:
            try:
                self._message(member, parse(data), data, now)
            except CryptoError:
                # A member's words that do not parse or verify: their own fault, they may redial.
                table.out.append(CloseChannel(channel))
                table.paths.channel_down(channel, now)
        else:
            table.out.append(CloseChannel(channel))

    def at_the_door(self, channel: int, outcome: Outcome, now: float) -> None:
        """Do what the door says about somebody who stands there."""
        table = self._table
        match outcome:
            case Reply(messages):
                table.out += [Send(channel, message) for message in messages]
            case Knocked(request, door):
                if self._lead.hosting is None:
                    table.out.append(CloseChannel(channel))
                else:
                    self._lead.hosting.knock(channel, request, door, table.roster)
            case WrongPassword(left):
                table.notices.add("password_wrong" if left else "password_blocked")
            case MemberCame(dev, _, said):
                if dev not in table.paths:
                    self._send_away(channel, dev)
                    return
                table.met(channel, dev, now)
                for message in said:
                    if not table.over:
                        self.receive(channel, message, now)
            case Unrecognised():
                # If they stand ahead they will show us the blocks that seat them.
                table.out.append(Authenticated(channel))
                table.out.append(Send(channel, _place(table.roster).encode()))
            case Shown(_, block):
                self._look_at(channel, block, now)
            case NoMember(dev):
                self._send_away(channel, dev)
            case TurnedAway(message):
                if message:
                    table.out.append(Send(channel, message))
                table.out.append(CloseChannel(channel))
            case _:
                assert_never(outcome)

    def hear(self, dev: bytes, context: int, payload: bytes, now: float) -> None:
        """Take in what a member said in a sealed frame."""
        member = self._table.paths.get(dev)
        if member is None or member.held:
            return
        if context == Context.CHAT and not self._table.may_chat(dev):
            self._table.talk.refused += 1
            return
        shared = member.sharing
        with contextlib.suppress(MalformedError):  # authentic, but nothing that we understand
            if context == Context.FILES:
                may = self._table.may_chat(dev)
                self._table.files.hear(dev, member.name, payload, now, may_offer=may)
                return
            self._table.talk.hear(member, context, payload, now)
        if member.sharing and not shared and self._table.may_share(dev):
            self._table.notices.add("shares", member.name)

    def _look_at(self, channel: int, block: bytes, now: float) -> None:
        """Take a block from whomever it comes: its signature says whether it is good."""
        try:
            self._table.accept(block, AT_THE_DOOR, now)
        except CryptoError:
            self._doors.close(channel)
            self._table.out.append(CloseChannel(channel))

    def _send_away(self, channel: int, dev: bytes) -> None:
        """Show somebody that the seat is lost: by the log if it was theirs, by our word else.

        Who had a seat only in what a takeover has undone is shown the takeover.
        """
        table = self._table
        reason = DenyReason.REMOVED if dev in table.roster.removed else DenyReason.REFUSED_BY_HOST
        if not table.leads:
            reason = DenyReason.MEETING_OVER  # for those who still take this device for the host
        shown = table.departed.farewell(dev) or table.roster.takeovers
        for message in (*shown, Denied(reason=reason).encode()):
            table.out.append(Send(channel, message))
        table.out.append(CloseChannel(channel))

    def _message(self, member: Member, message: Message, data: bytes, now: float) -> None:
        table = self._table
        match message:
            case Gossip(block=block):
                table.accept(block, member.dev, now)
            case Ack() | KeyBox() | SasReveal():
                table.epochs.hear(message, now)
            case Sync():
                table.epochs.compare(member.dev, message, table.roster, now)
            case Vote():
                self._succession.hear(member, message, now)
            case Evidence():
                table.accuse(message)
            case ContactHalf():
                table.ties.hear(member, message, now)
            case Ask():
                self._moderation.hear(member, message, now)
            case Order():
                self._moderation.obey(member, message, data, now)
            case LobbyNews():
                self._reception.hear_news(member, message)
            case Verdict():
                self._reception.hear_verdict(member, message)
            case Servers():
                self._serving.hear(member, message, table.roster)
            case Signal():
                table.paths.signalled(member, message, now)
            case Denied(reason=reason) if member.dev == table.roster.leader:
                table.finish(SENT_AWAY.get(reason, "host_lost"))
            case Denied() if why := table.lost_seat(member.dev):
                table.finish(why)
            case SignedLeave():
                message.verify(member.call_key, table.roster.call_id)
                seat = table.roster.members[member.dev]
                if (message.dev, message.join_id) != (seat.dev, seat.request.join_id):
                    raise ForgedError("a leave is for another seat")
                self._lead.order(Leave(data))
            case _:
                raise RosterError("unauthorised", "members do not say this to each other")


def _place(roster: Roster) -> Sync:
    """Return where a log stands; what is held of its epoch is not for strangers."""
    return Sync(
        eid=roster.eid,
        epoch=roster.epoch,
        term=roster.term,
        acks=0,
        keys=0,
        reveals=0,
        digest=bytes(32),
    )
