"""One file that somebody offered to this device: what came, what is stored, what is wanted."""

from dataclasses import dataclass, field

from app.meeting.files.names import is_picture
from app.meeting.files.orders import (
    DropTarget,
    FinishTarget,
    OpenTarget,
    Order,
    SaveTarget,
    TargetFailed,
    TargetFinished,
    TargetNotSaved,
    TargetOpened,
    TargetWritten,
    Tell,
    WriteTarget,
)
from app.meeting.files.progress import Progress
from app.meeting.files.wire import (
    End,
    Have,
    Hold,
    Offer,
    Part,
    Refusal,
    Refuse,
    Stop,
    Stopped,
    Want,
)
from app.meeting.view import FileState, Thumbnail

WINDOW = 256 * 1024  # bytes that may be on their way, or wait for the disk
TELL_EVERY = 64 * 1024  # bytes stored between two words about it
ASK_AGAIN = 5.0  # seconds without a part after which it is asked for once more
GAP_PAUSE = 1.0  # seconds between two questions for what did not come
IN_MEMORY = 16 * 1024 * 1024  # bytes of a file that may be looked at without storing it

STOPPED = {
    Stop.WITHDRAWN: (FileState.CANCELLED, "withdrawn"),
    Stop.UNREADABLE: (FileState.FAILED, "their_file"),
    Stop.CHANGED: (FileState.FAILED, "changed"),
}
REFUSALS = {
    "disk_full": Refusal.DISK_FULL,
    "damaged": Refusal.DAMAGED,
}


