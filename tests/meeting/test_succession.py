"""Another host: when the first one is lost, leaves or hands over; who may, and who may not."""

import pytest
from fakes.table import Seat, Table

from app.meeting.election import AGAIN, DOUBT, HOST_LOST, STEP
from app.meeting.view import Presence, Role
from app.meeting.wishes import Admit, CodesMatch, End, HandOver, Leave, Remove, SetLobby, SetRole
from crypto.frames import OpenedFrame
from crypto.messages import Vote
from crypto.operations import Rekey, Takeover


def meeting_of(*names: str, seed: int = 1, lobby: bool = False) -> tuple[Table, list[Seat]]:
    """Return a table at which everybody sits and hears everybody; the first one hosts."""
    table = Table(seed)
    seats = [table.person(name) for name in names]
    table.opens(seats[0], lobby=lobby)
    for seat in seats[1:]:
        table.knocks(seat, seats[0])
        if lobby:
            table.until(lambda: table.view(seats[0]).knocks)
            table.wish(seats[0], Admit(table.view(seats[0]).knocks[0].join_id))
        table.run(0.7)
    table.until(lambda: all_settled(table, seats))
    return table, seats


def all_settled(table: Table, seats: list[Seat]) -> bool:
    """Tell whether these people, and nobody else, hear each other under one host."""
    return all(seat.meeting for seat in seats) and all(
        {person.dev for person in table.view(seat).people} == {other.dev for other in seats}
        and all(p.is_me or p.presence is Presence.CONNECTED for p in table.view(seat).people)
        and table.view(seat).code == table.view(seats[0]).code is not None
        for seat in seats
    )


def hosts(table: Table, seats: list[Seat]) -> set[str]:
    """Return who hosts, in the eyes of each."""
    return {person.name for s in seats for person in table.view(s).people if person.is_host}


def kinds(table: Table, seat: Seat) -> list[str]:
    return [notice.kind for notice in table.view(seat).notices]


def heard_by(table: Table, speaker: Seat, listeners: list[Seat]) -> bool:
    """Let somebody send one frame; tell whether all others open it."""
    table.sends(speaker, b"still here")
    return all(
        isinstance(table.opens_frame(seat, table.frames[-1]), OpenedFrame)
        for seat in listeners
        if seat is not speaker
    )


@pytest.mark.parametrize("names", [("Ada", "Ben", "Cleo"), ("Ada", "Ben", "Cleo", "Dan")])
def test_when_the_host_dies_the_next_by_seat_hosts(names: tuple[str, ...]):
    table, (ada, ben, *others) = meeting_of(*names)
    table.kill(ada)
    table.run(HOST_LOST - 1)
    assert not table.view(ben).i_am_host
    assert not table.view(ben).frozen
    table.until(lambda: all_settled(table, [ben, *others]), 3)
    assert hosts(table, [ben, *others]) == {"Ben"}
    assert table.view(ben).i_am_host
    assert table.view(ben).my_role is Role.HOST
    assert {"you_host", "old_links_end"} <= set(kinds(table, ben))
    assert all("new_host" in kinds(table, other) for other in others)


def test_five_people_lose_the_host_and_one_more_at_once():
    table, (ada, ben, cleo, dan, eve) = meeting_of("Ada", "Ben", "Cleo", "Dan", "Eve")
    table.kill(ada)
    table.kill(ben)
    table.until(lambda: all_settled(table, [cleo, dan, eve]), HOST_LOST + 3)
    assert hosts(table, [cleo, dan, eve]) == {"Cleo"}


def test_a_co_host_comes_before_an_earlier_seat():
    table, (ada, ben, cleo) = meeting_of("Ada", "Ben", "Cleo")
    table.wish(ada, SetRole(cleo.dev, Role.CO_HOST))
    table.run(1)
    table.kill(ada)
    table.until(lambda: all_settled(table, [ben, cleo]), HOST_LOST + 3)
    assert hosts(table, [ben, cleo]) == {"Cleo"}


def test_nobody_pauses_while_a_host_is_elected():
    table, (ada, ben, cleo) = meeting_of("Ada", "Ben", "Cleo")
    table.kill(ada)
    while not (table.view(ben).i_am_host and all_settled(table, [ben, cleo])):
        assert table.now < 200
        for speaker, listener in ((ben, cleo), (cleo, ben)):
            table.streams(speaker, b"sound")
            assert listener.dev in speaker.connected
        table.run(0.02)
    for seat in (ben, cleo):
        assert not any(type(o).__name__ == "CloseLink" and o.dev != ada.dev for o in seat.orders)


