"""The roster log a second time: what each block makes of the state. Not every rule is here."""

from typing import Any

from vectors.reference import primitives as p
from vectors.reference import wire
from vectors.reference.fields import Bytes, Case
from vectors.reference.primitives import Refused

HOST, CO_HOST = 4, 3


def logs(given: Case) -> Case:
    """A whole log: from a genesis and its blocks to the state after the last."""
    genesis = bytes.fromhex(given["genesis"])
    _, body, signature = wire.unpack(genesis)
    begin = wire.TYPES[48].fields.read(Bytes(body))
    call_id = p.hashed("genesis", body)
    p.verify(bytes.fromhex(begin["D"]), signature, p.label("sig" + chr(48), call_id, body))
    state = _first_state(begin)
    eids, hashes = [call_id], []
    for data in given["blocks"]:
        _, body, signature = wire.unpack(bytes.fromhex(data))
        block = wire.TYPES[49].fields.read(Bytes(body))
        if (block["call_id"], block["prev"]) != (call_id.hex(), eids[-1].hex()):
            raise Refused("fork")
        signer = _call_key(state, block["leader"]) if state["members"] else begin["CSK"]
        p.verify(bytes.fromhex(signer), signature, p.label("sig" + chr(49), call_id, body))
        state = after(state, block, call_id)
        hashes.append(p.hashed("roster", wire.STATE.write(state)).hex())
        if block["roster_hash"] != hashes[-1]:
            raise Refused("roster_hash")
        eids.append(p.hashed("block", body))
    return {
        "call_id": call_id.hex(),
        "eids": [eid.hex() for eid in eids],
        "roster_hashes": hashes,
        "state": wire.STATE.write(state).hex(),
    }


def after(state: Case, block: Case, call_id: bytes) -> Case:
    """Return the state after a block that the rules allow."""
    freed = [entry for entry in state["freed"] if block["epoch"] - entry["epoch"] < 8]
    state = {**state, **{name: block[name] for name in ("epoch", "time")}, "freed": freed}
    for operation in block["operations"]:
        state = _after_one(state, operation, block, call_id)
    return state


def _first_state(genesis: Case) -> Case:
    return {
        "epoch": 0,
        "term": 0,
        "time": genesis["created"],
        "leader": p.dev(bytes.fromhex(genesis["D"])).hex(),
        "ended": 0,
        "policy": genesis["policy"],
        "members": [],
        "freed": [],
        "removed": [],
        "used": [],
    }


def _after_one(state: Case, operation: Case, block: Case, call_id: bytes) -> Case:
    match operation:
        case {"operation": "ADD", "request": request, "role": role}:
            return _add(state, request, role, call_id)
        case {"operation": "LEAVE", "leave": leave}:
            _, fields, signature = wire.read(bytes.fromhex(leave))
            _check(state, fields["dev"], leave, signature, call_id)
            return _without(state, fields["dev"])
        case {"operation": "ORDERED", "order": order}:
            _, fields, signature = wire.read(bytes.fromhex(order))
            _check(state, fields["dev"], order, signature, call_id)
            state = _changed(state, fields["dev"], last_order=fields["number"])
            return _after_one(state, fields["operation"], block, call_id)
        case {"operation": "REMOVE", "dev": dev, "reason": reason}:
            removed = sorted({*state["removed"], dev}) if reason == 1 else state["removed"]
            return {**_without(state, dev), "removed": removed}
        case {"operation": "ROLE", "dev": dev, "role": role}:
            return _changed(state, dev, role=role)
        case {"operation": "CHAT", "dev": dev, "allowed": allowed}:
            return _changed(state, dev, chat_allowed=allowed)
        case {"operation": "POLICY", "policy": policy}:
            return {**state, "policy": policy}
        case {"operation": "TAKEOVER", "votes": votes}:
            for vote in votes:
                _, fields, signature = wire.read(bytes.fromhex(vote))
                _check(state, fields["dev"], vote, signature, call_id)
            return _led_by({**state, "term": block["term"]}, block["leader"])
        case {"operation": "HAND_OVER", "dev": dev}:
            return _led_by(state, dev)
        case {"operation": "END"}:
            return {**state, "ended": 1}
    return state


def _add(state: Case, request: str, role: int, call_id: bytes) -> Case:
    _, fields, _ = wire.read(bytes.fromhex(request))
    dev = p.dev(bytes.fromhex(fields["D"])).hex()
    taken = {entry["slot"] for name in ("members", "freed") for entry in state[name]}
    member = {
        "slot": next(slot for slot in range(64) if slot not in taken),
        "role": HOST if dev == state["leader"] else role,
        "joined_epoch": state["epoch"],
        "chat_allowed": 1,
        "last_order": 0,
        "request": request,
    }
    used = p.hashed("join", call_id, bytes.fromhex(fields["join_id"]))[:8].hex()
    return {
        **state,
        "members": sorted([*state["members"], member], key=lambda each: each["slot"]),
        "used": sorted([*state["used"], used]),
    }


def _without(state: Case, dev: str) -> Case:
    gone = _seat(state, dev)
    freed = [*state["freed"], {"slot": gone["slot"], "epoch": state["epoch"]}]
    return {
        **state,
        "members": [member for member in state["members"] if member is not gone],
        "freed": sorted(freed, key=lambda entry: entry["slot"]),
    }


def _led_by(state: Case, dev: str) -> Case:
    if dev == state["leader"]:
        return state
    state = _changed(state, state["leader"], role=CO_HOST)
    return {**_changed(state, dev, role=HOST), "leader": dev}


def _changed(state: Case, dev: str, **changes: Any) -> Case:
    seat = _seat(state, dev)
    members = [{**each, **changes} if each is seat else each for each in state["members"]]
    return {**state, "members": members}


def _seat(state: Case, dev: str) -> Case:
    for member in state["members"]:
        if p.dev(bytes.fromhex(_request(member)["D"])).hex() == dev:
            found: Case = member
            return found
    raise Refused("not_member")


def _request(member: Case) -> Case:
    return wire.read(bytes.fromhex(member["request"]))[1]


def _call_key(state: Case, dev: str) -> str:
    return str(_request(_seat(state, dev))["CSK"])


def _check(state: Case, dev: str, data: str, signature: bytes, call_id: bytes) -> None:
    kind, body, _ = wire.unpack(bytes.fromhex(data))
    signed = p.label("sig" + chr(kind), call_id, body)
    p.verify(bytes.fromhex(_call_key(state, dev)), signature, signed)
