"""Addresses that somebody on the network claims a meeting is at: to be tried, never to be shown."""

import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.net.addresses import Address, InterfaceAddress, is_diallable, is_on_link

TAGS = 16  # in every announcement, however many can recognise it: room, everybody, 14 contacts
TAG_BYTES = 8
INSTANCE_BYTES = 8
MOST_CANDIDATES = 64  # remembered; the least recently seen goes first
MOST_PER_HOST = 8  # candidates at one address: several copies may run on one computer
MOST_ADDRESSES = 8  # of one candidate

_NAME = re.compile(r"([0-9a-f]{16})\._conclave\._tcp\.local\.", re.ASCII)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who may be hosting a meeting: nothing in it is proven."""

    instance: bytes
    addresses: tuple[Address, ...]
    tags: tuple[bytes, ...]


def instance_of(name: str) -> bytes | None:
    """Return the instance in a full service name, None if it is not one of ours."""
    match = _NAME.fullmatch(name)
    return bytes.fromhex(match.group(1)) if match else None


def read_candidate(
    name: str,
    port: int | None,
    properties: Mapping[bytes, bytes | None],
    hosts: Sequence[str],
    interfaces: Iterable[InterfaceAddress],
    *,
    allow_loopback: bool = False,
) -> Candidate | None:
    """Return what an announcement says, None if it is not one that can be used.

    Only addresses of single machines in our own networks are kept: an announcement cannot make us
    knock on a third party's door elsewhere, or on our own.
    """
    instance = instance_of(name)
    packed = properties.get(b"t")
    if instance is None or port is None or not 0 < port < 65536:
        return None
    if properties.get(b"v") != b"1" or packed is None or len(packed) != TAGS * TAG_BYTES:
        return None
    here = tuple(interfaces)
    usable = dict.fromkeys(
        Address(host, port)
        for host in hosts[: 4 * MOST_ADDRESSES]
        if is_diallable(host, allow_loopback) and is_on_link(host, here)
    )
    if not usable:
        return None
    tags = tuple(packed[i : i + TAG_BYTES] for i in range(0, len(packed), TAG_BYTES))
    return Candidate(instance, tuple(usable)[:MOST_ADDRESSES], tags)


class CandidateList:
    """The candidates seen lately, bounded whatever the network says; `dropped` counts the rest."""

    def __init__(self) -> None:
        self._seen: OrderedDict[bytes, Candidate] = OrderedDict()
        self.dropped = 0

    def __iter__(self) -> Iterator[Candidate]:
        """Go through them, the least recently seen first."""
        return iter(tuple(self._seen.values()))

    def __len__(self) -> int:
        """Count them."""
        return len(self._seen)

    def saw(self, candidate: Candidate) -> bool:
        """Note a candidate; tell whether the list is different now."""
        before = self._seen.pop(candidate.instance, None)
        self._seen[candidate.instance] = candidate
        if before is None:
            self._make_room(candidate)
        return before != candidate

    def lost(self, instance: bytes) -> bool:
        """Note that a candidate said goodbye or was not heard of; tell whether it was there."""
        return self._seen.pop(instance, None) is not None

    def _make_room(self, newest: Candidate) -> None:
        host = newest.addresses[0].host
        same = [c.instance for c in self._seen.values() if c.addresses[0].host == host]
        if len(same) > MOST_PER_HOST:
            del self._seen[same[0]]
            self.dropped += 1
        if len(self._seen) > MOST_CANDIDATES:
            self._seen.popitem(last=False)
            self.dropped += 1
