"""The roster log a second time: which block is accepted, and what it makes of the state."""

from typing import Any

from vectors.reference import primitives as p
from vectors.reference import wire
from vectors.reference.fields import Bytes, Case
from vectors.reference.primitives import Refused

GUEST, PARTICIPANT, PRESENTER, CO_HOST, HOST = range(5)
LOBBY, LOCKED, CHAT_OFF, LAN_ONLY = 1, 4, 8, 64
BY_HOST = 1
HISTORY = 12_288  # bytes of join ids and removed devices


def logs(given: Case) -> Case:
    """A whole log: from a genesis and its blocks to the state after the last."""
    genesis = bytes.fromhex(given["genesis"])
    _, body, signature = wire.unpack(genesis)
    begin = wire.TYPES[48].fields.read(Bytes(body))
    call_id = p.hashed("genesis", body)
    p.verify(bytes.fromhex(begin["D"]), signature, p.label("sig" + chr(48), call_id, body))
    state = _first_state(begin)
    eids, hashes = [call_id], []
    last = [given["block"]] if "block" in given else []
    for data in [*given["blocks"], *last]:
        state = accepted(state, begin, eids[-1], bytes.fromhex(data), call_id)
        hashes.append(p.hashed("roster", wire.STATE.write(state)).hex())
        eids.append(p.hashed("block", wire.unpack(bytes.fromhex(data))[1]))
    return {
        "call_id": call_id.hex(),
        "eids": [eid.hex() for eid in eids],
        "roster_hashes": hashes,
        "state": wire.STATE.write(state).hex(),
    }


def blocks(given: Case) -> Case:
    """One block more, on a log that is given in the section."""
    found = logs(given)
    return {"eid": found["eids"][-1], "roster_hash": found["roster_hashes"][-1]}


def accepted(state: Case, genesis: Case, eid: bytes, data: bytes, call_id: bytes) -> Case:
    """Return the state after a block that stands on the newest one, or refuse it."""
    _, body, signature = wire.unpack(data)
    block = wire.TYPES[49].fields.read(inner := Bytes(body))
    inner.end()
    takeover = block["operations"][0]["operation"] == "TAKEOVER"
    fits = (block["call_id"], block["prev"]) == (call_id.hex(), eid.hex())
    fits = fits and block["epoch"] == state["epoch"] + 1 and block["time"] >= state["time"]
    if not fits or (block["term"] <= state["term"] if takeover else block["term"] != state["term"]):
        raise Refused("rule")
    signer = _call_key(state, block["leader"]) if state["members"] else genesis["CSK"]
    p.verify(bytes.fromhex(signer), signature, p.label("sig" + chr(49), call_id, body))
    _demand(not state["ended"])
    _demand(takeover or block["leader"] == state["leader"])
    freed = [entry for entry in state["freed"] if block["epoch"] - entry["epoch"] < 8]
    before = state
    state = {**state, **{name: block[name] for name in ("epoch", "time")}, "freed": freed}
    for place, operation in enumerate(block["operations"]):
        _demand(not state["ended"] and (block["leader"] == state["leader"] or place == 0))
        match operation:
            case {"operation": "TAKEOVER", "votes": votes}:
                _demand(place == 0)
                state = _take_over(before, state, votes, block, call_id)
            case _:
                state = _after(state, operation, genesis, call_id)
    _demand(any(member["role"] == HOST for member in state["members"]))
    if block["roster_hash"] != p.hashed("roster", wire.STATE.write(state)).hex():
        raise Refused("roster_hash")
    return state


def _demand(fact: bool) -> None:
    if not fact:
        raise Refused("rule")


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


def _after(state: Case, operation: Case, genesis: Case, call_id: bytes) -> Case:
    match operation:
        case {"operation": "ADD", "request": request, "role": role}:
            return _add(state, request, role, genesis, call_id)
        case {"operation": "LEAVE", "leave": leave}:
            fields = _said(state, leave, call_id)
            seat = _seat(state, fields["dev"])
            _demand(fields["dev"] != state["leader"])
            _demand(_request(seat)["join_id"] == fields["join_id"])
            return _without(state, fields["dev"])
        case {"operation": "ORDERED", "order": order}:
            fields = _said(state, order, call_id)
            seat = _seat(state, fields["dev"])
            _demand(seat["role"] >= CO_HOST and fields["number"] > seat["last_order"])
            _demand(fields["operation"].get("reason", BY_HOST) == BY_HOST)
            state = _changed(state, fields["dev"], last_order=fields["number"])
            return _ruled(state, fields["operation"], seat["role"])
        case {"operation": "ROLE", "dev": dev, "role": role}:
            _demand(dev != state["leader"] and role < HOST)
            return _changed(state, dev, role=role)
        case {"operation": "HAND_OVER", "dev": dev}:
            _demand(dev != state["leader"])
            return _led_by(state, dev)
        case {"operation": "END"}:
            return {**state, "ended": 1}
        case {"operation": "REKEY"}:
            return state
    return _ruled(state, operation, HOST)


