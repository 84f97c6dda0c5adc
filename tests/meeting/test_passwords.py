"""The meeting's password at the door: who may try it, how often, and what each try is told."""

import random
from dataclasses import dataclass, field

import pytest
from fakes.people import people
from fakes.table import Seat, Table
from hypothesis import given
from hypothesis import strategies as st

from app.meeting.doors import (
    NOTHING,
    WRONG_TIME,
    Doors,
    Knocked,
    Outcome,
    Reply,
    TurnedAway,
    Way,
    WrongPassword,
)
from app.meeting.effects import Send
from app.meeting.passwords import MOST_TRIES, WINDOW, Passwords
from app.meeting.wishes import AllowPasswords, SetPassword
from crypto.cpace import prepared
from crypto.handshake import (
    PUBLIC_SECRET,
    Caller,
    ClosedReason,
    HandshakeError,
    WrongPasswordError,
)
from crypto.identity import Identity
from crypto.messages import Join

LINK, OTHER_LINK = b"the first link..", b"the other link.."
CALL_ID = bytes(32)
HOST, GUEST = people("Ada", "Ben")
draw = random.Random(11).randbytes


@dataclass
class Porch:
    """The doors of a host whose meeting has a password, and who comes to them."""

    password: str = "porridge"
    host: Identity = field(default_factory=lambda: HOST.identity)
    now: float = 0.0

    def __post_init__(self) -> None:
        self.passwords = Passwords(self.password)
        self.ways = {
            "invite:1": Way(LINK, self.passwords.current),
            "invite:2": Way(OTHER_LINK, self.passwords.current),
        }
        self.doors = Doors(
            call_id=CALL_ID,
            sign=self.host.sign,
            random=random.Random(3).randbytes,
            ways=lambda: self.ways,
            body=lambda door: b"who I am: " + self.host.public,
            passwords=lambda: self.passwords,
            call_key_of=lambda dev: None,
        )
        self.channels = 0

    def asked(self, secret: bytes = LINK) -> tuple[int, Caller, bytes]:
        """Return somebody on a new channel who was asked for the password."""
        self.channels += 1
        exporter = draw(32)
        self.doors.open(self.channels, exporter, self.now)
        caller = Caller(secret, exporter, draw)
        outcome = self.doors.receive(self.channels, caller.hello(), self.now)
        assert isinstance(outcome, Reply)
        (share,) = outcome.messages
        return self.channels, caller, share

    def tries(self, word: str, secret: bytes = LINK) -> tuple[int, Caller, Outcome]:
        channel, caller, share = self.asked(secret)
        proof = caller.prove_password(share, prepared(word))
        return channel, caller, self.doors.receive(channel, proof, self.now)

    def last_words(self) -> dict[int, bytes]:
        """Return what is said now to those who are turned away."""
        words = {}
        for channel, outcome in self.doors.poll(self.now):
            assert isinstance(outcome, TurnedAway)
            words[channel] = outcome.message
        return words


def left(caller: Caller, refusal: bytes) -> int:
    with pytest.raises(WrongPasswordError) as wrong:
        caller.read_verdict(refusal)
    return wrong.value.left


# -- counting -------------------------------------------------------------------------------------


def test_the_fifth_wrong_try_within_ten_minutes_shuts_the_door_for_passwords():
    passwords = Passwords("tea")
    assert [passwords.failed("invite:1", now) for now in range(5)] == [4, 3, 2, 1, 0]
    assert passwords.blocked("invite:1")
    assert passwords.any_blocked


def test_each_door_is_counted_by_itself():
    passwords = Passwords("tea")
    for now in range(MOST_TRIES):
        passwords.failed("invite:1", now)
    assert not passwords.blocked("invite:2")
    assert passwords.failed("invite:2", 5) == MOST_TRIES - 1


def test_tries_that_are_older_than_ten_minutes_do_not_count():
    passwords = Passwords("tea")
    for now in range(MOST_TRIES - 1):
        passwords.failed("invite:1", now)
    assert passwords.failed("invite:1", WINDOW + MOST_TRIES) == MOST_TRIES - 1
    assert not passwords.blocked("invite:1")


