"""What happened at a table, in lines that a person can read and a test can compare."""

from fakes.seat import Key, Seat
from fakes.table import Watch

from crypto.frames import peek
from crypto.roster import Roster


class Trace(Watch):
    """Writes down who did what; names stand for devices, so that keys may be other ones."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._heard: dict[tuple[bytes, bytes], int] = {}

    def __str__(self) -> str:
        return "\n".join(self.lines)

    def note(self, what: str) -> None:
        """Add a line of one's own."""
        self.lines.append(f"{self.table.now - 100:7.3f}  {what}")

    def turned(self, seat: Seat, before: Roster | None, after: Roster) -> None:
        devs = frozenset(before.members) if before else frozenset()
        people = " ".join(
            self._name(dev)
            + ("*" if dev == after.leader else "")
            + ("" if dev in devs or before is None else "+")
            for dev in after.members
        )
        gone = "".join(sorted(f" {self._name(dev)}-" for dev in devs - after.members.keys()))
        term = f" term {after.term}" if after.term else ""
        self.note(f"{seat.name} stands at {after.epoch}{term}: {people}{gone}")

    def seals(self, seat: Seat, key: Key) -> None:
        self.note(f"{seat.name} seals with key {key[2]}")

    def opened(self, seat: Seat, sender: bytes, sealed: bytes) -> None:
        found = peek(sealed)
        pair = (seat.dev, sender)
        if found is not None and self._heard.get(pair) != found[2]:
            self._heard[pair] = found[2]
            self.note(f"{seat.name} hears {self._name(sender)}, key {found[2]}")

    def over(self, seat: Seat, reason: str) -> None:
        self.note(f"{seat.name} is out: {reason}")

    def _name(self, dev: bytes) -> str:
        seat = self.table.seat_of(dev)
        return seat.name if seat else dev.hex()[:6]
