"""The way in: a host that is not who it should be, words out of order, every kind of no."""

import random

import pytest
from fakes.people import Person, people
from hypothesis import given, settings
from hypothesis import strategies as st

from app.meeting.contacts import Contact, Contacts
from app.meeting.entrance import DENIALS, Door, Entrance, GoOn, LetIn, Told, TurnedDown
from app.meeting.view import Badge
from crypto.blocks import Genesis
from crypto.handshake import (
    PUBLIC_PASSWORD_SECRET,
    PUBLIC_SECRET,
    Callee,
    ClosedReason,
    HandshakeError,
)
from crypto.messages import (
    About,
    AboutFlag,
    Denied,
    DenyReason,
    HostBody,
    Join,
    JoinRequest,
    Welcome,
)
from crypto.operations import Add
from crypto.proofs import PASSWORD_SHARE
from crypto.roster import Leader, Roster
from crypto.wire import pack

SECRET = bytes(range(16))
CALL_SECRET = bytes(32)
HOST, GUEST, EVE, DAN = people("Ada", "Ben", "Eve", "Dan")
ABOUT = About(title="Tea", host_name="Ada", people=3, flags=AboutFlag.LOBBY)


class House:
    """A host at the door who can be made to say anything."""

    def __init__(
        self,
        host: Person = HOST,
        fingerprint: bytes = HOST.identity.fingerprint,
        known: dict[bytes, Contact] | None = None,
        *,
        secret: bytes = SECRET,
        typed: str = "",
        asks: bytes = b"",
    ) -> None:
        draw = random.Random(2).randbytes
        exporter = draw(32)
        self.host = host
        self.genesis: Genesis = host.genesis()
        self.callee = Callee(exporter, draw)
        self.entrance = Entrance(
            Door(secret, fingerprint), exporter, Contacts(known or {}), draw, typed
        )
        passwords = {"invite": asks, "public password": asks} if asks else {}
        self.opened = self.callee.read_hello(
            self.entrance.hello(),
            {
                "invite": SECRET,
                "public": PUBLIC_SECRET,
                "public password": PUBLIC_PASSWORD_SECRET,
            },
            passwords,
        )

    def tried(self, allowed: bool = True) -> bytes:
        """Ask for the password, take the proof; return the verdict."""
        step = self.entrance.receive(self.callee.ask_password())
        assert isinstance(step, GoOn)
        try:
            return self.callee.read_password(step.message, allowed)
        except HandshakeError:
            return self.callee.refuse_password(3 if allowed else 0)

    def answer(
        self, genesis: bytes | None = None, about: bytes | None = None, by: Person | None = None
    ) -> bytes:
        body = HostBody(genesis=genesis or self.genesis.encode(), about=about or ABOUT.encode())
        return self.callee.answer(body.encode(), (by or self.host).sign)

    def knocked(self) -> JoinRequest:
        """Let the visitor in as far as the knock; return the request."""
        assert isinstance(self.entrance.receive(self.answer()), Told)
        knock = self.entrance.knock(GUEST.identity, "Ben", (("192.0.2.7", 47100),))
        join = Join.parse(knock)
        return join.verify(self.callee.transcript, self.callee.nonce, self.genesis.call_id)

    def welcome(self, *requests: JoinRequest) -> Welcome:
        roster = Roster.from_genesis(self.genesis)
        me = self.host.request(self.genesis.call_id).encode()
        _, roster = roster.propose([Add(me)], 1_800_000_000_000, self.host.sign)
        adds = [Add(request.encode()) for request in requests]
        _, roster = roster.propose(adds, 1_800_000_000_500, self.host.sign)
        return roster.welcome(CALL_SECRET)


def test_the_host_of_the_link_tells_what_the_meeting_is():
    house = House()
    told = house.entrance.receive(house.answer())
    assert told == Told("Tea", "Ada", HOST.identity.public, Badge.NEW, 3, locked=False, lobby=True)


def test_who_is_welcome_has_a_seat_with_everybodys_names_and_the_secret_of_the_call():
    house = House()
    request = house.knocked()
    step = house.entrance.receive(house.welcome(request).encode())
    assert isinstance(step, LetIn)
    assert {member.name for member in step.seated.roster.members.values()} == {"Ada", "Ben"}
    assert (step.seated.dev, step.seated.join_id) == (GUEST.dev, request.join_id)
    assert step.seated.call_secret == CALL_SECRET
    assert not step.seated.hosting
    assert step.seated.invitations is None


