"""The host's rules: who may wait, who is let in with whom, who never comes back."""

import random
from collections.abc import Sequence
from itertools import pairwise

import pytest
from fakes.people import Person, people
from fakes.table import Seat, Table

from app.meeting.contacts import Contact, Contacts
from app.meeting.doors import PUBLIC, PUBLIC_PASSWORD
from app.meeting.effects import Authenticated, CloseChannel, Effect, Send
from app.meeting.hosting import (
    AT_FIRST,
    BATCH,
    MOST_AT_ONCE,
    MOST_KNOCKS,
    MOST_STRANGERS,
    PACE,
    REKEY,
    Hosting,
)
from app.meeting.invitations import Invitations
from app.meeting.notices import Notices
from app.meeting.view import Badge
from app.meeting.wishes import Admit, End, Leave, Remove, Say, SetLobby, SetLocked
from crypto.messages import Denied, DenyReason, JoinRequest, SignedLeave
from crypto.operations import Add, Rekey, RemoveReason, SetPolicy
from crypto.operations import Remove as RemoveOperation
from crypto.policy import Policy, PolicyFlag
from crypto.roster import Roster

HOST, *GUESTS = people("Ada", *(f"Guest {n}" for n in range(12)))
WITH_LOBBY = Policy(PolicyFlag.LOBBY)
OPEN = Policy(PolicyFlag(0))
DAY = 1_800_000_000.0


class Lobby:
    """A host's part alone: no doors, no keys, only who waits and what the next block does."""

    def __init__(self, policy: Policy = WITH_LOBBY, known: dict[bytes, Contact] | None = None):
        self.out: list[Effect] = []
        self.notices = Notices()
        self.book = Invitations(HOST.identity.public, (), DAY, random.Random(5).randbytes)
        self.hosting = Hosting(Contacts(known or {}), self.notices, self.out, self.book)
        self.roster = Roster.from_genesis(HOST.genesis(policy=policy))
        self.roster = self.after(Add(HOST.request(self.roster.call_id).encode()))
        self._channels = 0

    def after(self, *operations: object) -> Roster:
        time_ms = self.roster.state.time_ms + 1
        return self.roster.propose(operations, time_ms, HOST.sign)[1]  # type: ignore[arg-type]

    def knock(self, person: Person, door: str = "", **changes: object) -> tuple[JoinRequest, int]:
        self._channels += 1
        request = person.request(self.roster.call_id, **changes)
        door = door or next(iter(self.book)).door
        self.hosting.knock(self._channels, request, door, self.roster)
        return request, self._channels

    def due(self, now: float) -> dict[bytes, int]:
        """Take the block that is due; return who came in by it."""
        operations, newcomers = self.hosting.due(self.roster, now)
        if operations:
            self.roster = self.after(*operations)
        for dev in newcomers:
            self.hosting.came_in(dev)
        return newcomers

    def answers(self, channel: int) -> list[DenyReason]:
        return [
            Denied.parse(effect.message).reason
            for effect in self.out
            if isinstance(effect, Send) and effect.channel == channel
        ]

    def closed(self) -> list[int]:
        return [effect.channel for effect in self.out if isinstance(effect, CloseChannel)]


def full_of(guests: Sequence[Person]) -> Lobby:
    """Return a lobby of a meeting that these people came into at the tenth second."""
    lobby = Lobby(OPEN)
    for guest in guests:
        lobby.knock(guest)
    assert len(lobby.due(10.0)) == len(guests)
    return lobby


def test_who_knocks_waits_in_order_of_arrival_and_the_limits_for_strangers_end():
    lobby = Lobby()
    for guest in GUESTS[:3]:
        lobby.knock(guest)
    assert [knock.name for knock in lobby.hosting.knocks] == ["Guest 0", "Guest 1", "Guest 2"]
    assert [e.channel for e in lobby.out if isinstance(e, Authenticated)] == [1, 2, 3]
    assert lobby.due(100.0) == {}


def test_those_admitted_together_come_in_one_block():
    lobby = Lobby()
    requests = [lobby.knock(guest)[0] for guest in GUESTS[:3]]
    for request in requests:
        lobby.hosting.admit(request.join_id)
    assert lobby.due(10.0) == {guest.dev: n for n, guest in enumerate(GUESTS[:3], 1)}
    assert lobby.roster.epoch == 2


