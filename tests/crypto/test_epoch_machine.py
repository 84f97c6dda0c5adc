"""Devices that exchange keys in any order of events, watched by somebody who knows every key.

The watcher holds what each device made, for whom it sealed it, and what each one could open. The
network delays, reorders, repeats, misdirects, damages and loses whatever it likes.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from fakes.people import Person, begin, people, seat, step
from hypothesis import settings
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
    SyncReport,
)
from crypto.errors import CryptoError
from crypto.exchange import Ack, KeyBox, SasReveal, Sync
from crypto.gathering import Gathering
from crypto.messages import parse
from crypto.operations import Rekey, Remove, RemoveReason
from crypto.policy import Policy
from crypto.roster import Roster
from crypto.switching import AFTER_NEXT_SECONDS, LONGEST_SECONDS, SWITCH_SECONDS

HOST = 0
GUESTS = st.integers(1, 3)  # places in EpochMachine.people
ANYBODY = st.integers(0, 3)
PICKS = st.integers(0, 10**6)


class Device:
    """One seat's keys, where its log stands, and which keys of others it can open with."""

    def __init__(self, person: Person, keys: GroupKeys, place: int) -> None:
        self.person = person
        self.keys = keys
        self.place = place  # in the log
        self.open: dict[tuple[bytes, int], float] = {}  # by sender and generation: since when
        self.replaced: dict[tuple[bytes, int], float] = {}  # since when a newer one is there
        self.withholds: set[bytes] = set()


class EpochMachine(RuleBasedStateMachine):
    """One honest log; each device goes along it at its own pace."""

    kind = GroupKeys

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.people = people("Host", "Ada", "Bob", "Cy")
        self.host = self.people[HOST]
        self.log = [begin(self.host, Policy(most_people=30))]
        self.devices: dict[bytes, Device] = {}
        self.underway: list[tuple[bytes, bytes, bytes]] = []  # from, to, message
        self.made: dict[tuple[bytes, bytes, int], bytes] = {}  # by dev, eid, generation: base key
        self.readers: defaultdict[bytes, set[bytes]] = defaultdict(set)  # by base key
        self.rosters = {self.log[0].eid: self.log[0]}

    @initialize()
    def the_host_opens_a_meeting(self) -> None:
        self._come(self.host, 0)

    # The log

    def _next(self, roster: Roster) -> None:
        self.log.append(roster)
        self.rosters[roster.eid] = roster

    @rule(guest=GUESTS)
    def somebody_is_added(self, guest: int) -> None:
        person = self.people[guest]
        if not self.log[-1].is_member(person.dev) and person.dev not in self.log[-1].removed:
            self._next(seat(self.log[-1], self.host, person))
            self._come(person, len(self.log) - 1)  # its program starts anew

    @rule(guest=GUESTS, for_good=st.booleans())
    def somebody_is_removed(self, guest: int, for_good: bool) -> None:
        dev = self.people[guest].dev
        if self.log[-1].is_member(dev):
            reason = RemoveReason.BY_HOST if for_good else RemoveReason.SILENT
            self._next(step(self.log[-1], self.host, Remove(dev, reason)))

    @rule()
    def fresh_keys_are_asked_for(self) -> None:
        self._next(step(self.log[-1], self.host, Rekey()))

    # A device

    def _come(self, person: Person, place: int) -> None:
        keys = self.kind(self.log[0].call_id, person.dev, person.sign, person.kem, person.random)
        device = self.devices[person.dev] = Device(person, keys, place)
        self._entered(device, device.keys.enter(self.log[place], self.now))

    def _device(self, number: int) -> Device | None:
        return self.devices.get(self.people[number].dev)

    def _roster(self, device: Device) -> Roster:
        return self.log[device.place]

    @rule(person=ANYBODY)
    def a_device_takes_the_next_block(self, person: int) -> None:
        device = self._device(person)
        if device is None or device.place + 1 == len(self.log):
            return
        before = self._roster(device)
        after = self.log[device.place + 1]
        dev = device.person.dev
        if not after.is_member(dev):
            del self.devices[dev]  # it sees that it was removed
            return
        device.place += 1
        self._entered(device, device.keys.enter(after, self.now))
        if after.gone_since(before):
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
        roster, own = self._roster(device), device.keys.own
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
            box, roster = KeyBox.parse(message), self._roster(device)
            assert (box.sender, box.to, box.eid) == (sender, to, roster.eid)
            assert roster.is_member(to), "nobody outside the roster is ever sealed to"
            assert to not in device.withholds, "nobody who is held is sealed to"
            self.readers[self.made[sender, box.eid, box.generation]].add(to)
        self.underway.append((sender, to, message))

    def _happened(self, device: Device, events: list[KeyEvent]) -> None:
        roster = self._roster(device)
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
            self.a_device_takes_the_next_block(person)
        while self.underway:
            self.a_message_arrives(0, again=False)

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
        if device is None or sender == to or not self._roster(device).is_member(sender):
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
            assert self.readers[own.base_key] <= set(self._roster(device).members)

    @invariant()
    def nobody_keeps_keys_of_somebody_who_is_gone(self) -> None:
        for device in self.devices.values():
            seated = set(self._roster(device).members)
            assert {dev for dev, _ in device.open} <= seated, "keys of somebody who is gone"

    @invariant()
    def old_keys_do_not_outlive_their_time(self) -> None:
        for device in self.devices.values():
            for since in device.replaced.values():
                assert self.now < since + LONGEST_SECONDS, "an old key outlives its time"

    @invariant()
    def whoever_is_complete_has_a_key_of_this_epoch_of_everybody(self) -> None:
        for device in self.devices.values():
            roster = self._roster(device)
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
        for _ in self.log:
            for person in everybody:
                self.a_device_takes_the_next_block(person)
        for _ in range(4):
            self.time_passes(2.0)
            for person in everybody:
                for other in everybody:
                    self.a_device_says_what_it_holds(person, other)
            while self.underway:
                self.a_message_arrives(0, again=False)
        self.time_passes(SWITCH_SECONDS)
        assert self.devices.keys() == self.log[-1].members.keys()
        for device in self.devices.values():
            assert device.keys.missing == frozenset(), "a key is still missing"
            assert device.keys.sealing(self.now) == device.keys.own
        codes = {device.keys.code for device in self.devices.values()}
        assert len(codes) == 1
        assert None not in codes


