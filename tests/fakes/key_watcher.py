"""Devices that exchange keys in any order of events, watched by somebody who knows every key.

The watcher holds what each device made, for whom it sealed it, and what each one could open. The
network delays, reorders, repeats, misdirects, damages and loses whatever it likes. The lead changes
hands, and whoever takes it over may undo what came before.
"""

from collections import defaultdict
from dataclasses import replace

from fakes.people import Person, begin, block_of, people, seat, step
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from crypto.epoch import (
    Entered,
    GroupKeys,
    KeyEvent,
    KeyExpired,
    KeyInstalled,
    Outgoing,
)
from crypto.errors import CryptoError
from crypto.exchange import Ack, KeyBox, SasReveal, Sync
from crypto.messages import Vote, parse
from crypto.operations import Rekey, Remove, RemoveReason
from crypto.policy import Policy
from crypto.refusal import RosterError
from crypto.roster import Roster
from crypto.switching import AFTER_NEXT_SECONDS, LONGEST_SECONDS, SWITCH_SECONDS

HOST = 0
ANYBODY = st.integers(0, 3)  # places in EpochMachine.people
PICKS = st.integers(0, 10**6)


class Device:
    """One seat's keys, where its log stands, and which keys of others it can open with."""

    def __init__(self, person: Person, keys: GroupKeys, roster: Roster) -> None:
        self.person = person
        self.keys = keys
        self.roster = roster  # where its log stands
        self.open: dict[tuple[bytes, int], float] = {}  # by sender and generation: since when
        self.replaced: dict[tuple[bytes, int], float] = {}  # since when a newer one is there
        self.withholds: set[bytes] = set()


def seats_of(roster: Roster) -> set[tuple[bytes, bytes]]:
    """Return who sits, by device and join id: a device that came back has another seat."""
    return {(dev, member.request.join_id) for dev, member in roster.members.items()}