def test_a_door_that_is_shut_stays_shut_however_long_somebody_waits():
    passwords = Passwords("tea")
    for now in range(MOST_TRIES):
        passwords.failed("invite:1", now)
    assert passwords.failed("invite:1", 100 * WINDOW) == 0
    assert passwords.blocked("invite:1")


@pytest.mark.parametrize("said", ["allow", "another", "none"])
def test_only_the_host_opens_it_again(said: str):
    passwords = Passwords("tea")
    for now in range(MOST_TRIES):
        passwords.failed("invite:1", now)
    if said == "allow":
        passwords.allow()
    else:
        passwords.change("cake" if said == "another" else "")
    assert not passwords.any_blocked


@given(times=st.lists(st.floats(0, 10 * WINDOW), max_size=40))
def test_no_ten_minutes_ever_hold_more_than_five_tries(times: list[float]):
    passwords, taken = Passwords("tea"), []
    for now in sorted(times):
        if not passwords.blocked("invite:1"):
            passwords.failed("invite:1", now)
            taken.append(now)
    for start in taken:
        assert sum(start <= at < start + WINDOW for at in taken) <= MOST_TRIES


def test_a_password_that_is_too_long_is_refused_and_changes_nothing():
    passwords = Passwords("tea")
    with pytest.raises(ValueError, match="128"):
        passwords.change("x" * 200)
    assert passwords.current == b"tea"


def test_the_password_cannot_be_seen():
    assert repr(Passwords("porridge")) == "<Passwords>"
    assert "porridge" not in repr(SetPassword("porridge"))
    assert "porridge" not in repr(Way(LINK, b"porridge"))


# -- at the door ----------------------------------------------------------------------------------


def test_who_knows_the_password_is_answered_and_may_knock():
    porch = Porch()
    channel, caller, outcome = porch.tries("porridge")
    assert isinstance(outcome, Reply)
    accepted, answer = outcome.messages
    caller.read_verdict(accepted)
    told = caller.read_answer(answer)
    told.verify(HOST.identity.public)
    request = GUEST.request(CALL_ID, challenge=told.nonce).encode()
    join = Join.create(request, caller.transcript, GUEST.identity.sign).encode()
    knocked = porch.doors.receive(channel, join, 0.0)
    assert isinstance(knocked, Knocked)
    assert knocked.door == "invite:1"


def test_nobody_knocks_instead_of_giving_the_password():
    porch = Porch()
    channel, caller, _ = porch.asked()
    request = GUEST.request(CALL_ID, challenge=bytes(16)).encode()
    join = Join.create(request, caller.transcript, GUEST.identity.sign).encode()
    assert porch.doors.receive(channel, join, 0.0) == TurnedAway()


def test_a_wrong_password_is_answered_after_a_second_with_the_tries_that_are_left():
    porch = Porch()
    channel, caller, outcome = porch.tries("gruel")
    assert outcome == WrongPassword(MOST_TRIES - 1)
    porch.now = WRONG_TIME - 0.01
    assert porch.last_words() == {}
    porch.now = WRONG_TIME
    refusals = porch.last_words()
    assert left(caller, refusals[channel]) == MOST_TRIES - 1
    assert channel not in porch.doors


def test_who_gave_a_wrong_password_gets_no_second_try_on_the_same_channel():
    porch = Porch()
    channel, caller, share = porch.asked()
    proof = caller.prove_password(share, b"gruel")
    porch.doors.receive(channel, proof, 0.0)
    assert porch.doors.receive(channel, proof, 0.1) == NOTHING
    assert len(porch.passwords._failures["invite:1"]) == 1


def test_five_guesses_over_many_connections_at_the_same_time_are_all_there_are():
    """Whatever the addresses: thirty channels are asked first, and only then all prove at once."""
    porch = Porch()
    asked = [porch.asked() for _ in range(30)]
    outcomes = []
    for number, (channel, caller, share) in enumerate(asked):
        word = b"porridge" if number == 20 else b"guess %d" % number
        proof = caller.prove_password(share, word)
        outcomes.append(porch.doors.receive(channel, proof, 0.0))
    counted = [WrongPassword(n) for n in (4, 3, 2, 1, 0)]
    assert outcomes == counted + [NOTHING] * 25, "the right one was the twenty-first"
    porch.now = WRONG_TIME
    refusals = porch.last_words()
    assert [left(caller, refusals[channel]) for channel, caller, _ in asked[5:]] == [0] * 25
    assert len({len(refusal) for refusal in refusals.values()}) == 1


