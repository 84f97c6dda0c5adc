"""People behind routers of their own, of whom nobody has an open port, meet at a meeting point."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes import coturn
from fakes.coturn import Coturn
from fakes.running_copy import RunningCopy, all_together

from bench import netlab
from crypto.invite import Invite

pytestmark = [pytest.mark.netlab, pytest.mark.slow]

SEEN = ["--headless", "--camera", "test", "--microphone", "test", "--speaker", "none"]
ENOUGH = 20  # pictures of everybody: more than can be left over from before


@pytest.fixture(scope="module")
def lab() -> Iterator[netlab.NetLab]:
    """Return three homes whose routers let nobody in, over IPv6 neither, and a machine outside."""
    if reason := netlab.why_not(nat=True):
        pytest.skip(reason)
    with netlab.NetLab(netlab.behind_nats(["cone"] * 3, ipv6=True)) as one:
        yield one


class Team:
    """The team's meeting point on the machine outside; it can fail and come back."""

    def __init__(self, lab: netlab.NetLab, home: Path) -> None:
        self._lab, self._home, self._times = lab, home, 0
        self.service = self.begin()
        self.entry = self.service.wait_until(self._said, "its line")

    def _said(self) -> str:
        line, newline, _ = self.service.stdout.partition("\n")
        return line if newline else ""

    def begin(self) -> RunningCopy:
        self._times += 1
        self.service = RunningCopy(
            self._home / f"service{self._times}",
            "meeting-point",
            "--key-file",
            str(self._home / "key"),
            lab=self._lab,
            host="s1",
        )
        return self.service


@pytest.fixture(scope="module")
def team(lab, tmp_path_factory) -> Iterator[Team]:
    one = Team(lab, tmp_path_factory.mktemp("meeting-point"))
    yield one
    one.service.kill()


@pytest.fixture(scope="module")
def meeting(lab, team, start) -> list[RunningCopy]:
    """Return the host, who entered the meeting point, and two who have nothing but the link."""
    entered = ["--admit-all", "--team-servers", team.entry]
    hosting = start("host", *entered, *SEEN, lab=lab, host="h1")
    link = hosting.invitation()
    joining = [start("join", link, *SEEN, lab=lab, host="h2")]
    all_together([hosting, *joining])
    return [hosting, *joining]


def pictures(copy: RunningCopy) -> dict[str, int]:
    return {dev: peer["video"]["frames"] for dev, peer in copy.latest()["peers"].items()}


def see_each_other(copies: list[RunningCopy]) -> None:
    """Wait until everybody has got more pictures of everybody else."""
    for copy in copies:
        before = pictures(copy)
        copy.wait_until(
            lambda copy=copy, before=before: (
                len(pictures(copy)) == len(copies) - 1
                and all(now >= before.get(dev, 0) + ENOUGH for dev, now in pictures(copy).items())
            ),
            "more pictures of everybody",
        )


def test_the_entry_is_the_address_that_others_reach(lab, team):
    assert team.entry.startswith(f"meet:{lab.address('s1')}:7443?key=")


def test_the_link_alone_leads_there(lab, team, meeting):
    invite = Invite.parse(meeting[0].invitation())
    assert invite.place is not None
    assert invite.place.address == (lab.address("s1"), 7443)
    see_each_other(meeting)


def test_the_call_goes_on_while_the_meeting_point_is_away(team, meeting):
    team.service.kill()
    see_each_other(meeting)
    hosting = meeting[0]
    hosting.wait_until(lambda: "cannot be reached" in hosting.stdout, "words about it")
    see_each_other(meeting)
    assert all(
        peer["state"] == "connected" for copy in meeting for peer in copy.latest()["peers"].values()
    )


def test_it_is_found_again_and_the_next_one_comes_in(lab, team, meeting, start):
    team.begin()
    third = start("join", meeting[0].invitation(), *SEEN, lab=lab, host="h3")
    meeting.append(third)
    all_together(meeting)
    see_each_other(meeting)


def test_nothing_of_it_stays_on_the_machine_outside(team, meeting):
    assert [path.name for path, _ in team.service.files_left()] == []
    assert team.service.stdout.splitlines()[0] == team.entry
    assert len(team.service.stderr.splitlines()) == 1


def test_a_meeting_that_stays_on_the_local_network_is_at_no_meeting_point(lab, team, start):
    entered = ["--lan-only", "--team-servers", team.entry]
    link = start("host", *entered, *SEEN, lab=lab, host="h1").invitation()
    assert Invite.parse(link).place is None


@pytest.fixture(scope="module")
def apart() -> Iterator[netlab.NetLab]:
    """Return two homes whose routers can be punched through by nobody, and a machine outside."""
    if reason := netlab.why_not(nat=True) or coturn.why_not():
        pytest.skip(reason)
    with netlab.NetLab(netlab.behind_nats(["cone", "symmetric"])) as one:
        yield one


def test_with_a_relay_beside_it_two_meet_who_have_no_way_at_all(apart, start, tmp_path):
    """All that docs/self-hosting.md sets up, on one machine; the guest has nothing but the link."""
    team = Team(apart, tmp_path)
    secret = tmp_path / "secret"
    secret.write_text(coturn.SECRET)
    with Coturn(apart, "s1", tmp_path / "relay") as relay:
        servers = f"{team.entry} stun:{relay.address} {relay.entry('udp')}"
        entered = ["--team-servers", servers, "--team-secret-file", str(secret)]
        hosting = start("host", "--admit-all", *entered, *SEEN, lab=apart, host="h1")
        joining = start("join", hosting.invitation(), *SEEN, lab=apart, host="h2")
        all_together([hosting, joining])
        see_each_other([hosting, joining])
        (path,) = [peer["path"] for peer in joining.latest()["peers"].values()]
        assert path["kind"] == "relay"
        assert [hosting.interrupt(), joining.interrupt()] == [130, 130]
    team.service.kill()
