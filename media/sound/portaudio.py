"""PortAudio: loaded when sound is first wanted, asked for its devices, told to look again."""

import contextlib
import ctypes
import os
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from media.errors import SoundError
from media.sound import sound_server
from media.sound.samples import BLOCK, RATE

Direction = Literal["input", "output"]

DEFAULT = "default"  # what the system itself would choose

_lock = threading.RLock()  # PortAudio is not thread-safe outside its callbacks
_open_streams = 0
_generation = 0  # of the indexes: each `renew` makes new ones

# Each host interface of PortAudio lists every device again. The first of these that is there
# counts: it has shared mode and the lowest latency of its system.
_INTERFACES = ("Windows WASAPI", "Core Audio", "ALSA", "PulseAudio", "Windows DirectSound", "MME")


@dataclass(frozen=True)
class SoundDevice:
    """A microphone or a speaker as PortAudio lists it now; `index` holds until the next `renew`."""

    index: int
    name: str
    is_default: bool
    channels: int
    rate: int  # its own; 48 kHz is asked for first
    node: str = ""  # what a sound server calls it; PortAudio itself knows only the way there
    generation: int = 0

    @property
    def is_fresh(self) -> bool:
        """Tell whether the index still means this device."""
        return self.generation == _generation


def library() -> Any:
    """Return the sounddevice module; raises SoundError("no_library") with the cure."""
    with _lock:
        os.environ.setdefault("JACK_NO_START_SERVER", "1")  # looking must not start a server
        _silence_alsa()
        try:
            import sounddevice
        except (ImportError, OSError) as problem:
            cure = "install libportaudio2" if sys.platform == "linux" else "install PortAudio"
            raise SoundError("no_library", f"sound is not available: {cure}") from problem
        except Exception as problem:
            if type(problem).__name__ != "PortAudioError":
                raise
            raise SoundError("no_device", f"the sound system does not answer: {problem}") from None
        return sounddevice


def devices(direction: Direction) -> list[SoundDevice]:
    """Return what there is, the default first; raises SoundError("no_library").

    Where a sound server is, these are its devices, also those that came since PortAudio started.
    """
    listed = _listed(direction)
    gate = next((device for device in listed if device.name == sound_server.GATE), None)
    if gate is not None and (served := sound_server.devices(direction)):
        return [replace(gate, name=x.name, is_default=x.is_default, node=x.node) for x in served]
    return listed


def _listed(direction: Direction) -> list[SoundDevice]:
    """Return the devices that PortAudio itself lists, the default first."""
    sound = library()
    with _lock:
        interfaces = sound.query_hostapis()
        listed = sound.query_devices()
    channels = f"max_{direction}_channels"
    for wanted in (*_INTERFACES, None):
        for interface in interfaces:
            if wanted is not None and interface["name"] != wanted:
                continue
            default = interface[f"default_{direction}_device"]
            found = [
                SoundDevice(
                    index,
                    str(listed[index]["name"]).strip(),
                    index == default,
                    int(listed[index][channels]),
                    round(listed[index]["default_samplerate"]),
                    generation=_generation,
                )
                for index in interface["devices"]
                if listed[index][channels] > 0
            ]
            if found:
                return sorted(found, key=lambda device: not device.is_default)
    return []


def find(direction: Direction, name: str) -> SoundDevice:
    """Return the device called `name`: exactly, else the only one that contains it, else by index.

    "default" is the system's choice. Raises SoundError "no_device" or "unknown_device".
    """
    found = devices(direction)
    noun = "microphone" if direction == "input" else "speaker"
    if not found:
        raise SoundError("no_device", f"this computer has no {noun}")
    if name == DEFAULT:
        return replace(found[0], node="")  # a server moves it along when its default changes
    if found[0].node and not any(name.casefold() in device.name.casefold() for device in found):
        found = _listed(direction)  # known to who wrote it, though no name for people
    exact = [device for device in found if device.name == name]
    if exact:
        return exact[0]
    alike = [device for device in found if name.casefold() in device.name.casefold()]
    if len(alike) == 1:
        return alike[0]
    by_index = [device for device in found if str(device.index) == name]
    if by_index:
        return by_index[0]
    names = ", ".join(device.name for device in alike or found)
    which = "several are" if alike else "there are"
    raise SoundError("unknown_device", f"no {noun} is called “{name}”; {which}: {names}")


def renew() -> bool:
    """Look for devices that came or went; False while a stream is open (PortAudio cannot then)."""
    global _generation  # noqa: PLW0603 - PortAudio itself is one per process
    sound = library()
    with _lock:
        if _open_streams:
            return False
        _generation += 1
        with contextlib.suppress(sound.PortAudioError):
            sound._terminate()
        try:
            sound._initialize()
        except sound.PortAudioError as problem:
            text = f"the sound system does not answer: {problem}"
            raise SoundError("no_device", text) from problem
        return True


def open_stream(direction: Direction, device: SoundDevice, callback: Any) -> Any:
    """Return a started stream of float32 whose callback gets about 10 ms at a time.

    Asks for 48 kHz mono, then stereo, then the device's own rate. Raises SoundError("refused").
    """
    sound = library()
    kind = sound.InputStream if direction == "input" else sound.OutputStream
    stereo = min(2, device.channels)
    problem: Exception | None = None
    for rate, channels in dict.fromkeys(
        ((RATE, 1), (RATE, stereo), (device.rate, 1), (device.rate, stereo))
    ):
        try:
            with _lock, _routed(direction, device):
                stream = kind(
                    samplerate=rate,
                    channels=channels,
                    device=device.index,
                    dtype="float32",
                    blocksize=BLOCK * rate // RATE,
                    latency="low",
                    callback=callback,
                    extra_settings=_settings(sound, device),
                )
                try:
                    stream.start()
                except sound.PortAudioError:
                    stream.close()
                    raise
                _count(+1)
                return stream
        except (sound.PortAudioError, ValueError) as refusal:
            problem = refusal
    text = f"{device.name} cannot be opened: {problem}"
    raise SoundError("refused", text) from problem


def close_stream(stream: Any) -> None:
    """Stop and close what `open_stream` returned; a device that is gone is no error."""
    sound = library()
    with _lock:
        try:
            with contextlib.suppress(sound.PortAudioError):
                stream.abort()
            with contextlib.suppress(sound.PortAudioError):
                stream.close()
        finally:
            _count(-1)


def _count(change: int) -> None:
    global _open_streams  # noqa: PLW0603 - PortAudio itself is one per process
    _open_streams += change


@contextlib.contextmanager
def _routed(direction: Direction, device: SoundDevice) -> Iterator[None]:
    """Have a sound server connect what is opened meanwhile to this device.

    Its library reads the environment whenever it connects; ALSA and PortAudio have no other way
    to say which device is meant.
    """
    wanted = sound_server.route(direction, device.node)
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _settings(sound: Any, device: SoundDevice) -> Any:
    """Let Windows convert the rate in shared mode; others do it by themselves."""
    if os.name != "nt":
        return None
    interface = sound.query_devices(device.index)["hostapi"]
    if sound.query_hostapis(interface)["name"] != "Windows WASAPI":
        return None
    return sound.WasapiSettings(auto_convert=True)


def _silence_alsa() -> None:
    """ALSA writes a page to the terminal for every device that is not there; it need not.

    The handler is a C function that does nothing, since ALSA also calls it from threads that must
    not wait for Python.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            nothing = ctypes.CDLL(None).labs
            ctypes.CDLL("libasound.so.2").snd_lib_error_set_handler(nothing)