def test_blocks_that_let_people_in_come_twice_a_second_at_most():
    lobby = Lobby(OPEN)
    lobby.knock(GUESTS[0])
    assert len(lobby.due(10.0)) == 1
    lobby.knock(GUESTS[1])
    lobby.knock(GUESTS[2])
    assert lobby.due(10.0 + BATCH / 2) == {}
    assert len(lobby.due(10.0 + BATCH)) == 2


def test_who_comes_again_and_again_is_let_in_ever_more_seldom_and_keeps_no_other_door_shut():
    lobby = Lobby(OPEN)
    link = lobby.book.add(DAY, single_use=False)
    assert link is not None
    times: list[int] = []
    for second in range(200):
        if not lobby.hosting._admitted:
            _, channel = lobby.knock(GUESTS[0], join_id=second.to_bytes(16, "big"))
        if lobby.due(now=float(second)):
            times.append(second)
    assert AT_FIRST <= len(times) <= AT_FIRST + 200 * PACE
    assert all(later - sooner >= 4 for sooner, later in pairwise(times[-10:]))
    assert lobby.answers(channel) == [], "who must wait is not sent home"
    lobby.knock(GUESTS[1], link.door)
    assert GUESTS[1].dev in lobby.due(now=201.0)


def test_who_is_removed_goes_at_once():
    lobby = Lobby(OPEN)
    lobby.knock(GUESTS[0])
    lobby.due(10.0)
    lobby.hosting.order(RemoveOperation(GUESTS[0].dev, RemoveReason.BY_HOST))
    lobby.hosting.order(RemoveOperation(GUESTS[0].dev, RemoveReason.BY_HOST))
    operations, _ = lobby.hosting.due(lobby.roster, 10.01)
    assert operations == [RemoveOperation(GUESTS[0].dev, RemoveReason.BY_HOST)]


def test_the_first_who_leaves_goes_at_once_and_the_next_ones_together():
    lobby = full_of(GUESTS[:4])
    lobby.hosting.order(GUESTS[0].leave(lobby.roster))
    lobby.due(20.0)
    assert not lobby.roster.is_member(GUESTS[0].dev)
    for guest in GUESTS[1:3]:
        lobby.hosting.order(guest.leave(lobby.roster))
        lobby.due(20.0 + BATCH / 2)
    assert lobby.roster.is_member(GUESTS[1].dev)
    before = lobby.roster.epoch
    lobby.knock(GUESTS[5])
    assert list(lobby.due(20.0 + BATCH)) == [GUESTS[5].dev], "who comes, comes with them"
    assert lobby.roster.epoch == before + 1
    assert set(lobby.roster.members) == {HOST.dev, GUESTS[3].dev, GUESTS[5].dev}


def test_who_left_goes_with_whatever_cannot_wait():
    lobby = full_of(GUESTS[:2])
    lobby.hosting.order(GUESTS[0].leave(lobby.roster))
    lobby.due(10.1)
    assert lobby.roster.is_member(GUESTS[0].dev)
    lobby.hosting.order(SetPolicy(Policy(PolicyFlag.LOCKED)))
    lobby.due(10.2)
    assert not lobby.roster.is_member(GUESTS[0].dev)
    assert lobby.roster.policy.locked


def test_who_left_is_not_left_behind_by_the_last_block_of_a_host():
    lobby = full_of(GUESTS[:2])
    lobby.hosting.order(GUESTS[0].leave(lobby.roster))
    assert lobby.hosting.due(lobby.roster, 10.1)[0] == []
    assert lobby.hosting.due(lobby.roster, 10.1, last=True)[0] == [GUESTS[0].leave(lobby.roster)]


def test_who_was_silent_and_is_back_before_the_next_block_keeps_the_seat():
    lobby = full_of(GUESTS[:2])
    lobby.hosting.order(RemoveOperation(GUESTS[0].dev, RemoveReason.SILENT))
    lobby.due(10.1)
    lobby.due(10.0 + BATCH)
    assert lobby.roster.is_member(GUESTS[0].dev)
    lobby.hosting.order(RemoveOperation(GUESTS[0].dev, RemoveReason.SILENT))
    lobby.due(10.0 + BATCH)
    assert not lobby.roster.is_member(GUESTS[0].dev)


def test_a_seat_that_is_about_to_be_empty_is_room_for_who_knocks():
    lobby = full_of(GUESTS[:7])
    _, channel = lobby.knock(GUESTS[7])
    assert lobby.answers(channel) == [DenyReason.FULL]
    lobby.hosting.order(GUESTS[0].leave(lobby.roster))
    _, channel = lobby.knock(GUESTS[8])
    assert lobby.due(10.0 + BATCH) == {GUESTS[8].dev: channel}


