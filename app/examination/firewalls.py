"""The doctor's look for firewalls that may keep others out, with the lines that let them in."""

import contextlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from app.findings import Finding
from app.i18n import _
from app.net.addresses import LISTEN_PORTS

FIRST, LAST = LISTEN_PORTS[0], LISTEN_PORTS[-1]
PATIENCE = 3.0  # seconds for a tool of the system

_CHAIN = re.compile(r"chain [^\s{]+ \{(.*?)\n\s*\}", re.DOTALL)
_SHUTS = re.compile(r"policy drop|^\s*(?:counter\s[\w\s]*)?(?:drop|reject\b.*)$", re.MULTILINE)


def firewall() -> Finding:
    """Say what is known about a firewall; whether others get through, only they can tell."""
    title = _("Firewall")
    found = next(firewalls(), None)
    if found is None:
        return Finding("firewall", title, "ok", _("none was found that is known to be in the way."))
    name, cure = found
    sentence = _("{name} is active and may keep others out.").format(name=name)
    return Finding("firewall", title, "warn", sentence, cure)


def firewalls(
    root: Path = Path("/"), platform: str = sys.platform, rules: Callable[[], str] | None = None
) -> Iterator[tuple[str, str]]:
    """Name each active firewall that can be recognised, with its cure.

    `rules` gives what nft lists, empty where that takes rights that we do not have.
    """
    if platform == "win32":
        yield (
            _("The Windows firewall"),
            _(
                "Allow Conclave on private networks when Windows asks, and have this network "
                "called private, not public, in the settings."
            ),
        )
    elif platform == "darwin":
        yield (
            _("The firewall of macOS"),
            _(
                "Allow Conclave in the settings: incoming connections, if the firewall is "
                "switched on, and the local network under privacy."
            ),
        )
    else:
        yield from _on_linux(root, rules or _listed_rules)


def shuts_out(rules: str) -> bool:
    """Tell whether rules of nftables keep newcomers out and do not name Conclave's ports."""
    chains = [chain for chain in _CHAIN.findall(rules) if "hook input" in chain]
    return any(_SHUTS.search(chain) and str(FIRST) not in chain for chain in chains)


def _on_linux(root: Path, rules: Callable[[], str]) -> Iterator[tuple[str, str]]:
    if "ENABLED=yes" in _text(root / "etc/ufw/ufw.conf"):
        if f"{FIRST}:{LAST}" not in _text(root / "etc/ufw/user.rules"):
            allow = f"sudo ufw allow {FIRST}:{LAST}/tcp, sudo ufw allow 5353/udp"
            yield "ufw", _("Let others in: {lines}.").format(lines=allow)
        return
    with contextlib.suppress(OSError):
        if os.listdir(root / "run/firewalld"):
            allow = (
                f"sudo firewall-cmd --permanent --add-port={FIRST}-{LAST}/tcp --add-service=mdns, "
                "sudo firewall-cmd --reload"
            )
            yield "firewalld", _("Let others in: {lines}.").format(lines=allow)
            return
    listed = rules()
    if not listed and (root / "etc/systemd/system/sysinit.target.wants/nftables.service").exists():
        listed = _text(root / "etc/nftables.conf")
    if shuts_out(listed):
        allow = f"tcp dport {FIRST}-{LAST} accept, udp dport 5353 accept"
        yield "nftables", _("Put these rules into its input chain: {lines}.").format(lines=allow)


def _listed_rules() -> str:
    nft = shutil.which("nft", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin")
    if nft is None:
        return ""
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        words = [nft, "list", "ruleset"]
        done = subprocess.run(words, capture_output=True, timeout=PATIENCE, check=False)
        return done.stdout.decode(errors="replace")
    return ""


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
