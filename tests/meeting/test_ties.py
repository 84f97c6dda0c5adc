"""Becoming contacts: only if both want it, with one secret, whatever the network loses."""

import random
from dataclasses import dataclass, field

import pytest
from fakes.table import Seat, Table

from app.meeting.contacts import Contact, Contacts
from app.meeting.effects import Effect, KeepContact
from app.meeting.member import Member
from app.meeting.notices import Notices
from app.meeting.ties import ANSWER_PAUSE, Ties
from app.meeting.view import Badge, Tie
from app.meeting.wishes import AddContact, IgnoreContact, Leave
from crypto.contact import contact_secret
from crypto.messages import ContactHalf

CALL = b"c" * 32
SYNC = 2.0  # seconds, as in the machine


def meeting(table: Table, *names: str) -> list[Seat]:
    """Let people come into a meeting without a lobby, and wait until keys are there."""
    seats = [table.person(name) for name in names]
    table.opens(seats[0], lobby=False)
    for seat in seats[1:]:
        table.knocks(seat, seats[0])
    table.until(lambda: all(seat.meeting for seat in seats))
    table.run(3)
    return seats


def tie(table: Table, seat: Seat, of: Seat) -> Tie:
    return next(p.tie for p in table.view(seat).people if p.dev == of.dev)


def kept(seat: Seat) -> list[KeepContact]:
    return [order for order in seat.orders if isinstance(order, KeepContact)]


def notices(table: Table, seat: Seat) -> list[tuple[str, str]]:
    return [(n.kind, n.name) for n in table.view(seat).notices if n.kind.startswith("contact")]


# -- at the table --------------------------------------------------------------------------------


def test_two_who_both_want_it_keep_the_same_secret_and_nobody_else_hears_of_it():
    table = Table()
    ada, ben, cleo = meeting(table, "Ada", "Ben", "Cleo")
    table.wish(ada, AddContact(ben.dev))
    table.run(1)
    assert (tie(table, ada, ben), tie(table, ben, ada)) == (Tie.OFFERED, Tie.WANTED)
    assert kept(ada) == kept(ben) == [], "nothing is kept before both agreed"
    assert notices(table, ben) == [("contact_wants", "Ada")]
    table.wish(ben, AddContact(ada.dev))
    table.run(1)
    assert tie(table, ada, ben) is tie(table, ben, ada) is Tie.CONTACT
    (of_ada,), (of_ben,) = kept(ada), kept(ben)
    assert of_ada.secret == of_ben.secret
    assert (of_ada.name, of_ada.public_key) == ("Ben", ben.identity.public)
    assert notices(table, ada) == [("contact_added", "Ben")]
    assert ada.contacts.secret(ben.dev) == ben.contacts.secret(ada.dev) == of_ada.secret
    assert tie(table, cleo, ada) is tie(table, cleo, ben) is Tie.NONE
    assert kept(cleo) == []


def test_both_at_the_same_moment_come_to_the_same():
    table = Table()
    ada, ben = meeting(table, "Ada", "Ben")
    table.wish(ada, AddContact(ben.dev))
    table.wish(ben, AddContact(ada.dev))
    table.run(1)
    assert kept(ada)[0].secret == kept(ben)[0].secret
    assert len(kept(ada)) == len(kept(ben)) == 1


def test_an_offer_that_is_ignored_is_not_shown_again():
    table = Table()
    ada, ben = meeting(table, "Ada", "Ben")
    table.wish(ada, AddContact(ben.dev))
    table.run(1)
    table.wish(ben, IgnoreContact(ada.dev))
    table.run(3 * SYNC)
    assert tie(table, ben, ada) is Tie.NONE
    assert tie(table, ada, ben) is Tie.OFFERED, "who ignores does not say so"
    assert notices(table, ben) == [("contact_wants", "Ada")]
    assert kept(ben) == []


def test_contacts_find_each_other_so_in_the_next_meeting():
    table = Table()
    ada, ben = meeting(table, "Ada", "Ben")
    for one, other in ((ada, ben), (ben, ada)):
        table.wish(one, AddContact(other.dev))
    table.run(1)
    secret = ada.contacts.secret(ben.dev)
    table.wish(ben, Leave())
    table.run(1)
    table.knocks_again(ben, ada)
    table.run(3)
    assert tie(table, ada, ben) is tie(table, ben, ada) is Tie.CONTACT
    assert ada.contacts.secret(ben.dev) == secret


def test_a_contact_who_forgot_us_offers_again_and_gets_a_new_secret_once_we_agree():
    table = Table()
    ada, ben = meeting(table, "Ada", "Ben")
    for one, other in ((ada, ben), (ben, ada)):
        table.wish(one, AddContact(other.dev))
    table.run(1)
    old = ada.contacts.secret(ben.dev)
    table.wish(ben, Leave())
    table.run(1)
    ben.contacts.forget(ada.dev)
    table.knocks_again(ben, ada)
    table.run(3)
    assert (tie(table, ada, ben), tie(table, ben, ada)) == (Tie.CONTACT, Tie.NONE)
    table.wish(ben, AddContact(ada.dev))
    table.run(1)
    assert tie(table, ada, ben) is Tie.WANTED
    assert ada.contacts.secret(ben.dev) == old
    table.wish(ada, AddContact(ben.dev))
    table.run(1)
    assert ada.contacts.secret(ben.dev) == ben.contacts.secret(ada.dev) != old


