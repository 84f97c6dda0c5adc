"""Which cameras, microphones and speakers this computer has, by the names people know."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from media.errors import SoundError
from media.sound import portaudio
from media.video.camera_list import listed_cameras

Kind = Literal["camera", "microphone", "speaker"]


@dataclass(frozen=True)
class Device:
    """One device; `id` is what --camera, --microphone and --speaker take."""

    kind: Kind
    id: str
    name: str
    is_default: bool


def microphones() -> list[Device]:
    """Return the microphones, the default first; raises SoundError("no_library")."""
    return _sound_devices("microphone", "input")


def speakers() -> list[Device]:
    """Return the speakers, the default first; raises SoundError("no_library")."""
    return _sound_devices("speaker", "output")


def cameras() -> list[Device]:
    """Return the cameras in the order of the system; empty where it cannot name them.

    Loads OpenCV (half a second): not for the window's or the engine's thread.
    """
    try:
        found = listed_cameras()
    except ImportError:
        return []
    return [
        Device("camera", str(camera.index), (camera.name or "").strip(), is_default=place == 0)
        for place, camera in enumerate(found)
    ]


def are_current() -> bool:
    """Tell whether sound devices are listed as they are now, also while one is in use."""
    with suppress(SoundError):
        return any(device.node for device in portaudio.devices("output"))
    return False


def look_again() -> bool:
    """Make sound devices that were just plugged in appear; False while any of them is in use."""
    with suppress(SoundError):
        return portaudio.renew()
    return False


def _sound_devices(kind: Kind, direction: portaudio.Direction) -> list[Device]:
    found: dict[str, Device] = {}
    for device in portaudio.devices(direction):
        found.setdefault(
            device.name, Device(kind, device.name, device.name, is_default=device.is_default)
        )
    return list(found.values())
