"""What the log of a meeting must look like in every honest device, whoever leads it."""

from fakes.seat import Seat
from fakes.table import Watch
from simulation.promises import BrokenPromiseError

from crypto.blocks import Block
from crypto.joining import JoinRequest
from crypto.membership import SLOT_REST
from crypto.operations import Add
from crypto.roster import Roster


class LogRules(Watch):
    """One leader a term, no request twice, a seat's number rests before another gets it."""

    def __init__(self) -> None:
        self._leaders: dict[int, bytes] = {}
        self._seen: dict[bytes, Roster] = {}  # by eid
        self._joins: dict[bytes, frozenset[bytes]] = {}  # by eid: ids of all joins so far
        self.accepted: dict[bytes, set[bytes]] = {}  # by eid: devices

    def turned(self, seat: Seat, before: Roster | None, after: Roster) -> None:
        """Check every block that is new to an honest device."""
        if not seat.honest:
            return
        leader = self._leaders.setdefault(after.term, after.leader)
        if leader != after.leader:
            raise self._broken(seat, f"knows a second leader of term {after.term}")
        if before is not None and (after.term, after.epoch) <= (before.term, before.epoch):
            raise self._broken(seat, "goes back in the log")
        for block in after.recent:
            self.accepted.setdefault(block.eid, set()).add(seat.dev)
            if block.eid not in self._joins:
                self._check_joins(seat, block)
        if after.eid not in self._seen:
            self._seen[after.eid] = after
            self._check_slots(seat, after)

    def _check_joins(self, seat: Seat, block: Block) -> None:
        joins = self._joins.get(block.prev, frozenset())
        for operation in block.operations:
            if isinstance(operation, Add):
                join_id = JoinRequest.parse(operation.request).join_id
                if join_id in joins:
                    raise self._broken(seat, "takes one request twice")
                joins |= {join_id}
        self._joins[block.eid] = joins

    def _check_slots(self, seat: Seat, after: Roster) -> None:
        older = after.recent[-SLOT_REST - 1 : -1]
        for block in older:
            past = self._seen.get(block.eid)
            for member in past.members.values() if past else ():
                now = after.member_by_slot(member.slot)
                if now is not None and now.joined_epoch != member.joined_epoch:
                    raise self._broken(seat, f"gives number {member.slot} away too soon")

    def _broken(self, seat: Seat, what: str) -> BrokenPromiseError:
        return BrokenPromiseError(f"at {self.table.now - 100:.3f} {seat.name} {what}")
