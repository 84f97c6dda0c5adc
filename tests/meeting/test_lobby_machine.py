"""The lobby against an oracle: whatever happens in whatever order, who comes in was let in."""

import random
from dataclasses import dataclass

from fakes.people import Person, people
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from app.meeting.contacts import Contacts
from app.meeting.doors import CONTACT, PUBLIC
from app.meeting.effects import CloseChannel, Effect, Send
from app.meeting.hosting import Hosting
from app.meeting.invitations import Invitations
from app.meeting.notices import Notices
from crypto.messages import Denied, DenyReason
from crypto.operations import Add, Operation, Remove, RemoveReason, Role, SetPolicy
from crypto.policy import Policy, PolicyFlag
from crypto.roster import Roster

DAY = 1_800_000_000.0
PLACES = 4  # the host's own among them
HOST, *OTHERS = people("Ada", *"BCDEF")
SOMEBODY = st.sampled_from(OTHERS)


@dataclass
class Knocker:
    """Somebody at the door, as the oracle sees them."""

    person: Person
    door: str
    channel: int


class Lobby(RuleBasedStateMachine):
    """Drives a host's part with a real log; beside it an oracle of a few plain facts.

    The oracle: `waiting` were told to wait, `granted` need nobody's word any more (in the order of
    that), `first` came with a link for one before all others, `user` came in with it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.out: list[Effect] = []
        self.book = Invitations(HOST.identity.public, (), DAY, random.Random(2).randbytes)
        self.hosting = Hosting(Contacts({}), Notices(), self.out, self.book)
        self.roster = Roster.from_genesis(HOST.genesis(policy=Policy(PolicyFlag.LOBBY, PLACES)))
        self.grow(Add(HOST.request(self.roster.call_id).encode()))
        self.channels, self.now = 0, 10.0
        self.waiting: dict[bytes, Knocker] = {}
        self.granted: dict[bytes, Knocker] = {}
        self.first: dict[str, bytes] = {}
        self.user: dict[str, bytes] = {}
        self.removed: set[bytes] = set()

    @initialize(lobby=st.booleans(), links=st.integers(0, 2))
    def begin(self, lobby: bool, links: int) -> None:
        if not lobby:
            self.change_the_rules(PolicyFlag.LOBBY)
        for _ in range(links):
            self.book.add(DAY)

    def grow(self, *operations: Operation) -> None:
        time_ms = self.roster.state.time_ms + 1
        self.roster = self.roster.propose(operations, time_ms, HOST.sign)[1]

    @property
    def doors(self) -> list[str]:
        return [link.door for link in self.book]

    def for_one(self, door: str) -> bool:
        link = self.book.at(door)
        return link is not None and link.single_use

    def barred(self, person: Person, door: str) -> DenyReason | None:
        """Return why somebody never comes in by this door, as things stand."""
        if person.dev in self.removed:
            return DenyReason.REMOVED
        if door == PUBLIC:
            return None
        if door.startswith(CONTACT):
            fits = door == CONTACT + person.dev.hex()
            return None if fits else DenyReason.INVITE_UNKNOWN
        if door not in self.doors:
            return DenyReason.INVITE_UNKNOWN
        if self.user.get(door, person.dev) != person.dev:
            return DenyReason.INVITE_USED
        return None

    # -- what happens ---------------------------------------------------------------------------

    @rule(person=SOMEBODY, data=st.data())
    def knock(self, person: Person, data: st.DataObject) -> None:
        others = [CONTACT + OTHERS[0].dev.hex(), PUBLIC, "invite:999"]
        door = data.draw(st.sampled_from([*self.doors, *self.doors, *others]))
        self.channels += 1
        request = person.request(self.roster.call_id)
        self.hosting.knock(self.channels, request, door, self.roster)
        reason = self.barred(person, door)
        if reason is None and self.for_one(door):
            self.first.setdefault(door, person.dev)
        if reason is None and self.roster.policy.locked:
            reason = DenyReason.LOCKED
        taken = len(self.roster.members) + len(self.granted) - self.roster.is_member(person.dev)
        if reason is None and taken >= PLACES:
            reason = DenyReason.FULL
        assert self.last_word(self.channels) is reason
        if reason is None:
            self.place(request.join_id, Knocker(person, door, self.channels))

    def place(self, join_id: bytes, new: Knocker) -> None:
        granted = False
        for group in (self.waiting, self.granted):
            for old_id, old in list(group.items()):
                if old.person is new.person:
                    del group[old_id]
                    assert CloseChannel(old.channel) in self.out
                    granted = group is self.granted and old.door == new.door
        second = self.first.get(new.door, new.person.dev) != new.person.dev
        asks = (self.roster.policy.lobby or second) and not new.door.startswith(CONTACT)
        (self.waiting if asks and not granted else self.granted)[join_id] = new

    @precondition(lambda self: self.waiting)
    @rule(data=st.data(), admit=st.booleans())
    def decide(self, data: st.DataObject, admit: bool) -> None:
        join_id = data.draw(st.sampled_from(list(self.waiting)))
        knocker = self.waiting.pop(join_id)
        if admit:
            self.hosting.admit(join_id)
            self.granted[join_id] = knocker
        else:
            self.hosting.deny(join_id)
            assert self.last_word(knocker.channel) is DenyReason.REFUSED_BY_HOST

    @rule()
    def admit_nobody_there(self) -> None:
        self.hosting.admit(bytes(16))
        self.hosting.deny(bytes(16))

    @rule(flag=st.sampled_from([PolicyFlag.LOBBY, PolicyFlag.LOCKED]))
    def change_the_rules(self, flag: PolicyFlag) -> None:
        self.grow(SetPolicy(Policy(self.roster.policy.flags ^ flag, PLACES)))

    @precondition(lambda self: len(self.roster.members) > 1)
    @rule(data=st.data(), for_good=st.booleans())
    def put_out(self, data: st.DataObject, for_good: bool) -> None:
        others = [dev for dev in self.roster.members if dev != HOST.dev]
        dev = data.draw(st.sampled_from(others))
        self.grow(Remove(dev, RemoveReason.BY_HOST if for_good else RemoveReason.SILENT))
        if for_good:
            self.removed.add(dev)

    @precondition(lambda self: self.waiting or self.granted)
    @rule(data=st.data())
    def hang_up(self, data: st.DataObject) -> None:
        join_id = data.draw(st.sampled_from([*self.waiting, *self.granted]))
        knocker = self.waiting.pop(join_id, None) or self.granted.pop(join_id)
        self.hosting.channel_down(knocker.channel)

    @precondition(lambda self: len(self.doors) < 4)
    @rule(single_use=st.booleans(), as_guest=st.booleans())
    def make_a_link(self, single_use: bool, as_guest: bool) -> None:
        self.book.add(DAY, single_use=single_use, as_guest=as_guest)

    @rule(data=st.data())
    def revoke(self, data: st.DataObject) -> None:
        link = data.draw(st.sampled_from(list(self.book)))
        self.hosting.revoke(link.number, DAY)
        self.go_home(link.door, DenyReason.INVITE_UNKNOWN)

    def go_home(self, door: str, reason: DenyReason) -> None:
        for group in (self.waiting, self.granted):
            for join_id, knocker in list(group.items()):
                if knocker.door == door:
                    del group[join_id]
                    assert self.last_word(knocker.channel) is reason

    @rule()
    def make_the_block(self) -> None:
        self.now += 1.0
        before = self.roster
        operations, newcomers = self.hosting.due(self.roster, self.now)
        expected = self.expected()
        self.granted.clear()
        assert newcomers == {k.person.dev: k.channel for k in expected.values()}
        if operations:
            self.grow(*operations)
        for dev in newcomers:
            self.hosting.came_in(dev)
        for join_id, knocker in expected.items():
            seat = self.roster.members[knocker.person.dev]
            assert seat.request.join_id == join_id
            link = self.book.at(knocker.door)
            assert seat.role is (Role.GUEST if link and link.as_guest else Role.PARTICIPANT)
            if self.for_one(knocker.door):
                self.user[knocker.door] = knocker.person.dev
                self.go_home(knocker.door, DenyReason.INVITE_USED)
        came = set(self.roster.members) - set(before.members)
        assert came <= {knocker.person.dev for knocker in expected.values()}

    def expected(self) -> dict[bytes, Knocker]:
        """Return who comes in with the next block; everybody else whom it concerns hears why."""
        coming: dict[bytes, Knocker] = {}
        for join_id, knocker in self.granted.items():
            person, door = knocker.person, knocker.door
            taken = len(self.roster.members) + len(coming) - self.roster.is_member(person.dev)
            reason = self.barred(person, door)
            if reason is None and self.roster.policy.locked:
                reason = DenyReason.LOCKED
            if reason is None and taken >= PLACES:
                reason = DenyReason.FULL
            if reason is None and self.for_one(door) and door in {k.door for k in coming.values()}:
                reason = DenyReason.INVITE_USED
            if reason is None:
                coming[join_id] = knocker
            else:
                assert self.last_word(knocker.channel) is reason
        return coming

    def last_word(self, channel: int) -> DenyReason | None:
        said = [e.message for e in self.out if isinstance(e, Send) and e.channel == channel]
        assert len(said) <= 1, "somebody was told no twice"
        if said:
            assert CloseChannel(channel) in self.out
        return Denied.parse(said[0]).reason if said else None

    # -- what always holds ----------------------------------------------------------------------

    @invariant()
    def those_who_wait_are_those_who_were_not_let_in(self) -> None:
        assert [knock.join_id for knock in self.hosting.knocks] == list(self.waiting)

    @invariant()
    def nobody_removed_is_in_and_the_places_are_enough(self) -> None:
        assert not self.removed & set(self.roster.members)
        assert len(self.roster.members) <= PLACES

    @invariant()
    def a_link_for_one_has_let_one_device_in(self) -> None:
        for link in self.book:
            if link.single_use and link.uses:
                assert link.bound == self.user[link.door]


Lobby.TestCase.settings = settings(
    max_examples=80,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestLobby = Lobby.TestCase
