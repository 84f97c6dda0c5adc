"""What a member of a meeting can say that no honest program says: forged, foreign, out of turn.

Each betrayal is a list of messages, said to every other member on a channel that stands, as a
member's own program would be bound to dial it. A member who is caught saying what may not be said
loses the channel and dials again.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from fakes.attacks.sockets import Line

from app.meeting.assembly import Assembly
from app.meeting.effects import Dial, Effect, Send
from bench.people import Person
from crypto import rules
from crypto.blocks import Block
from crypto.errors import CryptoError
from crypto.exchange import Ack, KeyBox, SasReveal, Signal, SignalKind, SignedLeave, Sync
from crypto.handshake import Caller
from crypto.invite import Invite
from crypto.messages import (
    Ask,
    Denied,
    DenyReason,
    Favour,
    Join,
    LobbyNews,
    MemberAuth,
    Order,
    Verdict,
    Vote,
)
from crypto.operations import (
    End,
    HandOver,
    Operation,
    Remove,
    RemoveReason,
    Role,
    SetChat,
    SetPolicy,
    SetRole,
    Takeover,
)
from crypto.policy import Policy, PolicyFlag
from crypto.requests import Visitor
from crypto.roster import RosterError
from crypto.sodium import random_bytes

HEARD_S = 0.15  # until a message has been taken in, and a channel closed over it
CAUGHT_S = 5.0  # the same, where the channel must be closed, on a computer that is very busy
REDIAL_S = 8.0
MANY = 900  # messages at once; from about a thousand on it would be a flood by the rules
FLOODED_S = 1.5  # until it has been taken in

Messages = Sequence[bytes]


def table_of(person: Person) -> Assembly:
    """Return the inside of somebody's meeting."""
    return person.inside.meeting._table


# ---- what is said


def asks(table: Assembly, _victim: bytes) -> Messages:
    """Ask for every favour, as only hosts and co-hosts may."""
    return [Ask(what=what).encode() for what in Favour]


def verdicts(table: Assembly, _victim: bytes) -> Messages:
    """Decide who comes in, and tell of people who wait, as hosts and co-hosts do."""
    nobody = Visitor(random_bytes(16), random_bytes(32), "Nobody")
    return [
        Verdict(join_id=random_bytes(16), admit=True).encode(),
        LobbyNews(visitors=(nobody,)).encode(),
    ]


def dismissals(table: Assembly, _victim: bytes) -> Messages:
    """Tell members that they are out, as a leader does."""
    return [Denied(reason=reason).encode() for reason in (DenyReason.REMOVED, DenyReason.FULL)]


def orders(table: Assembly, victim: bytes) -> Messages:
    """Order a removal, silence and a closed chat: as oneself, and as the host."""
    policy = table.roster.policy
    closed = Policy(policy.flags | PolicyFlag.CHAT_OFF | PolicyFlag.LOCKED, policy.most_people)
    operations = (Remove(victim, RemoveReason.BY_HOST), SetChat(victim, False), SetPolicy(closed))
    return [
        Order(dev=dev, number=number, operation=operation)
        .signed(table.roster.call_id, table.me.sign)
        .encode()
        for dev in (table.me.dev, table.roster.leader)
        for number, operation in enumerate(operations, start=1)
    ]


def blocks(table: Assembly, victim: bytes) -> Messages:
    """Write the log oneself: as the leader, and as if one were the leader."""
    mine = table.me.dev
    changes: tuple[Operation, ...] = (
        SetRole(mine, Role.CO_HOST),
        Remove(victim, RemoveReason.BY_HOST),
        HandOver(mine),
        End(),
    )
    return [
        block_of(table, table.roster.term, leader, change).encode()
        for leader in (table.roster.leader, mine)
        for change in changes
    ]


def takeovers(table: Assembly, victim: bytes) -> Messages:
    """Take the lead with one's own vote, counted once and counted often, and with forged ones."""
    roster, mine = table.roster, table.me.dev
    own = vote_of(table, mine, roster.term + 1, mine)
    forged = [vote_of(table, dev, roster.term + 1, mine) for dev in roster.members]
    stuffed = ([own], [own] * len(roster.members), forged)
    return [
        block_of(
            table, roster.term + 1, mine, Takeover(tuple(vote.encode() for vote in votes))
        ).encode()
        for votes in stuffed
    ]


def votes(table: Assembly, victim: bytes) -> Messages:
    """Vote twice in a term, for terms far ahead, for the dead and for others."""
    term, mine = table.roster.term, table.me.dev
    cast = [(term + 1, mine), (term + 1, victim), (term + 17, mine), (2**32 - 1, mine)]
    own = [vote_of(table, mine, term, candidate) for term, candidate in cast]
    nobody = vote_of(table, mine, term + 1, random_bytes(16))
    others = [vote_of(table, victim, term + 1, mine)]
    return [vote.encode() for vote in (*own, nobody, *others)]


