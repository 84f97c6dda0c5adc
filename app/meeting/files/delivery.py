"""One file of one's own on its way to one person: what they want, what is read, what was sent."""

from collections import deque
from dataclasses import dataclass, field

from app.meeting.chat import Allowance
from app.meeting.files.orders import Order, ReadSource, SourceRead, Tell
from app.meeting.files.progress import Progress
from app.meeting.files.wire import MAX_PART, End, Have, Hold, Offer, Part, Refusal, Refuse, Want
from app.meeting.view import FileState

READ_AHEAD = 64 * 1024  # bytes read and not sent yet: 60 ms of the fastest path
READ_SIZE = 32 * 1024  # bytes of one look at the disk
MAX_WINDOW = 1024 * 1024  # bytes that anybody may want at once
TELL_AGAIN = 10.0  # seconds after which an offer or an end that nobody answered is said again
RESTARTS = 6  # times that somebody may have us begin anew at once ...
RESTART_RATE = 0.5  # ... and a second after that

WHY = {
    Refusal.DECLINED: (FileState.DECLINED, ""),
    Refusal.CANCELLED: (FileState.CANCELLED, "cancelled_by_them"),
    Refusal.DISK_FULL: (FileState.FAILED, "their_disk_full"),
    Refusal.NOT_WRITTEN: (FileState.FAILED, "their_disk"),
    Refusal.DAMAGED: (FileState.FAILED, "damaged"),
    Refusal.NOT_ALLOWED: (FileState.FAILED, "their_rules"),
    Refusal.TOO_MANY: (FileState.FAILED, "too_many"),
}


@dataclass
class Delivery:
    """How far one person is with a file; False from `hear` means that they said what cannot be."""

    id: bytes
    size: int
    dev: bytes
    name: str
    file_name: str
    out: list[Order] = field(repr=False)
    state: FileState = FileState.OFFERED
    why: str = ""
    stored: int = 0
    sent: int = 0
    limit: int = 0
    held_by_me: bool = False
    held_by_them: bool = False
    served: float = 0.0  # when a part of it was sent last
    _furthest: int = 0
    _asked: int = 0
    _turn: int = 0
    _digest: bytes = b""
    _ended: bool = False
    linked: bool = True
    _waits: bool = True  # until they say where to begin
    _told: float = 0.0
    _read: deque[bytes] = field(default_factory=deque, repr=False)
    _ahead: int = 0
    progress: Progress = field(default_factory=Progress, repr=False)
    _restarts: Allowance = field(
        default_factory=lambda: Allowance(RESTARTS, RESTART_RATE), repr=False
    )

    def offer(self, now: float) -> None:
        """Say that there is a file for them."""
        self._told = now
        self._tell(Offer(self.id, self.size, self.file_name))

    def hear(self, message: Want | Refuse | Have, now: float) -> bool:
        """Take in what they say about it."""
        match message:
            case Want():
                return self._wanted(message, now)
            case Refuse(why=why):
                if not self.state.is_over:
                    self.end(*WHY[why])
                return True
            case Have():
                if not self._ended and self.state is not FileState.DONE:
                    return False
                self.stored = self.size
                self.end(FileState.DONE)
                return True

    def read(self, piece: SourceRead) -> None:
        """Take what was read for them, unless they have begun anew since."""
        if piece.turn != self._turn or self.state.is_over:
            return
        if piece.data:
            self._read.append(piece.data)
            self._ahead += len(piece.data)
        self._digest = piece.digest or self._digest

    def part(self, room: int, now: float) -> bytes | None:
        """Return the next message about it that has at most `room` bytes of the file, if any."""
        if not self.is_flowing:
            return None
        if self._read:
            size = min(room, MAX_PART, len(self._read[0]), self.limit - self.sent)
            if size <= 0:
                return None
            piece = self._read.popleft()
            if size < len(piece):
                self._read.appendleft(piece[size:])
            message = Part(self.id, self.sent, piece[:size]).encode()
            self._ahead -= size
            self.sent += size
            self._furthest = max(self._furthest, self.sent)
            self.served = now
            self.read_on()
            return message
        if self.sent == self.size and self._digest and not self._ended:
            self._ended, self._told = True, now
            self.state = FileState.CHECKING
            return End(self.id, self._digest).encode()
        return None

    @property
    def is_flowing(self) -> bool:
        """Tell whether parts may go out now."""
        held = self.held_by_me or self.held_by_them
        return self.state is FileState.RUNNING and self.linked and not self._waits and not held

    def hold(self, on: bool, now: float) -> None:
        """Make a pause on this side, or end it, and say so."""
        if self.state.is_over or on == self.held_by_me:
            return
        self.held_by_me = on
        self.progress.begin(self.stored, now)
        self._tell(Hold(self.id, on))

    def link_lost(self) -> None:
        """Nothing arrives there until they say again where they are."""
        self.linked, self._waits = False, True

    def link_up(self, now: float) -> None:
        """There is a path to them, perhaps another one."""
        self.linked, self._waits = True, True
        self.progress.begin(self.stored, now)
        self._repeat(now)

    def poll(self, now: float) -> None:
        """Say again what nobody answered."""
        if self.linked and now - self._told >= TELL_AGAIN:
            self._repeat(now)

    def end(self, state: FileState, why: str = "") -> None:
        """Nothing more of it goes to them."""
        self.state, self.why = state, why
        self._read.clear()
        self._ahead = 0

    def read_on(self) -> None:
        """Have so much read that the path need not wait for the disk."""
        end = min(self.limit, self.size)
        while self._asked < end and self._asked - self.sent < READ_AHEAD:
            size = min(READ_SIZE, end - self._asked)
            self.out.append(ReadSource(self.id, self.dev, self._turn, self._asked, size))
            self._asked += size

    def _wanted(self, want: Want, now: float) -> bool:
        if (
            want.offset > self._furthest
            or want.limit > self.size
            or want.limit - want.offset > MAX_WINDOW
        ):
            return False
        if self.state.is_over or self.state is FileState.PREPARING:
            return True
        begins = self.state is FileState.OFFERED
        if begins:
            self.state = FileState.RUNNING
            self.progress.begin(want.offset, now)
        if self.held_by_them != want.held:
            self.held_by_them = want.held
            self.progress.begin(want.offset, now)
        if want.again or begins:
            if not self._restarts.take(now):
                return False
            self._begin_at(want)
            if self.held_by_me:
                self._tell(Hold(self.id, on=True))
        elif want.offset < self.stored or self._waits:
            return True  # said before the path changed
        self.stored = want.offset
        self.limit = max(self.limit, want.limit)
        self.progress.note(self.stored, now)
        self.read_on()
        return True

    def _begin_at(self, want: Want) -> None:
        """Go back, or on, to where they are."""
        self._turn += 1
        self._read.clear()
        self._ahead = 0
        self.sent = self._asked = self.stored = want.offset
        self.limit = want.limit
        self._ended = self._waits = False
        if self.state is FileState.CHECKING:
            self.state = FileState.RUNNING
        if want.offset == self.size and not self._digest:  # an empty file, or all came before
            self.out.append(ReadSource(self.id, self.dev, self._turn, want.offset, 0))

    def _repeat(self, now: float) -> None:
        if self.state is FileState.OFFERED:
            self.offer(now)
        elif self.state is FileState.CHECKING:
            self._told = now
            self._tell(End(self.id, self._digest))

    def _tell(self, message: Offer | Hold | End) -> None:
        if self.linked:
            self.out.append(Tell(self.dev, message.encode()))
