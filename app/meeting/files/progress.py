"""How fast a file gets on, from what was stored when, and how that looks."""

from collections import deque
from typing import Protocol

from app.meeting.view import FileLeg, FileState

WINDOW = 4.0  # seconds that a speed is taken over
SPACING = 0.2  # seconds between two notes that are kept


class Progress:
    """Bytes over time; `speed` and `seconds_left` are for people."""

    def __init__(self) -> None:
        self._notes: deque[tuple[float, int]] = deque(maxlen=round(WINDOW / SPACING) + 2)

    def begin(self, done: int, now: float) -> None:
        """Begin to count here: before it was a pause."""
        self._notes.clear()
        self._notes.append((now, done))

    def note(self, done: int, now: float) -> None:
        """So many bytes are stored by now."""
        notes = self._notes
        if not notes or now - notes[-1][0] >= SPACING:
            notes.append((now, done))

    def speed(self, done: int, now: float) -> float:
        """Return bytes a second over the last seconds."""
        recent = [note for note in self._notes if now - note[0] <= WINDOW] or list(self._notes)[-1:]
        if not recent or now - recent[0][0] < SPACING:
            return 0.0
        return max(0.0, (done - recent[0][1]) / (now - recent[0][0]))

    def seconds_left(self, done: int, size: int, now: float) -> float | None:
        """Return how long it takes at this speed; None if nobody can tell."""
        speed = self.speed(done, now)
        return (size - done) / speed if speed > 0 else None


class UnderWay(Protocol):
    """A file on its way to or from one person."""

    dev: bytes
    name: str
    state: FileState
    stored: int
    held_by_me: bool
    held_by_them: bool
    why: str
    linked: bool  # whether there is a path to them
    progress: Progress

    @property
    def size(self) -> int:
        """All bytes of it."""


def leg_of(file: UnderWay, now: float) -> FileLeg:
    """Return how far it is, as people are told."""
    state = file.state
    if state is FileState.RUNNING:
        if file.held_by_me or file.held_by_them:
            state = FileState.HELD
        elif not file.linked:
            state = FileState.AWAY
    moving = state is FileState.RUNNING
    return FileLeg(
        file.dev,
        file.name,
        state,
        file.stored,
        file.progress.speed(file.stored, now) if moving else 0.0,
        file.progress.seconds_left(file.stored, file.size, now) if moving else None,
        file.held_by_me,
        file.held_by_them,
        file.why,
    )
