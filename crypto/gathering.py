"""What one epoch has gathered so far: everybody's acks, keys and nonces, and the code they make."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from crypto.exchange import Ack, SasReveal, Sync
from crypto.kdf import labelled_hash
from crypto.roster import Roster


@dataclass(slots=True)
class Gathering:
    """The acks, installed keys and reveals of one epoch, the own ones among them."""

    roster: Roster
    entered: float  # seconds, when this device came to the epoch
    acks: dict[bytes, Ack] = field(default_factory=dict)
    installed: dict[bytes, int] = field(default_factory=dict)  # newest generation by dev
    reveals: dict[bytes, SasReveal] = field(default_factory=dict)
    liars: set[bytes] = field(default_factory=set)

    @property
    def eid(self) -> bytes:
        """The epoch."""
        return self.roster.eid

    @property
    def all_acked(self) -> bool:
        """Tell whether every member's ack is here."""
        return self.acks.keys() == self.roster.members.keys()

    @property
    def missing(self) -> frozenset[bytes]:
        """The members whose ack, or the key it promises, is not here."""
        return frozenset(dev for dev in self.roster.members if not self._has_key(dev))

    def _has_key(self, dev: bytes) -> bool:
        ack = self.acks.get(dev)
        return ack is not None and self.installed.get(dev) == ack.generation

    @property
    def code(self) -> bytes | None:
        """SHA-256(LABEL("sas code", eid, (dev, commitment, nonce) by dev)), once all is here."""
        if not self.all_acked or self.reveals.keys() != self.acks.keys() or self.liars:
            return None
        parts: list[bytes] = []
        for dev in sorted(self.acks):
            parts += (dev, self.acks[dev].sas_commitment, self.reveals[dev].nonce)
        return labelled_hash("sas code", self.eid, *parts)

    def sync(self) -> Sync:
        """Return what to tell the others of all this."""
        held = [dev for dev in self.roster.members if dev in self.acks]  # in order of slots
        return Sync(
            eid=self.eid,
            epoch=self.roster.epoch,
            term=self.roster.term,
            acks=self._bits(lambda dev: dev in self.acks),
            keys=self._bits(self._has_key),
            reveals=self._bits(lambda dev: dev in self.reveals),
            digest=labelled_hash("acks", self.eid, *(self.acks[dev].digest for dev in held)),
        )

    def lacking(self, bits: int, have: Mapping[bytes, object]) -> list[bytes]:
        """Return the devices of `have` whose bit is not set."""
        return [
            dev
            for dev, member in self.roster.members.items()
            if dev in have and not bits >> member.slot & 1
        ]

    def _bits(self, holds: Callable[[bytes], bool]) -> int:
        members = self.roster.members.items()
        return sum(1 << member.slot for dev, member in members if holds(dev))