def test_of_two_people_none_can_take_over():
    table, (ada, ben) = meeting_of("Ada", "Ben")
    table.kill(ada)
    table.run(HOST_LOST + 60)
    assert table.view(ben).frozen
    assert not table.view(ben).electing
    assert kinds(table, ben).count("frozen") == 1
    assert hosts(table, [ben]) == {"Ada"}


def test_a_host_that_returns_before_anybody_voted_goes_on():
    table, (ada, ben, cleo) = meeting_of("Ada", "Ben", "Cleo")
    epoch = table.view(ada).epoch
    for other in (ben, cleo):
        table.part(ada, other)
    table.run(20)
    table.heal()
    table.until(lambda: all_settled(table, [ada, ben, cleo]), 10)
    assert hosts(table, [ada, ben, cleo]) == {"Ada"}
    assert table.view(ada).epoch == epoch


def test_a_host_that_returns_after_the_takeover_is_a_co_host_of_the_new_one():
    table, (ada, ben, cleo) = meeting_of("Ada", "Ben", "Cleo")
    for other in (ben, cleo):
        table.part(ada, other)
    table.run(35)
    assert hosts(table, [ben, cleo]) == {"Ben"}
    assert hosts(table, [ada]) == {"Ada"}
    table.heal()
    table.until(lambda: all_settled(table, [ada, ben, cleo]), 15)
    assert hosts(table, [ada, ben, cleo]) == {"Ben"}
    assert not table.view(ada).i_am_host
    assert table.view(ada).my_role is Role.CO_HOST
    assert "new_host" in kinds(table, ada)
    assert "host_back" in kinds(table, cleo)
    assert ada.meeting.hosting is None


@pytest.mark.parametrize("place", [0, 3])
def test_what_a_host_did_alone_is_undone_when_the_others_went_on(place: int):
    table, seats = meeting_of("Ada", "Ben", "Cleo", "Dan")
    host, others = seats[place], [seat for seat in seats if seat is not seats[place]]
    if host is not seats[0]:
        table.wish(seats[0], HandOver(host.dev))
        table.until(lambda: all_settled(table, seats) and hosts(table, seats) == {host.name})
    for other in others:
        table.part(host, other)
    table.run(30)
    table.wish(host, Remove(others[2].dev))
    table.run(5)
    assert len(table.view(host).people) == 3
    table.heal()
    table.until(lambda: all_settled(table, seats), 15)
    assert hosts(table, seats) == {others[0].name}
    assert heard_by(table, host, others)


def test_a_list_that_takes_the_place_of_an_undone_one_of_the_same_number_is_told_apart():
    table, (ada, ben, cleo, dan) = meeting_of("Ada", "Ben", "Cleo", "Dan")
    for other in (ben, cleo, dan):
        table.part(ada, other)
    table.run(30)
    table.wish(ada, Remove(dan.dev))
    undone = table.view(ada)
    assert undone.epoch == table.view(ben).epoch
    table.heal()
    table.until(lambda: all_settled(table, [ada, ben, cleo, dan]), 15)
    view = table.view(ada)
    assert view.epoch == undone.epoch
    assert view.eid == view.code.eid != undone.eid
    table.wish(ada, CodesMatch(undone.eid))
    assert table.view(ada).unverified == 3


def test_two_halves_of_a_meeting_agree_again_on_one_host():
    table, (ada, ben, cleo, dan, eve) = meeting_of("Ada", "Ben", "Cleo", "Dan", "Eve")
    for one in (ada, ben):
        for two in (cleo, dan, eve):
            table.part(one, two)
    table.run(40)
    assert hosts(table, [ada, ben]) == {"Ada"}
    assert hosts(table, [cleo, dan, eve]) == {"Cleo"}
    table.heal()
    table.until(lambda: all_settled(table, [ada, ben, cleo, dan, eve]), 20)
    assert hosts(table, [ada, ben, cleo, dan, eve]) == {"Cleo"}


