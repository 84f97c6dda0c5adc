"""What the one who leads does: makes the blocks, keeps the lobby, finds out who is gone."""

from app.meeting.assembly import Assembly
from app.meeting.effects import Send
from app.meeting.hosting import REKEY, Hosting
from crypto.messages import DenyReason
from crypto.operations import End, Operation, Rekey, Remove, RemoveReason, SetPolicy
from crypto.policy import Policy, PolicyFlag
from crypto.roster import Roster, RosterError


class Lead:
    """The lead of a meeting, which may come and go: `hosting` is there while this device has it."""

    def __init__(self, table: Assembly) -> None:
        self._table = table
        self.hosting: Hosting | None = None

    def follow(self) -> None:
        """Begin to lead, or cease, as the log says."""
        table = self._table
        if table.leads and self.hosting is None:
            self.hosting = Hosting(table.me.contacts, table.out)
        elif not table.leads and self.hosting is not None:
            self.hosting.dismiss(DenyReason.REFUSED_BY_HOST)
            self.hosting = None

    def order(self, operation: Operation) -> None:
        """Put an operation into the next block, if this device makes it."""
        if self.hosting:
            self.hosting.order(operation)

    def set_policy(self, flag: PolicyFlag, on: bool) -> None:
        """Let another rule hold for the meeting."""
        policy = self._table.roster.policy
        flags = policy.flags | flag if on else policy.flags & ~flag
        if flags != policy.flags:
            self.order(SetPolicy(Policy(flags, policy.most_people)))

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
        operations, newcomers = hosting.due(table.roster, now)
        if not operations:
            return
        proposed = self._propose(operations)
        if proposed is None:
            proposed = self._propose(self._fitting(operations))
        block, roster = proposed or (b"", table.roster)
        for dev in list(newcomers):
            seat = roster.members.get(dev)
            if seat is None or seat.joined_epoch <= table.roster.epoch:
                hosting.refuse(newcomers.pop(dev), DenyReason.REFUSED_BY_HOST)
        if proposed is None:
            return
        welcome = roster.welcome(table.me.call_secret).encode() if newcomers else b""
        table.turn(roster, block, table.me.dev, now)
        for dev, channel in newcomers.items():
            if dev in table.paths:
                table.out.append(Send(channel, welcome))
                table.met(channel, dev, now)

    def _propose(self, operations: list[Operation]) -> tuple[bytes, Roster] | None:
        table = self._table
        try:
            return table.roster.propose(operations, int(table.wall() * 1000), table.me.sign)
        except RosterError:
            return None

    def _fitting(self, operations: list[Operation]) -> list[Operation]:
        """Leave out what the rules refuse: one bad request must not spoil the others' block."""
        fitting: list[Operation] = []
        for operation in operations:
            if self._propose([*fitting, operation]) is not None:
                fitting.append(operation)
        return fitting