def test_the_newest_knock_of_a_device_counts_and_its_older_channel_is_closed():
    lobby = Lobby()
    lobby.knock(GUESTS[0])
    second, channel = lobby.knock(GUESTS[0])
    assert lobby.closed() == [1]
    assert [knock.join_id for knock in lobby.hosting.knocks] == [second.join_id]
    lobby.hosting.admit(second.join_id)
    assert lobby.due(10.0) == {GUESTS[0].dev: channel}


def test_who_was_admitted_and_knocks_again_before_the_block_stays_admitted():
    lobby = Lobby()
    first, _ = lobby.knock(GUESTS[0])
    lobby.hosting.admit(first.join_id)
    _, channel = lobby.knock(GUESTS[0])
    assert lobby.hosting.knocks == ()
    assert lobby.due(10.0) == {GUESTS[0].dev: channel}


def test_a_copied_join_id_puts_nobody_out_of_the_lobby():
    lobby = Lobby()
    request, _ = lobby.knock(GUESTS[0])
    _, channel = lobby.knock(GUESTS[1], join_id=request.join_id)
    assert lobby.answers(channel) == [DenyReason.REFUSED_BY_HOST]
    assert [knock.name for knock in lobby.hosting.knocks] == ["Guest 0"]


def test_the_lobby_holds_so_many_and_tells_more_that_it_is_full():
    lobby = Lobby()
    for stranger in people(*(f"S{n}" for n in range(MOST_KNOCKS)), seed=9):
        lobby.knock(stranger)
    _, channel = lobby.knock(GUESTS[0])
    assert lobby.answers(channel) == [DenyReason.FULL]
    assert len(lobby.hosting.knocks) == MOST_KNOCKS


@pytest.mark.parametrize("door", [PUBLIC, PUBLIC_PASSWORD])
def test_strangers_who_crowd_the_door_leave_room_for_those_who_were_invited(door: str):
    lobby = Lobby()
    strangers = people(*(f"S{n}" for n in range(MOST_STRANGERS + 1)), seed=9)
    for stranger in strangers:
        _, channel = lobby.knock(stranger, door)
    assert lobby.answers(channel) == [DenyReason.FULL]
    _, channel = lobby.knock(strangers[7], door)  # who waits already
    assert lobby.answers(channel) == []
    _, channel = lobby.knock(GUESTS[0])
    assert lobby.answers(channel) == []
    assert lobby.hosting.knocks[-1].name == GUESTS[0].name


def test_who_waits_already_may_knock_again_when_the_lobby_is_full():
    lobby = Lobby()
    strangers = people(*(f"S{n}" for n in range(MOST_KNOCKS)), seed=9)
    for stranger in strangers:
        lobby.knock(stranger)
    _, channel = lobby.knock(strangers[7])
    assert lobby.answers(channel) == []
    assert len(lobby.hosting.knocks) == MOST_KNOCKS


def test_a_meeting_is_full_when_its_seats_are_taken_or_promised():
    lobby = Lobby(OPEN)
    for guest in GUESTS[:7]:
        lobby.knock(guest)
    _, channel = lobby.knock(GUESTS[7])
    assert lobby.answers(channel) == [DenyReason.FULL]
    assert len(lobby.due(10.0)) == 7
    _, channel = lobby.knock(GUESTS[8])
    assert lobby.answers(channel) == [DenyReason.FULL]


def test_a_device_that_has_a_seat_may_take_it_again_in_a_full_meeting():
    lobby = Lobby(OPEN)
    for guest in GUESTS[:7]:
        lobby.knock(guest)
    lobby.due(10.0)
    _, channel = lobby.knock(GUESTS[3])
    assert lobby.due(11.0) == {GUESTS[3].dev: channel}
    assert len(lobby.roster.members) == 8
    assert lobby.roster.members[GUESTS[3].dev].joined_epoch == lobby.roster.epoch


def test_a_removed_device_is_told_so_and_never_waits():
    lobby = Lobby(OPEN)
    lobby.knock(GUESTS[0])
    lobby.due(10.0)
    lobby.roster = lobby.after(RemoveOperation(GUESTS[0].dev, RemoveReason.BY_HOST))
    _, channel = lobby.knock(GUESTS[0])
    assert lobby.answers(channel) == [DenyReason.REMOVED]
    assert lobby.hosting.knocks == ()


