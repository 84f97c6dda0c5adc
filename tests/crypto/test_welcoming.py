"""What a newcomer believes of the roster that it is given at the door, and what it refuses."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest
from fakes.logs import elect, refusal
from fakes.people import Person, begin, block_of, forged_block, people, seat, step
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto import rules
from crypto.errors import ForgedError, MalformedError
from crypto.joining import used_join_id
from crypto.membership import State
from crypto.messages import About, HostBody, JoinRequest, Welcome
from crypto.roster import (
    Add,
    Block,
    Genesis,
    HandOver,
    Leader,
    Operation,
    Policy,
    Rekey,
    Remove,
    RemoveReason,
    Role,
    Roster,
    RosterError,
    SetRole,
)
from crypto.wire import MAX_MESSAGE

HOST, ADA, BOB, CY, EVE = people("Host", "Ada", "Bob", "Cy", "Eve")
SECRET = b"s" * 32
CROWD = Policy(most_people=30)


def request(roster: Roster, person: Person, **changes: object) -> bytes:
    return person.request(roster.call_id, **changes).encode()


def joined(roster: Roster, person: Person, **changes: object) -> tuple[Roster, Roster]:
    """Seat a person; return the host's roster and the newcomer's own, made from the welcome."""
    own = person.request(roster.call_id, **changes)
    later = step(roster, HOST, Add(own.encode()))
    welcome = Welcome.parse(later.welcome(SECRET).encode())
    genesis = Genesis.parse(roster.genesis.encode())
    return later, Roster.from_welcome(welcome, genesis, own, Leader.founder(genesis))


def test_a_newcomer_knows_what_the_others_know():
    roster = step(seat(begin(HOST), HOST, ADA, BOB), HOST, Remove(ADA.dev))
    hosts, own = joined(roster, CY)
    assert own == hosts
    assert own.members == hosts.members
    later = step(hosts, HOST, SetRole(CY.dev, Role.PRESENTER))
    assert own.accept(block_of(later)) == later


def test_a_newcomer_refuses_what_the_others_refuse():
    roster = begin(HOST)
    first_request = request(roster, BOB)
    roster = seat(step(roster, HOST, Add(first_request)), HOST, ADA)
    roster = step(roster, HOST, Remove(ADA.dev), BOB.leave(roster))
    hosts, own = joined(roster, CY)
    banned, used = Add(request(roster, ADA)), Add(first_request)
    assert refusal(lambda: own.accept(forged_block(own, HOST, banned))) == "removed"
    assert refusal(lambda: own.accept(forged_block(own, HOST, used))) == "join_id_used"
    assert own.state.free_slot(own.epoch + 1) == hosts.state.free_slot(hosts.epoch + 1) != 1


def test_a_newcomer_learns_nothing_of_who_is_gone_but_that_they_are():
    roster = seat(begin(HOST), HOST, ADA)
    roster = step(roster, HOST, ADA.leave(roster))
    later, _ = joined(roster, CY)
    welcome = later.welcome(SECRET).encode()
    for trace in (b"Ada", ADA.identity.public, ADA.dev, ADA.call_key):
        assert trace not in welcome


def test_a_welcome_to_a_seat_taken_before_is_refused():
    roster = begin(HOST)
    own = ADA.request(roster.call_id)
    roster = step(roster, HOST, Add(own.encode()))
    later = seat(roster, HOST, BOB)
    assert (
        refusal(
            lambda: Roster.from_welcome(
                later.welcome(SECRET), roster.genesis, own, Leader.founder(roster.genesis)
            )
        )
        == "welcome"
    )


def test_a_welcome_made_from_an_old_request_is_refused():
    roster = begin(HOST)
    old, own = ADA.request(roster.call_id), ADA.request(roster.call_id)
    later = step(roster, HOST, Add(old.encode()))
    assert (
        refusal(
            lambda: Roster.from_welcome(
                later.welcome(SECRET), roster.genesis, own, Leader.founder(roster.genesis)
            )
        )
        == "welcome"
    )


def test_a_welcome_that_seats_me_and_takes_the_seat_away_again_is_refused():
    roster = begin(HOST)
    own, other = ADA.request(roster.call_id), ADA.request(roster.call_id)
    gone = (Add(own.encode()), Remove(ADA.dev, RemoveReason.SILENT))
    for operations in (gone, (*gone, Add(other.encode()))):
        later = step(roster, HOST, *operations)
        founder = Leader.founder(roster.genesis)
        act = partial(Roster.from_welcome, later.welcome(SECRET), roster.genesis, own, founder)
        assert refusal(act) == "welcome"


def test_a_welcome_to_another_meeting_than_the_one_knocked_at_is_refused():
    knocked, other = begin(HOST), begin(HOST)
    own = ADA.request(knocked.call_id)
    later = step(knocked, HOST, Add(own.encode()))
    welcome = later.welcome(SECRET)
    swapped = replace(welcome, genesis=other.genesis.encode())
    for bad, genesis in ((welcome, other.genesis), (swapped, knocked.genesis)):
        assert (
            refusal(partial(Roster.from_welcome, bad, genesis, own, Leader.founder(genesis)))
            == "welcome"
        )


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda state: replace(state, leader=ADA.dev), "welcome"),
        (lambda state: replace(state, term=1), "unauthorised"),
        (lambda state: replace(state, ended=True), "welcome"),
        (lambda state: replace(state, members=state.members[1:]), "welcome"),
        (lambda state: replace(state, members=state.members[:1]), "roster_hash"),
        (lambda state: replace(state, removed=frozenset([EVE.dev])), "roster_hash"),
        (lambda state: replace(state, removed=frozenset([ADA.dev])), "welcome"),
        (lambda state: replace(state, used=frozenset()), "welcome"),
        (lambda state: replace(state, used=state.used | {b"12345678"}), "roster_hash"),
        (lambda state: replace(state, freed=((9, 1),)), "roster_hash"),
        (lambda state: replace(state, policy=Policy(most_people=9)), "roster_hash"),
        (lambda state: replace(state, epoch=state.epoch - 1), "welcome"),
        (lambda state: replace(state, epoch=state.epoch + 1), "fork"),
    ],
)
def test_a_welcome_whose_state_is_not_what_the_leader_signed_is_refused(
    change: Callable[[State], State], code: str
):
    roster = seat(begin(HOST), HOST, ADA)
    own = BOB.request(roster.call_id)
    later = step(roster, HOST, Add(own.encode()))
    welcome = later.welcome(SECRET)
    changed = replace(welcome, state=change(State.parse(welcome.state)).encode())
    expected = {code}
    assert (
        refusal(
            lambda: Roster.from_welcome(
                changed, roster.genesis, own, Leader.founder(roster.genesis)
            )
        )
        in expected
    )


@pytest.mark.parametrize(
    ("slip", "code"),
    [
        ("ghost", "forged"),
        ("wrong signature", "forged"),
        ("role", "welcome"),
        ("slot", "malformed"),
        ("joined later", "welcome"),
        ("joined never", "welcome"),
        ("twice", "welcome"),
        ("call key", "welcome"),
        ("host", "welcome"),
    ],
)
def test_a_host_cannot_slip_somebody_into_a_welcome(slip: str, code: str):
    """The leader signs whatever it likes, but members that are not well signed are refused."""
    roster = seat(begin(HOST), HOST, ADA)
    own = BOB.request(roster.call_id)
    ada = roster.members[ADA.dev]
    state = roster.state
    match slip:
        case "ghost":  # a request for another meeting
            ghost = replace(ada, request=ADA.request(bytes(32)))
        case "wrong signature":
            ghost = replace(ada, request=replace(ada.request, name="Eve", raw=b""))
        case "role":
            ghost = replace(ada, role=Role.HOST)
        case "slot":
            ghost = replace(ada, slot=0)
        case "joined later":
            ghost = replace(ada, joined_epoch=state.epoch + 1)
        case "joined never":
            ghost = replace(ada, joined_epoch=0)
        case "twice":
            ghost = replace(ada, slot=2, request=ADA.request(roster.call_id))
        case "call key":
            ghost = replace(ada, slot=2, request=EVE.request(roster.call_id, call_key=ADA.call_key))
            ghost = replace(ghost, dev=EVE.dev)
        case _:  # a second call key for the host
            ghost = replace(
                state.members[0], request=HOST.request(roster.call_id, call_key=b"k" * 32)
            )
    others = tuple(member for member in state.members if member.slot != ghost.slot)
    if slip == "slot":
        others = state.members[:1]
    used = used_join_id(roster.call_id, ghost.request.join_id)
    state = replace(
        state,
        members=tuple(sorted((*others, ghost), key=lambda member: member.slot)),
        used=state.used | {used},
    )
    block = forged_block(roster, HOST, Add(own.encode()))
    after = rules.apply(state, roster.genesis, Block.parse(block))
    block = forged_block(roster, HOST, Add(own.encode()), roster_hash=after.roster_hash)
    welcome = replace(seat(roster, HOST, BOB).welcome(SECRET), state=state.encode(), block=block)
    assert (
        refusal(
            lambda: Roster.from_welcome(
                welcome, roster.genesis, own, Leader.founder(roster.genesis)
            )
        )
        == code
    )


@settings(max_examples=150)
@given(st.data())
def test_a_changed_welcome_is_refused_or_gives_the_very_same_roster(data: st.DataObject):
    roster = seat(begin(HOST), HOST, ADA)
    own = BOB.request(roster.call_id)
    later = step(roster, HOST, Add(own.encode()))
    whole = bytearray(later.welcome(SECRET).encode())
    place = data.draw(st.integers(0, len(whole) - 33))  # behind that stands the call secret
    whole[place] ^= data.draw(st.integers(1, 255))
    try:
        changed = Roster.from_welcome(
            Welcome.parse(bytes(whole)), roster.genesis, own, Leader.founder(roster.genesis)
        )
    except (RosterError, MalformedError):
        return
    assert changed == later


def test_there_is_nobody_to_welcome_before_the_first_block():
    with pytest.raises(ValueError, match="no block yet"):
        Roster.from_genesis(HOST.genesis()).welcome(SECRET)


def test_thirty_people_fit_one_welcome():
    crowd = people(*(f"Person number {number}" for number in range(30)), seed=3)
    roster = begin(crowd[0], CROWD)
    for newcomer in crowd[1:]:
        roster = seat(roster, crowd[0], newcomer)
    assert len(roster.members) == 30
    assert len(roster.welcome(SECRET).encode()) < MAX_MESSAGE


def test_a_block_that_is_too_long_or_whose_welcome_would_not_fit_is_not_made():
    crowd = people(*(f"{number}" for number in range(30)), seed=4)
    addresses = (("2001:db8:1111:2222:3333:4444:5555:6666", 65535),) * 4
    roster = begin(crowd[0], CROWD)

    def adds(whom: tuple[Person, ...]) -> list[Operation]:
        requests = (one.request(roster.call_id, name="n" * 64, addresses=addresses) for one in whom)
        return [Add(request.encode()) for request in requests]

    for add in adds(crowd[1:]):
        roster = step(roster, crowd[0], add)
    gone: list[Operation] = [Remove(one.dev, RemoveReason.SILENT) for one in crowd[1:]]
    with pytest.raises(RosterError, match="full: this is too much for one block"):
        step(roster, crowd[0], *gone, *adds(crowd[1:]))
    with pytest.raises(RosterError, match="full: the meeting no longer fits one welcome"):
        step(roster, crowd[0], *gone, *adds(crowd[1:15]))
    assert len(step(roster, crowd[0], *gone).members) == 1


# Who lets in: the one who opened the meeting, or who leads it now


def let_in_by(leader: Person, roster: Roster) -> tuple[Roster, Welcome, JoinRequest]:
    """Seat Eve; return the leader's roster after that, her welcome and her request."""
    own = EVE.request(roster.call_id)
    later = step(roster, leader, Add(own.encode()))
    return later, later.welcome(SECRET), own


