"""Whom a meeting trusts how far: pins, comparisons, keys that changed."""

from fakes.table import Seat, Table

from app.meeting.effects import Forget, Remember
from app.meeting.view import Badge, Lock, Person, Presence, Role
from app.meeting.wishes import (
    Admit,
    CodesDiffer,
    CodesMatch,
    Distrust,
    Remove,
    Say,
    SetRole,
    Trust,
)
from crypto.identity import device_id


def meeting(*seats: Seat, table: Table) -> None:
    """Let everybody come, the first one hosts, and wait until keys are there."""
    table.opens(seats[0], lobby=False)
    for seat in seats[1:]:
        table.knocks(seat, seats[0])
    table.run(1)
    for knock in table.view(seats[0]).knocks:
        table.wish(seats[0], Admit(knock.join_id))
    table.until(lambda: all(seat.meeting for seat in seats))
    table.run(3)


def person(table: Table, seat: Seat, of: Seat) -> Person:
    return next(p for p in table.view(seat).people if p.dev == of.dev)


def comes(table: Table, seat: Seat, host: Seat) -> None:
    """Let somebody in, whatever the host thinks of the name."""
    table.knocks(seat, host)
    table.run(1)
    for knock in table.view(host).knocks:
        table.wish(host, Admit(knock.join_id))
    table.run(2)


def badges(table: Table, seat: Seat) -> dict[str, Badge]:
    return {p.name: p.badge for p in table.view(seat).people if not p.is_me}


def remembered(seat: Seat) -> list[tuple[str, bool]]:
    return [(o.name, o.verified) for o in seat.orders if isinstance(o, Remember)]


def test_who_is_met_is_pinned_and_stays_new_for_this_meeting():
    table = Table()
    ada, ben = table.person("Ada"), table.person("Ben")
    meeting(ada, ben, table=table)
    assert set(remembered(ada)) == {("Ben", False)}
    assert badges(table, ada) == {"Ben": Badge.NEW}
    assert ada.contacts.badge(ben.dev, "Ben") is Badge.KNOWN


def test_nobody_is_pinned_who_only_knocked():
    table = Table()
    ada, ben = table.person("Ada"), table.person("Ben")
    table.opens(ada)
    table.knocks(ben, ada)
    table.run(2)
    assert remembered(ada) == []
    assert remembered(ben) == []


def test_a_known_and_a_verified_person_come_with_their_badges():
    table = Table()
    ben, cleo = table.person("Ben"), table.person("Cleo")
    knows = {"Ben": (ben.identity.public, True), "Cleo": (cleo.identity.public, False)}
    ada = table.person("Ada", knows=knows)
    meeting(ada, ben, cleo, table=table)
    assert badges(table, ada) == {"Ben": Badge.VERIFIED, "Cleo": Badge.KNOWN}
    assert table.view(ada).unverified == 1


def test_verified_stays_verified_although_the_person_is_met_again():
    table = Table()
    ben = table.person("Ben")
    ada = table.person("Ada", knows={"Ben": (ben.identity.public, True)})
    meeting(ada, ben, table=table)
    assert ada.contacts.badge(ben.dev, "Ben") is Badge.VERIFIED
    assert table.view(ada).lock is Lock.VERIFIED


def test_comparing_codes_verifies_everybody_who_is_in_now_and_is_remembered():
    table = Table()
    ada, ben, cleo = (table.person(name) for name in ("Ada", "Ben", "Cleo"))
    meeting(ada, ben, cleo, table=table)
    table.wish(ada, CodesMatch(table.view(ada).eid))
    assert set(badges(table, ada).values()) == {Badge.VERIFIED}
    assert {("Ben", True), ("Cleo", True)} <= set(remembered(ada))
    dan = table.person("Dan")
    table.knocks(dan, ada)
    table.run(3)
    assert badges(table, ada)["Dan"] is Badge.NEW
    assert table.view(ada).lock is Lock.PARTLY_VERIFIED


