"""The sections about messages and the roster log."""

from collections.abc import Iterator
from dataclasses import fields
from enum import IntEnum
from typing import Any

from vectors.making.cast import ADA, BOB, CY, Case, case, refused, section, seed
from vectors.making.keys import CALL_ID, EID, acks, box

from crypto import messages as m
from crypto.blocks import Block, Genesis
from crypto.envelope import Message, SignedMessage
from crypto.errors import CryptoError
from crypto.membership import State
from crypto.operations import (
    Add,
    End,
    Leave,
    Operation,
    Rekey,
    Remove,
    RemoveReason,
    Role,
    SetPolicy,
    SetRole,
)
from crypto.policy import Policy, PolicyFlag
from crypto.roster import Roster

START_MS = 1_760_000_000_000

# What PROTOCOL.md calls the fields that the program calls something else.
NAMES = {
    "device_key": "D",
    "host_key": "D",
    "call_key": "CSK",
    "host_call_key": "CSK",
    "sender": "from",
    "generation": "g",
    "signal": "kind",
    "time_ms": "time",
    "created_ms": "created",
}
OPERATIONS: dict[type[Operation], str] = {
    Add: "ADD",
    Remove: "REMOVE",
    Leave: "LEAVE",
    SetRole: "ROLE",
    SetPolicy: "POLICY",
    Rekey: "REKEY",
    End: "END",
}


def sections() -> dict[str, Case]:
    """Return all sections about messages and the log."""
    return {
        "messages": section(
            "Every type of message from its fields, as PROTOCOL.md lists them. signer is the seed "
            "of the key whose signature stands behind the body; objects inside objects are bytes.",
            map(_message, _examples()),
        ),
        "read_messages": section(
            "Bytes taken apart, or refused for being malformed; no signature is checked here. All "
            "bytes of the section before are read as they were written, and refused if cut off, "
            "continued, or of another version.",
            _read(),
        ),
        "states": section(
            "States of the roster log as a Welcome carries them, and the hash of each.", _states()
        ),
        "logs": section(
            "Whole roster logs: a genesis, its blocks, and the state after each block.", _logs()
        ),
    }


def value_of(value: Any) -> Any:
    """Return what a field's value is in JSON."""
    match value:
        case bytes():
            return value.hex()
        case IntEnum() | bool():
            return int(value)
        case int() | str():
            return int(value) if isinstance(value, int) else value
        case Policy():
            return {"flags": int(value.flags), "most_people": value.most_people}
        case tuple():
            return [value_of(each) for each in value]
    if (name := OPERATIONS.get(type(value))) is not None:
        return {"operation": name, **fields_of(value)}
    raise TypeError(f"no way to write {value!r}")


def fields_of(thing: Any) -> Case:
    """Return the fields of a message or operation under the names of PROTOCOL.md."""
    named = {"nonce": "n"} if isinstance(thing, m.SasReveal) else {}
    return {
        (NAMES | named).get(each.name, each.name): value_of(getattr(thing, each.name))
        for each in fields(thing)
        if each.name not in ("raw", "signature")
    }


def _log() -> list[Roster]:
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

    def step(*operations: Operation) -> None:
        _, after = log[-1].propose(operations, START_MS + 1000 * len(log), ADA.sign)
        log.append(after)

    call_id = genesis.call_id
    step(Add(ADA.request(call_id).encode()))
    step(Add(BOB.request(call_id).encode()), Add(CY.request(call_id).encode()))
    step(SetRole(BOB.dev, Role(1)), SetPolicy(Policy(PolicyFlag.VISIBLE, 12)))
    leave = m.SignedLeave(dev=CY.dev, join_id=seed("Cy join id", 16)).signed(call_id, CY.sign)
    step(Leave(leave.encode()))
    again = CY.request(call_id, join_id=seed("Cy again", 16))
    step(Add(again.encode()), Rekey())
    step(Remove(BOB.dev, RemoveReason.BY_HOST), Remove(CY.dev, RemoveReason.SILENT))
    for _ in range(8):
        step(Rekey())
    step(End())
    return log


def _genesis(roster: Roster) -> bytes:
    return roster.genesis.encode()