@dataclass
class Parcel:
    """How far this device is with somebody's file; False from `hear` is for what cannot be."""

    offer: Offer
    dev: bytes
    name: str
    file_name: str  # made harmless
    at: float
    out: list[Order] = field(repr=False)
    state: FileState = FileState.OFFERED
    why: str = ""
    got: int = 0
    stored: int = 0
    limit: int = 0
    held_by_me: bool = False
    held_by_them: bool = False
    in_memory: bool = False
    path: str = ""
    picture: Thumbnail | None = None
    problem: str = ""
    _open: bool = False
    linked: bool = True
    _told: int = 0
    _heard: float = 0.0
    _asked: float = 0.0
    _digest: bytes = b""
    progress: Progress = field(default_factory=Progress, repr=False)

    @property
    def key(self) -> bytes:
        """Names it among all files of a meeting."""
        return self.dev + self.offer.id

    @property
    def size(self) -> int:
        """All bytes of it."""
        return self.offer.size

    @property
    def fits_memory(self) -> bool:
        """Tell whether it may be looked at without being stored: a picture, and no large one."""
        return is_picture(self.file_name) and 0 < self.size <= IN_MEMORY

    # -- what its owner wants -----------------------------------------------------------------

    def accept(self, path: str, now: float, *, in_memory: bool = False) -> None:
        """Take it in; nothing is wanted before there is a place for it."""
        if self.state is not FileState.OFFERED or (in_memory and not self.fits_memory):
            return
        self.state = FileState.RUNNING
        self.in_memory = in_memory
        self.problem = ""
        self._heard = now
        self.progress.begin(0, now)
        self.out.append(OpenTarget(self.key, path, self.file_name, self.size, in_memory))

    def decline(self) -> None:
        """Do not take it."""
        if self.state is FileState.OFFERED:
            self._refuse(Refusal.DECLINED, FileState.DECLINED)

    def cancel(self) -> None:
        """Take no more of it, and keep nothing."""
        if not self.state.is_over and self.state is not FileState.OFFERED:
            self._refuse(Refusal.CANCELLED, FileState.CANCELLED, "cancelled")

    def hold(self, on: bool, now: float) -> None:
        """Make a pause, or go on."""
        if self.state is FileState.RUNNING and on != self.held_by_me:
            self.held_by_me = on
            self._heard = now
            self.progress.begin(self.stored, now)
            if self._open:
                self._want(again=not on)

    def save(self, path: str) -> None:
        """Store what was only looked at."""
        if self.state is FileState.DONE and self.in_memory:
            self.problem = ""
            self.out.append(SaveTarget(self.key, path, self.file_name))

    # -- what who offered it says -------------------------------------------------------------

    def hear(self, message: Offer | Part | End | Stopped | Hold, now: float) -> bool:
        """Take in what they say about it."""
        match message:
            case Offer():
                return self._offered_again(message)
            case Part(offset=offset, data=data):
                return self._part(offset, data, now)
            case End(digest=digest):
                return self._ended(digest, now)
            case Stopped(why=why):
                if not self.state.is_over:
                    self._end(*STOPPED[why])
                return True
            case Hold(on=on):
                if self.state is FileState.RUNNING:
                    self.held_by_them, self._heard = on, now
                    self.progress.begin(self.stored, now)
                return True

    def link_lost(self) -> None:
        """What is under way may never come."""
        self.linked = False

    def link_up(self, now: float) -> None:
        """There is a path to them: go on where it stopped."""
        self.linked = True
        self.progress.begin(self.stored, now)
        self._ask_again(now)

    def left(self) -> None:
        """Who offered it is gone."""
        if not self.state.is_over:
            self._end(FileState.FAILED, "left")

    def poll(self, now: float) -> None:
        """Ask again for what did not come."""
        quiet = now - self._heard >= ASK_AGAIN
        if quiet and not (self.held_by_me or self.held_by_them):
            self._ask_again(now)

    # -- what the disk says -------------------------------------------------------------------

    def disk(
        self,
        event: TargetOpened | TargetWritten | TargetFinished | TargetFailed | TargetNotSaved,
        now: float,
    ) -> None:
        """Take in what became of an order to the disk."""
        if isinstance(event, TargetNotSaved):
            self.problem = event.why
        elif isinstance(event, TargetFinished) and self.state is FileState.DONE:
            self.path, self.in_memory = event.path, False  # what was in memory is stored now
        elif self.state not in (FileState.RUNNING, FileState.CHECKING):
            return  # given up meanwhile: an order to remove it is on its way
        elif isinstance(event, TargetOpened):
            self._open, self._heard = True, now
            self._want(again=True)
        elif isinstance(event, TargetWritten):
            self.stored = event.offset
            self.progress.note(self.stored, now)
            if self._digest and self.stored == self.size:
                self._finish()
            elif self.stored - self._told >= TELL_EVERY or self.stored == self.size:
                self._want()
        elif isinstance(event, TargetFinished):
            self.path = event.path
            self._end(FileState.DONE)
            self._tell(Have(self.offer.id))
        else:
            self._end(FileState.FAILED, event.why)
            self._tell(Refuse(self.offer.id, REFUSALS.get(event.why, Refusal.NOT_WRITTEN)))

    def _offered_again(self, offer: Offer) -> bool:
        """They did not hear our answer: give it again; a second file under the id is none."""
        if offer != self.offer:
            return False
        match self.state:
            case FileState.DONE:
                self._tell(Have(offer.id))
            case FileState.DECLINED:
                self._tell(Refuse(offer.id, Refusal.DECLINED))
            case FileState.CANCELLED:
                self._tell(Refuse(offer.id, Refusal.CANCELLED))
            case FileState.FAILED:
                self._tell(Refuse(offer.id, REFUSALS.get(self.why, Refusal.NOT_WRITTEN)))
            case FileState.RUNNING if self._open:
                self._want(again=True)
        return True

    def _part(self, offset: int, data: bytes, now: float) -> bool:
        if self.state.is_over:
            return True  # sent before they heard that no more is wanted
        if self.state is not FileState.RUNNING or offset + len(data) > self.limit:
            return False
        if offset > self.got:
            if now - self._asked >= GAP_PAUSE:
                self._ask_again(now)
            return True
        data = data[self.got - offset :]
        if data:
            self._heard = now
            self.out.append(WriteTarget(self.key, self.got, data))
            self.got += len(data)
        return True

    def _ended(self, digest: bytes, now: float) -> bool:
        if self.state is FileState.DONE:
            self._tell(Have(self.offer.id))
            return True
        if self.state.is_over or self.state is FileState.CHECKING:
            return True
        if self.state is not FileState.RUNNING or not self._open:
            return False
        if self.got < self.size:
            if now - self._asked >= GAP_PAUSE:
                self._ask_again(now)
            return True
        self._digest, self._heard = digest, now
        if self.stored == self.size:
            self._finish()
        return True

    def _finish(self) -> None:
        self.state = FileState.CHECKING
        self.out.append(FinishTarget(self.key, self._digest))

    def _ask_again(self, now: float) -> None:
        if self.state is FileState.RUNNING and self._open and not self._digest:
            self._asked = self._heard = now
            self._want(again=True)

    def _want(self, *, again: bool = False) -> None:
        """Say how far it is stored and how much more may come; nothing more in a pause.

        With `again` they begin anew at what came in order, stored already or about to be.
        """
        begin = self.got if again else self.stored
        self._told = self.stored
        self.limit = max(self.limit, min(self.size, self.stored + WINDOW))
        limit = begin if self.held_by_me else max(begin, self.limit)
        self._tell(Want(self.offer.id, begin, limit, self.held_by_me, again))

    def _refuse(self, refusal: Refusal, state: FileState, why: str = "") -> None:
        self._end(state, why)
        self._tell(Refuse(self.offer.id, refusal))

    def _end(self, state: FileState, why: str = "") -> None:
        """Nothing more comes; what came is removed unless it is whole."""
        taken = self.state in (FileState.RUNNING, FileState.CHECKING)
        self.state, self.why = state, why
        if taken and state is not FileState.DONE:
            self.out.append(DropTarget(self.key))

    def _tell(self, message: Want | Refuse | Have) -> None:
        if self.linked:
            self.out.append(Tell(self.dev, message.encode()))
