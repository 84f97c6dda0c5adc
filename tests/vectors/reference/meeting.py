"""Messages and the roster log, derived a second time from what is given."""

from vectors.reference import primitives as p
from vectors.reference import wire
from vectors.reference.fields import Bytes, Case, unhex
from vectors.reference.primitives import Refused


def messages(given: Case) -> Case:
    """A message of any type; whoever signs is given by the seed of the key."""
    kind = wire.number_of(given["name"])
    data = wire.pack(kind, wire.TYPES[kind].fields.write(given["fields"]))
    body = data[6:]
    if wire.TYPES[kind].signed:
        seed, call_id = unhex(given, "signer", "call_id")
        data += p.sign(seed, p.label("sig" + chr(kind), call_id, body))
    return {"type": kind, "bytes": data.hex()}


def read_messages(given: Case) -> Case:
    """The bytes of a message, taken apart or refused."""
    name, fields, signature = wire.read(bytes.fromhex(given["bytes"]))
    return {"name": name, "fields": fields, "signature": signature.hex()}


def states(given: Case) -> Case:
    """A state of the roster log."""
    written = wire.STATE.write(given)
    return {"bytes": written.hex(), "roster_hash": p.hashed("roster", written).hex()}


def logs(given: Case) -> Case:
    """A whole log: a genesis, its blocks, and the state after each."""
    genesis, *blocks = (bytes.fromhex(each) for each in (given["genesis"], *given["blocks"]))
    _, body, signature = wire.unpack(genesis)
    begin = wire.TYPES[48].fields.read(Bytes(body))
    call_id = p.hashed("genesis", body)
    p.verify(bytes.fromhex(begin["D"]), signature, p.label("sig" + chr(48), call_id, body))
    eids, leads = [call_id], bytes.fromhex(begin["CSK"])
    for data, state in zip(blocks, given["states"], strict=True):
        _, body, signature = wire.unpack(data)
        p.verify(leads, signature, p.label("sig" + chr(49), call_id, body))
        block = wire.TYPES[49].fields.read(Bytes(body))
        after = p.hashed("roster", bytes.fromhex(state)).hex()
        if (block["call_id"], block["prev"]) != (call_id.hex(), eids[-1].hex()):
            raise Refused("fork")
        if block["roster_hash"] != after:
            raise Refused("roster_hash")
        eids.append(p.hashed("block", body))
        leads = _key_of_the_leader(wire.STATE.read(Bytes(bytes.fromhex(state))))
    return {"call_id": call_id.hex(), "eids": [eid.hex() for eid in eids]}


def _key_of_the_leader(state: Case) -> bytes:
    requests = [wire.read(bytes.fromhex(member["request"]))[1] for member in state["members"]]
    devs = {p.dev(bytes.fromhex(each["D"])).hex(): each["CSK"] for each in requests}
    return bytes.fromhex(devs[state["leader"]])
