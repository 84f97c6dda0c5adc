import itertools
import random
from dataclasses import replace

import pytest
from fakes.key_exchange import KeyExchange
from fakes.logs import elect
from fakes.people import Person, begin, people, seat, step
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto import hpke
from crypto.epoch import (
    RESEND_SECONDS,
    Alarm,
    AlarmKind,
    Entered,
    GroupKeys,
    KemPair,
    KeyEvent,
    KeyExpired,
    KeyInstalled,
    Outgoing,
    base_key,
)
from crypto.errors import CryptoError, ForgedError, MalformedError
from crypto.exchange import Ack, KeyBox, SasReveal, Sync, box_info, secret_commitment
from crypto.gathering import Gathering
from crypto.held import HOLD_BYTES, HOLD_SECONDS
from crypto.roster import Add, Policy, Rekey, Remove, RemoveReason, Roster
from crypto.switching import AFTER_NEXT_SECONDS, LONGEST_SECONDS, SWITCH_SECONDS

KNOWN_DEV = bytes.fromhex("c8a353ff3b1e3c438fa9a31eda1491cf")
HOST, ADA, BOB, CY, EVE = people("Host", "Ada", "Bob", "Cy", "Eve")


class Pair:
    """The host and Ada in one epoch, nothing of what they say delivered yet."""

    def __init__(self, roster: Roster | None = None) -> None:
        alone = roster or begin(HOST)
        self.host = HOST.keys(alone.call_id)
        if roster is None:
            self.host.enter(alone, 0.0)
        self.roster = seat(alone, HOST, ADA)
        self.ada = ADA.keys(alone.call_id)
        self.from_host = self.host.enter(self.roster, 1.0)
        self.from_ada = self.ada.enter(self.roster, 1.0)

    def meet(self) -> "Pair":
        """Deliver everything both ways."""
        exchange(self.host, self.from_host, self.ada, self.from_ada)
        return self


def exchange(one: GroupKeys, said: Entered, other: GroupKeys, back: Entered) -> None:
    """Deliver what two devices said on entering, and all that follows."""
    to_other = [said.ack, *said.boxes.values(), *outgoing(said.events)]
    to_one = [back.ack, *back.boxes.values(), *outgoing(back.events)]
    while to_other or to_one:
        follows = [take(other, message) for message in to_other]
        follows_back = [take(one, message) for message in to_one]
        to_one = outgoing(itertools.chain(*follows))
        to_other = outgoing(itertools.chain(*follows_back))


def take(keys: GroupKeys, message: bytes, now: float = 1.1) -> list[KeyEvent]:
    kinds = {Ack.kind: keys.take_ack, KeyBox.kind: keys.take_box, SasReveal.kind: keys.take_reveal}
    return kinds[message[0]](message, now)


def outgoing(events) -> list[bytes]:
    return [event.message for event in events if isinstance(event, Outgoing)]


def keys_in(events) -> list[KeyInstalled]:
    return [event for event in events if isinstance(event, KeyInstalled)]


def gathered(*others: Person, seed: int = 0, loss: float = 0.0) -> tuple[KeyExchange, Roster]:
    """Return an exchange in which the host and the others are in, and all is said."""
    roster = begin(HOST, Policy(most_people=30))
    room = KeyExchange((HOST, *others), roster.call_id, seed, loss)
    room.enter(HOST, roster)
    room.run(1)
    roster = seat(roster, HOST, *others)
    room.everyone_enters(roster)
    room.run(1)
    return room, roster


# Who gets which key


def test_two_devices_end_with_each_others_keys():
    room, _ = gathered(ADA)
    for one, other in ((HOST, ADA), (ADA, HOST)):
        (key,) = room.installed(one, other)
        own = room.keys[other.dev].own
        assert (key.slot, key.generation, key.base_key) == (
            own.slot,
            own.generation,
            own.base_key,
        )
        assert room.keys[one.dev].complete
        assert room.keys[one.dev].missing == frozenset()


def test_a_host_alone_is_complete_and_says_nothing():
    host = HOST.keys(begin(HOST).call_id)
    entered = host.enter(begin(HOST), 0.0)
    assert entered.boxes == {}
    assert entered.events == []
    assert host.complete
    assert host.code is not None


def test_all_keys_of_all_devices_and_epochs_differ():
    room, roster = gathered(ADA, BOB)
    for _ in range(5):
        roster = step(roster, HOST, Rekey())
        room.everyone_enters(roster)
        room.run(1)
    assert len(room.made) == 1 + 3 * 6
    assert len(set(room.made.values())) == len(room.made)


@given(st.binary(min_size=32, max_size=32), st.integers(0, 2**32 - 1))
def test_a_base_key_depends_on_call_epoch_device_and_generation(secret: bytes, generation: int):
    call, eid = bytes(32), b"e" * 32
    keys = {
        base_key(call, eid, ADA.dev, generation, secret),
        base_key(b"c" * 32, eid, ADA.dev, generation, secret),
        base_key(call, b"f" * 32, ADA.dev, generation, secret),
        base_key(call, eid, BOB.dev, generation, secret),
        base_key(call, eid, ADA.dev, generation ^ 16, secret),  # the same four bits in a KID
    }
    assert len(keys) == 5
    assert all(len(key) == 32 for key in keys)


