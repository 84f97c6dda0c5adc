"""The real log and keys of honest members, driven at random by a host who signs what it likes."""

import random
from collections import defaultdict

import pytest
from fakes.people import Person, begin, block_of, people, seat, step

from crypto.epoch import Alarm, GroupKeys, KeyInstalled, Outgoing
from crypto.errors import CryptoError
from crypto.exchange import KeyBox
from crypto.messages import Gossip, parse
from crypto.roster import EquivocationError, Rekey, Remove, RemoveReason, Roster, RosterError


class Honest:
    """A member that does what it should, and remembers what it saw."""

    def __init__(self, person: Person, roster: Roster) -> None:
        self.person = person
        self.roster = roster
        self.keys: GroupKeys = person.keys(roster.call_id)
        self.stopped = False
        self.screens: dict[bytes, set[bytes]] = {}  # by eid: who is shown
        self.played: list[tuple[bytes, bytes, bytes]] = []  # eid, sender, base key
        self.sealed: list[bytes] = []  # the base key of every frame, with the eid of the screen
        self.eid_of_key: dict[bytes, bytes] = {}
        self.gone_since_frame = False

    def enter(self, now: float) -> list[tuple[bytes | None, bytes]]:
        entered = self.keys.enter(self.roster, now)
        self.screens[self.roster.eid] = set(self.roster.members)
        self.eid_of_key[self.keys.own.base_key] = self.roster.eid
        said = [(None, entered.ack), *entered.boxes.items()]
        return said + self.saw(entered.events)

    def saw(self, events) -> list[tuple[bytes | None, bytes]]:
        said = []
        for event in events:
            match event:
                case KeyInstalled(dev, _, _, key):
                    self.played.append((self.roster.eid, dev, key))
                case Outgoing(to, message):
                    said.append((to, message))
                case Alarm():
                    self.stopped = True
        return said

    def take(self, data: bytes, now: float) -> list[tuple[bytes | None, bytes]]:
        message = parse(data)
        if not isinstance(message, Gossip):
            return self.saw(self.keys.take(message, now))
        try:
            roster = self.roster.accept(data)
        except EquivocationError as error:
            error.evidence.check(self.roster.genesis.host_call_key, self.roster.call_id)
            self.stopped = True
            return [(None, data)]
        except RosterError:
            return []
        before, self.roster = self.roster, roster
        if not roster.is_member(self.person.dev):
            self.roster, self.stopped = before, True
            return []
        return [(None, data), *self.enter(now)]


@pytest.mark.parametrize("seed", range(40))
def test_no_lie_of_the_host_makes_an_unseen_listener(seed: int):
    rng = random.Random(seed)
    host, ada, bob, cy, ghost = people("Host", "Ada", "Bob", "Cy", "Ghost", seed=seed)
    honest_people = (ada, bob, cy)
    start = seat(begin(host), host, *honest_people)
    honest = {person.dev: Honest(person, start) for person in honest_people}
    network: list[tuple[bytes, bytes]] = []

    def say(sender: bytes, words: list[tuple[bytes | None, bytes]]) -> None:
        for to, message in words:
            for dev in honest:
                if dev != sender and to in (None, dev):
                    network.append((dev, message))
            if message[0] == KeyBox.kind:
                boxes.append(KeyBox.parse(message))

    boxes: list[KeyBox] = []
    for dev, member in honest.items():
        say(dev, member.enter(0.0))
    logs = [start]
    for tick in range(500):
        now = tick / 100
        if rng.random() < 0.04:
            # The host mostly extends its newest log, sometimes any it ever made; it tells one.
            log = logs[-1] if rng.random() < 0.9 else rng.choice(logs)
            options = [Rekey()]
            options += [Remove(dev, RemoveReason.SILENT) for dev in log.members if dev != host.dev]
            absent = [p for p in (*honest_people, ghost) if not log.is_member(p.dev)]
            lie = rng.choice(absent) if absent and rng.random() < 0.5 else None
            log = seat(log, host, lie) if lie else step(log, host, rng.choice(options))
            logs.append(log)
            network.append((rng.choice(list(honest)), block_of(log)))
        elif network:
            to, message = network.pop(rng.randrange(len(network)))
            member = honest[to]
            if not member.stopped:
                try:
                    say(to, member.take(message, now))
                except CryptoError:
                    continue
        for member in honest.values():
            if not member.stopped:
                member.sealed.append(member.keys.sealing(now).base_key)
                _nobody_reads_who_is_not_shown(member, boxes)

    _who_plays_a_key_shows_all_who_have_it(honest, boxes)
    _nobody_stands_on_another_log_unwarned(honest, network)


def _nobody_reads_who_is_not_shown(member: Honest, boxes: list[KeyBox]) -> None:
    """G1: only devices on the sender's screen have the key of a frame, at the time it is sent."""
    eid = member.eid_of_key[member.sealed[-1]]
    readers = {box.to for box in boxes if box.eid == eid and box.sender == member.person.dev}
    assert readers <= set(member.roster.members)


def _who_plays_a_key_shows_all_who_have_it(
    honest: dict[bytes, Honest], boxes: list[KeyBox]
) -> None:
    """G2: a receiver has had every possible listener on its own screen."""
    owners = {key: dev for dev, member in honest.items() for key in member.eid_of_key}
    for member in honest.values():
        for eid, sender, key in member.played:
            if sender not in honest:
                continue
            assert owners[key] == sender
            assert honest[sender].eid_of_key[key] == eid
            readers = {box.to for box in boxes if box.eid == eid and box.sender == sender}
            assert readers <= member.screens[eid]


def _nobody_stands_on_another_log_unwarned(
    honest: dict[bytes, Honest], network: list[tuple[bytes, bytes]]
) -> None:
    """Two honest members on two logs of one length: a block that will convict is under way."""
    blocks = defaultdict(set)
    for to, message in network:
        if message[0] == Gossip.kind:
            blocks[to].add(message)
    going = [member for member in honest.values() if not member.stopped]
    for one in going:
        for two in going:
            if one.roster.epoch != two.roster.epoch or one.roster.eid == two.roster.eid:
                continue
            theirs = {block.encode() for block in (*one.roster.recent, *two.roster.recent)}
            heard = blocks[one.person.dev] | blocks[two.person.dev]
            assert theirs & heard
