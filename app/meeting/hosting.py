"""The host's part: who knocks, who is let in, what the next block does."""

from dataclasses import dataclass

from app.meeting.contacts import Contacts
from app.meeting.effects import Authenticated, CloseChannel, Effect, Send
from app.meeting.view import Badge, Knock
from crypto.messages import Denied, DenyReason, JoinRequest, SignedLeave
from crypto.operations import Add, Leave, Operation, Remove, RemoveReason
from crypto.roster import Roster

BATCH = 0.5  # seconds between two blocks that let people in
MOST_KNOCKS = 64  # people in the lobby; more are told that the meeting is full
REKEY = 600.0  # seconds until fresh keys even if nobody comes or goes


@dataclass(frozen=True)
class _Visitor:
    channel: int
    request: JoinRequest
    badge: Badge
    imitates: str


class Hosting:
    """The lobby and the list of what the next block must do; orders go into `out`."""

    def __init__(self, contacts: Contacts, out: list[Effect]) -> None:
        self._contacts = contacts
        self._out = out
        self._lobby: dict[bytes, _Visitor] = {}
        self._admitted: dict[bytes, _Visitor] = {}
        self._operations: list[Operation] = []
        self._last_block = -BATCH

    # -- the lobby ----------------------------------------------------------------------------

    @property
    def knocks(self) -> tuple[Knock, ...]:
        """Who waits, in the order they came."""
        return tuple(
            Knock(join_id, visitor.request.name, visitor.badge, visitor.imitates)
            for join_id, visitor in self._lobby.items()
        )

    def knock(self, channel: int, request: JoinRequest, roster: Roster) -> bool:
        """Take in somebody who asks for a seat; True if the host must be asked."""
        reason = self._objection(request, roster, len(self._admitted))
        if reason is None and len(self._lobby) >= MOST_KNOCKS and not self._waits(request.dev):
            reason = DenyReason.FULL
        if reason is not None:
            self.refuse(channel, reason)
            return False
        dev = request.dev
        admitted = self._replace(dev) == request.name  # under another name it is another question
        if request.join_id in self._lobby or request.join_id in self._admitted:
            self.refuse(channel, DenyReason.REFUSED_BY_HOST)  # another device's: it was copied
            return False
        badge = self._contacts.badge(dev, request.name)
        visitor = _Visitor(channel, request, badge, self._contacts.imitated(dev, request.name))
        self._out.append(Authenticated(channel))
        if not admitted and (roster.policy.lobby or badge is Badge.CHANGED):
            self._lobby[request.join_id] = visitor
            return True
        self._admitted[request.join_id] = visitor
        return False

    def _replace(self, dev: bytes) -> str:
        """Let a device's newest channel count; return under which name it was admitted already."""
        for waiting in (self._lobby, self._admitted):
            for join_id, visitor in list(waiting.items()):
                if visitor.request.dev == dev:
                    del waiting[join_id]
                    self._out.append(CloseChannel(visitor.channel))
                    return visitor.request.name if waiting is self._admitted else ""
        return ""

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

    def _waits(self, dev: bytes) -> bool:
        return any(visitor.request.dev == dev for visitor in self._lobby.values())

    def dismiss(self, reason: DenyReason) -> None:
        """Send everybody home who still waits."""
        for visitor in (*self._lobby.values(), *self._admitted.values()):
            self.refuse(visitor.channel, reason)
        self._lobby.clear()
        self._admitted.clear()

    # -- the next block -----------------------------------------------------------------------

    def order(self, operation: Operation) -> None:
        """Put an operation into the next block."""
        if operation not in self._operations:
            self._operations.append(operation)

    def due(self, roster: Roster, now: float) -> tuple[list[Operation], dict[bytes, int]]:
        """Return what the next block must do, and on which channels the newcomers wait.

        Somebody who goes, goes at once; those who come, come together twice a second.
        """
        operations, self._operations = self._operations, []
        newcomers: dict[bytes, int] = {}
        if self._admitted and now - self._last_block >= BATCH:
            going = {op.dev for op in operations if isinstance(op, Remove)}
            going |= {SignedLeave.parse(op.leave).dev for op in operations if isinstance(op, Leave)}
            for visitor in self._admitted.values():
                dev = visitor.request.dev
                reason = self._objection(visitor.request, roster, len(newcomers))
                if reason is not None or dev in newcomers:
                    self.refuse(visitor.channel, reason or DenyReason.REFUSED_BY_HOST)
                    continue
                if roster.is_member(dev) and dev not in going:
                    operations.append(Remove(dev, RemoveReason.REPLACED))
                operations.append(Add(visitor.request.encode()))
                newcomers[dev] = visitor.channel
            self._admitted.clear()
        if operations:
            self._last_block = now
        return operations, newcomers

    @staticmethod
    def _objection(request: JoinRequest, roster: Roster, coming: int) -> DenyReason | None:
        if request.dev in roster.removed:
            return DenyReason.REMOVED
        if request.dev == roster.leader:
            return DenyReason.REFUSED_BY_HOST
        if roster.policy.locked:
            return DenyReason.LOCKED
        back = roster.is_member(request.dev)
        if len(roster.members) + coming - back >= roster.policy.most_people:
            return DenyReason.FULL
        return None
