"""Any history of a meeting: who accepts the same bytes sees the same list, and rules are kept."""

from dataclasses import dataclass, field, replace
from functools import partial

from fakes.logs import forged_takeover, order, refusal, vote
from fakes.people import Person, begin, block_of, forged_block, people
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from crypto.following import catch_up
from crypto.messages import JoinRequest, Order, SignedLeave, Vote
from crypto.operations import (
    Add,
    HandOver,
    Leave,
    Operation,
    Ordered,
    Rekey,
    Remove,
    RemoveReason,
    Role,
    SetChat,
    SetPolicy,
    SetRole,
)
from crypto.policy import Policy, PolicyFlag
from crypto.rights import NEWCOMERS
from crypto.roster import Leader, Roster, RosterError

NAMES = ("Host", *"ABCDE")
NO_FAULT = ("replayed", "stale", "term", "gap")  # of who passes a block on
TWICE = ("duplicate", "removed", "join_id_used", "not_member", "unauthorised", "order_used")

anybody = st.integers(0, len(NAMES) - 1)
some = st.one_of(st.just(set(range(len(NAMES)))), st.sets(anybody, min_size=2))
choices = st.integers(0, 2**16)


@dataclass
class Copy:
    """One person's program, as far as the log goes."""

    roster: Roster
    floor: int = 0
    backlog: list[bytes] = field(default_factory=list)

    def hear(self, block: bytes) -> None:
        try:
            self.roster = self.roster.accept(block, self.floor)
        except RosterError as error:
            if error.code not in NO_FAULT:
                raise
            if error.code in ("term", "gap"):
                self.backlog.append(block)
                self.roster = catch_up(self.roster, self.backlog, self.floor)


class Written(dict[bytes, tuple[Role, bool]]):
    """Role and chat of each member, as written down by somebody who knows no rules at all."""

    def after(self, operation: Operation, leader: bytes) -> "Written":
        new = Written(self)
        match operation:
            case Add(request, role):
                new[JoinRequest.parse(request).dev] = (role, True)
            case Remove(dev, _):
                del new[dev]
            case Leave(leave):
                del new[SignedLeave.parse(leave).dev]
            case SetRole(dev, role):
                new[dev] = (role, new[dev][1])
            case SetChat(dev, allowed):
                new[dev] = (new[dev][0], allowed)
            case HandOver(dev):
                new = new.led_by(dev, leader)
            case Ordered(data):
                new = new.after(Order.parse(data).operation, leader)
        return new

    def led_by(self, dev: bytes, before: bytes) -> "Written":
        new = Written(self)
        new[before] = (Role.CO_HOST, new[before][1])
        new[dev] = (Role.HOST, new[dev][1])
        return new


