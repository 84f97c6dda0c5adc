"""The sound of a call: the own microphone to everybody, everybody's to the own ears."""

import asyncio
import math
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from typing import Protocol

from media.load import LoadPlan
from media.path.rtp_packet import MICROPHONE
from media.peer_link import PeerLink
from media.receiving import SoundSink
from media.sealing import Sealer
from media.sound.ends import MicrophoneSource
from media.stats import AudioStats
from media.video.outgoing import call_soon

FIT_EVERY = 1.0  # seconds between looks at what sound meets on its ways, and how many there are
CROWD = 9  # listeners; from here on packets are longer, as each one is work for everybody
CROWD_PACKET = 40  # milliseconds
MAX_PENDING = 25  # packets the engine has not sent yet: half a second


def shortest_packet(listeners: int) -> int:
    """Return how many milliseconds of sound a packet holds at least for so many; 0 for any."""
    return CROWD_PACKET if listeners >= CROWD else 0


class Sound(Protocol):
    """What a call needs of media.sound.desk.SoundDesk."""

    def start_microphone(
        self, source: MicrophoneSource, on_packet: Callable[[bytes, int], None] | None = None
    ) -> None:
        """Open the source and call back with each Opus packet and its media_ts, on a worker."""

    def stop_microphone(self) -> None:
        """Close the microphone."""

    def add_stream(self, key: bytes) -> SoundSink:
        """Return a player for one peer's sound."""

    def remove_stream(self, key: bytes) -> None:
        """Forget one peer's sound."""

    @property
    def overruns(self) -> int:
        """How often sound of the microphone was lost because nobody took it."""

    @property
    def underruns(self) -> int:
        """How often the speaker had nothing to play in time."""

    def set_expected_loss(self, fraction: float) -> None:
        """Tell the encoder what is lost on the way."""

    def set_path(self, kbps: float) -> None:
        """Tell the encoder what the narrowest path bears, pictures and all."""

    def set_shortest_packet(self, milliseconds: int) -> None:
        """Tell the encoder to make no shorter packets."""

    def heard_ts(self, key: bytes) -> int | None:
        """Return the media_ts of what is heard of one peer now; None for nothing."""

    def stats(self, key: bytes) -> AudioStats:
        """Return what one peer's sound is like."""


class CallSound:
    """Seals each packet of the microphone once, for all links; on the engine's thread.

    Without a `desk` the call has no sound.
    """

    def __init__(
        self,
        desk: Sound | None,
        sealer: Sealer,
        links: Mapping[bytes, PeerLink],
        loop: asyncio.AbstractEventLoop,
        clock: Callable[[], float],
    ) -> None:
        self.desk = desk
        self.counters: Counter[str] = Counter()
        self._sealer = sealer
        self._links = links
        self._loop = loop
        self._clock = clock
        self._encoded = 0  # the sound's worker counts
        self._taken = 0  # the engine counts
        self._fit_due = 0.0
        self._spared = 0  # milliseconds: this computer wants no shorter packets

    def use(self, source: MicrophoneSource | None) -> None:
        """Send this microphone's sound from now on; None stops and closes the microphone."""
        if self.desk is None:
            raise ValueError("this call has no sound")
        if source is None:
            self.desk.stop_microphone()
        else:
            self.desk.start_microphone(source, self._packet_encoded)

    def add(self, dev: bytes) -> SoundSink | None:
        """Return what plays a peer's sound."""
        return self.desk.add_stream(dev) if self.desk is not None else None

    def remove(self, dev: bytes) -> None:
        """Play nothing more of a peer."""
        if self.desk is not None:
            self.desk.remove_stream(dev)

    def heard_ts(self, dev: bytes) -> int | None:
        """Return the media_ts of what is heard of a peer now; None for nothing."""
        return self.desk.heard_ts(dev) if self.desk is not None else None

    def stats(self, dev: bytes) -> AudioStats:
        """Return what a peer's sound is like."""
        return self.desk.stats(dev) if self.desk is not None else AudioStats()

    @property
    def overruns(self) -> int:
        """How often sound of the microphone was lost because nobody took it."""
        return self.desk.overruns if self.desk is not None else 0

    @property
    def underruns(self) -> int:
        """How often the speaker had nothing to play in time."""
        return self.desk.underruns if self.desk is not None else 0

    def tick(self, links: Collection[PeerLink], now: float) -> None:
        """Fit the sound to the paths of these links, which are open, and to their number."""
        if self.desk is None or now < self._fit_due:
            return
        self._fit_due = now + FIT_EVERY
        paths = [link.sending for link in links]
        self.desk.set_expected_loss(max((path.plan.sound_loss for path in paths), default=0.0))
        narrowest = min((path.estimator.target_kbps for path in paths), default=math.inf)
        self.desk.set_path(narrowest)
        self.desk.set_shortest_packet(max(shortest_packet(len(links)), self._spared))

    def follow(self, plan: LoadPlan) -> None:
        """Make as few packets as this computer can handle, from the next look on."""
        self._spared = plan.packet_ms

    def close(self) -> None:
        """Close the microphone; the desk is its owner's."""
        if self.desk is not None:
            self.desk.stop_microphone()

    def _packet_encoded(self, packet: bytes, media_ts: int) -> None:
        """On the sound's worker."""
        if self._encoded - self._taken >= MAX_PENDING:
            self.counters["sound_engine_behind"] += 1
            return
        self._encoded += 1
        call_soon(self._loop, self._send, packet, media_ts)

    def _send(self, packet: bytes, media_ts: int) -> None:
        self._taken += 1
        sealed = self._sealer.seal(MICROPHONE.context, MICROPHONE.codec, 0, media_ts, packet)
        if sealed is None:
            self.counters["sound_without_key"] += 1
            return
        now = self._clock()
        payloads = (sealed,)
        for link in self._links.values():
            if link.is_open:
                link.send(MICROPHONE, payloads, media_ts, now)
