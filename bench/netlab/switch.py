"""The process that builds a laboratory, forwards its frames, and removes it when nobody needs it.

It is started with the laboratory's name and a pipe whose other end its maker holds: when the
maker dies for whatever reason, the pipe breaks and every namespace goes.
"""

import contextlib
import errno
import heapq
import itertools
import json
import os
import random
import select
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, BinaryIO

from bench.netlab.cable import CableError, Counts, Direction
from bench.netlab.namespace import DEAD_MAC, Machine, NetLabError
from bench.netlab.record import RUN_DIR, control_socket_of, record_of
from bench.netlab.topology import Topology

FRAMES_AT_ONCE = 64  # read from one cable before the others have their turn
MAX_FRAME = 65_536
PRIORITY = 2  # among real-time processes: above a benchmark that was started with `chrt -r 1`
MDNS_MACS = (bytes.fromhex("01005e0000fb"), bytes.fromhex("3333000000fb"))  # 224.0.0.251, ff02::fb
PCAP_HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65_535, 1)  # microseconds, Ethernet


@dataclass(eq=False)
class Port:
    """The switch's end of one cable."""

    name: str
    machine: Machine
    segment: str
    device: str
    up: Direction  # from the host
    down: Direction  # to the host
    plugged: bool = True
    group: int = 0  # ports of different groups cannot talk
    capture: BinaryIO | None = None

    @property
    def tap(self) -> int:
        """The descriptor that frames are read from and written to."""
        return self.machine.taps[self.device]


@dataclass(order=True)
class Flight:
    """A frame under way: from a host to the switch, or from the switch to a host."""

    arrives: float
    ticket: int
    port: Port = field(compare=False)
    frame: bytes = field(compare=False)
    upward: bool = field(compare=False)