def test_an_even_split_without_the_host_freezes_one_half_and_keeps_the_other():
    table, (ada, ben, cleo, dan) = meeting_of("Ada", "Ben", "Cleo", "Dan")
    for one in (ada, ben):
        for two in (cleo, dan):
            table.part(one, two)
    table.run(40)
    assert table.view(cleo).frozen
    assert table.view(dan).frozen
    assert not table.view(ben).frozen
    assert heard_by(table, cleo, [dan])
    table.heal()
    table.until(lambda: all_settled(table, [ada, ben, cleo, dan]), 20)
    assert hosts(table, [ada, ben, cleo, dan]) == {"Ada"}
    assert not table.view(cleo).frozen


def test_who_lost_only_the_host_does_not_take_the_meeting_from_the_others():
    table, (ada, ben, cleo, dan) = meeting_of("Ada", "Ben", "Cleo", "Dan")
    table.part(ada, dan)
    table.run(60)
    assert hosts(table, [ada, ben, cleo]) == {"Ada"}
    assert heard_by(table, ada, [ben, cleo])
    table.heal()
    table.until(lambda: all_settled(table, [ada, ben, cleo, dan]), 20)
    assert hosts(table, [ada, ben, cleo, dan]) == {"Ada"}


def test_who_voted_while_cut_off_from_the_host_follows_it_again():
    table, seats = meeting_of("Ada", "Ben", "Cleo", "Dan")
    ada, ben, cleo, _ = seats
    table.part(ada, cleo)
    table.until(lambda: cleo.meeting._paths[ada.dev].channel is None, 20)
    table.run(DOUBT + 0.5)
    roster = ben.meeting.roster
    candidacy = Vote(
        dev=ben.dev,
        term=1,
        candidate=ben.dev,
        last_term=0,
        last_epoch=roster.epoch,
        last_eid=roster.eid,
    ).signed(roster.call_id, ben.meeting._me.sign)
    table.whisper(ben, ben.meeting._paths[cleo.dev].channel, candidacy.encode())
    while not cleo.meeting._table.election.floor:
        table.run(0.0005)
    table.wish(ada, SetLobby(True))  # those who did not vote take this block, Cleo does not
    table.until(lambda: table.view(cleo).lobby, 5)
    table.run(1)
    assert {seat.meeting.roster.eid for seat in seats} == {ada.meeting.roster.eid}
    assert ada.meeting.roster.term > 1
    assert hosts(table, seats) == {"Ada"}


def test_a_host_whose_seat_fell_empty_hears_that_the_others_went_on():
    table, (ada, ben, cleo) = meeting_of("Ada", "Ben", "Cleo")
    for other in (ben, cleo):
        table.part(ada, other)
    table.run(170)
    assert {person.name for person in table.view(ben).people} == {"Ben", "Cleo"}
    table.heal()
    table.until(lambda: ada.ended, 40)
    assert ada.ended == "left_behind"
    assert all_settled(table, [ben, cleo])


def test_who_was_let_in_by_a_host_that_was_voted_out_is_told_so():
    table, (ada, ben, cleo) = meeting_of("Ada", "Ben", "Cleo")
    dan = table.person("Dan")
    for other in (ben, cleo):
        table.part(ada, other)
        table.part(dan, other)
    table.run(30)
    table.knocks(dan, ada)
    table.run(5)
    assert {person.name for person in table.view(dan).people} == {"Ada", "Ben", "Cleo", "Dan"}
    table.heal()
    table.until(lambda: dan.ended and all_settled(table, [ada, ben, cleo]), 40)
    assert dan.ended == "left_behind"


def test_a_new_host_removes_somebody_with_the_key_of_the_very_next_frame():
    table, (ada, ben, cleo, dan) = meeting_of("Ada", "Ben", "Cleo", "Dan")
    table.kill(ada)
    table.until(lambda: all_settled(table, [ben, cleo, dan]), HOST_LOST + 3)
    table.wish(ben, Remove(dan.dev))
    table.sends(ben, b"for two")
    assert not isinstance(table.opens_frame(dan, table.frames[-1]), OpenedFrame)
    table.run(1)
    assert dan.ended == "removed"
    assert all_settled(table, [ben, cleo])
    assert table.frames[-1].key not in dan.hoard