class EpochMachine(RuleBasedStateMachine):
    """Honest leaders, one at a time; each device takes their blocks as they come to it."""

    kind = GroupKeys

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.people = people("Host", "Ada", "Bob", "Cy")
        self.log: list[Roster] = []  # the newest one, from the first block on
        self.blocks: list[bytes] = []  # all that were ever made
        self.devices: dict[bytes, Device] = {}
        self.underway: list[tuple[bytes, bytes, bytes]] = []  # from, to, message
        self.made: dict[tuple[bytes, bytes, int], bytes] = {}  # by dev, eid, generation: base key
        self.readers: defaultdict[bytes, set[bytes]] = defaultdict(set)  # by base key

    @initialize()
    def the_host_opens_a_meeting(self) -> None:
        self._next(begin(self.people[HOST], Policy(most_people=30)))
        self._come(self.people[HOST])

    # The log

    @property
    def _leader(self) -> Person:
        return next(one for one in self.people if one.dev == self.log[-1].leader)

    def _next(self, roster: Roster) -> None:
        self.log.append(roster)
        self.blocks.append(block_of(roster))

    @rule(guest=ANYBODY)
    def somebody_is_added(self, guest: int) -> None:
        person, newest = self.people[guest], self.log[-1]
        if not newest.is_member(person.dev) and person.dev not in newest.removed:
            self._next(seat(newest, self._leader, person))
            self._come(person)  # its program starts anew

    @rule(guest=ANYBODY, for_good=st.booleans())
    def somebody_is_removed(self, guest: int, for_good: bool) -> None:
        dev, newest = self.people[guest].dev, self.log[-1]
        if newest.is_member(dev) and dev != newest.leader:
            reason = RemoveReason.BY_HOST if for_good else RemoveReason.SILENT
            self._next(step(newest, self._leader, Remove(dev, reason)))

    @rule()
    def fresh_keys_are_asked_for(self) -> None:
        self._next(step(self.log[-1], self._leader, Rekey()))

    @rule(candidate=ANYBODY)
    def somebody_takes_over(self, candidate: int) -> None:
        """With the votes of all who are in, as the candidate knows it; what it lacks is undone."""
        device, person = self._device(candidate), self.people[candidate]
        if device is None or device.roster not in self.log:
            return
        base = device.roster
        vote = Vote(
            dev=person.dev,
            term=self.log[-1].term + 1,
            candidate=person.dev,
            last_term=base.term,
            last_epoch=base.epoch,
            last_eid=base.eid,
        )
        voters = (one for one in self.people if base.is_member(one.dev))
        votes = [replace(vote, dev=one.dev).signed(base.call_id, one.sign) for one in voters]
        after = base.take_over(votes, base.state.time_ms, person.sign)[1]
        del self.log[self.log.index(base) + 1 :]
        self._next(after)
        self._take(candidate, self.blocks[-1])

    # A device

    def _come(self, person: Person) -> None:
        roster = self.log[-1]
        keys = self.kind(roster.call_id, person.dev, person.sign, person.kem, person.random)
        device = self.devices[person.dev] = Device(person, keys, roster)
        self._entered(device, device.keys.enter(roster, self.now))

    def _device(self, number: int) -> Device | None:
        return self.devices.get(self.people[number].dev)

    @rule(person=ANYBODY, pick=PICKS)
    def a_block_comes_to_a_device(self, person: int, pick: int) -> None:
        self._take(person, self.blocks[pick % len(self.blocks)])

    @rule(person=ANYBODY)
    def all_blocks_come_to_a_device(self, person: int) -> None:
        for block in self.blocks:
            self._take(person, block)

    def _take(self, person: int, block: bytes) -> None:
        if (device := self._device(person)) is None:
            return
        before, dev = device.roster, device.person.dev
        try:
            after = before.accept(block)
        except RosterError:
            return
        if not after.is_member(dev):
            del self.devices[dev]  # it sees that it was removed
            return
        device.roster = after
        self._entered(device, device.keys.enter(after, self.now))
        if not seats_of(before) <= seats_of(after):
            own = device.keys.sealing(self.now)
            assert self.made.get((dev, after.eid, own.generation)) == own.base_key, (
                "the very next frame is under a key of this epoch"
            )

    @rule(person=ANYBODY)
    def a_device_wakes_up(self, person: int) -> None:
        if device := self._device(person):
            self._entered(device, device.keys.renew(self.now))
            own = device.keys.sealing(self.now)
            assert own == device.keys.own, "the new key is used at once"

    @rule(person=ANYBODY, other=ANYBODY)
    def a_device_holds_somebody(self, person: int, other: int) -> None:
        device = self._device(person)
        if device is not None and person != other:
            dev = self.people[other].dev
            device.withholds.add(dev)
            device.keys.withhold(dev)

    @rule(person=ANYBODY, other=ANYBODY)
    def a_device_trusts_somebody_again(self, person: int, other: int) -> None:
        device = self._device(person)
        dev = self.people[other].dev
        if device is not None and dev in device.withholds:
            device.withholds.discard(dev)
            for message in device.keys.release(dev):
                self._send(device, dev, message)

    @rule(person=ANYBODY, other=ANYBODY)
    def a_device_says_what_it_holds(self, person: int, other: int) -> None:
        device = self._device(person)
        if device is not None and person != other:
            self._send(device, self.people[other].dev, device.keys.sync())

    def _entered(self, device: Device, entered: Entered) -> None:
        roster, own = device.roster, device.keys.own
        made = self.made.setdefault((device.person.dev, roster.eid, own.generation), own.base_key)
        assert made == own.base_key
        assert own.slot == roster.members[device.person.dev].slot
        for dev in roster.members:
            self._send(device, dev, entered.ack)
        for dev, box in entered.boxes.items():
            self._send(device, dev, box)
        self._happened(device, entered.events)

    def _send(self, device: Device, to: bytes, message: bytes) -> None:
        sender = device.person.dev
        if sender == to:
            return
        if message[0] == KeyBox.kind:
            box, roster = KeyBox.parse(message), device.roster
            assert (box.sender, box.to, box.eid) == (sender, to, roster.eid)
            assert roster.is_member(to), "nobody outside the roster is ever sealed to"
            assert to not in device.withholds, "nobody who is held is sealed to"
            self.readers[self.made[sender, box.eid, box.generation]].add(to)
        self.underway.append((sender, to, message))

    def _happened(self, device: Device, events: list[KeyEvent]) -> None:
        roster = device.roster
        for event in events:
            match event:
                case Outgoing(None, message):
                    for dev in roster.members:
                        self._send(device, dev, message)
                case Outgoing(bytes() as to, message):
                    self._send(device, to, message)
                case KeyInstalled(dev, slot, generation, base_key):
                    assert self.made.get((dev, roster.eid, generation)) == base_key, (
                        "a key is installed that its sender did not make for this very epoch"
                    )
                    assert slot == roster.members[dev].slot
                    for held in device.open:
                        if held[0] == dev:
                            device.replaced.setdefault(held, self.now)
                    device.open[dev, generation] = self.now
                case KeyExpired(dev, generation):
                    for held in list(device.open):
                        if held[0] == dev and generation in (None, held[1]):
                            del device.open[held]
                            device.replaced.pop(held, None)

    # The network

    def _pick(self, pick: int) -> tuple[bytes, bytes, bytes]:
        return self.underway[pick % len(self.underway)]

    @precondition(lambda self: self.underway)
    @rule(pick=PICKS, again=st.booleans())
    def a_message_arrives(self, pick: int, again: bool) -> None:
        sender, to, message = self._pick(pick)
        if not again:
            self.underway.remove((sender, to, message))
        self._arrive(sender, to, message)

    @rule()
    def the_network_is_good_for_a_while(self) -> None:
        for person in range(len(self.people)):
            self.all_blocks_come_to_a_device(person)
        while self.underway:
            self.a_message_arrives(0, again=False)

    @rule()
    def every_message_arrives_once(self) -> None:
        for pick in range(len(self.underway)):
            self.a_message_arrives(pick, again=True)

    @precondition(lambda self: self.underway)
    @rule(pick=PICKS)
    def a_message_is_lost(self, pick: int) -> None:
        self.underway.remove(self._pick(pick))

    @precondition(lambda self: self.underway)
    @rule(pick=PICKS, to=ANYBODY)
    def a_message_comes_to_somebody_else(self, pick: int, to: int) -> None:
        sender, _, message = self._pick(pick)
        self._arrive(sender, self.people[to].dev, message)

    @precondition(lambda self: self.underway)
    @rule(pick=PICKS, bit=PICKS)
    def a_message_is_damaged(self, pick: int, bit: int) -> None:
        sender, to, message = self._pick(pick)
        damaged = bytearray(message)
        damaged[bit // 8 % len(damaged)] ^= 1 << bit % 8
        self._arrive(sender, to, bytes(damaged))

    def _arrive(self, sender: bytes, to: bytes, data: bytes) -> None:
        device = self.devices.get(to)
        if device is None or sender == to or not device.roster.is_member(sender):
            return  # there is no channel
        try:
            match parse(data):
                case (Ack() | KeyBox() | SasReveal()) as message:
                    self._happened(device, device.keys.take(message, self.now))
                case Sync() as message:
                    for lacking in device.keys.take_sync(sender, message, self.now).resend:
                        self._send(device, sender, lacking)
        except CryptoError:
            return

    # Time

    @rule(seconds=st.sampled_from([0.1, 1.0, 2.0, 8.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        for device in self.devices.values():
            self._happened(device, device.keys.poll(self.now))

    @rule(person=ANYBODY, sender=ANYBODY)
    def a_frame_is_opened(self, person: int, sender: int) -> None:
        device = self._device(person)
        if device is None:
            return
        dev = self.people[sender].dev
        opened = [generation for who, generation in device.open if who == dev]
        if not opened:
            return
        device.keys.opened(dev, max(opened), self.now)
        for held in device.open:
            if held[0] == dev and held[1] < max(opened):
                soon = self.now - LONGEST_SECONDS + AFTER_NEXT_SECONDS
                device.replaced[held] = min(device.replaced[held], soon)

    # What must hold whatever happened

    @invariant()
    def a_frame_is_for_those_on_the_screen_alone(self) -> None:
        for device in self.devices.values():
            own = device.keys.sealing(self.now)
            assert self.readers[own.base_key] <= set(device.roster.members)

    @invariant()
    def nobody_keeps_keys_of_somebody_who_is_gone(self) -> None:
        for device in self.devices.values():
            seated = set(device.roster.members)
            assert {dev for dev, _ in device.open} <= seated, "keys of somebody who is gone"

    @invariant()
    def old_keys_do_not_outlive_their_time(self) -> None:
        for device in self.devices.values():
            for since in device.replaced.values():
                assert self.now < since + LONGEST_SECONDS, "an old key outlives its time"

    @invariant()
    def whoever_is_complete_has_a_key_of_this_epoch_of_everybody(self) -> None:
        for device in self.devices.values():
            roster = device.roster
            if device.keys.complete:
                for dev in set(roster.members) - {device.person.dev}:
                    newest = max(generation for who, generation in device.open if who == dev)
                    assert (dev, roster.eid, newest) in self.made

    def teardown(self) -> None:
        """Once everything arrives, everybody has every key, and the same code."""
        everybody = range(len(self.people))
        for person in everybody:
            for other in everybody:
                self.a_device_trusts_somebody_again(person, other)
        for person in everybody:
            self.all_blocks_come_to_a_device(person)
        for ghost in self.log[-1].members.keys() - self.devices.keys():
            # Its seat is there again, because the block that took it was undone; its program left.
            self._next(step(self.log[-1], self._leader, Remove(ghost, RemoveReason.SILENT)))
        for person in everybody:
            self.all_blocks_come_to_a_device(person)
        for _ in range(4):
            self.time_passes(2.0)
            for person in everybody:
                for other in everybody:
                    self.a_device_says_what_it_holds(person, other)
            while self.underway:
                self.a_message_arrives(0, again=False)
        self.time_passes(SWITCH_SECONDS)
        assert self.devices.keys() == self.log[-1].members.keys()
        assert {device.roster.eid for device in self.devices.values()} == {self.log[-1].eid}
        for device in self.devices.values():
            assert device.keys.missing == frozenset(), "a key is still missing"
            assert device.keys.sealing(self.now) == device.keys.own
        codes = {device.keys.code for device in self.devices.values()}
        assert len(codes) == 1
        assert None not in codes
