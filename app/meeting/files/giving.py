"""A file of one's own that people were offered: one source, a delivery for each of them."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from app.meeting.files.delivery import Delivery
from app.meeting.files.names import safe_name
from app.meeting.files.orders import (
    CloseSource,
    OpenSource,
    Order,
    SourceFailed,
    SourceOpened,
    SourceRead,
    Tell,
)
from app.meeting.files.progress import leg_of
from app.meeting.files.wire import Stop, Stopped
from app.meeting.view import FileState, SharedFile

STOPS = {"changed": Stop.CHANGED}


@dataclass
class Giving:
    """One offer of this device."""

    id: bytes
    path: str
    at: float
    to_all: bool
    out: list[Order] = field(repr=False)
    deliveries: dict[bytes, Delivery] = field(default_factory=dict)
    file_name: str = ""
    size: int = 0
    problem: str = ""
    _open: bool = False
    _closed: bool = False

    def begin(self, people: Iterable[tuple[bytes, str]]) -> None:
        """Open the file; `people` are (dev, name) of whom it is for."""
        for dev, name in people:
            made = Delivery(self.id, 0, dev, name, "", self.out, FileState.PREPARING)
            self.deliveries[dev] = made
        self.out.append(OpenSource(self.id, self.path))

    @property
    def is_over(self) -> bool:
        """Tell whether nobody gets anything of it any more."""
        return all(each.state.is_over for each in self.deliveries.values())

    def disk(self, event: SourceOpened | SourceRead | SourceFailed, now: float) -> None:
        """Take in what became of an order to the disk."""
        match event:
            case SourceOpened(name=name, size=size):
                self.file_name, self.size, self._open = safe_name(name), size, True
                for each in self.deliveries.values():
                    if each.state is FileState.PREPARING:
                        each.file_name, each.size = self.file_name, size
                        each.state = FileState.OFFERED
                        each.offer(now)
                self.close_if_over()
            case SourceRead(dev=dev):
                if dev in self.deliveries:
                    self.deliveries[dev].read(event)
            case SourceFailed(why=why):
                self.problem = why
                self.stop(STOPS.get(why, Stop.UNREADABLE), FileState.FAILED, why)

    def hold(self, dev: bytes, on: bool, now: float) -> None:
        """Make a pause for one person, or (empty) for all who take it, or end it."""
        for each in self._chosen(dev):
            if each.state is FileState.RUNNING:
                each.hold(on, now)

    def stop(
        self,
        why: Stop = Stop.WITHDRAWN,
        state: FileState = FileState.CANCELLED,
        words: str = "cancelled",
        dev: bytes = b"",
    ) -> None:
        """Give nothing more of it to one person, or (empty) to anybody."""
        for each in self._chosen(dev):
            if not each.state.is_over:
                if each.state is not FileState.PREPARING:
                    self.out.append(Tell(each.dev, Stopped(self.id, why).encode()))
                each.end(state, words)
        self.close_if_over()

    def unseat(self, dev: bytes) -> None:
        """Somebody is out: they get nothing more."""
        each = self.deliveries.get(dev)
        if each is not None and not each.state.is_over:
            each.end(FileState.FAILED, "left")
        self.close_if_over()

    def close_if_over(self) -> None:
        """Let go of the source once nobody waits for anything of it."""
        if self.is_over and not self._closed:
            self._closed = True
            self.out.append(CloseSource(self.id))

    def shown(self, me: bytes, name: str, now: float) -> SharedFile:
        """Return the card."""
        return SharedFile(
            key=me + self.id,
            dev=me,
            name=name,
            file_name=self.file_name or safe_name(self.path.replace("\\", "/").rpartition("/")[2]),
            size=self.size,
            at=self.at,
            mine=True,
            legs=tuple(leg_of(each, now) for each in self.deliveries.values()),
            to_all=self.to_all,
            problem=self.problem,
        )

    def _chosen(self, dev: bytes) -> list[Delivery]:
        return [each for each in self.deliveries.values() if dev in (b"", each.dev)]