class Meeting(RuleBasedStateMachine):
    """Six people with a copy of the log each; blocks and votes come to anybody, late or never."""

    def __init__(self) -> None:
        super().__init__()
        self.people = people(*NAMES, seed=9)
        self.by_dev = {person.dev: person for person in self.people}
        self.copies: dict[bytes, Copy] = {}
        self.blocks: list[bytes] = []
        self.votes: dict[tuple[int, bytes, bytes], dict[bytes, Vote]] = {}  # by voter
        self.written: dict[bytes, Written] = {}  # by eid
        self.orders = 0

    @initialize()
    def the_host_opens(self) -> None:
        host = self.people[0]
        roster = begin(host, Policy(most_people=5))
        self.copies = {host.dev: Copy(roster)}
        self.blocks = [block_of(roster)]
        self.written = {roster.eid: Written({host.dev: (Role.HOST, True)})}
        for person in self.people[1:4]:
            self.block_by(host, Add(person.request(roster.call_id).encode()))
            for other in self.people[1:4]:
                self.deliver(other.dev, self.blocks[-1])

    def somebody(self, number: int) -> tuple[Person, Copy]:
        """Return one of those who are in, each by its own log."""
        if not self.copies:
            self.the_host_opens()
        dev = sorted(self.copies)[number % len(self.copies)]
        return self.by_dev[dev], self.copies[dev]

    # What honest people do

    @rule(which=anybody, whom=anybody, kind=st.integers(0, 11), choice=choices)
    def a_leader_makes_a_block(self, which: int, whom: int, kind: int, choice: int) -> None:
        leaders = [self.by_dev[d] for d, copy in self.copies.items() if copy.roster.leader == d]
        if not leaders:
            return
        leader, person = leaders[which % len(leaders)], self.people[whom]
        before = self.copies[leader.dev].roster
        if before.is_member(person.dev):
            operation = self.about(person, before, kind, choice)
        elif person.dev not in self.copies:  # else it sits in another log
            request = person.request(before.call_id).encode()
            operation = Add(request, NEWCOMERS[choice % len(NEWCOMERS)])
        else:
            return
        self.block_by(leader, operation)

    def block_by(self, leader: Person, operation: Operation) -> None:
        before = self.copies[leader.dev].roster
        try:
            block, after = before.propose([operation], 0, leader.sign)
        except RosterError:
            return  # what must be refused is tried below
        self.spread(leader, block, after, self.written[before.eid].after(operation, leader.dev))
        if isinstance(operation, Add):
            shown = Leader.successor(before.members[leader.dev].request)
            own = JoinRequest.parse(operation.request)
            welcome = after.welcome(bytes(32))
            self.copies[own.dev] = Copy(Roster.from_welcome(welcome, after.genesis, own, shown))

    def about(self, person: Person, roster: Roster, kind: int, choice: int) -> Operation:
        """Return something that a leader may want to do with a member."""
        self.orders += 1
        dev, allowed = person.dev, choice % 2 == 0
        someone = self.by_dev[sorted(roster.members)[choice % len(roster.members)]]
        flags = PolicyFlag(choice % 128) & ~PolicyFlag.LOCKED
        wishes: list[Operation] = [
            Rekey(),
            Remove(dev, RemoveReason.SILENT),
            Remove(dev, RemoveReason.BY_HOST) if choice % 4 == 0 else Rekey(),
            person.leave(roster),
            SetRole(dev, Role(choice % 5)),
            SetRole(dev, Role.CO_HOST),
            SetChat(dev, allowed),
            SetPolicy(Policy(flags, most_people=5)),
            HandOver(dev),
            order(roster, someone, self.orders, SetChat(dev, allowed)),
            order(roster, someone, self.orders, Remove(dev)),
            order(roster, someone, self.orders, SetPolicy(Policy(flags, most_people=5))),
        ]
        return wishes[kind]

    def spread(self, maker: Person, block: bytes, after: Roster, written: Written) -> None:
        self.copies[maker.dev].roster = after
        self.blocks.append(block)
        self.written[after.eid] = written

    @rule(data=st.data(), who=anybody)
    def a_block_arrives(self, data: st.DataObject, who: int) -> None:
        person, _ = self.somebody(who)
        self.deliver(person.dev, data.draw(st.sampled_from(self.blocks)))

    @rule(whom=some)
    def everything_arrives(self, whom: set[int]) -> None:
        for who in whom:
            for block in self.blocks:
                self.deliver(self.people[who].dev, block)

    def deliver(self, dev: bytes, block: bytes) -> None:
        if dev in self.copies:
            self.copies[dev].hear(block)
            if not self.copies[dev].roster.is_member(dev):
                del self.copies[dev]

    @rule(who=anybody, voters=some, ahead=st.integers(1, 2), in_time=st.booleans())
    def somebody_stands(self, who: int, voters: set[int], ahead: int, in_time: bool) -> None:
        person, copy = self.somebody(who)
        copy.floor = max(copy.floor, copy.roster.term) + ahead
        mine = vote(copy.roster, person, person, copy.floor)
        self.votes[copy.floor, person.dev, copy.roster.eid] = {person.dev: mine}
        for voter in voters:
            self.somebody_votes_for_all_it_may(voter)
        if in_time:
            self.a_candidate_takes_over_if_it_has_the_votes(who)

    def somebody_votes_for_all_it_may(self, who: int) -> None:
        person, copy = self.somebody(who)
        if copy.roster.leader == person.dev:
            return
        for (term, candidate, eid), votes in sorted(self.votes.items()):
            theirs = votes[candidate]
            place = (theirs.last_term, theirs.last_epoch)
            mine = (copy.roster.term, copy.roster.epoch)
            if place < mine or (place == mine and eid != copy.roster.eid):
                continue
            if term > max(copy.floor, copy.roster.term):
                copy.floor = term
                own = replace(theirs, dev=person.dev, raw=b"", signature=b"")
                votes[person.dev] = own.signed(copy.roster.call_id, person.sign)

    @rule(who=anybody)
    def a_candidate_takes_over_if_it_has_the_votes(self, who: int) -> None:
        person, copy = self.somebody(who)
        if copy.floor <= copy.roster.term:
            return
        before = copy.roster
        votes = self.votes.get((copy.floor, person.dev, before.eid), {})
        counting = [one for one in votes.values() if before.is_member(one.dev)]
        if 2 * len(counting) <= len(before.members):
            forged = forged_takeover(before, person, counting, term=copy.floor)
            assert refusal(lambda: before.accept(forged)) == "votes"
            return
        block, after = before.take_over(counting, 0, person.sign)
        written = self.written[before.eid]
        if before.leader != person.dev:
            written = written.led_by(person.dev, before.leader)
        self.spread(person, block, after, written)

    # What others try

    @rule(who=anybody, liar=anybody, choice=choices)
    def nobody_accepts_a_block_of_somebody_who_does_not_lead(
        self, who: int, liar: int, choice: int
    ) -> None:
        person, copy = self.somebody(who)
        other = self.people[liar]
        if copy.roster.leader == other.dev:
            return
        operation = [Rekey(), Remove(person.dev), HandOver(other.dev)][choice % 3]
        for named in (copy.roster.leader, other.dev):
            block = forged_block(copy.roster, other, operation, leader=named)
            code = refusal(partial(copy.roster.accept, block))
            assert code in ("forged", "unauthorised", "not_member")

    @rule(who=anybody, choice=choices)
    def nothing_counts_twice(self, who: int, choice: int) -> None:
        _, copy = self.somebody(who)
        roster = copy.roster
        again = roster.recent[choice % len(roster.recent)]
        assert refusal(lambda: roster.accept(again.encode())) == "replayed"
        leader = self.by_dev[roster.leader]
        for operation in again.operations:
            if isinstance(operation, Add | Leave | Ordered):
                block = forged_block(roster, leader, operation)
                assert refusal(partial(roster.accept, block)) in TWICE

    @rule(who=anybody, whom=anybody, choice=choices)
    def nobody_orders_what_is_not_for_them(self, who: int, whom: int, choice: int) -> None:
        person, copy = self.somebody(who)
        other = self.people[whom]
        if not copy.roster.is_member(other.dev):
            return
        mine = copy.roster.members[person.dev].role
        theirs = copy.roster.members[other.dev].role
        if mine >= Role.CO_HOST and theirs < mine:
            return
        wish = [Remove(other.dev), SetChat(other.dev, False)][choice % 2]
        leader = self.by_dev[copy.roster.leader]
        block = forged_block(copy.roster, leader, order(copy.roster, person, 2**31, wish))
        assert refusal(lambda: copy.roster.accept(block)) == "unauthorised"

    # What always holds

    @invariant()
    def who_stands_at_one_eid_sees_one_list_and_it_is_what_was_done(self) -> None:
        states: dict[bytes, bytes] = {}
        for copy in self.copies.values():
            roster, state = copy.roster, copy.roster.state.encode()
            assert states.setdefault(roster.eid, state) == state
            seen = {dev: (one.role, one.chat_allowed) for dev, one in roster.members.items()}
            assert seen == self.written[roster.eid]

    @invariant()
    def every_list_makes_sense(self) -> None:
        for dev, copy in self.copies.items():
            roster = copy.roster
            members = roster.members.values()
            assert dev in roster.members
            assert [one.dev for one in members if one.role is Role.HOST] == [roster.leader]
            assert len({one.slot for one in members}) == len(roster.members)
            assert not roster.removed & set(roster.members)
            assert len(roster.history.past) == len(roster.recent)


Meeting.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestAnyHistoryOfAMeeting = Meeting.TestCase
