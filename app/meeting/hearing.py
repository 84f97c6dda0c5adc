"""What comes in over channels: strangers at the door, members and what they say to each other."""

import contextlib
from typing import assert_never

from app.meeting.assembly import Assembly
from app.meeting.doors import Doors, Knocked, MemberCame, NoMember, Outcome, Reply, TurnedAway
from app.meeting.effects import CloseChannel, Send
from app.meeting.leading import Lead
from app.meeting.member import Member
from crypto.errors import CryptoError, ForgedError, MalformedError
from crypto.messages import (
    Ack,
    ContactHalf,
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
from crypto.operations import Leave
from crypto.roster import RosterError


class Hearing:
    """Takes each message to where it belongs; who says what they may not, loses the channel."""

    def __init__(self, table: Assembly, lead: Lead, doors: Doors) -> None:
        self._table = table
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
            case Reply(message):
                if message:
                    table.out.append(Send(channel, message))
            case Knocked(request, _):
                if self._lead.hosting is None:
                    table.out.append(CloseChannel(channel))
                elif self._lead.hosting.knock(channel, request, table.roster):
                    table.notices.add("knocks", request.name)
            case MemberCame(dev, _, said):
                if dev in table.paths:
                    table.met(channel, dev, now)
                    for message in said:
                        if not table.over:
                            self.receive(channel, message, now)
                else:
                    table.out.append(CloseChannel(channel))
            case NoMember(dev):
                if self._lead.hosting:  # every block is its own: they are out, and may not know it
                    out = dev in table.roster.removed
                    reason = DenyReason.REMOVED if out else DenyReason.REFUSED_BY_HOST
                    self._lead.hosting.refuse(channel, reason)
                else:
                    table.out.append(CloseChannel(channel))
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
        with contextlib.suppress(MalformedError):  # authentic, but nothing that we understand
            self._table.talk.hear(member, context, payload, now)

    def _message(self, member: Member, message: Message, data: bytes, now: float) -> None:
        table = self._table
        match message:
            case Gossip(block=block):
                table.accept(block, member.dev, now)
            case Ack() | KeyBox() | SasReveal():
                table.epochs.hear(message, now)
            case Sync():
                table.epochs.compare(member.dev, message, table.roster, now)
            case ContactHalf():
                table.ties.hear(member, message, now)
            case Signal():
                table.paths.signalled(member, message, now)
            case Denied(reason=reason) if member.dev == table.roster.leader:
                table.finish("removed" if reason is DenyReason.REMOVED else "host_lost")
            case SignedLeave():
                message.verify(member.call_key, table.roster.call_id)
                seat = table.roster.members[member.dev]
                if (message.dev, message.join_id) != (seat.dev, seat.request.join_id):
                    raise ForgedError("a leave is for another seat")
                self._lead.order(Leave(data))
            case _:
                raise RosterError("unauthorised", "members do not say this to each other")
