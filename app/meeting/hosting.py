"""The host's part: who knocks and by which door, who is let in, what the next block does."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass

from app.meeting.chat import Allowance
from app.meeting.contacts import Contacts
from app.meeting.doors import CONTACT, INVITE, OPEN_TO_ALL, PUBLIC
from app.meeting.effects import Authenticated, CloseChannel, Effect, Send
from app.meeting.invitations import Invitations
from app.meeting.notices import Notices
from app.meeting.view import Badge, Knock
from crypto.messages import Denied, DenyReason, JoinRequest, SignedLeave
from crypto.operations import Add, Leave, Operation, Remove, RemoveReason, Role
from crypto.roster import Roster

BATCH = 0.5  # seconds between two blocks for who comes or goes; more would outrun their keys
MOST_AT_ONCE = 16  # people let in by one block: what fits one, with long names and addresses
MOST_KNOCKS = 64  # people in the lobby; more are told that the meeting is full
MOST_STRANGERS = 32  # of them without a link: who was invited finds room whoever crowds the door
AT_FIRST = 30  # people that one door lets in without a pause: as many as any meeting holds ...
PACE = 0.2  # ... and a second after that: a log has room for 1,536 joins, and each is a new key
MOST_RUNG = 14  # contacts called at one time; an announcement has no room for more
REKEY = 600.0  # seconds until fresh keys even if nobody comes or goes


@dataclass(frozen=True)
class _Visitor:
    channel: int
    request: JoinRequest
    door: str  # the label of the secret that opened it
    badge: Badge
    imitates: str
    second_device: bool

    @property
    def dev(self) -> bytes:
        return self.request.dev


class Hosting:
    """The lobby and the list of what the next block must do; orders go into `out`.

    `invitations` is the book of links that this device gave out.
    """

    def __init__(
        self, contacts: Contacts, notices: Notices, out: list[Effect], invitations: Invitations
    ) -> None:
        self.invitations = invitations
        self._contacts = contacts
        self._notices = notices
        self._out = out
        self._rung: dict[bytes, bytes] = {}
        self._lobby: dict[bytes, _Visitor] = {}
        self._admitted: dict[bytes, _Visitor] = {}
        self._coming: dict[bytes, _Visitor] = {}  # by device: in the block that is being made
        self._paces: dict[str, Allowance] = {}  # by door
        self._operations: list[Operation] = []
        self._last_block = -BATCH

    # -- what opens the door ------------------------------------------------------------------

    @property
    def rung(self) -> Mapping[bytes, bytes]:
        """The contacts who are being called, and the secret that each of them can come by."""
        return self._rung

    def ring(self, dev: bytes, secret: bytes) -> bool:
        """Open a door to a contact, who comes in by it without waiting; False for too many."""
        if dev not in self._rung and len(self._rung) >= MOST_RUNG:
            return False
        self._rung[dev] = secret
        return True

    def stop_ringing(self, dev: bytes) -> None:
        """Close a contact's door."""
        self._rung.pop(dev, None)

    def revoke(self, number: int, day: float) -> None:
        """Let a link open nothing any more, and send home who still waits with it."""
        link = self.invitations.revoke(number, day)
        if link is not None:
            self._send_home(link.door, DenyReason.INVITE_UNKNOWN)

    def change_password(self, password: str) -> bool:
        """Ask newcomers for another password, or for none; tell whether they are asked for one.

        One that is too long changes nothing.
        """
        passwords = self.invitations.passwords
        with contextlib.suppress(ValueError):
            passwords.change(password)
        return bool(passwords.current)

    # -- the lobby ----------------------------------------------------------------------------

    @property
    def knocks(self) -> tuple[Knock, ...]:
        """Who waits, in the order they came."""
        return tuple(
            Knock(
                join_id,
                visitor.request.name,
                visitor.badge,
                visitor.imitates,
                visitor.second_device,
                link.label if (link := self.invitations.at(visitor.door)) else "",
            )
            for join_id, visitor in self._lobby.items()
        )

    @property
    def has_visitors(self) -> bool:
        """Tell whether anybody waits, or was let in and has no seat yet."""
        return bool(self._lobby or self._admitted or self._coming)

    @property
    def waiting(self) -> tuple[JoinRequest, ...]:
        """The requests of those who wait, in the order they came."""
        return tuple(visitor.request for visitor in self._lobby.values())

    def knock(self, channel: int, request: JoinRequest, door: str, roster: Roster) -> None:
        """Take in somebody who asks for a seat; notes it if a person must decide."""
        dev = request.dev
        if (reason := self._barred(dev, door, roster)) is not None:
            self.refuse(channel, reason)
            return
        second = not self.invitations.bind(door, dev, request.name)
        reason = self._no_room(dev, roster, self._going, len(self._admitted))
        if reason is None and not self._waits(dev) and self._is_crowded(door):
            reason = DenyReason.FULL
        if reason is not None:
            self.refuse(channel, reason)
            return
        admitted = self._replace(dev, request.name, door)
        if request.join_id in self._lobby or request.join_id in self._admitted:
            self.refuse(channel, DenyReason.REFUSED_BY_HOST)  # another device's: it was copied
            return
        badge = self._contacts.badge(dev, request.name)
        imitates = self._contacts.imitated(dev, request.name)
        visitor = _Visitor(channel, request, door, badge, imitates, second)
        self._out.append(Authenticated(channel))
        asks = roster.policy.lobby or badge is Badge.CHANGED or second
        if asks and not admitted and not door.startswith(CONTACT):
            self._lobby[request.join_id] = visitor
            self._notices.add("second_device" if second else "knocks", request.name)
        else:
            self._admitted[request.join_id] = visitor

    def _replace(self, dev: bytes, name: str, door: str) -> bool:
        """Let a device's newest channel count; tell whether the same request was admitted."""
        for waiting in (self._lobby, self._admitted):
            for join_id, visitor in list(waiting.items()):
                if visitor.dev == dev:
                    del waiting[join_id]
                    self._out.append(CloseChannel(visitor.channel))
                    same = (visitor.request.name, visitor.door) == (name, door)
                    return same and waiting is self._admitted
        return False

    def admit(self, join_id: bytes) -> None:
        """Let somebody in with the next block."""
        visitor = self._lobby.pop(join_id, None)
        if visitor is not None:
            self._admitted[join_id] = visitor

    def deny(self, join_id: bytes) -> None:
        """Turn somebody away."""
        visitor = self._lobby.pop(join_id, None)
        if visitor is not None:
            self.refuse(visitor.channel, DenyReason.REFUSED_BY_HOST)

    def refuse(self, channel: int, reason: DenyReason) -> None:
        """Say no, and why, and close."""
        self._out.append(Send(channel, Denied(reason=reason).encode()))
        self._out.append(CloseChannel(channel))

    def channel_down(self, channel: int) -> None:
        """Forget somebody who went away before being let in."""
        for waiting in (self._lobby, self._admitted):
            for join_id, visitor in list(waiting.items()):
                if visitor.channel == channel:
                    del waiting[join_id]

    def _is_crowded(self, door: str) -> bool:
        """Tell whether nobody more may wait who comes by this door."""
        strangers = sum(visitor.door in OPEN_TO_ALL for visitor in self._lobby.values())
        crowded = door in OPEN_TO_ALL and strangers >= MOST_STRANGERS
        return crowded or len(self._lobby) >= MOST_KNOCKS

    def _waits(self, dev: bytes) -> bool:
        return any(visitor.dev == dev for visitor in self._lobby.values())

    def dismiss(self, reason: DenyReason) -> None:
        """Send everybody home who still waits."""
        for visitor in (*self._lobby.values(), *self._admitted.values()):
            self.refuse(visitor.channel, reason)
        self._lobby.clear()
        self._admitted.clear()

    def _send_home(self, door: str, reason: DenyReason) -> None:
        for waiting in (self._lobby, self._admitted):
            for join_id, visitor in list(waiting.items()):
                if visitor.door == door:
                    del waiting[join_id]
                    self.refuse(visitor.channel, reason)

    # -- the next block -----------------------------------------------------------------------

    def order(self, operation: Operation) -> None:
        """Put an operation into the next block."""
        if operation not in self._operations:
            self._operations.append(operation)

    def due(
        self, roster: Roster, now: float, last: bool = False
    ) -> tuple[list[Operation], dict[bytes, int]]:
        """Return what the next block must do, and on which channels the newcomers wait.

        Somebody who is removed goes at once, and so does whatever else was ordered. Those who come
        or go by themselves do so twice a second, together; if this is the `last` block that this
        device makes, who goes is not left behind. Who has a seat by it then came_in().
        """
        self._coming = {}
        pause = now - self._last_block < BATCH
        if pause and not last and all(_can_wait(operation) for operation in self._operations):
            # Who is silent then still is ordered out again; others are back.
            self._operations = [op for op in self._operations if isinstance(op, Leave)]
            return [], {}
        going = self._going
        operations, self._operations = self._operations, []
        if not pause:
            for join_id in list(self._admitted)[:MOST_AT_ONCE]:
                visitor = self._admitted.pop(join_id)
                dev = visitor.dev
                reason = (
                    self._barred(dev, visitor.door, roster)
                    or self._no_room(dev, roster, going, len(self._coming))
                    or self._taken(visitor)
                )
                if reason is not None:
                    self.refuse(visitor.channel, reason)
                    continue
                if not self._pace(visitor.door, now).take(now):
                    self._admitted[join_id] = visitor
                    continue
                if roster.is_member(dev) and dev not in going:
                    operations.append(Remove(dev, RemoveReason.REPLACED))
                operations.append(Add(visitor.request.encode(), self._role(visitor.door)))
                self._coming[dev] = visitor
        if operations:
            self._last_block = now
        return operations, {dev: visitor.channel for dev, visitor in self._coming.items()}

    @property
    def _going(self) -> set[bytes]:
        """The devices whose seats the next block empties."""
        return {dev for operation in self._operations if (dev := _leaves(operation))}

    def came_in(self, dev: bytes) -> None:
        """Note that somebody who was due has a seat: a link for one lets nobody else in now."""
        visitor = self._coming.pop(dev, None)
        if visitor is None:
            return
        link = self.invitations.came_in(visitor.door, dev, visitor.request.name)
        if link is None or not link.used:
            return
        if link.uses == 1:
            self._notices.add("invitation_used", visitor.request.name)
        self._send_home(visitor.door, DenyReason.INVITE_USED)

    def _pace(self, door: str, now: float) -> Allowance:
        """Return what lets in no more by a door: who comes again and again wears nobody out."""
        return self._paces.setdefault(door, Allowance(AT_FIRST, PACE, at=now))

    def _taken(self, visitor: _Visitor) -> DenyReason | None:
        """Tell whether the same block lets this device in already, or another by the same link."""
        link = self.invitations.at(visitor.door)
        if visitor.dev in self._coming:
            return DenyReason.REFUSED_BY_HOST
        if link and link.single_use and visitor.door in {v.door for v in self._coming.values()}:
            return DenyReason.INVITE_USED
        return None

    def _role(self, door: str) -> Role:
        link = self.invitations.at(door)
        return Role.GUEST if link and link.as_guest else Role.PARTICIPANT

    def _barred(self, dev: bytes, door: str, roster: Roster) -> DenyReason | None:
        """Tell why a device may not come in by this door at all."""
        if dev in roster.removed:
            return DenyReason.REMOVED
        if dev == roster.leader:
            return DenyReason.REFUSED_BY_HOST
        if door.startswith(INVITE):
            return self.invitations.objection(door, dev)
        if door.startswith(CONTACT) and door != CONTACT + dev.hex():
            return DenyReason.INVITE_UNKNOWN
        if door == PUBLIC and roster.policy.password:
            return DenyReason.PASSWORD
        return None

    @staticmethod
    def _no_room(dev: bytes, roster: Roster, going: set[bytes], coming: int) -> DenyReason | None:
        if roster.policy.locked:
            return DenyReason.LOCKED
        staying = roster.members.keys() - going - {dev}
        return DenyReason.FULL if len(staying) + coming >= roster.policy.most_people else None


def _leaves(operation: Operation) -> bytes | None:
    """Return the device that loses its seat by an operation, None if none does."""
    match operation:
        case Remove(dev):
            return dev
        case Leave(leave):
            return SignedLeave.parse(leave).dev
        case _:
            return None


def _can_wait(operation: Operation) -> bool:
    """Tell whether an operation only empties the seat of somebody who is gone already."""
    match operation:
        case Remove(_, reason):
            return reason is RemoveReason.SILENT
        case _:
            return isinstance(operation, Leave)
