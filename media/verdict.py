"""What is wrong with a call, and whose fault it is: from some seconds of figures to causes. Pure.

Only what can be known from here: figures of one's own computer, and of both directions of the
path to each person. Whoever suffers with everybody suffers at home; whom one alone suffers with
is the one whose network it is; between two people nobody can tell.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from statistics import fmean
from typing import NamedTuple

from media.stats import CallStats, ComputerStats, PeerStats

FAIR, POOR = 0.3, 1.0  # how bad it must be for people to notice, and to be disturbed
MISSING = 0.10  # share of the sound made up at which people do not follow any more
FROZEN = 0.10  # share of the time that a picture stands still
LOST = 0.30  # share of packets lost at which repair has no chance
WAITING = 300.0  # ms of pictures in a pacer: what arrives is no conversation
NEAR, APART = 100.0, 600.0  # ms there and back: not felt; people talk over each other
LOSSY = 0.02  # share of packets lost that only a bad network loses
UNEVEN = 30.0  # ms of jitter that only a bad network has
SLOW_LOOP = 60.0  # ms; media.load calls that trouble, too
STALLS = 0.5  # stalls a second that are heard
FEW_PICTURES, ENOUGH = 8.0, 15  # pictures a second: that come, of at least so many asked for
MOST = 0.75  # of at least four people are as good as all
NEEDS = ((180, 100.0), (360, 300.0))
"""(lines, kbit/s): what a picture of that height takes at least. More lines are finer, and no fault
where they are not there: perhaps the camera has no more."""


class Cause(Enum):
    """What is wrong; everything named "my" can be mended at this end."""

    MY_COMPUTER = "my_computer"  # too slow for this call
    MY_LOSS = "my_loss"  # this network loses packets: mostly weak Wi-Fi
    MY_UPLINK = "my_uplink"  # too little can be sent
    MY_DOWNLINK = "my_downlink"  # what everybody sends comes late or not at all
    BETWEEN = "between"  # with one person only: whose network it is cannot be told
    THEIR_NETWORK = "their_network"
    THEIR_COMPUTER = "their_computer"  # few pictures come over a good path
    DISTANCE = "distance"  # a long way, and nothing lost on it


@dataclass(frozen=True, slots=True)
class Finding:
    """One cause, whom it concerns (nobody: oneself), and how bad it is: POOR and more is."""

    cause: Cause
    devs: tuple[bytes, ...]
    weight: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """Everything that is wrong, the worst first, and how bad it is with each person."""

    findings: tuple[Finding, ...] = ()
    badness: Mapping[bytes, float] = field(default_factory=dict)


class _Path(NamedTuple):
    """One person's figures over the time looked at."""

    missing: float  # share of the sound that was not there
    frozen: float  # share of the time
    fps: float
    asked_fps: int
    pictures: int  # that came
    rtt: float
    jitter: float
    loss_here: float
    loss_there: float
    backlog: float
    short: float  # how much of the rate is not there that the picture asked for needs, 0..1


def judge(history: Sequence[tuple[float, CallStats]]) -> Verdict:
    """Return what was wrong between the first and the last of these (seconds, figures).

    People who were not there all the time are left out; two entries are the least.
    """
    if len(history) < 2 or history[-1][0] <= history[0][0]:
        return Verdict()
    seconds = history[-1][0] - history[0][0]
    calls = [call for _, call in history]
    sending = bool(calls[-1].encoded)
    paths: dict[bytes, _Path] = {}
    for dev in calls[-1].peers:
        if all(dev in call.peers for call in calls):
            path = _path([call.peers[dev] for call in calls], seconds, sending)
            if path is not None:
                paths[dev] = path
    findings = list(_faults_here([call.computer for call in calls], seconds))
    findings += _faults_of_paths(paths, excused=bool(findings))
    findings.sort(key=lambda finding: -finding.weight)
    badness = {dev: max(_down(path), _up(path), _delay(path)) for dev, path in paths.items()}
    return Verdict(tuple(findings), badness)


def _path(peers: Sequence[PeerStats], seconds: float, sending: bool) -> _Path | None:
    first, last = peers[0], peers[-1]
    trips = [peer.rtt_ms for peer in peers if peer.rtt_ms is not None]
    if not trips:
        return None  # nothing was ever heard of them
    lost = max(0, last.audio.lost - first.audio.lost)
    lost_for_good = max(0, lost - max(0, last.audio.recovered - first.audio.recovered))
    packets = max(0, last.audio.packets - first.audio.packets)
    return _Path(
        missing=lost_for_good / (packets + lost) if packets + lost else 0.0,
        frozen=max(0.0, last.video.freeze_s - first.video.freeze_s) / seconds,
        fps=last.video.fps,
        asked_fps=min(peer.video.asked_fps for peer in peers),
        pictures=max(0, last.video.frames - first.video.frames),
        rtt=fmean(trips),
        jitter=fmean(peer.downlink.jitter_ms for peer in peers),
        loss_here=fmean(peer.downlink.loss for peer in peers),
        loss_there=fmean(peer.uplink.loss for peer in peers),
        backlog=fmean(peer.uplink.backlog_ms for peer in peers),
        short=min(_short(peer) for peer in peers) if sending else 0.0,
    )


