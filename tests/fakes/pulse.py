"""A private PulseAudio with a virtual speaker and a virtual microphone, for computers without."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

SPEAKER = "vspeaker"  # what Conclave plays to
MICROPHONE = "vmicrophone"  # what Conclave hears
FEED = "vmicfeed"  # played to this, the virtual microphone hears it
EAR = "vspeakermon"  # gives what the virtual speaker plays

_PLUGINS = ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib")

_ALSA = """</usr/share/alsa/alsa.conf>
pcm.!default { type pulse hint { show on description "Default" } }
ctl.!default { type pulse }
pcm.vspeaker { type pulse device vspk hint { show on description "Virtual speaker" } }
pcm.vmicrophone { type pulse device mic hint { show on description "Virtual microphone" } }
pcm.vmicfeed { type pulse device vmic hint { show on description "Feeds the microphone" } }
pcm.vspeakermon { type pulse device vspk.monitor hint { show on description "Hears the speaker" } }
"""


def missing() -> str | None:
    """Return what this computer lacks for it, None when all is there."""
    for program in ("pulseaudio", "pactl"):
        if shutil.which(program) is None:
            return f"{program} is not installed"
    if not any(
        Path(folder, "alsa-lib/libasound_module_pcm_pulse.so").exists() for folder in _PLUGINS
    ):
        return "the ALSA plugin for PulseAudio (libasound2-plugins) is not installed"
    try:
        import sounddevice  # noqa: F401
    except (ImportError, OSError) as problem:
        return f"PortAudio is not installed ({problem})"
    return None


class PulseServer:
    """The server and the devices in it, which a test may unplug."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        socket = folder / "native"
        self.environment = {
            "PULSE_SERVER": f"unix:{socket}",
            "PULSE_RUNTIME_PATH": str(folder),
            "PULSE_STATE_PATH": str(folder),
            "ALSA_CONFIG_PATH": str(folder / "asound.conf"),
        }
        (folder / "asound.conf").write_text(_ALSA)
        folder.chmod(0o700)
        arguments = ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1"]
        arguments += ["--use-pid-file=no", "--realtime=no", "--high-priority=no"]
        arguments += [f"--log-target=file:{folder / 'log'}", "--log-level=warning"]
        for module in (
            f"module-native-protocol-unix socket={socket} auth-anonymous=1",
            # Without norewinds a null sink renders two seconds at once.
            "module-null-sink norewinds=1 sink_name=vspk rate=48000 channels=2 "
            f"sink_properties=device.description={SPEAKER}",
            "module-null-sink norewinds=1 sink_name=vmic rate=48000 channels=2 "
            f"sink_properties=device.description={FEED}",
            "module-remap-source source_name=mic master=vmic.monitor "
            f"source_properties=device.description={MICROPHONE}",
        ):
            arguments += ["-L", module]
        self._process = subprocess.Popen(
            arguments,
            env={**os.environ, **self.environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(100):
            if self.control("info", check=False):
                break
            time.sleep(0.05)
        self.control("set-default-sink", "vspk")
        self.control("set-default-source", "mic")

    def control(self, *arguments: str, check: bool = True) -> bool:
        """Run pactl; return whether it worked."""
        done = subprocess.run(
            ["pactl", *arguments],
            env={**os.environ, **self.environment},
            capture_output=True,
            check=check,
            timeout=10,
        )
        return done.returncode == 0

    def ask(self, *question: str) -> str:
        """Return what pactl says."""
        done = subprocess.run(
            ["pactl", *question],
            env={**os.environ, **self.environment, "LC_ALL": "C"},
            capture_output=True,
            check=True,
            timeout=10,
        )
        return done.stdout.decode()

    def record(self, source: str, seconds: float) -> np.ndarray:
        """Return what another program records from a source meanwhile: float32 at 48 kHz."""
        count = int(seconds * 48_000) * 4
        with subprocess.Popen(
            [
                "parec",
                f"--device={source}",
                "--format=float32le",
                "--rate=48000",
                "--channels=1",
                "--latency-msec=20",
                "--raw",
            ],
            env={**os.environ, **self.environment},
            stdout=subprocess.PIPE,
        ) as recorder:
            assert recorder.stdout is not None
            data = recorder.stdout.read(count)
            recorder.terminate()
        return np.frombuffer(data, np.float32)

    def heard_here(self) -> list[str]:
        """Return the names of the sources that this process records from, one for each stream.

        Not all that records is a program: the virtual microphone itself hears what feeds it.
        """
        names = dict(
            line.split("\t")[:2] for line in self.ask("list", "short", "sources").splitlines()
        )
        ours = f'application.process.id = "{os.getpid()}"'
        streams = self.ask("list", "source-outputs").split("\n\n")
        numbers = [re.findall(r"^\tSource: (\d+)$", text, re.M) for text in streams if ours in text]
        return [names[number] for (number,) in numbers]

    def stop(self) -> None:
        """End the server: every device goes away."""
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(5)


@contextmanager
def virtual_sound(folder: Path) -> Iterator[PulseServer]:
    """Give this process a virtual speaker and microphone, and PortAudio a fresh look at them."""
    from media.sound import portaudio

    before = dict(os.environ)
    server = PulseServer(folder)
    os.environ.update(server.environment)
    try:
        portaudio.renew()
        yield server
    finally:
        server.stop()
        for key in server.environment:
            if key in before:
                os.environ[key] = before[key]
            else:
                os.environ.pop(key, None)
        portaudio.renew()
