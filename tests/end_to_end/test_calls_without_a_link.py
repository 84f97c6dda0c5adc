"""Two people who met become contacts; from then on one calls the other without any link."""

from pathlib import Path

import pytest
from fakes import wire
from fakes.pcap import packets_of
from fakes.running_copy import RunningCopy, all_together, run_to_its_end

from bench import netlab

pytestmark = [pytest.mark.netlab, pytest.mark.slow]

QUIET = ["--headless", "--camera", "none", "--microphone", "none", "--speaker", "none"]
ADA, BEN = ["--name", "Ada"], ["--name", "Ben"]


@pytest.fixture(scope="module")
def lab(laboratory) -> netlab.NetLab:
    """Return a LAN of three."""
    return laboratory(3)


@pytest.fixture(scope="module")
def homes(lab, tmp_path_factory) -> dict[str, Path]:
    """Return the homes of Ada (h1) and Ben (h2), who met and became contacts."""
    ada, ben = tmp_path_factory.mktemp("ada"), tmp_path_factory.mktemp("ben")
    hosting = ["host", "--no-lobby", "--add-contacts", *QUIET, *ADA]
    with RunningCopy(ada, *hosting, lab=lab, host="h1") as host:
        joining = ["join", host.invitation(), "--add-contacts", *QUIET, *BEN]
        with RunningCopy(ben, *joining, lab=lab, host="h2") as guest:
            all_together([host, guest])
            for copy in (host, guest):
                copy.wait_until(lambda c=copy: "is a contact now" in c.stdout, "a contact")
            assert guest.interrupt() == 130
            assert host.interrupt() == 130
    return {"ada": ada, "ben": ben}


@pytest.fixture(autouse=True)
def _no_figures_of_before(homes) -> None:
    for home in homes.values():
        (home / "results" / "stats.jsonl").unlink(missing_ok=True)


def test_each_lists_the_other_as_a_contact(homes):
    for who, other in (("ada", "Ben"), ("ben", "Ada")):
        home = homes[who]
        listed = run_to_its_end(home, "contacts", "--profile", str(home / "profile"))
        assert listed.returncode == 0, listed.stderr
        (line,) = listed.stdout.splitlines()
        assert f"  {other}  known, not verified" in line


def test_a_call_is_answered_and_nothing_on_the_wire_says_who_calls(lab, homes, tmp_path):
    capture = tmp_path / "wire.pcap"
    lab.capture(capture)
    answering = ["join", "--from", "Ada", *QUIET, *BEN]
    calling = ["host", "--call", "Ben", "--title", "Zaubernuss", *QUIET, *ADA]
    with (
        RunningCopy(homes["ben"], *answering, lab=lab, host="h2") as ben,
        RunningCopy(homes["ada"], *calling, lab=lab, host="h1") as ada,
    ):
        all_together([ada, ben])
        assert ada.latest()["members"] == ["Ada", "Ben"]
        assert "knocks" not in ada.stdout
        assert ben.interrupt() == 130
        assert ada.interrupt() == 130
    lab.capture(None)
    packets = packets_of(capture)
    assert wire.strangers(packets, wire.addresses_of(lab)) == set()
    written = capture.read_bytes()
    assert all(word not in written for word in (b"Ada", b"Ben", b"Zaubernuss"))


def test_two_who_ring_each_other_meet_in_the_meeting_of_one(lab, homes, tmp_path):
    capture = tmp_path / "wire.pcap"
    lab.capture(capture)
    with (
        RunningCopy(homes["ada"], "host", "--call", "Ben", *QUIET, *ADA, lab=lab, host="h1") as ada,
        RunningCopy(homes["ben"], "host", "--call", "Ada", *QUIET, *BEN, lab=lab, host="h2") as ben,
    ):
        all_together([ada, ben])
        went = [copy for copy in (ada, ben) if "called you, too" in copy.stdout]
        assert len(went) == 1
        assert {"Ada", "Ben"} == set(ada.latest()["members"]) == set(ben.latest()["members"])
        assert not any("did not answer" in copy.stdout for copy in (ada, ben))
        assert not any("calls you." in copy.stdout for copy in (ada, ben))
        assert ben.interrupt() == 130
        assert ada.interrupt() == 130
    lab.capture(None)
    assert wire.strangers(packets_of(capture), wire.addresses_of(lab)) == set()


def test_who_is_in_a_meeting_that_keeps_to_the_network_is_told_of_a_call_and_stays(lab, homes):
    meeting = ["host", "--lan-only", *QUIET, *BEN]
    with (
        RunningCopy(homes["ben"], *meeting, lab=lab, host="h2") as ben,
        RunningCopy(homes["ada"], "host", "--call", "Ben", *QUIET, *ADA, lab=lab, host="h1") as ada,
    ):
        ben.wait_until(lambda: "Ada calls you." in ben.stdout, "that Ada calls")
        at = len(ben.statistics())
        ben.wait_for_line(lambda line: line["members"] == ["Ben"], "Ben alone", since=at)
        assert ben.stdout.count("Ada calls you.") == 1
        assert ada.interrupt() == 130
        assert ben.interrupt() == 130


def test_nobody_else_hears_the_call(lab, homes, tmp_path):
    calling = ["host", "--call", "Ben", *QUIET, *ADA]
    stranger = ["join", "--nearby", *QUIET, "--name", "Eve"]
    with (
        RunningCopy(tmp_path / "eve", *stranger, lab=lab, host="h3", stats=False) as eve,
        RunningCopy(homes["ada"], *calling, lab=lab, host="h1", stats=False) as ada,
    ):
        assert eve.end(within=60) == 4
        assert ada.process.poll() is None
        assert "knocks" not in ada.stdout


def test_who_is_no_contact_can_neither_be_called_nor_awaited(homes, tmp_path):
    profile = ["--profile", str(homes["ada"] / "profile")]
    for words in (["host", "--call", "Nobody"], ["join", "--from", "Nobody"]):
        ended = run_to_its_end(tmp_path, *words, "--headless", *profile)
        assert ended.returncode == 2
        assert ended.stderr == "conclave: “Nobody” is not among your contacts.\n"


def test_a_contact_who_was_forgotten_is_gone(homes):
    profile = ["--profile", str(homes["ben"] / "profile")]
    assert run_to_its_end(homes["ben"], "contacts", "--forget", "ada", *profile).returncode == 0
    listed = run_to_its_end(homes["ben"], "contacts", "--json", *profile)
    assert listed.stdout.strip() == "[]"
