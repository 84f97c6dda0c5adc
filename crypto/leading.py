"""Who leads a meeting, and what vouches for the key that signs its blocks."""

from dataclasses import dataclass, field
from typing import Self

from crypto.blocks import Evidence, Genesis
from crypto.errors import ForgedError
from crypto.identity import device_id
from crypto.joining import HostBody, JoinRequest


@dataclass(frozen=True)
class Leader:
    """A device that leads, its call key, and the object in which D vouches for that key."""

    device_key: bytes  # D
    call_key: bytes  # CSK
    voucher: bytes = field(repr=False, compare=False)
    """The genesis if this device opened the meeting, else its JoinRequest."""

    @property
    def dev(self) -> bytes:
        """The device's short id."""
        return device_id(self.device_key)

    @classmethod
    def founder(cls, genesis: Genesis) -> Self:
        """Return who opened a meeting; whether the genesis is signed is for its `check`."""
        return cls(genesis.host_key, genesis.host_call_key, genesis.encode())

    @classmethod
    def successor(cls, request: JoinRequest) -> Self:
        """Return somebody who came later and leads now."""
        return cls(request.device_key, request.call_key, request.encode())

    @classmethod
    def shown(cls, body: HostBody) -> tuple[Genesis, Self]:
        """Return the meeting that a host's answer is about, and who says to lead it.

        Raises MalformedError or ForgedError unless genesis and request are good. The caller still
        compares D with the one it expects, and verifies the answer with the call key.
        """
        genesis = Genesis.parse(body.genesis)
        genesis.check()
        if not body.request:
            return genesis, cls.founder(genesis)
        request = JoinRequest.parse(body.request)
        request.check(genesis.call_id)
        return genesis, cls.successor(request)


def convicted(voucher: bytes, evidence: Evidence) -> Leader:
    """Return who is proven to have shown two rosters, for somebody who was not there.

    `voucher` is what a `Leader` holds. Raises MalformedError or ForgedError if it proves nothing.
    """
    if voucher[:1] == bytes([Genesis.kind]):
        genesis = Genesis.parse(voucher)
        genesis.check()
        call_id, leader = genesis.call_id, Leader.founder(genesis)
    else:
        request = JoinRequest.parse(voucher)
        request.check(request.call_id)
        call_id, leader = request.call_id, Leader.successor(request)
    evidence.check(leader.call_key, call_id)
    if evidence.accused != leader.dev:
        raise ForgedError("the blocks are by somebody else")
    return leader