def _examples() -> Iterator[tuple[str, Message, bytes | None, bytes]]:
    """Yield what it is, the message, the seed of who signs, and the meeting it is signed for."""
    log = _log()
    block, later = log[2].recent[-1], log[6].recent[-1]
    genesis, call_id = log[0].genesis, log[0].call_id
    about = m.About(title="Tea at four", host_name="Ada", people=3, flags=m.AboutFlag(3))
    request = BOB.request(call_id)
    ack = acks()[1]
    sealed = box(ADA.dev, 1, 1, seed("sender secret Ada 1"))
    for reason in m.DenyReason:
        yield f"reason {reason.value}", m.Denied(reason=reason), None, b""
    yield "a meeting", about, None, b""
    quiet = m.About(title="", host_name="A. \u00c4rger \U0001f44b", people=0)
    yield "no title, no flags", quiet, None, b""
    yield "a host", m.HostBody(genesis=genesis.encode(), about=about.encode()), None, b""
    yield "a member", m.MemberBody(dev=BOB.dev), None, b""
    yield "a request", request, BOB.seed_of_d, call_id
    bare = BOB.request(call_id, name="\u6f22", addresses=(), capabilities=2**32 - 1)
    yield "a request without addresses", bare, BOB.seed_of_d, call_id
    join = m.Join.create(request.encode(), seed("T2"), BOB.identity.sign)
    yield "a join", join, None, b""
    yield "a member", m.MemberAuth.create(call_id, BOB.dev, EID, seed("T2"), BOB.sign), None, b""
    yield "a welcome", log[2].welcome(seed("call secret")), None, b""
    yield "an ack", ack, BOB.seed_of_csk, CALL_ID
    kem_id = BOB.kem.kem_id
    key_box = m.KeyBox(
        eid=EID, sender=ADA.dev, to=BOB.dev, generation=1, kem_id=kem_id, sealed=sealed
    )
    yield "a key", key_box, None, b""
    numbers = {"epoch": 7, "term": 1, "acks": 2**63 | 5, "keys": 5, "reveals": 1}
    yield "a sync", m.Sync(eid=EID, digest=seed("digest"), **numbers), None, b""
    reveal = m.SasReveal(eid=EID, dev=BOB.dev, nonce=seed("nonce Bob"))
    yield "a nonce", reveal.signed(CALL_ID, BOB.sign), BOB.seed_of_csk, CALL_ID
    leave = m.SignedLeave(dev=BOB.dev, join_id=request.join_id).signed(CALL_ID, BOB.sign)
    yield "a farewell", leave, BOB.seed_of_csk, CALL_ID
    for kind in m.SignalKind:
        signal = m.Signal(
            eid=EID,
            sender=BOB.dev,
            to=ADA.dev,
            link_id=3,
            sequence=kind.value - 1,
            signal=kind,
            payload=b"payload",
        )
        yield kind.name.lower(), signal.signed(CALL_ID, BOB.sign), BOB.seed_of_csk, CALL_ID
    yield "a genesis", genesis, ADA.seed_of_d, call_id
    yield "a block that adds two", block, ADA.seed_of_csk, call_id
    yield "a block that removes two", later, ADA.seed_of_csk, call_id
    for roster in (log[3], log[4], log[5], log[-1]):
        what = " and ".join(OPERATIONS[type(each)] for each in roster.recent[-1].operations)
        yield f"a block with {what}", roster.recent[-1], ADA.seed_of_csk, call_id


def _message(example: tuple[str, Message, bytes | None, bytes]) -> Case:
    what, message, signer, call_id = example
    name = type(message).__name__
    found = fields_of(message)
    if isinstance(message, Genesis):
        found = {"suite": 5, **found}
    given: Case = {"name": name, "fields": found}
    if signer is not None:
        given |= {"signer": signer.hex(), "call_id": call_id.hex()}
    data = message.encode()
    if type(message).parse(data) != message:
        raise ValueError(f"{name} is not read as it was written")
    return case(f"{name}: {what}", given, {"type": message.kind, "bytes": data.hex()})


def messages_with_bytes() -> dict[str, bytes]:
    """Return one message of each type in bytes, by name."""
    found: dict[str, bytes] = {}
    for _, message, _, _ in _examples():
        found.setdefault(type(message).__name__, message.encode())
    return found


def _read() -> Iterator[Case]:
    for what, message, _, _ in _examples():
        found = fields_of(message)
        found = {"suite": 5, **found} if isinstance(message, Genesis) else found
        signature = message.signature if isinstance(message, SignedMessage) else b""
        gives = {"name": type(message).__name__, "fields": found, "signature": signature.hex()}
        yield case(f"{gives['name']}: {what}", {"bytes": message.encode().hex()}, gives)
        break
    for what, data in _malformed():
        given = {"bytes": data.hex()}
        try:
            _parse(data)
        except CryptoError:
            yield refused(what, given, "malformed")
        else:
            raise ValueError(f"not refused: {what}")


