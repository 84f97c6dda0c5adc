"""A call of two in a laboratory, whose network changes, and what each of them saw of the other.

The guest's computer has two devices: one that is in use (`WIFI`), and one without an address until
somebody plugs its cable in (`CABLE`). Between two networks stand two routers, of which one is used.
"""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from bench.netlab import NetLab
from bench.netlab.topology import Host, Link, Topology
from bench.sound_clock import STEP_S

ROOT = Path(__file__).resolve().parent.parent
SETTLED_S = 4.0  # of pictures before each outage
GIVE_UP_S = 60.0
LOOKED_AT_S = 2.0  # after an outage: were the pictures that came of now?
HOSTS = ("h1", "h2")
WIFI, CABLE = "eth0", "eth1"
ROUTERS = ("r1", "r2")


def with_two_devices() -> Topology:
    """Return one LAN, IPv4 alone: an address that goes takes the path along."""
    return Topology(
        (
            Host(HOSTS[0], (Link("lan", "eth0", "10.77.0.1/24"),)),
            Host(HOSTS[1], (Link("lan", WIFI, "10.77.0.2/24"), Link("lan", CABLE))),
        )
    )


def with_two_routers() -> Topology:
    """Return two LANs with two ways from one to the other; everybody takes the first."""
    nets = ("10.77.0", "10.78.0")
    people = [
        Host(name, (Link(f"lan{n}", "eth0", f"{net}.{n + 1}/24"),), gateway4=f"{net}.101")
        for n, (name, net) in enumerate(zip(HOSTS, nets, strict=True))
    ]
    routers = [
        Host(
            name,
            tuple(Link(f"lan{n}", f"lan{n}", f"{net}.{101 + r}/24") for n, net in enumerate(nets)),
            nat="routed",
        )
        for r, name in enumerate(ROUTERS)
    ]
    return Topology((*people, *routers))


@dataclass(frozen=True)
class Outcome:
    """How a call of two went on, of both people the worse; in seconds.

    `waited` is the time from the repair until the first picture that was taken after it, `oldest`
    the age of the oldest picture that came after the repair, `oldest_sound` that of what was heard
    then (to half a second; 32 s count as none). `told`: the screen said that the connection was
    lost. Nobody lost the seat, and sound came back, too, or there is no outcome.
    """

    waited: float
    oldest: float
    oldest_sound: float
    told: bool


class Onlooker:
    """A bench.onlooker in one host of a laboratory, and what it said so far."""

    def __init__(self, lab: NetLab, host: str, *words: str) -> None:
        command = [sys.executable, "-m", "bench.onlooker", *words]
        self.process = lab.popen(host, command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        self.said: list[dict[str, Any]] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def until(self, holds: Callable[[dict[str, Any]], object], within: float) -> dict[str, Any]:
        """Return the first thing said that fits; TimeoutError."""
        deadline = time.monotonic() + within
        looked = 0
        while time.monotonic() < deadline:
            while looked < len(self.said):
                looked += 1
                if holds(self.said[looked - 1]):
                    return self.said[looked - 1]
            time.sleep(0.01)
        raise TimeoutError(f"the last said is {self.said[-1:]}")

    def picture_after(self, moment: float) -> float:
        """Return when the first picture came that was taken after a moment."""

        def fits(said: dict[str, Any]) -> bool:
            return said.get("picture", 0.0) > moment and (said["taken"] or 0.0) > moment

        line = self.until(fits, GIVE_UP_S)
        return float(line["picture"])

    def states(self, since: float) -> list[str]:
        """Return how the link stood from a moment on, each state once when it began."""
        return [said["state"] for said in self.said if "state" in said and said["at"] > since]

    def oldest(self, since: float) -> float:
        """Return how old the oldest picture was that came after a moment, in seconds."""
        came = [said for said in self.said if said.get("picture", 0.0) > since and said["taken"]]
        return max((said["picture"] - said["taken"] for said in came), default=0.0)

    def oldest_sound(self, since: float) -> float:
        """Return how old the oldest sound was that was heard after a moment, in seconds."""
        heard = [said["age"] for said in self.said if said.get("sound", 0.0) > since]
        return max(heard, default=0.0)

    def sound_after(self, moment: float) -> float:
        """Return when sound was heard that was surely spoken after a moment."""

        def fits(said: dict[str, Any]) -> bool:
            return "sound" in said and said["sound"] - said["age"] - STEP_S > moment

        return float(self.until(fits, GIVE_UP_S)["sound"])

    def close(self) -> None:
        """End it."""
        self.process.kill()
        self.process.wait()
        self._reader.join()
        if self.process.stdout is not None:
            self.process.stdout.close()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(json.loads(line))


class Scene:
    """Two people who see each other."""

    def __init__(self, lab: NetLab) -> None:
        self.lab = lab
        self.addresses = 50  # in use on the first LAN, at most
        self.people: list[Onlooker] = []

    def __enter__(self) -> Self:
        host = Onlooker(self.lab, HOSTS[0], "host")
        self.people.append(host)
        link = host.until(lambda said: "link" in said, GIVE_UP_S)["link"]
        self.people.append(Onlooker(self.lab, HOSTS[1], "join", link))
        return self

    def __exit__(self, *_: object) -> None:
        for person in self.people:
            person.close()

    def settle(self) -> None:
        """Let both see pictures for a while."""
        for person in self.people:
            person.picture_after(time.monotonic())
            person.sound_after(time.monotonic())
        time.sleep(SETTLED_S)

    def outcome(self, began: float, repaired: float) -> Outcome:
        """Wait until both see new pictures, and a moment more; return what that was like."""
        seen = [person.picture_after(repaired) for person in self.people]
        for person in self.people:
            person.sound_after(repaired)
        time.sleep(LOOKED_AT_S)
        told = {state for person in self.people for state in person.states(began)}
        if told - {"connected", "reconnecting"}:
            raise RuntimeError(f"somebody lost the seat: {told}")
        return Outcome(
            waited=round(max(seen) - repaired, 3),
            oldest_sound=round(max(person.oldest_sound(repaired) for person in self.people), 3),
            oldest=round(max(person.oldest(repaired) for person in self.people), 3),
            told="reconnecting" in told,
        )

    def ip(self, host: str, words: str) -> None:
        """Change something about a host's network with `ip`; RuntimeError."""
        done = self.lab.run(host, ["ip", *words.split()])
        if done.returncode:
            raise RuntimeError(f"ip {words}: {done.stderr}")

    def new_address(self) -> str:
        """Return an address with prefix that nobody had on the first LAN."""
        self.addresses += 1
        return f"10.77.0.{self.addresses}/24"
