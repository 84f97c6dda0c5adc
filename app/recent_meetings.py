"""The meetings that were visited last, for those who want it: what is kept of them, as bytes."""

from dataclasses import dataclass, field
from typing import Final

from crypto.errors import MalformedError
from crypto.identity import DEVICE_ID_BYTES
from crypto.wire import Reader, Writer, fit_line

FILE: Final = "recent"  # in the profile, sealed as the vault is
MAGIC: Final = b"conclave recent\n"  # so that a vault in its place is none, and the other way round
VERSION: Final = 1
MOST: Final = 20  # the newest; a list that one looks through, no archive
LINE_BYTES: Final = 120  # UTF-8, of a title or a name
LINK_BYTES: Final = 512  # ASCII; a real invitation has fewer than 200


@dataclass(frozen=True, slots=True)
class Recent:
    """One meeting: what it was called, who held it, when, and the link that led there.

    `when` in seconds since 1970, UTC.
    """

    title: str
    host_name: str
    when: int
    host: bytes = b""  # 16 bytes of their device; empty for a meeting of one's own
    link: str = field(default="", repr=False)

    @property
    def is_own(self) -> bool:
        """Tell whether this device held it."""
        return not self.host

    def is_same(self, other: "Recent") -> bool:
        """Tell whether one would look for both at the same place in a list."""
        return (self.title, self.host) == (other.title, other.host)


def noted(recents: tuple[Recent, ...], new: Recent) -> tuple[Recent, ...]:
    """Return the list with a meeting in front; an earlier one of the kind gives way to it."""
    return (new, *(one for one in recents if not one.is_same(new)))[:MOST]


def encode(recents: tuple[Recent, ...]) -> bytes:
    """Return the bytes to seal; what is too long is cut."""
    writer = Writer().fixed(MAGIC, len(MAGIC)).uint(VERSION, 1).uint(len(recents[:MOST]), 1)
    for one in recents[:MOST]:
        link = one.link.encode("ascii", "replace")
        writer.text(fit_line(one.title, LINE_BYTES), LINE_BYTES)
        writer.text(fit_line(one.host_name, LINE_BYTES), LINE_BYTES).uint(one.when, 8)
        writer.vector(one.host, DEVICE_ID_BYTES)
        writer.vector(link if len(link) <= LINK_BYTES else b"", LINK_BYTES)
    return writer.body()


def parse(data: bytes) -> tuple[Recent, ...]:
    """Take apart what encode() wrote; MalformedError for anything else."""
    reader = Reader(data)
    if reader.fixed(len(MAGIC)) != MAGIC or reader.uint(1) != VERSION:
        raise MalformedError("this is no list of recent meetings")
    found = tuple(_one(reader) for _ in range(reader.count(MOST)))
    reader.end()
    return found


def _one(reader: Reader) -> Recent:
    title, host_name, when = reader.text(LINE_BYTES), reader.text(LINE_BYTES), reader.uint(8)
    host, link = reader.vector(DEVICE_ID_BYTES), reader.vector(LINK_BYTES)
    if len(host) not in {0, DEVICE_ID_BYTES} or not link.isascii():
        raise MalformedError("a meeting is not one")
    return Recent(title, host_name, when, host, link.decode("ascii"))
