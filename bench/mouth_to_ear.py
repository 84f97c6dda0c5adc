"""How long a word is on its way, from one person's mouth to another's ear.

    python -m bench.mouth_to_ear                # through virtual devices of PulseAudio
    python -m bench.mouth_to_ear --stand-ins    # without devices

One desk hears a voice, another one plays it; what is heard is found in what was said by
correlation. Packets go from one to the other at once: the network and the link come on top. With
devices, the same voice is also sent straight through each of them, so that their own part is
known. Everything is at work that is in a call: echo canceller, noise suppression, Opus, playout.
"""

import argparse
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from app.engine import share_often
from bench.report import add_out_option, finish, percentile, table
from bench.voices import voice
from media.sound import portaudio
from media.sound.block_clock import BlockClock
from media.sound.desk import SoundDesk
from media.sound.ends import Heard, MicrophoneSource, SpeakerSink
from media.sound.microphone import open_microphone
from media.sound.opus import FRAME
from media.sound.processing import Cleaning
from media.sound.samples import BLOCK, RATE, Samples
from media.sound.speaker import open_speaker
from media.sound.stand_ins import NoSpeaker
from tests.fakes import pulse

PIECE = 2.0  # seconds that one reading is taken over
LONGEST = 0.6  # seconds that are looked through
LIKE = 0.25  # correlation from which a reading counts: Opus and noise suppression change a voice
SETTLE = 3.0  # seconds at the beginning that do not count
CLEANING = Cleaning(gain=False)
LOOKAHEAD_MS = 6.5  # of Opus, which hears so far ahead (RFC 6716 section 4.3)


class Mouth:
    """A microphone that hears a voice from a moment on, at real-time pace, and is cleaned."""

    name = "mouth"
    live = True
    overflows = 0

    def __init__(self, sound: Samples) -> None:
        self._sound = sound
        self._at = 0
        self._block_clock = BlockClock(time.monotonic)
        self.began = 0.0

    def open(self) -> None:
        """Begin to speak."""
        self._block_clock.begin()
        self.began = time.monotonic()

    def read(self) -> Heard | None:
        """Return 10 ms once they are over."""
        if not self._block_clock.due:
            return None
        block = np.resize(self._sound[self._at : self._at + BLOCK], BLOCK)
        self._at = (self._at + BLOCK) % (len(self._sound) - BLOCK)
        return Heard(block, self._block_clock.done())

    def wait(self) -> float:
        """Return the seconds until the next 10 ms."""
        return self._block_clock.wait

    def close(self) -> None:
        """Nothing to close."""


class Ear(NoSpeaker):
    """A speaker without delay that keeps what it plays, by the time it is heard."""

    def __init__(self) -> None:
        super().__init__(time.monotonic)
        self.blocks: list[tuple[float, Samples]] = []

    def write(self, samples: Samples) -> None:
        """Take 10 ms that are heard from now on."""
        super().write(samples)
        self.blocks.append((time.monotonic(), samples))

    def since(self, began: float) -> Samples:
        """Return what was heard from a moment on, each block where its time is."""
        end = self.blocks[-1][0] + BLOCK / RATE
        heard = np.zeros(round((end - began) * RATE) + BLOCK, np.float32)
        for at, block in self.blocks:
            place = round((at - began) * RATE)
            if 0 <= place <= len(heard) - BLOCK:
                heard[place : place + BLOCK] = block
        return heard


@contextmanager
def call(microphone: MicrophoneSource, speaker: SpeakerSink) -> Iterator[SoundDesk]:
    """Have one desk talk to another; gives the listener's."""
    talker = SoundDesk(time.monotonic, cleaning=CLEANING)
    listener = SoundDesk(time.monotonic)
    stream, count = listener.add_stream(b"talker"), iter(range(1 << 40))
    try:
        listener.start_speaker(speaker)
        talker.start_microphone(
            microphone,
            lambda packet, ts: stream.push(next(count), ts, packet, time.monotonic()),
        )
        yield listener
    finally:
        talker.close()
        listener.close()


def delays(said: Samples, heard: Samples) -> list[float]:
    """Return how many seconds each piece of `said` is late in `heard`, which began with it."""
    found = []
    piece, most = round(PIECE * RATE), round(LONGEST * RATE)
    for at in range(round(SETTLE * RATE), len(heard) - piece - most, piece):
        said_then, heard_then = said[at : at + piece], heard[at : at + piece + most]
        size = 1 << (len(heard_then) + piece).bit_length()
        product = np.fft.irfft(
            np.fft.rfft(heard_then, size) * np.conj(np.fft.rfft(said_then, size)), size
        )[:most]
        best = int(np.argmax(np.abs(product)))
        power = float(np.linalg.norm(said_then) * np.linalg.norm(heard_then[best : best + piece]))
        if abs(product[best]) > LIKE * power:
            found.append(best / RATE)
    return found