class Switch:
    """All segments of one laboratory in one loop: frames, flights and orders."""

    def __init__(self, lab: str, topology: Topology, seed: int | None) -> None:
        self.lab, self.topology = lab, topology
        self.chance = random.Random(seed)
        self.machines = [Machine(lab, host) for host in topology.hosts]
        self.ports: dict[str, Port] = {}
        self.learned: dict[tuple[str, bytes], Port] = {}  # (segment, address) -> port
        self.flights: list[Flight] = []
        self.tickets = itertools.count()
        self.capture_all: BinaryIO | None = None
        self.mdns_passes = True
        self.running = True

    # ---- building and removing

    def build(self) -> None:
        """Make every host and lay its cables."""
        for machine in self.machines:
            machine.build()
            links = machine.host.links
            for link in links:
                name = (
                    machine.host.name if len(links) == 1 else f"{machine.host.name}.{link.device}"
                )
                up, down = Direction(self.chance), Direction(self.chance)
                self.ports[name] = Port(name, machine, link.segment, link.device, up, down)

    def remove(self) -> None:
        """End every program inside, remove every namespace, close every capture."""
        for file in (self.capture_all, *(port.capture for port in self.ports.values())):
            if file:
                file.close()
        for machine in self.machines:
            machine.remove()

    # ---- frames

    def from_host(self, port: Port, frame: bytes, now: float) -> None:
        """Take what a host sent into its cable."""
        record(port.capture, frame)
        record(self.capture_all, frame)
        if not port.plugged:
            port.up.counts.unplugged_drops += 1
            return
        for arrives, data in port.up.admit(frame, now):
            if arrives <= now:
                self.across(port, data, now)
            else:
                self._send_later(arrives, port, data, upward=True)

    def across(self, source: Port, frame: bytes, now: float) -> None:
        """Forward a frame to where its address was seen last, or to everybody else."""
        self.learned[(source.segment, frame[6:12])] = source
        if frame.startswith(DEAD_MAC) or (frame[0:6] in MDNS_MACS and not self.mdns_passes):
            return
        targets: Iterable[Port] = self.ports.values()
        is_for_one = not frame[0] & 1
        if is_for_one and (known := self.learned.get((source.segment, frame[0:6]))):
            targets = [known]
        for port in targets:
            same_side = port.segment == source.segment and port.group == source.group
            if port is source or not same_side:
                continue
            for arrives, data in port.down.admit(frame, now):
                if arrives <= now:
                    self.to_host(port, data)
                else:
                    self._send_later(arrives, port, data, upward=False)

    def to_host(self, port: Port, frame: bytes) -> None:
        """Hand a frame to the host at the end of its cable."""
        if not port.plugged:
            port.down.counts.unplugged_drops += 1
            return
        record(port.capture, frame)
        with contextlib.suppress(OSError):  # the device is down, or its buffer full
            os.write(port.tap, frame)

    def _send_later(self, arrives: float, port: Port, frame: bytes, upward: bool) -> None:
        flight = Flight(arrives, next(self.tickets), port, frame, upward)
        heapq.heappush(self.flights, flight)

    def _land_what_is_due(self, now: float) -> None:
        while self.flights and self.flights[0].arrives <= now:
            flight = heapq.heappop(self.flights)
            if not flight.upward:
                self.to_host(flight.port, flight.frame)
            elif flight.port.plugged:
                self.across(flight.port, flight.frame, flight.arrives)
            else:
                flight.port.up.counts.unplugged_drops += 1

    def _read(self, port: Port, now: float) -> None:
        for _ in range(FRAMES_AT_ONCE):
            try:
                frame = os.read(port.tap, MAX_FRAME)
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno not in (errno.EIO, errno.EBADFD):  # the device is down
                    raise
                return
            self.from_host(port, frame, now)

    def loop(self, lifeline: int, server: socket.socket) -> None:
        """Forward and obey until told to stop or the maker is gone."""
        readers: dict[int, Callable[[float], None]] = {
            port.tap: (lambda now, port=port: self._read(port, now))  # type: ignore[misc]
            for port in self.ports.values()
        }

        def gone(_now: float) -> None:
            if not os.read(lifeline, 4096):
                self.running = False

        def accept(_now: float) -> None:
            client, _ = server.accept()
            readers[client.fileno()] = lambda _now: answer(client)

        def answer(client: socket.socket) -> None:
            descriptor = client.fileno()
            try:
                request = client.makefile("rb").readline()
                if not request:
                    raise ConnectionError("closed")
                client.sendall(json.dumps(self.obey(json.loads(request))).encode() + b"\n")
            except (OSError, ValueError):
                del readers[descriptor]
                client.close()

        readers[lifeline] = gone
        readers[server.fileno()] = accept
        while self.running:
            self._land_what_is_due(time.monotonic())
            wait = max(0.0, self.flights[0].arrives - time.monotonic()) if self.flights else None
            ready, _, _ = select.select(list(readers), [], [], wait)
            now = time.monotonic()
            for descriptor in ready:
                if reader := readers.get(descriptor):
                    reader(now)

    # ---- orders

    def obey(self, request: dict[str, Any]) -> dict[str, Any]:
        """Carry out one order of a client; what goes wrong becomes the answer."""
        orders: dict[str, Callable[..., Any]] = {
            "impair": self.impair,
            "plug": self.plug,
            "partition": self.partition,
            "let_mdns_pass": self.let_mdns_pass,
            "readdress": self.readdress,
            "statistics": self.statistics,
            "capture": self.capture,
            "describe": self.describe,
        }
        try:
            return {"ok": orders[request.pop("do")](**request)}
        except (NetLabError, CableError, TypeError, KeyError, ValueError, OSError) as error:
            return {"error": f"{type(error).__name__}: {error}"}

    def impair(self, link: str, way: str, changes: dict[str, float]) -> None:
        """Change what cables do, in one direction or both."""
        if way not in ("up", "down", "both"):
            raise NetLabError(f"a cable's direction is up, down or both, not {way}")
        for port in self._ports_of(link):
            if way != "down":
                port.up.impair(changes)
            if way != "up":
                port.down.impair(changes)

    def plug(self, link: str, on: bool) -> None:
        """Pull a cable, or put it back."""
        for port in self._ports_of(link):
            port.plugged = on
            port.machine.set_carrier(port.device, on)
            if on:
                port.machine.configure()

    def partition(self, groups: list[list[str]]) -> None:
        """Let only ports of the same group reach each other."""
        for port in self.ports.values():
            port.group = 0
        for number, members in enumerate(groups, 1):
            for name in members:
                for port in self._ports_of(name):
                    port.group = number

    def let_mdns_pass(self, passes: bool) -> None:
        """Forward multicast DNS, or swallow it as many a wireless network does."""
        self.mdns_passes = passes

    def readdress(self, host: str, old: str, new: str) -> None:
        """Exchange the IPv4 address of a host's first device."""
        port = self._ports_of(host)[0]
        port.machine.replace_address(port.device, old, new)

    def statistics(self) -> dict[str, Any]:
        """Return what happened on every cable."""

        def side(direction: Direction) -> dict[str, Any]:
            counts: Counts = direction.counts
            return {"counts": asdict(counts), "impairment": direction.impairment.changed()}

        return {
            name: {"plugged": port.plugged, "up": side(port.up), "down": side(port.down)}
            for name, port in self.ports.items()
        }

    def capture(self, link: str, path: str) -> None:
        """Write a pcap of one cable, or ("*") of every frame sent once; no path ends it."""
        file = start_capture(path) if path else None
        if link == "*":
            self.capture_all, file = file, self.capture_all
        else:
            port = self._ports_of(link)[0]
            port.capture, file = file, port.capture
        if file:
            file.close()

    def describe(self) -> dict[str, Any]:
        """Return the topology and the CPU seconds that the switch itself has used."""
        return {"topology": self.topology.to_json(), "cpu_s": time.process_time()}

    def _ports_of(self, link: str) -> list[Port]:
        found = [
            port
            for name, port in self.ports.items()
            if link in ("*", name) or port.machine.host.name == link
        ]
        if not found:
            raise NetLabError(f"no cable {link}; there are {', '.join(self.ports)}")
        return found