def test_the_right_password_is_refused_like_a_wrong_one_once_the_door_is_shut():
    porch = Porch()
    for _ in range(MOST_TRIES):
        porch.tries("gruel")
    porch.now = 5.0
    porch.last_words()
    right, wrong = porch.tries("porridge"), porch.tries("gruel")
    assert right[2] == wrong[2] == NOTHING
    porch.now = 5.0 + WRONG_TIME
    words = porch.last_words()
    assert left(right[1], words[right[0]]) == left(wrong[1], words[wrong[0]]) == 0


def test_another_link_of_the_same_meeting_is_not_shut_with_it():
    porch = Porch()
    for _ in range(MOST_TRIES):
        porch.tries("gruel")
    assert porch.tries("porridge")[2] == NOTHING
    assert len(porch.tries("porridge", OTHER_LINK)[2].messages) == 2  # type: ignore[union-attr]


def test_after_the_hosts_word_passwords_are_taken_again():
    porch = Porch()
    for _ in range(MOST_TRIES):
        porch.tries("gruel")
    porch.passwords.allow()
    assert len(porch.tries("porridge")[2].messages) == 2  # type: ignore[union-attr]


def test_hanging_up_before_the_proof_uses_up_no_try_and_tells_nothing():
    porch = Porch()
    shares = {porch.asked()[2] for _ in range(50)}
    assert len(shares) == 50
    assert not porch.passwords._failures


def test_what_is_no_try_at_all_ends_the_channel_and_is_not_counted():
    porch = Porch()
    for noise in (b"", b"noise", bytes(6), b"\5\1\0\0\0\x40" + bytes(64)):
        channel, _, _ = porch.asked()
        assert porch.doors.receive(channel, noise, 0.0) == TurnedAway()
    assert not porch.passwords._failures


def test_until_the_password_was_right_what_is_said_does_not_depend_on_who_the_host_is():
    said = []
    for host in (HOST.identity, Identity(b"somebody else".ljust(32, b"."))):
        draw_again = random.Random(5)
        porch = Porch(host=host)
        exporter = draw_again.randbytes(32)
        porch.doors.open(1, exporter, 0.0)
        caller = Caller(LINK, exporter, draw_again.randbytes)
        asked = porch.doors.receive(1, caller.hello(), 0.0)
        assert isinstance(asked, Reply)
        proof = caller.prove_password(asked.messages[0], b"gruel")
        outcome = porch.doors.receive(1, proof, 0.0)
        said.append((asked, outcome, porch.doors.poll(WRONG_TIME - 0.1), porch.doors.poll(1.0)))
    assert said[0] == said[1]


def test_an_expired_link_is_closed_with_a_proof_and_without_a_password():
    porch = Porch()
    porch.ways["invite:1"] = Way(LINK, b"porridge", ClosedReason.EXPIRED)
    exporter = draw(32)
    porch.doors.open(1, exporter, 0.0)
    caller = Caller(LINK, exporter, draw)
    outcome = porch.doors.receive(1, caller.hello(), 0.0)
    assert isinstance(outcome, TurnedAway)
    with pytest.raises(HandshakeError) as closed:
        caller.read_answer(outcome.message)
    assert closed.value.code == "expired"
    assert 1 not in porch.doors


@pytest.mark.parametrize("change", ["another password", "revoked", "expired"])
def test_a_password_that_was_right_when_it_was_asked_for_opens_no_door_that_was_changed(
    change: str,
):
    porch = Porch()
    channel, caller, share = porch.asked()
    if change == "revoked":
        del porch.ways["invite:1"]
    else:
        closed = ClosedReason.EXPIRED if change == "expired" else None
        word = b"cake" if change == "another password" else b"porridge"
        porch.ways["invite:1"] = Way(LINK, word, closed)
    proof = caller.prove_password(share, b"porridge")
    assert porch.doors.receive(channel, proof, 0.0) == TurnedAway()
    assert not porch.passwords._failures


def test_when_this_device_leads_no_more_a_password_on_its_way_is_refused():
    porch = Porch()
    porch.doors._passwords = lambda: None
    assert porch.tries("porridge")[2] == NOTHING


