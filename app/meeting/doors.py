"""The answering side of every channel: who stands outside, what they know, who they prove to be."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from app.meeting.passwords import Passwords
from crypto.envelope import Sign
from crypto.errors import CryptoError, ForgedError, HandshakeError
from crypto.handshake import Callee, ClosedReason
from crypto.messages import Gossip, Join, JoinRequest, MemberAuth, parse
from crypto.sodium import Random

REFUSAL_TIME = 0.5  # seconds after the start when a refusal is sent: it tells nothing by its time
WRONG_TIME = 1.0  # seconds until a wrong password is answered: people do not notice, programs do
HANDSHAKE_TIME = 10.0  # seconds from the first byte to the last proof
PATIENCE = 2.0  # seconds that a member's proof may wait for the block which names that member
MOST_SAID = 16  # messages kept meanwhile; a member's first words are fewer
LONGEST_SAID = 4096  # bytes of one that is kept; blocks may be longer, and are not kept
MOST_SHOWN = 64  # blocks that are looked at meanwhile: as many as anybody remembers

CALL = "call"
PUBLIC = "public"
PUBLIC_PASSWORD = "public password"
INVITE = "invite:"
CONTACT = "contact:"
"""Labels of the secrets that open a door: of members, of anyone nearby, of anyone nearby who knows
the password, of holders of a link (with its number), of a contact who is called (with its dev)."""
OPEN_TO_ALL = (PUBLIC, PUBLIC_PASSWORD)  # it takes no link and no acquaintance


@dataclass(frozen=True)
class Way:
    """One secret that opens a door, and what is asked besides."""

    secret: bytes = field(repr=False)
    password: bytes = field(default=b"", repr=False)  # as crypto.cpace.prepared; empty: none
    closed: ClosedReason | None = None  # why it opens no more


@dataclass(frozen=True)
class Reply:
    """Say this to a visitor; perhaps nothing."""

    messages: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class Knocked:
    """Somebody asks for a seat, and has proven to own the device that asks."""

    request: JoinRequest
    door: str  # the label of the secret that opened it


@dataclass(frozen=True)
class MemberCame:
    """A member's device has proven itself."""

    dev: bytes
    eid: bytes  # where its log stands
    said: tuple[bytes, ...] = ()  # what it said while its proof waited for a block


@dataclass(frozen=True)
class WrongPassword:
    """Somebody tried a wrong password; they hear it later."""

    left: int  # how many more this door allows


@dataclass(frozen=True)
class Unrecognised:
    """Somebody knows the secret of the call and names a seat that is not known here, or not yet."""

    dev: bytes  # as claimed


@dataclass(frozen=True)
class Shown:
    """Somebody whose seat is not known here shows a block of the log: it speaks for itself."""

    dev: bytes  # as claimed
    block: bytes


@dataclass(frozen=True)
class TurnedAway:
    """Close the channel, after `message` if there is one."""

    message: bytes = b""


@dataclass(frozen=True)
class NoMember:
    """Somebody knows the secret of the call, and the block that would seat them does not come."""

    dev: bytes  # as claimed


Outcome = (
    Reply | Knocked | MemberCame | WrongPassword | Unrecognised | Shown | TurnedAway | NoMember
)
NOTHING = Reply()


@dataclass
class _Visitor:
    callee: Callee
    since: float
    door: str = ""
    asked: bytes = b""  # for this password
    waiting: MemberAuth | None = None
    waiting_since: float = field(default=0.0)
    misfit: bytes = b""  # the call key that the waiting proof does not fit
    said: list[bytes] = field(default_factory=list)
    shown: int = 0  # blocks
    last_word: bytes = b""  # what they hear before the door shuts
    last_word_at: float = 0.0


