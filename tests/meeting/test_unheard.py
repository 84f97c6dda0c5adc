"""What is said while a link is down is heard when it is up again, by those who were there."""

from fakes.table import Seat, Table, table_of

from app.meeting.unheard import KEPT, LONGEST
from app.meeting.wishes import Remove, Say
from crypto.frames import Context


def chat(table: Table, seat: Seat) -> list[str]:
    """Return what somebody reads; the simulated links do not keep the order, so sorted."""
    return sorted(line.text for line in table.view(seat).chat)


def test_a_line_waits_for_who_could_not_hear_it_and_nobody_sees_it_twice():
    table, (ada, ben, cleo) = table_of("Ada", "Ben", "Cleo")
    table.wish(ada, Say("before"))
    table.run(12)
    table.part(ada, ben)
    table.run(1)
    table.wish(ada, Say("nobody noticed yet"))
    table.run(11)
    table.wish(ada, Say("the link is lost"))
    table.run(5)
    assert chat(table, ben) == ["before"]
    table.heal()
    table.run(15)
    everything = sorted(["before", "nobody noticed yet", "the link is lost"])
    assert chat(table, ben) == chat(table, cleo) == chat(table, ada) == everything
    assert sum(context == Context.CHAT for _, context, _ in cleo.heard) > len(everything)


def test_what_is_said_to_somebody_new_before_their_link_stands_is_not_lost():
    table, (ada, _) = table_of("Ada", "Ben")
    cleo = table.person("Cleo")
    table.knocks(cleo, ada)
    while len(table.view(ada).people) < 3:
        table.run(0.001)
    table.wish(ada, Say("welcome"))
    table.run(2)
    assert chat(table, cleo) == ["welcome"]


def test_who_came_later_does_not_hear_what_was_said_before():
    table, (ada, ben, cleo) = table_of("Ada", "Ben", "Cleo")
    table.part(ada, ben)
    table.run(10)
    table.wish(ada, Say("among the three of us"))
    table.run(1)
    dan = table.person("Dan")
    table.knocks(dan, ada)
    table.run(3)
    table.heal()
    table.run(20)
    assert len(table.view(ben).people) == 4
    assert chat(table, dan) == []
    assert chat(table, ben) == []  # what cannot be said to him alone is not said
    assert chat(table, cleo) == ["among the three of us"]


def test_after_somebody_left_the_rest_still_hear_what_they_missed():
    table, (ada, ben, cleo, dan) = table_of("Ada", "Ben", "Cleo", "Dan")
    table.part(ada, ben)
    table.run(10)
    table.wish(ada, Say("hello"))
    table.run(1)
    table.wish(ada, Remove(dan.dev))
    table.heal()
    table.run(10)
    assert chat(table, ben) == ["hello"]
    assert chat(table, cleo) == ["hello"]


def test_what_was_said_very_long_ago_or_too_much_is_not_said_again():
    table, (ada, ben, _) = table_of("Ada", "Ben", "Cleo")
    table.lose_link(ada, ben)
    ben.links.clear()  # it does not come up by itself
    ben.meeting._paths[ada.dev].held = ada.meeting._paths[ben.dev].held = True
    table.run(1)
    table.wish(ada, Say("old"))
    table.run(LONGEST)
    for number in range(KEPT + 5):
        table.wish(ada, Say(str(number)))
    ben.meeting._paths[ada.dev].held = ada.meeting._paths[ben.dev].held = False
    table.run(10)
    assert chat(table, ben) == sorted(str(number) for number in range(5, KEPT + 5))
