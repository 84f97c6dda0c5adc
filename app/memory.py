"""What a profile remembers of people and of lies, written behind the engine's back, in order."""

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any, TypeVar

from app import team_secret
from app.meeting.contacts import Contact, Contacts
from app.meeting.opening import clipped
from app.profile import Profile
from app.recent_meetings import FILE as RECENTS
from app.recent_meetings import Recent, encode, parse
from crypto.errors import MalformedError
from crypto.identity import Identity, device_id
from crypto.vault_content import (
    MOST_PINS,
    MOST_PROOFS,
    NAME_BYTES,
    OpenInvite,
    Pin,
    Proof,
    Verified,
)

Kept = TypeVar("Kept")

log = logging.getLogger(__name__)


class ProfileMemory:
    """The Memory of a Session over an opened profile; `wall` gives seconds since 1970."""

    def __init__(self, profile: Profile, wall: Callable[[], float]) -> None:
        self._profile = profile
        self._wall = wall
        secrets = profile.secrets
        self._pins = dict(secrets.pins)
        self._contact_secrets = dict(secrets.contact_secrets)
        self._proofs = secrets.proofs
        self._invitations = secrets.open_invites
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="vault")

    def identity(self) -> Identity:
        """Return the device's signing key, read from the vault; raises ProfileError."""
        return self._profile.identity()

    def contacts(self) -> Contacts:
        """Return whom this device knows."""
        return Contacts(
            {
                dev: Contact(
                    public_key=pin.public_key,
                    name=pin.name,
                    verified=pin.verified,
                    first_seen=pin.first_seen,
                    verified_when=pin.verified_when,
                    secret=self._contact_secrets.get(dev, b""),
                )
                for dev, pin in self._pins.items()
            }
        )

    def remember(self, public_key: bytes, name: str, verified: Verified) -> None:
        """Pin a device, or note how it was verified; nothing is written twice."""
        now = int(self._wall())
        dev = device_id(public_key)
        old = self._pins.get(dev)
        if old is None and len(self._pins) >= MOST_PINS:
            return
        pin = old or Pin(public_key, clipped(name, NAME_BYTES), now)
        if verified > pin.verified:
            pin = replace(pin, verified=verified, verified_when=now)
        if pin != old:
            self._pins = {**self._pins, dev: pin}
            self._keep()

    def keep_contact(self, public_key: bytes, name: str, secret: bytes) -> None:
        """Keep what a device and this one call each other by; the newest counts."""
        dev = device_id(public_key)
        if dev not in self._pins:
            self._make_room()
        self.remember(public_key, name, Verified.NOT_YET)
        if dev in self._pins:
            self._contact_secrets = {**self._contact_secrets, dev: secret}
            self._keep()

    def proofs(self) -> tuple[Proof, ...]:
        """Return the proofs that hosts lied, oldest first."""
        return self._proofs

    def keep_proof(self, voucher: bytes, first: bytes, second: bytes) -> None:
        """Keep the proof that a leader showed people two rosters; the newest four are kept."""
        proof = Proof(int(self._wall()), voucher, first, second)
        self._proofs = (*self._proofs, proof)[-MOST_PROOFS:]
        self._keep()

    def invitations(self) -> tuple[OpenInvite, ...]:
        """Return the links to the last meeting that was held here, if nobody came to end it."""
        return self._invitations

    def keep_invitations(self, links: tuple[OpenInvite, ...]) -> None:
        """Keep the links to the meeting that is going on here; none when it is over."""
        if links != self._invitations:
            self._invitations = links
            self._keep()

    def forget(self, dev: bytes) -> None:
        """Drop a device, and what it could call by."""
        self._pins = _without(self._pins, dev)
        self._contact_secrets = _without(self._contact_secrets, dev)
        self._keep()

    def recents(self) -> tuple[Recent, ...]:
        """Return the meetings that were visited last; none where they cannot be read."""
        content = self._profile.read_beside(RECENTS)
        try:
            return parse(content) if content else ()
        except MalformedError:
            log.warning("the list of recent meetings is none; a new one begins")
            return ()

    def keep_recents(self, recents: tuple[Recent, ...]) -> None:
        """Keep the meetings that were visited last; none leaves no file behind."""
        self._write(self._profile.keep_beside, RECENTS, encode(recents) if recents else b"")

    def team_secret(self) -> str:
        """Return the secret of the team's relays; "" for none that can be read."""
        content = self._profile.read_beside(team_secret.FILE)
        try:
            return team_secret.parse(content) if content else ""
        except MalformedError:
            log.warning("the secret of the relays is none; it must be entered again")
            return ""

    def keep_team_secret(self, secret: str) -> None:
        """Keep the secret of the team's relays; "" leaves no file behind."""
        content = team_secret.encode(secret) if secret else b""
        self._write(self._profile.keep_beside, team_secret.FILE, content)

    def keep_setting(self, name: str, value: object) -> None:
        """Write one setting."""
        self._write(self._profile.change_setting, name, value)

    def close(self) -> None:
        """Wait until everything is written."""
        self._writer.shutdown()

    def _make_room(self) -> None:
        """Forget who was met longest ago if the vault is full; nobody verified, and no contact."""
        if len(self._pins) >= MOST_PINS:
            passing = [
                pin
                for dev, pin in self._pins.items()
                if pin.verified is Verified.NOT_YET and dev not in self._contact_secrets
            ]
            if passing:
                oldest = min(passing, key=lambda pin: pin.first_seen)
                self._pins = _without(self._pins, oldest.dev)

    def _keep(self) -> None:
        kept = {
            "pins": self._pins,
            "contact_secrets": self._contact_secrets,
            "open_invites": self._invitations,
            "proofs": self._proofs,
        }
        self._write(self._write_down, kept)

    def _write_down(self, kept: dict[str, Any]) -> bool:
        return self._profile.keep_secrets(replace(self._profile.secrets, **kept))

    def _write(self, action: Callable[..., bool], *arguments: object) -> None:
        self._writer.submit(action, *arguments).add_done_callback(_report)


def _without(kept: dict[bytes, Kept], dev: bytes) -> dict[bytes, Kept]:
    return {other: value for other, value in kept.items() if other != dev}


def _report(written: "Future[bool]") -> None:
    """A full or read-only disk must not end a meeting, nor pass in silence."""
    if (error := written.exception()) is not None:
        log.error("a change of the profile failed", exc_info=error)
    elif not written.result():
        log.warning("a change of the profile could not be written")
