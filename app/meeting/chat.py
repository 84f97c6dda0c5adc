"""Chat lines and small states inside sealed frames: their codec, their limits, their memory."""

from collections import deque
from dataclasses import dataclass, field
from enum import IntEnum

from app.meeting.view import ChatLine
from app.meeting.wishes import LONGEST_LINE
from crypto.errors import MalformedError
from crypto.wire import Reader, Writer

MAX_CHARACTERS = LONGEST_LINE
MAX_LINES = 2_000  # kept in memory; the oldest go first
LONGEST_HAND = 24 * 3600.0  # seconds a hand is said to have been up at most
BURST = 10  # lines a member may send at once ...
ID_BYTES = 8  # random: nobody's two lines have the same
REMEMBERED = 64  # lines of a member that are known again when they are said twice
RATE = 2.0  # ... and per second after that; more is dropped by every receiver


class Kind(IntEnum):
    """What a small sealed message is."""

    MEDIA_STATE = 1
    CHAT_LINE = 2
    TEXT_CHANGE = 3
    WHOLE_TEXT = 4
    REACTION = 5


@dataclass(frozen=True)
class MediaState:
    """What a member says of itself: whether it can be heard and seen, wants to speak, or signs."""

    microphone_on: bool = False
    camera_on: bool = False
    hand_up: bool = False
    sharing: bool = False
    hand_for: int = 0  # milliseconds that the hand has been up: who comes later sees one order, too
    signing: bool = False  # speaks by signs: who only looks must see who speaks

    def encode(self) -> bytes:
        """Return the payload of a CONTROL frame: a bit for each, then the time of the hand."""
        bits = (self.microphone_on, self.camera_on, self.hand_up, self.sharing, self.signing)
        writer = Writer().uint(Kind.MEDIA_STATE, 1)
        writer.uint(sum(bit << place for place, bit in enumerate(bits)), 1)
        return (writer.uint(self.hand_for, 4) if self.hand_up else writer).body()

    @classmethod
    def parse(cls, payload: bytes) -> "MediaState":
        """Read a payload; anything else raises MalformedError."""
        reader = Reader(payload)
        if reader.uint(1) != Kind.MEDIA_STATE:
            raise MalformedError("not a media state")
        flags = reader.uint(1)
        if flags > 31:
            raise MalformedError("unknown media state")
        microphone, camera, hand, sharing, signing = (bool(flags >> at & 1) for at in range(5))
        hand_for = reader.uint(4) if hand else 0
        reader.end()
        return cls(microphone, camera, hand, sharing, hand_for, signing)


@dataclass(frozen=True)
class Line:
    """What a member says; `id` tells it from every other, so that it may be said twice."""

    text: str
    id: bytes

    def encode(self) -> bytes:
        """Return the payload of a CHAT frame; the text is cut at MAX_CHARACTERS."""
        writer = Writer().uint(Kind.CHAT_LINE, 1).fixed(self.id, ID_BYTES)
        return writer.text(self.text[:MAX_CHARACTERS], 0xFFFF).body()

    @classmethod
    def parse(cls, payload: bytes) -> "Line":
        """Read a payload; anything else, and an empty line, raises MalformedError."""
        reader = Reader(payload)
        if reader.uint(1) != Kind.CHAT_LINE:
            raise MalformedError("not a chat line")
        line = cls(id=reader.fixed(ID_BYTES), text=reader.text(0xFFFF))
        reader.end()
        if not line.text.strip() or len(line.text) > MAX_CHARACTERS:
            raise MalformedError("chat line is empty or too long")
        return line


@dataclass
class Allowance:
    """A token bucket: how much one member may still send."""

    burst: float
    rate: float
    left: float = field(init=False)
    at: float = 0.0

    def __post_init__(self) -> None:
        self.left = self.burst

    def take(self, now: float) -> bool:
        """Use one token; False when there is none."""
        self.left = min(self.burst, self.left + max(0.0, now - self.at) * self.rate)
        self.at = now
        if self.left < 1:
            return False
        self.left -= 1
        return True


class Chat:
    """The lines of one meeting, in memory only; `wipe` forgets them."""

    def __init__(self) -> None:
        self._lines: deque[ChatLine] = deque(maxlen=MAX_LINES)
        self._allowance: dict[bytes, Allowance] = {}
        self._heard: dict[bytes, deque[bytes]] = {}
        self.dropped = 0

    @property
    def lines(self) -> tuple[ChatLine, ...]:
        """Every line so far, oldest first."""
        return tuple(self._lines)

    def add(self, line: ChatLine, line_id: bytes, now: float) -> bool:
        """Take a line in, unless it was heard before or its author floods."""
        heard = self._heard.setdefault(line.dev, deque(maxlen=REMEMBERED))
        if line_id in heard:
            return False
        allowance = self._allowance.setdefault(line.dev, Allowance(BURST, RATE, at=now))
        if not line.mine and not allowance.take(now):
            self.dropped += 1
            return False
        heard.append(line_id)
        self._lines.append(line)
        return True

    def wipe(self) -> None:
        """Forget every line."""
        self._lines.clear()
        self._allowance.clear()
        self._heard.clear()
