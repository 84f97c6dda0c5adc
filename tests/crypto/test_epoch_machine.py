"""Keys of epochs in any order of events; a watcher knows them all and notices what is weakened."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from fakes.key_watcher import HOST, EpochMachine
from hypothesis import settings

from crypto.epoch import Entered, GroupKeys, KeyEvent, KeyExpired, SyncReport
from crypto.exchange import Sync
from crypto.gathering import Gathering
from crypto.roster import Roster

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

    def only_the_host_hears() -> None:
        for sender, to, message in list(machine.underway):
            if to == machine.people[HOST].dev:
                machine._arrive(sender, to, message)
        machine.underway.clear()

    steps: list[Callable[[], None]] = [
        lambda: machine.all_blocks_come_to_a_device(HOST),
        lambda: machine.all_blocks_come_to_a_device(1),
        only_the_host_hears,
        machine.fresh_keys_are_asked_for,
        lambda: machine.all_blocks_come_to_a_device(HOST),
        machine.every_message_arrives_once,
        machine.the_network_is_good_for_a_while,
        lambda: machine.a_device_holds_somebody(HOST, 1),
        machine.fresh_keys_are_asked_for,
        lambda: machine.all_blocks_come_to_a_device(HOST),
        machine.every_message_arrives_once,
        machine.the_network_is_good_for_a_while,
        lambda: machine.time_passes(8.0),
        lambda: machine.time_passes(8.0),
        lambda: machine.somebody_is_removed(2, for_good=True),
        lambda: machine.all_blocks_come_to_a_device(1),
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
