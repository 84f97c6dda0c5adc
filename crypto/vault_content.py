"""What stands in the vault: this device's identity, whom it knows, what doors it has open."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Final, Self

from crypto.errors import MalformedError
from crypto.identity import DEVICE_ID_BYTES, device_id
from crypto.invite import SECRET_BYTES as INVITE_SECRET_BYTES
from crypto.invite import SEED_BYTES as ROOM_SEED_BYTES
from crypto.invite import InviteFlag
from crypto.sodium import PUBLIC_KEY_BYTES, SEED_BYTES
from crypto.wire import Reader, Writer

VERSION: Final = 1
MOST_PINS: Final = 4096
MOST_INVITES: Final = 256
MOST_PROOFS: Final = 4  # the newest; one has at most 70 kB
NAME_BYTES: Final = 64  # UTF-8
LABEL_BYTES: Final = 120  # UTF-8
CONTACT_SECRET_BYTES: Final = 32
ALL_INVITE_FLAGS: Final = InviteFlag.PASSWORD | InviteFlag.LOBBY | InviteFlag.SINGLE_USE
AS_GUEST: Final = 8  # beside the flags of an invitation; not told in the link
MOST_USES: Final = 65_535
VOUCHER_BYTES: Final = 2048  # as long as a join request may be
SIGNED_BYTES: Final = 65_535  # more than a block is long


class Verified(IntEnum):
    """How people made sure that a key is whose they think."""

    NOT_YET = 0
    CODE = 1  # the code of a call, read aloud
    NUMBER = 2  # the safety number of two devices, or a camera


@dataclass(frozen=True, slots=True)
class Pin:
    """A device that was met: its Ed25519 public key, the name it used, how well it is known.

    Times in seconds since 1970, UTC.
    """

    public_key: bytes
    name: str
    first_seen: int
    verified: Verified = Verified.NOT_YET
    verified_when: int = 0

    @property
    def dev(self) -> bytes:
        """The 16 bytes that name the device."""
        return device_id(self.public_key)


@dataclass(frozen=True, slots=True)
class OpenInvite:
    """A link to the meeting that this device holds, kept until the meeting is over.

    So a host whose program died can open the same room to the same links again. `expiry` in
    seconds since 1970, UTC; `bound` is the device that came first with a link for one, empty while
    none has.
    """

    label: str
    flags: InviteFlag
    expiry: int
    room_seed: bytes = field(repr=False)
    secret: bytes = field(repr=False)
    uses: int = 0
    bound: bytes = b""
    as_guest: bool = False


@dataclass(frozen=True, slots=True)
class Proof:
    """Two blocks by which a leader showed people two rosters, and what vouches for its key.

    Enough for somebody who was not there: see `crypto.leading.convicted`. `kept` in seconds since
    1970, UTC.
    """

    kept: int
    voucher: bytes  # the genesis, or the leader's join request
    first: bytes
    second: bytes


@dataclass(frozen=True, slots=True)
class Secrets:
    """Everything that this device keeps in its vault.

    `pins` and `contact_secrets` by the 16 bytes of a device; a contact secret has 32 bytes.
    """

    identity_seed: bytes = field(repr=False)
    pins: Mapping[bytes, Pin] = field(default_factory=dict)
    contact_secrets: Mapping[bytes, bytes] = field(default_factory=dict, repr=False)
    open_invites: tuple[OpenInvite, ...] = ()
    proofs: tuple[Proof, ...] = ()  # oldest first

    def with_pin(self, pin: Pin) -> Self:
        """Return the same with one pin added or exchanged."""
        return replace(self, pins={**self.pins, pin.dev: pin})

    def encode(self) -> bytes:
        """Return the bytes for the vault; ValueError for what has no room or is out of range."""
        _fits(self.pins, MOST_PINS)
        _fits(self.contact_secrets, MOST_PINS)
        _fits(self.open_invites, MOST_INVITES)
        _fits(self.proofs, MOST_PROOFS)
        writer = Writer().uint(VERSION, 1).fixed(self.identity_seed, SEED_BYTES)
        writer.uint(len(self.pins), 2)
        for dev, pin in sorted(self.pins.items()):
            if dev != pin.dev:
                raise ValueError("a pin stands under another device")
            writer.fixed(dev, DEVICE_ID_BYTES).fixed(pin.public_key, PUBLIC_KEY_BYTES)
            writer.text(pin.name, NAME_BYTES).uint(pin.first_seen, 8)
            writer.uint(pin.verified, 1).uint(pin.verified_when, 8)
        writer.uint(len(self.contact_secrets), 2)
        for dev, secret in sorted(self.contact_secrets.items()):
            writer.fixed(dev, DEVICE_ID_BYTES).fixed(secret, CONTACT_SECRET_BYTES)
        writer.uint(len(self.open_invites), 2)
        for invite in self.open_invites:
            if invite.flags & ~ALL_INVITE_FLAGS:
                raise ValueError("an open invitation has a flag of links only")
            flags = invite.flags | (AS_GUEST if invite.as_guest else 0)
            writer.text(invite.label, LABEL_BYTES).uint(flags, 1).uint(invite.expiry, 4)
            writer.fixed(invite.room_seed, ROOM_SEED_BYTES)
            writer.fixed(invite.secret, INVITE_SECRET_BYTES)
            writer.uint(invite.uses, 2).uint(len(invite.bound) and 1, 1)
            if invite.bound:
                writer.fixed(invite.bound, DEVICE_ID_BYTES)
        writer.uint(len(self.proofs), 1)
        for proof in self.proofs:
            writer.uint(proof.kept, 8).vector(proof.voucher, VOUCHER_BYTES)
            writer.vector(proof.first, SIGNED_BYTES).vector(proof.second, SIGNED_BYTES)
        return writer.body()

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Take apart what encode() wrote; MalformedError for anything else."""
        reader = Reader(data)
        if reader.uint(1) != VERSION:
            raise MalformedError("the vault's content is of another version")
        seed = reader.fixed(SEED_BYTES)
        pins = {}
        for dev in _devices(reader):
            pins[dev] = pin = _read_pin(reader)
            if pin.dev != dev:
                raise MalformedError("a pin stands under another device")
        secrets = {dev: reader.fixed(CONTACT_SECRET_BYTES) for dev in _devices(reader)}
        invites = tuple(_read_invite(reader) for _ in range(reader.count(MOST_INVITES, 2)))
        proofs = tuple(_read_proof(reader) for _ in range(reader.count(MOST_PROOFS)))
        reader.end()
        return cls(seed, pins, secrets, invites, proofs)


