"""What a profile remembers of people, written behind the engine's back, in order."""

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

from app.meeting.contacts import Contact, Contacts
from app.meeting.opening import clipped
from app.profile import Profile
from crypto.identity import Identity, device_id
from crypto.vault_content import MOST_PINS, NAME_BYTES, Pin, Verified

log = logging.getLogger(__name__)


class ProfileMemory:
    """The Memory of a Session over an opened profile; `wall` gives seconds since 1970."""

    def __init__(self, profile: Profile, wall: Callable[[], float]) -> None:
        self._profile = profile
        self._wall = wall
        self._pins = dict(profile.secrets.pins)
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="vault")

    def identity(self) -> Identity:
        """Return the device's signing key, read from the vault; raises ProfileError."""
        return self._profile.identity()

    def contacts(self) -> Contacts:
        """Return whom this device knows."""
        return Contacts(
            {
                dev: Contact(
                    pin.public_key, pin.name, pin.verified is not Verified.NOT_YET, pin.first_seen
                )
                for dev, pin in self._pins.items()
            }
        )

    def remember(self, public_key: bytes, name: str, verified: bool) -> None:
        """Pin a device, or note that its code was compared; nothing is written twice."""
        now = int(self._wall())
        dev = device_id(public_key)
        old = self._pins.get(dev)
        if old is None and len(self._pins) >= MOST_PINS:
            return
        pin = old or Pin(public_key, clipped(name, NAME_BYTES), now)
        if verified and pin.verified is Verified.NOT_YET:
            pin = replace(pin, verified=Verified.CODE, verified_when=now)
        if pin != old:
            self._keep({**self._pins, dev: pin})

    def forget(self, dev: bytes) -> None:
        """Drop a device that the user gave up for another."""
        self._keep({other: pin for other, pin in self._pins.items() if other != dev})

    def keep_setting(self, name: str, value: object) -> None:
        """Write one setting."""
        self._write(self._profile.change_setting, name, value)

    def close(self) -> None:
        """Wait until everything is written."""
        self._writer.shutdown()

    def _keep(self, pins: dict[bytes, Pin]) -> None:
        self._pins = pins
        self._write(self._write_pins, pins)

    def _write_pins(self, pins: dict[bytes, Pin]) -> bool:
        return self._profile.keep_secrets(replace(self._profile.secrets, pins=pins))

    def _write(self, action: Callable[..., bool], *arguments: object) -> None:
        self._writer.submit(action, *arguments).add_done_callback(_report)


def _report(written: "Future[bool]") -> None:
    """A full or read-only disk must not end a meeting, nor pass in silence."""
    if (error := written.exception()) is not None:
        log.error("a change of the profile failed", exc_info=error)
    elif not written.result():
        log.warning("a change of the profile could not be written")
