"""The password of a meeting, and how many wrong ones may still be tried at each of its doors."""

from typing import Final

from crypto.cpace import prepared

MOST_TRIES: Final = 5  # wrong ones at one door: a person mistypes, a program is stopped
WINDOW: Final = 600.0  # seconds in which they count together


class Passwords:
    """Counts wrong tries by the label of the door; `now` is any clock that never runs backwards.

    After five within ten minutes a door takes no password any more, also not the right one, until
    the host says so: whoever guesses gets no more tries by waiting.
    """

    def __init__(self, password: str = "") -> None:
        self.current = b""
        self._failures: dict[str, list[float]] = {}
        self.change(password)

    def __repr__(self) -> str:
        return "<Passwords>"

    def change(self, password: str) -> None:
        """Ask for another password from now on, and count anew; empty: for none.

        ValueError if it is longer than 128 bytes.
        """
        self.current = prepared(password) if password.strip() else b""
        self.allow()

    def blocked(self, door: str) -> bool:
        """Tell whether this door takes no password."""
        return len(self._failures.get(door, ())) >= MOST_TRIES

    @property
    def any_blocked(self) -> bool:
        """Tell whether there is a door that takes no password."""
        return any(self.blocked(door) for door in self._failures)

    def failed(self, door: str, now: float) -> int:
        """Count a wrong password; return how many more tries this door allows."""
        if not self.blocked(door):
            recent = [at for at in self._failures.get(door, ()) if now - at < WINDOW]
            self._failures[door] = [*recent, now]
        return MOST_TRIES - len(self._failures[door])

    def allow(self) -> None:
        """Take passwords again at every door."""
        self._failures.clear()

    def forget(self, door: str) -> None:
        """Count nothing for a door that is no more."""
        self._failures.pop(door, None)
