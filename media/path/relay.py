"""An address on a relay (TURN, RFC 8656): what is said to the server and what its answers mean.

Bytes and time in, bytes out; how they travel is `relay_socket.py`'s part. All answers are checked
with the key of the credentials; who forges an error can only deny, as whoever is on the way can.
"""

import secrets
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from media.path.stun import (
    TRANSACTION_BYTES,
    Attribute,
    Kind,
    Message,
    Peer,
    StunError,
    long_term_key,
    message,
    parse,
    xored,
)

FIRST_AGAIN = 0.2  # seconds until a datagram without an answer is sent again; doubled each time
MOST_NONCES = 3  # that a relay may name, one after the other, for one request
TRIES = 5  # of one request: 6 s in all
STREAM_PATIENCE = 6.0  # seconds for an answer on TCP or TLS, where nothing is sent again
LIFETIME = 600  # seconds that are asked for
MOST_BETWEEN = 240.0  # seconds between two refreshes: permissions end after 300
FIRST_CHANNEL, LAST_CHANNEL = 0x4000, 0x4FFF
MOST_PEERS = 64  # hosts and channels of one allocation; a link knows fewer addresses
MAX_PAYLOAD = 1500  # bytes of one datagram
UDP = bytes((17, 0, 0, 0))  # REQUESTED-TRANSPORT

UNAUTHORISED, FORBIDDEN, STALE, QUOTA, CAPACITY = 401, 403, 438, 486, 508


class Trouble(StrEnum):
    """Why a relay does not serve."""

    SILENT = "silent"  # nothing answers there, or not any more
    CERTIFICATE = "certificate"  # somebody with another key answers
    CREDENTIALS = "credentials"  # it does not take ours: wrong, or expired
    QUOTA = "quota"  # all that we, or everybody together, may use is in use
    CAPACITY = "capacity"  # it has no address or port to give
    REFUSED = "refused"  # it says no for another reason
    BROKEN = "broken"  # what it says is not what a relay says


_TROUBLES = {
    UNAUTHORISED: Trouble.CREDENTIALS,
    STALE: Trouble.CREDENTIALS,
    QUOTA: Trouble.QUOTA,
    CAPACITY: Trouble.CAPACITY,
}


@dataclass
class _Request:
    kind: Kind
    attributes: tuple[tuple[Attribute, bytes], ...]
    about: Peer | str | None  # the channel's peer, the host to permit
    again_at: float
    pause: float
    tries: int
    sent: bytes
    renewed: int  # times that it was made anew for a new nonce


