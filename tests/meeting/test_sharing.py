"""Who shows a screen to the others: who may, who is told, and when it ends by itself."""

from fakes.table import Seat, Table, led_by_two

from app.meeting.chat import MediaState
from app.meeting.effects import UseScreen
from app.meeting.view import Act, Role
from app.meeting.wishes import SetRole, SetScreen, SetSharingForAll, StopSharing
from crypto.frames import Context


def shares(table: Table, seen_by: Seat, seat: Seat) -> bool:
    return next(p for p in table.view(seen_by).people if p.dev == seat.dev).sharing


def told(table: Table, seat: Seat) -> list[tuple[str, str, str]]:
    return [(notice.kind, notice.name, notice.by) for notice in table.view(seat).notices]


def screen_orders(seat: Seat) -> list[bool]:
    return [order.on for order in seat.orders if isinstance(order, UseScreen)]


def test_who_shares_is_seen_by_all_and_told_once():
    table, (ada, ben, cleo) = led_by_two("Ada", "Ben", "Cleo", lobby=True)
    table.wish(cleo, SetScreen(True))
    table.run(0.5)
    assert screen_orders(cleo) == [True]
    for seat in (ada, ben, cleo):
        assert shares(table, seat, cleo)
    table.wish(cleo, SetScreen(True))  # another window
    table.run(0.5)
    assert told(table, ada).count(("shares", "Cleo", "")) == 1
    assert ("shares", "Cleo", "") not in told(table, cleo)
    table.wish(cleo, SetScreen(False))
    table.run(0.5)
    assert screen_orders(cleo) == [True, True, False]
    assert not any(shares(table, seat, cleo) for seat in (ada, ben, cleo))


def test_several_people_share_at_the_same_time():
    table, seats = led_by_two("Ada", "Ben", "Cleo", lobby=True)
    for seat in seats:
        table.wish(seat, SetScreen(True))
    table.run(0.5)
    assert all(shares(table, one, other) for one in seats for other in seats)


def test_nothing_is_opened_for_who_may_not_share():
    table, (ada, ben, cleo) = led_by_two("Ada", "Ben", "Cleo", lobby=True)
    table.wish(ada, SetSharingForAll(False))
    table.run(0.5)
    table.wish(cleo, SetScreen(True))
    table.run(0.5)
    assert screen_orders(cleo) == []
    assert not shares(table, cleo, cleo)
    table.wish(ben, SetScreen(True))
    table.run(0.5)
    assert screen_orders(ben) == [True]
    assert shares(table, cleo, ben)


def test_sharing_ends_when_the_host_limits_it_and_the_sharer_is_told_why():
    table, (ada, ben, cleo) = led_by_two("Ada", "Ben", "Cleo", lobby=True)
    for seat in (ben, cleo):
        table.wish(seat, SetScreen(True))
    table.run(0.5)
    table.wish(ada, SetSharingForAll(False))
    table.run(0.5)
    assert screen_orders(cleo) == [True, False]
    assert ("share_not_allowed", "", "") in told(table, cleo)
    assert not shares(table, ada, cleo)
    assert screen_orders(ben) == [True]
    assert shares(table, ada, ben)


def test_sharing_ends_when_somebody_becomes_a_guest():
    table, (ada, _, cleo) = led_by_two("Ada", "Ben", "Cleo", lobby=True)
    table.wish(cleo, SetScreen(True))
    table.run(0.5)
    table.wish(ada, SetRole(cleo.dev, Role.GUEST))
    table.run(0.5)
    assert screen_orders(cleo) == [True, False]


def test_who_says_that_they_share_and_may_not_is_not_believed():
    table, (ada, ben, cleo) = led_by_two("Ada", "Ben", "Cleo", lobby=True)
    table.wish(ada, SetSharingForAll(False))
    table.run(0.5)
    state = MediaState(True, True, hand_up=False, sharing=True)
    frame = table._seal(cleo, Context.CONTROL, state.encode())
    table.inject(cleo, Context.CONTROL, frame.sealed)
    table.run(0.5)
    for seat in (ada, ben):
        assert next(p for p in table.view(seat).people if p.dev == cleo.dev).camera_on
        assert not shares(table, seat, cleo)
        assert ("shares", "Cleo", "") not in told(table, seat)


def test_a_host_stops_what_somebody_shows_and_they_learn_who_did():
    table, (ada, _, cleo) = led_by_two("Ada", "Ben", "Cleo", lobby=True)
    table.wish(cleo, SetScreen(True))
    table.run(0.5)
    person = next(p for p in table.view(ada).people if p.dev == cleo.dev)
    assert Act.STOP_SHARING in person.may
    table.wish(ada, StopSharing(cleo.dev))
    table.run(0.5)
    assert screen_orders(cleo) == [True, False]
    assert ("share_stopped_by", "", "Ada") in told(table, cleo)
    assert not shares(table, ada, cleo)


def test_why_sharing_ended_is_said_only_while_something_was_shared():
    table, (_, _, cleo) = led_by_two("Ada", "Ben", "Cleo", lobby=True)
    table.wish(cleo, SetScreen(False, "share_closed"))
    assert screen_orders(cleo) == []
    table.wish(cleo, SetScreen(True))
    table.wish(cleo, SetScreen(False, "share_closed"))
    assert told(table, cleo)[-1] == ("share_closed", "", "")