def test_with_somebody_who_is_held_nothing_is_agreed():
    table = Table()
    old = table.person("Old Ben").identity.public
    ada, ben = table.person("Ada"), table.person("Ben")
    cleo = table.person("Cleo", knows={"Ben": (old, True)})
    table.opens(ada, lobby=False)
    for seat in (ben, cleo):
        table.knocks(seat, ada)
    table.until(lambda: ben.meeting and cleo.meeting)
    table.run(3)
    for one, other in ((cleo, ben), (ben, cleo)):
        table.wish(one, AddContact(other.dev))
    table.run(5)
    assert kept(cleo) == kept(ben) == []
    assert tie(table, cleo, ben) is Tie.NONE


# -- over a channel that loses -------------------------------------------------------------------


@dataclass
class Line:
    """What stands in for the channel to one member: keeps what is sent until it is carried."""

    sent: list[bytes] = field(default_factory=list)

    def send(self, dev: bytes, message: bytes) -> None:
        self.sent.append(message)


class Side:
    """One of two who exchange halves."""

    def __init__(self, number: int) -> None:
        self.dev = bytes([number]) * 16
        self.line = Line()
        self.out: list[Effect] = []
        self.contacts = Contacts({})
        self.notices = Notices()
        self.ties = Ties(
            call_id=CALL,
            dev=self.dev,
            contacts=self.contacts,
            paths=self.line,  # type: ignore[arg-type]
            notices=self.notices,
            random=random.Random(number).randbytes,
            out=self.out,
        )

    def as_member(self) -> Member:
        return Member(
            dev=self.dev,
            name=f"Side {self.dev[0]}",
            badge=Badge.NEW,
            imitates="",
            device_key=self.dev + bytes(16),
            call_key=bytes(32),
            addresses=(),
            known_since=0.0,
            safety_number="",
            i_dial=False,
        )


def carry(source: Side, target: Side, now: float, lost: random.Random, loss: float) -> int:
    """Bring what was sent to the other side, or lose it; return how much was sent."""
    sent, source.line.sent = source.line.sent, []
    for message in sent:
        if lost.random() >= loss:
            target.ties.hear(source.as_member(), ContactHalf.parse(message), now)
    return len(sent)


@pytest.mark.parametrize("seed", range(20))
def test_whatever_is_lost_both_end_with_one_secret_and_then_fall_silent(seed: int):
    one, other = Side(1), Side(2)
    lost, now = random.Random(seed), 0.0
    one.ties.add(other.as_member(), now)
    other.ties.add(one.as_member(), now)
    for _ in range(1200):
        now += 0.1
        if round(now * 10) % 20 == 0:
            one.ties.tell(now)
            other.ties.tell(now)
        carry(one, other, now, lost, loss=0.5)
        carry(other, one, now, lost, loss=0.5)
    assert one.contacts.secret(other.dev) == other.contacts.secret(one.dev) != b""
    assert len([o for o in one.out if isinstance(o, KeepContact)]) == 1
    for _ in range(10):
        carry(one, other, now, lost, loss=0.0)
        carry(other, one, now, lost, loss=0.0)
    now += 10 * ANSWER_PAUSE
    one.ties.tell(now)
    other.ties.tell(now)
    assert one.line.sent == other.line.sent == []


def test_a_half_that_changes_its_mind_changes_nothing():
    one, other = Side(1), Side(2)
    one.ties.hear(other.as_member(), ContactHalf(half=b"1" * 32), 0.0)
    one.ties.hear(other.as_member(), ContactHalf(half=b"2" * 32), 5.0)
    one.ties.add(other.as_member(), 6.0)
    mine = ContactHalf.parse(one.line.sent[-1]).half
    expected = contact_secret(CALL, {one.dev: mine, other.dev: b"1" * 32})
    assert one.contacts.secret(other.dev) == expected


def test_whoever_comes_back_with_a_new_seat_begins_anew():
    one, other = Side(1), Side(2)
    one.ties.add(other.as_member(), 0.0)
    one.ties.unseat(other.dev)
    assert one.ties.tie(other.dev) is Tie.NONE
    one.line.sent.clear()
    one.ties.tell(2.0)
    assert one.line.sent == []


def test_what_was_verified_stays_so_when_they_become_a_contact():
    one, other = Side(1), Side(2)
    known = Contact(other.as_member().device_key, "Other", first_seen=5.0)
    one.contacts.remember(other.dev, known)
    one.ties.hear(other.as_member(), ContactHalf(half=b"1" * 32), 0.0)
    one.ties.add(other.as_member(), 0.0)
    found = one.contacts.get(other.dev)
    assert found is not None
    assert (found.name, found.first_seen) == ("Other", 5.0)
    assert found.secret
