"""What an eavesdropper finds in a capture: addresses, words, pictures, anything but noise."""

import ipaddress
import itertools
import struct
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from fakes.pcap import ETHERTYPE_ARP, ICMP6, UDP, Address, Packet, frames_of, packets_of

from bench.netlab import NetLab

MDNS_PORT = 5353
NAME_SERVICE_PORTS = frozenset({53, 137, 853, 5355})  # DNS, NetBIOS, DNS over TLS, LLMNR
MDNS_GROUPS = frozenset(map(ipaddress.ip_address, ("224.0.0.251", "ff02::fb")))
# What the operating system itself says on any LAN: who listens to which group, who is where.
HOUSEKEEPING = (
    ipaddress.ip_network("224.0.0.22/32"),
    ipaddress.ip_network("ff02::1/128"),
    ipaddress.ip_network("ff02::2/128"),
    ipaddress.ip_network("ff02::16/128"),
    ipaddress.ip_network("ff02::1:ff00:0/104"),
)
ARP_REQUEST = b"\0\1"  # RFC 826
NEIGHBOUR_DISCOVERY = range(133, 138)  # RFC 4861, section 4; who is asked for, `sought` tells
NEIGHBOUR_SOLICITATION = 135  # RFC 4861, section 4.3
VP8_KEY_FRAME = b"\x9d\x01\x2a"  # RFC 6386, section 9.1; the size follows
RTP_HEADER = 12


def addresses_of(lab: NetLab) -> dict[Address, str]:
    """Return every address of every host, link-local ones too."""
    found: dict[Address, str] = {}
    for host in lab.hosts:
        words = lab.run(host, ["ip", "-o", "addr", "show", "scope", "global"]).stdout.split()
        words += lab.run(host, ["ip", "-o", "addr", "show", "scope", "link"]).stdout.split()
        for kind, address in itertools.pairwise(words):
            if kind in ("inet", "inet6"):
                found[ipaddress.ip_interface(address).ip] = host
    return found


def strangers(packets: Iterable[Packet], known: Iterable[Address]) -> set[tuple[str, str, int]]:
    """Return (source, target, target port) of what goes to nobody known, multicast included."""
    allowed = set(known) | MDNS_GROUPS
    return {
        (str(packet.source), str(packet.target), packet.target_port)
        for packet in packets
        if packet.target not in allowed
        and not any(packet.target in network for network in HOUSEKEEPING)
    }


def is_neighbourly(packet: Packet) -> bool:
    """Tell whether two systems only make sure of where the other is: no program's doing."""
    return packet.protocol == ICMP6 and packet.payload[0] in NEIGHBOUR_DISCOVERY


def sought(path: Path) -> set[str]:
    """Return the addresses whose owner somebody asked for: by ARP, or as an IPv6 neighbour."""
    by_arp = {
        str(ipaddress.ip_address(frame[38:42]))
        for _, frame in frames_of(path)
        if int.from_bytes(frame[12:14], "big") == ETHERTYPE_ARP and frame[20:22] == ARP_REQUEST
    }
    return by_arp | {
        str(ipaddress.ip_address(packet.payload[8:24]))
        for packet in packets_of(path)
        if packet.protocol == ICMP6 and packet.payload[0] == NEIGHBOUR_SOLICITATION
    }


def name_queries(packets: Iterable[Packet]) -> set[tuple[str, str, int]]:
    """Return (source, target, port) of what asks a name service other than mDNS."""
    return {
        (str(packet.source), str(packet.target), packet.target_port)
        for packet in packets
        if packet.target_port in NAME_SERVICE_PORTS
    }


def spellings(word: str) -> Iterator[bytes]:
    """Yield how a word may stand in bytes that somebody forgot to encrypt."""
    for one in {word, word.lower(), word.upper()}:
        for encoding in ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le"):
            yield one.encode(encoding)


def words_in(data: bytes, words: Iterable[str]) -> set[str]:
    """Return which of the words can be read in the bytes."""
    return {word for word in words if any(spelling in data for spelling in spellings(word))}


def key_frames_in(data: bytes, sizes: Iterable[tuple[int, int]]) -> int:
    """Return how many VP8 key frames of these sizes begin in the bytes."""
    return sum(
        data.count(VP8_KEY_FRAME + struct.pack("<HH", width, height)) for width, height in sizes
    )


def bytes_of(path: Path) -> bytes:
    """Return every byte that crossed the wire, frame after frame, each with a gap behind it."""
    return b"\0\0\0\0".join(frame for _, frame in frames_of(path))


def media_of(packets: Iterable[Packet]) -> bytes:
    """Return what the media packets (RTP) carry behind their headers, one after the other."""
    found = []
    for packet in packets:
        data = packet.payload
        is_rtp = packet.protocol == UDP and len(data) > RTP_HEADER and 128 <= data[0] < 192
        if is_rtp and not 192 <= data[1] <= 223:  # RTCP
            start = RTP_HEADER + 4 * (data[0] & 15)
            if data[0] & 16:
                start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4], "big")
            found.append(data[start:])
    return b"".join(found)


def compressibility(data: bytes) -> float:
    """Return by which share the bytes can be made shorter; noise cannot."""
    return 1 - len(zlib.compress(data, 6)) / max(1, len(data))


__all__ = [
    "addresses_of",
    "bytes_of",
    "compressibility",
    "is_neighbourly",
    "key_frames_in",
    "media_of",
    "name_queries",
    "packets_of",
    "sought",
    "strangers",
    "words_in",
]
