"""What a member remembers of its log: to answer who lags, to go back, and to prove a lie."""

from dataclasses import dataclass, replace
from typing import Self

from crypto.blocks import Block, Evidence
from crypto.errors import ForgedError, MalformedError
from crypto.leading import Leader
from crypto.membership import State
from crypto.refusal import EquivocationError, RosterError

REMEMBERED = 64  # blocks, and the rosters they stood on


@dataclass(frozen=True)
class Place:
    """A point of the log that blocks can stand on."""

    eid: bytes
    state: State


@dataclass(frozen=True)
class History:
    """The newest blocks of a log, what each stood on, and what was left for another log."""

    past: tuple[Place, ...] = ()  # what each block of `recent` stood on, oldest first
    recent: tuple[Block, ...] = ()
    abandoned: tuple[Block, ...] = ()  # undone by a takeover; they may still convict a leader
    leaders: tuple[Leader, ...] = ()  # everybody known to have led, in any log that was followed

    def grown(self, place: Place, block: Block) -> Self:
        """Return the history with one more block, which stood on `place`."""
        return replace(
            self,
            past=(*self.past, place)[-REMEMBERED:],
            recent=(*self.recent, block)[-REMEMBERED:],
            abandoned=tuple(old for old in self.abandoned if old.eid != block.eid),
        )

    def back_to(self, eid: bytes) -> tuple[Place, Self] | None:
        """Return a place of the past and the history up to it; None if it is not remembered."""
        for kept, place in enumerate(self.past):
            if place.eid == eid:
                abandoned = (*self.abandoned, *self.recent[kept:])[-REMEMBERED:]
                return place, replace(
                    self, past=self.past[:kept], recent=self.recent[:kept], abandoned=abandoned
                )
        return None

    def led_by(self, leader: Leader) -> Self:
        """Return the history in which this device has led, too."""
        if leader in self.leaders:
            return self
        return replace(self, leaders=(*self.leaders, leader)[-REMEMBERED:])

    def knows(self, block: Block) -> bool:
        """Tell whether a block was accepted before, in this log or in one that was left."""
        same = (old for old in (*self.recent, *self.abandoned) if old.place == block.place)
        return any(old.eid == block.eid for old in same)

    def compare(self, block: Block, call_id: bytes) -> None:
        """Raise EquivocationError if another block of this term, epoch and leader is known.

        RosterError ("forged") if that leader did not sign this one.
        """
        for old in (*self.recent, *self.abandoned):
            if old.place == block.place and old.eid != block.eid:
                evidence = Evidence(first=old.encode(), second=block.encode())
                self.convict(evidence, call_id)
                raise EquivocationError(evidence)

    def convict(self, evidence: Evidence, call_id: bytes) -> Leader:
        """Return the leader that evidence proves to have shown two rosters.

        RosterError ("malformed", "forged") if it proves nothing against anybody who leads or led.
        """
        try:
            suspects = [leader for leader in self.leaders if leader.dev == evidence.accused]
            for leader in suspects:
                try:
                    evidence.check(leader.call_key, call_id)
                except ForgedError:
                    continue
                return leader
        except MalformedError as error:
            raise RosterError("malformed", str(error)) from error
        raise RosterError("forged", "this proves nothing against anybody who led")

    def blocks_for(self, eid: bytes, term: int, epoch: int) -> tuple[Block, ...]:
        """Return what somebody may lack whose log stands at this eid, term and epoch."""
        here = next((place.state.epoch for place in self.past if place.eid == eid), None)
        if here is not None:
            first = here + 1
        elif self.recent and term < self.recent[-1].term:
            first = 0  # it went another way, and nobody knows where that left ours
        else:
            first = epoch  # two blocks of one number would prove a lie
        newest = self.recent[-1].epoch if self.recent else 0
        return tuple(block for block in self.recent if block.epoch >= min(first, newest))