def others_names(table: Assembly, victim: bytes) -> Messages:
    """Speak of keys, of links and of leaving in the name of another member."""
    roster, sign = table.roster, table.me.sign
    call_id, eid = roster.call_id, roster.eid
    ack = Ack(
        eid=eid,
        dev=victim,
        generation=1000,
        commitment=random_bytes(32),
        next_kem=roster.members[table.me.dev].kem_public,
        sas_commitment=random_bytes(32),
    )
    signal = Signal(
        eid=eid,
        sender=victim,
        to=roster.leader,
        link_id=1000,
        sequence=0,
        signal=SignalKind.OFFER,
        payload=random_bytes(100),
    )
    box = KeyBox(
        eid=eid,
        sender=victim,
        to=roster.leader,
        generation=1000,
        kem_id=random_bytes(8),
        sealed=random_bytes(1168),
    )
    leave = SignedLeave(dev=victim, join_id=roster.members[victim].request.join_id)
    signed = (ack, SasReveal(eid=eid, dev=victim, nonce=random_bytes(32)), signal, leave)
    return [*(message.signed(call_id, sign).encode() for message in signed), box.encode()]


def noise(table: Assembly, _victim: bytes) -> Messages:
    """Say what is no message, short and long."""
    return [b"\x31\x01\xff\xff\xff\xff", random_bytes(65_000)]


BETRAYALS: dict[str, Callable[[Assembly, bytes], Messages]] = {
    "asks": asks,
    "verdicts": verdicts,
    "dismissals": dismissals,
    "orders": orders,
    "blocks": blocks,
    "takeovers": takeovers,
    "votes": votes,
    "names": others_names,
    "noise": noise,
}


def many_orders(table: Assembly, victim: bytes) -> Messages:
    """Order the same thing very often, each time with another number."""
    order = Order(dev=table.me.dev, number=1, operation=Remove(victim, RemoveReason.BY_HOST))
    orders = (replace(order, number=number) for number in range(1, MANY))
    return [one.signed(table.roster.call_id, table.me.sign).encode() for one in orders]


def many_blocks(table: Assembly, _victim: bytes) -> Messages:
    """Pass on the newest block again and again."""
    return [table.roster.recent[-1].encode()] * MANY


def many_votes(table: Assembly, victim: bytes) -> Messages:
    """Vote in every term that is not far ahead, for everybody in turn."""
    terms = [table.roster.term + 1 + number % 16 for number in range(MANY)]
    return [vote_of(table, table.me.dev, term, victim).encode() for term in terms]


def many_links(table: Assembly, _victim: bytes) -> Messages:
    """Make the others prepare one media link after the other."""
    roster = table.roster
    offers = []
    for number in range(MANY):
        offer = Signal(
            eid=roster.eid,
            sender=table.me.dev,
            to=roster.leader,
            link_id=1000 + number,
            sequence=0,
            signal=SignalKind.OFFER,
            payload=random_bytes(100),
        )
        offers.append(offer.signed(roster.call_id, table.me.sign).encode())
    return offers


FLOODS: dict[str, Callable[[Assembly, bytes], Messages]] = {
    "many orders": many_orders,
    "many blocks": many_blocks,
    "many votes": many_votes,
    "many links": many_links,
}

CAUGHT = {"dismissals", "blocks", "takeovers", "noise"}
"""What no member may say at all: each word costs the channel."""


def block_of(table: Assembly, term: int, leader: bytes, operation: Operation) -> Block:
    """Return the next block, as good as it can be without the right to make it."""
    roster = table.roster
    block = Block(
        call_id=roster.call_id,
        term=term,
        epoch=roster.epoch + 1,
        prev=roster.eid,
        time_ms=max(int(time.time() * 1000), roster.state.time_ms),
        leader=leader,
        operations=(operation,),
        roster_hash=bytes(32),
    )
    try:
        after = rules.apply(roster.state, roster.genesis, block)
        block = replace(block, roster_hash=after.roster_hash)
    except RosterError:
        pass  # the rules refuse it: no hash would fit
    return block.signed(roster.call_id, table.me.sign)


def vote_of(table: Assembly, voter: bytes, term: int, candidate: bytes) -> Vote:
    """Return a vote, signed by oneself whoever votes."""
    roster = table.roster
    return Vote(
        dev=voter,
        term=term,
        candidate=candidate,
        last_term=roster.term,
        last_epoch=roster.epoch,
        last_eid=roster.eid,
    ).signed(roster.call_id, table.me.sign)


# ---- saying it


