"""Several machines and a bad network between them, on one Linux computer.

    with NetLab(one_lan(3)) as lab:                   # h1 h2 h3 on one LAN without internet
        lab.impair("h2", delay_ms=50, loss=0.05)      # both directions of h2's cable
        lab.impair("h3", "down", rate_kbit=500)       # only towards h3
        process = lab.popen("h1", [sys.executable, "-m", "app", "host", "--headless"])
        lab.unplug("h2")

Every host is a network namespace with one TAP device per cable, whose other end a switch process
holds: no veth, bridge or netem is needed, and nothing in the computer's own network changes.
Broadcast and multicast are flooded, so ARP, neighbour discovery and mDNS work as on a real LAN.
"""

import contextlib
import ipaddress
import itertools
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, Self

from bench.netlab.cable import PERFECT, PROFILES
from bench.netlab.namespace import (
    NAMESPACES,
    NetLabError,
    enter,
    inside,
    namespace_of,
    remove_namespace,
)
from bench.netlab.record import RUN_DIR, control_socket_of, record_of
from bench.netlab.topology import Topology

ROOT = Path(__file__).parent.parent.parent
CAP_NET_ADMIN, CAP_SYS_ADMIN = 12, 21  # bits of CapEff
CLOSING_S = 30  # every host may have a program that does not want to end

Way = Literal["up", "down", "both"]


def why_not(nat: bool = False) -> str:
    """Return why no laboratory can be built here, or nothing where one can."""
    if not sys.platform.startswith("linux"):
        return "network namespaces need Linux"
    status = Path("/proc/self/status").read_text()
    rights = int(status.split("CapEff:")[1].split()[0], 16)
    if not (rights >> CAP_NET_ADMIN) & (rights >> CAP_SYS_ADMIN) & 1:
        return "network namespaces need root (CAP_NET_ADMIN and CAP_SYS_ADMIN)"
    try:
        os.close(os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC))
    except OSError as error:
        return f"/dev/net/tun cannot be opened: {error.strerror}"
    for tool in ("ip", "nft") if nat else ("ip",):
        if not shutil.which(tool):
            return f"the command {tool} is missing"
    return ""


