"""Messages and states, written and read a second time."""

import base64
import hashlib
import hmac

from vectors.reference import primitives as p
from vectors.reference import wire
from vectors.reference.fields import Case, unhex


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


def credentials(given: Case) -> Case:
    """What a relay is shown (coturn's use-auth-secret)."""
    secret, call_id, dev = unhex(given, "secret", "call_id", "dev")
    username = f"{given['expiry']}:{p.hashed('relay', call_id, dev)[:8].hex()}"
    mac = hmac.new(secret, username.encode(), hashlib.sha1).digest()
    return {"username": username, "password": base64.b64encode(mac).decode()}


def states(given: Case) -> Case:
    """A state of the roster log."""
    written = wire.STATE.write(given)
    return {"bytes": written.hex(), "roster_hash": p.hashed("roster", written).hex()}
