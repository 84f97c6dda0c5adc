"""What an installed Conclave weighs and how soon it opens, beside other programs for meetings.

    python -m bench.installed dist/conclave_0.1.0_amd64.deb --rounds 10

In a Debian in which nothing else is. What is fetched and what then lies on the disk is what apt and
the packages themselves say of everything that has to come along, without what is only recommended.
Jami is the package of that Debian; it is installed there and started in the same way. Of the
desktop program for Jitsi only the size of its package can be had here: from the list of files of a
Gentoo overlay. What has to come along with it is what that list says it needs, from Debian.

Needs Linux, root, debootstrap, Xvfb, xdotool, and a way to a mirror of Debian.
"""

import argparse
import re
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.clean_root import USER, CleanRoot, end
from bench.desktop import desktop
from bench.report import add_out_option, finish, median, table
from bench.start import TITLES, watch

CONCLAVE, JAMI, JITSI = "Conclave", "Jami", "Jitsi Meet"
JITSI_DEB = {  # msva/mva-overlay, net-im/jitsi-meet-electron-bin/Manifest and the ebuild beside it
    "version": "2026.7.0",
    "bytes": 100_285_448,
}
JITSI_NEEDS = ("libgtk-3-0", "libnss3", "libxtst6", "xdg-utils", "libatspi2.0-0", "libuuid1")
JAMI_STARTS_WITH = ("dbus", "gsettings-desktop-schemas")  # what it ends without, and does not name
PASSPHRASE = {"CONCLAVE_PASSPHRASE": "only for this benchmark"}
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
INSTALLS = re.compile(r"^Inst (\S+) .*?\((\S+) ")
MB = 1e6


def needed(root: CleanRoot, *packages: str) -> list[tuple[str, str]]:
    """Return name and version of all that apt would install for packages, themselves included."""
    words = ["apt-get", "install", "--simulate", "--no-install-recommends", *packages]
    lines = root.run(words).stdout.splitlines()
    return [(found[1], found[2]) for line in lines if (found := INSTALLS.match(line))]


def weight(root: CleanRoot, packages: Sequence[tuple[str, str]]) -> tuple[int, int]:
    """Return bytes to fetch and bytes on the disk of packages that Debian has."""
    if not packages:
        return 0, 0
    wanted = [f"{name}={version}" for name, version in packages]
    said = root.run(["apt-cache", "show", "--no-all-versions", *wanted]).stdout
    sizes = [int(size) for size in re.findall(r"^Size: (\d+)$", said, re.MULTILINE)]
    rooms = [int(room) for room in re.findall(r"^Installed-Size: (\d+)$", said, re.MULTILINE)]
    if len(sizes) != len(packages) or len(rooms) != len(packages):
        raise RuntimeError(f"apt knows {len(sizes)} and {len(rooms)} of {len(packages)} packages")
    return sum(sizes), sum(rooms) * 1024


def of_conclave(root: CleanRoot, package: Path) -> dict[str, Any]:
    """Return the sizes of a package of ours, and of all that it brings along."""
    asked = ["dpkg-deb", "--show", "--showformat", "${Version} ${Installed-Size}", str(package)]
    version, room = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split()
    others = [one for one in needed(root, f"/{package.name}") if one[0] != "conclave"]
    fetched, kept = weight(root, others)
    own = package.stat().st_size
    return {
        "version": version,
        "own_bytes": own,
        "fetched_bytes": own + fetched,
        "kept_bytes": int(room) * 1024 + kept,
        "packages": 1 + len(others),
    }


def of_debian(root: CleanRoot, name: str) -> dict[str, Any]:
    """Return the sizes of a program of Debian, split as it may be into packages of its own."""
    everything = needed(root, name)
    own = [one for one in everything if one[0].startswith(name)]
    fetched, kept = weight(root, everything)
    return {
        "version": own[0][1],
        "own_bytes": weight(root, own)[0],
        "fetched_bytes": fetched,
        "kept_bytes": kept,
        "packages": len(everything),
    }


def of_jitsi(root: CleanRoot) -> dict[str, Any]:
    """Return what is known of Jitsi's program; nothing of what it takes on the disk."""
    others = needed(root, *JITSI_NEEDS)
    return {
        "version": JITSI_DEB["version"],
        "own_bytes": JITSI_DEB["bytes"],
        "fetched_bytes": int(JITSI_DEB["bytes"]) + weight(root, others)[0],
        "packages": 1 + len(others),
    }


def starts(
    root: CleanRoot, command: Sequence[str], titles: Mapping[str, str], rounds: int
) -> list[dict[str, float]]:
    """Start a program inside some times; return when it was there and what that took."""
    times = []
    with desktop() as env:
        inside = PASSPHRASE | {"DISPLAY": env["DISPLAY"], "XDG_RUNTIME_DIR": f"/home/{USER}"}
        for _round in range(rounds + 1):
            program = root.start(command, user=True, environment=inside, **QUIET)
            try:
                times.append(watch(program, env, titles))
            finally:
                end(program)
    return times[1:]  # the first one makes a profile, and warms everything up


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.installed", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("package", type=Path, help="Conclave's .deb")
    parser.add_argument("--rounds", type=int, default=10, help="how often each is started, warm")
    add_out_option(parser)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place, CleanRoot(Path(place) / "root") as root:
        root.put(options.package, options.package.name)
        sizes = {
            CONCLAVE: of_conclave(root, options.package),
            JAMI: of_debian(root, "jami"),
            JITSI: of_jitsi(root),
        }
        root.install(f"/{options.package.name}")
        times = {CONCLAVE: starts(root, ["/usr/bin/conclave"], TITLES, options.rounds)}
        root.install("jami", *JAMI_STARTS_WITH)
        command = ["dbus-run-session", "--", "jami"]
        times[JAMI] = starts(root, command, {"window_s": "Jami"}, options.rounds)
    raw = {"sizes": sizes, "starts": times}
    print("\n" + tables(raw))
    finish("installed", raw, options.out)


def tables(raw: Mapping[str, Any]) -> str:
    """Return what each weighs and when it opens, and how Conclave stands to the others."""
    ours, rows = raw["sizes"][CONCLAVE], []
    for name, sizes in raw["sizes"].items():
        figures = [sizes["own_bytes"], sizes["fetched_bytes"], sizes.get("kept_bytes")]
        times = raw["starts"].get(name, [])
        rows.append(
            [
                f"{name} {sizes['version']}",
                *(f"{value / MB:.0f}" if value else "not known" for value in figures),
                str(sizes["packages"]),
                *(_median(times, figure) for figure in ("window_s", "start_cpu_s")),
            ]
        )
    headings = ["program", "package, MB", "fetched in all, MB", "on the disk in all, MB"]
    headings += ["packages", "a window after, s", "CPU until it shows all, s"]
    told = []
    for name, sizes in raw["sizes"].items():
        if name != CONCLAVE:
            share = ours["fetched_bytes"] / sizes["fetched_bytes"]
            told.append(f"{share:.2f} of what {name} does")
    usable = _median(raw["starts"][CONCLAVE], "usable_s")
    said = f"Conclave fetches {' and '.join(told)}. Its first screen can be used after {usable} s."
    return f"{table(headings, rows)}\n\n{said}"


def _median(times: Sequence[Mapping[str, float]], figure: str) -> str:
    return f"{median([one[figure] for one in times]):.2f}" if times else "not started"


if __name__ == "__main__":
    main()
