"""People with real keys, and a host's log of who is in, for tests of roster and keys."""

import random
from dataclasses import dataclass, field, replace

from crypto import sodium
from crypto.blocks import Block
from crypto.epoch import GroupKeys
from crypto.exchange import SignedLeave
from crypto.hpke import KemPair
from crypto.identity import Identity
from crypto.joining import JoinRequest
from crypto.operations import Add, Leave, Operation
from crypto.policy import Policy
from crypto.roster import Genesis, Roster

LAST_YEAR = 1_760_000_000_000  # milliseconds of Unix time
ROOM = bytes(range(16))


@dataclass
class Person:
    """One device with an identity, a call key and a first KEM pair."""

    name: str
    random: sodium.Random
    identity: Identity = field(init=False)
    call_key: bytes = field(init=False)
    kem: KemPair = field(init=False)

    def __post_init__(self) -> None:
        self.identity = Identity(self.random(32))
        self.call_key, self._call_secret = sodium.signing_keypair(self.random(32))
        self.kem = KemPair(self.random(32))

    @property
    def dev(self) -> bytes:
        return self.identity.dev

    def sign(self, context: bytes) -> bytes:
        return sodium.sign(context, self._call_secret)

    def request(self, call_id: bytes, **changes: object) -> JoinRequest:
        request = JoinRequest(
            call_id=call_id,
            device_key=self.identity.public,
            call_key=self.call_key,
            kem_public=self.kem.public,
            name=self.name,
            addresses=(("192.168.7.2", 47000), ("fd00::7", 47000)),
            challenge=self.random(16),
            join_id=self.random(16),
        )
        return replace(request, **changes).signed(call_id, self.identity.sign)

    def genesis(self, title: str = "Tea", policy: Policy | None = None) -> Genesis:
        return Genesis.create(
            self.identity.sign,
            room_id=ROOM,
            host_key=self.identity.public,
            host_call_key=self.call_key,
            nonce=self.random(32),
            title=title,
            policy=policy or Policy(),
            created_ms=LAST_YEAR,
        )

    def leave(self, roster: Roster) -> Leave:
        join_id = roster.members[self.dev].request.join_id
        leave = SignedLeave(dev=self.dev, join_id=join_id).signed(roster.call_id, self.sign)
        return Leave(leave.encode())

    def keys(self, call_id: bytes) -> GroupKeys:
        return GroupKeys(call_id, self.dev, self.sign, self.kem, self.random)


def people(*names: str, seed: int = 1) -> tuple[Person, ...]:
    """Return people whose keys depend on their names and the seed alone."""
    return tuple(
        Person(name, random.Random(f"{seed} {number} {name}").randbytes)
        for number, name in enumerate(names)
    )


def begin(host: Person, policy: Policy | None = None) -> Roster:
    """Return the roster in which the host sits alone."""
    roster = Roster.from_genesis(host.genesis(policy=policy))
    return step(roster, host, Add(host.request(roster.call_id).encode()))


def step(roster: Roster, host: Person, *operations: Operation) -> Roster:
    """Return the roster after one more block of the host, one second later."""
    return roster.propose(operations, roster.state.time_ms + 1000, host.sign)[1]


def seat(roster: Roster, host: Person, *newcomers: Person) -> Roster:
    """Return the roster after one block that seats the newcomers."""
    return step(roster, host, *(Add(one.request(roster.call_id).encode()) for one in newcomers))


def block_of(roster: Roster) -> bytes:
    """Return the newest block."""
    return roster.recent[-1].encode()


def forged_block(
    roster: Roster, signer: Person, *operations: Operation, **changes: object
) -> bytes:
    """Return a well-signed block that keeps none of the rules: what a hostile leader can make."""
    block = Block(
        call_id=roster.call_id,
        term=roster.term,
        epoch=roster.epoch + 1,
        prev=roster.eid,
        time_ms=roster.state.time_ms,
        leader=roster.leader,
        operations=operations,
        roster_hash=bytes(32),
    )
    return replace(block, **changes).signed(roster.call_id, signer.sign).encode()
