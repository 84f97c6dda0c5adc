"""All the sound of a call: one microphone out to everybody, everybody mixed to one speaker."""

from collections.abc import Callable
from typing import Literal

from media.microphone import MicrophoneSource
from media.playout import Playout, SoundStats
from media.speaker import SpeakerSink

DeviceState = Literal["off", "opening", "open", "closed_by_mute", "failed"]


class SoundDesk:
    """Owns the sound workers of one call; methods return at once, on any thread.

    Devices are opened by the workers. `on_change` is called (on a worker) when the state of a
    device changes; read it from `microphone_state`, `speaker_state`, `microphone_error`,
    `speaker_error`.
    """

    def __init__(
        self, clock: Callable[[], float], *, on_change: Callable[[], None] | None = None
    ) -> None:
        raise NotImplementedError

    def start_microphone(
        self, source: MicrophoneSource, on_packet: Callable[[bytes, int], None] | None = None
    ) -> None:
        """Open `source`; each 20 ms `on_packet(opus packet, media_ts)` is called on the worker.

        media_ts is the capture time of the first sample: clock() * 48000 mod 2**32. Without
        `on_packet` nothing is encoded: a preview with a level meter only.
        """
        raise NotImplementedError

    def stop_microphone(self) -> None:
        """Close the microphone."""
        raise NotImplementedError

    def mute(self, muted: bool) -> None:
        """Muted: nothing reaches the encoder, and the device is closed after 5 s."""
        raise NotImplementedError

    def start_speaker(self, sink: SpeakerSink) -> None:
        """Play everybody to `sink`."""
        raise NotImplementedError

    def stop_speaker(self) -> None:
        """Close the speaker; what arrives meanwhile is dropped by the bounded buffers."""
        raise NotImplementedError

    def add_stream(self, key: bytes) -> Playout:
        """Return a new buffer for one person's sound; the engine pushes its packets there."""
        raise NotImplementedError

    def remove_stream(self, key: bytes) -> None:
        """Forget one person's sound; unknown keys are ignored."""
        raise NotImplementedError

    def set_volume(self, key: bytes, gain: float) -> None:
        """Play one person louder or softer: 0.0 silent, 1.0 as sent, at most 4.0."""
        raise NotImplementedError

    def level(self, key: bytes) -> float:
        """Return the loudness of one person in dB below full scale (-100 is silence)."""
        raise NotImplementedError

    @property
    def own_level(self) -> float:
        """The loudness of the own microphone in dB; never sent."""
        raise NotImplementedError

    def speaking(self, key: bytes) -> bool:
        """Return whether this person speaks now; found out here, never told by anybody."""
        raise NotImplementedError

    @property
    def own_speaking(self) -> bool:
        """Whether the own microphone hears speech, also while muted within the first 5 s."""
        raise NotImplementedError

    def set_expected_loss(self, fraction: float) -> None:
        """Tell the encoder how much is lost on the way (0..1), so that FEC is worth its bits."""
        raise NotImplementedError

    def stats(self, key: bytes) -> SoundStats:
        """Return what one person's sound is like; an empty SoundStats for an unknown key."""
        raise NotImplementedError

    @property
    def microphone_state(self) -> DeviceState:
        """What the microphone is doing."""
        raise NotImplementedError

    @property
    def speaker_state(self) -> DeviceState:
        """What the speaker is doing."""
        raise NotImplementedError

    @property
    def microphone_silent(self) -> bool:
        """Whether an open microphone has given nothing but exact silence for 5 s."""
        raise NotImplementedError

    def close(self) -> None:
        """Stop everything; no thread and no device is left."""
        raise NotImplementedError
