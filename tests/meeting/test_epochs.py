"""Keys over time: what seals when, what is forgotten when, and nothing after an alarm."""

from fakes.table import Seat, Table

from app.meeting.effects import (
    CloseLink,
    Effect,
    ForgetKey,
    ForgetMember,
    SealWith,
    Send,
    SendData,
    StopSealing,
)
from app.meeting.events import KeyInUse, Tick
from app.meeting.view import Lock, Presence
from app.meeting.wishes import (
    CodesDiffer,
    Leave,
    Remove,
    Say,
    SetCamera,
    SetLobby,
    SetMicrophone,
    Trust,
)
from crypto.exchange import SasReveal, Sync
from crypto.frames import OpenedFrame
from crypto.messages import Gossip
from crypto.switching import AFTER_NEXT_SECONDS, LONGEST_SECONDS, SWITCH_SECONDS


def table_of(*names: str) -> tuple[Table, list[Seat]]:
    table = Table(4)
    seats = [table.person(name) for name in names]
    table.opens(seats[0], lobby=False)
    for seat in seats[1:]:
        table.knocks(seat, seats[0])
    table.until(lambda: all(seat.meeting for seat in seats))
    table.until(lambda: len({table.view(seat).code for seat in seats} - {None}) == 1)
    table.run(3)
    return table, seats


def since(seat: Seat, kind: type[Effect]) -> list[Effect]:
    found = [order for order in seat.orders if isinstance(order, kind)]
    seat.orders.clear()
    return found


def test_after_a_removal_the_very_next_frame_has_a_new_key_and_the_list_comes_first():
    table, (ada, _ben, cleo) = table_of("Ada", "Ben", "Cleo")
    ada.orders.clear()
    table.wish(ada, Remove(cleo.dev))
    kinds = [type(order) for order in ada.orders]
    assert len(table.view(ada).people) == 2
    assert ForgetMember(cleo.dev) in ada.orders
    assert CloseLink(cleo.dev) in ada.orders
    (seal,) = [order for order in ada.orders if isinstance(order, SealWith)]
    assert seal.removal
    assert Gossip.kind == ada.orders[0].message[0]  # type: ignore[union-attr]
    assert kinds.index(Send) < kinds.index(SealWith)


def test_what_is_said_at_the_moment_of_a_removal_is_sealed_with_the_new_key():
    table, (ada, ben, cleo) = table_of("Ada", "Ben", "Cleo")
    ada.meeting._paths[cleo.dev].seat_until = table.now  # silent for too long ...
    ada.meeting._next_sync = table.now  # ... just when the others are reminded
    ada.orders.clear()
    table.small.clear()
    table.wish(ada, Tick())
    kinds = [type(order) for order in ada.orders]
    assert kinds.index(SealWith) < kinds.index(SendData)
    (frame,) = table.small
    assert frame.on_screen == {ada.dev, ben.dev}
    assert frame.key not in cleo.hoard


def test_a_removal_reaches_the_one_who_is_removed():
    table, (ada, _, cleo) = table_of("Ada", "Ben", "Cleo")
    table.wish(ada, Remove(cleo.dev))
    table.run(0.1)
    assert cleo.ended == "removed"


def test_after_an_arrival_the_old_key_seals_until_all_have_the_new_one():
    table, (ada, ben) = table_of("Ada", "Ben")
    old = ada.sealing
    cleo = table.person("Cleo")
    table.knocks(cleo, ada)
    table.until(lambda: len(table.view(ada).people) == 3)
    assert ada.sealing == old
    since_when = table.now
    table.until(lambda: ada.sealing != old, SWITCH_SECONDS + 0.3)
    assert table.now - since_when <= SWITCH_SECONDS + 0.2
    assert not [o for o in ben.orders if isinstance(o, SealWith) and o.removal]


def test_after_an_arrival_nobody_waits_longer_than_a_second_for_an_ack():
    table, (ada, ben, cleo) = table_of("Ada", "Ben", "Cleo")
    table.part(ada, cleo)
    table.part(ben, cleo)
    old = ada.sealing
    dan = table.person("Dan")
    table.knocks(dan, ada)
    table.until(lambda: len(table.view(ada).people) == 4)
    table.run(SWITCH_SECONDS + 0.2)
    assert ada.sealing != old


def test_an_old_key_of_another_goes_two_seconds_after_the_next_is_in_use():
    table, (ada, ben) = table_of("Ada", "Ben")
    table.wish(ada, SetLobby(True))
    table.run(0.5)
    newest = max(key[2] for key in ada.keys if key[0] == ben.dev)
    old = min(key[2] for key in ada.keys if key[0] == ben.dev)
    assert old < newest
    table.wish(ada, KeyInUse(ben.dev, newest))
    begun = table.now
    table.until(lambda: ForgetKey(ben.dev, old) in ada.orders, 4)
    assert AFTER_NEXT_SECONDS - 0.2 <= table.now - begun <= AFTER_NEXT_SECONDS + 0.3


def test_an_old_key_of_another_never_lives_longer_than_ten_seconds():
    table, (ada, ben) = table_of("Ada", "Ben")
    table.inject = lambda *_: None  # type: ignore[method-assign]  # no frame of the new key comes
    table.wish(ada, SetLobby(True))
    table.run(0.5)
    old = min(key[2] for key in ada.keys if key[0] == ben.dev)
    table.run(LONGEST_SECONDS - 1)
    assert ForgetKey(ben.dev, old) not in ada.orders
    table.run(1.5)
    assert ForgetKey(ben.dev, old) in ada.orders
    assert [key[2] for key in ada.keys if key[0] == ben.dev] == [old + 1]