def test_before_being_let_in_nothing_is_learnt_but_the_host_and_the_title():
    house = House()
    told = house.entrance.receive(house.answer())
    assert isinstance(told, Told)
    assert set(vars(told)) == {
        "title", "host_name", "host_key", "badge", "people", "locked", "lobby",
        "password", "lan_only",
    }  # fmt: skip


def test_another_device_than_the_one_of_the_link_is_not_the_host():
    house = House(host=EVE)
    assert house.entrance.receive(house.answer()) == TurnedDown("not_host")


def test_a_genesis_of_the_real_host_in_another_mouth_is_not_enough():
    house = House()
    assert house.entrance.receive(house.answer(by=EVE)) == TurnedDown("not_host")


@pytest.mark.parametrize("place", [-1, -64, 40])
def test_a_forged_genesis_is_refused(place: int):
    house = House()
    forged = bytearray(house.genesis.encode())
    forged[place] ^= 1
    assert house.entrance.receive(house.answer(genesis=bytes(forged))) == TurnedDown("not_host")


def test_a_genesis_for_another_call_key_is_refused():
    house = House()
    mixed = Genesis.create(
        EVE.identity.sign,
        room_id=bytes(16),
        host_key=HOST.identity.public,
        host_call_key=EVE.call_key,
        nonce=bytes(32),
        title="Tea",
        policy=house.genesis.policy,
        created_ms=0,
    )
    answer = house.answer(genesis=mixed.encode(), by=EVE)
    assert house.entrance.receive(answer) == TurnedDown("not_host")


def test_a_host_who_does_not_know_the_secret_is_not_the_host():
    house = House()
    answer = bytearray(house.answer())
    answer[30] ^= 1  # within the proof
    assert house.entrance.receive(bytes(answer)) == TurnedDown("not_host")


def test_a_refusal_at_the_door_means_that_the_invitation_is_not_known():
    house = House()
    assert house.entrance.receive(house.callee.refuse()) == TurnedDown("invite_unknown")


def test_an_expired_invitation_is_told_apart_from_an_unknown_one():
    house = House()
    closed = house.callee.close(ClosedReason.EXPIRED)
    assert house.entrance.receive(closed) == TurnedDown("invite_expired")


def test_who_knows_the_password_learns_who_the_host_is_and_comes_in():
    house = House(typed=" Käse ", asks="Käse".encode())
    assert house.entrance.receive(house.tried()) == GoOn()
    request = house.knocked()
    assert isinstance(house.entrance.receive(house.welcome(request).encode()), LetIn)


def test_a_wrong_password_is_told_with_the_tries_that_are_left():
    house = House(typed="tea", asks=b"cake")
    assert house.entrance.receive(house.tried()) == TurnedDown("password_wrong", 3)


def test_when_no_password_is_taken_any_more_that_is_said():
    house = House(typed="cake", asks=b"cake")
    refused = house.tried(allowed=False)
    assert house.entrance.receive(refused) == TurnedDown("password_blocked", 0)


def test_who_has_not_been_asked_for_a_password_yet_is_told_that_one_is_needed():
    house = House(asks=b"cake")
    share = house.callee.ask_password()
    assert house.entrance.receive(share) == TurnedDown("password_needed")


def test_a_link_whose_host_asks_for_no_password_any_more_opens_with_one_too():
    house = House(typed="cake")
    assert isinstance(house.entrance.receive(house.answer()), Told)


def test_a_password_is_proven_once_on_a_channel():
    house = House(typed="tea", asks=b"cake")
    share = house.callee.ask_password()
    assert isinstance(house.entrance.receive(share), GoOn)
    assert house.entrance.receive(share) == TurnedDown("not_host")


def test_a_host_who_asks_again_after_the_proof_is_turned_away_from():
    house = House(typed="tulip", asks=b"tulip")
    question = pack(PASSWORD_SHARE, bytes([9, *bytes(31)]))
    assert house.entrance.receive(house.tried()) == GoOn()
    assert isinstance(house.entrance.receive(question), TurnedDown)


def test_without_a_link_one_looks_by_one_door_and_knocks_with_a_password_by_another():
    assert House(secret=PUBLIC_SECRET).opened == "public"
    assert House(secret=PUBLIC_SECRET, typed="tea").opened == "public password"
    assert House(typed="tea").opened == "invite"


def test_at_the_door_for_a_password_whoever_does_not_prove_it_is_not_the_host():
    house = House(host=EVE, fingerprint=b"", secret=PUBLIC_SECRET, typed="tea")
    assert house.entrance.receive(house.answer()) == TurnedDown("not_host")


