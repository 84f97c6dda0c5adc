"""Which devices there are, and how PortAudio is asked."""

import sys
from types import ModuleType, SimpleNamespace

import pytest
from fakes import pulse
from fakes.portaudio import FakePortAudio

from media import devices
from media.errors import SoundError
from media.sound import portaudio
from media.sound.portaudio import SoundDevice
from media.video import camera_list


def test_devices_are_listed_once_by_name_the_default_first(monkeypatch):
    FakePortAudio("Built-in", "Headset", "Headset").install(monkeypatch)
    listed = devices.microphones()
    assert [(device.kind, device.id, device.is_default) for device in listed] == [
        ("microphone", "Built-in", True),
        ("microphone", "Headset", False),
    ]
    assert [device.kind for device in devices.speakers()] == ["speaker", "speaker"]


def test_cameras_have_names_and_the_first_is_the_default(monkeypatch):
    module = ModuleType("cv2_enumerate_cameras")
    module.supported_backends = (1800, 200)
    module.enumerate_cameras = lambda backend: [
        SimpleNamespace(index=2, name="USB camera", backend=backend),
        SimpleNamespace(index=0, name="Built-in ", backend=backend),
    ]
    monkeypatch.setitem(sys.modules, "cv2_enumerate_cameras", module)
    assert [(camera.id, camera.name, camera.is_default) for camera in devices.cameras()] == [
        ("0", "Built-in", True),
        ("2", "USB camera", False),
    ]


def test_where_windows_has_no_camera_nothing_else_is_asked_for_their_names(monkeypatch):
    module = ModuleType("cv2_enumerate_cameras")
    module.supported_backends = (1400, 700)
    module.enumerate_cameras = lambda backend: pytest.fail("it frees a pointer that was never set")
    monkeypatch.setitem(sys.modules, "cv2_enumerate_cameras", module)
    monkeypatch.setattr(sys, "platform", "win32")

    def failing(name):
        raise OSError(name)

    monkeypatch.setattr(camera_list.ctypes, "CDLL", failing)  # a Windows without Media Foundation
    assert devices.cameras() == []
    monkeypatch.setattr(camera_list, "_windows_cameras", lambda: 0)
    assert devices.cameras() == []


def test_a_system_that_cannot_name_cameras_lists_none(monkeypatch):
    monkeypatch.setitem(sys.modules, "cv2_enumerate_cameras", None)
    assert devices.cameras() == []


class FakeSoundDevice:
    """The sounddevice module: two host interfaces that both list everything."""

    class PortAudioError(Exception):
        pass

    def __init__(self, refuse=()):
        self.asked = []
        self.renewed = 0
        self._refuse = set(refuse)

    def query_hostapis(self):
        return [
            {"name": "MME", "devices": [0], "default_input_device": 0, "default_output_device": -1},
            {
                "name": "ALSA",
                "devices": [1, 2, 3],
                "default_input_device": 2,
                "default_output_device": 3,
            },
        ]

    def query_devices(self):
        return [
            {"name": name, "max_input_channels": ins, "max_output_channels": outs}
            | {"default_samplerate": 44_100.0}
            for name, ins, outs in (("old", 1, 0), ("line", 2, 0), ("mic", 1, 0), ("out", 0, 2))
        ]

    def _terminate(self):
        self.renewed += 1

    def _initialize(self):
        pass

    def InputStream(self, **wanted):
        self.asked.append((wanted["samplerate"], wanted["channels"], wanted["blocksize"]))
        if self.asked[-1][:2] in self._refuse:
            raise self.PortAudioError("Invalid sample rate")
        return SimpleNamespace(start=lambda: None, abort=lambda: None, close=lambda: None, **wanted)


@pytest.fixture
def sounddevice(monkeypatch):
    def install(**how):
        fake = FakeSoundDevice(**how)
        monkeypatch.setattr(portaudio, "library", lambda: fake)
        return fake

    return install


DEVICE = SoundDevice(2, "mic", True, 2, 44_100)


def test_only_the_best_host_interface_counts(sounddevice):
    sounddevice()
    assert [device.name for device in portaudio.devices("input")] == ["mic", "line"]
    assert [device.name for device in portaudio.devices("output")] == ["out"]


def test_a_device_that_refuses_48_khz_mono_is_asked_for_what_it_can(sounddevice):
    fake = sounddevice(refuse=[(48_000, 1), (48_000, 2)])
    stream = portaudio.open_stream("input", DEVICE, None)
    portaudio.close_stream(stream)
    assert fake.asked == [(48_000, 1, 480), (48_000, 2, 480), (44_100, 1, 441)]


def test_a_device_that_refuses_everything_says_so_once(sounddevice):
    fake = sounddevice(refuse=[(rate, n) for rate in (48_000, 44_100) for n in (1, 2)])
    with pytest.raises(SoundError, match="mic cannot be opened") as problem:
        portaudio.open_stream("input", DEVICE, None)
    assert problem.value.code == "refused"
    assert len(fake.asked) == 4
    assert portaudio.renew()  # nothing counts as open


def test_portaudio_looks_again_only_while_nothing_is_open(sounddevice):
    fake = sounddevice()
    stream = portaudio.open_stream("input", DEVICE, None)
    assert not devices.look_again()
    assert fake.renewed == 0
    portaudio.close_stream(stream)
    assert devices.look_again()
    assert fake.renewed == 1


@pytest.mark.sound
def test_virtual_devices_are_listed_by_name(virtual_sound):
    assert pulse.MICROPHONE in [device.name for device in devices.microphones()]
    assert pulse.SPEAKER in [device.name for device in devices.speakers()]
    assert devices.microphones()[0].is_default
