"""Every object of PROTOCOL.md, field by field, written down a second time."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vectors.reference.fields import (
    Addresses,
    Bytes,
    Field,
    Fixed,
    Line,
    Many,
    Number,
    OneServer,
    Record,
    Tagged,
    Text,
    Vec,
)
from vectors.reference.primitives import Refused

BODY = 65_466  # bytes of a body at most
BLOCK = 32_731  # bytes of a block at most

POLICY = Record({"flags": Number(2, flags=127), "most_people": Number(1, among=range(2, 31))})
ROLE = Number(1, among=range(5))
YES_OR_NO = Number(1, among=(0, 1))

_OPERATIONS: dict[int, tuple[str, Record]] = {
    1: ("ADD", Record({"request": Vec(2048), "role": ROLE})),
    2: ("REMOVE", Record({"dev": Fixed(16), "reason": Number(1, among=(1, 2, 3))})),
    3: ("LEAVE", Record({"leave": Vec(256)})),
    4: ("ROLE", Record({"dev": Fixed(16), "role": ROLE})),
    5: ("POLICY", Record({"policy": POLICY})),
    6: ("REKEY", Record({})),
    7: ("TAKEOVER", Record({"votes": Many(30, Vec(255))})),
    8: ("END", Record({})),
    9: ("HAND_OVER", Record({"dev": Fixed(16)})),
    10: ("CHAT", Record({"dev": Fixed(16), "allowed": YES_OR_NO})),
    11: ("ORDERED", Record({"order": Vec(255)})),
}
OPERATION = Tagged(_OPERATIONS, 8192)
ORDERABLE = Tagged({kind: _OPERATIONS[kind] for kind in (2, 5, 10)}, 8192)

STATE = Record(
    {
        "epoch": Number(8),
        "term": Number(4),
        "time": Number(8),
        "leader": Fixed(16),
        "ended": YES_OR_NO,
        "policy": POLICY,
        "members": Many(
            30,
            Record(
                {
                    "slot": Number(1, among=range(64)),
                    "role": ROLE,
                    "joined_epoch": Number(8),
                    "chat_allowed": YES_OR_NO,
                    "last_order": Number(4),
                    "request": Vec(2048),
                }
            ),
        ),
        "freed": Many(64, Record({"slot": Number(1, among=range(64)), "epoch": Number(8)})),
        "removed": Many(768, Fixed(16), 2),
        "used": Many(1536, Fixed(8), 2),
    }
)

VAULT_CONTENT = Record(
    {
        "version": Number(1, among=(1,)),
        "seed": Fixed(32),
        "pins": Many(
            4096,
            Record(
                {
                    "dev": Fixed(16),
                    "D": Fixed(32),
                    "name": Text(64),
                    "first_seen": Number(8),
                    "verified": Number(1, among=(0, 1, 2)),
                    "verified_when": Number(8),
                }
            ),
            2,
        ),
        "contact_secrets": Many(4096, Record({"dev": Fixed(16), "secret": Fixed(32)}), 2),
        "open_invitations": Many(
            256,
            Record(
                {
                    "label": Text(120),
                    "flags": Number(1, flags=7),
                    "expiry": Number(4),
                    "room_seed": Fixed(16),
                    "secret": Fixed(16),
                    "uses": Number(2),
                    "bound": Many(1, Fixed(16)),
                }
            ),
            2,
        ),
        "proofs": Many(
            4,
            Record(
                {
                    "kept": Number(8),
                    "voucher": Vec(2048),
                    "first": Vec(65535),
                    "second": Vec(65535),
                }
            ),
        ),
    }
)


@dataclass(frozen=True)
class Type:
    """One type of message; `signed` if a signature of 64 bytes stands behind its body."""

    name: str
    fields: Record
    signed: bool = False


def _type(name: str, fields: Mapping[str, Field], signed: bool = False) -> Type:
    return Type(name, Record(fields), signed)


TYPES: dict[int, Type] = {
    1: _type(
        "Hello",
        {"versions": Vec(8), "n_I": Fixed(16), "tag": Fixed(8), "proof_I": Fixed(32)},
    ),
    2: _type(
        "HelloAck",
        {
            "version": Number(1, among=(1,)),
            "n_R": Fixed(16),
            "proof_R": Fixed(32),
            "body": Vec(3072),
            "signature": Fixed(64),
        },
    ),
    3: _type("Deny", {}),
    4: _type("PasswordShare", {"Y_R": Fixed(32)}),
    5: _type("PasswordProof", {"Y_I": Fixed(32), "tag_I": Fixed(32)}),
    6: _type("PasswordAccepted", {"tag_R": Fixed(32)}),
    7: _type("PasswordRefused", {"left": Number(1), "proof": Fixed(32)}),
    8: _type("Closed", {"reason": Number(1, among=(1,)), "n": Fixed(16), "proof": Fixed(32)}),
    16: _type("Denied", {"reason": Number(1, among=range(1, 11))}),
    17: _type(
        "About",
        {
            "title": Line(120),
            "host_name": Line(64),
            "people": Number(1),
            "flags": Number(1, flags=7),
        },
    ),
    18: _type("HostBody", {"genesis": Vec(1024), "about": Vec(255), "request": Vec(2048)}),
    19: _type("MemberBody", {"dev": Fixed(16)}),
    20: _type(
        "JoinRequest",
        {
            "call_id": Fixed(32),
            "D": Fixed(32),
            "CSK": Fixed(32),
            "kem_public": Fixed(1216),
            "name": Line(64, empty=False),
            "capabilities": Number(4),
            "addresses": Addresses(4),
            "challenge": Fixed(16),
            "join_id": Fixed(16),
        },
        signed=True,
    ),
    21: _type("Join", {"request": Vec(2048), "auth": Fixed(64)}),
    22: _type(
        "MemberAuth",
        {"call_id": Fixed(32), "dev": Fixed(16), "eid": Fixed(32), "auth": Fixed(64)},
    ),
    23: _type(
        "Welcome",
        {
            "genesis": Vec(1024),
            "state": Vec(BODY),
            "block": Vec(BODY),
            "call_secret": Fixed(32),
        },
    ),
    32: _type(
        "Ack",
        {
            "eid": Fixed(32),
            "dev": Fixed(16),
            "g": Number(4),
            "commitment": Fixed(32),
            "next_kem": Fixed(1216),
            "sas_commitment": Fixed(32),
        },
        signed=True,
    ),
    33: _type(
        "KeyBox",
        {
            "eid": Fixed(32),
            "from": Fixed(16),
            "to": Fixed(16),
            "g": Number(4),
            "kem_id": Fixed(8),
            "sealed": Fixed(1168),
        },
    ),
    34: _type(
        "Sync",
        {
            "eid": Fixed(32),
            "epoch": Number(8),
            "term": Number(4),
            "acks": Number(8),
            "keys": Number(8),
            "reveals": Number(8),
            "digest": Fixed(32),
        },
    ),
    35: _type("SasReveal", {"eid": Fixed(32), "dev": Fixed(16), "n": Fixed(32)}, signed=True),
    36: _type("SignedLeave", {"dev": Fixed(16), "join_id": Fixed(16)}, signed=True),
    37: _type(
        "Signal",
        {
            "eid": Fixed(32),
            "from": Fixed(16),
            "to": Fixed(16),
            "link_id": Number(4),
            "sequence": Number(4),
            "kind": Number(1, among=(1, 2, 3, 4)),
            "payload": Vec(8192),
        },
        signed=True,
    ),
    38: _type(
        "Vote",
        {
            "dev": Fixed(16),
            "term": Number(4),
            "candidate": Fixed(16),
            "last_term": Number(4),
            "last_epoch": Number(8),
            "last_eid": Fixed(32),
        },
        signed=True,
    ),
    39: _type("Ask", {"what": Number(1, among=range(1, 5))}),
    40: _type(
        "Order", {"dev": Fixed(16), "number": Number(4), "operation": ORDERABLE}, signed=True
    ),
    41: _type("ContactHalf", {"half": Fixed(32)}),
    42: _type(
        "LobbyNews",
        {"visitors": Many(64, Record({"join_id": Fixed(16), "D": Fixed(32), "name": Line(64)}))},
    ),
    43: _type("Verdict", {"join_id": Fixed(16), "admit": YES_OR_NO}),
    44: _type(
        "Servers",
        {
            "servers": Many(16, OneServer()),
            "username": Line(64, ascii_only=True),
            "password": Line(64, ascii_only=True),
            "expiry": Number(8),
        },
    ),
    48: _type(
        "Genesis",
        {
            "suite": Number(2, among=(5,)),
            "room_id": Fixed(16),
            "D": Fixed(32),
            "CSK": Fixed(32),
            "nonce": Fixed(32),
            "title": Line(120),
            "policy": POLICY,
            "created": Number(8),
        },
        signed=True,
    ),
    49: _type(
        "Block",
        {
            "call_id": Fixed(32),
            "term": Number(4),
            "epoch": Number(8),
            "prev": Fixed(32),
            "time": Number(8),
            "leader": Fixed(16),
            "operations": Many(64, OPERATION, at_least=1),
            "roster_hash": Fixed(32),
        },
        signed=True,
    ),
    50: _type("Evidence", {"first": Vec(BLOCK), "second": Vec(BLOCK)}),
}


def pack(kind: int, body: bytes) -> bytes:
    """Put the envelope around a body, without the signature."""
    if len(body) > BODY:
        raise Refused("malformed")
    return bytes([kind, 1]) + len(body).to_bytes(4, "big") + body


def unpack(data: bytes) -> tuple[int, bytes, bytes]:
    """Return type, body and signature of a message."""
    head = Bytes(data)
    kind, version, length = head.number(1), head.number(1), head.number(4)
    if kind not in TYPES or version != 1 or length > BODY:
        raise Refused("malformed")
    body = head.take(length)
    signature = head.take(64 if TYPES[kind].signed else 0)
    head.end()
    return kind, body, signature


def read(data: bytes) -> tuple[str, dict[str, Any], bytes]:
    """Return name, fields and signature of a message; refuse what is none."""
    kind, body, signature = unpack(data)
    rest = Bytes(body)
    fields = TYPES[kind].fields.read(rest)
    rest.end()
    return TYPES[kind].name, fields, signature


def message(name: str, **fields: Any) -> bytes:
    """Return an unsigned message from its fields."""
    kind = number_of(name)
    return pack(kind, TYPES[kind].fields.write(fields))


def number_of(name: str) -> int:
    """Return the type byte of a message."""
    (kind,) = [kind for kind, found in TYPES.items() if found.name == name]
    return kind
