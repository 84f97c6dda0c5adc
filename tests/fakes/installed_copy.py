"""A Conclave that was installed into a clean root: what a person does with it."""

import contextlib
import json
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from bench import netlab
from bench.clean_root import USER, CleanRoot, Done, Running, end
from bench.start import watch

HOME = f"/home/{USER}"
PASSPHRASE = {"CONCLAVE_PASSPHRASE": "seven quiet herons over the canal"}
CALL = ("--headless", "--camera", "test", "--microphone", "test", "--speaker", "none")
PATIENCE_S = 60.0
LOOK_EVERY_S = 0.1


class InstalledCopy:
    """Starts `program`, a path inside of a root, as its user."""

    def __init__(self, root: CleanRoot, program: str) -> None:
        self.root = root
        self.program = program

    def run(self, *words: object, check: bool = True) -> Done:
        """Run a command of Conclave to its end."""
        command = [self.program, *map(str, words)]
        return self.root.run(command, user=True, check=check, environment=PASSPHRASE)

    def version(self) -> str:
        """Return which version it says it is."""
        name, version = self.run("--version").stdout.split()
        assert name == "conclave"
        return version

    def export(self) -> dict[str, Any]:
        """Return what is kept of its person."""
        file = self.root.home / "kept.json"
        self.run("export", f"{HOME}/{file.name}")
        kept: dict[str, Any] = json.loads(file.read_text())
        file.unlink()
        return kept

    def identity(self) -> object:
        """Return who its person is: who can open the vault, and finds the same in it."""
        kept = self.export()
        return kept["this_device"], kept["people"]

    @contextlib.contextmanager
    def window(self, desktop: Mapping[str, str], menu: str = "") -> Iterator[None]:
        """Start it, by a click on a menu entry if it has one; yield when it can be used."""
        command = [self.program]
        if menu:  # the click is over at once, and its process numbers would be gone with it
            command = ["sh", "-c", 'gio launch "$1" && exec sleep 600', "sh", menu]
        surroundings = PASSPHRASE | {"DISPLAY": desktop["DISPLAY"]}
        program = self.root.start(command, user=True, environment=surroundings)
        try:
            watch(program, desktop)
            yield
        finally:
            end(program)


def call_of_two(copy: InstalledCopy, lab: netlab.NetLab) -> None:
    """Let two people with this program meet: each sees and hears the other."""
    host = _start(copy, lab, "h1", "host", "--name", "Ada", "--no-lobby")
    assert host.stdout is not None
    link = host.stdout.readline().strip()
    guest = _start(copy, lab, "h2", "join", link, "--name", "Ben")
    try:
        for name in lab.hosts:
            stats = copy.root.home / f"{name}.jsonl"
            wait_for(lambda stats=stats: _hears_and_sees(stats), name)
    finally:
        for one in (host, guest):
            end(one)


def _start(copy: InstalledCopy, lab: netlab.NetLab, host: str, *words: str) -> Running:
    profile = ("--profile", f"{HOME}/{host}", "--stats", f"{HOME}/{host}.jsonl")
    command = [copy.program, *words, *CALL, *profile]
    inside = copy.root.words(command, user=True, environment=PASSPHRASE)
    started: Running = lab.popen(host, inside, stdout=subprocess.PIPE, text=True)
    return started


def _hears_and_sees(stats: Path) -> bool:
    lines = stats.read_text().splitlines() if stats.exists() else []
    peers = [peer for line in lines[-2:-1] for peer in json.loads(line)["peers"].values()]
    return any(_arrives(peer) for peer in peers)


def _arrives(peer: Mapping[str, Any]) -> bool:
    return bool(
        peer["state"] == "connected"
        and peer["video"]["frames"] > 20
        and peer["audio"]["packets"] > 50
    )


def wait_for(holds: Callable[[], object], what: str) -> None:
    """Wait until something holds; AssertionError with `what` if that takes a minute."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(LOOK_EVERY_S)
