"""Calling a contact into a meeting: who hears it, who may come in by it, and for how long."""

from fakes.table import Seat, Table

from app.meeting.calling import ANSWER_TIME, RING_TIME, Signs
from app.meeting.contacts import Contact
from app.meeting.wishes import Admit, HandOver, Ring, SetLobby, SetLocked, StopRinging
from crypto.contact import ring_key

SECRET = b"s" * 32


def befriend(one: Seat, other: Seat, secret: bytes = SECRET) -> None:
    """Let two people have become contacts in an earlier meeting."""
    one.contacts.befriend(other.dev, Contact(other.identity.public, other.name, secret=secret))
    other.contacts.befriend(one.dev, Contact(one.identity.public, one.name, secret=secret))


def signs(seat: Seat) -> Signs:
    assert seat.meeting is not None
    assert seat.meeting.signs is not None
    return seat.meeting.signs


def notices(table: Table, seat: Seat) -> list[tuple[str, str]]:
    return [(n.kind, n.name) for n in table.view(seat).notices]


def test_a_contact_who_is_called_is_announced_and_comes_in_without_waiting():
    table = Table()
    ada, ben = table.person("Ada"), table.person("Ben")
    befriend(ada, ben)
    table.opens(ada)
    assert signs(ada).rung == ()
    table.wish(ada, Ring(ben.dev))
    assert signs(ada).rung == (ring_key(SECRET),)
    assert [(r.dev, r.name) for r in table.view(ada).ringing] == [(ben.dev, "Ben")]
    table.knocks(ben, ada, SECRET)
    table.until(lambda: ben.meeting is not None)
    table.run(1)
    assert table.view(ada).knocks == ()
    assert table.view(ada).ringing == ()
    assert signs(ada).rung == ()


def test_a_contact_who_is_not_called_finds_no_door():
    table = Table()
    ada, ben = table.person("Ada"), table.person("Ben")
    befriend(ada, ben)
    table.opens(ada, lobby=False)
    table.knocks(ben, ada, SECRET)
    table.run(2)
    assert ben.ended == "invite_unknown"


def test_nobody_else_comes_in_by_the_secret_of_a_contact():
    table = Table()
    ada, ben, eve = table.person("Ada"), table.person("Ben"), table.person("Eve")
    befriend(ada, ben)
    table.opens(ada, lobby=False)
    table.wish(ada, Ring(ben.dev))
    table.knocks(eve, ada, SECRET)
    table.run(2)
    assert eve.ended == "invite_unknown"
    assert [p.name for p in table.view(ada).people] == ["Ada"]


def test_ringing_ends_after_a_minute_and_who_was_about_to_answer_still_comes_in():
    table = Table()
    ada, ben = table.person("Ada"), table.person("Ben")
    befriend(ada, ben)
    table.opens(ada)
    table.wish(ada, Ring(ben.dev))
    table.run(RING_TIME - 1)
    assert table.view(ada).ringing
    table.run(2)
    assert table.view(ada).ringing == ()
    assert signs(ada).rung == ()
    assert ("ring_unanswered", "Ben") in notices(table, ada)
    table.knocks(ben, ada, SECRET)
    table.until(lambda: ben.meeting is not None)


def test_long_after_the_ringing_the_door_is_shut():
    table = Table()
    ada, ben = table.person("Ada"), table.person("Ben")
    befriend(ada, ben)
    table.opens(ada)
    table.wish(ada, Ring(ben.dev))
    table.run(RING_TIME + ANSWER_TIME + 1)
    table.knocks(ben, ada, SECRET)
    table.run(2)
    assert ben.ended == "invite_unknown"


def test_who_gives_up_calling_shuts_the_door_at_once_and_may_call_again():
    table = Table()
    ada, ben = table.person("Ada"), table.person("Ben")
    befriend(ada, ben)
    table.opens(ada)
    table.wish(ada, Ring(ben.dev))
    table.wish(ada, StopRinging(ben.dev))
    assert (table.view(ada).ringing, signs(ada).rung) == ((), ())
    assert "ring_unanswered" not in dict(notices(table, ada))
    table.wish(ada, Ring(ben.dev))
    assert signs(ada).rung == (ring_key(SECRET),)


