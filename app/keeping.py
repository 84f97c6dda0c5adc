"""What a device keeps of a meeting: pins, contacts, the proof of a lie."""

from typing import Protocol

from app.meeting.contacts import Contacts
from crypto.identity import Identity
from crypto.vault_content import OpenInvite, Proof, Verified


class Memory(Protocol):
    """What a device keeps between meetings."""

    def identity(self) -> Identity:
        """Return the identity, grown anew each time so that nobody need keep it."""

    def contacts(self) -> Contacts:
        """Return whom this device knows."""

    def proofs(self) -> tuple[Proof, ...]:
        """Return the proofs that hosts lied, oldest first."""

    def remember(self, public_key: bytes, name: str, verified: Verified) -> None:
        """Keep a person's device, and how it was verified."""

    def keep_contact(self, public_key: bytes, name: str, secret: bytes) -> None:
        """Keep what a person's device and this one call each other by."""

    def keep_proof(self, voucher: bytes, first: bytes, second: bytes) -> None:
        """Keep the proof that a leader showed people two rosters."""

    def invitations(self) -> tuple[OpenInvite, ...]:
        """Return the links to the last meeting that was held here, if nobody came to end it."""

    def keep_invitations(self, links: tuple[OpenInvite, ...]) -> None:
        """Keep the links to the meeting that is going on here; none when it is over."""

    def forget(self, dev: bytes) -> None:
        """Drop a person's device."""


class Keeping:
    """Gives a meeting the memory of its device, or of none: where the test guest is, nobody is."""

    def __init__(self, memory: Memory, *, test: bool = False) -> None:
        self._memory = None if test else memory
        self.proof: Proof | None = None  # that was kept in this meeting

    def remember(self, public_key: bytes, name: str, verified: Verified) -> None:
        """Keep a person's device in the vault."""
        if self._memory:
            self._memory.remember(public_key, name, verified)

    def keep_contact(self, public_key: bytes, name: str, secret: bytes) -> None:
        """Keep what a contact calls by in the vault."""
        if self._memory:
            self._memory.keep_contact(public_key, name, secret)

    def keep_proof(self, voucher: bytes, first: bytes, second: bytes) -> None:
        """Keep the proof that a leader lied in the vault."""
        if self._memory:
            self._memory.keep_proof(voucher, first, second)
            self.proof = self._memory.proofs()[-1]

    def keep_invitations(self, links: tuple[OpenInvite, ...]) -> None:
        """Keep the links to this meeting in the vault while it lasts."""
        if self._memory:
            self._memory.keep_invitations(links)

    def forget(self, dev: bytes) -> None:
        """Drop a person's device from the vault."""
        if self._memory:
            self._memory.forget(dev)