class NetLab:
    """A laboratory that lives as long as the `with` block, or from open() to close().

    A cable is named like its host (`h1`), or `ra.wan` where a host has several; "*" means all.
    """

    _numbers = itertools.count()

    def __init__(self, topology: Topology, *, name: str = "", seed: int | None = None) -> None:
        self.name = name or f"{os.getpid():x}n{next(self._numbers):x}"
        if not self.name.isalnum():
            raise NetLabError("a laboratory's name has letters and digits only")
        self.topology = topology
        self.seed = seed
        self._addresses: dict[str, str] = {}  # hosts that were given another one
        self._switch: subprocess.Popen[str] | None = None
        self._lifeline = -1
        self._programs: list[subprocess.Popen[Any]] = []  # that may still run

    # ---- life

    def open(self) -> Self:
        """Build the hosts and start the switch."""
        if record_of(self.name).exists():
            raise NetLabError(f"a laboratory called {self.name} exists already")
        theirs, self._lifeline = os.pipe()
        words = [sys.executable, "-m", "bench.netlab.switch", self.name, str(theirs)]
        if self.seed is not None:
            words.append(str(self.seed))
        switch = self._switch = subprocess.Popen(
            words,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            pass_fds=[theirs],
            start_new_session=True,
        )
        os.close(theirs)
        assert switch.stdin
        assert switch.stdout
        switch.stdin.write(self.topology.to_json() + "\n")
        switch.stdin.flush()
        said = switch.stdout.readline().strip()
        if said != "ready":
            self.close()
            raise NetLabError(f"the switch did not start: {said or 'no answer'}")
        return self

    def close(self) -> None:
        """End every program in the laboratory and remove it."""
        switch, self._switch = self._switch, None
        if switch is None:
            return
        os.close(self._lifeline)  # the switch sees this and goes
        try:
            switch.wait(timeout=CLOSING_S)
        except subprocess.TimeoutExpired:
            switch.kill()
            switch.wait()
            _remove(self.name, [host.name for host in self.topology.hosts])
        for program in self._programs:  # the switch missed who was on the way into a namespace
            if program.poll() is None:
                program.kill()
        for stream in (switch.stdin, switch.stdout):
            if stream:
                stream.close()

    def __enter__(self) -> Self:
        return self.open()

    def __exit__(self, *_: object) -> None:
        self.close()

    # ---- cables

    def impair(self, link: str = "*", way: Way = "both", /, **changes: float) -> None:
        """Change some impairments of a cable (see cable.py); the others stay."""
        self._order("impair", link=link, way=way, changes=changes)

    def profile(self, link: str, profile: str, way: Way = "both") -> None:
        """Make a cable like "wifi", "lte", ... (see cable.PROFILES)."""
        self._order("impair", link=link, way=way, changes=vars(PROFILES[profile]))

    def repair(self, link: str = "*") -> None:
        """Make a cable perfect again."""
        self._order("impair", link=link, way="both", changes=vars(PERFECT))

    def unplug(self, link: str) -> None:
        """Pull a cable: the device loses its carrier, frames under way are lost."""
        self._order("plug", link=link, on=False)

    def plug(self, link: str) -> None:
        """Put a cable back."""
        self._order("plug", link=link, on=True)

    def partition(self, *groups: Sequence[str]) -> None:
        """Let only cables of the same group reach each other; no group lets all."""
        self._order("partition", groups=[list(group) for group in groups])

    def block_mdns(self) -> None:
        """Swallow multicast DNS from now on, as many a wireless network does."""
        self._order("let_mdns_pass", passes=False)

    def capture(self, path: Path | None, link: str = "*") -> None:
        """Write a pcap of one cable, or of every frame that any host sends; None ends it."""
        self._order("capture", link=link, path=str(path.absolute()) if path else "")

    def statistics(self, link: str) -> Any:
        """Return counts and impairments of a cable's two directions."""
        return self._order("statistics")[link]

    def switch_cpu_s(self) -> float:
        """Return the CPU seconds that the switch itself has used."""
        return float(self._order("describe")["cpu_s"])

    # ---- hosts

    @property
    def hosts(self) -> list[str]:
        """The names of all hosts."""
        return [host.name for host in self.topology.hosts]

    def address(self, host: str, family: Literal[4, 6] = 4) -> str:
        """Return the address of a host's first device, or nothing where it has none."""
        link = self.topology.host(host).links[0]
        with_prefix = link.ip6 if family == 6 else self._addresses.get(host, link.ip4)
        return with_prefix.split("/")[0]

    def readdress(self, host: str, ip4: str) -> None:
        """Give a host another IPv4 address ("10.77.0.99/24"), as a new lease does."""
        new = str(ipaddress.IPv4Interface(ip4))
        old = self._addresses.get(host, self.topology.host(host).links[0].ip4)
        self._order("readdress", host=host, old=old, new=new)
        self._addresses[host] = new

    def popen(self, host: str, words: Sequence[str], **options: Any) -> subprocess.Popen[Any]:
        """Start a program inside a host; the process id is the program's own."""
        program = subprocess.Popen(enter(self.namespace(host), words), **options)
        self._programs = [*(each for each in self._programs if each.poll() is None), program]
        return program

    def run(self, host: str, words: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """Run a program inside a host to its end; its output is kept."""
        full = enter(self.namespace(host), words)
        return subprocess.run(full, capture_output=True, text=True, check=False)

    def inside(self, host: str) -> contextlib.AbstractContextManager[None]:
        """Put the calling thread into a host; sockets made there stay there."""
        return inside(self.namespace(host))

    def namespace(self, host: str) -> str:
        """Return the name of a host's network namespace."""
        return namespace_of(self.name, host)

    def _order(self, verb: str, **request: Any) -> Any:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            try:
                client.connect(str(control_socket_of(self.name)))
            except OSError as error:
                raise NetLabError(f"no laboratory called {self.name} is running") from error
            client.sendall(json.dumps({"do": verb, **request}).encode() + b"\n")
            with client.makefile("rb") as answers:
                answer = json.loads(answers.readline())
        if "error" in answer:
            raise NetLabError(answer["error"])
        return answer["ok"]


def clean() -> list[str]:
    """Remove what laboratories left whose switch was killed; return their names."""
    removed = []
    for record in sorted(RUN_DIR.glob("*.json")):
        try:
            about = json.loads(record.read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            continue  # another test run is just making or removing it
        if not _runs(about["pid"], record.stem):
            _remove(record.stem, about["hosts"])
            removed.append(record.stem)
    return removed


def _runs(pid: int, lab: str) -> bool:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return lab.encode() in words


def _remove(lab: str, hosts: Sequence[str]) -> None:
    for host in hosts:
        namespace = namespace_of(lab, host)
        if (NAMESPACES / namespace).exists():
            remove_namespace(namespace)
    control_socket_of(lab).unlink(missing_ok=True)
    record_of(lab).unlink(missing_ok=True)
