"""How messages and operations stand in JSON, their fields under the names of PROTOCOL.md."""

from dataclasses import fields
from enum import IntEnum
from typing import Any

from vectors.making.cast import Case

from crypto import messages as m
from crypto.operations import (
    Add,
    End,
    HandOver,
    Leave,
    Operation,
    Ordered,
    Rekey,
    Remove,
    SetChat,
    SetPolicy,
    SetRole,
    Takeover,
)
from crypto.policy import Policy

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
    Takeover: "TAKEOVER",
    End: "END",
    HandOver: "HAND_OVER",
    SetChat: "CHAT",
    Ordered: "ORDERED",
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
        case m.Visitor() | m.Server():
            return fields_of(value)
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
