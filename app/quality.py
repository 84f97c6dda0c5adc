"""Who speaks, and how good the path to each person is: from figures to one word."""

import time
from collections.abc import Iterable, Mapping

from app.meeting.view import Quality
from app.studio import Studio
from media.stats import PeerStats

LOOK_EVERY = 1.0  # seconds between two looks at the statistics
FAIR_RTT, POOR_RTT = 250.0, 600.0  # ms; beyond them people begin to talk over each other
FAIR_CONCEALED, POOR_CONCEALED = 0.03, 0.10  # share of the sound that had to be made up


class Watch:
    """Looks at a call again and again; keeps what it saw last time."""

    def __init__(self) -> None:
        self._looked = 0.0
        self._quality: dict[bytes, Quality] = {}
        self._freezes: dict[bytes, int] = {}

    def look(
        self, studio: Studio, devs: Iterable[bytes], own: bytes
    ) -> tuple[frozenset[bytes], Mapping[bytes, Quality]]:
        """Return who speaks now, and the quality of the path to everybody."""
        now = time.monotonic()
        if now - self._looked >= LOOK_EVERY:
            self._looked = now
            peers = studio.call.stats().peers
            self._quality = {dev: self._judge(dev, peer) for dev, peer in peers.items()}
        speaking = {dev for dev in devs if dev != own and studio.sound.speaking(dev)}
        if studio.microphone_on and studio.sound.own_speaking:
            speaking.add(own)
        return frozenset(speaking), self._quality

    def _judge(self, dev: bytes, peer: PeerStats) -> Quality:
        froze = peer.video.freezes > self._freezes.get(dev, 0)
        self._freezes[dev] = peer.video.freezes
        rtt = peer.rtt_ms or 0.0
        concealed = peer.audio.concealed_ratio
        if rtt > POOR_RTT or concealed > POOR_CONCEALED:
            return Quality.POOR
        if froze or rtt > FAIR_RTT or concealed > FAIR_CONCEALED:
            return Quality.FAIR
        return Quality.GOOD
