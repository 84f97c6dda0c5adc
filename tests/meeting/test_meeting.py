"""Whole meetings in simulated time: who gets in, who hears whom, who is out."""

import pytest
from fakes.table import Seat, Table

from app.meeting.effects import CloseLink, LetGo, SealWith
from app.meeting.view import Badge, Lock, Presence
from app.meeting.wishes import (
    Admit,
    CodesMatch,
    Deny,
    End,
    Leave,
    Remove,
    Say,
    SetCamera,
    SetLocked,
    Trust,
)
from crypto.frames import Context, OpenedFrame, peek


def meeting_of(*names: str, seed: int = 1) -> tuple[Table, list[Seat]]:
    """Return a table at which everybody sits and hears everybody; the first one hosts."""
    table = Table(seed)
    seats = [table.person(name) for name in names]
    table.opens(seats[0], lobby=False)
    for seat in seats[1:]:
        table.knocks(seat, seats[0])
        table.run(0.7)
    table.until(lambda: all(settled(table, seat, len(names)) for seat in seats))
    return table, seats


def settled(table: Table, seat: Seat, people: int) -> bool:
    if seat.meeting is None:
        return False
    view = table.view(seat)
    return (
        len(view.people) == people
        and view.code is not None
        and all(p.is_me or p.presence is Presence.CONNECTED for p in view.people)
    )


def test_nobody_gets_in_before_the_host_says_so():
    table = Table()
    ada, ben = table.person("Ada"), table.person("Ben")
    table.opens(ada)
    table.knocks(ben, ada)
    table.run(30)
    assert [knock.name for knock in table.view(ada).knocks] == ["Ben"]
    assert ben.meeting is None
    assert ben.told is not None
    assert (ben.told.title, ben.told.host_name) == ("Round table", "Ada")
    table.wish(ada, Admit(table.view(ada).knocks[0].join_id))
    table.until(lambda: settled(table, ben, 2) and settled(table, ada, 2))
    assert table.view(ada).knocks == ()


def test_who_is_turned_away_hears_why():
    table = Table()
    ada, ben = table.person("Ada"), table.person("Ben")
    table.opens(ada)
    table.knocks(ben, ada)
    table.run(1)
    table.wish(ada, Deny(table.view(ada).knocks[0].join_id))
    table.run(1)
    assert ben.ended == "refused"
    assert ben.meeting is None


def test_a_wrong_secret_opens_no_door():
    table = Table()
    ada, eve = table.person("Ada"), table.person("Eve")
    table.opens(ada, lobby=False)
    table.knocks(eve, ada, secret=bytes(16))
    table.run(2)
    assert eve.ended == "invite_unknown"
    assert eve.told is None


def test_everybody_sees_the_same_people_and_the_same_code():
    table, seats = meeting_of("Ada", "Ben", "Cleo", "Dan")
    views = [table.view(seat) for seat in seats]
    assert {tuple(person.name for person in view.people) for view in views} == {
        ("Ada", "Ben", "Cleo", "Dan")
    }
    assert len({view.code for view in views}) == 1
    assert views[0].code is not None


def test_everybody_hears_everybody():
    table, seats = meeting_of("Ada", "Ben", "Cleo")
    for speaker in seats:
        table.sends(speaker, b"hello from " + speaker.name.encode())
        for listener in seats:
            if listener is not speaker:
                opened = table.opens_frame(listener, table.frames[-1])
                assert isinstance(opened, OpenedFrame)
                assert opened.frame == b"hello from " + speaker.name.encode()


def test_a_chat_line_reaches_everybody_and_ends_with_the_meeting():
    table, (ada, ben, cleo) = meeting_of("Ada", "Ben", "Cleo")
    table.wish(ben, Say("  lunch?  "))
    table.run(1)
    for seat in (ada, ben, cleo):
        assert [(line.name, line.text) for line in table.view(seat).chat] == [("Ben", "lunch?")]
    table.wish(ada, End())
    table.run(1)
    for seat in (ada, ben, cleo):
        assert seat.meeting is not None
        assert table.view(seat).chat == ()
        assert seat.ended == ("you_ended" if seat is ada else "ended")


def test_a_removed_person_reads_nothing_more_and_cannot_come_back():
    table, (ada, ben, cleo) = meeting_of("Ada", "Ben", "Cleo")
    before = dict(cleo.openers)
    generation = peek(table.sends(ada, b"before") or b"")
    table.wish(ada, Remove(cleo.dev))
    sealed = table.sends(ada, b"after")  # the very next frame
    assert sealed is not None
    assert peek(sealed) != generation
    table.run(2)
    table.sends(ben, b"after as well")
    assert cleo.ended == "removed"
    for frame in table.frames[-2:]:
        assert before[frame.sender].open(Context.MICROPHONE, 0, frame.sealed) == "unknown_key"
    opened = table.opens_frame(ben, table.frames[-2])
    assert isinstance(opened, OpenedFrame)
    cleo.meeting, cleo.ended = None, ""
    table.knocks(cleo, ada)
    table.run(2)
    assert cleo.ended == "removed"
    assert [person.name for person in table.view(ada).people] == ["Ada", "Ben"]


def test_who_leaves_is_gone_for_all_and_the_keys_change():
    table, (ada, ben, cleo) = meeting_of("Ada", "Ben", "Cleo")
    epoch = table.view(ada).epoch
    table.wish(cleo, Leave())
    table.until(lambda: settled(table, ada, 2) and settled(table, ben, 2), 5)
    assert cleo.ended == "left"
    assert table.view(ada).epoch == epoch + 1
    assert any(isinstance(order, SealWith) and order.removal for order in ben.orders)
    assert ben.orders.index(LetGo(cleo.dev)) > ben.orders.index(CloseLink(cleo.dev))


