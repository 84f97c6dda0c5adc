"""Text that others read while it is being written: what the writer tells, what readers make of it.

In the spirit of RFC 4103: small numbered changes, and the whole text again and again, so that
whatever got lost is repaired by the next whole one.
"""

from collections import deque
from dataclasses import dataclass

from app.meeting.chat import ID_BYTES, Allowance, Kind
from app.meeting.wishes import LONGEST_LINE
from crypto.errors import MalformedError
from crypto.sodium import Random
from crypto.wire import Reader, Writer

PAUSE = 0.15  # seconds between two frames of one writer: with all else on the way below 500 ms
WHOLE_EVERY = 5.0  # seconds between two whole texts while there is one
LASTS = 12.0  # seconds without a word, after which a text is not shown any more
BURST = 30  # frames a reader takes from one writer at once ...
RATE = 10.0  # ... and per second after that
ENDED = 8  # texts of a writer that are known to have become lines


@dataclass(frozen=True)
class Whole:
    """All that somebody has written so far of a line, after change `number`."""

    id: bytes  # of the line that it will be
    number: int  # counts a writer's changes, over all lines
    text: str

    def encode(self) -> bytes:
        """Return the payload of a CHAT frame."""
        return _begun(Kind.WHOLE_TEXT, self.id, self.number).text(self.text, 0xFFFF).body()


@dataclass(frozen=True)
class Change:
    """A change of it: at character `at`, `removed` of them give way to `text`."""

    id: bytes
    number: int
    at: int
    removed: int
    text: str

    def encode(self) -> bytes:
        """Return the payload of a CHAT frame."""
        writer = _begun(Kind.TEXT_CHANGE, self.id, self.number)
        return writer.uint(self.at, 2).uint(self.removed, 2).text(self.text, 0xFFFF).body()


def parse(payload: bytes) -> Whole | Change:
    """Read a payload; anything else raises MalformedError."""
    reader = Reader(payload)
    kind, line_id, number = reader.uint(1), reader.fixed(ID_BYTES), reader.uint(4)
    said: Whole | Change
    if kind == Kind.WHOLE_TEXT:
        said = Whole(line_id, number, reader.text(0xFFFF))
    elif kind == Kind.TEXT_CHANGE:
        at, removed = reader.uint(2), reader.uint(2)
        said = Change(line_id, number, at, removed, reader.text(0xFFFF))
    else:
        raise MalformedError("not a text that is being written")
    reader.end()
    if len(said.text) > LONGEST_LINE:
        raise MalformedError("text is too long")
    return said


def _begun(kind: Kind, line_id: bytes, number: int) -> Writer:
    return Writer().uint(kind, 1).fixed(line_id, ID_BYTES).uint(number, 4)


class Pen:
    """The own unfinished line: `write` takes it as it stands, `due` returns what to tell of it."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._id = b""
        self._text = ""
        self._told = ""
        self._number = 0
        self._told_at = self._whole_at = float("-inf")

    def write(self, text: str) -> None:
        """Take the line as it stands now; empty: it was given up."""
        sendable = text[:LONGEST_LINE].encode("utf-8", "ignore").decode("utf-8")
        self._text = sendable  # without lone surrogates

    def due(self, now: float) -> Whole | Change | None:
        """Return what is to be told now, if anything is."""
        if now < self._told_at + PAUSE:
            return None
        if self._text == self._told:
            return self.whole(now) if now >= self._whole_at + WHOLE_EVERY else None
        self._number += 1
        self._told_at = now
        before, self._told = self._told, self._text
        if not before or not self._text:
            return self.whole(now)
        return Change(self._line_id, self._number, *difference(before, self._text))

    def whole(self, now: float) -> Whole | None:
        """Return all that was told, for who may have missed some of it; None: there is nothing."""
        if not self._id and not self._told:
            return None
        self._whole_at = now
        said = Whole(self._line_id, self._number, self._told)
        if not self._told:
            self._id = b""
        return said

    def finish(self) -> bytes:
        """Return the id of the line that the text becomes; the next begins empty."""
        line_id = self._line_id
        self._id, self._text, self._told = b"", "", ""
        return line_id

    @property
    def _line_id(self) -> bytes:
        self._id = self._id or self._random(ID_BYTES)
        return self._id


def difference(before: str, after: str) -> tuple[int, int, str]:
    """Return the one change that makes one text of another: where, how many go, what comes."""
    shorter = min(len(before), len(after))
    at = 0
    while at < shorter and before[at] == after[at]:
        at += 1
    tail = 0
    while tail < shorter - at and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    return at, len(before) - at - tail, after[at : len(after) - tail]


class Page:
    """What one writer's unfinished line looks like here, by the frames that came.

    Whatever is lost, said twice or out of order: after the next whole text it is the writer's.
    """

    def __init__(self, now: float) -> None:
        self._id = b""
        self._number = 0
        self._text = ""
        self._heard_at = now
        self._ended: deque[bytes] = deque(maxlen=ENDED)
        self._allowance = Allowance(BURST, RATE, at=now)

    def text(self, now: float) -> str:
        """Return what is to be shown; empty when nothing is."""
        return self._text if now < self._heard_at + LASTS else ""

    def hear(self, said: Whole | Change, now: float) -> bool:
        """Take a frame in; False if its writer floods."""
        if not self._allowance.take(now):
            return False
        newer = said.number > self._number
        if said.id in self._ended or not (newer or self._same(said)):
            return True
        match said:
            case Whole():
                self._id, self._number, self._text = said.id, said.number, said.text
                self._heard_at = now
            case Change(at=at, removed=removed) if newer and self._follows(said):
                self._number = said.number
                self._text = self._text[:at] + said.text + self._text[at + removed :]
                self._heard_at = now
            case _:
                pass  # something is missing: the next whole text brings it
        return True

    def ended(self, line_id: bytes) -> None:
        """Note that the text became a line."""
        self._ended.append(line_id)
        if self._id == line_id:
            self._text = ""

    def _same(self, said: Whole | Change) -> bool:
        return (said.id, said.number) == (self._id, self._number)

    def _follows(self, said: Change) -> bool:
        return (
            (said.id, said.number) == (self._id, self._number + 1)
            and said.at + said.removed <= len(self._text)
            and len(self._text) - said.removed + len(said.text) <= LONGEST_LINE
        )
