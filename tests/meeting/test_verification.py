"""Verifying by a camera: who is marked, who is not, and what is said of it."""

from fakes.table import Seat, Table

from app.meeting.effects import Remember
from app.meeting.view import Badge, Lock, Person
from app.meeting.view import Verified as VerifiedBy
from app.meeting.wishes import NumberMatches, Scanned
from crypto.contact import ShownCode
from crypto.vault_content import Verified


def meeting(table: Table, *names: str) -> list[Seat]:
    """Let people come into a meeting without a lobby, and wait until keys are there."""
    seats = [table.person(name) for name in names]
    table.opens(seats[0], lobby=False)
    for seat in seats[1:]:
        table.knocks(seat, seats[0])
    table.until(lambda: all(seat.meeting for seat in seats))
    table.run(3)
    return seats


def person(table: Table, seat: Seat, of: Seat) -> Person:
    return next(p for p in table.view(seat).people if p.dev == of.dev)


def notices(table: Table, seat: Seat) -> list[tuple[str, str]]:
    return [(n.kind, n.name) for n in table.view(seat).notices if n.kind.startswith("scanned")]


def verified(seat: Seat) -> set[tuple[str, Verified]]:
    orders = {(o.name, o.verified) for o in seat.orders if isinstance(o, Remember)}
    return {(name, how) for name, how in orders if how is not Verified.NOT_YET}


def test_who_reads_the_code_of_somebodys_screen_has_verified_that_device_and_no_other():
    table = Table()
    ada, ben, cleo = meeting(table, "Ada", "Ben", "Cleo")
    shown = person(table, ben, of=ada).show_code
    table.wish(ada, Scanned(shown))
    assert person(table, ada, of=ben).badge is Badge.VERIFIED
    assert person(table, ada, of=ben).verified_by is VerifiedBy.NUMBER
    assert person(table, ada, of=cleo).badge is Badge.NEW
    assert verified(ada) == {("Ben", Verified.NUMBER)}
    assert notices(table, ada) == [("scanned_ok", "Ben")]
    assert table.view(ada).scanned == "scanned_ok"
    assert verified(ben) == set(), "who was read has read nothing"


def test_each_pair_has_codes_of_its_own():
    table = Table()
    ada, ben, cleo = meeting(table, "Ada", "Ben", "Cleo")
    codes = {
        person(table, seat, of=other).show_code
        for seat in (ada, ben, cleo)
        for other in (ada, ben, cleo)
        if seat is not other
    }
    assert len(codes) == 6
    assert person(table, ada, of=ada).show_code == ""


def test_a_code_that_was_meant_for_another_device_verifies_nobody():
    table = Table()
    ada, ben, cleo = meeting(table, "Ada", "Ben", "Cleo")
    table.wish(ada, Scanned(person(table, ben, of=cleo).show_code))
    assert verified(ada) == set()
    assert notices(table, ada) == [("scanned_wrong", "")]
    assert table.view(ada).scanned == "scanned_wrong"


def test_the_code_of_somebody_who_is_not_here_verifies_nobody():
    table = Table()
    ada, _ben = meeting(table, "Ada", "Ben")
    stranger = table.person("Mallory").identity.public
    table.wish(ada, Scanned(ShownCode(stranger, ada.identity.public).text()))
    assert verified(ada) == set()
    assert table.view(ada).scanned == "scanned_wrong"


def test_other_codes_in_the_picture_and_the_same_one_again_say_nothing_more():
    table = Table()
    ada, ben = meeting(table, "Ada", "Ben")
    shown = person(table, ben, of=ada).show_code
    table.wish(ada, Scanned("https://example.org"))
    assert table.view(ada).scanned == ""
    for _ in range(5):
        table.wish(ada, Scanned(shown))
    table.wish(ada, Scanned(shown[:-1]))
    assert notices(table, ada) == [("scanned_ok", "Ben")]
    table.wish(ada, Scanned(""))
    assert table.view(ada).scanned == "", "an empty text begins anew"


def test_a_compared_safety_number_verifies_one_person():
    table = Table()
    ada, ben, cleo = meeting(table, "Ada", "Ben", "Cleo")
    table.wish(ada, NumberMatches(ben.dev))
    table.wish(ada, NumberMatches(b"nobody here does"))
    assert verified(ada) == {("Ben", Verified.NUMBER)}
    assert person(table, ada, of=cleo).badge is Badge.NEW
    assert table.view(ada).lock is Lock.PARTLY_VERIFIED


def test_somebody_with_a_new_key_is_held_no_more_once_their_screen_was_read():
    table = Table()
    old = table.person("Old Ben").identity.public
    ada, ben = table.person("Ada"), table.person("Ben")
    cleo = table.person("Cleo", knows={"Ben": (old, True)})
    table.opens(ada, lobby=False)
    for seat in (ben, cleo):
        table.knocks(seat, ada)
    table.until(lambda: ben.meeting and cleo.meeting)
    table.run(3)
    assert person(table, cleo, of=ben).badge is Badge.CHANGED
    table.wish(cleo, NumberMatches(ben.dev))
    assert person(table, cleo, of=ben).badge is Badge.CHANGED, "first they decide about the key"
    table.wish(cleo, Scanned(person(table, ben, of=cleo).show_code))
    table.run(3)
    assert person(table, cleo, of=ben).badge is Badge.VERIFIED
    assert cleo.contacts.badge(ben.dev, "Ben") is Badge.VERIFIED