class Doors:
    """Takes what strangers send on fresh channels; whoever proved themselves is handed on.

    `ways` names what opens a door now, by label; `body` makes the answer that a label's holder
    gets; `passwords` counts wrong tries, None while no door asks for one; `call_key_of` gives a
    member's call key, None for devices without a seat.
    """

    def __init__(
        self,
        *,
        call_id: bytes,
        sign: Sign,
        random: Random,
        ways: Callable[[], Mapping[str, Way]],
        body: Callable[[str], bytes],
        passwords: Callable[[], Passwords | None],
        call_key_of: Callable[[bytes], bytes | None],
    ) -> None:
        self._call_id = call_id
        self._sign = sign
        self._random = random
        self._ways = ways
        self._body = body
        self._passwords = passwords
        self._call_key_of = call_key_of
        self._visitors: dict[int, _Visitor] = {}

    def __contains__(self, channel: int) -> bool:
        return channel in self._visitors

    def open(self, channel: int, exporter: bytes, now: float) -> None:
        """Expect a stranger's first word on a channel."""
        self._visitors[channel] = _Visitor(Callee(exporter, self._random), now)

    def close(self, channel: int) -> None:
        """Forget a channel."""
        self._visitors.pop(channel, None)

    def receive(self, channel: int, message: bytes, now: float) -> Outcome:
        """Take in one message of a stranger; anything out of order turns them away."""
        visitor = self._visitors[channel]
        if visitor.last_word:
            return NOTHING
        if visitor.waiting is not None:
            return self._keep(channel, visitor, message)
        try:
            if not visitor.door:
                return self._greet(channel, visitor, message)
            if visitor.asked:
                return self._try_password(visitor, message, now)
            proof = parse(message)
            if isinstance(proof, Join) and visitor.door != CALL:
                return self._knock(channel, visitor, proof)
            if isinstance(proof, MemberAuth) and visitor.door == CALL:
                visitor.waiting, visitor.waiting_since = proof, now
                return self._recognise(channel, visitor) or Unrecognised(proof.dev)
        except CryptoError:
            return self._turn_away(channel, visitor)
        return self._turn_away(channel, visitor)

    def poll(self, now: float) -> list[tuple[int, Outcome]]:
        """Recognise members whose block has come meanwhile; give up on who takes too long."""
        outcomes: list[tuple[int, Outcome]] = []
        for channel, visitor in list(self._visitors.items()):
            outcome: Outcome | None = None
            if visitor.last_word:
                if now >= visitor.last_word_at:
                    outcome = TurnedAway(visitor.last_word)
            elif visitor.waiting is not None:
                outcome = self._recognise(channel, visitor)
                if outcome is None and now - visitor.waiting_since > PATIENCE:
                    outcome = NoMember(visitor.waiting.dev)
            elif now - visitor.since > HANDSHAKE_TIME:
                outcome = TurnedAway()
            if outcome is not None:
                self.close(channel)
                outcomes.append((channel, outcome))
        return outcomes

    def _greet(self, channel: int, visitor: _Visitor, message: bytes) -> Outcome:
        ways, callee = self._ways(), visitor.callee
        secrets = {label: way.secret for label, way in ways.items()}
        passwords = {label: way.password for label, way in ways.items() if way.password}
        visitor.door = callee.read_hello(message, secrets, passwords)
        closed = ways[visitor.door].closed
        if closed is not None:
            self.close(channel)
            return TurnedAway(callee.close(closed))
        if callee.needs_password:
            visitor.asked = ways[visitor.door].password
            return Reply((callee.ask_password(),))
        return Reply((callee.answer(self._body(visitor.door), self._sign),))

    def _try_password(self, visitor: _Visitor, message: bytes, now: float) -> Outcome:
        """Take or refuse a password in one step: no two tries are judged at the same time.

        While the door is blocked the right one is refused like a wrong one, after the same time.
        """
        callee, passwords = visitor.callee, self._passwords()
        way = self._ways().get(visitor.door)
        if way is None or way.closed or way.password != visitor.asked:
            raise HandshakeError("refused", "the door was changed meanwhile")
        allowed = passwords is not None and not passwords.blocked(visitor.door)
        try:
            accepted = callee.read_password(message, allowed)
        except HandshakeError as error:
            if error.code != "password_wrong":
                raise
            left = passwords.failed(visitor.door, now) if passwords and allowed else 0
            visitor.last_word = callee.refuse_password(left)
            visitor.last_word_at = now + WRONG_TIME
            return WrongPassword(left) if allowed else NOTHING
        visitor.asked = b""
        return Reply((accepted, callee.answer(self._body(visitor.door), self._sign)))

    def _keep(self, channel: int, visitor: _Visitor, message: bytes) -> Outcome:
        """Keep what is said by somebody whose seat is not known here yet; hand on its blocks."""
        if visitor.waiting is not None and message[:1] == bytes([Gossip.kind]):
            visitor.shown += 1
            if visitor.shown <= MOST_SHOWN:
                return Shown(visitor.waiting.dev, message)
        elif len(visitor.said) < MOST_SAID and len(message) <= LONGEST_SAID:
            visitor.said.append(message)
            return NOTHING
        return self._turn_away(channel, visitor)

    def _turn_away(self, channel: int, visitor: _Visitor) -> Outcome:
        """Say the same to everybody who proved nothing, at the same time after they came."""
        if not visitor.door:
            visitor.last_word = visitor.callee.refuse()
            visitor.last_word_at = visitor.since + REFUSAL_TIME
            return NOTHING
        self.close(channel)
        return TurnedAway()

    def _knock(self, channel: int, visitor: _Visitor, join: Join) -> Outcome:
        callee = visitor.callee
        request = join.verify(callee.transcript, callee.nonce, self._call_id)
        self.close(channel)
        return Knocked(request, visitor.door)

    def _recognise(self, channel: int, visitor: _Visitor) -> Outcome | None:
        """Return that a member came, or None while nobody with a seat can have said this.

        A proof that does not fit waits too: the block may be on its way that gives the device
        another seat. If none comes, the seat it speaks of is lost, and it is told so.
        """
        proof = visitor.waiting
        call_key = self._call_key_of(proof.dev) if proof is not None else None
        if proof is None or call_key in (None, visitor.misfit):
            return None
        try:
            proof.verify(call_key, visitor.callee.transcript, self._call_id)
        except ForgedError:
            visitor.misfit = call_key
            return None
        self.close(channel)
        return MemberCame(proof.dev, proof.eid, tuple(visitor.said))
