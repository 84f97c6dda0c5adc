"""Numbers about a call, as plain values."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


@dataclass(frozen=True, slots=True)
class AudioStats:
    """Sound that came from one peer, and how it is played."""

    packets: int = 0
    lost: int = 0
    """Packets that were not there when it was their turn."""
    concealed_ratio: float = 0.0
    """Share of what was played that had to be made up, 0 to 1; what FEC brought back is not."""
    buffer_ms: float = 0.0
    """Sound that waits to be played."""
    level_db: float = -100.0
    """Loudness of the last moments below full scale; -100 is silence."""
    target_ms: float = 0.0
    """The delay that the jitter asks for."""
    delay_ms: float = 0.0
    """The delay there is, steered towards the target."""
    recovered: int = 0
    """Packets lost on the way and heard all the same, from what the next one said of them."""
    stretched_ratio: float = 0.0
    """Share of the sound that was put in or taken out to keep the delay."""
    late: int = 0
    """Packets that came after their turn."""
    duplicates: int = 0
    refused: int = 0
    """Packets that are none of Opus, or none that a call may hold."""
    dropped: int = 0
    """Packets thrown away to keep the buffer bounded."""


@dataclass(frozen=True, slots=True)
class DroppedStats:
    """Pictures that came from one peer and were not shown, by reason."""

    undecodable: int = 0
    """They build on others that were lost."""
    no_time: int = 0
    """The decoders of this computer did not get round to them."""
    overtaken: int = 0
    """The next one was ready before they could be shown."""
    hidden: int = 0
    """Nobody looks at this peer's tile."""
    broken: int = 0
    """They are not what a picture must be, or come from a sender of too many such."""


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
    decode_ms: float = 0.0
    """Time that a decoder takes for one picture, mean of the last ones."""
    held_ms: float = 0.0
    """How long the last pictures waited for the sound of the same moment."""
    asked_lines: int = 0
    """The height of picture that we ask this peer for; 0: none."""
    asked_fps: int = 0
    """How many pictures a second we ask this peer for."""
    dropped: DroppedStats = DroppedStats()


@dataclass(frozen=True, slots=True)
class SentStats:
    """What goes to one peer, repairs included."""

    audio_kbps: float = 0.0
    video_kbps: float = 0.0
    lines: int = 0
    """The height of the picture that this peer gets; 0: none."""
    layers: int = 0
    """How many of the three temporal layers this peer gets; 0: none."""
    wanted_lines: int = 0
    """The height of picture that this peer asks for; 0: none."""
    left_out: int = 0
    """Frames of camera and screen that this peer did not get because its path did not bear them."""


@dataclass(frozen=True, slots=True)
class UplinkStats:
    """The path from us to one peer, as its reports of arrivals show it."""

    estimate_kbps: float = 0.0
    """What the path bears."""
    budget_kbps: float = 0.0
    """What of it is for pictures, after sound and the shares of the others."""
    backlog_ms: float = 0.0
    """Pictures that wait here to be sent."""
    loss: float = 0.0
    """Share of packets that did not arrive, before any repair, 0 to 1."""


@dataclass(frozen=True, slots=True)
class DownlinkStats:
    """The path from one peer to us, as seen here."""

    loss: float = 0.0
    """Share of packets that did not arrive by themselves over the last seconds, 0 to 1."""
    loss_after: float = 0.0
    """The same after every repair."""
    by_repetition: int = 0
    """Packets that came because we asked again."""
    by_fec: int = 0
    """Packets worked out from the parity of their frame."""
    by_redundancy: int = 0
    """Packets of sound that came along with later ones."""
    jitter_ms: float = 0.0
    """How unevenly sound arrives (RFC 3550, 6.4.1)."""


@dataclass(frozen=True, slots=True)
class FrameStats:
    """Frames sealed for this peer, opened from it, refused from it."""

    sealed: int = 0
    opened: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class PathStats:
    """Which way media take to one peer."""

    kind: str = ""
    """"direct" or "relay"; empty before there is one."""
    relay: str = ""
    """The relay's address and port; if the peer chose it, the address that it has there."""
    by: str = ""
    """How this computer speaks to it: "udp", "tcp" or "tls"."""
    theirs: bool = False
    """Whether the peer chose the relay."""


@dataclass(frozen=True, slots=True)
class PeerStats:
    """Everything the statistics say about one peer."""

    rtt_ms: float | None = None
    path: PathStats = PathStats()
    uplink: UplinkStats = UplinkStats()
    downlink: DownlinkStats = DownlinkStats()
    audio: AudioStats = AudioStats()
    video: VideoStats = VideoStats()
    screen: VideoStats = VideoStats()
    """The screen that this peer shares."""
    sent: SentStats = SentStats()
    frames: FrameStats = FrameStats()
    counters: Mapping[str, int] = field(default_factory=dict)
    """What was dropped, repaired, refused, by name: for diagnosis, not for the public object."""

    def as_json(self) -> dict[str, Any]:
        """Return the part of the public statistics object that media knows; no counters."""
        return {what: told for what, told in as_json(self).items() if what != "counters"}


@dataclass(frozen=True, slots=True)
class LoopStats:
    """How punctual the loop is on which everything of a call but coding happens."""

    late_ms: float = 0.0
    """95th percentile over the last two seconds."""
    stalls: int = 0
    """How often it was more than 50 ms late."""
    longest_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class EncodedStats:
    """One size of the own picture, encoded once for everybody who gets it."""

    width: int = 0
    height: int = 0
    fps: float = 0.0
    kbps: float = 0.0
    """What the encoder aims at."""
    frames: int = 0
    encode_ms: float = 0.0
    """Time for one picture, median of the last 100."""
    encode_p95_ms: float = 0.0
    """95th percentile of the same."""


@dataclass(frozen=True, slots=True)
class ComputerStats:
    """Whether this computer keeps up with the call."""

    loop: LoopStats = LoopStats()
    encoding: float = 0.0
    """Share of its time that the encoders' thread works, 0 to 1."""
    decoding_ms: float = 0.0
    """How long the oldest picture waits for a decoder."""
    overruns: int = 0
    """Times that sound of the microphone was lost because nobody took it."""
    cpu: float = 0.0
    """Share of what this computer has that this process used, 0 to 1."""
    step: int = 0
    """What is left out because it is too slow: 0 nothing, 5 all there is (media.load)."""
    reason: str = ""
    """What was late: "loop", "encoding", "decoding", "sound"."""
    underruns: int = 0
    """Times that the speaker had nothing to play in time."""


@dataclass(frozen=True, slots=True)
class CallStats:
    """The whole call: one entry per peer, what the camera and the encoders do, the computer."""

    peers: Mapping[bytes, PeerStats]
    encoded_frames: int = 0
    counters: Mapping[str, int] = field(default_factory=dict)
    encoded: tuple[EncodedStats, ...] = ()
    """Each size that is encoded now, smallest first."""
    computer: ComputerStats = ComputerStats()


def as_json(stats: "DataclassInstance") -> dict[str, Any]:
    """Return these numbers for the public statistics object, three digits behind the point."""
    return {what: _rounded(told) for what, told in asdict(stats).items()}


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 3)
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    return value
