"""Tells which network interfaces are tunnels: what goes in comes out in another network."""

import socket
import struct
import sys
from contextlib import suppress

if sys.platform != "win32":
    import fcntl

_IFF_POINTOPOINT = 0x10  # the same on Linux, macOS and the BSDs
_SIOCGIFFLAGS = 0x8913 if sys.platform.startswith("linux") else 0xC0206911
_IFREQ = struct.Struct("16sH22x")


def is_tunnel(interface: str) -> bool:
    """Tell whether an interface leads to one other end only, as VPN and dial-up do.

    False where the system cannot be asked (Windows), and for tunnels that look like Ethernet.
    """
    if sys.platform == "win32":
        return False
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        answer = fcntl.ioctl(asking, _SIOCGIFFLAGS, _IFREQ.pack(interface.encode()[:15], 0))
        return bool(_IFREQ.unpack(answer)[1] & _IFF_POINTOPOINT)
    return False