def test_the_known_answer_of_a_base_key():
    key = base_key(bytes(32), b"\x01" * 32, KNOWN_DEV, 1, b"\x02" * 32)
    assert key.hex() == "91f7dee00f14563f473aed7ed863a6c6c6c6027589bad86b2453a22cdff38dba"


def test_nobody_outside_the_roster_is_ever_sent_a_key():
    room, roster = gathered(ADA, BOB, CY)
    roster = step(roster, HOST, Remove(ADA.dev))
    room.leave(ADA)
    room.everyone_enters(roster)
    room.run(3)
    roster = step(roster, HOST, BOB.leave(roster))
    room.leave(BOB)
    room.everyone_enters(roster)
    room.run(3)
    boxes = [KeyBox.parse(message) for _, _, message in room.sent if message[0] == KeyBox.kind]
    seats = {roster.eid: set(roster.members) for roster in room.rosters.values()}
    for box in boxes:
        if box.eid in seats:
            assert box.to in seats[box.eid]
    assert {box.to for box in boxes if box.eid == roster.eid} == {HOST.dev, CY.dev}
    for stranger in (ADA, BOB, EVE):
        assert room.keys[HOST.dev].box_for(stranger.dev) is None
        assert room.keys[HOST.dev].catch_up(stranger.dev) == ()


def test_who_was_removed_can_open_nothing_of_the_next_epoch():
    room, roster = gathered(ADA, BOB)
    later = step(roster, HOST, Remove(ADA.dev))
    room.enter(BOB, later)
    room.enter(HOST, later)
    said = [message for _, _, message in room.sent if message[0] in (Ack.kind, KeyBox.kind)]
    ada = room.keys[ADA.dev]
    before = len(room.installed(ADA, BOB))
    for message in said:
        try:
            events = take(ada, message)
        except ForgedError:
            continue  # a box for somebody else
        assert keys_in(events) == []
    with pytest.raises(ValueError, match="no seat"):
        ada.enter(later, room.now)
    assert len(room.installed(ADA, BOB)) == before


def test_a_newcomer_gets_keys_of_its_own_epoch_only():
    room, roster = gathered(ADA)
    old = set(room.made.values())
    room.people[BOB.dev], room.keys[BOB.dev] = BOB, BOB.keys(roster.call_id)
    room.everyone_enters(seat(roster, HOST, BOB))
    room.run(1)
    got = [event.base_key for event in keys_in(room.events[BOB.dev])]
    assert len(got) == 2
    assert not old & set(got)


def test_a_key_box_for_a_member_is_made_when_its_ack_tells_where_to_seal_it():
    pair = Pair()
    assert ADA.dev in pair.from_host.boxes  # sealed to the key of Ada's join request
    assert pair.from_ada.boxes == {}  # the one of the host's request is long gone
    events = take(pair.ada, pair.from_host.ack)
    (box,) = [event for event in events if isinstance(event, Outgoing) and event.to == HOST.dev]
    take(pair.host, pair.from_ada.ack)
    assert keys_in(take(pair.host, box.message))


def test_private_kem_keys_live_for_two_epochs():
    pair = Pair().meet()
    roster = step(pair.roster, HOST, Rekey())
    host, ada = pair.host.enter(roster, 2.0), pair.ada.enter(roster, 2.0)
    exchange(pair.host, host, pair.ada, ada)
    old = KeyBox.parse(pair.from_host.boxes[ADA.dev])  # sealed to Ada's very first key
    ack = Ack.parse(host.ack)
    info = box_info(roster.call_id, roster.eid, HOST.dev, ADA.dev, ack.generation + 1)
    late = KeyBox(
        eid=roster.eid,
        sender=HOST.dev,
        to=ADA.dev,
        generation=ack.generation + 1,
        kem_id=old.kem_id,
        sealed=hpke.seal(ADA.kem.public, info, bytes(32)),
    )
    again = replace(ack, generation=ack.generation + 1, raw=b"")
    pair.ada.take_ack(again.signed(roster.call_id, HOST.sign), 2.0)
    assert pair.ada.take_box(late, 2.0) == []
    assert pair.ada.counts["kem_gone"] == 1


# In whatever order it comes


def test_ack_box_and_reveal_may_come_in_any_order():
    orders = list(itertools.permutations(range(3)))
    for order in orders:
        pair = Pair()
        take(pair.host, pair.from_ada.ack)
        messages = [pair.from_host.ack, pair.from_host.boxes[ADA.dev], pair.host.reveal()]
        got = [event for index in order for event in take(pair.ada, messages[index])]
        assert len(keys_in(got)) == 1
        assert pair.ada.complete
        assert pair.ada.code is not None


