"""Received sound: what playing costs, what bad networks leave of it, how an hour of drift goes.

    python -m bench.sound cost      # CPU per stream and 10 ms, for 1, 7 and 15 streams
    python -m bench.sound loss      # made up, and how it sounds, at 5, 10 and 20 % loss
    python -m bench.sound drift     # the delay over an hour, sound cards 200 ppm apart

Everything but the CPU time runs in simulated time.
"""

import argparse
import random
import time
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from bench.likeness import MEASURE, likeness
from bench.report import add_out_option, finish, table
from bench.voices import source, voice
from media.sound.mixer import Mixer
from media.sound.opus import FRAME, Decoder, Encoder
from media.sound.playout import Playout
from media.sound.samples import BLOCK, RATE, Samples

STEP = BLOCK / RATE
ASK = 0.005  # seconds from noticing a gap to asking
TRIES = 4  # times a packet is asked for
DEADLINE = 0.25  # seconds after which nobody asks any more


class Arrival(NamedTuple):
    """One packet as it reaches the listener."""

    at: float
    sequence: int
    packet: bytes


class Network(NamedTuple):
    """A way between two people.

    `burst` packets are lost in a row, `copies` of each ride along with later ones, `asked` says
    whether lost ones are asked for; `expected` is what the encoder is told to be lost for good.
    """

    loss: float
    round_trip: float = 0.002
    jitter: float = 0.0
    burst: int = 1
    copies: int = 0
    asked: bool = True
    expected: float = 0.0


def encoded(sound: Samples, expected_loss: float) -> list[bytes]:
    """Return the packets of `sound`."""
    encoder = Encoder()
    encoder.expect_loss(expected_loss)
    return [
        encoder.encode(sound[at : at + FRAME]) for at in range(0, len(sound) - FRAME + 1, FRAME)
    ]


def through(packets: list[bytes], network: Network, seed: int = 1) -> list[Arrival]:
    """Return what arrives of packets that leave each 20 ms, repaired as the links do it."""
    chance = random.Random(seed)
    lost, left = [], 0
    for _ in packets:
        if left == 0 and chance.random() < network.loss / network.burst:
            left = network.burst
        lost.append(left > 0)
        left = max(left - 1, 0)
    way = network.round_trip / 2
    sent = [(n + 1) * FRAME / RATE for n in range(len(packets))]
    direct = [at + way + chance.uniform(0, network.jitter) for at in sent]
    arrivals = []
    for n, packet in enumerate(packets):
        times = [direct[n]] if not lost[n] else []
        later = range(n + 1, min(n + 1 + network.copies, len(packets)))
        times += [direct[m] for m in later if not lost[m]]
        following = next((m for m in range(n + 1, len(packets)) if not lost[m]), None)
        if lost[n] and network.asked and following is not None:
            asked = direct[following] + ASK
            for _ in range(TRIES):
                if asked > direct[n] + DEADLINE:
                    break
                if chance.random() >= network.loss and chance.random() >= network.loss:
                    times.append(asked + network.round_trip)
                    break
                asked += max(network.round_trip + 0.01, 0.02)
        arrivals += [Arrival(at, n, packet) for at in times[:2]]
    return sorted(arrivals)


def heard(arrivals: Iterable[Arrival], seconds: float) -> tuple[Playout, Samples, list[float]]:
    """Play what arrives; return the buffer, the sound, and the delay in ms of each block."""
    playout, blocks, delays, now = Playout(), [], [], 0.0
    pending = iter(arrivals)
    item = next(pending, None)
    while now < seconds:
        while item is not None and item.at <= now:
            playout.push(item.sequence, item.sequence * FRAME, item.packet, item.at)
            item = next(pending, None)
        blocks.append(playout.pull(now))
        delays.append(playout.stats.delay_ms)
        now = len(blocks) * STEP
    return playout, np.concatenate(blocks), delays


def cost(streams: int, seconds: float = 10.0) -> dict[str, Any]:
    """Return the CPU time in us that pushing and playing take per stream and 10 ms."""
    mixer = Mixer()
    playouts = [mixer.add(bytes([n])) for n in range(streams)]
    packets = [encoded(voice(seconds, n), 0.05) for n in range(2)]
    network = Network(0.02, jitter=0.005)
    arrivals = [through(packets[n % 2], network, n) for n in range(streams)]
    places, now = [0] * streams, 0.0
    pushing = mixing = 0.0
    while now < seconds:
        began = time.thread_time()
        for n, playout in enumerate(playouts):
            while places[n] < len(arrivals[n]) and arrivals[n][places[n]].at <= now:
                item = arrivals[n][places[n]]
                playout.push(item.sequence, item.sequence * FRAME, item.packet, item.at)
                places[n] += 1
        between = time.thread_time()
        mixer.mix(now)
        pushing, mixing = pushing + between - began, mixing + time.thread_time() - between
        now += STEP
    decoder, began = Decoder(), time.thread_time()
    for packet in packets[0]:
        decoder.decode(packet)
    decoding = time.thread_time() - began
    per = 1e6 / (seconds / STEP * streams)
    return {
        "streams": streams,
        "push_us": pushing * per,
        "mix_us": mixing * per,
        "opus_us": decoding * 1e6 / (seconds / STEP),
    }


