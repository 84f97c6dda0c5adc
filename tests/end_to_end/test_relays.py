"""People who cannot reach each other directly meet by a relay of their team's own: real coturn.

It runs with the file that docs/self-hosting.md gives out. The host sits where anybody can connect
to, the guest behind a router that lets no UDP out; only the host knows servers and secret.
"""

import contextlib
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fakes import coturn
from fakes.coturn import SECRET, Coturn
from fakes.running_copy import Line, RunningCopy, all_together

from bench import netlab

pytestmark = [pytest.mark.netlab, pytest.mark.slow]

WORDS = ["--headless", "--camera", "test", "--microphone", "none", "--speaker", "none"]
HOST, GUEST, BEHIND_A_CONE = "h1", "h2", "h3"
WITHIN = 30.0  # seconds, wide, for a busy computer; docs/networking.md tells how long it takes


@pytest.fixture(scope="module")
def lab() -> Iterator[netlab.NetLab]:
    if reason := netlab.why_not(nat=True) or coturn.why_not():
        pytest.skip(reason)
    with netlab.NetLab(netlab.behind_nats(("routed", "noudp", "cone"), servers=3)) as one:
        yield one


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("relays")
    (made / "secret").write_text(SECRET + "\n")
    return made


@contextlib.contextmanager
def meeting(
    lab: netlab.NetLab, folder: Path, servers: str, *, guest: str = GUEST, secret: str = "secret"
) -> Iterator[list[RunningCopy]]:
    """A host who knows servers, and a guest who knows nothing."""
    words = ["host", "--name", "Ada", "--no-lobby", "--team-servers", servers]
    words += ["--team-secret-file", str(folder / secret), *WORDS]
    number = len(list(folder.iterdir()))
    with contextlib.ExitStack() as stack:
        host = RunningCopy(folder / f"host{number}", *words, lab=lab, host=HOST)
        stack.enter_context(host)
        words = ["join", host.invitation(), "--name", "Ben", *WORDS]
        other = RunningCopy(folder / f"guest{number}", *words, lab=lab, host=guest)
        yield [host, stack.enter_context(other)]


def path_of(line: Line) -> dict[str, object]:
    return next((peer["path"] for peer in line["peers"].values()), {})


def is_relayed(by: str) -> Callable[[Line], object]:
    return lambda line: path_of(line).get("kind") == "relay" and path_of(line).get("by") == by


def pictures(copy: RunningCopy) -> int:
    return sum(int(peer["video"]["frames"]) for peer in copy.latest()["peers"].values())


def sees_more(copy: RunningCopy) -> None:
    before = pictures(copy)
    copy.wait_until(lambda: pictures(copy) > before + 20, "new pictures", WITHIN)


@pytest.mark.parametrize("by", ["tcp", "tls"])
def test_where_no_udp_leaves_a_relay_is_reached_otherwise(lab, folder: Path, by: str):
    relay = Coturn(lab, "s1", folder / f"relay-{by}")
    servers = f"{relay.entry('udp')} {relay.entry(by)}"
    with relay, meeting(lab, folder, servers) as people:
        all_together(people)
        guest = people[1]
        line = guest.wait_for_line(is_relayed(by), f"a path by {by}", WITHIN)
        assert path_of(line)["theirs"] is False
        assert str(path_of(line)["relay"]).startswith(f"{relay.address}:")
        for copy in people:
            sees_more(copy)
            assert "Traceback" not in copy.stderr
        assert relay.gave_addresses, relay.log


def test_who_can_meet_directly_asks_no_relay(lab, folder: Path):
    with Coturn(lab, "s1", folder / "relay-unused") as relay:
        with meeting(lab, folder, relay.entry("udp"), guest=BEHIND_A_CONE) as people:
            all_together(people)
            assert path_of(people[0].latest())["kind"] == "direct"
            sees_more(people[1])
        assert not relay.gave_addresses, relay.log


def test_a_relay_that_dies_is_replaced_and_one_that_comes_back_is_used(lab, folder: Path):
    relays = [Coturn(lab, name, folder / f"relay-{name}") for name in ("s1", "s2")]
    with relays[0], relays[1]:
        servers = " ".join(relay.entry("tcp") for relay in relays)
        with meeting(lab, folder, servers) as people:
            all_together(people)
            guest = people[1]
            used = str(path_of(guest.wait_for_line(is_relayed("tcp"), "a relay"))["relay"])
            relays.sort(key=lambda relay: relay.address not in used)
            for dying, other, power_cut in ((*relays, False), (*relays[::-1], True)):
                since = len(guest.statistics())
                if power_cut:  # nobody says any more that nothing listens there
                    lab.unplug(dying.host)
                dying.stop(signal.SIGKILL)
                guest.wait_for_line(
                    lambda line, other=other: other.address in str(path_of(line).get("relay")),
                    "a path by the other relay",
                    WITHIN,
                    since=since,
                )
                for copy in people:
                    sees_more(copy)
                lab.plug(dying.host)
                dying.start()
            assert "does not answer" in told(guest)


def test_relays_that_refuse_are_named_and_another_one_helps(lab, folder: Path):
    """One has another secret, one has a single place for the two of them, and one is as it is."""
    strange = Coturn(lab, "s1", folder / "relay-strange", {SECRET: "another"})
    good = Coturn(lab, "s2", folder / "relay-good")
    full = Coturn(lab, "s3", folder / "relay-full", {"total-quota=2400": "total-quota=1"})
    with strange, good, full:
        servers = f"{strange.entry('tcp')} {full.entry('tcp')} {good.entry('tls')}"
        with meeting(lab, folder, servers) as people:
            all_together(people)
            people[1].wait_until(
                lambda: f"The relay {strange.address} does not accept" in told(people[1]),
                "what is wrong with one relay",
                WITHIN,
            )
            people[0].wait_until(
                lambda: any(f"{full.address} is fully in use" in told(copy) for copy in people),
                "what is wrong with another",
                WITHIN,
            )
            for copy in people:
                sees_more(copy)
                assert good.address not in told(copy)


def told(copy: RunningCopy) -> str:
    """Return everything that a person was told."""
    return re.sub(
        "[\N{FIRST STRONG ISOLATE}\N{POP DIRECTIONAL ISOLATE}]", "", copy.stdout + copy.stderr
    )