def test_a_comparison_of_an_outdated_code_verifies_nobody():
    table = Table()
    ada, ben, cleo = (table.person(name) for name in ("Ada", "Ben", "Cleo"))
    meeting(ada, ben, table=table)
    old = table.view(ada).epoch
    table.knocks(cleo, ada)
    table.run(3)
    table.wish(ada, CodesMatch(old))
    table.wish(ada, CodesMatch(old + 7))
    assert set(badges(table, ada).values()) == {Badge.NEW}


def test_a_code_that_is_not_complete_yet_verifies_nobody():
    table = Table()
    ada, ben, cleo = (table.person(name) for name in ("Ada", "Ben", "Cleo"))
    meeting(ada, ben, table=table)
    table.knocks(cleo, ada)
    table.until(lambda: len(table.view(ada).people) == 3)
    assert table.view(ada).code is None
    table.wish(ada, CodesMatch(table.view(ada).eid))
    assert set(badges(table, ada).values()) == {Badge.NEW}


def test_when_codes_differ_nothing_more_is_sent_and_nobody_can_be_verified_any_more():
    table = Table()
    ada, ben = table.person("Ada"), table.person("Ben")
    meeting(ada, ben, table=table)
    eid = table.view(ada).eid
    table.wish(ada, CodesDiffer(eid))
    view = table.view(ada)
    assert (view.lock, view.alarm, view.code) == (Lock.BROKEN, "codes_differ", None)
    assert table.sends(ada, b"anything") is None
    table.wish(ada, Say("anything"))
    assert table.view(ada).chat == ()
    table.wish(ada, CodesMatch(eid))
    assert badges(table, ada) == {"Ben": Badge.NEW}
    assert table.view(ben).lock is not Lock.BROKEN


def test_an_outdated_difference_alarms_nobody():
    table = Table()
    ada, ben = table.person("Ada"), table.person("Ben")
    meeting(ada, ben, table=table)
    table.wish(ada, CodesDiffer(ada.meeting.roster.recent[-1].prev))
    assert table.view(ada).lock is not Lock.BROKEN


def test_a_held_person_is_neither_pinned_nor_verified_by_comparing():
    table = Table()
    old = table.person("Ben").identity.public
    ada = table.person("Ada")
    cleo = table.person("Cleo", knows={"Ben": (old, True)})
    ben = table.person("Ben")
    meeting(ada, cleo, ben, table=table)
    held = next(p for p in table.view(cleo).people if p.name == "Ben")
    assert (held.badge, held.presence) == (Badge.CHANGED, Presence.HELD)
    table.wish(cleo, CodesMatch(table.view(cleo).eid))
    assert badges(table, cleo) == {"Ada": Badge.VERIFIED, "Ben": Badge.CHANGED}
    assert not any(name == "Ben" for name, _ in remembered(cleo))
    table.wish(cleo, Distrust(ben.dev))
    table.run(2)
    assert badges(table, cleo)["Ben"] is Badge.CHANGED


def test_what_a_held_person_writes_is_not_shown():
    table = Table()
    old = table.person("Ben").identity.public
    ada = table.person("Ada")
    cleo = table.person("Cleo", knows={"Ben": (old, True)})
    ben = table.person("Ben")
    meeting(ada, cleo, ben, table=table)
    table.wish(ben, Say("it is me"))
    table.run(2)
    assert [line.text for line in table.view(ada).chat] == ["it is me"]
    assert table.view(cleo).chat == ()


def test_a_changed_key_that_is_accepted_replaces_the_old_pin():
    table = Table()
    old = table.person("Ben").identity.public
    ada = table.person("Ada")
    cleo = table.person("Cleo", knows={"Ben": (old, True)})
    ben = table.person("Ben")
    meeting(ada, cleo, ben, table=table)
    table.wish(cleo, Trust(ben.dev))
    table.run(3)
    assert Forget(device_id(old)) in cleo.orders
    assert ("Ben", False) in remembered(cleo)
    assert badges(table, cleo)["Ben"] is Badge.NEW, "the new key was never compared"
    table.wish(cleo, Trust(ada.dev))
    assert badges(table, cleo)["Ada"] is Badge.NEW, "nothing to accept there"


