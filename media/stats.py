"""Numbers about a call, as plain values."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class AudioStats:
    """Sound that came from one peer."""

    packets: int = 0
    lost: int = 0
    concealed_ratio: float = 0.0
    buffer_ms: float = 0.0
    level_db: float = -96.0


@dataclass(frozen=True, slots=True)
class VideoStats:
    """Pictures that came from one peer; rates are over the last seconds."""

    width: int = 0
    height: int = 0
    fps: float = 0.0
    kbps: float = 0.0
    frames: int = 0
    freezes: int = 0
    freeze_s: float = 0.0
    latency_ms: float | None = None
    """From capture there to decoded here, median of the last seconds."""


@dataclass(frozen=True, slots=True)
class SentStats:
    """What goes to one peer, retransmissions included."""

    audio_kbps: float = 0.0
    video_kbps: float = 0.0


@dataclass(frozen=True, slots=True)
class FrameStats:
    """Frames sealed for this peer, opened from it, refused from it."""

    sealed: int = 0
    opened: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class PeerStats:
    """Everything the statistics say about one peer."""

    rtt_ms: float | None = None
    audio: AudioStats = AudioStats()
    video: VideoStats = VideoStats()
    sent: SentStats = SentStats()
    frames: FrameStats = FrameStats()
    counters: Mapping[str, int] = field(default_factory=dict)
    """What was dropped, repaired, refused, by name: for diagnosis."""

    def as_json(self) -> dict[str, Any]:
        """Return the part of the public statistics object that media knows; no counters."""
        return {
            "rtt_ms": _rounded(self.rtt_ms),
            "audio": _rounded(asdict(self.audio)),
            "video": _rounded(asdict(self.video)),
            "sent": _rounded(asdict(self.sent)),
            "frames": asdict(self.frames),
        }


@dataclass(frozen=True, slots=True)
class CallStats:
    """The whole call: one entry per peer, and what the camera and the encoder do."""

    peers: Mapping[bytes, PeerStats]
    target_kbps: float = 0.0
    encoded_frames: int = 0
    encoded_width: int = 0
    encoded_height: int = 0
    counters: Mapping[str, int] = field(default_factory=dict)


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 3)
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    return value