def led_by_ada(how: str) -> Roster:
    roster = seat(begin(HOST), HOST, ADA, BOB, CY)
    return (
        elect(roster, ADA, BOB, CY) if how == "election" else step(roster, HOST, HandOver(ADA.dev))
    )


def leader_of(roster: Roster) -> Leader:
    return Leader.successor(roster.members[roster.leader].request)


@pytest.mark.parametrize("how", ["election", "hand-over"])
def test_who_leads_now_lets_people_in(how: str):
    roster = led_by_ada(how)
    later, welcome, own = let_in_by(ADA, roster)
    mine = Roster.from_welcome(welcome, roster.genesis, own, leader_of(roster))
    assert mine == later
    assert (mine.leader, mine.term) == (ADA.dev, roster.term)
    after = step(later, ADA, Rekey())
    assert mine.accept(block_of(after)) == after


@pytest.mark.parametrize("how", ["election", "hand-over"])
def test_a_newcomer_believes_the_device_that_answered_and_no_other(how: str):
    roster = led_by_ada(how)
    _, welcome, own = let_in_by(ADA, roster)
    others = [
        Leader.founder(roster.genesis),
        Leader.successor(BOB.request(roster.call_id)),
        Leader.successor(ADA.request(roster.call_id, call_key=BOB.call_key)),
    ]
    for leader in others:
        act = partial(Roster.from_welcome, welcome, roster.genesis, own, leader)
        assert refusal(act) == "welcome"


