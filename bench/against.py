"""Conclave's calls beside Chromium's and plain aiortc's: the same work on the same networks.

    python -m bench.against --cases loss10,rate500 --contenders conclave,chromium --repeats 3

Two network namespaces are two computers; the cable of one of them loses, delays or narrows what
goes through, both ways. Each contender calls with the same clip and the same speech. A call during
which STOLEN_AT_MOST of the processors' time was stolen is made again. Needs Linux, root, Chromium
(package chromium); PESQ where the Python package pesq is installed.
"""

import argparse
import functools
import multiprocessing.resource_tracker
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.cases import CASES, Case
from bench.cast import MakePart, a_cast
from bench.clip_file import clip_in
from bench.contenders import aiortc, chromium, conclave
from bench.contenders.devtools import program as chromium_here
from bench.contenders.stage import Work
from bench.hearing import judge
from bench.netlab import NetLab, one_lan, why_not
from bench.noise import STOLEN_AT_MOST, Ticks, undisturbed
from bench.outcome import LIKENESS, Run, Seen, quietness, results, seen_by, together, verdicts
from bench.report import add_out_option, finish, median
from bench.speech import read_wav, write_quiet, write_speech
from bench.voices import source as voice_source
from media.sound.samples import RATE

OURS = "conclave"
CONTENDERS: dict[str, MakePart] = {
    OURS: conclave.Side,
    "chromium": chromium.Side,
    "aiortc": aiortc.Side,
}
SIDES = "h1", "h2"
BAD_CABLE = "h2"  # whose cable is bad: the other one's is perfect

SPEECH, QUIET = "speech.wav", "quiet.wav"


class Weather:
    """Changes the bad cable during a measurement; counts what went through it, and what disturbed.

    `stolen` is the share of the processors' time that was not given to this computer meanwhile.
    """

    def __init__(self, lab: NetLab, case: Case, seconds: float) -> None:
        self._lab, self._case, self._seconds = lab, case, seconds
        self._counts: list[tuple[float, Any]] = []
        self._ticks = Ticks.now()
        self.stolen = 0.0
        self._changing = threading.Thread(target=self._change, daemon=True)

    def begin(self) -> None:
        """The measurement begins now."""
        self._ticks = Ticks.now()
        self._count()
        self._changing.start()

    def kbps(self) -> dict[str, float]:
        """Wait for the end; return what each direction got to carry, and what came out of it."""
        self._changing.join()
        (start, before), (end, after) = self._counts

        def rate(name: str) -> float:
            octets = [sum(cable[way]["counts"][name] for way in ("up", "down")) for cable in ends]
            return float(octets[1] - octets[0]) * 8 / 1000 / (end - start) / 2

        ends = before, after
        return {"sent_kbps": rate("bytes"), "arrived_kbps": rate("bytes_out")}

    def _change(self) -> None:
        began = time.monotonic()
        for share, cable in sorted(self._case.changes.items()):
            _sleep_until(began + share * self._seconds)
            self._lab.impair(BAD_CABLE, **vars(cable))
        _sleep_until(began + self._seconds)
        self.stolen = self._ticks.stolen_until(Ticks.now())
        self._count()

    def _count(self) -> None:
        self._counts.append((time.monotonic(), self._lab.statistics(BAD_CABLE)))