def cost_table(raw: Mapping[str, Any]) -> str:
    """Return what streams cost, a row for each number of them."""
    rows = [
        [
            str(one["streams"]),
            f"{one['push_us']:.0f}",
            f"{one['mix_us']:.0f}",
            f"{one['opus_us']:.0f}",
            f"{(one['push_us'] + one['mix_us']) * one['streams'] / 100:.1f} %",
        ]
        for one in raw["results"]
    ]
    headings = ["streams", "taking in, us", "playing, us", "of it libopus", "of a core, all"]
    return table(headings, rows)


CASES = {
    "no loss": Network(0.0),
    "5 %": Network(0.05),
    "10 %": Network(0.10),
    "20 %": Network(0.20),
    "20 %, one copy": Network(0.20, copies=1),
    "10 % in bursts of 5": Network(0.10, burst=5),
    "10 %, round trip 200 ms": Network(0.10, 0.2, expected=0.1),
    "10 %, round trip 200 ms, one copy": Network(0.10, 0.2, copies=1),
    "10 %, only FEC": Network(0.10, asked=False, expected=0.1),
    "10 %, no repair": Network(0.10, asked=False),
    "50 ms of jitter": Network(0.0, jitter=0.05),
}


def losses(seconds: float) -> list[dict[str, Any]]:
    """Return what each network leaves of so much speech."""
    said = voice(seconds)
    found = []
    for name, network in CASES.items():
        arrivals = through(encoded(said, network.expected), network)
        playout, sound, delays = heard(arrivals, seconds)
        stats = playout.stats
        found.append(
            {
                "case": name,
                "concealed_percent": 100 * stats.concealed_ratio,
                "recovered": stats.recovered,
                "lost": stats.lost,
                "delay_ms": float(np.mean(delays[300:])),
                "likeness": likeness(said, sound),
            }
        )
    return found


def loss_table(raw: Mapping[str, Any]) -> str:
    """Return what lossy networks leave of speech, a row for each."""
    rows = [
        [
            one["case"],
            f"{one['concealed_percent']:.2f}",
            f"{one['recovered']} of {one['lost']}",
            f"{one['delay_ms']:.0f}",
            f"{one['likeness']:.2f}",
        ]
        for one in raw["results"]
    ]
    return table(["network", "made up, %", "by FEC", "delay, ms", raw["measure"]], rows)


def drift(ppm: float, seconds: float) -> dict[str, Any]:
    """Return the delay over a call with a sender whose sound card is that much too fast."""
    packets = encoded(voice(20.0), 0.0)
    speed = 1 + ppm / 1e6
    chance = random.Random(1)
    count = int(seconds / (FRAME / RATE) * speed)
    arrivals = (
        Arrival((n + 1) * FRAME / RATE / speed + chance.uniform(0, 0.002), n, packets[n % 1000])
        for n in range(count)
    )
    playout, _, delays = heard(arrivals, seconds - 1)
    settled = delays[1000:]
    return {
        "ppm": ppm,
        "seconds": seconds,
        "delay_ms": {"mean": float(np.mean(settled)), "min": min(settled), "max": max(settled)},
        "concealed_percent": 100 * playout.stats.concealed_ratio,
        "dropped": playout.stats.dropped,
    }


def drifts(seconds: float) -> list[dict[str, Any]]:
    """Return the delay beside slow, fast and wildly slow sound cards."""
    return [*(drift(ppm, seconds) for ppm in (-200, 200)), drift(-100_000, 60.0)]


def drift_table(raw: Mapping[str, Any]) -> str:
    """Return how the delay goes, a row for each sound card."""
    rows = [
        [
            f"{one['ppm']:+.0f}",
            f"{one['seconds']:.0f}",
            *(f"{one['delay_ms'][what]:.0f}" for what in ("mean", "min", "max")),
            f"{one['concealed_percent']:.3f}",
            str(one["dropped"]),
        ]
        for one in raw["results"]
    ]
    return table(["ppm", "s", "delay, ms", "least", "most", "made up, %", "dropped"], rows)


TABLES = {"cost": cost_table, "loss": loss_table, "drift": drift_table}


def tables(raw: Mapping[str, Any]) -> str:
    """Return the table of what was measured."""
    return TABLES[raw["what"]](raw)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.sound", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("what", choices=list(TABLES))
    parser.add_argument("--seconds", type=float, default=30.0, help="length of speech (loss)")
    parser.add_argument("--hours", type=float, default=1.0, help="simulated time (drift)")
    add_out_option(parser)
    options = parser.parse_args()
    match options.what:
        case "cost":
            results = [cost(streams) for streams in (1, 7, 15)]
        case "loss":
            results = losses(options.seconds)
        case _:
            results = drifts(options.hours * 3600)
    raw = {"what": options.what, "measure": MEASURE, "speech": source(), "results": results}
    print(tables(raw))
    finish(f"sound, {options.what}", raw, options.out)


if __name__ == "__main__":
    main()
