"""What links are told about and what travels on them, written a second time."""

import ipaddress
import struct

from vectors.reference.fields import Case, unhex
from vectors.reference.primitives import Refused

STREAMS = {  # SSRC, payload type
    "microphone": (1, 111),
    "camera": (2, 96),
    "screen": (3, 97),
    "repeat": (5, 120),
    "repair": (6, 121),
    "padding": (7, 122),
}
SENDER = 15  # SSRC of who speaks RTCP
BITS = ("microphone", "camera", "hand", "sharing", "signing")
LETTERS = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")


def link_parameters(given: Case) -> Case:
    """The payload of a Signal."""
    ufrag, password = given["ufrag"].encode(), given["password"].encode()
    for text, least, most in ((ufrag, 4, 32), (password, 22, 64)):
        if not (least <= len(text) <= most and LETTERS.issuperset(text)):
            raise Refused("malformed")
    parts = [b"\1", *unhex(given, "session", "fingerprint")]
    parts += [bytes([len(text)]) + text for text in (ufrag, password)]
    parts.append(bytes([len(given["candidates"])]))
    for host, port, priority in given["candidates"]:
        packed = ipaddress.ip_address(host).packed
        parts.append(bytes([len(packed)]) + packed + struct.pack("!HI", port, priority))
    return {"payload": b"".join(parts).hex()}


def small_messages(given: Case) -> Case:
    """A chat line, a text that is being written, a state or a reaction, before it is sealed."""
    match given:
        case {"chat": text}:
            head = b"\2" + unhex(given, "id")[0]
        case {"change": text, "number": number, "at": at, "removed": removed}:
            head = b"\3" + unhex(given, "id")[0] + struct.pack("!IHH", number, at, removed)
        case {"whole": text, "number": number}:
            head = b"\4" + unhex(given, "id")[0] + struct.pack("!I", number)
        case {"reaction": number}:
            return {"frame": bytes([5, number]).hex()}
        case _:
            bits = sum(1 << place for place, name in enumerate(BITS) if given[name])
            up = struct.pack("!I", given["hand_for"]) if given["hand"] else b""
            return {"frame": (bytes([1, bits]) + up).hex()}
    data = text.encode()
    return {"frame": (head + struct.pack("!H", len(data)) + data).hex()}


def pictures(given: Case) -> Case:
    """A picture, before it is sealed, and its flags."""
    (vp8,) = unhex(given, "vp8")
    flags = given["key"] | given["layer"] << 1 | given["needs_layer_1"] << 3
    frame = struct.pack("!BHB", given["size"], given["number"], given["group"]) + vp8
    return {"flags": flags, "frame": frame.hex()}


def rtp_packets(given: Case) -> Case:
    """A packet, before SRTP."""
    ssrc, kind = STREAMS[given["stream"]]
    second = kind | given["marker"] << 7
    head = struct.pack("!BBHII", 0x90, second, given["sequence"], given["timestamp"], ssrc)
    head += b"\xbe\xde\0\1\x11" + struct.pack("!H", given["number"]) + b"\0"
    return {"packet": (head + unhex(given, "payload")[0]).hex()}


def rtcp_packets(given: Case) -> Case:
    """A packet of several parts, before SRTP."""
    return {"packet": b"".join(map(_part, given["parts"])).hex()}


def _part(part: Case) -> bytes:
    match part:
        case {"part": "NACK", "SSRC": ssrc, "sequences": sequences}:
            return _headed(205, 1, struct.pack("!I", ssrc) + _nacks(sequences))
        case {"part": "PLI", "SSRC": ssrc}:
            return _headed(206, 1, struct.pack("!I", ssrc))
        case {"part": "heartbeat", "sent": sent, "echo": echo, "held": held}:
            return _headed(204, 1, b"CNCL" + struct.pack("!QQQ", sent, echo, held))
        case {"part": "arrivals", "offsets": offsets}:
            head = struct.pack("!IHH", part["reference"], part["first"], len(offsets))
            head += struct.pack("!II", part["packets"], part["octets"])
            times = b"".join(struct.pack("!H", offset) for offset in offsets)
            return _headed(204, 2, b"CNCL" + head + times + bytes(len(times) % 4))
        case {"part": "want", "context": context, "lines": lines, "fps": fps, "number": number}:
            wish = struct.pack("!BHBHH", context, lines, fps, number, 0)
            return _headed(204, 3, b"CNCL" + wish)
    raise ValueError(f"there is no part {part['part']}")


def _headed(kind: int, count: int, body: bytes) -> bytes:
    return struct.pack("!BBHI", 0x80 | count, kind, 1 + len(body) // 4, SENDER) + body


def _nacks(sequences: list[int]) -> bytes:
    """Each entry names a packet, and which of the 16 after it are missing, too."""
    entries: list[list[int]] = []
    for sequence in sequences:
        after = (sequence - entries[-1][0] - 1) % 65_536 if entries else 16
        if after < 16:
            entries[-1][1] |= 1 << after
        else:
            entries.append([sequence, 0])
    return b"".join(struct.pack("!HH", *entry) for entry in entries)