def with_stand_ins(seconds: float) -> dict[str, Any]:
    """Return the delays without any device."""
    said = voice(seconds + 5)
    mouth, ear = Mouth(said), Ear()
    with call(mouth, ear) as listener:
        time.sleep(seconds)
        stats, underruns = listener.stats(b"talker"), listener.underruns
    found = delays(said, ear.since(mouth.began))
    return {"call_ms": _ms(found), "playout_ms": stats.delay_ms, "underruns": underruns}


def with_devices(seconds: float) -> dict[str, Any]:
    """Return the delays through virtual devices, and those of the devices alone."""
    said = voice(seconds + 5)
    with tempfile.TemporaryDirectory() as folder, pulse.virtual_sound(Path(folder)):
        alone = {
            "microphone": _ms(delays(said, _around(said, pulse.FEED, pulse.MICROPHONE, 10.0))),
            "speaker": _ms(delays(said, _around(said, pulse.SPEAKER, pulse.EAR, 10.0))),
        }
        microphone = open_microphone(pulse.MICROPHONE, time.monotonic)
        speaker = open_speaker(pulse.SPEAKER, time.monotonic)
        with call(microphone, speaker) as listener:
            while listener.speaker_state != "open":
                time.sleep(0.01)
            heard = _around(said, pulse.FEED, pulse.EAR, seconds)
            stats, underruns = listener.stats(b"talker"), listener.underruns
            latency = getattr(speaker, "latency", 0.0)
    return {
        "call_ms": _ms(delays(said, heard)),
        "devices_ms": alone,
        "playout_ms": stats.delay_ms,
        "speaker_told_ms": 1000 * latency,
        "underruns": underruns,
    }


def _around(said: Samples, out: str, into: str, seconds: float) -> Samples:
    """Play to one device and record from another in step; return what was recorded."""
    recorded, played, done = [], 0, threading.Event()

    def turn(incoming: Samples, outgoing: Samples, frames: int, at: object, status: object) -> None:
        nonlocal played
        recorded.append(incoming[:, 0].copy())
        part = said[played : played + frames]
        outgoing[: len(part), 0] = part
        outgoing[len(part) :, 0] = 0
        played += frames
        if played >= seconds * RATE:
            done.set()

    devices = portaudio.find("input", into).index, portaudio.find("output", out).index
    stream = portaudio.library().Stream(
        samplerate=RATE,
        channels=1,
        device=devices,
        dtype="float32",
        blocksize=BLOCK,
        latency="low",
        callback=turn,
    )
    with stream:
        done.wait(seconds + 10)
    return np.concatenate(recorded)


def _ms(found: list[float]) -> list[float]:
    return [round(1000 * delay, 2) for delay in found]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.mouth_to_ear", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--stand-ins", action="store_true", help="use no devices")
    add_out_option(parser)
    options = parser.parse_args()
    share_often()
    why = "asked for" if options.stand_ins else pulse.missing()
    found = with_stand_ins(options.seconds) if why else with_devices(options.seconds)
    raw = {**found, "without_devices": why}
    print(tables(raw))
    finish("mouth to ear", raw, options.out)


def tables(raw: Mapping[str, Any]) -> str:
    """Return how long sound takes from one person to the other, and where it waits."""
    readings = raw["call_ms"]
    middle = percentile(readings, 0.5)
    rows = [["all the way", f"{middle:.0f}", f"{percentile(readings, 0.95):.0f}"]]
    for device, alone in raw.get("devices_ms", {}).items():
        rows.append([f"the {device} alone, there and back", f"{percentile(alone, 0.5):.0f}", ""])
        middle -= percentile(alone, 0.5)
    rows.append(["all the way without the devices", f"{middle:.0f}", ""])
    rows.append(["  a packet is filled", f"{1000 * FRAME / RATE:.0f}", ""])
    rows.append(["  echo and noise are cleaned", "15", ""])
    rows.append(["  Opus hears ahead", f"{LOOKAHEAD_MS:.1f}", ""])
    rows.append(["  waits for late packets", f"{raw['playout_ms']:.0f}", ""])
    foot = f"{len(readings)} readings; times the speaker had nothing to play: {raw['underruns']}"
    if raw["without_devices"]:
        foot += f"; without devices: {raw['without_devices']}"
    return f"{table(['mouth to ear, ms', 'p50', 'p95'], rows)}\n\n{foot}"


if __name__ == "__main__":
    main()