def start_capture(path: str) -> BinaryIO:
    """Open a pcap file for writing."""
    file = open(path, "wb")  # noqa: SIM115 - closed by the order that ends the capture
    file.write(PCAP_HEADER)
    return file


def record(file: BinaryIO | None, frame: bytes) -> None:
    """Append a frame to a capture, if there is one."""
    if file:
        seconds, rest = divmod(time.time_ns(), 10**9)
        size = len(frame)
        file.write(struct.pack("<IIII", seconds, rest // 1000, size, size) + frame)


def be_punctual() -> None:
    """Go before everything else on this computer, or at least before some of it.

    A switch that waits for its turn behind those whose frames it carries delays all of them.
    Niceness helps little where the kernel groups processes by session (sched(7), autogroup).
    """
    real_time = os.SCHED_RR | os.SCHED_RESET_ON_FORK  # what it starts does not inherit it
    try:
        os.sched_setscheduler(0, real_time, os.sched_param(PRIORITY))
    except OSError:  # not even for root, in some containers
        with contextlib.suppress(OSError):
            os.nice(-5)


def main(lab: str, lifeline: int, seed: int | None) -> int:
    """Build the laboratory that standard input describes, run it, remove it."""
    switch = Switch(lab, Topology.from_json(sys.stdin.readline()), seed)
    RUN_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    hosts = [host.name for host in switch.topology.hosts]
    record_of(lab).write_text(json.dumps({"pid": os.getpid(), "hosts": hosts}))
    endings = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    for number in endings:
        signal.signal(number, lambda *_: sys.exit(0))
    be_punctual()
    try:
        switch.build()
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
            server.bind(str(control_socket_of(lab)))
            control_socket_of(lab).chmod(0o600)
            server.listen(8)
            print("ready", flush=True)
            switch.loop(lifeline, server)
    except NetLabError as error:
        print(f"failed: {error}", flush=True)
        return 1
    finally:
        for number in endings:
            signal.signal(number, signal.SIG_IGN)
        switch.remove()
        control_socket_of(lab).unlink(missing_ok=True)
        record_of(lab).unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) if sys.argv[3:] else None))
