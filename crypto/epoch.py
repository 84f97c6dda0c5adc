"""The keys of a group: at every block each device makes a new one, sealed to the roster alone."""

from collections import Counter, deque

from crypto import hpke, sodium
from crypto.envelope import Sign
from crypto.errors import CryptoError, ForgedError
from crypto.exchange import (
    NONCE_BYTES,
    Ack,
    KeyBox,
    SasReveal,
    Sync,
    box_info,
    nonce_commitment,
    secret_commitment,
)
from crypto.gathering import Gathering
from crypto.held import Held
from crypto.hpke import KemPair
from crypto.joining import SECRET_BYTES
from crypto.kdf import hkdf, label
from crypto.keying import (
    Alarm,
    AlarmKind,
    Entered,
    GroupKeySource,
    KeyEvent,
    KeyExpired,
    KeyInstalled,
    Outgoing,
    OwnKey,
    SyncReport,
)
from crypto.membership import Member
from crypto.roster import Roster
from crypto.sodium import Random
from crypto.switching import Lifetimes, OwnKeys

__all__ = [
    "Alarm",
    "AlarmKind",
    "Entered",
    "GroupKeySource",
    "GroupKeys",
    "KemPair",
    "KeyEvent",
    "KeyExpired",
    "KeyInstalled",
    "Outgoing",
    "OwnKey",
    "SyncReport",
    "base_key",
]

PAST_EPOCHS = 64  # eids known to be over: messages for them are dropped, not held
RESEND_SECONDS = 1.0  # what a Sync shows as lacking is sent again when an epoch is so old
FORWARD_SECONDS = 4.0  # ... and others' acks and reveals too
LAST_GENERATION = 2**32 - 1


def base_key(call_id: bytes, eid: bytes, dev: bytes, generation: int, secret: bytes) -> bytes:
    """Return HKDF(salt=eid, ikm=sender_secret, info=LABEL("base", call_id, dev, g), 32)."""
    info = label("base", call_id, dev, generation.to_bytes(4, "big"))
    return hkdf(eid, secret, info, 32)