def test_a_device_that_fell_silent_may_come_back():
    lobby = Lobby(OPEN)
    lobby.knock(GUESTS[0])
    lobby.due(10.0)
    lobby.roster = lobby.after(RemoveOperation(GUESTS[0].dev, RemoveReason.SILENT))
    _, channel = lobby.knock(GUESTS[0])
    assert lobby.due(11.0) == {GUESTS[0].dev: channel}


def test_a_copy_of_the_host_itself_is_refused():
    lobby = Lobby()
    _, channel = lobby.knock(HOST)
    assert lobby.answers(channel) == [DenyReason.REFUSED_BY_HOST]


def test_who_was_let_into_a_meeting_that_was_locked_meanwhile_is_told_why():
    lobby = Lobby()
    request, channel = lobby.knock(GUESTS[0])
    lobby.hosting.admit(request.join_id)
    lobby.roster = Roster.from_genesis(
        HOST.genesis(policy=Policy(PolicyFlag.LOBBY | PolicyFlag.LOCKED))
    )
    lobby.roster = lobby.after(Add(HOST.request(lobby.roster.call_id).encode()))
    assert lobby.due(10.0) == {}
    assert lobby.answers(channel) == [DenyReason.LOCKED]


def test_who_goes_away_before_being_let_in_is_forgotten():
    lobby = Lobby()
    request, channel = lobby.knock(GUESTS[0])
    other, other_channel = lobby.knock(GUESTS[1])
    lobby.hosting.admit(other.join_id)
    lobby.hosting.channel_down(channel)
    lobby.hosting.channel_down(other_channel)
    lobby.hosting.admit(request.join_id)
    assert lobby.due(10.0) == {}


def test_a_changed_key_always_knocks_even_where_everybody_walks_in():
    known = {GUESTS[1].dev: Contact(GUESTS[1].identity.public, "Guest 0", True)}
    lobby = Lobby(OPEN, known)
    lobby.knock(GUESTS[0])  # the name of somebody known, with another key
    (knock,) = lobby.hosting.knocks
    assert knock.badge is Badge.CHANGED
    lobby.hosting.admit(knock.join_id)
    assert list(lobby.due(10.0)) == [GUESTS[0].dev]


def test_everybody_who_waits_is_sent_home_at_the_end():
    lobby = Lobby()
    lobby.knock(GUESTS[0])
    request, _ = lobby.knock(GUESTS[1])
    lobby.hosting.admit(request.join_id)
    lobby.hosting.dismiss(DenyReason.MEETING_OVER)
    assert lobby.answers(1) == lobby.answers(2) == [DenyReason.MEETING_OVER]
    assert lobby.due(10.0) == {}


# -- with the whole machine -----------------------------------------------------------------------


def table_of(*names: str, lobby: bool = False) -> tuple[Table, list[Seat]]:
    table = Table(4)
    seats = [table.person(name) for name in names]
    table.opens(seats[0], lobby=lobby)
    for seat in seats[1:]:
        table.knocks(seat, seats[0])
    table.until(lambda: all(seat.meeting for seat in seats))
    table.until(lambda: len({table.view(seat).code for seat in seats}) == 1)
    return table, seats


def test_a_request_that_copies_the_hosts_call_key_spoils_nobody_elses_seat():
    table = Table(4)
    ada, ben, eve = (table.person(name) for name in ("Ada", "Ben", "Eve"))
    table.opens(ada, lobby=False)
    table.knocks(ben, ada)
    hosting = ada.meeting.hosting
    assert hosting is not None
    roster = ada.meeting.roster
    copied = JoinRequest(
        call_id=roster.call_id,
        device_key=eve.identity.public,
        call_key=roster.members[ada.dev].call_key,
        kem_public=roster.members[ada.dev].kem_public,
        name="Eve",
        challenge=bytes(16),
        join_id=bytes(16),
    ).signed(roster.call_id, eve.identity.sign)
    hosting.knock(99, copied, next(iter(hosting.invitations)).door, roster)
    table.until(lambda: ben.meeting is not None)
    assert [person.name for person in table.view(ada).people] == ["Ada", "Ben"]
    refusals = [
        Denied.parse(order.message).reason
        for order in ada.orders
        if isinstance(order, Send) and order.channel == 99
    ]
    assert refusals == [DenyReason.REFUSED_BY_HOST]


