"""Network namespaces as machines: made, given devices, addresses, routes and NAT, and removed."""

import contextlib
import ctypes
import os
import signal
import struct
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.netlab.topology import Host, Nat

with contextlib.suppress(ImportError):  # Windows has none, and no laboratory is built there
    import fcntl

NAMESPACES = Path("/run/netns")  # where iproute2 keeps its named namespaces
DEAD_MAC = bytes.fromhex("02dead0000fe")  # the gateway that swallows everything
DYING_S = 1.5  # how long a program may take to end after SIGTERM

_CLONE_NEWNET = 0x40000000
_TUNSETIFF = 0x400454CA
_TUNSETCARRIER = 0x400454E2
_IFF_TAP, _IFF_NO_PI = 0x0002, 0x1000
_FORBIDDEN: dict[Nat, str] = {  # what a router does not forward from its LAN
    "noudp": 'iifname "lan" meta l4proto udp drop',
    "web": 'iifname "lan" ct state new tcp dport != { 80, 443 } drop; '
    'iifname "lan" ct state new meta l4proto != tcp drop',
}
_NAT_RULES = """
table inet netlab {{
  chain doors {{ }}
  chain doors_in {{ }}
  chain doors_out {{ }}
  chain incoming {{ type filter hook input priority 0; policy accept;
    iifname "wan" ct state established,related accept
    iifname "wan" meta l4proto {{ tcp, udp }} drop; }}
  chain through {{ type filter hook forward priority 0; policy drop;
    {forbidden}
    ct state established,related accept
    ct status dnat accept
    meta l4proto ipv6-icmp accept
    jump doors
    iifname "lan" accept; }}
  chain inward {{ type nat hook prerouting priority dstnat;
    iifname "wan" jump doors_in; }}
  chain outward {{ type nat hook postrouting priority srcnat;
    oifname "wan" jump doors_out
    oifname "wan" meta nfproto ipv4 masquerade{random_ports}; }}
}}
"""


class NetLabError(RuntimeError):
    """The laboratory cannot be built, or was asked for something that it does not have."""


def namespace_of(lab: str, host: str) -> str:
    """Return the name of a host's namespace; nothing else on the machine is called like that."""
    return f"conclave-{lab}-{host}"


@contextlib.contextmanager
def inside(namespace: str) -> Iterator[None]:
    """Run the body with the calling thread inside a namespace; sockets made there stay there."""
    libc = ctypes.CDLL(None, use_errno=True)
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        there = os.open(NAMESPACES / namespace, os.O_RDONLY | os.O_CLOEXEC)
        try:
            if libc.setns(there, _CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), f"cannot enter {namespace}")
        finally:
            os.close(there)
        try:
            yield
        finally:
            if libc.setns(home, _CLONE_NEWNET):
                os.abort()  # going on in the wrong network would be worse
    finally:
        os.close(home)


