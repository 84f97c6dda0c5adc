"""How much of the others' sound comes back out of a room, and what is left of who speaks in it.

    python -m bench.echo
    python -m bench.echo --untold     # the devices do not tell of the delay, as Bluetooth's may not

A voice is played into simulated rooms and picked up again, late, coloured and with noise. What is
compared comes the same way as in a call: through media.sound.processing.Reference, by the times
that the devices tell. ERLE (echo return loss enhancement) is how much softer the echo is
afterwards, in dB, while only the far side speaks: behind the cancellers and noise suppression, and
behind gain control too, which lifts the room's noise as well. Then both speak: what is left of the
near voice is compared with what was said, before and after, as it is where nobody else speaks.
"""

import argparse
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from bench.likeness import MEASURE, likeness
from bench.report import add_out_option, finish, table
from bench.voices import source, voice
from media.sound.processing import Cleaning, Processing, Reference
from media.sound.samples import BLOCK, RATE, Samples
from tests.fakes.speech import aligned_correlation

BAR = 35.0  # dB less echo once converged
WINDOW = 0.2  # seconds each ERLE is taken over
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


def erle(before: Samples, after: Samples) -> list[float]:
    """Return by how many dB each `WINDOW` in which there is an echo became softer."""
    size = round(WINDOW * RATE)
    pieces = [slice(at, at + size) for at in range(0, len(after) - size + 1, size)]
    loud = loudness(before) - 10
    return [
        loudness(before[piece]) - loudness(after[piece])
        for piece in pieces
        if loudness(before[piece]) > loud
    ]


def convergence(before: Samples, after: Samples) -> float:
    """Return the seconds until half of the windows of the second that follows reach the bar."""
    size, step = RATE, round(WINDOW * RATE)
    for at in range(0, len(after) - size, step):
        found = erle(before[at : at + size], after[at : at + size])
        if found and float(np.median(found)) >= BAR:
            return at / RATE
    return float("nan")


def measure(case: Case, *, untold: bool) -> dict[str, Any]:
    """Return the figures of one case."""
    far, near = voice(SECONDS, 0), voice(SECONDS, 1).copy()
    near[: round(ALONE * RATE)] = 0
    noise = np.random.default_rng(2).normal(0, NOISE, len(far)).astype(np.float32)
    near *= ECHO / np.sqrt(np.mean(near[np.abs(near) > 0.02] ** 2)) * 1.4  # 3 dB above the echo
    echo = echo_of(far, case)
    told = 0.0 if untold else case.delay
    heard, quiet, nothing = echo + noise + near, noise + near, np.zeros_like(far)
    began = time.thread_time()
    sent = cleaned(heard, far, case, told, Cleaning(gain=False))
    spent = time.thread_time() - began
    lifted = cleaned(heard, far, case, told, Cleaning())
    alone = cleaned(quiet, nothing, case, told, Cleaning(gain=False))
    both = slice(round((ALONE + 2) * RATE), len(sent))
    late = slice(round((ALONE - 8) * RATE), round(ALONE * RATE))
    first = slice(0, round(ALONE * RATE))
    return {
        "room": case.room.name,
        "reverberation_ms": 1000 * case.room.reverberation,
        "delay_ms": 1000 * case.delay,
        "ppm": case.ppm,
        "converged_s": convergence(heard[first], sent[first]),
        "erle_p50": float(np.median(erle(heard[late], sent[late]))),
        "erle_with_gain_p50": float(np.median(erle(heard[late], lifted[late]))),
        "near_alone_before": likeness(near[both], quiet[both]),
        "near_alone_after": likeness(near[both], alone[both]),
        "both_before": likeness(near[both], heard[both]),
        "both_after": likeness(near[both], sent[both]),
        "alike_before": alike(near[both], heard[both]),
        "alike_after": alike(near[both], sent[both]),
        "cpu_us": 1e6 * spent / (len(sent) / BLOCK),
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.echo", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--untold", action="store_true", help="no device tells of its delay")
    parser.add_argument("--cases", type=int, default=len(CASES), help="only the first so many")
    add_out_option(parser)
    options = parser.parse_args()
    results = [measure(case, untold=options.untold) for case in CASES[: options.cases]]
    raw = {"measure": MEASURE, "voice": source(), "untold": options.untold, "results": results}
    print(tables(raw))
    finish("echo", raw, options.out)


def tables(raw: Mapping[str, Any]) -> str:
    """Return how much of the echo goes, and what of the near voice stays."""
    measured, results = raw["measure"], raw["results"]
    rows = [
        [
            one["room"],
            *(f"{one[what]:.0f}" for what in ("reverberation_ms", "delay_ms")),
            f"{one['ppm']:+.0f}",
            *(f"{one[what]:.1f}" for what in ("converged_s", "erle_p50", "erle_with_gain_p50")),
            *(f"{one[f'near_alone_{when}']:.2f}" for when in ("before", "after")),
            *(f"{one[f'both_{when}']:.2f}" for when in ("before", "after")),
            *(f"{one[f'alike_{when}']:.2f}" for when in ("before", "after")),
            f"{one['cpu_us']:.0f}",
        ]
        for one in results
    ]
    headings = ["room", "RT60, ms", "delay, ms", "clock, ppm", f"{BAR:.0f} dB after, s"]
    headings += ["ERLE p50", "with gain", f"near alone, {measured} before", "after"]
    headings += ["both speak, before", "after", "alike, before", "after", "CPU, us per 10 ms"]
    return (
        table(headings, rows)
        + f"\n\nERLE in dB, p50 of {WINDOW} s each, the last 8 s before both speak; {raw['voice']}"
    )


if __name__ == "__main__":
    main()