def _fits(things: Mapping[bytes, object] | tuple[object, ...], limit: int) -> None:
    if len(things) > limit:
        raise ValueError(f"the vault has room for {limit}, not for {len(things)}")


def _devices(reader: Reader) -> Iterable[bytes]:
    """Take a count, then that many devices in rising order; the caller takes what follows each."""
    previous = b""
    for _ in range(reader.count(MOST_PINS, 2)):
        dev = reader.fixed(DEVICE_ID_BYTES)
        if dev <= previous:
            raise MalformedError("devices are not in order")
        yield dev
        previous = dev


def _read_pin(reader: Reader) -> Pin:
    return Pin(
        public_key=reader.fixed(PUBLIC_KEY_BYTES),
        name=reader.text(NAME_BYTES),
        first_seen=reader.uint(8),
        verified=reader.choice(Verified),
        verified_when=reader.uint(8),
    )


def _read_invite(reader: Reader) -> OpenInvite:
    label = reader.text(LABEL_BYTES)
    flags = reader.flag_bits(ALL_INVITE_FLAGS | AS_GUEST, 1)
    expiry, room_seed = reader.uint(4), reader.fixed(ROOM_SEED_BYTES)
    secret, uses = reader.fixed(INVITE_SECRET_BYTES), reader.uint(2)
    bound = reader.uint(1)
    if bound > 1:
        raise MalformedError("a yes or no is neither")
    device = reader.fixed(DEVICE_ID_BYTES) if bound else b""
    return OpenInvite(
        label=label,
        flags=InviteFlag(flags & ALL_INVITE_FLAGS),
        expiry=expiry,
        room_seed=room_seed,
        secret=secret,
        uses=uses,
        bound=device,
        as_guest=bool(flags & AS_GUEST),
    )


def _read_proof(reader: Reader) -> Proof:
    return Proof(
        kept=reader.uint(8),
        voucher=reader.vector(VOUCHER_BYTES),
        first=reader.vector(SIGNED_BYTES),
        second=reader.vector(SIGNED_BYTES),
    )