def test_a_process_that_dies_is_out_within_five_seconds():
    table, (ada, ben, cleo) = meeting_of("Ada", "Ben", "Cleo")
    code = table.view(ada).code
    table.kill(cleo)
    table.until(lambda: settled(table, ada, 2) and settled(table, ben, 2), 5)
    assert table.view(ben).code != code


def test_who_died_may_come_back():
    table, (ada, ben, cleo) = meeting_of("Ada", "Ben", "Cleo")
    table.kill(cleo)
    table.run(1)  # sooner than the old seat is given up
    cleo.dead = False
    cleo.meeting, cleo.openers, cleo.connected, cleo.links = None, {}, {}, {}
    cleo.sealer = type(cleo.sealer)()
    table.knocks(cleo, ada)
    table.until(lambda: all(settled(table, seat, 3) for seat in (ada, ben, cleo)))
    assert [person.name for person in table.view(ben).people] == ["Ada", "Ben", "Cleo"]
    assert LetGo(cleo.dev) not in ben.orders  # the tile is the one there was


def test_whoever_can_open_a_frame_was_on_the_senders_screen():
    table, seats = meeting_of("Ada", "Ben", "Cleo", seed=7)
    dan = table.person("Dan")
    for step in range(60):
        for seat in seats:
            if not seat.ended:
                table.sends(seat, b"%d" % step)
        if step == 10:
            table.knocks(dan, seats[0])
        if step == 40:
            table.wish(seats[0], Remove(seats[2].dev))
        table.run(0.05)
    table.run(1)
    everybody = [*seats, dan]
    for frame in table.frames:
        for seat in everybody:
            if isinstance(table.opens_frame(seat, frame), OpenedFrame):
                assert seat.dev in frame.on_screen


def test_a_newcomer_cannot_read_what_was_said_before():
    table, (ada, ben) = meeting_of("Ada", "Ben")
    table.sends(ada, b"between us")
    dan = table.person("Dan")
    table.knocks(dan, ada)
    table.until(lambda: all(settled(table, seat, 3) for seat in (ada, ben, dan)))
    assert table.opens_frame(dan, table.frames[0]) == "unknown_key"


def test_a_locked_meeting_lets_nobody_knock():
    table, (ada, _) = meeting_of("Ada", "Ben")
    table.wish(ada, SetLocked(True))
    table.run(1)
    eve = table.person("Eve")
    table.knocks(eve, ada)
    table.run(2)
    assert eve.ended == "locked"
    assert table.view(ada).locked


def test_the_lock_is_green_only_when_everybody_compared_codes():
    table, (ada, ben) = meeting_of("Ada", "Ben")
    assert table.view(ada).lock is Lock.PARTLY_VERIFIED
    table.wish(ada, CodesMatch(ada.meeting.roster.recent[-1].prev))
    assert table.view(ada).lock is Lock.PARTLY_VERIFIED, "an outdated code verifies nobody"
    table.wish(ada, CodesMatch(table.view(ada).eid))
    assert table.view(ada).lock is Lock.VERIFIED
    assert table.view(ben).lock is Lock.PARTLY_VERIFIED


def test_a_person_with_a_changed_key_gets_nothing_until_the_user_decides():
    table = Table()
    old = table.person("Ben").identity.public
    ada = table.person("Ada")
    cleo = table.person("Cleo", knows={"ben": (old, True)})
    new_ben = table.person("Ben")
    table.opens(ada, lobby=False)
    for seat in (cleo, new_ben):
        table.knocks(seat, ada)
        table.run(0.7)
    table.run(3)
    ben_at_cleos = table.view(cleo).people[2]
    assert (ben_at_cleos.badge, ben_at_cleos.presence) == (Badge.CHANGED, Presence.HELD)
    table.sends(cleo, b"not for a stranger")
    table.sends(new_ben, b"it is me")
    assert table.opens_frame(new_ben, table.frames[0]) == "unknown_key"
    assert table.opens_frame(cleo, table.frames[1]) == "unknown_key"
    table.wish(cleo, Trust(new_ben.dev))
    table.until(lambda: settled(table, cleo, 3) and settled(table, new_ben, 3))
    table.sends(cleo, b"welcome")
    assert isinstance(table.opens_frame(new_ben, table.frames[-1]), OpenedFrame)
    assert table.view(cleo).people[2].badge is Badge.NEW


def test_a_name_that_imitates_a_known_one_is_flagged():
    table = Table()
    ben = table.person("Ben")
    ada = table.person("Ada", knows={"Ben": (ben.identity.public, True)})
    mallory = table.person("Bеn")  # a Cyrillic letter in the middle
    table.opens(ada)
    table.knocks(mallory, ada)
    table.run(1)
    (knock,) = table.view(ada).knocks
    assert (knock.badge, knock.imitates) == (Badge.NEW, "Ben")


def test_others_see_whether_a_camera_is_on():
    table, (ada, ben) = meeting_of("Ada", "Ben")
    assert not table.view(ada).people[1].camera_on
    table.wish(ben, SetCamera(True))
    table.run(0.5)
    assert table.view(ada).people[1].camera_on


@pytest.mark.parametrize("seed", range(8))
def test_many_arrive_at_once_and_all_settle_seed(seed: int):
    table = Table(seed, delay=(0.001, 0.15))
    seats = [table.person(f"P{number}") for number in range(6)]
    table.opens(seats[0], lobby=False)
    for seat in seats[1:]:
        table.knocks(seat, seats[0])
    table.until(lambda: all(settled(table, seat, 6) for seat in seats), 12)
    assert len({table.view(seat).code for seat in seats}) == 1