class Machine:
    """One host of a laboratory: its namespace, and the file descriptors of its cables."""

    def __init__(self, lab: str, host: Host) -> None:
        self.host = host
        self.namespace = namespace_of(lab, host.name)
        self.taps: dict[str, int] = {}  # device -> descriptor of the cable's end

    def build(self) -> None:
        """Make the namespace, its devices, addresses, routes and NAT."""
        command("ip", "netns", "add", self.namespace)
        has_ipv6 = any(link.ip6 for link in self.host.links)
        for scope in ("all", "default"):
            self._sysctl(f"ipv6/conf/{scope}/disable_ipv6", int(not has_ipv6))
            # Without duplicate address detection addresses are usable at once.
            self._sysctl(f"ipv6/conf/{scope}/accept_dad", 0)
        self._sysctl("ipv6/conf/default/accept_ra", 0)
        self._ip("link", "set", "lo", "up")
        for link in self.host.links:
            self.taps[link.device] = self._open_tap(link.device)
            for address in (link.ip4, link.ip6):
                if address:
                    self._ip("addr", "add", address, "dev", link.device)
        self.configure()
        if self.host.nat:
            self._become_a_router()

    def configure(self) -> None:
        """Bring the devices up and lay the routes; again after a cable came back."""
        host = self.host
        for link in host.links:
            self._ip("link", "set", link.device, "up")
        first = host.links[0].device
        if any(link.ip4 for link in host.links):
            self._ip("route", "replace", "224.0.0.0/4", "dev", first)
        for family, gateway in (("-4", host.gateway4), ("-6", host.gateway6)):
            if not gateway:
                continue
            if host.gateway_is_dead:
                mac = DEAD_MAC.hex(":")
                neighbour = ("neigh", "replace", gateway, "lladdr", mac, "dev", first)
                self._ip(*neighbour, "nud", "permanent", family=family)
            self._ip("route", "replace", "default", "via", gateway, "dev", first, family=family)
        for route in host.routes:
            self._ip("route", "replace", *route.split())

    def set_carrier(self, device: str, on: bool) -> None:
        """Let the device see a cable, or none."""
        with contextlib.suppress(OSError):  # kernels before 5.0 only lose the frames
            fcntl.ioctl(self.taps[device], _TUNSETCARRIER, struct.pack("i", int(on)))

    def replace_address(self, device: str, old: str, new: str) -> None:
        """Exchange an address with prefix, as a new lease does."""
        if old:
            self._ip("addr", "del", old, "dev", device)
        self._ip("addr", "add", new, "dev", device)
        self.configure()

    def remove(self) -> None:
        """End the programs inside, remove the namespace, let go of the cables."""
        remove_namespace(self.namespace)
        for tap in self.taps.values():
            with contextlib.suppress(OSError):
                os.close(tap)
        self.taps.clear()

    def _become_a_router(self) -> None:
        for key in ("ipv4/ip_forward", "ipv6/conf/all/forwarding"):
            self._sysctl(key, 1)
        if self.host.nat == "routed":
            return
        rules = _NAT_RULES.format(
            forbidden=_FORBIDDEN.get(self.host.nat, ""),
            random_ports=" fully-random" if self.host.nat == "symmetric" else "",
        )
        command("nft", "-f", "-", namespace=self.namespace, feed=rules)
        if self.host.udp_timeout_s:
            for key in ("udp_timeout", "udp_timeout_stream"):
                self._sysctl(f"netfilter/nf_conntrack_{key}", self.host.udp_timeout_s)

    def _open_tap(self, device: str) -> int:
        with inside(self.namespace):
            tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
            request = struct.pack("16sH22x", device.encode(), _IFF_TAP | _IFF_NO_PI)
            fcntl.ioctl(tap, _TUNSETIFF, request)
        return tap

    def _sysctl(self, key: str, value: int) -> None:
        with inside(self.namespace), contextlib.suppress(FileNotFoundError):
            Path("/proc/sys/net", key).write_text(str(value))

    def _ip(self, *arguments: str, family: str = "") -> None:
        command("ip", *([family] if family else []), "-n", self.namespace, *arguments)


def remove_namespace(namespace: str) -> None:
    """End the programs inside a namespace, politely first, and remove it."""
    for signal_number in (signal.SIGTERM, signal.SIGKILL):
        running = _programs_in(namespace)
        for pid in running:
            if pid != os.getpid():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal_number)
        deadline = time.monotonic() + DYING_S
        while running and time.monotonic() < deadline:
            time.sleep(0.05)
            running = _programs_in(namespace)
        if not running:
            break
    command("ip", "netns", "del", namespace, check=False)


def command(
    *words: str, namespace: str = "", check: bool = True, feed: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command of the system, inside a namespace if one is named."""
    full = enter(namespace, words) if namespace else list(words)
    done = subprocess.run(full, input=feed, capture_output=True, text=True, check=False)
    if check and done.returncode:
        raise NetLabError(f"{' '.join(full)}: {done.stderr.strip()}")
    return done


def enter(namespace: str, words: Sequence[str]) -> list[str]:
    """Return the command line that runs `words` inside a namespace, without a process between."""
    return ["ip", "netns", "exec", namespace, *words]


def _programs_in(namespace: str) -> list[int]:
    found = command("ip", "netns", "pids", namespace, check=False)
    return [int(pid) for pid in found.stdout.split()]
