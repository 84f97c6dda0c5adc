"""How much of the others' sound comes back out of a room, and what is left of who speaks in it.

    python -m bench.echo
    python -m bench.echo --untold     # the devices do not tell of the delay, as Bluetooth's may not

A voice is played into simulated rooms and picked up again, late, coloured and with noise. What is
compared comes the same way as in a call: through media.sound.processing.Reference, by the times
that the devices tell. ERLE (echo return loss enhancement) is how much softer the echo is
afterwards, in dB, while only the far side speaks. Then both speak: what is left of the near voice
is compared with what was said, before and after.
"""

import argparse
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from bench.likeness import MEASURE, likeness
from bench.report import add_out_option, finish, table
from bench.voices import source, voice
from media.sound.processing import Cleaning, Processing, Reference
from media.sound.samples import BLOCK, RATE, Samples
from tests.fakes.speech import aligned_correlation

EARLY = 3.0  # seconds in which it should already be good
ALONE = 20.0  # seconds in which only the far side speaks
SECONDS = 32.0
NOISE = 10 ** (-62 / 20)  # of full scale: an ordinary room through an ordinary microphone
ECHO = 10 ** (-24 / 20)  # of full scale, RMS while the far side speaks: a laptop's own speakers


class Room(NamedTuple):
    """A room: how long it reverberates (60 dB, seconds), its first reflections (ms), its sound."""

    name: str
    reverberation: float
    reflections: tuple[float, ...]
    direct: float


class Case(NamedTuple):
    """A room, the delay of the devices in it (seconds), how far apart their clocks run."""

    room: Room
    delay: float
    ppm: float = 0.0


ROOMS = (
    Room("headset beside the ear", 0.05, (0.4, 1.1), 1.0),
    Room("small office", 0.25, (3.1, 5.3, 8.2, 11.7), 0.8),
    Room("living room", 0.45, (4.7, 9.1, 14.6, 21.3, 27.8), 0.6),
    Room("meeting room", 0.8, (6.9, 13.2, 22.5, 31.0, 44.4), 0.5),
)
CASES = (
    *(Case(room, delay) for room, delay in zip(ROOMS, (0.02, 0.06, 0.12, 0.2), strict=True)),
    Case(ROOMS[1], 0.02),
    Case(ROOMS[1], 0.2),
    Case(ROOMS[1], 0.06, 100.0),
    Case(ROOMS[2], 0.2, -100.0),
)


def impulse_response(room: Room, seed: int = 1) -> Samples:
    """Return what the room makes of a click: direct sound, reflections, a decaying tail."""
    chance = np.random.default_rng(seed)
    count = round((room.reverberation + 0.02) * RATE)
    time = np.arange(count) / RATE
    tail = chance.normal(0, 1, count) * 10 ** (-3 * time / room.reverberation)
    tail[: round(0.002 * RATE)] = 0
    response = 0.25 * tail / np.sqrt(np.sum(tail**2))
    response[0] = room.direct
    for n, late in enumerate(room.reflections):
        response[round(late / 1000 * RATE)] += room.direct * 0.6 / (n + 1.5) * (-1) ** n
    return np.asarray(response, np.float32)


def echo_of(far: Samples, case: Case) -> Samples:
    """Return what the microphone hears of `far` (its own clock, its delay), without noise."""
    driven = np.tanh(1.2 * far) / 1.2  # a small loudspeaker bends what is loud
    response = impulse_response(case.room)
    size = 1 << (len(far) + len(response)).bit_length()
    heard = np.fft.irfft(np.fft.rfft(driven, size) * np.fft.rfft(response, size), size)
    at = np.arange(len(far)) * (1 + case.ppm / 1e6) - case.delay * RATE
    heard = np.interp(at, np.arange(len(far)), heard[: len(far)], left=0.0)
    loud = np.abs(heard) > 0.05 * np.abs(heard).max()
    return np.asarray(ECHO * heard / np.sqrt(np.mean(heard[loud] ** 2)), np.float32)


