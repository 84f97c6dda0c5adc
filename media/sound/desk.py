"""All the sound of a call: one microphone out to everybody, everybody mixed to one speaker."""

from collections.abc import Callable, Mapping
from typing import Any

from media.errors import SoundError
from media.sound import portaudio
from media.sound.capture import Capture, OnBlock, OnPacket
from media.sound.device_worker import DeviceState, DeviceWorker
from media.sound.ends import MicrophoneSource, SpeakerSink
from media.sound.level import SILENCE
from media.sound.mixer import Mixer
from media.sound.playback import Playback
from media.sound.playout import Playout
from media.sound.processing import EVERYTHING, Cleaning, Reference
from media.sound.samples import RATE, Samples
from media.sound.voice import WRAP
from media.stats import AudioStats

LET_GO = 2.0  # seconds a device may need to close

__all__ = ["Cleaning", "DeviceState", "Playout", "SoundDesk"]


class SoundDesk:
    """Owns the sound workers of one call; methods return at once, on any thread.

    Devices are opened by the workers. `on_change` is called (on a worker) when something about a
    device changes; read it from `microphone_state`, `speaker_state`, `microphone_error`,
    `speaker_error`, `microphone_silent`. A device that cannot be opened, or goes away, is tried
    again every second until it is stopped.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        cleaning: Cleaning = EVERYTHING,
        on_change: Callable[[], None] | None = None,
    ) -> None:
        self._clock = clock
        self._mixer = Mixer()
        reference = Reference()
        self._playback = Playback(clock, self._mixer, reference, on_change)
        self._capture = Capture(clock, reference, cleaning, on_change)

    # ---- the own microphone

    def start_microphone(self, source: MicrophoneSource, on_packet: OnPacket | None = None) -> None:
        """Open `source`; each 20 ms `on_packet(opus packet, media_ts)` is called on the worker.

        media_ts is the capture time of the first sample: clock() * 48000 mod 2**32. Without
        `on_packet` nothing is encoded: a preview with a level meter only. Called again with the
        same source, only `on_packet` changes.
        """
        self._capture.on_packet = on_packet
        self._capture.use(source)

    def stop_microphone(self) -> None:
        """Close the microphone."""
        self._capture.on_packet = None
        self._capture.use(None)

    def mute(self, muted: bool) -> None:
        """Muted: nothing reaches the encoder, and the device is closed after 5 s."""
        self._capture.mute(muted)

    def stay_open(self, stays: bool) -> None:
        """Keep a muted device open, for who wants to speak or to be warned at any moment."""
        self._capture.stay_open(stays)

    def listen(self, listener: OnBlock | None) -> None:
        """Give each 10 ms that are heard here, cleaned, to somebody on this computer, too.

        Called on the worker, also while muted: the device stays open for that long.
        """
        self._capture.listen(listener)

    def set_cleaning(self, cleaning: Cleaning) -> None:
        """Switch echo cancellation, noise suppression and gain control of real microphones."""
        self._capture.cleaning = cleaning

    def set_expected_loss(self, fraction: float) -> None:
        """Tell the encoder how much is lost on the way (0..1), so that FEC is worth its bits."""
        self._capture.expected_loss = fraction

    def set_path(self, kbps: float) -> None:
        """Tell what the narrowest path bears, all of it: sound takes less where that is little."""
        self._capture.path_kbps = kbps

    def set_shortest_packet(self, milliseconds: int) -> None:
        """Send no shorter packets (20, 40 or 60): fewer are less work, and are heard later."""
        self._capture.shortest_packet = milliseconds * RATE // 1000

    def set_music(self, music: bool, *, echo: bool = False) -> None:
        """Send music: full band, more bits, and the microphone's sound as it is.

        With `echo` the others' sound is still taken out, for who has no headphones: that costs the
        lowest notes, and more while others are heard.
        """
        self._capture.echo_of_music = echo
        self._capture.music = music

    @property
    def overruns(self) -> int:
        """Times that sound of the microphone was lost because nobody took it in time."""
        return self._capture.overruns

    @property
    def own_level(self) -> float:
        """The loudness of the own microphone in dB below full scale; never sent."""
        return self._capture.voice.meter.level_db

    @property
    def own_speaking(self) -> bool:
        """Whether the own microphone hears speech, also while muted within the first 5 s."""
        return self._capture.voice.meter.speaking

    @property
    def microphone_state(self) -> DeviceState:
        """What the microphone is doing."""
        return self._capture.state

    @property
    def microphone_error(self) -> SoundError | None:
        """Why the microphone failed; None unless its state is "failed"."""
        return self._capture.error

    @property
    def microphone_silent(self) -> bool:
        """Whether an open device has given nothing but zeros for 5 s: broken, or not permitted."""
        return self._capture.state == "open" and self._capture.silent

    @property
    def cleaning_missing(self) -> str | None:
        """Why the sound of the microphone is not cleaned although it should be, else None."""
        return self._capture.voice.processing.missing

    # ---- the others

    def start_speaker(self, sink: SpeakerSink) -> None:
        """Play everybody to `sink`."""
        self._playback.use(sink)

    def stop_speaker(self) -> None:
        """Close the speaker; what arrives meanwhile is dropped by the bounded buffers."""
        self._playback.use(None)
        self._mixer.forget_playing()

    def add_stream(self, key: bytes) -> Playout:
        """Return a new buffer for one person's sound; the engine pushes its packets there."""
        return self._mixer.add(key)

    def remove_stream(self, key: bytes) -> None:
        """Forget one person's sound; unknown keys are ignored."""
        self._mixer.remove(key)

    def set_volume(self, key: bytes, gain: float) -> None:
        """Play one person louder or softer: 0.0 silent, 1.0 as sent, at most 4.0.

        It is kept until the desk is closed, also while this person is away.
        """
        self._mixer.set_volume(key, gain)

    @property
    def volumes(self) -> Mapping[bytes, float]:
        """What `set_volume` was told, by key."""
        return self._mixer.volumes

    def play(self, sound: Samples) -> bool:
        """Play a sound of this computer's own with the others; False when too many play.

        The echo canceller hears it with them, so it does not go out again.
        """
        return self._mixer.play(sound)

    def stop_playing(self) -> None:
        """Let the sounds of this computer's own end."""
        self._mixer.stop_playing()

    @property
    def playing(self) -> bool:
        """Whether a sound of this computer's own is not over yet."""
        return self._mixer.playing

    def level(self, key: bytes) -> float:
        """Return the loudness of one person in dB below full scale (-100 is silence)."""
        stream = self._mixer.stream(key)
        return SILENCE if stream is None else stream.level_db

    def speaking(self, key: bytes) -> bool:
        """Return whether this person speaks now; found out here, never told by anybody."""
        stream = self._mixer.stream(key)
        return stream is not None and stream.speaking

    def heard_ts(self, key: bytes) -> int | None:
        """Return the sender's media_ts of what the speaker gives off right now, for lip sync."""
        stream = self._mixer.stream(key)
        pulled = None if stream is None else stream.playing_ts
        if pulled is None:
            return None
        since = self._clock() - self._playback.mixed - self._playback.latency
        return (pulled + round(since * RATE)) % WRAP

    def stats(self, key: bytes) -> AudioStats:
        """Return what one person's sound is like; an empty AudioStats for an unknown key."""
        stream = self._mixer.stream(key)
        return AudioStats() if stream is None else stream.stats

    @property
    def underruns(self) -> int:
        """How often the speaker had nothing to play because this computer was busy."""
        return self._playback.underruns

    @property
    def speaker_state(self) -> DeviceState:
        """What the speaker is doing."""
        return self._playback.state

    @property
    def speaker_error(self) -> SoundError | None:
        """Why the speaker failed; None unless its state is "failed"."""
        return self._playback.error

    def look_again(self) -> bool:
        """Let go of both devices for a moment, so that new ones are found; whether that worked.

        Takes some tenths of a second: not for the engine's thread.
        """
        workers: tuple[DeviceWorker[Any], ...] = (self._capture, self._playback)
        for worker in workers:
            worker.let_go(True)
        try:
            return all(worker.wait_until_free(LET_GO) for worker in workers) and portaudio.renew()
        finally:
            for worker in workers:
                worker.let_go(False)

    def close(self) -> None:
        """Stop everything; no thread and no device is left."""
        self._capture.close()
        self._playback.close()