def test_a_host_that_does_not_lead_any_more_lets_nobody_in():
    roster = led_by_ada("hand-over")
    own = EVE.request(roster.call_id)
    before = replace(roster.history.past[-1].state, epoch=roster.epoch)
    block = forged_block(roster, HOST, Add(own.encode()), leader=HOST.dev)
    welcome = Welcome(
        genesis=roster.genesis.encode(), state=before.encode(), block=block, call_secret=SECRET
    )
    act = partial(Roster.from_welcome, welcome, roster.genesis, own, leader_of(roster))
    assert refusal(act) == "welcome"


def test_a_leader_who_has_no_seat_lets_nobody_in():
    """Only the very first block may find nobody seated, and only the founder makes it."""
    roster = Roster.from_genesis(HOST.genesis())
    own = EVE.request(roster.call_id)
    hosts = step(roster, HOST, Add(request(roster, HOST)), Add(own.encode()))
    founder = Leader.founder(roster.genesis)
    assert Roster.from_welcome(hosts.welcome(SECRET), roster.genesis, own, founder) == hosts
    usurper = Leader.successor(ADA.request(roster.call_id))
    state = replace(roster.state, leader=ADA.dev)
    for written in (state, replace(state, epoch=1), replace(roster.state, epoch=1)):
        welcome = replace(hosts.welcome(SECRET), state=written.encode())
        for leader in (founder, usurper):
            act = partial(Roster.from_welcome, welcome, roster.genesis, own, leader)
            assert refusal(act) == "welcome"


