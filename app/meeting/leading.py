"""What the one who leads does: makes the blocks, keeps the lobby, finds out who is gone."""

from app.meeting.assembly import Assembly
from app.meeting.effects import KeepInvitations, Send
from app.meeting.events import MeetsAt, ReachedAt
from app.meeting.hosting import REKEY, Hosting
from app.meeting.invitations import Invitations
from app.meeting.own_doors import MeetingPoint, OwnDoor
from crypto.messages import DenyReason
from crypto.operations import End, HandOver, Operation, Rekey, Remove, RemoveReason, SetChat
from crypto.roster import Roster, RosterError
from crypto.sodium import Random
from crypto.wire import Address


class Lead:
    """The lead of a meeting, which may come and go: `hosting` is there while this device has it."""

    def __init__(self, table: Assembly, random: Random) -> None:
        self._table = table
        self._random = random
        self._invitations = table.me.invitations
        self._addresses: tuple[
            Address, ...
        ] = ()  # of this device, if they changed since it sat down
        self._point: MeetingPoint | None = None  # that its links name
        self._heir = b""  # the device that leads after the next block
        self.hosting: Hosting | None = None
        self._kept: tuple[Invitations | None, int] = (None, 0)  # a book, and its changes

    def follow(self) -> None:
        """Begin to lead, or cease, as the log says."""
        table = self._table
        if table.leads and self.hosting is None:
            invitations, self._invitations = self._invitations or self._own_links(), None
            self.hosting = Hosting(table.me.contacts, table.notices, table.out, invitations)
            self._meets_at(self._point)
        elif not table.leads and self.hosting is not None:
            self.hosting.dismiss(DenyReason.INVITE_UNKNOWN)  # its links end with its lead
            self.hosting = None

    def _own_links(self) -> Invitations:
        """Return a new book: a link names the device that leads, so others' links open nothing."""
        mine = self._table.roster.members[self._table.me.dev].request
        addresses = self._addresses or mine.addresses
        return Invitations(mine.device_key, addresses, self._table.wall(), self._random)

    def found_at(self, where: ReachedAt | MeetsAt) -> None:
        """Name in its links where this device is found from now on, in old ones, too."""
        match where:
            case ReachedAt(addresses):
                self._reached_at(addresses)
            case MeetsAt(point):
                self._meets_at(point)

    def _reached_at(self, addresses: tuple[Address, ...]) -> None:
        self._addresses = addresses
        for book in (self._invitations, self.hosting.invitations if self.hosting else None):
            if book is not None:
                book.lead_to(addresses)

    def _meets_at(self, point: MeetingPoint | None) -> None:
        self._point = point
        doors = self._table.me.doors
        if self.hosting is not None and doors is not None:
            self.hosting.invitations.meet_at(point, doors)

    @property
    def doors(self) -> tuple[OwnDoor, ...]:
        """By what others may ask for this device at a meeting point: members, who has a link."""
        me = self._table.me
        if me.doors is None:
            return ()
        for_members = OwnDoor(me.doors.for_members, me.call_secret)
        if self.hosting is None:
            return (for_members,)
        return for_members, self.hosting.invitations.door(me.doors)

    def keep_links(self) -> None:
        """Have the vault know the links to this meeting as long as this device leads it."""
        table = self._table
        book = self.hosting.invitations if self.hosting and not table.over else None
        now = (book, book.changes if book else 0)
        if now != self._kept:
            self._kept = now
            table.out.append(KeepInvitations(book.kept() if book else ()))

    def order(self, operation: Operation) -> None:
        """Put an operation into the next block, if this device makes it."""
        if self.hosting:
            self.hosting.order(operation)

    def hand_over(self, heir: bytes) -> None:
        """Let another member lead after the next block."""
        if self.hosting and heir in self._table.paths:
            self._heir = heir

    def leave(self, heir: bytes, now: float) -> None:
        """Hand over at once, to the next by role and seat if `heir` has no seat; alone: end.

        The test guest inherits nothing.
        """
        near = [member for member in self._table.paths if member.channel is not None]
        seats = self._table.roster.members
        order = sorted(near, key=lambda m: (m.held, -seats[m.dev].role, seats[m.dev].slot))
        if heir not in {member.dev for member in near} and order:
            heir = order[0].dev  # whose key changed comes last
        if not self._table.me.test_guest:
            self.hand_over(heir)
        if self._heir:
            self.make_block(now)
        if self._table.leads:
            self.end(now)

    def pass_time(self, now: float) -> None:
        """Take out who is silent for too long; let everybody make new keys when it is time."""
        for dev in self._table.paths.silent(now):
            self.order(Remove(dev, RemoveReason.SILENT))
        if now - self._table.epochs.entered_at >= REKEY:
            self.order(Rekey())

    def end(self, now: float) -> None:
        """End the meeting for everybody."""
        if self.hosting:
            self.hosting.dismiss(DenyReason.MEETING_OVER)
            self.hosting.order(End())
            self.make_block(now)

    def make_block(self, now: float) -> None:
        """Do what was ordered, in one block, and let in who was admitted."""
        if self.hosting is None or self._table.over:
            return
        hosting, table = self.hosting, self._table
        operations, newcomers = hosting.due(table.roster, now, last=bool(self._heir))
        if self._heir:
            operations.append(HandOver(self._heir))  # who led does nothing after that
            self._heir = b""
        if not operations:
            return
        proposed = self._propose(operations)
        if proposed is None:
            proposed = self._propose(self._fitting(operations))
        roster = proposed or table.roster
        for dev in list(newcomers):
            seat = roster.members.get(dev)
            if seat is None or seat.joined_epoch <= table.roster.epoch:
                hosting.refuse(newcomers.pop(dev), DenyReason.REFUSED_BY_HOST)
        if proposed is None:
            return
        welcome = roster.welcome(table.me.call_secret).encode() if newcomers else b""
        silenced = [dev for dev in newcomers if table.is_silenced(dev)]
        table.turn(roster, table.me.dev, now)
        for dev in silenced:
            self.order(SetChat(dev, allowed=False))  # coming again gives nobody the chat back
        for dev, channel in newcomers.items():
            hosting.came_in(dev)
            if dev in table.paths:
                table.out.append(Send(channel, welcome))
                table.met(channel, dev, now)

    def _propose(self, operations: list[Operation]) -> Roster | None:
        table = self._table
        try:
            return table.roster.propose(operations, int(table.wall() * 1000), table.me.sign)[1]
        except RosterError:
            return None

    def _fitting(self, operations: list[Operation]) -> list[Operation]:
        """Leave out what the rules refuse: one bad request must not spoil the others' block."""
        fitting: list[Operation] = []
        for operation in operations:
            if self._propose([*fitting, operation]) is not None:
                fitting.append(operation)
        return fitting
