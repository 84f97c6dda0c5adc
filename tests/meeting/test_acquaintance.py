"""People who never met find each other by the log; who lost a seat meanwhile hears that it did."""

from fakes.table import Seat, Table

from app.meeting.wishes import Remove
from crypto.frames import OpenedFrame


def table_of(*names: str) -> tuple[Table, list[Seat]]:
    table = Table(7)
    seats = [table.person(name) for name in names]
    table.opens(seats[0], lobby=False)
    for seat in seats[1:]:
        comes(table, seat, seats[0])
    table.run(3)
    return table, seats


def comes(table: Table, seat: Seat, host: Seat) -> None:
    table.knocks(seat, host)
    table.until(lambda: seat.meeting is not None)


def part_from_all(table: Table, *here: Seat) -> None:
    for one in here:
        for two in table.seats.values():
            if two not in here:
                table.part(one, two)


def eid(seat: Seat) -> bytes:
    assert seat.meeting is not None
    return seat.meeting.roster.eid


def test_who_came_meanwhile_shows_those_who_were_cut_off_the_blocks_that_they_lack():
    table, (ada, ben) = table_of("Ada", "Ben")
    part_from_all(table, ben)
    newcomers = [table.person(name) for name in ("Cleo", "Dan")]
    for seat in newcomers:
        table.part(ben, seat)
        comes(table, seat, ada)
        table.run(1)
    table.kill(ada)
    table.run(1)
    table.heal()
    table.until(lambda: len({eid(seat) for seat in (ben, *newcomers)}) == 1, 5)
    table.run(25)
    names = {person.name for person in table.view(ben).people if person.is_host}
    assert names == {"Ben"}, "a majority is there, and Ben is first"
    for seat in newcomers:
        table.sends(seat, b"we have not met")
        assert isinstance(table.opens_frame(ben, table.frames[-1]), OpenedFrame)


def test_who_was_let_in_by_what_the_others_have_undone_is_left_behind():
    table, (ada, ben, cleo, dan) = table_of("Ada", "Ben", "Cleo", "Dan")
    eve = table.person("Eve")
    part_from_all(table, ada, eve)
    comes(table, eve, ada)
    table.run(40)  # the others elect another host, who knows nothing of Eve
    assert ben.meeting is not None
    assert ben.meeting.roster.leader == ben.dev
    table.kill(ada)
    table.heal()
    table.until(lambda: eve.ended == "left_behind", 12)
    assert not any(seat.ended for seat in (ben, cleo, dan))


def test_who_voted_meanwhile_and_was_put_out_by_the_term_before_hears_it():
    table, (ada, ben, cleo) = table_of("Ada", "Ben", "Cleo")
    part_from_all(table, cleo)
    table.wish(ada, Remove(cleo.dev))
    table.run(20)
    assert cleo.meeting is not None
    cleo.meeting._table.election._stand(cleo.meeting.roster, table.now)  # others had been near
    table.kill(ada)
    table.heal()
    table.until(lambda: cleo.ended == "removed", 12)
    assert not ben.ended