class GroupKeys:
    """One device's part in the key schedule of one call; implements `GroupKeySource`.

    Messages for another epoch than the current one are held (2 s, 2 MB) or, if that epoch is
    over, dropped; no key of another epoch is ever installed.
    """

    def __init__(
        self, call_id: bytes, dev: bytes, sign: Sign, first_kem: KemPair, random: Random
    ) -> None:
        """Take the device's seat: `sign` by its CSK, `first_kem` as in its JoinRequest."""
        self.counts: Counter[str] = Counter()
        self.withheld: frozenset[bytes] = frozenset()
        self._call_id = call_id
        self._dev = dev
        self._sign = sign
        self._random = random
        self._kems: tuple[KemPair, ...] = (
            first_kem,
        )  # what boxes may be sealed to: of the epoch before, of this one
        self._secret = b""
        self._nonce = b""
        self._own = OwnKeys()
        self._lifetimes = Lifetimes()
        self._held: Held[Ack | KeyBox | SasReveal] = Held()
        self._now: Gathering | None = None
        self._past: deque[bytes] = deque(maxlen=PAST_EPOCHS)
        self._peer_kems: dict[bytes, tuple[int, bytes]] = {}  # by dev: epoch, newest public key
        self._generation = 0
        self._peer_generations: dict[bytes, int] = {}  # by dev: newest that was acked

    def __repr__(self) -> str:
        epoch = self._now.roster.epoch if self._now else None
        return f"<GroupKeys epoch {epoch} generation {self._generation}>"

    # What the meeting does

    def enter(self, roster: Roster, now: float, removal: bool = False) -> Entered:
        """Make a new key, and a new KEM pair, for the epoch that `roster` stands at.

        The key is used for the very next frame if `removal` or if a seat of the epoch before
        fell empty. ValueError if this device has no seat, or is there already.
        """
        if not roster.is_member(self._dev):
            raise ValueError("this device has no seat in the roster")
        gone: frozenset[bytes] = frozenset()
        if self._now is not None:
            if roster.eid == self._now.eid:
                raise ValueError("this epoch was entered before")
            gone = roster.gone_since(self._now.roster)
            self._past.append(self._now.eid)
        events: list[KeyEvent] = [KeyExpired(dev, None) for dev in sorted(gone)]
        for dev in gone:
            self._lifetimes.forget(dev)
            self._peer_kems.pop(dev, None)
            self._peer_generations.pop(dev, None)
        for member in roster.members.values():
            first = (member.joined_epoch - 1, member.kem_public)
            announced, public = self._peer_kems.setdefault(member.dev, first)
            # A takeover may lead back to a lower number: no key is announced ahead of its epoch.
            self._peer_kems[member.dev] = (min(announced, roster.epoch - 1), public)
        self._kems = (self._kems[-1], KemPair(self._random(hpke.SEED_BYTES)))
        self._nonce = self._random(NONCE_BYTES)
        self._now = Gathering(roster, now)
        ack, boxes = self._make_key(self._now, now, at_once=removal or bool(gone))
        events += self._after_ack(self._now)
        events += self._release(now)
        return Entered(ack, boxes, events)

    def renew(self, now: float) -> Entered:
        """Make a new key within the epoch, for the very next frame.

        Due after sleep, after a fork of the process, when the clock jumped, and when somebody
        is withheld who had the key. ValueError before the first epoch.
        """
        ack, boxes = self._make_key(self._gathering, now, at_once=True)
        return Entered(ack, boxes, [])

    def withhold(self, dev: bytes) -> None:
        """Seal nothing more to a device, until `release`; `renew` takes away what it has."""
        self.withheld |= {dev}

    def release(self, dev: bytes) -> tuple[bytes, ...]:
        """Seal to a device again; return what must be sent to it."""
        self.withheld -= {dev}
        return self.catch_up(dev)

    def sealing(self, now: float) -> OwnKey:
        """Return the key for the next frame; ValueError before the first epoch."""
        return self._own.sealing(now, self._gathering.all_acked)

    def opened(self, dev: bytes, generation: int, now: float) -> None:
        """Hear that a frame of this generation was opened: older ones end 2 s after the first."""
        self._lifetimes.opened(dev, generation, now)

    def poll(self, now: float) -> list[KeyEvent]:
        """Let time pass: keys expire, what was held too long is dropped."""
        self._held.expire(now)
        return list(self._lifetimes.expired(now))

    def wipe(self) -> None:
        """Forget everything secret; the object is of no more use."""
        self._own.clear()
        self._lifetimes.clear()
        self._held.clear()
        self._kems = ()
        self._secret = self._nonce = b""
        self._now = None

    # What the meeting asks

    @property
    def own(self) -> OwnKey:
        """The own key of this epoch, in use or not yet; ValueError before the first epoch."""
        if (newest := self._own.newest) is None:
            raise ValueError("there is no key yet")
        return newest

    @property
    def eid(self) -> bytes | None:
        """The epoch all this is about."""
        return self._now.eid if self._now else None

    @property
    def complete(self) -> bool:
        """Tell whether every member's ack of this epoch is held and its key installed."""
        return self._now is not None and not self._now.missing

    @property
    def missing(self) -> frozenset[bytes]:
        """The members whose ack or key of this epoch is not here yet."""
        return self._now.missing if self._now else frozenset()

    @property
    def code(self) -> bytes | None:
        """32 bytes to read aloud as a code, once every member's nonce is here and nobody lied."""
        return self._now.code if self._now else None

    def reveal(self) -> bytes | None:
        """Return the own SasReveal once all acks are held; None before.

        It also comes as an `Outgoing` event at the moment the last ack arrives.
        """
        reveal = self._now.reveals.get(self._dev) if self._now else None
        return reveal.encode() if reveal else None

    def box_for(self, dev: bytes) -> bytes | None:
        """Seal the newest own key to a member; None if it is no member, or withheld.

        None also while no key of it is known that it still has: the one of its join request is
        for its first epoch, later ones come in its acks. Its ack then brings the box about.
        """
        now = self._gathering
        if dev == self._dev or dev in self.withheld or not now.roster.is_member(dev):
            return None
        ack = now.acks[self._dev]
        announced, public = self._peer_kems[dev]
        if announced < now.roster.epoch - 1:
            return None
        info = box_info(self._call_id, now.eid, self._dev, dev, ack.generation)
        return KeyBox(
            eid=now.eid,
            sender=self._dev,
            to=dev,
            generation=ack.generation,
            kem_id=hpke.kem_id(public),
            sealed=hpke.seal(public, info, self._secret),
        ).encode()

    def catch_up(self, dev: bytes) -> tuple[bytes, ...]:
        """Return all that a member must have from this device in this epoch.

        To be sent when a channel to it opens that was not there when the epoch was entered.
        """
        if self._now is None or dev == self._dev or not self._now.roster.is_member(dev):
            return ()
        parts = (self._now.acks[self._dev].encode(), self.box_for(dev), self.reveal())
        return tuple(part for part in parts if part is not None)

    def sync(self) -> bytes:
        """Return the Sync message to send to every other member every 2 s."""
        return self._gathering.sync().encode()

    def take_sync(self, dev: bytes, message: Sync | bytes, now: float) -> SyncReport:
        """Compare with what the member `dev` says it holds; tell what to send it again.

        Raises MalformedError.
        """
        theirs = Sync.parse(message) if isinstance(message, bytes) else message
        gathering = self._gathering
        if theirs.eid != gathering.eid:
            return SyncReport(dev, False, theirs.epoch, theirs.term, True, ())
        mine = gathering.sync()
        agrees = theirs.acks != mine.acks or theirs.digest == mine.digest
        resend: list[bytes] = []
        age = now - gathering.entered
        member = gathering.roster.members.get(dev)
        if member is not None and age >= RESEND_SECONDS:
            own_only = age < FORWARD_SECONDS
            for other in gathering.lacking(theirs.acks, gathering.acks):
                if other == self._dev or not own_only:
                    resend.append(gathering.acks[other].encode())
            if self._dev in gathering.lacking(theirs.keys, gathering.installed):
                box = self.box_for(dev)
                resend += [box] if box else []
            for other in gathering.lacking(theirs.reveals, gathering.reveals):
                if other == self._dev or not own_only:
                    resend.append(gathering.reveals[other].encode())
        return SyncReport(dev, True, theirs.epoch, theirs.term, agrees, tuple(resend))

    # What the others say

    def take(self, message: Ack | KeyBox | SasReveal, now: float) -> list[KeyEvent]:
        """Take in a message of another member: see `take_ack`, `take_box`, `take_reveal`."""
        match message:
            case Ack():
                return self.take_ack(message, now)
            case KeyBox():
                return self.take_box(message, now)
            case SasReveal():
                return self.take_reveal(message, now)

    def take_ack(self, message: Ack | bytes, now: float) -> list[KeyEvent]:
        """Take in another member's ack, from whomever it comes.

        Raises MalformedError or ForgedError; a device caught lying is an Alarm event instead.
        """
        ack = Ack.parse(message) if isinstance(message, bytes) else message
        if ack.dev == self._dev or not self._is_current(ack, now):
            return []
        gathering = self._gathering
        member = self._member(ack.dev)
        ack.verify(member.call_key, self._call_id)
        hpke.check_public(ack.next_kem)
        known = gathering.acks.get(ack.dev)
        if known is not None:
            if known.body() == ack.body():
                return []
            if known.sas_commitment != ack.sas_commitment or known.generation == ack.generation:
                gathering.liars.add(ack.dev)
                return [Alarm(ack.dev, AlarmKind.TWO_ACKS)]
            if ack.generation < known.generation:
                self.counts["stale"] += 1
                return []
        elif ack.generation <= self._peer_generations.get(ack.dev, -1):
            # Its own signature says so; who passed it on may have taken it in good faith.
            gathering.liars.add(ack.dev)
            return [Alarm(ack.dev, AlarmKind.TWO_ACKS)]
        gathering.acks[ack.dev] = ack
        self._peer_generations[ack.dev] = ack.generation
        had_box = self._peer_kems[ack.dev][0] >= gathering.roster.epoch - 1
        self._peer_kems[ack.dev] = (gathering.roster.epoch, ack.next_kem)
        events: list[KeyEvent] = []
        if not had_box and (box := self.box_for(ack.dev)):
            events.append(Outgoing(ack.dev, box))
        return events + self._after_ack(gathering) + self._release(now)

    def take_box(self, message: KeyBox | bytes, now: float) -> list[KeyEvent]:
        """Take in a key sealed to this device; it is held until the sender's ack is here.

        Raises MalformedError or ForgedError: the one who sent it lied, or passed on a lie.
        """
        box = KeyBox.parse(message) if isinstance(message, bytes) else message
        if box.to != self._dev or box.sender == self._dev:
            raise ForgedError("key box is for somebody else")
        if not self._is_current(box, now):
            return []
        gathering = self._gathering
        member = self._member(box.sender)
        ack = gathering.acks.get(box.sender)
        if ack is None or ack.generation < box.generation:
            self._held.put(box, now)
            return []
        if box.generation < ack.generation or gathering.installed.get(box.sender) == ack.generation:
            self.counts["stale"] += 1
            return []
        kem = next((kem for kem in self._kems if kem.kem_id == box.kem_id), None)
        if kem is None:
            self.counts["kem_gone"] += 1  # a Sync will show it, and another box will come
            return []
        info = box_info(self._call_id, box.eid, box.sender, self._dev, box.generation)
        secret = kem.open(box.sealed, info)
        commitment = secret_commitment(self._call_id, box.eid, box.sender, box.generation, secret)
        if len(secret) != SECRET_BYTES or not sodium.equal(commitment, ack.commitment):
            raise ForgedError("key does not fit its commitment")
        gathering.installed[box.sender] = box.generation
        self._lifetimes.installed(box.sender, box.generation, now)
        key = base_key(self._call_id, box.eid, box.sender, box.generation, secret)
        return [KeyInstalled(box.sender, member.slot, box.generation, key)]

    def take_reveal(self, message: SasReveal | bytes, now: float) -> list[KeyEvent]:
        """Take in another member's nonce; it is held until the sender's ack is here.

        Raises MalformedError or ForgedError; a nonce that was not committed to is an Alarm.
        """
        reveal = SasReveal.parse(message) if isinstance(message, bytes) else message
        if reveal.dev == self._dev or not self._is_current(reveal, now):
            return []
        gathering = self._gathering
        reveal.verify(self._member(reveal.dev).call_key, self._call_id)
        ack = gathering.acks.get(reveal.dev)
        if ack is None:
            self._held.put(reveal, now)
            return []
        commitment = nonce_commitment(reveal.eid, reveal.dev, reveal.nonce)
        if not sodium.equal(commitment, ack.sas_commitment):
            gathering.liars.add(reveal.dev)
            return [Alarm(reveal.dev, AlarmKind.REVEAL)]
        gathering.reveals.setdefault(reveal.dev, reveal)
        return []

    # Inside

    @property
    def _gathering(self) -> Gathering:
        if self._now is None:
            raise ValueError("no epoch was entered yet")
        return self._now

    def _member(self, dev: bytes) -> Member:
        member = self._gathering.roster.members.get(dev)
        if member is None:
            raise ForgedError("message is by somebody without a seat")
        return member

    def _is_current(self, message: Ack | KeyBox | SasReveal, now: float) -> bool:
        if self._now is not None and message.eid == self._now.eid:
            return True
        if message.eid in self._past:
            self.counts["stale"] += 1
        else:
            self._held.put(message, now)
        return False

    def _make_key(
        self, gathering: Gathering, now: float, at_once: bool
    ) -> tuple[bytes, dict[bytes, bytes]]:
        if self._generation == LAST_GENERATION:
            raise OverflowError("a call has at most 2**32 - 1 generations")
        self._generation += 1
        self._secret = self._random(SECRET_BYTES)
        eid, generation = gathering.eid, self._generation
        ack = Ack(
            eid=eid,
            dev=self._dev,
            generation=generation,
            commitment=secret_commitment(self._call_id, eid, self._dev, generation, self._secret),
            next_kem=self._kems[-1].public,
            sas_commitment=nonce_commitment(eid, self._dev, self._nonce),
        ).signed(self._call_id, self._sign)
        gathering.acks[self._dev] = ack
        gathering.installed[self._dev] = generation
        key = base_key(self._call_id, eid, self._dev, generation, self._secret)
        slot = gathering.roster.members[self._dev].slot
        self._own.add(OwnKey(slot, generation, key), now, at_once)
        boxes = {}
        for dev in gathering.roster.members:
            if (box := self.box_for(dev)) is not None:
                boxes[dev] = box
        return ack.encode(), boxes

    def _after_ack(self, gathering: Gathering) -> list[KeyEvent]:
        if not gathering.all_acked or self._dev in gathering.reveals:
            return []
        reveal = SasReveal(eid=gathering.eid, dev=self._dev, nonce=self._nonce)
        reveal = reveal.signed(self._call_id, self._sign)
        gathering.reveals[self._dev] = reveal
        alone = len(gathering.roster.members) == 1
        return [] if alone else [Outgoing(None, reveal.encode())]

    def _release(self, now: float) -> list[KeyEvent]:
        """Take in what was held and can now be told to be good or bad."""
        gathering = self._gathering

        def is_ready(message: Ack | KeyBox | SasReveal) -> bool:
            if message.eid != gathering.eid:
                return False
            if isinstance(message, Ack):
                return True
            if isinstance(message, SasReveal):
                return message.dev in gathering.acks
            ack = gathering.acks.get(message.sender)
            return ack is not None and message.generation <= ack.generation

        events: list[KeyEvent] = []
        while ready := self._held.take(is_ready):
            for message in ready:
                try:
                    events += self.take(message, now)
                except CryptoError:
                    self.counts["held_refused"] += 1
        return events


_FITS: type[GroupKeySource] = GroupKeys  # said once, so that the type checker holds us to it