def test_what_comes_twice_counts_once():
    pair = Pair()
    take(pair.host, pair.from_ada.ack)
    messages = [pair.from_host.ack, pair.from_host.boxes[ADA.dev], pair.host.reveal()] * 2
    got = [event for message in messages for event in take(pair.ada, message)]
    assert len(keys_in(got)) == 1
    assert len(outgoing(got)) == 2  # one box to the host, one reveal


def test_messages_for_the_next_epoch_wait_until_it_is_entered():
    pair = Pair().meet()
    roster = step(pair.roster, HOST, Rekey())
    early = pair.host.enter(roster, 2.0)
    assert take(pair.ada, early.boxes[ADA.dev], 2.0) == []
    assert take(pair.ada, early.ack, 2.1) == []
    entered = pair.ada.enter(roster, 2.0 + HOLD_SECONDS - 0.1)
    (key,) = keys_in(entered.events)
    assert key.base_key == pair.host.own.base_key
    assert pair.ada.complete


def test_nothing_waits_longer_than_two_seconds():
    pair = Pair().meet()
    roster = step(pair.roster, HOST, Rekey())
    early = pair.host.enter(roster, 2.0)
    for message in (early.ack, early.boxes[ADA.dev]):
        take(pair.ada, message, 2.0)
    pair.ada.poll(2.0 + HOLD_SECONDS)
    assert keys_in(pair.ada.enter(roster, 4.1).events) == []
    assert pair.ada.missing == {HOST.dev}


