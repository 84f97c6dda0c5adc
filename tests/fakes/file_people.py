"""People who give each other files in simulated time: real desks, a made-up disk and network."""

import random
from collections import deque
from collections.abc import Callable
from hashlib import blake2b

from app.meeting.files.desk import Files
from app.meeting.files.orders import (
    CloseSource,
    DiskEvent,
    DropTarget,
    FinishTarget,
    OpenSource,
    OpenTarget,
    Order,
    ReadSource,
    SaveTarget,
    SourceFailed,
    SourceOpened,
    SourceRead,
    TargetFailed,
    TargetFinished,
    TargetNotSaved,
    TargetOpened,
    TargetWritten,
    Tell,
    WriteTarget,
)
from app.meeting.view import FileLeg, SharedFile
from app.meeting.wishes import OfferFile
from crypto.errors import MalformedError

ROOM = 8192  # bytes that a path takes in one turn


class Disk:
    """Files as a dictionary; `full` and `broken` say what goes wrong."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.parts: dict[bytes, bytearray] = {}  # what has no name yet
        self.full = False
        self.changed = False
        self.unreadable = False
        self.open_sources: dict[bytes, str] = {}
        self._names: dict[bytes, str] = {}

    def do(self, order: Order) -> DiskEvent | None:
        match order:
            case OpenSource(file_id, path):
                if path not in self.files:
                    return SourceFailed(file_id, "unreadable")
                self.open_sources[file_id] = path
                return SourceOpened(file_id, path.rpartition("/")[2], len(self.files[path]))
            case ReadSource(file_id, dev, turn, offset, size):
                if self.unreadable or self.changed:
                    return SourceFailed(file_id, "changed" if self.changed else "unreadable")
                whole = self.files[self.open_sources[file_id]]
                data = whole[offset : offset + size]
                digest = digest_of(whole) if offset + size == len(whole) else b""
                return SourceRead(file_id, dev, turn, offset, data, digest)
            case CloseSource(file_id):
                self.open_sources.pop(file_id, None)
            case OpenTarget(key, path, name):
                if path == "gone":
                    return TargetFailed(key, "folder_gone")
                self.parts[key], self._names[key] = bytearray(), name
                return TargetOpened(key)
            case WriteTarget(key, offset, data):
                if self.full:
                    self.parts.pop(key, None)
                    return TargetFailed(key, "disk_full")
                assert offset == len(self.parts[key]), "what is stored comes in order"
                self.parts[key] += data
                return TargetWritten(key, len(self.parts[key]))
            case FinishTarget(key, digest):
                whole = bytes(self.parts.pop(key))
                if digest_of(whole) != digest:
                    return TargetFailed(key, "damaged")
                self.files[self._names[key]] = whole
                return TargetFinished(key, self._names[key])
            case SaveTarget(key):
                return TargetNotSaved(key, "disk_full") if self.full else None
            case DropTarget(key):
                self.parts.pop(key, None)
        return None


class Someone:
    """A person with a desk and a disk."""

    def __init__(self, people: "People", dev: bytes) -> None:
        self.people, self.dev, self.disk = people, dev, Disk()
        self.files = Files(dev, self._others, lambda: people.now, people.random.randbytes)
        self.disk_orders: deque[Order] = deque()
        self.sent: list[bytes] = []

    def _others(self) -> list[tuple[bytes, str]]:
        return [(dev, dev.decode()[:3]) for dev in self.people.everyone if dev != self.dev]

    def offers(self, name: str, content: bytes, to: bytes = b"") -> None:
        self.disk.files[name] = content
        self.files.grant(OfferFile(name, to), self.people.now)

    @property
    def cards(self) -> tuple[SharedFile, ...]:
        return self.files.shown("me", self.people.now)

    @property
    def card(self) -> SharedFile:
        (card,) = self.cards
        return card

    @property
    def leg(self) -> FileLeg:
        (leg,) = self.card.legs
        return leg


class People:
    """Those in a meeting; messages arrive in order unless their link breaks, which loses them."""

    def __init__(self, *names: str, seed: int = 1) -> None:
        self.now = 0.0
        self.random = random.Random(seed)
        self.everyone: dict[bytes, Someone] = {}
        self.wire: dict[tuple[bytes, bytes], deque[bytes]] = {}
        self.broken: set[frozenset[bytes]] = set()
        self.may_offer = True
        self.malformed = 0
        for name in names:
            self.comes(name)

    def comes(self, name: str) -> Someone:
        dev = name.encode().ljust(16, b".")
        made = self.everyone[dev] = Someone(self, dev)
        for other in self.everyone.values():
            if other is not made:
                other.files.seat(dev)
                other.files.link_up(dev, self.now)
                made.files.link_up(other.dev, self.now)
        return made

    def goes(self, who: Someone) -> None:
        del self.everyone[who.dev]
        for other in self.everyone.values():
            other.files.unseat(who.dev)

    def breaks(self, one: Someone, other: Someone) -> None:
        """The link between two breaks: all that is under way on it is lost."""
        self.broken.add(frozenset((one.dev, other.dev)))
        for pair in ((one.dev, other.dev), (other.dev, one.dev)):
            self.wire.pop(pair, None)
        one.files.link_lost(other.dev)
        other.files.link_lost(one.dev)

    def mends(self, one: Someone, other: Someone) -> None:
        self.broken.discard(frozenset((one.dev, other.dev)))
        one.files.link_up(other.dev, self.now)
        other.files.link_up(one.dev, self.now)

    def says(self, who: Someone, to: Someone, payload: bytes) -> None:
        """Somebody's program sends a message of whatever kind."""
        if frozenset((who.dev, to.dev)) not in self.broken:
            self.wire.setdefault((who.dev, to.dev), deque()).append(payload)

    def turn(self, seconds: float = 0.05) -> None:
        """Let a moment pass: orders are carried out, messages arrive, paths take their part."""
        self.now += seconds
        for who in list(self.everyone.values()):
            who.files.poll(self.now)
            for dev in sorted(who.files.flowing()):
                payload = who.files.part(dev, ROOM, self.now)
                if payload is not None and dev in self.everyone:
                    self.says(who, self.everyone[dev], payload)
            self._carry_out(who)
        for (sender, to), messages in list(self.wire.items()):
            while messages and sender in self.everyone and to in self.everyone:
                self.hears(self.everyone[to], sender, messages.popleft())

    def hears(self, who: Someone, sender: bytes, payload: bytes) -> None:
        try:
            who.files.hear(sender, "Ada", payload, self.now, may_offer=self.may_offer)
        except MalformedError:
            self.malformed += 1

    def until(self, done: Callable[[], bool], seconds: float = 120.0) -> None:
        end = self.now + seconds
        while not done():
            assert self.now < end, "it did not happen in time"
            self.turn()

    def run(self, seconds: float) -> None:
        end = self.now + seconds
        while self.now < end:
            self.turn()

    def _carry_out(self, who: Someone) -> None:
        for order in who.files.take_orders():
            if isinstance(order, Tell):
                if order.dev in self.everyone:
                    self.says(who, self.everyone[order.dev], order.payload)
            else:
                who.disk_orders.append(order)
        while who.disk_orders:
            event = who.disk.do(who.disk_orders.popleft())
            if event is not None:
                who.files.disk(event, self.now)


def digest_of(content: bytes) -> bytes:
    return blake2b(content, digest_size=32).digest()