def test_a_leave_for_another_seat_removes_nobody_and_costs_the_liar_the_channel():
    table, (ada, ben, cleo) = table_of("Ada", "Ben", "Cleo")
    wrong = SignedLeave(dev=ben.dev, join_id=bytes(16))
    message = wrong.signed(ada.meeting.roster.call_id, ben.meeting._me.sign).encode()
    channel = next(c for c, (other, _) in ben.channels.items() if other is ada)
    table.whisper(ben, channel, message)
    table.run(0.3)
    assert channel not in ben.channels
    table.run(5)
    assert {person.name for person in table.view(cleo).people} == {"Ada", "Ben", "Cleo"}


def test_a_member_cannot_make_another_one_leave():
    table, (ada, ben, cleo) = table_of("Ada", "Ben", "Cleo")
    table.wish(cleo, Leave())
    leave = next(m for seat, _, m in table.said if seat is cleo and m[0] == SignedLeave.kind)
    table.run(0.5)
    table.knocks_again(cleo, ada)
    table.until(lambda: cleo.meeting is not None and len(table.view(ada).people) == 3)
    channel = next(c for c, (other, _) in ben.channels.items() if other is ada)
    table.whisper(ben, channel, leave)
    table.run(2)
    assert len(table.view(ada).people) == 3


def test_only_the_host_can_remove_lock_end_or_open_the_lobby():
    table, (ada, ben, cleo) = table_of("Ada", "Ben", "Cleo")
    epoch = table.view(ada).epoch
    for wish in (Remove(cleo.dev), SetLocked(True), SetLobby(True), End(), Admit(bytes(16))):
        table.wish(ben, wish)
    table.run(2)
    assert table.view(ada).epoch == epoch
    assert not any(seat.ended for seat in (ada, ben, cleo))


def test_the_host_can_switch_the_lobby_while_the_meeting_goes_on():
    table, (ada, ben) = table_of("Ada", "Ben")
    table.wish(ada, SetLobby(True))
    table.run(1)
    assert table.view(ben).lobby
    cleo = table.person("Cleo")
    table.knocks(cleo, ada)
    table.run(2)
    assert [knock.name for knock in table.view(ada).knocks] == ["Cleo"]
    assert [notice.kind for notice in table.view(ben).notices][-1] == "lobby_on"


def test_when_the_host_ends_those_in_the_lobby_hear_it_too():
    table, (ada, _) = table_of("Ada", "Ben")
    table.wish(ada, SetLobby(True))
    cleo = table.person("Cleo")
    table.knocks(cleo, ada)
    table.run(1)
    table.wish(ada, End())
    table.run(1)
    assert cleo.ended == "meeting_over"


def test_when_the_host_ends_the_meeting_it_ends_for_all():
    table, seats = table_of("Ada", "Ben", "Cleo")
    table.wish(seats[0], End())
    table.run(1)
    assert [seat.ended for seat in seats] == ["you_ended", "ended", "ended"]


def test_fresh_keys_come_every_ten_minutes_although_nothing_happens():
    table, (ada, ben) = table_of("Ada", "Ben")
    epoch, code = table.view(ada).epoch, table.view(ada).code
    table.run(REKEY + 5)
    assert table.view(ada).epoch == epoch + 1
    assert table.view(ada).code not in (None, code)
    assert table.view(ben).code == table.view(ada).code
    assert any(isinstance(op, Rekey) for op in ada.meeting.roster.recent[-1].operations)


@pytest.mark.parametrize("wish", [Say("gone"), Leave(), End(), Remove(b"x" * 16)])
def test_after_the_end_nothing_is_done_any_more(wish: object):
    table, (ada, _) = table_of("Ada", "Ben")
    table.wish(ada, End())
    table.run(1)
    assert ada.meeting.step(wish, table.now) == []  # type: ignore[arg-type]
    assert table.view(ada).chat == ()


def test_at_the_end_nobody_is_taken_for_oneself():
    table, (ada, ben) = table_of("Ada", "Ben")
    table.wish(ada, End())
    table.run(1)
    assert [person.is_me for person in table.view(ben).people] == [False, True]


def test_people_whom_one_block_does_not_hold_come_in_by_the_next_one():
    lobby = Lobby(Policy(PolicyFlag(0), most_people=30))
    addresses = (("2001:db8:1111:2222:3333:4444:5555:6666", 65535),) * 4
    crowd = people(*(f"{n}" for n in range(20)), seed=6)
    for person in crowd:
        lobby.knock(person, name="n" * 64, addresses=addresses)
    first = lobby.due(10.0)
    assert set(first) == {person.dev for person in crowd[:MOST_AT_ONCE]}
    assert set(lobby.due(10.0 + BATCH)) == {person.dev for person in crowd[MOST_AT_ONCE:]}
    assert len(lobby.roster.members) == 21
