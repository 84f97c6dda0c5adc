"""How a device opens a meeting of its own: the genesis, the first block, the first seat."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from app.meeting.contacts import Contacts
from app.meeting.invitations import Invitations
from app.meeting.own_doors import OwnDoors
from app.meeting.seated import Seated
from crypto import hpke, sodium
from crypto.blocks import ROOM_ID_BYTES, Genesis
from crypto.door_keys import DoorKey
from crypto.epoch import GroupKeys, KemPair
from crypto.identity import Identity
from crypto.invite import Invite
from crypto.joining import CHALLENGE_BYTES, JOIN_ID_BYTES, NAME_BYTES, SECRET_BYTES, TITLE_BYTES
from crypto.messages import JoinRequest
from crypto.operations import Add
from crypto.policy import Policy, PolicyFlag
from crypto.roster import Roster
from crypto.sodium import Random
from crypto.vault_content import OpenInvite
from crypto.wire import Address


@dataclass(frozen=True)
class CallKey:
    """A device's signing key for one call (CSK); vouched for once by its identity."""

    public: bytes
    _secret: bytes = field(repr=False)

    @classmethod
    def create(cls, random: Random) -> "CallKey":
        """Make a new one."""
        return cls(*sodium.signing_keypair(random(sodium.SEED_BYTES)))

    def sign(self, context: bytes) -> bytes:
        """Return the signature over a context."""
        return sodium.sign(context, self._secret)

    @property
    def door(self) -> DoorKey:
        """The key by which other members find this device at a meeting point."""
        return DoorKey.of_call_key(self._secret)


@dataclass(frozen=True)
class Applicant:
    """A device that asks for a seat: its keys for this call, and what it says of itself."""

    identity: Identity
    call_key: CallKey
    kem: KemPair
    name: str
    addresses: tuple[Address, ...]
    doors: OwnDoors

    @classmethod
    def create(
        cls, identity: Identity, name: str, addresses: tuple[Address, ...], random: Random
    ) -> "Applicant":
        """Make new keys for one call."""
        kem = KemPair(random(hpke.SEED_BYTES))
        call_key = CallKey.create(random)
        doors = OwnDoors(call_key.door, identity.doors())
        return cls(identity, call_key, kem, name, addresses, doors)

    def request(self, call_id: bytes, challenge: bytes, random: Random) -> JoinRequest:
        """Return the signed request for a seat; at most four addresses go into it."""
        request = JoinRequest(
            call_id=call_id,
            device_key=self.identity.public,
            call_key=self.call_key.public,
            kem_public=self.kem.public,
            name=clipped(self.name, NAME_BYTES) or "?",
            addresses=self.addresses[:4],
            challenge=challenge,
            join_id=random(JOIN_ID_BYTES),
        )
        return request.signed(call_id, self.identity.sign)


@dataclass(frozen=True)
class Plan:
    """What the host decides before the meeting opens."""

    title: str
    lobby: bool = True
    visible: bool = False
    test_guest: bool = False
    password: str = field(default="", repr=False)  # empty: none; at most 128 bytes of UTF-8
    lan_only: bool = False  # nobody sends anything past the local networks
    reopen: bool = False  # under the links of the last meeting, if nobody came to end that one
    open_router: bool = False  # let people outside in through the own router


def clipped(text: str, limit: int) -> str:
    """Return one line of text that fits `limit` bytes of UTF-8, cut between characters."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line.encode("utf-8")[:limit].decode("utf-8", "ignore").strip()


def open_meeting(
    plan: Plan,
    host: Applicant,
    contacts: Contacts,
    wall: float,
    random: Random,
    *,
    kept: Iterable[OpenInvite] = (),
) -> tuple[Seated, Invite]:
    """Open a meeting: return the host's seat and the invitation for many.

    `kept` are the links of the last meeting, for a plan that is to reopen it.

    `wall` is the time of day in seconds since 1970. The identity signs the genesis and one
    join request here and is not needed again while the meeting lasts.
    """
    identity = host.identity
    links = kept if plan.reopen else ()
    invitations = Invitations(
        identity.public, host.addresses, wall, random, password=plan.password, kept=links
    )
    flags = PolicyFlag(0)
    for chosen, flag in (
        (plan.lobby, PolicyFlag.LOBBY),
        (plan.visible, PolicyFlag.VISIBLE),
        (plan.lan_only, PolicyFlag.LAN_ONLY),
        (bool(invitations.passwords.current), PolicyFlag.PASSWORD),
    ):
        flags |= flag if chosen else PolicyFlag(0)
    policy = Policy(flags)
    invite = invitations.for_many(policy)
    genesis = Genesis.create(
        identity.sign,
        room_id=invite.room_id[:ROOM_ID_BYTES],
        host_key=identity.public,
        host_call_key=host.call_key.public,
        nonce=random(32),
        title=clipped(plan.title, TITLE_BYTES),
        policy=policy,
        created_ms=int(wall * 1000),
    )
    request = host.request(genesis.call_id, random(CHALLENGE_BYTES), random)
    empty = Roster.from_genesis(genesis)
    _, roster = empty.propose([Add(request.encode())], int(wall * 1000), host.call_key.sign)
    seated = Seated(
        roster=roster,
        keys=GroupKeys(genesis.call_id, identity.dev, host.call_key.sign, host.kem, random),
        dev=identity.dev,
        join_id=request.join_id,
        sign=host.call_key.sign,
        doors=host.doors,
        call_secret=random(SECRET_BYTES),
        contacts=contacts,
        invitations=invitations,
        test_guest=plan.test_guest,
    )
    return seated, invite