# -- in a meeting ---------------------------------------------------------------------------------


def meeting(password: str = "porridge", **plan: bool) -> tuple[Table, Seat]:
    table = Table(6)
    ada = table.person("Ada")
    table.opens(ada, lobby=False, password=password, **plan)
    return table, ada


def comes(table: Table, ada: Seat, name: str, word: str, secret: bytes | None = None) -> Seat:
    seat = table.person(name)
    table.knocks(seat, ada, secret, word)
    table.until(lambda: seat.meeting is not None or bool(seat.ended))
    return seat


def test_with_the_password_one_comes_in_and_everybody_sees_that_there_is_one():
    table, ada = meeting()
    ben = comes(table, ada, "Ben", "porridge")
    assert ben.meeting is not None
    assert table.view(ada).has_password
    assert table.view(ben).has_password
    assert comes(table, ada, "Cleo", "gruel").ended == "password_wrong"
    assert comes(table, ada, "Dan", "").ended == "password_needed"


def test_the_host_is_told_of_wrong_passwords_and_that_none_is_taken_any_more():
    table, ada = meeting()
    for number in range(MOST_TRIES + 2):
        comes(table, ada, f"Eve {number}", "gruel")
    kinds = [notice.kind for notice in table.view(ada).notices]
    assert kinds == ["password_wrong"] * (MOST_TRIES - 1) + ["password_blocked"]
    assert table.view(ada).password_blocked
    assert comes(table, ada, "Ben", "porridge").ended == "password_blocked"
    table.wish(ada, AllowPasswords())
    assert not table.view(ada).password_blocked
    assert comes(table, ada, "Cleo", "porridge").meeting is not None


def test_a_password_can_be_set_changed_and_dropped_while_the_meeting_goes_on():
    table, ada = meeting(password="")
    link = table.view(ada).invitation
    table.wish(ada, SetPassword("tea"))
    table.run(0.1)
    assert table.view(ada).has_password
    assert table.view(ada).invitation != link, "the link says that a password is needed"
    assert comes(table, ada, "Ben", "").ended == "password_needed"
    assert comes(table, ada, "Cleo", "tea").meeting is not None
    table.wish(ada, SetPassword("cake"))
    table.run(0.1)
    assert comes(table, ada, "Dan", "tea").ended == "password_wrong"
    table.wish(ada, SetPassword(""))
    table.run(0.1)
    assert not table.view(ada).has_password
    assert comes(table, ada, "Dora", "").meeting is not None


def test_a_password_that_is_too_long_changes_nothing():
    table, ada = meeting()
    table.wish(ada, SetPassword("x" * 300))
    table.run(0.1)
    assert comes(table, ada, "Ben", "porridge").meeting is not None


def test_only_the_host_sets_the_password():
    table, ada = meeting()
    ben = comes(table, ada, "Ben", "porridge")
    table.wish(ben, SetPassword(""))
    table.run(0.5)
    assert table.view(ada).has_password
    assert comes(table, ada, "Cleo", "").ended == "password_needed"


def test_anyone_nearby_may_look_but_knocks_with_the_password_only():
    table, ada = meeting(visible=True)
    looking = comes(table, ada, "Eve", "", PUBLIC_SECRET)
    assert looking.told is not None
    assert looking.told.password
    assert looking.ended == "password_needed", "it knocked all the same"
    assert comes(table, ada, "Mallory", "gruel", PUBLIC_SECRET).ended == "password_wrong"
    assert comes(table, ada, "Ben", "porridge", PUBLIC_SECRET).meeting is not None


def test_members_who_lose_each_other_need_no_password_to_come_back():
    table, ada = meeting()
    ben = comes(table, ada, "Ben", "porridge")
    table.lose_channels(ada, ben)
    table.run(5)
    assert not ben.ended
    assert len(table.view(ada).people) == 2


def test_the_password_is_in_nothing_that_is_sent():
    table, ada = meeting()
    comes(table, ada, "Ben", "porridge")
    comes(table, ada, "Eve", "gruel")
    sent = b"".join(order.message for order in ada.orders if isinstance(order, Send))
    assert b"porridge" not in sent
    assert b"gruel" not in b"".join(message for _, _, message in table.said)