TestEpochs = EpochMachine.TestCase
TestEpochs.settings = settings(max_examples=30, stateful_step_count=30, deadline=None)


# What the watcher would notice


class SealsToHeldOnes(GroupKeys):
    def withhold(self, dev: bytes) -> None:
        pass


class SwitchesAtLeisure(GroupKeys):
    def _make_key(self, gathering: Gathering, now: float, at_once: bool) -> Any:
        return super()._make_key(gathering, now, at_once=False)


class TakesKeysOfAnyEpoch(GroupKeys):
    def _is_current(self, message: Any, now: float) -> bool:
        return True


class KeepsOldKeys(GroupKeys):
    def enter(self, roster: Roster, now: float, removal: bool = False) -> Entered:
        entered = super().enter(roster, now, removal)
        return replace(entered, events=[e for e in entered.events if not isinstance(e, KeyExpired)])


class NeverForgets(GroupKeys):
    def poll(self, now: float) -> list[KeyEvent]:
        return []


class IsDeaf(GroupKeys):
    def take_sync(self, dev: bytes, message: Sync | bytes, now: float) -> SyncReport:
        return replace(super().take_sync(dev, message, now), resend=())


def tell_the_watcher(kind: type[GroupKeys]) -> None:
    """Play one story in which every rule has its turn, and check after every step."""
    machine = type("Machine", (EpochMachine,), {"kind": kind})()
    machine.the_host_opens_a_meeting()
    for guest in (1, 2):
        machine.somebody_is_added(guest)
    steps: list[Callable[[], None]] = [
        machine.the_network_is_good_for_a_while,
        lambda: machine.a_device_holds_somebody(HOST, 1),
        machine.fresh_keys_are_asked_for,
        lambda: machine.a_device_takes_the_next_block(HOST),
        lambda: machine.a_message_arrives(0, again=True),
        machine.the_network_is_good_for_a_while,
        lambda: machine.time_passes(8.0),
        lambda: machine.time_passes(8.0),
        lambda: machine.somebody_is_removed(2, for_good=True),
        lambda: machine.a_device_takes_the_next_block(1),
        machine.underway.clear,
        machine.teardown,
    ]
    for each in steps:
        each()
        machine.a_frame_is_for_those_on_the_screen_alone()
        machine.nobody_keeps_keys_of_somebody_who_is_gone()
        machine.old_keys_do_not_outlive_their_time()
        machine.whoever_is_complete_has_a_key_of_this_epoch_of_everybody()


def test_the_watcher_is_content_with_our_keys():
    tell_the_watcher(GroupKeys)


@pytest.mark.parametrize(
    ("weakened", "words"),
    [
        (SealsToHeldOnes, "nobody who is held"),
        (SwitchesAtLeisure, "the very next frame"),
        (TakesKeysOfAnyEpoch, "for this very epoch"),
        (KeepsOldKeys, "keys of somebody who is gone"),
        (NeverForgets, "an old key outlives its time"),
        (IsDeaf, "a key is still missing"),
    ],
)
def test_the_watcher_notices_a_key_schedule_that_is_weakened(weakened: type[GroupKeys], words: str):
    with pytest.raises(AssertionError, match=words):
        tell_the_watcher(weakened)
