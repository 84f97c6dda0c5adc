"""Devices that exchange keys over a network that delays, reorders and loses, in simulated time."""

import heapq
import itertools
import random
from collections import defaultdict
from collections.abc import Iterable

from fakes.people import Person

from crypto.epoch import GroupKeys, KeyEvent, KeyExpired, KeyInstalled, Outgoing
from crypto.exchange import Ack, KeyBox, SasReveal, Sync
from crypto.messages import parse
from crypto.roster import Roster

SYNC_SECONDS = 2.0
FOREVER = 1e9


class KeyExchange:
    """The devices of one meeting, each with its own view of the log."""

    def __init__(
        self, members: Iterable[Person], call_id: bytes, seed: int = 0, loss: float = 0.0
    ) -> None:
        self.rng = random.Random(seed)
        self.loss = loss
        self.now = 0.0
        self.people = {person.dev: person for person in members}
        self.keys: dict[bytes, GroupKeys] = {
            dev: person.keys(call_id) for dev, person in self.people.items()
        }
        self.rosters: dict[bytes, Roster] = {}
        self.events: dict[bytes, list[KeyEvent]] = defaultdict(list)
        self.sent: list[tuple[bytes, bytes, bytes]] = []  # from, to, message
        self.cut: set[tuple[bytes, bytes]] = set()  # ways that carry nothing
        self.made: dict[tuple[bytes, int], bytes] = {}  # every own key, by dev and generation
        self._under_way: list[tuple[float, int, bytes, bytes, bytes]] = []
        self._count = itertools.count()
        self._next_sync = SYNC_SECONDS

    def enter(self, person: Person, roster: Roster, removal: bool = False) -> None:
        """Let a device accept a block."""
        keys = self.keys[person.dev]
        self.rosters[person.dev] = roster
        entered = keys.enter(roster, self.now, removal)
        self.made[person.dev, keys.own.generation] = keys.own.base_key
        for dev in roster.members:
            self.send(person.dev, dev, entered.ack)
        for dev, box in entered.boxes.items():
            self.send(person.dev, dev, box)
        self._happened(person.dev, entered.events)

    def everyone_enters(self, roster: Roster) -> None:
        """Let every device with a seat accept a block, in random order."""
        seated = [person for dev, person in self.people.items() if roster.is_member(dev)]
        for person in self.rng.sample(seated, len(seated)):
            self.enter(person, roster)

    def send(self, sender: bytes, to: bytes, message: bytes) -> None:
        """Put a message on its way."""
        if sender == to:
            return
        self.sent.append((sender, to, message))
        if (sender, to) in self.cut or self.rng.random() < self.loss:
            return
        due = self.now + self.rng.uniform(0.001, 0.3)
        heapq.heappush(self._under_way, (due, next(self._count), sender, to, message))

    def run(self, seconds: float) -> None:
        """Let time pass: messages arrive, everybody says every 2 s what it holds."""
        end = self.now + seconds
        while True:
            due = self._under_way[0][0] if self._under_way else FOREVER
            self.now = min(due, self._next_sync, end)
            if self.now == due:
                _, _, sender, to, message = heapq.heappop(self._under_way)
                self._arrive(sender, to, message)
            elif self.now == self._next_sync:
                self._next_sync += SYNC_SECONDS
                self._everyone_syncs()
            else:
                return

    def installed(self, receiver: Person, sender: Person) -> list[KeyInstalled]:
        """Return the keys of a sender that a receiver installed, oldest first."""
        return [
            event
            for event in self.events[receiver.dev]
            if isinstance(event, KeyInstalled) and event.dev == sender.dev
        ]

    def codes(self) -> set[bytes | None]:
        """Return the codes that stand on the screens of all who are in."""
        return {self.keys[dev].code for dev in self.rosters}

    def _arrive(self, sender: bytes, to: bytes, data: bytes) -> None:
        if to not in self.rosters or not self.rosters[to].is_member(sender):
            return
        keys = self.keys[to]
        match parse(data):
            case (Ack() | KeyBox() | SasReveal()) as message:
                self._happened(to, keys.take(message, self.now))
            case Sync() as message:
                for lacking in keys.take_sync(sender, message, self.now).resend:
                    self.send(to, sender, lacking)

    def _everyone_syncs(self) -> None:
        for dev, roster in self.rosters.items():
            self._happened(dev, self.keys[dev].poll(self.now))
            sync = self.keys[dev].sync()
            for other in roster.members:
                self.send(dev, other, sync)

    def _happened(self, dev: bytes, events: list[KeyEvent]) -> None:
        self.events[dev] += events
        for event in events:
            match event:
                case Outgoing(None, message):
                    for other in self.rosters[dev].members:
                        self.send(dev, other, message)
                case Outgoing(bytes() as to, message):
                    self.send(dev, to, message)
                case KeyInstalled(sender, _, generation, base_key):
                    # The one thing that must hold whatever happens: it is the sender's own key.
                    assert self.made.get((sender, generation), base_key) == base_key
                case KeyExpired():
                    pass

    def leave(self, person: Person) -> None:
        """Let a device fall silent: it neither hears nor says anything any more."""
        self.rosters.pop(person.dev, None)
