"""The sections about files that members give each other."""

from collections.abc import Iterator
from hashlib import blake2b

from vectors.making.cast import Case, case, refused, section

from app.meeting.files import wire
from crypto.errors import MalformedError

ID = bytes(range(8))
CONTENT = b"all of a file"


def sections() -> dict[str, Case]:
    """Return all sections about files."""
    return {
        "file_checksums": section("The checksum that an End has.", _checksums()),
        "file_messages": section(
            "Messages about files (context 10), before they are sealed.", _messages()
        ),
        "read_file_messages": section(
            "The same to be read: what any program must refuse.", _refused()
        ),
    }


def _checksums() -> Iterator[Case]:
    for what, content in (("a file of no bytes", b""), ("a short file", CONTENT)):
        yield case(what, {"content": content.hex()}, {"checksum": _digest(content).hex()})


def _messages() -> Iterator[Case]:
    largest = wire.MAX_SIZE
    for what, message, fields in (
        ("an Offer", wire.Offer(ID, 5_000_000_000, "plän.pdf"), ("size", "name")),
        ("an Offer of nothing", wire.Offer(ID, 0, "empty"), ("size", "name")),
        ("a Part", wire.Part(ID, 4096, b"hello"), ("offset", "data")),
        ("an End", wire.End(ID, _digest(CONTENT)), ("digest",)),
        *((f"a Stop, {why.value}", wire.Stopped(ID, why), ("why",)) for why in wire.Stop),
        ("a Hold", wire.Hold(ID, on=True), ("on",)),
        ("the end of a Hold", wire.Hold(ID, on=False), ("on",)),
        ("a Want", wire.Want(ID, 0, 262_144), _WANT),
        ("a Want anew", wire.Want(ID, 65_536, 262_144, again=True), _WANT),
        ("a Want in a pause", wire.Want(ID, 65_536, 65_536, held=True), _WANT),
        ("the last Want", wire.Want(ID, largest, largest), _WANT),
        *((f"a Refuse, {why.value}", wire.Refuse(ID, why), ("why",)) for why in wire.Refusal),
        ("a Have", wire.Have(ID), ()),
    ):
        given = {"message": type(message).__name__.lower(), "id": ID.hex()}
        given |= {name: _plain(getattr(message, name)) for name in fields}
        yield case(what, given, {"frame": message.encode().hex()})


_WANT = ("offset", "limit", "held", "again")


def _refused() -> Iterator[Case]:
    for what, frame in (
        ("nothing", b""),
        ("an unknown kind", b"\x09" + ID),
        ("a Part without bytes", b"\2" + ID + bytes(8)),
        ("a Part that is too long", b"\2" + ID + bytes(8 + wire.MAX_PART + 1)),
        ("a file that is too large", b"\1" + ID + b"\x40" + bytes(6) + b"\1\1x"),
        ("a name of two lines", b"\1" + ID + bytes(8) + b"\3a\nb"),
        ("a name that turns the reading direction", b"\1" + ID + bytes(8) + b"\4\xe2\x80\xaex"),
        ("a Want with its limit before its offset", b"\6" + ID + bytes(7) + b"\1" + bytes(9)),
        ("a Want with an unknown flag", b"\6" + ID + bytes(16) + b"\4"),
        ("a Stop for no known reason", b"\4" + ID + b"\0"),
        ("a Refuse for no known reason", b"\7" + ID + b"\x08"),
        ("a Have with something behind it", b"\x08" + ID + b"\0"),
    ):
        try:
            wire.parse(frame)
        except MalformedError:
            yield refused(what, {"frame": frame.hex()}, "malformed")
        else:
            raise ValueError(f"{what} is read")


def _plain(value: object) -> object:
    return (
        value.hex() if isinstance(value, bytes) else int(value) if isinstance(value, int) else value
    )


def _digest(content: bytes) -> bytes:
    return blake2b(content, digest_size=wire.DIGEST_BYTES).digest()
