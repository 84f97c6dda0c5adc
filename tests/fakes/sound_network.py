"""A sender, a network and a listener of sound in simulated time."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np

from media.sound.opus import FRAME, Encoder
from media.sound.playout import Playout
from media.sound.samples import BLOCK, RATE, Samples


@dataclass(frozen=True)
class Sent:
    """One packet on its way: when it arrives, and what is in it."""

    arrives: float
    sequence: int
    media_ts: int
    packet: bytes


def send(
    sound: Samples,
    *,
    start: float = 0.0,
    first: int = 0,
    speed: float = 1.0,
    expected_loss: float = 0.1,
    ts: int | None = None,
) -> list[Sent]:
    """Return the packets of `sound`, each arriving the moment it is complete.

    `speed` is how fast the sender's sound card runs against the listener's clock.
    """
    encoder = Encoder()
    encoder.expect_loss(expected_loss)
    sent = []
    begin = round(start * RATE) if ts is None else ts
    for n in range(len(sound) // FRAME):
        packet = encoder.encode(sound[n * FRAME : (n + 1) * FRAME])
        done = start + (n + 1) * FRAME / RATE / speed
        sent.append(Sent(done, first + n, (begin + n * FRAME) % 2**32, packet))
    return sent


def delayed(sent: Iterable[Sent], delay: Callable[[Sent], float]) -> list[Sent]:
    """Return the packets in order of arrival, each `delay(packet)` seconds later."""
    later = [
        Sent(item.arrives + delay(item), item.sequence, item.media_ts, item.packet) for item in sent
    ]
    return sorted(later, key=lambda item: item.arrives)


@dataclass
class Listener:
    """Pulls 10 ms every 10 ms of simulated time while packets arrive."""

    playout: Playout = field(default_factory=Playout)
    now: float = 0.0
    blocks: list[Samples] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)  # ms, one per block
    speed: float = 1.0

    def listen(self, arrivals: Iterable[Sent], until: float) -> Samples:
        """Run until the given time; returns what was heard in it."""
        begin = len(self.blocks)
        pending = sorted(arrivals, key=lambda item: item.arrives)
        at = 0
        while self.now < until:
            while at < len(pending) and pending[at].arrives <= self.now:
                item = pending[at]
                self.playout.push(item.sequence, item.media_ts, item.packet, item.arrives)
                at += 1
            block = self.playout.pull(self.now)
            assert block.shape == (BLOCK,)
            assert block.dtype == np.float32
            self.blocks.append(block)
            self.delays.append(self.playout.stats.delay_ms)
            self.now = len(self.blocks) * BLOCK / RATE / self.speed
        heard = self.blocks[begin:]
        return np.concatenate(heard) if heard else np.zeros(0, np.float32)
