"""The sections about the roster log, and a log in which everything happens."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from vectors.making.cast import ADA, BOB, CY, DAN, Case, Person, case, refused, section, seed
from vectors.making.values import value_of

from crypto import messages as m
from crypto import rules
from crypto.blocks import Block, Genesis
from crypto.joining import JoinRequest
from crypto.membership import State
from crypto.operations import (
    Add,
    End,
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
    Takeover,
)
from crypto.policy import Policy, PolicyFlag
from crypto.refusal import RosterError
from crypto.roster import Roster

START_MS = 1_760_000_000_000


def sections() -> dict[str, Case]:
    """Return all sections about the log."""
    log = everything()
    common = {
        "genesis": log[0].genesis.encode().hex(),
        "blocks": [block.encode().hex() for block in log[6].recent],
    }
    return {
        "states": section(
            "States of the roster log as a Welcome carries them, and the hash of each.", _states()
        ),
        "logs": section(
            "Whole roster logs: from a genesis and its blocks to the hash of the state after each "
            "block, and to the last state.",
            _logs(),
        ),
        "blocks": section(
            "A block that stands on the same log each time: Ada hosts, Bob is co-host, Cy is "
            "presenter. Refused: malformed, forged (any signature), roster_hash, rule (any other).",
            _blocks(),
            common,
        ),
    }


def everything() -> list[Roster]:
    """Return a log that has everything happen in it, block by block."""
    genesis = Genesis.create(
        ADA.identity.sign,
        room_id=bytes(range(16)),
        host_key=ADA.public,
        host_call_key=ADA.csk,
        nonce=seed("genesis"),
        title="Tea at four",
        policy=Policy(PolicyFlag.LOBBY | PolicyFlag.VISIBLE),
        created_ms=START_MS,
    )
    log = [Roster.from_genesis(genesis)]

    def step(*operations: Operation, by: Person = ADA) -> None:
        _, after = log[-1].propose(operations, START_MS + 1000 * len(log), by.sign)
        log.append(after)

    call_id = genesis.call_id
    step(Add(ADA.request(call_id).encode()))
    step(Add(BOB.request(call_id).encode()), Add(CY.request(call_id).encode(), Role.GUEST))
    policy = Policy(PolicyFlag.VISIBLE | PolicyFlag.CHAT_OFF, 12)
    step(SetRole(BOB.dev, Role.CO_HOST), SetPolicy(policy))
    order = m.Order(dev=BOB.dev, number=7, operation=SetChat(CY.dev, allowed=False))
    step(Ordered(order.signed(call_id, BOB.sign).encode()))
    leave = m.SignedLeave(dev=CY.dev, join_id=seed("Cy join id", 16)).signed(call_id, CY.sign)
    step(Leave(leave.encode()))
    again = CY.request(call_id, join_id=seed("Cy again", 16))
    step(Add(again.encode(), Role.PRESENTER), Rekey())
    step(HandOver(BOB.dev))
    step(SetChat(CY.dev, allowed=False), by=BOB)
    log.append(log[-1].take_over(_votes(log[-1], ADA, CY), START_MS, ADA.sign)[1])
    step(Remove(BOB.dev, RemoveReason.BY_HOST), Remove(CY.dev, RemoveReason.SILENT))
    for _ in range(8):
        step(Rekey())
    step(End())
    return log


def _votes(roster: Roster, candidate: Person, *others: Person) -> list[m.Vote]:
    """Return votes that put somebody in the lead, signed."""
    return [
        m.Vote(
            dev=voter.dev,
            term=roster.term + 2,
            candidate=candidate.dev,
            last_term=roster.term,
            last_epoch=roster.epoch,
            last_eid=roster.eid,
        ).signed(roster.call_id, voter.sign)
        for voter in (candidate, *others)
    ]


def state_fields(state: State) -> Case:
    """Return the fields of a state."""
    return {
        "epoch": state.epoch,
        "term": state.term,
        "time": state.time_ms,
        "leader": state.leader.hex(),
        "ended": int(state.ended),
        "policy": value_of(state.policy),
        "members": [
            {
                "slot": member.slot,
                "role": int(member.role),
                "joined_epoch": member.joined_epoch,
                "chat_allowed": int(member.chat_allowed),
                "last_order": member.last_order,
                "request": member.request.encode().hex(),
            }
            for member in state.members
        ],
        "freed": [{"slot": slot, "epoch": epoch} for slot, epoch in state.freed],
        "removed": [dev.hex() for dev in sorted(state.removed)],
        "used": [each.hex() for each in sorted(state.used)],
    }


def _states() -> Iterator[Case]:
    log = everything()
    for roster in (log[0], log[3], log[9], log[-1]):
        state = roster.state
        gives = {"bytes": state.encode().hex(), "roster_hash": state.roster_hash.hex()}
        yield case(f"epoch {state.epoch}", state_fields(state), gives)


def _logs() -> Iterator[Case]:
    log = everything()
    blocks = [block.encode().hex() for block in log[-1].recent]
    for what, length in (("a meeting of one", 1), ("everything that can happen", len(blocks))):
        given = {"genesis": log[0].genesis.encode().hex(), "blocks": blocks[:length]}
        yield case(what, given, _outcome(log[: length + 1]))


def _outcome(log: list[Roster]) -> Case:
    return {
        "call_id": log[0].call_id.hex(),
        "eids": [roster.eid.hex() for roster in log],
        "roster_hashes": [roster.state.roster_hash.hex() for roster in log[1:]],
        "state": log[-1].state.encode().hex(),
    }


# One block more

REASONS = {code: code for code in ("malformed", "forged", "roster_hash")} | {"empty": "malformed"}
"""What the file calls the codes of refusal; all others are a rule."""


class Maker:
    """Makes blocks on one roster, whatever the rules say."""

    def __init__(self, log: list[Roster]) -> None:
        self.log = log
        self.roster = log[-1]
        self.call_id = self.roster.call_id

    def block(self, *operations: Operation, by: Person = ADA, **changes: Any) -> Block:
        """Return a block by somebody, not signed; its roster_hash fits if the rules allow it."""
        block = Block(
            call_id=self.call_id,
            term=self.roster.term,
            epoch=self.roster.epoch + 1,
            prev=self.roster.eid,
            time_ms=self.roster.state.time_ms,
            leader=by.dev,
            operations=operations,
            roster_hash=bytes(32),
        )
        block = replace(block, **changes)
        try:
            state = rules.apply(self.roster.state, self.roster.genesis, block)
        except RosterError:
            return block
        return replace(block, roster_hash=state.roster_hash)

    def judged(self, what: str, block: Block, signer: Person = ADA) -> Case:
        """Return the case of a block, signed by somebody."""
        data = block.signed(self.call_id, signer.sign).encode()
        given = {"block": data.hex()}
        try:
            after = self.roster.accept(data)
        except RosterError as error:
            return refused(what, given, REASONS.get(error.code, "rule"))
        gives = {"eid": after.eid.hex(), "roster_hash": after.state.roster_hash.hex()}
        return case(what, given, gives)

    def order(self, operation: m.Order, by: Person) -> Ordered:
        """Return an order, signed by somebody."""
        return Ordered(operation.signed(self.call_id, by.sign).encode())

    def votes(self, *voters: Person, term: int = 1, candidate: Person = BOB) -> Takeover:
        """Return a takeover with the votes of these."""
        vote = m.Vote(
            dev=candidate.dev,
            term=term,
            candidate=candidate.dev,
            last_term=self.roster.term,
            last_epoch=self.roster.epoch,
            last_eid=self.roster.eid,
        )
        signed = (replace(vote, dev=each.dev).signed(self.call_id, each.sign) for each in voters)
        return Takeover(tuple(each.encode() for each in signed))


def _blocks() -> Iterator[Case]:
    maker = Maker(everything()[:7])
    yield from _in_order(maker)
    yield from _additions(maker)
    yield from _rulings(maker)
    yield from _orders(maker)
    yield from _takeovers(maker)


def _in_order(make: Maker) -> Iterator[Case]:
    yield make.judged("fresh keys", make.block(Rekey()))
    yield make.judged("signed by somebody else", make.block(Rekey()), BOB)
    yield make.judged("by a co-host", make.block(Rekey(), by=BOB), BOB)
    yield make.judged("by somebody without a seat", make.block(Rekey(), by=DAN), DAN)
    yield make.judged("another roster hash", replace(make.block(Rekey()), roster_hash=bytes(32)))
    yield make.judged("nothing in it", make.block())
    epoch, time_ms = make.roster.epoch, make.roster.state.time_ms
    for what, changes in (
        ("for another meeting", {"call_id": seed("another meeting")}),
        ("on another block", {"prev": seed("another block")}),
        ("an epoch too late", {"epoch": epoch + 2}),
        ("another one of the epoch that is, which is evidence", {"epoch": epoch}),
        ("earlier than the one before", {"time_ms": time_ms - 1}),
        ("of a term that nobody began", {"term": 1}),
    ):
        yield make.judged(what, make.block(Rekey(), **changes))
    for what, operations in (
        ("the end", (End(),)),
        ("something after the end", (End(), Rekey())),
        ("a hand-over", (HandOver(CY.dev),)),
        ("something after a hand-over", (HandOver(CY.dev), Rekey())),
        ("a hand-over to who leads", (HandOver(ADA.dev),)),
        ("a hand-over to nobody", (HandOver(DAN.dev),)),
    ):
        yield make.judged(what, make.block(*operations))


def _additions(make: Maker) -> Iterator[Case]:
    for role in Role:
        request = DAN.request(make.call_id)
        yield make.judged(f"a newcomer as {role.name}", make.block(Add(request.encode(), role)))
    good = DAN.request(make.call_id)
    changed: list[tuple[str, JoinRequest]] = [
        ("a request for another meeting", DAN.request(seed("another meeting"))),
        ("a request that somebody else signed", good.signed(make.call_id, BOB.identity.sign)),
        ("a join id that was used", DAN.request(make.call_id, join_id=seed("Bob join id", 16))),
        ("a call key that has a seat", DAN.request(make.call_id, call_key=BOB.csk)),
        ("a device that has a seat", BOB.request(make.call_id, join_id=seed("again", 16))),
        (
            "a key that is not reduced",
            DAN.request(make.call_id, kem_public=b"\xff" * 1184 + good.kem_public[1184:]),
        ),
        (
            "a key with a point of low order",
            DAN.request(make.call_id, kem_public=good.kem_public[:1184] + bytes(32)),
        ),
    ]
    for what, request in changed:
        yield make.judged(what, make.block(Add(replace(request, raw=b"").encode())))
    add = Add(good.encode())
    locked = SetPolicy(Policy(PolicyFlag.LOCKED))
    yield make.judged("a newcomer into a locked meeting", make.block(locked, add))
    yield make.judged(
        "a fourth into a meeting of three", make.block(SetPolicy(Policy(most_people=3)), add)
    )
    yield make.judged("who was removed", make.block(Remove(CY.dev), Add(_again(make).encode())))
    silent = Remove(CY.dev, RemoveReason.SILENT)
    yield make.judged("who was silent", make.block(silent, Add(_again(make).encode())))


def _again(make: Maker) -> JoinRequest:
    return CY.request(make.call_id, join_id=seed("Cy once more", 16))


def _rulings(make: Maker) -> Iterator[Case]:
    for what, operation in (
        ("a co-host is removed", Remove(BOB.dev)),
        ("nobody is removed", Remove(DAN.dev)),
        ("who leads is removed", Remove(ADA.dev)),
        ("somebody's chat is switched off", SetChat(BOB.dev, allowed=False)),
        ("nobody's chat is switched off", SetChat(DAN.dev, allowed=False)),
        ("the chat of who leads is switched off", SetChat(ADA.dev, allowed=False)),
        ("a presenter becomes guest", SetRole(CY.dev, Role.GUEST)),
        ("a presenter becomes host", SetRole(CY.dev, Role.HOST)),
        ("who leads becomes guest", SetRole(ADA.dev, Role.GUEST)),
        ("nobody becomes guest", SetRole(DAN.dev, Role.GUEST)),
        ("all rules change that may", SetPolicy(Policy(PolicyFlag(63), 30))),
        ("the rule changes that may not", SetPolicy(Policy(PolicyFlag.LAN_ONLY))),
    ):
        yield make.judged(what, make.block(operation))
    for what, seat, join_id, signer in (
        ("a farewell", CY, seed("Cy again", 16), CY),
        ("a farewell from an earlier seat", CY, seed("Cy join id", 16), CY),
        ("a farewell that somebody else signed", CY, seed("Cy again", 16), BOB),
        ("a farewell of who leads", ADA, seed("Ada join id", 16), ADA),
        ("a farewell of nobody", DAN, seed("Dan join id", 16), DAN),
    ):
        leave = m.SignedLeave(dev=seat.dev, join_id=join_id).signed(make.call_id, signer.sign)
        yield make.judged(what, make.block(Leave(leave.encode())))


def _orders(make: Maker) -> Iterator[Case]:
    now = make.roster.policy
    for what, by, number, operation in (
        ("orders to remove a presenter", BOB, 8, Remove(CY.dev)),
        ("orders under an old number", BOB, 7, Remove(CY.dev)),
        ("orders to say that somebody was silent", BOB, 8, Remove(CY.dev, RemoveReason.SILENT)),
        ("orders to remove itself", BOB, 8, Remove(BOB.dev)),
        ("orders to remove who leads", BOB, 8, Remove(ADA.dev)),
        ("orders to lock", BOB, 8, SetPolicy(replace(now, flags=now.flags | PolicyFlag.LOCKED))),
        ("orders to hide", BOB, 8, SetPolicy(replace(now, flags=now.flags ^ PolicyFlag.VISIBLE))),
        ("orders a larger meeting", BOB, 8, SetPolicy(replace(now, most_people=13))),
        ("orders quiet", BOB, 8, SetChat(CY.dev, allowed=False)),
        ("orders, a presenter", CY, 8, SetChat(CY.dev, allowed=False)),
        ("orders, the host itself", ADA, 1, Remove(CY.dev)),
        ("orders, without a seat", DAN, 1, Remove(CY.dev)),
    ):
        order = m.Order(dev=by.dev, number=number, operation=operation)
        yield make.judged(f"{by.name} {what}", make.block(make.order(order, by)))
    order = m.Order(dev=BOB.dev, number=8, operation=Remove(CY.dev))
    yield make.judged("an order that somebody else signed", make.block(make.order(order, CY)))


def _takeovers(make: Maker) -> Iterator[Case]:
    for what, takeover in (
        ("a majority wants Bob", make.votes(BOB, CY)),
        ("all want Bob", make.votes(ADA, BOB, CY)),
        ("Bob wants Bob", make.votes(BOB)),
        ("Bob votes twice", make.votes(BOB, BOB)),
        ("one of two has no seat", make.votes(BOB, DAN)),
        ("the votes are for another term", make.votes(BOB, CY, term=2)),
        ("the votes are for somebody else", make.votes(ADA, CY, candidate=ADA)),
    ):
        yield make.judged(what, make.block(takeover, by=BOB, term=1), BOB)
    votes = make.votes(BOB, CY)
    yield make.judged("Ada signs for Bob", make.block(votes, by=BOB, term=1), ADA)
    yield make.judged("not first", make.block(Rekey(), votes, by=BOB, term=1), BOB)
    same = make.votes(BOB, CY, term=0)
    yield make.judged("in the term that is", make.block(same, by=BOB), BOB)
    again = make.votes(ADA, CY, candidate=ADA)
    yield make.judged("who leads stands again", make.block(again, term=1), ADA)
    yield make.judged("and goes on", make.block(votes, Remove(ADA.dev), by=BOB, term=1), BOB)
    forged = Takeover((votes.votes[0], votes.votes[1][:-1] + bytes([votes.votes[1][-1] ^ 1])))
    yield make.judged("a vote is forged", make.block(forged, by=BOB, term=1), BOB)
