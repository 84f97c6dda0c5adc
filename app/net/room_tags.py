"""What is written on the wall of the local network: tags that only holders of a key recognise."""

from collections.abc import Sequence

from app.net.candidates import TAG_BYTES, TAGS, Candidate
from crypto.kdf import labelled_hash, mac
from crypto.sodium import Random

HOUR = 3600.0  # seconds a tag is good for; then instance and tags are drawn anew

# Meetings that are open to "anyone on this network" use a key that everybody has.
PUBLIC_DISCOVERY_KEY = labelled_hash("visible meetings")


def hour_of(now: float) -> int:
    """Return the hour that a moment (seconds since 1970) lies in."""
    return max(0, int(now // HOUR))


def room_tag(key: bytes, instance: bytes, hour: int) -> bytes:
    """Return the 8 bytes by which holders of a room's discovery key find it in one hour."""
    return mac(key, b"mdns" + instance + hour.to_bytes(8, "big"))[:TAG_BYTES]


def tags_for(
    keys: Sequence[bytes], instance: bytes, hour: int, random: Random
) -> tuple[bytes, ...]:
    """Return sixteen tags, random ones among them, in an order that tells nothing."""
    if len(keys) > TAGS:
        raise ValueError(f"there is room for {TAGS} tags")
    tags = [room_tag(key, instance, hour) for key in keys]
    tags += [random(TAG_BYTES) for _ in range(TAGS - len(tags))]
    return tuple(sorted(tags))


def matches(candidate: Candidate, key: bytes, now: float) -> bool:
    """Tell whether a candidate claims to be the room of a key; clocks may differ by an hour.

    A claim is all it is: who is there, only the encrypted channel can prove.
    """
    hour = hour_of(now)
    return any(
        room_tag(key, candidate.instance, nearby) in candidate.tags
        for nearby in range(max(0, hour - 1), hour + 2)
    )
