"""The answering side of every channel: who stands outside, what they know, who they prove to be."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from crypto.envelope import Sign
from crypto.errors import CryptoError, ForgedError
from crypto.handshake import Callee
from crypto.messages import Join, JoinRequest, MemberAuth, parse
from crypto.sodium import Random

REFUSAL_TIME = 0.5  # seconds after the start when a refusal is sent: it tells nothing by its time
HANDSHAKE_TIME = 10.0  # seconds from the first byte to the last proof
PATIENCE = 2.0  # seconds that a member's proof may wait for the block which names that member
MOST_SAID = 16  # messages kept meanwhile; a member's first words are fewer

PUBLIC = "public"
INVITE = "invite"
CALL = "call"
"""Labels of the secrets that open a door: anyone nearby, holders of a link, members."""


@dataclass(frozen=True)
class Reply:
    """Answer a visitor."""

    message: bytes


@dataclass(frozen=True)
class Knocked:
    """Somebody asks for a seat, and has proven to own the device that asks."""

    request: JoinRequest
    secret: str  # which label opened the door


@dataclass(frozen=True)
class MemberCame:
    """A member's device has proven itself."""

    dev: bytes
    eid: bytes  # where its log stands
    said: tuple[bytes, ...] = ()  # what it said while its proof waited for a block


@dataclass(frozen=True)
class TurnedAway:
    """Close the channel, after `message` if there is one."""

    message: bytes = b""


@dataclass(frozen=True)
class NoMember:
    """Somebody knows the secret of the call, and the block that would seat them does not come."""

    dev: bytes  # as claimed


Outcome = Reply | Knocked | MemberCame | TurnedAway | NoMember


@dataclass
class _Visitor:
    callee: Callee
    since: float
    secret: str = ""
    waiting: MemberAuth | None = None
    waiting_since: float = field(default=0.0)
    said: list[bytes] = field(default_factory=list)
    refused: bool = False


class Doors:
    """Takes what strangers send on fresh channels; whoever proved themselves is handed on.

    `secrets` names what opens a door now; `body` makes the answer that a label's holder gets;
    `call_key_of` gives a member's call key, None for devices without a seat.
    """

    def __init__(
        self,
        *,
        call_id: bytes,
        sign: Sign,
        random: Random,
        secrets: Callable[[], Mapping[str, bytes]],
        body: Callable[[str], bytes],
        call_key_of: Callable[[bytes], bytes | None],
    ) -> None:
        self._call_id = call_id
        self._sign = sign
        self._random = random
        self._secrets = secrets
        self._body = body
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
        if visitor.refused:
            return Reply(b"")
        if visitor.waiting is not None:
            return self._keep(channel, visitor, message)
        try:
            if not visitor.secret:
                visitor.secret = visitor.callee.read_hello(message, self._secrets())
                return Reply(visitor.callee.answer(self._body(visitor.secret), self._sign))
            proof = parse(message)
            if isinstance(proof, Join) and visitor.secret != CALL:
                return self._knock(channel, visitor, proof)
            if isinstance(proof, MemberAuth) and visitor.secret == CALL:
                visitor.waiting, visitor.waiting_since = proof, now
                return self._recognise(channel, visitor) or Reply(b"")
        except CryptoError:
            return self._turn_away(channel, visitor)
        return self._turn_away(channel, visitor)

    def poll(self, now: float) -> list[tuple[int, Outcome]]:
        """Recognise members whose block has come meanwhile; give up on who takes too long."""
        outcomes: list[tuple[int, Outcome]] = []
        for channel, visitor in list(self._visitors.items()):
            outcome: Outcome | None = None
            if visitor.refused:
                if now - visitor.since >= REFUSAL_TIME:
                    outcome = TurnedAway(visitor.callee.refuse())
            elif visitor.waiting is not None:
                try:
                    outcome = self._recognise(channel, visitor)
                except ForgedError:
                    outcome = TurnedAway()
                if outcome is None and now - visitor.waiting_since > PATIENCE:
                    outcome = NoMember(visitor.waiting.dev)
            elif now - visitor.since > HANDSHAKE_TIME:
                outcome = TurnedAway()
            if outcome is not None:
                self.close(channel)
                outcomes.append((channel, outcome))
        return outcomes

    def _keep(self, channel: int, visitor: _Visitor, message: bytes) -> Outcome:
        """Keep what is said by somebody whose seat is not known here yet."""
        if len(visitor.said) >= MOST_SAID:
            return self._turn_away(channel, visitor)
        visitor.said.append(message)
        return Reply(b"")

    def _turn_away(self, channel: int, visitor: _Visitor) -> Outcome:
        """Say the same to everybody who proved nothing, at the same time after they came."""
        if not visitor.secret:
            visitor.refused = True
            return Reply(b"")
        self.close(channel)
        return TurnedAway()

    def _knock(self, channel: int, visitor: _Visitor, join: Join) -> Outcome:
        callee = visitor.callee
        request = join.verify(callee.transcript, callee.nonce, self._call_id)
        self.close(channel)
        return Knocked(request, visitor.secret)

    def _recognise(self, channel: int, visitor: _Visitor) -> Outcome | None:
        proof = visitor.waiting
        call_key = self._call_key_of(proof.dev) if proof is not None else None
        if proof is None or call_key is None:
            return None
        proof.verify(call_key, visitor.callee.transcript, self._call_id)
        self.close(channel)
        return MemberCame(proof.dev, proof.eid, tuple(visitor.said))
