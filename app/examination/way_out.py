"""The doctor's look at the way out of this network; no further than the own router is asked."""

import contextlib
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from typing import Any, Literal

from app.findings import Finding
from app.i18n import _

PATIENCE = 3.0  # seconds for a tool of the system
RESOLVING = 3.6  # seconds in which the system asks three times for a neighbour (arp(7), icmp(7))
LOOK_AGAIN = 0.2  # seconds

Family = Literal["IPv4", "IPv6"]
Ask = Callable[[list[str]], str]
_FAMILIES: dict[Family, tuple[str, socket.AddressFamily]] = {
    "IPv4": ("-4", socket.AF_INET),
    "IPv6": ("-6", socket.AF_INET6),
}


def way_out() -> Finding:
    """Look whether a router answers, and whether the network wants a sign-in first; on Linux."""
    title = _("Way out")
    if asks_for_a_sign_in():
        sentence = _("this network wants you to sign in first.")
        cure = _("Open any web page in the browser and sign in there.")
        return Finding("way_out", title, "warn", sentence, cure)
    answers = {family: answers_over(family) for family in _FAMILIES}
    there = [family for family, answer in answers.items() if answer is not None]
    if not there:
        sentence = _("there is no router: people in this network can be met, and nobody else.")
        return Finding("way_out", title, "ok", sentence)
    silent = [family for family in there if not answers[family]]
    if silent:
        sentence = _("the router does not answer over {families}.").format(
            families=" + ".join(silent)
        )
        cure = _("Restart it to meet people elsewhere; meetings inside this network work.")
        return Finding("way_out", title, "warn", sentence, cure)
    families = " + ".join(there)
    sentence = _("the router answers over {families}.").format(families=families)
    return Finding("way_out", title, "ok", sentence)


def answers_over(family: Family) -> bool | None:
    """Tell whether the router of a family answers to neighbours; None without one."""
    flag, kind = _FAMILIES[family]
    routes = _listed([flag, "route", "show", "default"])
    route = next((route for route in routes if route.get("gateway")), None)
    if route is None:
        return None
    gateway, device = str(route["gateway"]), str(route["dev"])
    _nudge(kind, gateway, device)
    deadline = time.monotonic() + RESOLVING
    while True:
        for entry in _listed([flag, "neigh", "show", "to", gateway, "dev", device]):
            states = set(entry.get("state", ()))
            if "FAILED" in states:
                return False
            if states - {"INCOMPLETE", "NONE"}:
                return True  # it answered, now or a moment ago
        if time.monotonic() > deadline:
            return False
        time.sleep(LOOK_AGAIN)


def asks_for_a_sign_in(ask: Ask | None = None) -> bool:
    """Tell whether NetworkManager has seen the sign-in page of a network; it is asked nothing new.

    Conclave itself asks no server, so that it cannot know.
    """
    return (ask or _said)(["nmcli", "-t", "-f", "CONNECTIVITY", "general"]).strip() == "portal"


def _nudge(kind: socket.AddressFamily, gateway: str, device: str) -> None:
    """Make the system look for the router: an empty datagram to its discard port (RFC 863)."""
    with contextlib.suppress(OSError), socket.socket(kind, socket.SOCK_DGRAM) as sock:
        if kind == socket.AF_INET6:
            sock.sendto(b"", (gateway, 9, 0, socket.if_nametoindex(device)))
        else:
            sock.sendto(b"", (gateway, 9))


def _listed(words: list[str]) -> list[dict[str, Any]]:
    with contextlib.suppress(ValueError):
        found = json.loads(_said(["ip", "-j", *words]) or "[]")
        return [entry for entry in found if isinstance(entry, dict)]
    return []


def _said(words: list[str]) -> str:
    """Return what a tool of the system says; nothing where it is missing or does not answer."""
    if shutil.which(words[0]) is None:
        return ""
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        done = subprocess.run(words, capture_output=True, timeout=PATIENCE, check=False)
        return done.stdout.decode(errors="replace")
    return ""