def lie_about_the_code(table: Table, liar: Seat, to: Seat) -> None:
    """Let a device reveal another number than the one it committed to."""
    reveal = SasReveal(eid=to.meeting.roster.eid, dev=liar.dev, nonce=bytes(32))
    lie = reveal.signed(to.meeting.roster.call_id, liar.meeting._me.sign).encode()
    table.whisper(liar, liar.meeting._paths[to.dev].channel, lie)
    table.run(0.1)


def test_who_is_caught_lying_gets_nothing_any_more_and_the_others_go_on():
    table, (ada, ben, cleo) = table_of("Ada", "Ben", "Cleo")
    lie_about_the_code(table, ben, to=ada)
    table.sends(ada, b"not for Ben")
    assert not isinstance(table.opens_frame(ben, table.frames[-1]), OpenedFrame)
    table.run(3)
    table.sends(ada, b"nor is this")
    assert isinstance(table.opens_frame(cleo, table.frames[-1]), OpenedFrame)
    assert table.frames[-1].key not in ben.hoard
    assert CloseLink(ben.dev) in ada.orders
    assert not any(key[0] == ben.dev for key in ada.keys)
    people = {person.dev: person.presence for person in table.view(ada).people}
    assert people[ben.dev] is Presence.UNVERIFIED
    assert people[cleo.dev] is Presence.CONNECTED
    assert table.view(ada).lock is not Lock.BROKEN
    table.wish(ada, Trust(ben.dev))
    table.run(3)
    assert not any(key[0] == ben.dev for key in ada.keys)
    told = [notice.kind for notice in table.view(ada).notices]
    assert told.count("unverified_video") == 1


def test_who_lied_and_comes_back_through_the_door_is_judged_anew():
    table, (ada, ben, _) = table_of("Ada", "Ben", "Cleo")
    lie_about_the_code(table, ben, to=ada)
    table.kill(ben)
    table.run(5)
    table.knocks_again(ben, ada)
    table.run(5)
    people = {person.dev: person.presence for person in table.view(ada).people}
    assert people[ben.dev] is Presence.CONNECTED


def test_after_an_alarm_nothing_is_sealed_whatever_happens_next():
    table, (ada, _, cleo) = table_of("Ada", "Ben", "Cleo")
    table.wish(ada, CodesDiffer(table.view(ada).eid))
    assert table.view(ada).lock is Lock.BROKEN
    assert StopSealing() in ada.orders
    ada.orders.clear()
    dan = table.person("Dan")
    table.knocks(dan, ada)
    table.run(2)
    table.wish(ada, Remove(cleo.dev))
    for wish in (Say("psst"), SetMicrophone(True), SetCamera(True), Tick()):
        table.wish(ada, wish)
    table.run(700)
    assert not any(isinstance(order, SealWith) for order in ada.orders)
    assert table.sends(ada, b"anything") is None
    assert not any(frame.sender == ada.dev and frame.at > table.now - 600 for frame in table.small)


def test_after_leaving_no_key_is_left():
    table, (ada, ben) = table_of("Ada", "Ben")
    table.wish(ben, Leave())
    assert table.sends(ben, b"anything") is None
    assert ForgetMember(ada.dev) in ben.orders
    assert ben.meeting._me.keys._secret == b""
    assert not any(isinstance(order, SealWith | SendData) for order in since(ben, SealWith)[1:])


def test_a_key_that_arrives_late_is_asked_for_again():
    table, (ada, ben, cleo) = table_of("Ada", "Ben", "Cleo")
    table.part(ben, cleo)
    table.wish(ada, SetLobby(True))
    table.run(8)
    assert ben.meeting._epochs.missing == {cleo.dev}
    assert table.view(ben).code == table.view(ada).code, "Ada passed on what all must have"
    table.heal()
    table.until(lambda: not any(s.meeting._epochs.missing for s in (ada, ben, cleo)), 5)


def test_who_missed_blocks_gets_them_from_whomever_they_reach():
    table, (ada, _ben, cleo) = table_of("Ada", "Ben", "Cleo")
    table.part(ada, cleo)
    for on in (True, False, True):
        table.wish(ada, SetLobby(on))
        table.run(0.3)
    table.run(3)
    assert table.view(cleo).epoch == table.view(ada).epoch, "Ben passed them on"


def test_keys_go_out_again_to_whoever_says_they_lack_them():
    table, (ada, ben) = table_of("Ada", "Ben")
    roster = ada.meeting.roster
    lacking = Sync(
        eid=roster.eid, epoch=roster.epoch, term=0, acks=0, keys=0, reveals=0, digest=bytes(32)
    )
    channel = next(c for c, (other, _) in ben.channels.items() if other is ada)
    ada.orders.clear()
    table.whisper(ben, channel, lacking.encode())
    table.run(0.05)
    assert len([order for order in ada.orders if isinstance(order, Send)]) >= 3


def test_nobody_is_told_what_was_before_they_came():
    table, (ada, ben) = table_of("Ada", "Ben")
    cleo = table.person("Cleo")
    table.knocks(cleo, ada)
    table.run(2)
    before = [block.encode() for block in ada.meeting.roster.recent][:2]
    zero = Sync(
        eid=bytes(32), epoch=0, term=0, acks=0, keys=0, reveals=0, digest=bytes(32)
    ).encode()
    ada.orders.clear()
    for channel, (other, _) in list(cleo.channels.items()):
        if other in (ada, ben):
            table.whisper(cleo, channel, zero)
    table.run(1)
    mine = [order.message for order in ada.orders if isinstance(order, Send)]
    assert ada.meeting.roster.recent[-1].encode() in mine
    assert not set(before) & set(mine)