def test_the_links_of_the_old_host_open_nothing_and_those_of_the_new_one_do():
    table, (ada, ben, cleo) = meeting_of("Ada", "Ben", "Cleo")
    old = table.invite
    table.kill(ada)
    table.until(lambda: all_settled(table, [ben, cleo]), HOST_LOST + 3)
    dan, eve = table.person("Dan"), table.person("Eve")
    table.knocks(dan, ben, secret=old.secret)
    table.run(3)
    assert dan.ended
    new = ben.meeting.hosting.invitations.for_many(ben.meeting.roster.policy)
    assert table.view(ben).invitation == new.link()
    assert table.view(cleo).invitation == ""
    table.knocks(eve, ben, secret=new.secret)
    table.until(lambda: eve.meeting and all_settled(table, [ben, cleo, eve]), 10)


def test_the_host_hands_over_and_stays_as_a_co_host():
    table, (ada, ben, cleo) = meeting_of("Ada", "Ben", "Cleo")
    table.wish(ada, HandOver(cleo.dev))
    table.run(2)
    assert hosts(table, [ada, ben, cleo]) == {"Cleo"}
    assert table.view(ada).my_role is Role.CO_HOST
    assert ada.meeting.hosting is None
    table.wish(ada, End())
    table.run(1)
    assert not cleo.ended
    table.wish(cleo, HandOver(ada.dev))
    table.run(2)
    assert hosts(table, [ada, ben, cleo]) == {"Ada"}


def test_nobody_but_the_host_hands_over():
    table, (ada, ben, cleo) = meeting_of("Ada", "Ben", "Cleo")
    table.wish(ben, HandOver(ben.dev))
    table.run(2)
    assert hosts(table, [ada, ben, cleo]) == {"Ada"}


def test_a_host_who_leaves_hands_over_to_whom_they_named():
    table, (ada, ben, cleo) = meeting_of("Ada", "Ben", "Cleo")
    table.wish(ada, Leave(cleo.dev))
    table.until(lambda: all_settled(table, [ben, cleo]), 3)
    assert ada.ended == "left"
    assert hosts(table, [ben, cleo]) == {"Cleo"}
    assert "left" in kinds(table, ben)


def test_a_host_who_leaves_without_a_name_hands_over_to_the_next():
    table, (ada, ben, cleo) = meeting_of("Ada", "Ben", "Cleo")
    table.wish(ada, Leave())
    table.until(lambda: all_settled(table, [ben, cleo]), 3)
    assert hosts(table, [ben, cleo]) == {"Ben"}


def test_a_host_who_leaves_an_empty_table_ends_the_meeting():
    table, (ada,) = meeting_of("Ada")
    table.wish(ada, Leave())
    assert ada.ended == "you_ended"


def test_who_waits_at_a_door_that_changes_hands_is_sent_home():
    table, (ada, ben) = meeting_of("Ada", "Ben", lobby=True)
    dan = table.person("Dan")
    table.knocks(dan, ada)
    table.run(1)
    assert len(table.view(ada).knocks) == 1
    table.wish(ada, HandOver(ben.dev))
    table.run(1)
    assert dan.ended == "invite_unknown"
    table.wish(ben, SetLobby(False))
    table.run(1)
    assert not table.view(ada).lobby


def test_a_takeover_is_one_block_and_fresh_keys():
    table, (ada, ben, cleo) = meeting_of("Ada", "Ben", "Cleo")
    table.kill(ada)
    table.until(lambda: all_settled(table, [ben, cleo]), HOST_LOST + 3)
    operations = [op for block in ben.meeting.roster.recent for op in block.operations]
    assert sum(isinstance(op, Takeover) for op in operations) == 1
    assert not any(isinstance(op, Rekey) for op in operations)
    assert ben.meeting.roster.term == 1


def test_the_second_in_line_waits_for_the_first_and_then_stands():
    table, (ada, ben, cleo, dan) = meeting_of("Ada", "Ben", "Cleo", "Dan")
    table.kill(ada)
    table.run(HOST_LOST - 0.5)
    table.kill(ben)  # just before it would have stood
    table.until(lambda: table.view(cleo).frozen, STEP + 3)  # two of four are no majority
    assert table.view(dan).frozen
    assert hosts(table, [cleo, dan]) == {"Ada"}
    assert AGAIN >= HOST_LOST


def test_a_trial_with_the_test_guest_ends_with_who_tried():
    table = Table()
    ada, guest = table.person("Ada"), table.person("Test guest")
    table.opens(ada, lobby=False, test_guest=True)
    table.knocks(guest, ada)
    table.until(lambda: guest.meeting is not None)
    table.run(2)
    table.wish(ada, Leave())
    table.run(1)
    assert (ada.ended, guest.ended) == ("you_ended", "ended")
