"""Whom a large picture shows: it follows who speaks, and does not jump. Pure; time passed in."""

from collections.abc import Sequence

from app.meeting.view import Person

HOLD = 2.0  # seconds a picture stands at least: a change takes eyes a second to follow
TAKES = 0.6  # seconds somebody speaks before the picture comes to them: a cough does not take it
PAUSE = 0.8  # seconds somebody is silent before another one is shown: between two sentences


class Speaker:
    """Remembers who spoke since when. Oneself is shown only where nobody else is there."""

    def __init__(self) -> None:
        self._shown = b""
        self._shown_since = 0.0
        self._speaking_since: dict[bytes, float] = {}
        self._last_heard: dict[bytes, float] = {}

    @property
    def shown(self) -> bytes:
        """Who is shown; empty for nobody."""
        return self._shown

    def look(self, people: Sequence[Person], now: float) -> bytes:
        """Take in who is there and who speaks at `now`, in seconds; return who is to be shown."""
        others = [person for person in people if not person.is_me]
        there = {person.dev for person in others}
        speaking = {person.dev for person in others if person.speaking}
        since = self._speaking_since
        self._speaking_since = {dev: since.get(dev, now) for dev in speaking}
        self._last_heard = {dev: at for dev, at in self._last_heard.items() if dev in there}
        self._last_heard |= dict.fromkeys(speaking, now)
        if self._shown not in there:
            self._show(self._first(others) if others else _own(people), now)
        elif self._changes_at() <= now:
            self._show(self._longest(self._waiting()), now)
        return self._shown

    def changes_in(self, now: float) -> float | None:
        """Return the seconds until somebody else is shown if nothing changes; None if nobody is."""
        at = self._changes_at()
        return None if at == float("inf") else max(0.0, at - now)

    def forget(self) -> None:
        """Show nobody: the meeting is over."""
        self._show(b"", 0.0)
        self._speaking_since, self._last_heard = {}, {}

    def _show(self, dev: bytes, now: float) -> None:
        if dev != self._shown:
            self._shown, self._shown_since = dev, now

    def _waiting(self) -> list[bytes]:
        return [dev for dev in self._speaking_since if dev != self._shown]

    def _changes_at(self) -> float:
        waiting = self._waiting()
        if not waiting or self._shown in self._speaking_since:
            return float("inf")
        heard = self._last_heard.get(self._shown, float("-inf"))
        first = min(self._speaking_since[dev] for dev in waiting)
        return max(self._shown_since + HOLD, heard + PAUSE, first + TAKES)

    def _longest(self, speaking: Sequence[bytes]) -> bytes:
        return min(speaking, key=lambda dev: self._speaking_since[dev])

    def _first(self, others: Sequence[Person]) -> bytes:
        """Return whom to show when nobody was: who speaks, spoke last, has a camera, came first."""
        if self._speaking_since:
            return self._longest(list(self._speaking_since))
        if self._last_heard:
            return max(self._last_heard, key=lambda dev: self._last_heard[dev])
        return next((person for person in others if person.camera_on), others[0]).dev


def _own(people: Sequence[Person]) -> bytes:
    return people[0].dev if people else b""