def _short(peer: PeerStats) -> float:
    """Return how much of the rate is not there that the picture they ask for takes."""
    wanted = peer.sent.wanted_lines
    if wanted <= 0:
        return 0.0
    need = next((kbps for lines, kbps in NEEDS if wanted <= lines), NEEDS[-1][1])
    return max(0.0, 1.0 - peer.uplink.budget_kbps / need)


# How bad it is -----------------------------------------------------------------------------------


def _down(path: _Path) -> float:
    return max(path.missing / MISSING, path.frozen / FROZEN, path.loss_here / LOST)


def _up(path: _Path) -> float:
    return max(path.loss_there / LOST, path.backlog / WAITING, path.short)


def _delay(path: _Path) -> float:
    return max(0.0, (path.rtt - NEAR) / (APART - NEAR))


# Whose fault it is -------------------------------------------------------------------------------


def _faults_here(computers: Sequence[ComputerStats], seconds: float) -> Iterable[Finding]:
    last = computers[-1]
    stalls = (last.loop.stalls - computers[0].loop.stalls) / seconds
    late = min(computer.loop.late_ms for computer in computers)
    weight = max(0.25 * last.step, 0.5 * late / SLOW_LOOP, 0.5 * stalls / STALLS)
    if last.step or late >= SLOW_LOOP or stalls >= STALLS:
        yield Finding(Cause.MY_COMPUTER, (), max(FAIR, weight))


def _faults_of_paths(paths: Mapping[bytes, _Path], *, excused: bool) -> Iterable[Finding]:
    """Yield what is wrong with paths; `excused` if this computer is late with everything itself.

    Then delays, jitter and queues are its own; only what was lost is somebody else's.
    """
    people = len(paths)
    if excused:
        paths = {dev: path for dev, path in paths.items() if _is_lossy(path)}
    down = {dev: _down(path) for dev, path in paths.items() if _is_network(path)}
    up = {dev: _up(path) for dev, path in paths.items()}
    sick_down = {dev: bad for dev, bad in down.items() if bad >= FAIR}
    sick_up = {dev: bad for dev, bad in up.items() if bad >= FAIR}
    both = {dev: max(bad, sick_up.get(dev, 0.0)) for dev, bad in sick_down.items()}
    both |= {dev: bad for dev, bad in sick_up.items() if dev not in both}
    if people == 1 and both:
        yield Finding(Cause.BETWEEN, tuple(both), max(both.values()))
    elif _is_everybody(len(both), people):
        yield _fault_at_home(paths, sick_down, sick_up)
    elif both:
        for dev, bad in both.items():
            yield Finding(Cause.THEIR_NETWORK, (dev,), bad)
    for dev, path in paths.items():
        if dev in both:
            continue
        if _delay(path) >= FAIR:
            yield Finding(Cause.DISTANCE, (dev,), _delay(path))
        elif not _is_network(path):
            few = path.asked_fps >= ENOUGH and path.pictures and path.fps < FEW_PICTURES
            bad = max(_down(path), 1.2 * FAIR if few else 0.0)
            if bad >= FAIR:
                yield Finding(Cause.THEIR_COMPUTER, (dev,), bad)


def _fault_at_home(
    paths: Mapping[bytes, _Path], down: Mapping[bytes, float], up: Mapping[bytes, float]
) -> Finding:
    """Everybody suffers: tell from the figures whether it is loss, sending or receiving."""
    weight = max([*down.values(), *up.values()])
    lossy = [_is_lossy(path) for path in paths.values()]
    crowded = [path.backlog >= FAIR * WAITING or path.short >= FAIR for path in paths.values()]
    if sum(crowded) * 2 > len(paths):
        return Finding(Cause.MY_UPLINK, (), weight)
    if sum(lossy) * 2 > len(paths):
        return Finding(Cause.MY_LOSS, (), weight)
    worse_up = max(up.values(), default=0.0) > max(down.values(), default=0.0)
    return Finding(Cause.MY_UPLINK if worse_up else Cause.MY_DOWNLINK, (), weight)


def _is_lossy(path: _Path) -> bool:
    return max(path.loss_here, path.loss_there) >= LOSSY


def _is_network(path: _Path) -> bool:
    """Whether figures of the path itself are bad, not only what people see and hear."""
    return path.loss_here >= LOSSY or path.jitter >= UNEVEN


def _is_everybody(sick: int, people: int) -> bool:
    return sick > 0 and (sick == people or (people >= 4 and sick >= MOST * people))