def _ruled(state: Case, operation: Case, by: int) -> Case:
    """What a host does, and what a co-host may order."""
    match operation:
        case {"operation": "REMOVE", "dev": dev, "reason": reason}:
            _demand(_seat(state, dev)["role"] < by)
            removed = {*state["removed"], *([dev] if reason == BY_HOST else [])}
            return {**_without(state, dev), "removed": sorted(removed)}
        case {"operation": "CHAT", "dev": dev, "allowed": allowed}:
            _demand(_seat(state, dev)["role"] < by)
            return _changed(state, dev, chat_allowed=allowed)
        case {"operation": "POLICY", "policy": policy}:
            before = state["policy"]
            different = before["flags"] ^ policy["flags"]
            _demand(not different & LAN_ONLY)
            few = not different & ~(LOBBY | LOCKED | CHAT_OFF)
            same_size = before["most_people"] == policy["most_people"]
            _demand(by == HOST or (few and same_size))
            return {**state, "policy": policy}
    raise Refused("rule")


def _take_over(before: Case, state: Case, votes: list[str], block: Case, call_id: bytes) -> Case:
    voters = set()
    for data in votes:
        fields = _said(before, data, call_id)
        wanted = {
            "dev": fields["dev"],
            "term": block["term"],
            "candidate": block["leader"],
            "last_term": before["term"],
            "last_epoch": before["epoch"],
            "last_eid": block["prev"],
        }
        _demand(fields == wanted and fields["dev"] not in voters)
        voters.add(fields["dev"])
    _demand(2 * len(voters) > len(before["members"]))
    return _led_by({**state, "term": block["term"]}, block["leader"])


def _add(state: Case, data: str, role: int, genesis: Case, call_id: bytes) -> Case:
    name, request, signature = wire.read(bytes.fromhex(data))
    if name != "JoinRequest":
        raise Refused("malformed")
    device = bytes.fromhex(request["D"])
    _, body, _ = wire.unpack(bytes.fromhex(data))
    if request["call_id"] != call_id.hex():
        raise Refused("forged")
    p.verify(device, signature, p.label("sig" + chr(20), call_id, body))
    p.check_xwing(bytes.fromhex(request["kem_public"]))
    dev = p.dev(device).hex()
    opens = dev == state["leader"]
    if opens and request["CSK"] != genesis["CSK"]:
        raise Refused("forged")
    seated = [_request(member) for member in state["members"]]
    used = p.hashed("join", call_id, bytes.fromhex(request["join_id"]))[:8].hex()
    _demand(role <= PRESENTER and dev not in state["removed"] and used not in state["used"])
    _demand(all(request["D"] != other["D"] and request["CSK"] != other["CSK"] for other in seated))
    _demand(opens or not state["policy"]["flags"] & LOCKED)
    _demand(len(seated) < state["policy"]["most_people"])
    _demand(8 * (len(state["used"]) + 1) + 16 * len(state["removed"]) <= HISTORY)
    taken = {entry["slot"] for name in ("members", "freed") for entry in state[name]}
    free = [slot for slot in range(64) if slot not in taken]
    _demand(bool(free))
    member = {
        "slot": free[0],
        "role": HOST if opens else role,
        "joined_epoch": state["epoch"],
        "chat_allowed": 1,
        "last_order": 0,
        "request": data,
    }
    return {
        **state,
        "members": sorted([*state["members"], member], key=lambda each: each["slot"]),
        "used": sorted([*state["used"], used]),
    }


def _without(state: Case, dev: str) -> Case:
    gone = _seat(state, dev)
    _demand(dev != state["leader"])
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
    raise Refused("rule")


def _request(member: Case) -> Case:
    return wire.read(bytes.fromhex(member["request"]))[1]


def _call_key(state: Case, dev: str) -> str:
    return str(_request(_seat(state, dev))["CSK"])


def _said(state: Case, data: str, call_id: bytes) -> Case:
    """Return the fields of what a member signed by CSK."""
    kind, body, signature = wire.unpack(bytes.fromhex(data))
    _, fields, _ = wire.read(bytes.fromhex(data))
    signed = p.label("sig" + chr(kind), call_id, body)
    p.verify(bytes.fromhex(_call_key(state, fields["dev"])), signature, signed)
    return fields