def _parse(data: bytes) -> None:
    kinds = {Genesis.kind: Genesis, Block.kind: Block}
    if data and data[0] in kinds:
        kinds[data[0]].parse(data)
    else:
        m.parse(data)


def _malformed() -> Iterator[tuple[str, bytes]]:
    yield "nothing", b""
    some = messages_with_bytes()
    data = some["SignedLeave"]
    yield "SignedLeave: cut off by a byte", data[:-1]
    yield "SignedLeave: with a byte behind", data + b"\0"
    yield "SignedLeave: of version 2", data[:1] + b"\2" + data[2:]
    yield "SignedLeave: a length one too high", _length(data, 1)
    yield "SignedLeave: a length one too low", _length(data, -1)
    yield "a type that does not exist", b"\x7f" + some["Denied"][1:]
    yield "Denied: a reason that does not exist", some["Denied"][:-1] + b"\0"
    yield "About: a flag that does not exist", some["About"][:-1] + b"\x80"
    title = b"Tea at four"
    for what, line in (
        ("a line feed", b"Tea\nat four"),
        ("a letter that turns the line round", b"Te\xe2\x80\xaet for"),
        ("bytes that are no UTF-8", b"Tea \xff four"),
        ("a lone surrogate", b"Tea \xed\xa0\x80ur "),
    ):
        yield f"About: a title with {what}", some["About"].replace(title, line)
    host, other = b"192.0.2.7", b"2001:db8::7"
    for what, address in (
        ("not in its canonical spelling", b"2001:DB8::7"),
        ("IPv4 dressed as IPv6", b"::ffff:1:23"),
        ("with a zone", b"fe80::1%eth"),
    ):
        yield f"JoinRequest: an address {what}", some["JoinRequest"].replace(other, address)
    yield "JoinRequest: a name of a host", some["JoinRequest"].replace(host, b"localhost")
    port = (47100).to_bytes(2, "big")
    yield "JoinRequest: port 0", some["JoinRequest"].replace(host + port, host + bytes(2))
    yield "JoinRequest: an empty name", some["JoinRequest"].replace(b"\3Bob", b"\3   ")
    yield (
        "Signal: a kind that does not exist",
        some["Signal"].replace(b"\1\0\7payload", b"\3\0\7payload"),
    )
    suite = some["Genesis"]
    yield "Genesis: another suite", suite[:7] + b"\4" + suite[8:]
    policy = bytes([0, 3, 8])
    yield "Genesis: a rule that does not exist", suite.replace(policy, b"\x80\3\x08")
    yield "Genesis: a meeting of one", suite.replace(policy, b"\0\3\1")
    yield "Genesis: a meeting of 31", suite.replace(policy, b"\0\3\x1f")


def _length(data: bytes, by: int) -> bytes:
    length = int.from_bytes(data[2:6], "big") + by
    return data[:2] + (length & 0xFFFFFFFF).to_bytes(4, "big") + data[6:]


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
                "request": member.request.encode().hex(),
            }
            for member in state.members
        ],
        "freed": [{"slot": slot, "epoch": epoch} for slot, epoch in state.freed],
        "removed": [dev.hex() for dev in sorted(state.removed)],
        "used": [each.hex() for each in sorted(state.used)],
    }


def _states() -> Iterator[Case]:
    log = _log()
    for roster in (log[0], log[2], log[3], log[6], log[-1]):
        state = roster.state
        gives = {"bytes": state.encode().hex(), "roster_hash": state.roster_hash.hex()}
        yield case(f"epoch {state.epoch}", state_fields(state), gives)


def _logs() -> Iterator[Case]:
    log = _log()
    blocks = log[-1].recent
    given = {
        "genesis": _genesis(log[0]).hex(),
        "blocks": [block.encode().hex() for block in blocks],
        "states": [roster.state.encode().hex() for roster in log[1:]],
    }
    gives = {"call_id": log[0].call_id.hex(), "eids": [roster.eid.hex() for roster in log]}
    yield case("people come, go, are removed; the meeting ends", given, gives)
    yield refused("a block left out", _without(given, 3), "fork")
    swapped = {**given, "states": [*given["states"][1:], given["states"][0]]}
    yield refused("another state than the block says", swapped, "roster_hash")


def _without(given: Case, place: int) -> Case:
    return {
        **given,
        "blocks": [*given["blocks"][:place], *given["blocks"][place + 1 :]],
        "states": [*given["states"][:place], *given["states"][place + 1 :]],
    }
