"""What a meeting touches outside media and network, as whoever runs it must provide it."""

from typing import Protocol

from crypto.vault_content import OpenInvite, Verified


class Surroundings(Protocol):
    """What a meeting touches outside media and network: vault, devices, the way home."""

    def remember(self, public_key: bytes, name: str, verified: Verified) -> None:
        """Keep a person's device in the vault."""

    def keep_contact(self, public_key: bytes, name: str, secret: bytes) -> None:
        """Keep in the vault what a person and this one call each other by."""

    def forget(self, dev: bytes) -> None:
        """Drop a person's device from the vault."""

    def keep_proof(self, voucher: bytes, first: bytes, second: bytes) -> None:
        """Keep the proof that a leader showed two participant lists."""

    def keep_invitations(self, links: tuple[OpenInvite, ...]) -> None:
        """Keep the links to the meeting that is going on here; none when it is over."""

    def use_devices(self, microphone: bool, camera: bool) -> None:
        """Open or close one's own microphone and camera."""

    def use_screen(self, on: bool) -> None:
        """Show one's own screen to everybody, or nothing of it any more."""

    def changed(self) -> None:
        """The meeting looks different now."""

    def finished(self, reason: str) -> None:
        """The meeting is over for this device."""
