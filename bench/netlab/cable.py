"""What a cable does to frames: delay, loss, disorder, doubles, bit errors, a narrow pipe."""

import random
from dataclasses import dataclass, field, fields, replace

ETHERNET_HEADER = 14
IP_PAYLOAD_AT = 34  # Ethernet and IPv4 headers: bit errors fall behind them


class CableError(ValueError):
    """An impairment that does not exist or is out of range."""


@dataclass(frozen=True)
class Impairment:
    """What one direction of a cable does; all zero is a perfect cable."""

    delay_ms: float = 0.0  # fixed, one way
    jitter_ms: float = 0.0  # uniform, plus or minus; frames stay in order
    loss: float = 0.0  # share of frames lost, 0..1
    burst: float = 1.0  # mean length of a loss burst in frames (Gilbert model; 1 is random)
    reorder: float = 0.0  # share of frames held back ...
    reorder_ms: float = 25.0  # ... by this long, so that later ones overtake them
    duplicate: float = 0.0  # share of frames that arrive twice
    corrupt: float = 0.0  # share of frames with one random bit of the IP payload flipped
    rate_kbit: float = 0.0  # bandwidth, counted on whole Ethernet frames; 0 is no limit
    queue_ms: float = 200.0  # length of the tail-drop queue in front of that limit
    mtu: float = 0.0  # frames with more bytes of IP than this vanish; 0 is no limit

    def __post_init__(self) -> None:
        """Refuse what is negative, and shares above one."""
        for name, value in self._values().items():
            share = name in ("loss", "reorder", "duplicate", "corrupt")
            if value < 0 or (share and value > 1):
                raise CableError(f"{name}={value} is out of range")

    def with_changes(self, changes: dict[str, float]) -> "Impairment":
        """Return a copy with some values changed; unknown names raise CableError."""
        known = self._values()
        for name in changes:
            if name not in known:
                raise CableError(f"unknown impairment {name}; known: {', '.join(known)}")
        return replace(self, **{name: float(value) for name, value in changes.items()})

    def changed(self) -> dict[str, float]:
        """Return the values that differ from a perfect cable."""
        perfect = PERFECT._values()
        return {name: value for name, value in self._values().items() if value != perfect[name]}

    @property
    def is_transparent(self) -> bool:
        """Tell whether frames pass as they are."""
        return not self.changed().keys() - {"burst", "reorder_ms", "queue_ms"}

    def _values(self) -> dict[str, float]:
        return {each.name: getattr(self, each.name) for each in fields(self)}


PERFECT = Impairment()

# For each direction of one cable; a path between two hosts crosses two cables.
PROFILES: dict[str, Impairment] = {
    "clean": PERFECT,
    "wifi": Impairment(delay_ms=3, jitter_ms=2, loss=0.002, burst=2),
    "bad_wifi": Impairment(
        delay_ms=8, jitter_ms=7, loss=0.04, burst=3, reorder=0.005, duplicate=0.001
    ),
    "dsl": Impairment(delay_ms=12, jitter_ms=2, rate_kbit=6000, queue_ms=300),
    "lte": Impairment(delay_ms=25, jitter_ms=10, loss=0.005, rate_kbit=8000, queue_ms=500),
    "3g": Impairment(delay_ms=60, jitter_ms=25, loss=0.01, rate_kbit=750, queue_ms=800),
    "satellite": Impairment(delay_ms=280, jitter_ms=10, loss=0.005, rate_kbit=5000, queue_ms=400),
}


@dataclass
class Counts:
    """What happened to the frames of one direction since the laboratory opened."""

    frames: int = 0
    bytes: int = 0
    bytes_out: int = 0  # of the frames that came out at the other end, or are on their way
    lost: int = 0
    queue_drops: int = 0
    mtu_drops: int = 0
    unplugged_drops: int = 0
    duplicated: int = 0
    reordered: int = 0
    corrupted: int = 0


@dataclass
class Direction:
    """One direction of one cable: decides when, and how often, a frame comes out.

    Pure: the caller says what time it is (seconds) and brings the generator of chance.
    """

    chance: random.Random
    impairment: Impairment = PERFECT
    counts: Counts = field(default_factory=Counts)
    _in_burst: bool = False
    _idle_at: float = 0.0  # when the limited line is free again
    _last_out: float = 0.0  # keeps jittered frames in order

    def impair(self, changes: dict[str, float]) -> None:
        """Change some of the impairments; the others stay as they are."""
        self.impairment = self.impairment.with_changes(changes)
        self._in_burst = False

    def admit(self, frame: bytes, now: float) -> list[tuple[float, bytes]]:
        """Return [(when it comes out, frame)]: empty when lost, two when duplicated."""
        counts, settings = self.counts, self.impairment
        counts.frames += 1
        counts.bytes += len(frame)
        if settings.is_transparent:
            counts.bytes_out += len(frame)
            return [(now, frame)]
        if settings.mtu and len(frame) - ETHERNET_HEADER > settings.mtu:
            counts.mtu_drops += 1
            return []
        if self._loses():
            counts.lost += 1
            return []
        leaves = self._through_the_queue(len(frame), now)
        if leaves is None:
            counts.queue_drops += 1
            return []
        delay = settings.delay_ms
        if settings.jitter_ms:
            wobble = self.chance.uniform(-settings.jitter_ms, settings.jitter_ms)
            delay = max(0.0, delay + wobble)
        arrives = leaves + delay / 1000
        frame = self._with_bit_errors(frame)
        if self._happens(settings.reorder):
            counts.reordered += 1
            arrives += settings.reorder_ms / 1000
        else:
            arrives = self._last_out = max(arrives, self._last_out)
        counts.bytes_out += len(frame)
        if self._happens(settings.duplicate):
            counts.duplicated += 1
            counts.bytes_out += len(frame)
            return [(arrives, frame), (arrives, frame)]
        return [(arrives, frame)]

    def _happens(self, share: float) -> bool:
        return share > 0 and self.chance.random() < share

    def _loses(self) -> bool:
        loss, burst = self.impairment.loss, self.impairment.burst
        if burst <= 1 or loss in (0, 1):
            return self._happens(loss)
        # Gilbert: a burst ends with 1/burst, and begins so that `loss` is the share in the end.
        if self._in_burst:
            self._in_burst = self.chance.random() >= 1 / burst
        else:
            self._in_burst = self.chance.random() < loss / (burst * (1 - loss))
        return self._in_burst

    def _through_the_queue(self, size: int, now: float) -> float | None:
        if not self.impairment.rate_kbit:
            return now
        start = max(now, self._idle_at)
        if (start - now) * 1000 > self.impairment.queue_ms:
            return None
        self._idle_at = start + size * 8 / (self.impairment.rate_kbit * 1000)
        return self._idle_at

    def _with_bit_errors(self, frame: bytes) -> bytes:
        if len(frame) <= IP_PAYLOAD_AT or not self._happens(self.impairment.corrupt):
            return frame
        bit = self.chance.randrange(IP_PAYLOAD_AT * 8, len(frame) * 8)
        flipped = bytearray(frame)
        flipped[bit >> 3] ^= 1 << (bit & 7)
        self.counts.corrupted += 1
        return bytes(flipped)