def cleaned(near: Samples, far: Samples, case: Case, told: float, cleaning: Cleaning) -> Samples:
    """Return what is sent: `far` is played and `near` captured, each by its own clock."""
    processing, reference = Processing(cleaning), Reference()
    speed = 1 + case.ppm / 1e6
    blocks, played = [], 0
    for n in range(len(near) // BLOCK):
        captured = n * BLOCK / RATE * speed
        now = captured + BLOCK / RATE  # when the block is complete
        while played * BLOCK / RATE <= now and (played + 1) * BLOCK <= len(far):
            # Written some time before it is heard; the device tells `told` of it.
            reference.played(
                far[played * BLOCK : (played + 1) * BLOCK], played * BLOCK / RATE + told
            )
            played += 1
        block = near[n * BLOCK : (n + 1) * BLOCK]
        blocks.append(processing.clean(block, reference.take(captured)))
    return np.concatenate(blocks)


def loudness(sound: Samples) -> float:
    """Return the mean power in dB."""
    return 10 * float(np.log10(np.mean(np.square(sound, dtype=np.float64)) + 1e-12))


def alike(said: Samples, heard: Samples) -> float:
    """Return the median correlation of each second with what was said, 0 to 1."""
    early = RATE // 20
    found = [
        aligned_correlation(said[at - early : at + RATE], heard[at : at + RATE])[0]
        for at in range(RATE, len(heard) - RATE, RATE)
    ]
    return float(np.median(found))


def measure(case: Case, *, untold: bool, cleaning: Cleaning) -> dict[str, Any]:
    """Return the figures of one case."""
    far, near = voice(SECONDS, 0), voice(SECONDS, 1).copy()
    chance = np.random.default_rng(2)
    near[: round(ALONE * RATE)] = 0
    echo = echo_of(far, case)
    noise = chance.normal(0, NOISE, len(far)).astype(np.float32)
    near *= ECHO / np.sqrt(np.mean(near[np.abs(near) > 0.02] ** 2)) * 1.4  # 3 dB above the echo
    told = 0.0 if untold else case.delay
    sent = cleaned(echo + noise + near, far, case, told, cleaning)
    alone = cleaned(noise + near, np.zeros_like(far), case, told, cleaning)

    def erle(begin: float, end: float) -> float:
        part = slice(round(begin * RATE), round(end * RATE))
        return loudness(echo[part] + noise[part]) - loudness(sent[part])

    both = slice(round((ALONE + 2) * RATE), len(sent))
    said, heard = near[both], (echo + noise + near)[both]
    return {
        "room": case.room.name,
        "delay_ms": 1000 * case.delay,
        "ppm": case.ppm,
        "erle_early": erle(0.2, EARLY),
        "erle_after": erle(EARLY, EARLY + 2),
        "erle_converged": erle(ALONE - 8, ALONE),
        "before": likeness(said, heard),
        "after": likeness(said, sent[both]),
        "without_echo": likeness(said, alone[both]),
        "alike_before": alike(said, heard),
        "alike_after": alike(said, sent[both]),
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.echo", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--untold", action="store_true", help="no device tells of its delay")
    parser.add_argument("--all", action="store_true", help="with gain control, as a call has it")
    add_out_option(parser)
    options = parser.parse_args()
    cleaning = Cleaning(gain=options.all)
    results = [measure(case, untold=options.untold, cleaning=cleaning) for case in CASES]
    raw = {"measure": MEASURE, "voice": source(), "untold": options.untold, "results": results}
    print(tables(raw))
    finish("echo", raw, options.out)


def tables(raw: Mapping[str, Any]) -> str:
    """Return how much of the echo goes, and what of the near voice stays."""
    measure, results = raw["measure"], raw["results"]
    rows = [
        [
            one["room"],
            f"{one['delay_ms']:.0f}",
            f"{one['ppm']:+.0f}",
            *(f"{one[what]:.1f}" for what in ("erle_early", "erle_after", "erle_converged")),
            *(f"{one[what]:.2f}" for what in ("alike_before", "alike_after")),
            *(f"{one[what]:.2f}" for what in ("before", "after", "without_echo")),
        ]
        for one in results
    ]
    headings = ["room", "delay, ms", "clock, ppm", "ERLE 0-3 s", "3-5 s", "converged"]
    headings += ["both: alike before", "after", f"{measure} before", "after", "no echo"]
    foot = f"ERLE in dB; both speak: the near voice by correlation, by {measure}; {raw['voice']}"
    return f"{table(headings, rows)}\n\n{foot}"


if __name__ == "__main__":
    main()