def test_somebody_else_as_host_in_a_welcome_is_refused():
    roster = led_by_ada("election")
    _, welcome, own = let_in_by(ADA, roster)
    state = State.parse(welcome.state)
    for dev, role in ((HOST.dev, Role.HOST), (ADA.dev, Role.CO_HOST)):
        member = state.member(dev)
        assert member is not None
        lie = state.changed(replace(member, role=role))
        changed = replace(welcome, state=lie.encode())
        act = partial(Roster.from_welcome, changed, roster.genesis, own, leader_of(roster))
        assert refusal(act) == "welcome"


def test_a_newcomer_of_a_leader_follows_the_next_election():
    roster = led_by_ada("election")
    later, welcome, own = let_in_by(ADA, roster)
    mine = Roster.from_welcome(welcome, roster.genesis, own, leader_of(roster))
    led = elect(later, BOB, CY, EVE)
    assert mine.accept(block_of(led)) == led
    elsewhere = elect(roster, CY, BOB, HOST, term=7)
    assert mine.accept(block_of(elsewhere)) == elsewhere
    assert [leader.dev for leader in mine.history.leaders] == [HOST.dev, ADA.dev]


# Who answers at the door


def answer(roster: Roster, request: bytes = b"") -> HostBody:
    about = About(title="Tea", host_name="Ada", people=3).encode()
    return HostBody(genesis=roster.genesis.encode(), about=about, request=request)


def test_the_answer_at_the_door_shows_who_leads_and_with_which_key():
    roster = led_by_ada("election")
    assert Leader.shown(answer(roster)) == (roster.genesis, Leader.founder(roster.genesis))
    seat_of_ada = roster.members[ADA.dev].request.encode()
    genesis, leader = Leader.shown(HostBody.parse(answer(roster, seat_of_ada).encode()))
    assert (genesis, leader) == (roster.genesis, leader_of(roster))
    assert (leader.dev, leader.device_key) == (ADA.dev, ADA.identity.public)


@pytest.mark.parametrize("how", ["forged genesis", "forged request", "other meeting", "nonsense"])
def test_an_answer_whose_parts_are_not_good_shows_nobody(how: str):
    roster = led_by_ada("election")
    body = answer(roster, request(roster, ADA))
    match how:
        case "forged genesis":
            forged = replace(roster.genesis, title="Coffee", raw=b"")
            body = replace(body, genesis=forged.encode(), request=b"")
        case "forged request":
            forged_request = replace(ADA.request(roster.call_id), call_key=EVE.call_key, raw=b"")
            body = replace(body, request=forged_request.encode())
        case "other meeting":
            body = replace(body, request=ADA.request(bytes(32)).encode())
        case _:
            body = replace(body, request=b"nonsense")
    with pytest.raises((ForgedError, MalformedError)):
        Leader.shown(body)
