"""Eight people behind routers of every kind in one meeting: who reaches whom, by which means.

What the matrix below says is the table of docs/networking.md. Nobody has a camera or a microphone
on: what is asked is whether media would find a way, and whether people are told if it does not.
"""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from enum import Enum
from pathlib import Path

import pytest
from fakes import coturn
from fakes.coturn import SECRET, Coturn
from fakes.running_copy import Line, RunningCopy, environment

from app.exit_codes import ExitCode
from bench import netlab

pytestmark = [pytest.mark.netlab, pytest.mark.slow]

QUIET = ["--headless", "--camera", "none", "--microphone", "none", "--speaker", "none"]
RELAY, MEETING_POINT, OUTSIDE = "s1", "s2", "s3"
WITHIN = 60.0  # seconds, wide, for eight programs that start on a busy computer
TOLD = 10.0  # seconds after coming in, in which people are told that there is no way


class Behind(Enum):
    """What stands between somebody and the internet."""

    NOTHING = "nothing"
    CONE = "cone"
    SYMMETRIC = "symmetric"
    NO_UDP = "noudp"
    WEB = "web"


class Means(Enum):
    """What the host's team runs; each has what those before it have."""

    NOTHING = "nothing"
    MEETING_POINT = "a meeting point"
    STUN = "a meeting point and STUN"
    RELAY = "a meeting point and a relay"


PEOPLE = {
    "Ada": (OUTSIDE, Behind.NOTHING),
    "Ben": ("h1", Behind.CONE),
    "Cleo": ("h2", Behind.CONE),
    "Dora": ("h3", Behind.SYMMETRIC),
    "Emil": ("h4", Behind.SYMMETRIC),
    "Fritz": ("h5", Behind.NO_UDP),
    "Greta": ("h6", Behind.NO_UDP),
    "Hans": ("h7", Behind.WEB),
}
BEHIND = {name: behind for name, (_, behind) in PEOPLE.items()}


def find_a_way(one: str, two: str, host: str, means: Means) -> bool:
    """Tell whether two people see and hear each other; `host` is who opened the meeting."""
    if means is Means.RELAY:
        return True
    behind = {BEHIND[one], BEHIND[two]}
    if not behind <= {Behind.NOTHING, Behind.CONE, Behind.SYMMETRIC}:
        return False  # no UDP
    if means is Means.NOTHING and host not in {one, two}:
        return False  # nobody tells them of each other's addresses
    if Behind.NOTHING in behind:
        return True
    return means is Means.STUN and behind == {Behind.CONE}


@pytest.fixture(scope="module")
def lab() -> Iterator[netlab.NetLab]:
    if reason := netlab.why_not(nat=True) or coturn.why_not():
        pytest.skip(reason)
    kinds = [behind.value for _, behind in PEOPLE.values() if behind is not Behind.NOTHING]
    with netlab.NetLab(netlab.behind_nats(kinds, servers=3)) as one:
        yield one


@pytest.fixture(scope="module")
def servers(lab: netlab.NetLab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict]:
    """The team's own machines, and how they are entered for each means."""
    folder = tmp_path_factory.mktemp("servers")
    (folder / "secret").write_text(f"{SECRET}\n")
    by_the_web = {"tls-listening-port=5349": "tls-listening-port=443"}
    with contextlib.ExitStack() as stack:
        relay = stack.enter_context(Coturn(lab, RELAY, folder / "relay", by_the_web))
        meet = stack.enter_context(meeting_point(lab, folder))
        stun = f"stun:{lab.address(RELAY)}"
        tls = relay.entry("tls").replace("?", ":443?")
        yield {
            Means.NOTHING: [],
            Means.MEETING_POINT: ["--team-servers", meet],
            Means.STUN: ["--team-servers", f"{meet} {stun}"],
            Means.RELAY: [
                "--team-servers",
                f"{meet} {stun} {relay.entry('udp')} {relay.entry('tcp')} {tls}",
                "--team-secret-file",
                str(folder / "secret"),
            ],
        }


@contextlib.contextmanager
def meeting_point(lab: netlab.NetLab, folder: Path) -> Iterator[str]:
    """Run one where also those get who reach only the web; the line to enter."""
    home = folder / "point"
    (home / "home").mkdir(parents=True)
    (home / "temporary").mkdir()
    listen = f"{lab.address(MEETING_POINT)}:443"
    words = [sys.executable, "-m", "app", "meeting-point", "--listen", listen]
    process = lab.popen(
        MEETING_POINT, words, env=environment(home), stdout=subprocess.PIPE, text=True
    )
    try:
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.communicate()


@contextlib.contextmanager
def meeting(
    lab: netlab.NetLab, folder: Path, host: str, words: list[str]
) -> Iterator[dict[str, RunningCopy]]:
    """All of them in one meeting; only `host`, who opens it, was given the team's servers."""
    with contextlib.ExitStack() as stack:
        opening = ["host", "--name", host, "--no-lobby", *words, *QUIET]
        copies = {
            host: stack.enter_context(
                RunningCopy(folder / host, *opening, lab=lab, host=PEOPLE[host][0])
            )
        }
        link = copies[host].invitation()
        for name, (place, _) in PEOPLE.items():
            if name != host:
                joining = ["join", link, "--name", name, *QUIET]
                copies[name] = stack.enter_context(
                    RunningCopy(folder / name, *joining, lab=lab, host=place)
                )
        yield copies


def states(line: Line) -> dict[str, str]:
    return {peer["name"]: peer["state"] for peer in line["peers"].values()}


def settled(expected: dict[str, str], line: Line) -> bool:
    return states(line) == expected


@pytest.mark.parametrize("means", Means, ids=lambda means: means.name.lower())
def test_whoever_has_a_way_finds_it_and_the_others_are_told(
    lab: netlab.NetLab, servers: dict, tmp_path: Path, means: Means
):
    host = "Ada" if means is Means.NOTHING else "Ben"
    outside = {"Hans"} if means is Means.NOTHING else set()  # reaches nothing but the web
    inside = [name for name in PEOPLE if name not in outside]
    with meeting(lab, tmp_path, host, servers[means]) as copies:
        for name in outside:
            assert copies[name].end(within=WITHIN) == ExitCode.UNREACHABLE
            assert "cannot be reached from here" in copies[name].stderr
        for name in inside:
            expected = {
                other: "connected" if find_a_way(name, other, host, means) else "unreached"
                for other in inside
                if other != name
            }
            what = f"{name} to reach {expected}"
            copies[name].wait_for_line(lambda line, e=expected: settled(e, line), what, WITHIN)


def test_no_way_is_said_within_ten_seconds_of_coming_in(lab, servers, tmp_path):
    with contextlib.ExitStack() as stack:
        words = ["host", "--name", "Ada", "--no-lobby", *QUIET]
        ada = stack.enter_context(RunningCopy(tmp_path / "a", *words, lab=lab, host=OUTSIDE))
        words = ["join", ada.invitation(), "--name", "Fritz", *QUIET]
        fritz = stack.enter_context(RunningCopy(tmp_path / "f", *words, lab=lab, host="h5"))
        came_in = fritz.wait_for_line(states, "Ada in the list")
        told = fritz.wait_for_line(lambda line: states(line) == {"Ada": "unreached"}, "no way")
        assert told["t"] - came_in["t"] <= TOLD
