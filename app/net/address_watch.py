"""Notices when this computer's addresses change, or when it was asleep."""

from collections.abc import Callable, Iterable

from app.net.addresses import InterfaceAddress, interface_addresses

LOOK_EVERY = 2.0  # seconds; asking the system takes less than a millisecond
ASLEEP = 5.0  # seconds between two looks that should be a fraction of one apart

Interfaces = Callable[[], Iterable[InterfaceAddress]]


def present_addresses() -> tuple[InterfaceAddress, ...]:
    """Return all addresses of this computer, loopback among them."""
    return interface_addresses(allow_loopback=True)


class AddressWatch:
    """Asked several times a second, it looks at the system every LOOK_EVERY seconds."""

    def __init__(self, now: float, interfaces: Interfaces = present_addresses) -> None:
        self._interfaces = interfaces
        self.hosts = self._look()
        self._asked_at = self._looked_at = now

    def changed(self, now: float) -> bool:
        """Tell whether the addresses are others than last time, or a long time is missing."""
        slept = now - self._asked_at > ASLEEP
        self._asked_at = now
        if not slept and now - self._looked_at < LOOK_EVERY:
            return False
        self._looked_at = now
        before, self.hosts = self.hosts, self._look()
        return slept or before != self.hosts

    def is_gone(self, host: str) -> bool:
        """Tell whether an address, as a socket tells its own, is not this computer's any more."""
        return host.partition("%")[0] not in self.hosts

    def _look(self) -> frozenset[str]:
        return frozenset(entry.host.partition("%")[0] for entry in self._interfaces())