def test_a_removal_of_a_held_person_leaves_nothing_of_them():
    table = Table()
    old = table.person("Ben").identity.public
    ada = table.person("Ada")
    cleo = table.person("Cleo", knows={"Ben": (old, True)})
    ben = table.person("Ben")
    meeting(ada, cleo, ben, table=table)
    table.wish(ada, Remove(ben.dev))
    table.run(1)
    table.wish(cleo, Trust(ben.dev))
    assert [p.name for p in table.view(cleo).people] == ["Ada", "Cleo"]


def test_a_host_with_an_open_door_is_still_asked_about_a_changed_key():
    table = Table()
    old = table.person("Ben").identity.public
    ada = table.person("Ada", knows={"Ben": (old, True)})
    ben = table.person("Ben")
    table.opens(ada, lobby=False)
    table.knocks(ben, ada)
    table.run(3)
    assert [(k.name, k.badge) for k in table.view(ada).knocks] == [("Ben", Badge.CHANGED)]
    assert ben.meeting is None


def test_people_who_come_are_announced_and_an_imitation_is_pointed_out():
    table = Table()
    ben = table.person("Ben")
    ada = table.person("Ada", knows={"Ben": (ben.identity.public, True)})
    mallory = table.person("Bеn")
    meeting(ada, mallory, table=table)
    kinds = [notice.kind for notice in table.view(ada).notices]
    assert kinds == ["joined", "imitates"]
    assert table.view(ada).people[1].imitates == "Ben"


def test_two_people_of_one_name_at_one_table_are_two_people():
    table = Table()
    one, other = table.person("Ben"), table.person("Ben")
    ada = table.person("Ada", knows={"Ben": (one.identity.public, False)})
    host = table.person("Eve")
    table.opens(host, lobby=False)
    for seat in (ada, one, other):
        comes(table, seat, host)
    badges = {person.dev: person.badge for person in table.view(ada).people}
    assert (badges[one.dev], badges[other.dev]) == (Badge.KNOWN, Badge.NEW)
    seen = {person.dev: person for person in table.view(ada).people}
    assert seen[other.dev].presence is Presence.CONNECTED
    assert (seen[other.dev].imitates, seen[one.dev].imitates) == ("Ben", "")
    assert not any(isinstance(order, Forget) for order in ada.orders)


def test_who_comes_under_a_name_whose_owner_is_not_here_is_held_and_may_be_accepted_beside_them():
    table = Table()
    one, other = table.person("Ben"), table.person("Ben")
    ada = table.person("Ada", knows={"Ben": (one.identity.public, False)})
    host = table.person("Eve")
    table.opens(host, lobby=False)
    for seat in (ada, other):
        comes(table, seat, host)
    assert person(table, ada, other).presence is Presence.HELD
    comes(table, one, host)
    table.wish(ada, Trust(other.dev))
    table.run(2)
    assert person(table, ada, other).presence is Presence.CONNECTED
    assert person(table, ada, one).badge is Badge.KNOWN
    assert not any(isinstance(order, Forget) for order in ada.orders)


def test_whom_a_co_host_lets_in_under_a_changed_key_the_host_decides_about():
    table = Table()
    old = table.person("Ben")
    ben = table.person("Ben")
    ada = table.person("Ada", knows={"Ben": (old.identity.public, False)})
    cleo = table.person("Cleo")
    table.opens(ada, lobby=False)
    table.knocks(cleo, ada)
    table.run(2)
    table.wish(ada, SetRole(cleo.dev, Role.CO_HOST))
    table.knocks(ben, ada)
    table.run(2)
    table.wish(cleo, Admit(table.view(cleo).knocks[0].join_id))
    table.run(2)
    assert person(table, cleo, ben).presence is Presence.CONNECTED
    assert person(table, ada, ben).presence is Presence.HELD
