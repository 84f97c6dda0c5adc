"""What the log of a meeting must look like in every honest device, whoever leads it."""

from fakes.seat import Seat
from fakes.table import Watch
from simulation.promises import BrokenPromiseError

from crypto.blocks import Block
from crypto.joining import JoinRequest
from crypto.kdf import labelled_hash
from crypto.membership import SLOT_REST
from crypto.operations import Add
from crypto.roster import Roster
from crypto.votes import is_majority

Place = tuple[int, int]  # term, epoch


class LogRules(Watch):
    """One block a place, no request twice, a seat's number rests before another gets it.

    And what a majority has accepted is never undone. Two of these hold only while nobody lies who
    leads or votes: `trusting` is to be taken away before.
    """

    def __init__(self) -> None:
        self.trusting = True
        self._blocks: dict[Place, bytes] = {}  # the one block of each place
        self._seen: dict[bytes, Roster] = {}  # by eid
        self._joins: dict[bytes, frozenset[bytes]] = {}  # by eid: ids of all joins so far
        self._accepted: dict[bytes, set[bytes]] = {}  # by eid: devices
        self._agreed: dict[bytes, Place] = {}  # what most have accepted: in which term, its epoch

    def turned(self, seat: Seat, before: Roster | None, after: Roster) -> None:
        """Check every block that is new to an honest device."""
        if not seat.honest:
            return
        if before is not None and (after.term, after.epoch) <= (before.term, before.epoch):
            raise self._broken(seat, "goes back in the log")
        for block in after.recent:
            if block.eid not in self._joins:
                self._check_joins(seat, block)
            if self.trusting and self._blocks.setdefault(_place(block), block.eid) != block.eid:
                raise self._broken(seat, f"knows a second block of {_place(block)}")
        if after.eid not in self._seen:
            self._seen[after.eid] = after
            self._check_slots(seat, after)
            if after.recent and after.recent[-1].roster_hash != _hash_of(after):
                raise self._broken(seat, "takes a block that does not do what it says")
            if after.removed & after.members.keys():
                raise self._broken(seat, "seats somebody who was removed")
        if self.trusting:
            self._check_agreed(seat, after)
            self._accept(seat, after)

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
        for block in after.recent[-SLOT_REST - 1 : -1]:
            past = self._seen.get(block.eid)
            for member in past.members.values() if past else ():
                now = after.member_by_slot(member.slot)
                if now is not None and now.seat != member.seat:
                    raise self._broken(seat, f"gives number {member.slot} away too soon")

    def _accept(self, seat: Seat, after: Roster) -> None:
        """Note who has a block.

        It is agreed on when most of those before and after it have it, and the one before it is
        agreed on: newcomers alone, whom nobody else has heard of, agree on nothing.
        """
        for block in after.recent:
            have = self._accepted.setdefault(block.eid, set())
            have.add(seat.dev)
            if block.epoch == 1:
                self._agreed[block.eid] = after.term, block.epoch
            rosters = self._seen.get(block.prev), self._seen.get(block.eid)
            if (
                block.prev in self._agreed
                and block.eid not in self._agreed
                and all(
                    roster and is_majority(len(have & roster.members.keys()), len(roster.members))
                    for roster in rosters
                )
            ):
                self._agreed[block.eid] = after.term, block.epoch

    def _check_agreed(self, seat: Seat, after: Roster) -> None:
        """A log of a later term holds every block that was agreed on in an earlier one."""
        here = {block.eid for block in after.recent}
        oldest = after.recent[0].epoch if after.recent else 0
        for eid, (term, epoch) in self._agreed.items():
            if term < after.term and oldest <= epoch and eid not in here:
                raise self._broken(seat, f"undoes {(term, epoch)}, which a majority had accepted")

    def _broken(self, seat: Seat, what: str) -> BrokenPromiseError:
        return BrokenPromiseError(f"at {self.table.now - 100:.3f} {seat.name} {what}")


def _place(block: Block) -> Place:
    return block.term, block.epoch


def _hash_of(roster: Roster) -> bytes:
    return labelled_hash("roster", roster.state.encode())
