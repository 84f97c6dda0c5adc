"""The people in conclave.json, whose every key follows from a few words."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crypto import sodium
from crypto.hpke import KemPair
from crypto.identity import Identity
from crypto.joining import JoinRequest

Case = dict[str, Any]
XWING = json.loads((Path(__file__).parents[1] / "xwing.json").read_text(encoding="utf-8"))


def seed(words: str, size: int = 32) -> bytes:
    """Return bytes that follow from words: SHA-256, cut off."""
    return hashlib.sha256(f"conclave vectors: {words}".encode()).digest()[:size]


def source(*values: bytes) -> sodium.Random:
    """Return a source of random bytes that gives these values, one after the other."""
    left = list(values)

    def take(count: int) -> bytes:
        value = left.pop(0)
        if len(value) != count:
            raise ValueError(f"{count} bytes are asked for, {len(value)} come next")
        return value

    return take


@dataclass(frozen=True)
class Person:
    """A device; the first three have X-Wing keys of the draft, so boxes to them are known."""

    name: str
    number: int
    identity: Identity = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "identity", Identity(self.seed_of_d))

    @property
    def seed_of_d(self) -> bytes:
        return seed(f"{self.name} D")

    @property
    def seed_of_csk(self) -> bytes:
        return seed(f"{self.name} CSK")

    @property
    def dev(self) -> bytes:
        return self.identity.dev

    @property
    def public(self) -> bytes:
        return self.identity.public

    @property
    def csk(self) -> bytes:
        return sodium.signing_keypair(self.seed_of_csk)[0]

    @property
    def kem(self) -> KemPair:
        if self.number < len(XWING):
            return KemPair(bytes.fromhex(XWING[self.number]["sk"]))
        return KemPair(seed(f"{self.name} X-Wing"))

    def sign(self, context: bytes) -> bytes:
        """Sign by CSK."""
        return sodium.sign(context, sodium.signing_keypair(self.seed_of_csk)[1])

    def request(self, call_id: bytes, **changes: Any) -> JoinRequest:
        """Return the signed request of this person."""
        fields: dict[str, Any] = {
            "call_id": call_id,
            "device_key": self.public,
            "call_key": self.csk,
            "kem_public": self.kem.public,
            "name": self.name,
            "addresses": (("192.0.2.7", 47100), ("2001:db8::7", 47100)),
            "challenge": seed(f"{self.name} challenge", 16),
            "join_id": seed(f"{self.name} join id", 16),
        }
        return JoinRequest(**(fields | changes)).signed(call_id, self.identity.sign)


ADA, BOB, CY, DAN = (
    Person(name, number) for number, name in enumerate(("Ada", "Bob", "Cy", "Dan"))
)


def case(what: str, given: Case, gives: Case) -> Case:
    """One thing that holds."""
    return {"what": what, "given": given, "gives": gives}


def refused(what: str, given: Case, reason: str) -> Case:
    """One thing that must be refused."""
    return {"what": what, "given": given, "refused": reason}


def section(about: str, cases: Iterable[Case], given: Case | None = None) -> Case:
    """One section of the file; what is `given` there is given in every case."""
    return {"about": about, **({"given": given} if given else {}), "cases": list(cases)}
