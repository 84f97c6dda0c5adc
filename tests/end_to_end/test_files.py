"""Files between two copies: whole after a break of the network, and nobody hears them pass."""

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fakes.running_copy import RunningCopy, all_together

from bench import netlab

pytestmark = [pytest.mark.netlab, pytest.mark.slow]

WORDS = ["--headless", "--camera", "test", "--speaker", "none"]
BYTES = 3_000_000
HALF = BYTES // 2
FEW_BYTES = 150_000  # for a narrow path: files have a tenth of it at least, beside pictures
CUT_AT = 400_000  # bytes stored when the cable is pulled
OUT_S = 8.0  # longer than a link waits before it is called lost
WITHIN_S = 120.0  # wide, for a busy computer
MADE_UP = 0.02  # of the sound, at most: what a call on such a path has without a file


@pytest.fixture
def lab(laboratory: Callable[..., netlab.NetLab]) -> netlab.NetLab:
    return laboratory(2, ipv6=False)


Two = tuple[RunningCopy, RunningCopy, Path, Path]


@contextlib.contextmanager
def sending(
    lab: netlab.NetLab, tmp_path: Path, voice_files: list[Path], size: int
) -> Iterator[Two]:
    """Have two people meet, one with a file of so many bytes for the other."""
    source, folder = tmp_path / "site plan.bin", tmp_path / "taken"
    source.write_bytes(os.urandom(size))
    folder.mkdir()
    with contextlib.ExitStack() as stack:
        speaks = ["--microphone", str(voice_files[0])]
        words = ["host", "--name", "Ada", "--no-lobby", *WORDS, *speaks]
        words += ["--send-file", str(source)]
        ada = RunningCopy(tmp_path / "h1", *words, lab=lab, host="h1")
        stack.enter_context(ada)
        words = ["join", ada.invitation(), "--name", "Ben", *WORDS, "--microphone", "none"]
        words += ["--accept-files", str(folder)]
        ben = stack.enter_context(RunningCopy(tmp_path / "h2", *words, lab=lab, host="h2"))
        all_together([ada, ben])
        yield ada, ben, source, folder


def stored(folder: Path) -> int:
    """Return how much is in a folder, under whatever names."""
    total = 0
    for path in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):
            total += path.stat().st_size
    return total


def arrives(copies: tuple[RunningCopy, RunningCopy], source: Path, folder: Path) -> None:
    """Wait until both know that the file is there; fail unless it is the very same, and alone."""
    ada, ben = copies
    ben.wait_until(lambda: "Saved as" in ben.stdout, "the file", WITHIN_S)
    ada.wait_until(lambda: "has it." in ada.stdout, "that the other has it", WITHIN_S)
    assert [path.name for path in folder.iterdir()] == [source.name]
    sums = [
        hashlib.sha256(path.read_bytes()).hexdigest() for path in (source, folder / source.name)
    ]
    assert sums[0] == sums[1]
    for copy in copies:
        assert "Traceback" not in copy.stderr


def test_a_file_goes_on_where_it_was_when_the_cable_is_back(
    lab: netlab.NetLab, tmp_path: Path, voice_files: list[Path]
):
    lab.impair(rate_kbit=3000, delay_ms=10)
    with sending(lab, tmp_path, voice_files, HALF) as (ada, ben, source, folder):
        ben.wait_until(lambda: stored(folder) > CUT_AT, "a part of the file", WITHIN_S)
        lab.unplug("h2")
        ben.wait_for_line(
            lambda line: any(peer["state"] == "reconnecting" for peer in line["peers"].values()),
            "silence",
            WITHIN_S,
            since=len(ben.statistics()),
        )
        before = stored(folder)
        assert CUT_AT < before < HALF
        lab.plug("h2")
        arrives((ada, ben), source, folder)


def test_nobody_hears_that_a_file_passes(
    lab: netlab.NetLab, tmp_path: Path, voice_files: list[Path]
):
    lab.impair(rate_kbit=3000, delay_ms=10)
    with sending(lab, tmp_path, voice_files, BYTES) as (ada, ben, source, folder):
        arrives((ada, ben), source, folder)
        (peer,) = ben.latest()["peers"].values()
        assert peer["audio"]["packets"] > 500
        assert peer["audio"]["concealed_ratio"] < MADE_UP
        assert peer["video"]["freezes"] <= 1
        assert peer["video"]["fps"] > 10


def test_a_narrow_path_that_loses_packets_brings_it_whole(
    lab: netlab.NetLab, tmp_path: Path, voice_files: list[Path]
):
    lab.impair(rate_kbit=600, delay_ms=30, loss=0.05)
    with sending(lab, tmp_path, voice_files, FEW_BYTES) as (ada, ben, source, folder):
        arrives((ada, ben), source, folder)
        (peer,) = ben.latest()["peers"].values()
        assert peer["audio"]["packets"] > 0
        assert peer["state"] == "connected"
