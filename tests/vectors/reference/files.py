"""What members tell each other about files, written a second time."""

import hashlib
import struct

from vectors.reference.fields import Case, unhex
from vectors.reference.primitives import Refused

KINDS = {
    "offer": 1,
    "part": 2,
    "end": 3,
    "stopped": 4,
    "hold": 5,
    "want": 6,
    "refuse": 7,
    "have": 8,
}
LARGEST = 2**62
LONGEST_PART = 8192
NOT_IN_A_LINE = [
    (0, 0x1F), (0x7F, 0x9F), (0x2028, 0x2029), (0x202A, 0x202E), (0x2066, 0x2069)
]  # fmt: skip


def file_checksums(given: Case) -> Case:
    """The checksum that an End has."""
    (content,) = unhex(given, "content")
    return {"checksum": hashlib.blake2b(content, digest_size=32).hexdigest()}


def file_messages(given: Case) -> Case:
    """A message about a file, before it is sealed."""
    (file_id,) = unhex(given, "id")
    kind = given["message"]
    match kind:
        case "offer":
            name = given["name"].encode()
            rest = struct.pack("!QB", given["size"], len(name)) + name
        case "part":
            rest = struct.pack("!Q", given["offset"]) + unhex(given, "data")[0]
        case "end":
            (rest,) = unhex(given, "digest")
        case "stopped" | "refuse":
            rest = bytes([given["why"]])
        case "hold":
            rest = bytes([given["on"]])
        case "want":
            flags = given["held"] | given["again"] << 1
            rest = struct.pack("!QQB", given["offset"], given["limit"], flags)
        case _:
            rest = b""
    return {"frame": (bytes([KINDS[kind]]) + file_id + rest).hex()}


def read_file_messages(given: Case) -> Case:
    """What is to be refused."""
    (frame,) = unhex(given, "frame")
    _check(frame)
    return {}


def _check(frame: bytes) -> None:
    """Refuse what is no message about a file."""
    kind, rest = frame[:1], frame[9:]
    sound = len(frame) >= 9
    match int.from_bytes(kind, "big"):
        case 1:
            size = int.from_bytes(rest[:8], "big")
            sound = sound and size <= LARGEST and rest[8:9] == bytes([len(rest) - 9])
            sound = sound and _is_line(rest[9:])
        case 2:
            size = int.from_bytes(rest[:8], "big")
            sound = sound and size <= LARGEST and 0 < len(rest) - 8 <= LONGEST_PART
        case 3:
            sound = sound and len(rest) == 32
        case 4:
            sound = sound and len(rest) == 1 and 1 <= rest[0] <= 3
        case 5:
            sound = sound and rest in (b"\0", b"\1")
        case 6:
            sound = sound and len(rest) == 17 and rest[16] <= 3
            sound = sound and int.from_bytes(rest[:8], "big") <= int.from_bytes(rest[8:16], "big")
            sound = sound and int.from_bytes(rest[8:16], "big") <= LARGEST
        case 7:
            sound = sound and len(rest) == 1 and 1 <= rest[0] <= 7
        case 8:
            sound = sound and not rest
        case _:
            sound = False
    if not sound:
        raise Refused("malformed")


def _is_line(text: bytes) -> bool:
    try:
        signs = [ord(sign) for sign in text.decode()]
    except UnicodeDecodeError:
        return False
    return not any(low <= sign <= high for sign in signs for low, high in NOT_IN_A_LINE)