def test_what_waits_is_bounded():
    pair = Pair().meet()
    reveal = SasReveal(eid=b"?" * 32, dev=HOST.dev, nonce=bytes(32), signature=bytes(64))
    size = len(reveal.encode())
    for _ in range(HOLD_BYTES // size + 10):
        pair.ada.take_reveal(reveal, 1.0)
    assert pair.ada._held.bytes <= HOLD_BYTES
    assert pair.ada._held.counts["no_room"] >= 9


def test_messages_of_an_epoch_that_is_over_are_dropped():
    pair = Pair()
    pair.ada.enter(step(pair.roster, HOST, Rekey()), 1.2)
    for message in (pair.from_host.ack, pair.from_host.boxes[ADA.dev]):
        assert take(pair.ada, message) == []
    assert pair.ada.counts["stale"] == 2
    assert len(pair.ada._held) == 0


def test_no_key_of_another_roster_is_ever_installed():
    """The host shows Ada and Bob two different lists: neither hears the other."""
    alone = begin(HOST)
    roster = seat(alone, HOST, ADA, BOB)
    to_ada, to_bob = step(roster, HOST, Rekey()), seat(roster, HOST, EVE)
    ada, bob = ADA.keys(alone.call_id), BOB.keys(alone.call_id)
    said_by_ada, said_by_bob = ada.enter(roster, 0.0), bob.enter(roster, 0.0)
    exchange(ada, said_by_ada, bob, said_by_bob)
    said_by_ada, said_by_bob = ada.enter(to_ada, 1.0), bob.enter(to_bob, 1.0)
    for keys, said in ((ada, said_by_bob), (bob, said_by_ada)):
        for message in (said.ack, *said.boxes.values()):
            try:
                assert keys_in(take(keys, message)) == []
            except ForgedError:
                continue  # a box for somebody else
    assert BOB.dev in ada.missing
    assert ADA.dev in bob.missing


# Lies


def test_a_key_that_does_not_fit_its_commitment_is_refused():
    pair = Pair()
    take(pair.ada, pair.from_host.ack)
    ack = Ack.parse(pair.from_host.ack)
    info = box_info(pair.roster.call_id, ack.eid, HOST.dev, ADA.dev, ack.generation)
    true = KeyBox.parse(pair.from_host.boxes[ADA.dev])
    false = replace(true, sealed=hpke.seal(ADA.kem.public, info, bytes(32)), raw=b"")
    with pytest.raises(ForgedError, match="commitment"):
        pair.ada.take_box(false, 1.0)
    assert keys_in(pair.ada.take_box(true, 1.0)), "a lie must not stand in the way of the truth"


def test_a_lie_that_came_first_does_not_stand_in_the_way_either():
    pair = Pair()
    true = KeyBox.parse(pair.from_host.boxes[ADA.dev])
    false = replace(true, sealed=bytes(len(true.sealed)), raw=b"")
    assert pair.ada.take_box(false, 1.0) == pair.ada.take_box(true, 1.0) == []
    assert keys_in(take(pair.ada, pair.from_host.ack))
    assert pair.ada.counts["held_refused"] == 1


def test_a_box_cannot_be_passed_on_to_somebody_else_or_to_another_epoch():
    pair = Pair()
    take(pair.ada, pair.from_host.ack)
    take(pair.host, pair.from_ada.ack)
    box = KeyBox.parse(pair.from_host.boxes[ADA.dev])
    turned = replace(box, sender=ADA.dev, to=HOST.dev, generation=1, raw=b"")
    assert pair.host.take_box(turned, 1.0) == []
    with pytest.raises(ForgedError):
        pair.ada.take_box(replace(box, to=BOB.dev, raw=b""), 1.0)
    with pytest.raises(ForgedError):
        pair.ada.take_box(replace(box, sender=EVE.dev, raw=b""), 1.0)
    assert keys_in(pair.ada.take_box(replace(box, eid=b"x" * 32, raw=b""), 1.0)) == []


def test_an_ack_must_be_signed_by_who_it_names_and_that_must_be_a_member():
    pair = Pair()
    ack = replace(Ack.parse(pair.from_host.ack), raw=b"")
    forged = ack.signed(pair.roster.call_id, ADA.sign)
    stranger = replace(ack, dev=EVE.dev).signed(pair.roster.call_id, EVE.sign)
    other_call = ack.signed(bytes(32), HOST.sign)
    for bad in (forged, stranger, other_call):
        with pytest.raises(ForgedError):
            pair.ada.take_ack(bad, 1.0)
    assert pair.ada.missing == {HOST.dev}


def test_an_ack_with_a_key_nobody_can_seal_to_is_refused():
    pair = Pair()
    ack = replace(Ack.parse(pair.from_host.ack), next_kem=b"\xff" * hpke.PUBLIC_BYTES, raw=b"")
    with pytest.raises(MalformedError):
        pair.ada.take_ack(ack.signed(pair.roster.call_id, HOST.sign), 1.0)


def test_a_generation_that_does_not_rise_is_a_lie_of_who_signed_it_and_not_of_who_passed_it_on():
    pair = Pair().meet()
    roster = step(pair.roster, HOST, Rekey())
    pair.ada.enter(roster, 2.0)
    ack = replace(Ack.parse(pair.host.enter(roster, 2.0).ack), generation=2, raw=b"")
    events = pair.ada.take_ack(ack.signed(roster.call_id, HOST.sign), 2.0)
    assert events == [Alarm(HOST.dev, AlarmKind.TWO_ACKS)]
    assert HOST.dev in pair.ada.missing


def test_two_acks_for_one_key_are_an_alarm():
    pair = Pair().meet()
    assert pair.ada.code
    ack = replace(Ack.parse(pair.from_host.ack), commitment=bytes(32), raw=b"")
    events = pair.ada.take_ack(ack.signed(pair.roster.call_id, HOST.sign), 1.2)
    assert events == [Alarm(HOST.dev, AlarmKind.TWO_ACKS)]
    assert pair.ada.code is None


def test_a_changed_commitment_is_an_alarm_even_with_a_new_key():
    pair = Pair().meet()
    renewed = Ack.parse(pair.host.renew(2.0).ack)
    changed = replace(renewed, sas_commitment=bytes(32), raw=b"")
    events = pair.ada.take_ack(changed.signed(pair.roster.call_id, HOST.sign), 2.0)
    assert events == [Alarm(HOST.dev, AlarmKind.TWO_ACKS)]


# The code people read aloud


def test_everybody_reads_the_same_code():
    room, roster = gathered(ADA, BOB, CY)
    (code,) = room.codes()
    assert code is not None
    assert len(code) == 32
    room.everyone_enters(step(roster, HOST, Rekey()))
    room.run(1)
    (next_code,) = room.codes()
    assert next_code not in (None, code)


def test_the_nonce_is_told_only_when_all_commitments_are_in():
    pair = Pair()
    assert pair.ada.reveal() is None
    assert pair.ada.code is None
    events = take(pair.ada, pair.from_host.ack)
    assert pair.ada.reveal() in outgoing(events)
    assert pair.ada.code is None
    take(pair.host, pair.from_ada.ack)
    take(pair.ada, pair.host.reveal())
    assert pair.ada.code is not None


def test_who_chooses_the_nonce_later_is_caught():
    """A man in the middle must not try nonces until two codes agree."""
    pair = Pair()
    take(pair.ada, pair.from_host.ack)
    ground = SasReveal(eid=pair.roster.eid, dev=HOST.dev, nonce=b"g" * 32)
    events = pair.ada.take_reveal(ground.signed(pair.roster.call_id, HOST.sign), 1.0)
    assert events == [Alarm(HOST.dev, AlarmKind.REVEAL)]
    assert pair.ada.code is None
    take(pair.host, pair.from_ada.ack)
    take(pair.ada, pair.host.reveal())
    assert pair.ada.code is None, "a device that lied once is not believed again"


def test_nobody_can_make_another_look_like_a_liar():
    pair = Pair()
    take(pair.ada, pair.from_host.ack)
    framed = SasReveal(eid=pair.roster.eid, dev=HOST.dev, nonce=b"g" * 32)
    with pytest.raises(ForgedError):
        pair.ada.take_reveal(framed.signed(pair.roster.call_id, EVE.sign), 1.0)
    take(pair.host, pair.from_ada.ack)
    take(pair.ada, pair.host.reveal())
    assert pair.ada.code is not None


def test_with_a_man_in_the_middle_the_codes_differ():
    """Eve is the host of two meetings, and to each guest the other guest."""
    eve_as_bob, eve_as_ada = people("Bob", "Ada", seed=66)
    codes = []
    for guest, eve in ((ADA, eve_as_bob), (BOB, eve_as_ada)):
        alone = begin(eve)
        room = KeyExchange((eve, guest), alone.call_id)
        room.everyone_enters(seat(alone, eve, guest))
        room.run(1)
        (code,) = room.codes()
        codes.append(code)
    assert None not in codes
    assert codes[0] != codes[1]


def test_a_device_that_commits_differently_to_two_others_splits_the_code():
    alone = begin(HOST)
    roster = seat(alone, HOST, ADA, BOB)
    ada, bob = ADA.keys(alone.call_id), BOB.keys(alone.call_id)
    liar, liar_too = HOST.keys(alone.call_id), HOST.keys(alone.call_id)
    said = {keys: keys.enter(roster, 0.0) for keys in (ada, bob, liar, liar_too)}
    for keys in (ada, bob):
        mask = liar if keys is ada else liar_too
        other = bob if keys is ada else ada
        for source in (mask, other):
            take(keys, said[source].ack)
            take(mask, said[source].ack) if source is not mask else None
        take(mask, said[keys].ack)
    for keys, other, mask in ((ada, bob, liar), (bob, ada, liar_too)):
        take(keys, other.reveal())
        take(keys, mask.reveal())
    assert None not in (ada.code, bob.code)
    assert ada.code != bob.code
    report = ada.take_sync(BOB.dev, bob.sync(), 1.0)
    assert report.same
    assert not report.agrees


# When keys switch


def test_after_a_removal_the_very_next_frame_has_the_new_key():
    room, roster = gathered(ADA, BOB)
    room.run(2)
    host = room.keys[HOST.dev]
    before = host.sealing(room.now)
    room.enter(HOST, step(roster, HOST, Remove(ADA.dev)), removal=True)
    assert host.sealing(room.now) == host.own != before


@pytest.mark.parametrize("how", ["removed", "silent", "left"])
def test_an_empty_seat_switches_at_once_even_if_nobody_says_so(how: str):
    room, roster = gathered(ADA, BOB)
    goes = {
        "removed": Remove(ADA.dev),
        "silent": Remove(ADA.dev, RemoveReason.SILENT),
        "left": ADA.leave(roster),
    }
    host = room.keys[HOST.dev]
    before = host.sealing(room.now)
    room.enter(HOST, step(roster, HOST, goes[how]))
    assert host.sealing(room.now) == host.own != before


def test_after_a_join_the_old_key_is_used_until_all_acks_are_in():
    pair = Pair()
    old = pair.host.sealing(1.0)
    assert old != pair.host.own
    take(pair.host, pair.from_ada.ack)
    assert pair.host.sealing(1.1) == pair.host.own


def test_after_a_join_the_old_key_is_used_for_a_second_at_most():
    pair = Pair()
    old = pair.host.sealing(1.0)
    assert pair.host.sealing(1.0 + SWITCH_SECONDS - 0.01) == old
    assert pair.host.sealing(1.0 + SWITCH_SECONDS) == pair.host.own


def test_one_join_after_another_does_not_put_the_switch_off():
    pair = Pair()
    old = pair.host.sealing(1.0)
    roster = pair.roster
    for number in range(1, 4):
        roster = step(roster, HOST, Rekey())
        pair.host.enter(roster, 1.0 + 0.3 * number)
        assert pair.host.sealing(1.0 + 0.3 * number) == old
    assert pair.host.sealing(1.0 + SWITCH_SECONDS) == pair.host.own


def test_a_newcomer_seals_with_its_first_key_at_once():
    pair = Pair()
    assert pair.ada.sealing(1.0) == pair.ada.own


def test_there_is_no_key_before_the_first_epoch():
    keys = ADA.keys(bytes(32))
    for ask in (lambda: keys.own, lambda: keys.sealing(0.0), keys.sync, lambda: keys.renew(0.0)):
        with pytest.raises(ValueError, match="yet"):
            ask()
    assert (keys.complete, keys.code, keys.eid, keys.reveal()) == (False, None, None, None)


def test_an_epoch_is_entered_once():
    pair = Pair()
    with pytest.raises(ValueError, match="before"):
        pair.ada.enter(pair.roster, 2.0)


def test_after_sleep_the_next_frame_has_a_new_key_that_the_others_install():
    pair = Pair().meet()
    code, before = pair.ada.code, pair.host.sealing(2.0)
    renewed = pair.host.renew(60.0)
    assert pair.host.sealing(60.0).generation == before.generation + 1
    assert pair.host.sealing(60.0).slot == before.slot
    take(pair.ada, renewed.boxes[ADA.dev], 60.0)
    (key,) = keys_in(take(pair.ada, renewed.ack, 60.1))
    assert key.base_key == pair.host.own.base_key
    assert pair.ada.code == code == pair.host.code


def test_an_old_key_lives_two_seconds_after_the_first_frame_of_the_next():
    pair = Pair().meet()
    renewed = pair.host.renew(60.0)
    take(pair.ada, renewed.ack, 60.0)
    take(pair.ada, renewed.boxes[ADA.dev], 60.0)
    old = pair.host.own.generation - 1
    pair.ada.opened(HOST.dev, old, 61.0)  # a frame of the old key moves nothing
    assert pair.ada.poll(61.0 + AFTER_NEXT_SECONDS) == []
    pair.ada.opened(HOST.dev, old + 1, 64.0)
    pair.ada.opened(HOST.dev, old + 1, 65.9)  # only the first frame counts
    assert pair.ada.poll(64.0 + AFTER_NEXT_SECONDS - 0.01) == []
    assert pair.ada.poll(64.0 + AFTER_NEXT_SECONDS) == [KeyExpired(HOST.dev, old)]
    assert pair.ada.poll(99.0) == []


def test_an_old_key_never_lives_longer_than_ten_seconds():
    pair = Pair().meet()
    renewed = pair.host.renew(60.0)
    take(pair.ada, renewed.ack, 60.0)
    take(pair.ada, renewed.boxes[ADA.dev], 60.0)
    assert pair.ada.poll(60.0 + LONGEST_SECONDS - 0.01) == []
    old = pair.host.own.generation - 1
    assert pair.ada.poll(60.0 + LONGEST_SECONDS) == [KeyExpired(HOST.dev, old)]


def test_all_keys_of_who_is_gone_go_at_once():
    room, roster = gathered(ADA, BOB)
    room.enter(BOB, step(roster, HOST, Remove(ADA.dev)))
    assert KeyExpired(ADA.dev, None) in room.events[BOB.dev]
    assert KeyExpired(HOST.dev, None) not in room.events[BOB.dev]


def came_back(person: Person, roster: Roster) -> tuple[GroupKeys, Roster]:
    """Return the keys of a device that starts again, and the roster with its new seat."""
    again = people(person.name, seed=99)[0]
    again.identity = person.identity
    gone = step(roster, HOST, Remove(person.dev, RemoveReason.SILENT))
    request = Add(again.request(roster.call_id).encode())
    replaced = step(roster, HOST, Remove(person.dev, RemoveReason.REPLACED), request)
    assert gone.epoch == replaced.epoch
    return again.keys(roster.call_id), replaced


def test_a_device_that_came_back_on_a_new_seat_starts_anew():
    pair = Pair().meet()
    old = pair.host.own
    ada, roster = came_back(ADA, pair.roster)
    from_host, from_ada = pair.host.enter(roster, 2.0), ada.enter(roster, 2.0)
    assert KeyExpired(ADA.dev, None) in from_host.events
    assert pair.host.sealing(2.0) == pair.host.own != old
    box = KeyBox.parse(from_host.boxes[ADA.dev])
    assert box.kem_id == hpke.kem_id(roster.members[ADA.dev].kem_public)
    exchange(pair.host, from_host, ada, from_ada)
    assert pair.host.complete
    assert ada.code == pair.host.code is not None


def test_what_expires_of_an_old_seat_does_not_touch_the_new_one():
    pair = Pair().meet()
    renewed = pair.ada.renew(2.0)
    for message in (renewed.ack, *renewed.boxes.values()):
        take(pair.host, message, 2.0)
    ada, roster = came_back(ADA, pair.roster)
    from_host, from_ada = pair.host.enter(roster, 3.0), ada.enter(roster, 3.0)
    exchange(pair.host, from_host, ada, from_ada)
    assert ada.own.generation == 1
    assert pair.host.poll(2.0 + LONGEST_SECONDS) == []


def test_an_older_ack_that_comes_late_changes_nothing():
    pair = Pair()
    renewed = pair.host.renew(1.0)
    take(pair.ada, renewed.ack)
    assert take(pair.ada, pair.from_host.ack) == []
    assert keys_in(take(pair.ada, renewed.boxes[ADA.dev]))
    assert pair.ada.complete


# Laggards, silence, second thoughts


def test_who_lacks_something_gets_it_again():
    room, roster = gathered(ADA, BOB)
    room.cut = {(HOST.dev, BOB.dev), (BOB.dev, ADA.dev)}
    room.everyone_enters(step(roster, HOST, Rekey()))
    room.run(1)
    assert HOST.dev in room.keys[BOB.dev].missing
    assert BOB.dev in room.keys[ADA.dev].missing
    room.cut = set()
    room.run(5)
    assert all(room.keys[person.dev].complete for person in (HOST, ADA, BOB))
    assert len(room.codes()) == 1
    assert None not in room.codes()


def test_acks_and_nonces_find_a_way_round_a_broken_link():
    room, roster = gathered(ADA, BOB)
    room.cut = {(HOST.dev, BOB.dev)}
    room.everyone_enters(step(roster, HOST, Rekey()))
    room.run(8)
    bob = room.keys[BOB.dev]
    assert bob.missing == {HOST.dev}  # its key box cannot
    assert bob.code is not None
    assert bob.code == room.keys[HOST.dev].code


def test_nothing_is_sent_again_while_it_may_still_be_under_way():
    pair = Pair()
    nothing_held = pair.ada.sync()
    assert pair.host.take_sync(ADA.dev, nothing_held, 1.0 + RESEND_SECONDS - 0.01).resend == ()
    again = pair.host.take_sync(ADA.dev, nothing_held, 1.0 + RESEND_SECONDS).resend
    assert [message[0] for message in again] == [Ack.kind, KeyBox.kind]


def test_a_code_is_never_shown_while_an_ack_is_missing():
    pair = Pair().meet()
    acks, reveals = pair.ada._gathering.acks, pair.ada._gathering.reveals
    half = Gathering(pair.roster, 1.0, acks=dict(acks), reveals=dict(reveals))
    assert half.code == pair.ada.code
    del half.acks[HOST.dev], half.reveals[HOST.dev]
    assert half.code is None


def test_a_log_that_stands_elsewhere_is_told_apart():
    pair = Pair().meet()
    behind = pair.host.take_sync(ADA.dev, pair.ada.sync(), 9.0)
    assert behind.same
    assert behind.resend == ()
    pair.host.enter(step(pair.roster, HOST, Rekey()), 9.0)
    report = pair.host.take_sync(ADA.dev, pair.ada.sync(), 9.0)
    assert not report.same
    assert report.epoch == pair.roster.epoch
    assert report.resend == ()


def test_a_channel_that_opens_late_is_told_everything():
    pair = Pair()
    for message in pair.ada.catch_up(HOST.dev):
        take(pair.host, message)
    for message in pair.host.catch_up(ADA.dev):
        take(pair.ada, message)
    for message in pair.ada.catch_up(HOST.dev):
        take(pair.host, message)
    assert pair.ada.complete
    assert pair.host.complete
    assert pair.ada.code == pair.host.code is not None


def test_nothing_is_sealed_to_who_is_withheld_until_the_user_decides():
    pair = Pair()
    pair.host.withhold(ADA.dev)
    roster = step(pair.roster, HOST, Rekey())
    assert pair.host.enter(roster, 2.0).boxes == {}
    ada = pair.ada.enter(roster, 2.0)
    assert all(message[0] != KeyBox.kind for message in outgoing(take(pair.host, ada.ack)))
    assert pair.host.box_for(ADA.dev) is None
    sent = pair.host.release(ADA.dev)
    got = [event for message in sent for event in take(pair.ada, message)]
    assert keys_in(got)[0].base_key == pair.host.own.base_key


def test_withholding_and_a_new_key_shut_somebody_out_within_an_epoch():
    pair = Pair().meet()
    pair.host.withhold(ADA.dev)
    renewed = pair.host.renew(2.0)
    assert renewed.boxes == {}
    assert pair.host.sealing(2.0) == pair.host.own


def test_nothing_secret_stays_after_the_end():
    pair = Pair().meet()
    pair.ada.wipe()
    assert not pair.ada.complete
    assert pair.ada._kems == ()
    assert pair.ada._secret == b""
    with pytest.raises(ValueError, match="yet"):
        pair.ada.sealing(2.0)


def test_no_secret_stands_in_what_is_printed():
    pair = Pair().meet()
    (event,) = [event for event in take_all(pair) if isinstance(event, KeyInstalled)]
    for value in (pair.ada, pair.ada.own, event):
        assert event.base_key.hex() not in repr(value)
        assert repr(event.base_key)[2:-1] not in repr(value)


def take_all(pair: Pair) -> list[KeyEvent]:
    fresh = ADA.keys(pair.roster.call_id)
    fresh.enter(pair.roster, 1.0)
    messages = (pair.from_host.ack, pair.from_host.boxes[ADA.dev])
    return [event for message in messages for event in take(fresh, message)]


@settings(max_examples=200)
@given(st.data())
def test_changed_messages_give_nothing_or_a_documented_error(data: st.DataObject):
    pair = PAIR_FOR_FUZZ
    keys = ADA.keys(pair.roster.call_id)
    keys.enter(pair.roster, 1.0)
    take(keys, pair.from_host.ack)
    messages = [pair.from_host.ack, pair.from_host.boxes[ADA.dev], pair.host.reveal()]
    whole = bytearray(data.draw(st.sampled_from(messages)))
    place = data.draw(st.integers(1, len(whole) - 1))
    whole[place] ^= data.draw(st.integers(1, 255))
    try:
        events = take(keys, bytes(whole))
    except CryptoError:
        events = []
    assert events == []
    assert keys.take_box(messages[1], 1.0)
    assert keys.take_reveal(messages[2], 1.0) == []
    assert keys.code is not None


PAIR_FOR_FUZZ = Pair().meet()


# All together, in simulated time


@pytest.mark.parametrize("seed", range(12))
def test_people_come_and_go_over_a_bad_network_and_all_agree_in_the_end(seed: int):
    rng = random.Random(seed)
    crowd = people("Host", *"ABCDE", seed=seed)
    host, guests = crowd[0], list(crowd[1:])
    roster = begin(host)
    room = KeyExchange((host,), roster.call_id, seed, loss=0.2)
    room.enter(host, roster)
    for _ in range(8):
        present = [guest for guest in guests if roster.is_member(guest.dev)]
        absent = [
            guest
            for guest in guests
            if guest not in present and guest.dev not in (*roster.removed, *room.keys)
        ]
        if absent and (not present or rng.random() < 0.6):
            newcomer = rng.choice(absent)
            roster = seat(roster, host, newcomer)
            room.people[newcomer.dev] = newcomer
            room.keys[newcomer.dev] = newcomer.keys(roster.call_id)
        elif present and rng.random() < 0.5:
            goes = rng.choice(present)
            roster = step(roster, host, rng.choice([goes.leave(roster), Remove(goes.dev)]))
            room.leave(goes)
        else:
            roster = step(roster, host, Rekey())
        room.everyone_enters(roster)
        room.run(rng.choice([0.01, 0.2, 1.0, 3.0]))
    room.loss = 0.0
    room.run(5)
    assert set(room.rosters) == set(roster.members)
    for dev in room.rosters:
        assert room.keys[dev].complete
    assert len(room.codes()) == 1
    assert None not in room.codes()
    last = {dev: room.keys[dev].sealing(room.now) for dev in room.rosters}
    for receiver, sender in itertools.permutations(room.rosters, 2):
        got = room.installed(room.people[receiver], room.people[sender])[-1]
        assert (got.slot, got.base_key) == (last[sender].slot, last[sender].base_key)
    alarms = [event for events in room.events.values() for event in events]
    assert not any(isinstance(event, Alarm) for event in alarms)


def test_the_commitment_hides_nothing_less_than_everything_that_could_be_swapped():
    base = (bytes(32), bytes(32), ADA.dev, 1, bytes(32))
    changed = [
        (b"x" * 32, *base[1:]),
        (base[0], b"x" * 32, *base[2:]),
        (*base[:2], BOB.dev, *base[3:]),
        (*base[:3], 2, base[4]),
        (*base[:4], b"x" * 32),
    ]
    assert len({secret_commitment(*parts) for parts in (base, *changed)}) == 6


def test_a_box_is_sealed_under_all_that_it_says():
    base = (bytes(32), bytes(32), ADA.dev, BOB.dev, 1)
    changed = [
        (b"x" * 32, *base[1:]),
        (base[0], b"x" * 32, *base[2:]),
        (*base[:2], CY.dev, *base[3:]),
        (*base[:3], CY.dev, base[4]),
        (*base[:4], 2),
    ]
    assert len({box_info(*parts) for parts in (base, *changed)}) == 6


def test_a_sync_says_what_is_held_slot_by_slot():
    pair = Pair()
    take(pair.ada, pair.from_host.ack)
    sync = Sync.parse(pair.ada.sync())
    assert (sync.eid, sync.epoch) == (pair.roster.eid, 2)
    assert (sync.acks, sync.keys, sync.reveals) == (0b11, 0b10, 0b10)


def test_a_first_kem_pair_of_somebody_else_opens_nothing():
    pair = Pair()
    stranger = GroupKeys(
        pair.roster.call_id, ADA.dev, ADA.sign, KemPair(bytes(32)), random.Random(1).randbytes
    )
    stranger.enter(pair.roster, 1.0)
    take(stranger, pair.from_host.ack)
    assert take(stranger, pair.from_host.boxes[ADA.dev]) == []
    assert stranger.missing == {HOST.dev}


def test_after_a_takeover_that_undoes_blocks_no_box_is_sealed_to_a_key_that_is_gone():
    """Both went three epochs on, then back: what was announced there is not newer than now."""
    shared = seat(begin(HOST), HOST, ADA, BOB)
    exchange = KeyExchange([HOST, ADA, BOB], shared.call_id)
    exchange.everyone_enters(shared)
    ahead = shared
    for _ in range(3):
        exchange.run(1.0)
        ahead = step(ahead, HOST, Rekey())
        exchange.everyone_enters(ahead)
    exchange.run(1.0)
    back = elect(shared, ADA, BOB)
    exchange.cut = {(ADA.dev, HOST.dev), (HOST.dev, ADA.dev)}
    exchange.everyone_enters(back)
    exchange.run(0.4)
    exchange.cut = set()
    exchange.everyone_enters(step(back, ADA, Rekey()))
    exchange.run(1.0)
    assert exchange.keys[HOST.dev].counts["kem_gone"] == 0
    assert exchange.keys[ADA.dev].counts["kem_gone"] == 0
    exchange.run(4.0)
    assert all(keys.complete for keys in exchange.keys.values())