def call(
    case: Case, contender: str, folder: Path, *, seconds: float, count_from: float, seed: int
) -> Run:
    """Let one contender call on one network; return the figures of that call."""
    width, height = case.size
    speaker, listener = SIDES if seed % 2 else SIDES[::-1]
    clip = clip_in(folder, width, height)
    if not (folder / SPEECH).exists():
        write_speech(folder / SPEECH)
        write_quiet(folder / QUIET)
    works = {
        own: Work(
            own,
            other,
            clip=str(clip),
            width=width,
            height=height,
            speech=str(folder / (SPEECH if own == speaker else QUIET)),
            heard=str(folder / f"heard-by-{own}.wav"),
        )
        for own, other in (SIDES, SIDES[::-1])
    }
    multiprocessing.resource_tracker.ensure_running()  # outside of every namespace
    with NetLab(one_lan(SIDES, ipv6=False), seed=seed) as lab, a_cast() as cast:
        lab.impair(BAD_CABLE, **vars(case.cable))
        for own, work in works.items():
            with lab.inside(own):
                cast.add(own, CONTENDERS[contender], work.settings())
        weather = Weather(lab, case, seconds - count_from)
        told = cast.measure(count_from, seconds - count_from, weather.begin)
        wire = weather.kbps()
    run = _figures(told, works, listener)
    heard = read_wav(Path(works[listener].heard))[-round((seconds - count_from) * RATE) :]
    pieces = judge(heard, read_wav(Path(works[speaker].speech)))
    run["figures"] |= {**wire, LIKENESS: median(pieces)}
    return {"case": case.name, "contender": contender, "stolen": weather.stolen, **run}


def _figures(
    told: Mapping[str, Mapping[str, Any]], works: Mapping[str, Work], listener: str
) -> dict[str, Any]:
    """Return what both sides of a call told as figures of the call."""
    sides: dict[str, Seen] = {}
    sizes: Counter[str] = Counter()
    for own, work in works.items():
        sides[own] = seen_by(told[own], told[work.other])
        sizes.update(told[own]["sizes"])
    return {
        "size": sizes.most_common(1)[0][0] if sizes else "none",
        "sizes": sizes,
        "figures": together(sides, listener),
        "sides": {own: side.figures for own, side in sides.items()},
        "own": {own: told[own]["own"] for own in works},
    }


def main() -> None:
    options = _options()
    cases = [CASES[name] for name in options.cases]
    contenders = options.contenders
    _complain_about(contenders)
    runs: list[Run] = []
    disturbed: list[Run] = []
    with tempfile.TemporaryDirectory(prefix="conclave-against-") as name:
        folder = Path(name)
        for repeat in range(options.repeats):
            for case in cases:
                for contender in contenders:
                    run, repeated = undisturbed(
                        functools.partial(
                            call,
                            case,
                            contender,
                            folder,
                            seconds=options.seconds,
                            count_from=options.count_from,
                            seed=repeat,
                        )
                    )
                    runs.append(run)
                    disturbed += repeated
                    print("." * (1 + len(repeated)), end="", flush=True)
    raw = {"voice": voice_source(), "runs": runs, "disturbed": disturbed}
    print(f"\n{tables(raw)}")
    finish("against", raw, options.out)


def tables(raw: Mapping[str, Any]) -> str:
    """Return all figures, how quiet the computer was, and the bars."""
    runs, disturbed = raw["runs"], raw["disturbed"]
    told = [results(runs), quietness(runs, disturbed, STOLEN_AT_MOST)]
    if any(run["contender"] == OURS for run in runs):
        told.append(verdicts(runs, OURS))
    return "\n\n".join(told)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.against", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    for name, known in (("cases", CASES), ("contenders", CONTENDERS)):
        parser.add_argument(
            f"--{name}",
            type=functools.partial(_names, known),
            default=list(known),
            metavar="NAME,...",
            help=f"of {', '.join(known)}",
        )
    parser.add_argument("--repeats", type=int, default=3, help="the contenders take turns")
    parser.add_argument("--seconds", type=float, default=28.0, help="length of one call")
    parser.add_argument("--count-from", type=float, default=8.0, help="seconds that do not count")
    add_out_option(parser)
    return parser.parse_args()


def _names(known: Mapping[str, object], text: str) -> list[str]:
    names = text.split(",")
    for name in names:
        if name not in known:
            raise argparse.ArgumentTypeError(f"unknown: {name}")
    return names


def _complain_about(contenders: list[str]) -> None:
    if reason := why_not():
        raise SystemExit(f"bench.against: {reason}")
    if "chromium" in contenders and chromium_here() is None:
        raise SystemExit("bench.against: Chromium is not installed (apt-get install chromium)")


def _sleep_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.monotonic()))


if __name__ == "__main__":
    main()