async def betray(person: Person, name: str, victim: str) -> dict[str, Any]:
    """Say everything of one kind to everybody; return how much, and how many channels it cost."""
    table = table_of(person)
    others = [dev for dev in table.roster.members if dev != table.me.dev]
    messages = BETRAYALS[name](table, person.dev_of(victim))
    patience = CAUGHT_S if name in CAUGHT else HEARD_S
    costs = await asyncio.gather(*(_say_all(person, dev, messages, patience) for dev in others))
    return {"said": len(messages) * len(others), "cost": sum(costs)}


async def flood(person: Person, name: str, victim: str) -> dict[str, Any]:
    """Say very much to everybody at once; return how much."""
    table = table_of(person)
    messages = await asyncio.to_thread(FLOODS[name], table, person.dev_of(victim))
    for dev in table.roster.members:
        if dev != table.me.dev and (channel := _channel_to(person, dev)) is not None:
            for message in messages:
                person.inside._perform(Send(channel, message))
    await asyncio.sleep(FLOODED_S)
    return {"said": len(messages)}


async def _say_all(person: Person, dev: bytes, messages: Messages, patience: float) -> int:
    """Say one thing after the other; return how many channels were closed over it."""
    cost = 0
    for message in messages:
        await _until(lambda: _channel_to(person, dev) is not None, REDIAL_S)
        channel = _channel_to(person, dev)
        person.inside._perform(Send(channel or 0, message))
        if await _until(lambda before=channel: _channel_to(person, dev) != before, patience):
            cost += 1
            table_of(person).paths[dev].retry_at = 0.0  # an honest program would wait a little
    return cost


async def _until(fact: Callable[[], bool], seconds: float) -> bool:
    """Wait until something is so; tell whether it was in time."""
    deadline = time.monotonic() + seconds
    while not fact() and time.monotonic() < deadline:  # noqa: ASYNC110 - a machine has no event
        await asyncio.sleep(0.02)
    return fact()


def _channel_to(person: Person, dev: bytes) -> int | None:
    member = table_of(person).paths.get(dev)
    return member.channel if member is not None else None


# ---- keeping things from somebody


def conceal(person: Person, victim: str) -> None:
    """Keep from one member what becomes of the log: no block, no word of it, no new channel."""
    inside = person.inside
    honestly, dev = inside._perform, person.dev_of(victim)

    def perform(effect: Effect) -> None:
        match effect:
            case Dial(to) if to == dev:
                pass
            case Send(channel, message) if channel == _channel_to(person, dev):
                if message[0] not in (Block.kind, Sync.kind):
                    honestly(effect)
            case _:
                honestly(effect)

    inside._perform = perform  # type: ignore[method-assign]


def reveal(person: Person) -> None:
    """Be honest again."""
    del person.inside._perform


# ---- coming back, and coming as somebody else


async def come_back(person: Person) -> dict[str, Any]:
    """Having been removed, with every key at hand: go to each member's own door, and say hello."""
    table = table_of(person)
    heard = {}
    for seat in table.roster.members.values():
        if seat.dev != table.me.dev:
            target = seat.request.addresses[0]
            with contextlib.suppress(OSError):  # nobody is there any more
                heard[seat.name] = await asyncio.to_thread(_at_a_members_door, table, target)
    return heard


def _at_a_members_door(table: Assembly, target: tuple[str, int]) -> list[int]:
    """Prove the secret of the call and the own seat; return the types of what is said to that."""
    line = Line.dial(target)
    caller = Caller(table.me.call_secret, line.exporter, random_bytes)
    line.send(caller.hello())
    caller.read_answer(line.read())
    roster, sign = table.roster, table.me.sign
    auth = MemberAuth.create(roster.call_id, table.me.dev, roster.eid, caller.transcript, sign)
    line.send(auth.encode())
    said: list[int] = []
    try:
        while True:
            said.append(line.read()[0])
    except OSError:
        return said


async def come_as(person: Person, victim: str, link: str) -> dict[str, Any]:
    """Knock with another member's own request, which every member holds; return how it ends."""
    request = table_of(person).roster.members[person.dev_of(victim)].request.encode()
    return {"end": await asyncio.to_thread(knock_with, Invite.parse(link), request, person)}


def knock_with(invite: Invite, request: bytes, person: Person) -> str:
    """Knock with a request that is somebody else's."""
    line = Line.dial(invite.addresses[0])
    caller = Caller(invite.secret, line.exporter, random_bytes)
    line.send(caller.hello())
    try:
        caller.read_answer(line.read())
        line.send(Join.create(request, caller.transcript, person._identity.sign).encode())
        return f"answered by a message of type {line.read()[0]}"
    except (OSError, CryptoError) as error:
        return str(error)
