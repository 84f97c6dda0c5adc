"""How much strangers may ask for: token buckets for each connection and each address."""

import ipaddress
from collections import OrderedDict
from dataclasses import dataclass

MAX_ADDRESSES = 1024  # remembered at most; the longest unseen is forgotten first


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of signalling; tests and slow networks may pass others."""

    handshake: float = 10.0  # seconds from the first byte until the peer is authenticated
    half_open: int = 16  # connections that are not authenticated yet
    half_open_per_address: int = 4
    connections: int = 128  # in all
    connections_per_address: int = 64  # several people may share one computer, never all seats
    connect_rate: float = 10.0  # new connections a second from one address
    connect_burst: float = 30.0
    connect_rate_all: float = 40.0  # new connections a second from everywhere: 1 ms of TLS each
    connect_burst_all: float = 80.0
    early_messages: float = 16.0  # before authentication, in all
    early_bytes: float = 131_072.0  # before authentication, in all, as they come off the wire
    message_rate: float = 200.0  # messages a second of one connection
    message_burst: float = 1000.0
    byte_rate: float = 1_000_000.0  # bytes a second of one connection
    byte_burst: float = 8_000_000.0
    write_buffer: int = 4_000_000  # bytes that wait for a peer that does not read
    keep_alive: float = 4.0  # seconds of silence after which an empty message is sent
    idle: float = 15.0  # seconds without a byte from the peer, or without it reading ours
    linger: float = 2.0  # seconds for the last bytes to leave after close()


class TokenBucket:
    """Lets through `rate` units a second on average and `burst` at once."""

    __slots__ = ("_burst", "_filled", "_rate", "_tokens")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._filled = now

    def take(self, now: float, amount: float = 1.0) -> bool:
        """Take `amount` units if they are there; tell whether they were."""
        elapsed = max(0.0, now - self._filled)
        self._filled = now
        self._tokens = min(self._burst, self._tokens + elapsed * self._rate)
        if self._tokens < amount:
            return False
        self._tokens -= amount
        return True


class AddressBuckets:
    """One token bucket for each address (IPv6: for each /64 network), bounded in number."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._buckets: OrderedDict[str, TokenBucket] = OrderedDict()

    def take(self, host: str, now: float, amount: float = 1.0) -> bool:
        """Take `amount` units of the bucket of a host."""
        key = source_of(host)
        bucket = self._buckets.pop(key, None) or TokenBucket(self._rate, self._burst, now)
        self._buckets[key] = bucket
        if len(self._buckets) > MAX_ADDRESSES:
            self._buckets.popitem(last=False)
        return bucket.take(now, amount)

    def __len__(self) -> int:
        """Count the addresses that are remembered."""
        return len(self._buckets)


def source_of(host: str) -> str:
    """Return what counts as one source: an IPv4 or link-local address, or a routed IPv6 /64."""
    address = ipaddress.ip_address(host)
    if isinstance(address, ipaddress.IPv4Address) or address.is_link_local:
        return str(address)
    return str(ipaddress.ip_network((address, 64), strict=False).network_address)
