"""What the system tells about a network interface: cable, size of packets, multicast, tunnel."""

import socket
import struct
import sys
from dataclasses import dataclass

from app.net.tunnels import is_tunnel

_SIOCGIFFLAGS, _SIOCGIFMTU = 0x8913, 0x8921  # linux/sockios.h
_RUNNING, _MULTICAST = 0x40, 0x1000  # linux/if.h


@dataclass(frozen=True, slots=True)
class InterfaceState:
    """`mtu` is the largest packet in bytes, 0 where nobody knows.

    Without a cable or a wireless network an interface does not run. A tunnel (a VPN) carries no
    multicast, or leads to nobody who answers it.
    """

    running: bool = True
    multicast: bool = True
    tunnel: bool = False
    mtu: int = 0


UNKNOWN = InterfaceState()


def state_of(interface: str) -> InterfaceState:
    """Ask the system about an interface; what only Linux tells counts as usual elsewhere."""
    if not sys.platform.startswith("linux"):
        return InterfaceState(tunnel=is_tunnel(interface))
    import fcntl

    request = struct.pack("16s24x", interface.encode()[:15])
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            flags = struct.unpack_from("H", fcntl.ioctl(sock, _SIOCGIFFLAGS, request), 16)[0]
            mtu = struct.unpack_from("i", fcntl.ioctl(sock, _SIOCGIFMTU, request), 16)[0]
    except OSError:
        return UNKNOWN  # gone meanwhile
    return InterfaceState(
        running=bool(flags & _RUNNING),
        multicast=bool(flags & _MULTICAST),
        tunnel=is_tunnel(interface),
        mtu=mtu,
    )