def test_what_can_be_no_password_is_not_sent():
    with pytest.raises(ValueError, match="128"):
        House(typed="x" * 129)


def test_a_password_cannot_be_seen_in_an_entrance():
    assert "cake" not in repr(vars(House(typed="cake")).get("entrance"))


def test_found_nearby_whoever_answers_is_the_host():
    house = House(host=EVE, fingerprint=b"")
    assert isinstance(house.entrance.receive(house.answer()), Told)


@pytest.mark.parametrize(
    ("contact", "badge"),
    [
        (Contact(HOST.identity.public, "Ada", False), Badge.KNOWN),
        (Contact(HOST.identity.public, "Ada", True), Badge.VERIFIED),
    ],
)
def test_a_host_met_before_is_recognised(contact: Contact, badge: Badge):
    house = House(known={HOST.dev: contact})
    told = house.entrance.receive(house.answer())
    assert isinstance(told, Told)
    assert told.badge is badge


def test_a_host_with_a_known_name_and_another_key_is_shown_as_changed():
    house = House(known={DAN.dev: Contact(DAN.identity.public, "ada", True)})
    told = house.entrance.receive(house.answer())
    assert isinstance(told, Told)
    assert told.badge is Badge.CHANGED


@pytest.mark.parametrize("reason", list(DenyReason))
def test_every_kind_of_no_has_its_own_words(reason: DenyReason):
    house = House()
    house.knocked()
    step = house.entrance.receive(Denied(reason=reason).encode())
    assert step == TurnedDown(DENIALS[reason])
    assert len(set(DENIALS.values())) == len(DenyReason)


def test_a_welcome_before_the_knock_is_out_of_order():
    house = House()
    house.entrance.receive(house.answer())
    early = house.welcome(GUEST.request(house.genesis.call_id))
    assert house.entrance.receive(early.encode()) == TurnedDown("version")


def test_a_welcome_instead_of_an_answer_is_out_of_order():
    house = House()
    early = house.welcome(GUEST.request(house.genesis.call_id))
    assert house.entrance.receive(early.encode()) == TurnedDown("not_host")


def test_nobody_knocks_before_the_host_is_known():
    with pytest.raises(ValueError, match="answered"):
        House().entrance.knock(GUEST.identity, "Ben", ())


def test_a_welcome_for_somebody_else_seats_nobody():
    house = House()
    house.knocked()
    other = house.welcome(DAN.request(house.genesis.call_id))
    assert house.entrance.receive(other.encode()) == TurnedDown("false_list")


def test_a_welcome_made_for_an_older_request_of_ours_seats_nobody():
    house = House()
    house.knocked()
    old = house.welcome(GUEST.request(house.genesis.call_id))
    assert house.entrance.receive(old.encode()) == TurnedDown("false_list")


def test_a_welcome_of_another_meeting_of_the_same_host_seats_nobody():
    house, elsewhere = House(), House()
    request = house.knocked()
    elsewhere.genesis = HOST.genesis(title="Another")
    moved = GUEST.request(elsewhere.genesis.call_id, join_id=request.join_id)
    welcome = elsewhere.welcome(moved).encode()
    assert house.entrance.receive(welcome) == TurnedDown("false_list")


def test_who_was_turned_down_stays_turned_down():
    house = House()
    request = house.knocked()
    assert house.entrance.receive(b"nonsense") == TurnedDown("version")
    assert house.entrance.receive(house.welcome(request).encode()) == TurnedDown("version")


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_a_welcome_with_any_byte_altered_never_seats_us_with_another_list(data: st.DataObject):
    house = House()
    request = house.knocked()
    good = house.welcome(request)
    message = bytearray(good.encode())
    place = data.draw(st.integers(0, len(message) - 33))  # the last 32 bytes are the call secret
    message[place] ^= data.draw(st.integers(1, 255))
    step = house.entrance.receive(bytes(message))
    if isinstance(step, LetIn):  # the time before the block: nothing of it remains
        honest = Roster.from_welcome(good, house.genesis, request, Leader.founder(house.genesis))
        assert (step.seated.roster.eid, step.seated.roster.state) == (honest.eid, honest.state)


@settings(deadline=None)
@given(noise=st.binary(max_size=300), knocked=st.booleans())
def test_whatever_a_host_says_is_a_step_and_never_an_error(noise: bytes, knocked: bool):
    house = House()
    if knocked:
        house.knocked()
    assert isinstance(house.entrance.receive(noise), TurnedDown)
