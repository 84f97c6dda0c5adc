"""Somebody on the same network who draws the path of two others through a computer of their own.

    python -m fakes.attacks.path MODES SECONDS ADDRESS ADDRESS

Tells both again and again that the other's address is here (ARP), and passes on what comes:
one mode after the other, for so many seconds each. At the end it tells them the truth.
"""

import heapq
import itertools
import random
import socket
import struct
import sys
import time
from collections import Counter, deque
from pathlib import Path

from fakes.attacker import tell

DEVICE = "eth0"
ETHERTYPE_ALL, ETHERTYPE_ARP, ETHERTYPE_IP = 3, 0x0806, 0x0800
TCP, UDP = 6, 17
LIE_AGAIN_S = 0.3
FLIPPED = 0.1  # of the datagrams, and of the segments that carry something
COPIES, LATEST_S = 3, 1.5  # of a datagram that is replayed, and until when
LONGEST_S = 0.3  # that a packet is held back
KEPT = 500  # packets that may be said again

Host = tuple[bytes, bytes]  # hardware and IP address


def checksum(data: bytes) -> int:
    """Return the checksum of the internet (RFC 1071)."""
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def altered(packet: bytes, chance: random.Random) -> bytes:
    """Return an IPv4 packet with a bit of its payload flipped, and checksums that fit."""
    start = (packet[0] & 15) * 4
    total = int.from_bytes(packet[2:4], "big")
    head, body = packet[:start], bytearray(packet[start:total])
    offset = 8 if packet[9] == UDP else (body[12] >> 4) * 4
    if len(body) <= offset:
        return packet
    body[chance.randrange(offset, len(body))] ^= 1 << chance.randrange(8)
    place = 6 if packet[9] == UDP else 16
    body[place : place + 2] = b"\0\0"
    pseudo = packet[12:20] + struct.pack("!BBH", 0, packet[9], len(body))
    body[place : place + 2] = struct.pack("!H", checksum(pseudo + bytes(body)) or 0xFFFF)
    return head + bytes(body)


def reflected(packet: bytes) -> bytes:
    """Return a datagram with both ends exchanged, as if its target had said it."""
    start = (packet[0] & 15) * 4
    addresses, ports = packet[16:20] + packet[12:16], packet[start + 2 : start + 4]
    ports += packet[start : start + 2]
    return packet[:12] + addresses + packet[20:start] + ports + packet[start + 4 :]


class Between:
    """Stands between two hosts: all that they say to each other passes here."""

    def __init__(self, two: tuple[str, str]) -> None:
        self._sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETHERTYPE_ALL))
        self._sock.bind((DEVICE, 0))
        self._own = self._sock.getsockname()[4]
        self._hosts: tuple[Host, Host] = tuple(map(self._find, two))  # type: ignore[assignment]
        self._later: list[tuple[float, int, bytes]] = []
        self._order = itertools.count()
        self._heard: deque[bytes] = deque(maxlen=KEPT)
        self._chance = random.Random(4)
        self.counts: Counter[str] = Counter()

    def _find(self, address: str) -> Host:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            for _ in range(50):
                probe.sendto(b"", (address, 9))
                for line in Path("/proc/net/arp").read_text().splitlines():
                    words = line.split()
                    if words[0] == address and words[3] != "00:00:00:00:00:00":
                        return bytes.fromhex(words[3].replace(":", "")), socket.inet_aton(address)
                time.sleep(0.1)
        raise OSError(f"{address} does not answer")

    def say(self, truth: bool = False) -> None:
        """Tell each where the other is: here, or the truth."""
        for (to, target), (theirs, source) in (self._hosts, self._hosts[::-1]):
            hardware = theirs if truth else self._own
            answer = struct.pack("!HHBBH", 1, ETHERTYPE_IP, 6, 4, 2)
            frame = to + self._own + struct.pack("!H", ETHERTYPE_ARP) + answer
            self._sock.send(frame + hardware + source + to + target)

    def run(self, mode: str, seconds: float) -> None:
        """Pass on what comes, in one way, for so long."""
        end, lie = time.monotonic() + seconds, 0.0
        while (now := time.monotonic()) < end:
            if now >= lie:
                self.say()
                lie = now + LIE_AGAIN_S
            while self._later and self._later[0][0] <= now:
                self._send(heapq.heappop(self._later)[2])
            due = self._later[0][0] if self._later else end
            self._sock.settimeout(max(0.001, min(due, lie, end) - now))
            try:
                frame, (_, _, kind, _, source) = self._sock.recvfrom(65_536)
            except TimeoutError:
                continue
            is_theirs = source in (host[0] for host in self._hosts)
            is_ip = frame[12:14] == ETHERTYPE_IP.to_bytes(2, "big")
            if frame[:6] == self._own and kind == socket.PACKET_HOST and is_theirs and is_ip:
                self._pass_on(frame[14:], mode, now)

    def _pass_on(self, packet: bytes, mode: str, now: float) -> None:
        if packet[16:20] not in (address for _, address in self._hosts):
            return
        self.counts[mode] += 1
        is_udp = packet[9] == UDP
        match mode:
            case "flip" if self._chance.random() < FLIPPED:
                changed = altered(packet, self._chance)
                self.counts["flipped"] += changed != packet
                self._send(changed)
            case "replay" if is_udp:
                self._send(packet)
                for each in [packet, reflected(packet)] * COPIES:
                    self.counts["replayed"] += 1
                    self._at(now + self._chance.uniform(0.0, LATEST_S), each)
            case "delay":
                self.counts["delayed"] += 1
                self._at(now + self._chance.uniform(0.0, LONGEST_S), packet)
            case "swap" if is_udp:  # what one flow said goes into another, in its order or not
                self._heard.append(packet)
                other = self._chance.choice(self._heard)
                self._send(packet)
                start, theirs = (packet[0] & 15) * 4, (other[0] & 15) * 4
                payload = other[theirs + 8 : int.from_bytes(other[2:4], "big")]
                self.counts["swapped"] += 1
                self._send(self._datagram(packet[:start], packet[start : start + 4], payload))
            case "drop":
                self.counts["dropped"] += 1
            case _:
                self._send(packet)

    def _datagram(self, head: bytes, ports: bytes, payload: bytes) -> bytes:
        size = len(payload) + 8
        head = head[:2] + struct.pack("!H", len(head) + size) + head[4:10] + b"\0\0" + head[12:]
        head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
        return head + ports + struct.pack("!HH", size, 0) + payload  # 0: without a checksum

    def _at(self, when: float, packet: bytes) -> None:
        heapq.heappush(self._later, (when, next(self._order), packet))

    def _send(self, packet: bytes) -> None:
        hardware = next(hard for hard, address in self._hosts if address == packet[16:20])
        self._sock.send(hardware + self._own + struct.pack("!H", ETHERTYPE_IP) + packet)


def main(modes: str, seconds: str, one: str, two: str) -> None:
    """Be on the path until every mode had its time."""
    path = Between((one, two))
    tell("ready")
    for mode in modes.split(","):
        tell("mode", mode=mode)
        path.run(mode, float(seconds))
    for _ in range(3):
        path.say(truth=True)
        time.sleep(0.1)
    tell("result", **path.counts)


if __name__ == "__main__":
    main(*sys.argv[1:])