def test_a_locked_meeting_stays_locked_for_who_is_called():
    table = Table()
    ada, ben = table.person("Ada"), table.person("Ben")
    befriend(ada, ben)
    table.opens(ada)
    table.wish(ada, SetLocked(True))
    table.wish(ada, Ring(ben.dev))
    table.run(1)
    table.knocks(ben, ada, SECRET)
    table.run(2)
    assert ben.ended == "locked"


def test_nobody_is_called_who_is_no_contact_or_is_in_already():
    table = Table()
    ada, ben = table.person("Ada"), table.person("Ben")
    table.opens(ada, lobby=False)
    table.wish(ada, Ring(ben.dev))
    assert table.view(ada).ringing == ()
    table.knocks(ben, ada)
    table.until(lambda: ben.meeting is not None)
    table.run(1)
    befriend(ada, ben)
    table.wish(ada, Ring(ben.dev))
    assert table.view(ada).ringing == ()


def test_with_the_lead_go_all_signs_and_calls_and_the_new_leader_has_its_own():
    table = Table()
    ada, ben, cleo = (table.person(name) for name in ("Ada", "Ben", "Cleo"))
    befriend(ada, cleo)
    table.opens(ada, lobby=False, visible=True)
    table.knocks(ben, ada)
    table.until(lambda: ben.meeting is not None)
    table.run(2)
    assert ben.meeting is not None
    assert ben.meeting.signs is None
    assert signs(ada).visible
    before = signs(ada).room
    table.wish(ada, Ring(cleo.dev))
    table.wish(ada, HandOver(ben.dev))
    table.run(2)
    assert ada.meeting is not None
    assert ada.meeting.signs is None
    assert table.view(ada).ringing == ()
    assert signs(ben).visible
    assert signs(ben).room != before


def waits_for(seat: Seat) -> bytes:
    assert seat.meeting is not None
    return seat.meeting.waits_for


def test_who_sits_alone_and_calls_one_contact_waits_for_that_one_until_the_minute_is_over():
    table = Table()
    ada, ben = table.person("Ada"), table.person("Ben")
    befriend(ada, ben)
    table.opens(ada)
    assert waits_for(ada) == b""
    table.wish(ada, Ring(ben.dev))
    assert waits_for(ada) == ben.dev
    table.wish(ada, StopRinging(ben.dev))
    assert waits_for(ada) == b""
    table.wish(ada, Ring(ben.dev))
    table.run(RING_TIME + 1)
    assert waits_for(ada) == b""


def test_who_calls_two_contacts_waits_for_none_of_them_alone():
    table = Table()
    ada, ben, cleo = (table.person(name) for name in ("Ada", "Ben", "Cleo"))
    befriend(ada, ben)
    befriend(ada, cleo, b"t" * 32)
    table.opens(ada)
    table.wish(ada, Ring(ben.dev))
    table.wish(ada, Ring(cleo.dev))
    assert waits_for(ada) == b""
    table.wish(ada, StopRinging(cleo.dev))
    assert waits_for(ada) == ben.dev


def test_with_somebody_in_the_lobby_or_in_the_meeting_nobody_is_waited_for_alone():
    table = Table()
    ada, ben, cleo = (table.person(name) for name in ("Ada", "Ben", "Cleo"))
    befriend(ada, ben)
    table.opens(ada)
    table.wish(ada, Ring(ben.dev))
    table.knocks(cleo, ada)
    table.until(lambda: table.view(ada).knocks)
    assert waits_for(ada) == b""
    table.wish(ada, Admit(table.view(ada).knocks[0].join_id))
    table.until(lambda: cleo.meeting is not None)
    assert waits_for(ada) == b""
    assert waits_for(cleo) == b""


def test_who_is_let_in_and_has_no_seat_yet_is_not_left_behind():
    table = Table()
    ada, ben, cleo = (table.person(name) for name in ("Ada", "Ben", "Cleo"))
    befriend(ada, ben)
    table.opens(ada, lobby=False)
    table.wish(ada, Ring(ben.dev))
    table.run(1)
    table.wish(ada, SetLobby(True))  # a block was made just now: the next one takes a moment
    table.wish(ada, SetLobby(False))
    table.knocks(cleo, ada)
    table.run(0.2)
    assert ada.meeting is not None
    assert len(ada.meeting.roster.members) == 1
    assert waits_for(ada) == b""
    table.until(lambda: cleo.meeting is not None)