class Allocation:
    """One allocation, from its first request to its end.

    `relayed` is its address once it stands, `mapped` how the relay sees this computer, `trouble`
    why it does not stand, or no more. Call `outgoing` after every other call and by the clock.
    """

    def __init__(
        self,
        username: str,
        password: str,
        *,
        reliable: bool,
        now: float,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        """`reliable` on TCP and TLS: nothing is sent twice there."""
        self.relayed: Peer | None = None
        self.mapped: Peer | None = None
        self.trouble: Trouble | None = None
        self.denied: set[str] = set()  # hosts that the relay does not send to
        self._username, self._password = username, password
        self._reliable = reliable
        self._random = random_bytes
        self._realm = self._nonce = b""
        self._key: bytes | None = None
        self._requests: dict[bytes, _Request] = {}
        self._out: list[bytes] = []
        self._permitted: dict[str, None] = {}  # hosts asked for, in their order
        self._channels: dict[Peer, int] = {}  # asked for
        self._bound: dict[int, Peer] = {}  # those that the relay has confirmed
        self._renew_at = float("inf")
        self._between = MOST_BETWEEN
        self._ask(Kind.ALLOCATE, ((Attribute.REQUESTED_TRANSPORT, UDP),), None, now)

    # -- what is asked for ----------------------------------------------------------------------

    def permit(self, hosts: Iterable[str], now: float) -> None:
        """Let datagrams of these hosts through, and ours to them."""
        for host in hosts:
            if host in self._permitted or len(self._permitted) >= MOST_PEERS:
                continue
            self._permitted[host] = None
            if self.relayed is not None:
                self._ask_permission(host, now)

    def wrapped(self, payload: bytes, peer: Peer, now: float) -> bytes | None:
        """Return what makes the relay send a datagram to a peer; None where it may not."""
        if self.relayed is None or self.trouble is not None or peer[0] not in self._permitted:
            return None
        number = self._channels.get(peer)
        if number is not None and number in self._bound:
            return struct.pack("!HH", number, len(payload)) + payload + self._padding(payload)
        if number is None and len(self._channels) < MOST_PEERS:
            self._channels[peer] = number = FIRST_CHANNEL + len(self._channels)
            self._bind(peer, number, now)
        transaction = self._random(TRANSACTION_BYTES)
        attributes = ((Attribute.PEER, xored(peer, transaction)), (Attribute.DATA, payload))
        return message(Kind.SEND, transaction, attributes)

    def farewell(self) -> bytes | None:
        """Return what frees the address at once, if there is one; nothing is sent after it."""
        if self.relayed is None or self._key is None or self.trouble is not None:
            return None
        self.trouble = Trouble.SILENT
        return self._signed(Kind.REFRESH, ((Attribute.LIFETIME, bytes(4)),))[1]

    # -- time -----------------------------------------------------------------------------------

    def outgoing(self, now: float) -> list[bytes]:
        """Return what must be sent now."""
        if self.trouble is None and now >= self._renew_at:
            self._renew(now)
        for transaction, request in list(self._requests.items()):
            if now < request.again_at:
                continue
            if self._reliable or request.tries >= TRIES:
                del self._requests[transaction]
                self._gave_up(request)
                continue
            request.tries += 1
            request.pause *= 2
            request.again_at = now + request.pause
            self._out.append(request.sent)
        out, self._out = self._out, []
        return [] if self.trouble is not None else out

    @property
    def waiting(self) -> bool:
        """Whether `outgoing` has something at once."""
        return bool(self._out)

    @property
    def next_at(self) -> float:
        """When `outgoing` has something again, on the clock of `now`; infinity for never."""
        if self.trouble is not None:
            return float("inf")
        return min([self._renew_at, *(r.again_at for r in self._requests.values())])

    # -- what the relay says --------------------------------------------------------------------

    def take(self, data: bytes, now: float) -> tuple[bytes, Peer] | None:
        """Take in a datagram of the relay; return one of a peer, if that is what it holds."""
        if len(data) >= 4 and data[0] & 0xC0 == 0x40:
            number, length = struct.unpack_from("!HH", data)
            peer = self._bound.get(number)
            if peer is None or length > min(len(data) - 4, MAX_PAYLOAD):
                return None
            return data[4 : 4 + length], peer
        try:
            said = parse(data)
            if said.kind is Kind.DATA:
                peer = said.address(Attribute.PEER)
                return (said.data(), peer) if peer[0] in self._permitted else None
            self._answered(said, now)
        except StunError:
            pass  # it is as if nothing had come: the request is sent again
        return None

    def _answered(self, said: Message, now: float) -> None:
        request = self._requests.get(said.transaction)
        if request is None or self.trouble is not None:
            return
        if said.kind == request.kind | 0x0110:
            self._refused(request, said, now)
        elif said.kind == request.kind | 0x0100 and self._key and said.is_authentic(self._key):
            self._granted(request, said, now)
            self._requests.pop(said.transaction, None)

    def _granted(self, request: _Request, said: Message, now: float) -> None:
        match request.kind:
            case Kind.ALLOCATE:
                relayed, mapped = said.address(Attribute.RELAYED), said.address(Attribute.MAPPED)
                self._lasts(said.lifetime, now)
                self.relayed, self.mapped = relayed, mapped
                for host in self._permitted:
                    self._ask_permission(host, now)
            case Kind.REFRESH:
                self._lasts(said.lifetime, now)
            case Kind.BIND if isinstance(request.about, tuple):
                self._bound[self._channels[request.about]] = request.about

    def _refused(self, request: _Request, said: Message, now: float) -> None:
        error = said.error
        fresh = error == UNAUTHORISED and self._key is None
        if (fresh or error == STALE) and request.renewed < MOST_NONCES:
            self._nonce = said.text(Attribute.NONCE)
            if fresh:
                self._realm = said.text(Attribute.REALM)
                self._key = long_term_key(self._username, self._realm, self._password)
            del self._requests[said.transaction]
            self._ask(request.kind, request.attributes, request.about, now, request.renewed + 1)
            return
        del self._requests[said.transaction]
        if request.kind is Kind.PERMIT and isinstance(request.about, str):
            self.denied.add(request.about)  # one host is not to be reached by this relay
        elif request.kind is not Kind.BIND:  # without a channel all goes the longer way
            self.trouble = _TROUBLES.get(error, Trouble.REFUSED)

    def _gave_up(self, request: _Request) -> None:
        if request.kind in (Kind.ALLOCATE, Kind.REFRESH):
            self.trouble = Trouble.SILENT
        elif request.kind is Kind.PERMIT and isinstance(request.about, str):
            self._permitted.pop(request.about, None)

    # -- how it is asked ------------------------------------------------------------------------

    def _lasts(self, lifetime: int, now: float) -> None:
        if lifetime <= 0:
            raise StunError("an allocation that does not last")
        self._between = min(lifetime / 2, MOST_BETWEEN)
        self._renew_at = now + self._between

    def _renew(self, now: float) -> None:
        """Say once more what is to last: the address, who may send, the channels."""
        self._renew_at = now + self._between
        lifetime = (Attribute.LIFETIME, LIFETIME.to_bytes(4, "big"))
        self._ask(Kind.REFRESH, (lifetime,), None, now)
        for host in self._permitted:
            self._ask_permission(host, now)
        for peer, number in self._channels.items():
            self._bind(peer, number, now)

    def _ask_permission(self, host: str, now: float) -> None:
        self._ask(Kind.PERMIT, (), host, now)

    def _bind(self, peer: Peer, number: int, now: float) -> None:
        channel = (Attribute.CHANNEL_NUMBER, struct.pack("!HH", number, 0))
        self._ask(Kind.BIND, (channel,), peer, now)

    def _ask(
        self,
        kind: Kind,
        attributes: tuple[tuple[Attribute, bytes], ...],
        about: Peer | str | None,
        now: float,
        renewed: int = 0,
    ) -> None:
        transaction, sent = self._signed(kind, attributes, about)
        pause = STREAM_PATIENCE if self._reliable else FIRST_AGAIN
        self._requests[transaction] = _Request(
            kind, attributes, about, now + pause, pause, 1, sent, renewed
        )
        self._out.append(sent)

    def _signed(
        self,
        kind: Kind,
        attributes: tuple[tuple[Attribute, bytes], ...],
        about: Peer | str | None = None,
    ) -> tuple[bytes, bytes]:
        transaction = self._random(TRANSACTION_BYTES)
        if about is not None:
            peer = (about, 0) if isinstance(about, str) else about
            attributes = (*attributes, (Attribute.PEER, xored(peer, transaction)))
        if self._key is not None:
            attributes = (
                *attributes,
                (Attribute.USERNAME, self._username.encode()),
                (Attribute.REALM, self._realm),
                (Attribute.NONCE, self._nonce),
            )
        return transaction, message(kind, transaction, attributes, self._key)

    def _padding(self, payload: bytes) -> bytes:
        return bytes(-len(payload) % 4) if self._reliable else b""
