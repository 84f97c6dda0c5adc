"""Sound that behaves like speech (pitch, formants, syllables, hisses, pauses), from a seed."""

import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]

VOWELS = np.array(  # first three formants in Hz: a e i o u, and a nasal
    [[730, 1090, 2440], [530, 1840, 2480], [270, 2290, 3010], [570, 840, 2410], [300, 870, 2240]]
)


def speech(seconds: float, seed: int = 1, rate: int = 48_000, pitch: float = 120.0) -> Samples:
    """Return `seconds` of something like speech at `rate`, peak 0.5.

    Words of two to four syllables. Never repeats itself, so that an alignment is unambiguous.
    """
    rng = np.random.default_rng(seed)
    total = int(seconds * rate)
    out = np.zeros(total + rate, np.float64)
    at = int(0.1 * rate)
    while at < total:
        for _ in range(int(rng.integers(2, 5))):
            if rng.random() < 0.4:
                hiss = _hiss(rng, rate)
                out[at : at + len(hiss)] += hiss
                at += int(len(hiss) * 0.8)
            syllable = _syllable(rng, rate, pitch)
            if at + len(syllable) > len(out):
                break
            out[at : at + len(syllable)] += syllable
            at += int(len(syllable) * 0.95)
            if at >= total:
                break
        at += int(rng.uniform(0.05, 0.25) * rate)
    out = out[:total]
    loudest = max(float(np.abs(out).max()), 1e-9)
    return np.asarray(0.5 * out / loudest, np.float32)


def write_wav(path: Path, samples: Samples, rate: int = 48_000) -> Path:
    """Write mono 16-bit samples; returns the path."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return path


def read_wav(path: Path) -> tuple[Samples, int]:
    """Return the first channel of a 16-bit file, and its rate."""
    with wave.open(str(path), "rb") as file:
        data = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        first = data[:: file.getnchannels()] / np.float32(32768)
        return np.asarray(first, np.float32), file.getframerate()


def aligned_correlation(source: Samples, heard: Samples) -> tuple[float, int]:
    """Return how alike `heard` is to the best-fitting stretch of `source`, and its offset there.

    1.0 is the same up to loudness. `heard` must not be longer than `source`.
    """
    few = 4  # found at a quarter of the rate, then looked at closely
    coarse = _likeness(_thinned(source, few), _thinned(heard, few))
    around = few * int(np.argmax(coarse))
    begin = max(around - 2 * few, 0)
    fine = _likeness(source[begin : around + 2 * few + len(heard)], heard)
    best = int(np.argmax(fine))
    return float(fine[best]), begin + best


def _thinned(sound: Samples, few: int) -> Samples:
    return np.asarray(sound[: len(sound) // few * few].reshape(-1, few).mean(axis=1), np.float32)


def _likeness(source: Samples, heard: Samples) -> npt.NDArray[np.float64]:
    lags = len(source) - len(heard) + 1
    if lags < 32:
        product = np.correlate(source, heard, "valid").astype(np.float64)
    else:
        size = 1 << (len(source) + len(heard)).bit_length()
        spectrum = np.fft.rfft(source, size) * np.conj(np.fft.rfft(heard, size))
        product = np.fft.irfft(spectrum, size)[:lags]
    energy = np.concatenate([[0.0], np.cumsum(source.astype(np.float64) ** 2)])
    local = energy[len(heard) :] - energy[: len(energy) - len(heard)]
    ratio: npt.NDArray[np.float64] = product / np.sqrt(
        np.maximum(local, 1e-9) * max(float(heard @ heard), 1e-9)
    )
    return ratio


def intelligibility(source: Samples, heard: Samples, rate: int = 48_000) -> float:
    """Return the median likeness of 0.2 s pieces of `heard` to `source`, wherever they fit.

    Robust against a buffer that stretched or squeezed time between the pieces.
    """
    piece = rate // 5
    loud = 0.1 * float(np.sqrt(np.mean(source**2)))
    scores: list[float] = []
    ahead: int | None = None  # where the next piece is likely to fit
    for at in range(0, len(heard) - piece + 1, piece):
        part = heard[at : at + piece]
        if float(np.sqrt(np.mean(part**2))) <= loud:
            ahead = None if ahead is None else ahead + piece
            continue
        score = 0.0
        if ahead is not None:
            begin = min(max(ahead - rate // 2, 0), len(source) - piece)
            score, found = aligned_correlation(source[begin : ahead + piece + rate // 2], part)
            found += begin
        if score < 0.85:
            score, found = aligned_correlation(source, part)
        scores.append(score)
        ahead = min(found + piece, len(source) - piece)
    return float(np.median(scores)) if scores else 0.0


def _syllable(rng: np.random.Generator, rate: int, pitch: float) -> npt.NDArray[np.float64]:
    count = int(rng.uniform(0.12, 0.3) * rate)
    time = np.linspace(0.0, 1.0, count)
    start, end = rng.uniform(0.85, 1.3, 2)
    wobble = 1 + 0.02 * np.sin(2 * np.pi * (rng.random() + 3 * time))
    phase = np.cumsum(2 * np.pi * pitch * (start + (end - start) * time) * wobble / rate)
    first, second = VOWELS[rng.integers(0, len(VOWELS), 2)] * rng.uniform(0.92, 1.08)
    out = np.zeros(count)
    for harmonic in range(1, int(4500 / pitch)):
        frequency = harmonic * pitch * (start + end) / 2
        strength = _formants(first, frequency) * (1 - time) + _formants(second, frequency) * time
        out += strength * np.sin(harmonic * phase)
    rise = np.clip(time / 0.15, 0, 1) * np.clip((1 - time) / 0.3, 0, 1)
    return out * rise * rng.uniform(0.5, 1.0)


def _formants(formants: npt.NDArray[np.float64], frequency: float) -> float:
    widths = np.array([90.0, 120.0, 170.0])
    gains = np.array([1.0, 0.5, 0.25])
    bells = gains / (1 + ((frequency - formants) / widths) ** 2)
    return float(bells.sum()) + 0.01


def _hiss(rng: np.random.Generator, rate: int) -> npt.NDArray[np.float64]:
    count = int(rng.uniform(0.05, 0.12) * rate)
    spectrum = np.fft.rfft(rng.normal(0, 1, count))
    frequency = np.fft.rfftfreq(count, 1 / rate)
    spectrum *= np.exp(-(((frequency - rng.uniform(3500, 6500)) / 1500) ** 2))
    return np.fft.irfft(spectrum, count) * np.hanning(count) * 1.5
