"""What crossed a wire: frames of a capture, taken apart as far as a test asks."""

import ipaddress
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ETHERTYPE_IP4, ETHERTYPE_ARP, ETHERTYPE_IP6 = 0x0800, 0x0806, 0x86DD
TCP, UDP, ICMP6 = 6, 17, 58
_FILE_HEADER, _FRAME_HEADER = 24, struct.Struct("<IIII")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True)
class Packet:
    """One IP packet; ports are 0 unless it is TCP or UDP, payload is what they carry."""

    time: float  # seconds since 1970
    source: Address
    target: Address
    protocol: int
    source_port: int
    target_port: int
    payload: bytes


def frames_of(path: Path) -> Iterator[tuple[float, bytes]]:
    """Yield (time, Ethernet frame) of a pcap file with microseconds, little-endian."""
    data = path.read_bytes()
    position = _FILE_HEADER
    while position + _FRAME_HEADER.size <= len(data):
        seconds, microseconds, size, _ = _FRAME_HEADER.unpack_from(data, position)
        position += _FRAME_HEADER.size
        yield seconds + microseconds / 1e6, data[position : position + size]
        position += size


def packets_of(path: Path) -> Iterator[Packet]:
    """Yield the IP packets of a capture; ARP and other frames are left out."""
    for time, frame in frames_of(path):
        ethertype = int.from_bytes(frame[12:14], "big")
        if ethertype == ETHERTYPE_IP4:
            yield _packet4(time, frame[14:])
        elif ethertype == ETHERTYPE_IP6:
            yield _packet6(time, frame[14:])


def _packet4(time: float, data: bytes) -> Packet:
    header = (data[0] & 15) * 4
    total = int.from_bytes(data[2:4], "big")
    source, target = ipaddress.IPv4Address(data[12:16]), ipaddress.IPv4Address(data[16:20])
    return _packet(time, source, target, data[9], data[header:total])


def _packet6(time: float, data: bytes) -> Packet:
    total = 40 + int.from_bytes(data[4:6], "big")
    source, target = ipaddress.IPv6Address(data[8:24]), ipaddress.IPv6Address(data[24:40])
    protocol, start = data[6], 40
    while protocol == 0:  # hop-by-hop options, as multicast listener reports have
        protocol, start = data[start], start + 8 + data[start + 1] * 8
    return _packet(time, source, target, protocol, data[start:total])


def _packet(time: float, source: Address, target: Address, protocol: int, data: bytes) -> Packet:
    if protocol == UDP:
        payload_at = 8
    elif protocol == TCP:
        payload_at = (data[12] >> 4) * 4
    else:
        return Packet(time, source, target, protocol, 0, 0, data)
    source_port, target_port = struct.unpack_from("!HH", data)
    return Packet(time, source, target, protocol, source_port, target_port, data[payload_at:])
