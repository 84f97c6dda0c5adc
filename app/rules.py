"""What an organisation decides beyond the settings: functions switched off, doors kept shut."""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network


class Function(StrEnum):
    """What an organisation can switch off, one by one."""

    FILES = "files"
    SCREEN_SHARING = "screen_sharing"
    CHAT = "chat"
    SAVE_CHAT = "save_chat"
    CONTACTS = "contacts"
    NEARBY = "nearby"
    CAMERA = "camera"
    RECORDING = "recording"
    OPEN_ROUTER = "open_router"
    UPDATES = "updates"


@dataclass(frozen=True, slots=True)
class Networks:
    """The networks that may be listened in and dialled into; without a list: all of them."""

    allowed: tuple[IPNetwork, ...] | None = None

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Networks":
        """Return the networks written as `192.0.2.0/24` or `2001:db8::/32`; raises ValueError."""
        return cls(tuple(ipaddress.ip_network(text, strict=False) for text in texts))

    def __contains__(self, host: object) -> bool:
        """Tell whether a numeric host lies in them; this computer itself always does."""
        if self.allowed is None:
            return True
        try:
            address = ipaddress.ip_address(str(host).partition("%")[0])
        except ValueError:
            return False
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        if address.is_loopback:
            return True
        return any(
            address.version == network.version and address in network for network in self.allowed
        )


EVERYWHERE = Networks()
NOWHERE = Networks(())  # but on this computer


@dataclass(frozen=True, slots=True)
class Rules:
    """What an organisation decides; the default is nothing.

    `faults` names what could not be understood in its file; an empty name is the whole file.
    `decided` names the settings that nobody else may choose.
    """

    lobby: bool = False  # newcomers wait in every meeting that is opened here
    password: bool = False  # every meeting that is opened here asks for one
    off: frozenset[Function] = frozenset()
    networks: Networks = EVERYWHERE
    lan_only: bool = False  # nothing leaves the local networks, whoever hosts
    team_secret: str = field(default="", repr=False)  # of the relays; nobody else enters one
    faults: tuple[str, ...] = field(default=())
    decided: frozenset[str] = frozenset()

    def allow(self, function: Function) -> bool:
        """Tell whether a function is there."""
        return function not in self.off


FREE = Rules()  # no organisation decides anything
EVERYTHING_OFF = frozenset(Function)
STRICTEST = Rules(
    lobby=True,
    password=True,
    off=EVERYTHING_OFF,
    networks=NOWHERE,
    lan_only=True,
    faults=("",),
)
