"""A Debian in which nothing is installed, made by debootstrap; programs run inside it."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

BASES = Path("/var/tmp/conclave-roots")  # each made once; a test works on a copy
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
USER = "mara"
USER_ID = 1000

# The mounts live and die with their own mount namespace; what runs has its own process numbers.
ENTER = """
root=$1 user=$2
shift 2
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/run"
mkdir -p "$root/tmp/.X11-unix"
[ ! -d /tmp/.X11-unix ] || mount --bind /tmp/.X11-unix "$root/tmp/.X11-unix"
exec chroot --userspec="$user:$user" "$root" /usr/bin/env -i "$@"
"""


def why_not() -> str:
    """Return why no such root can be made here, "" if one can."""
    if os.geteuid() != 0:
        return "only root can make a root of its own"
    if shutil.which("debootstrap") is None:
        return "debootstrap is not installed"
    return ""


class CleanRoot:
    """A copy of a Debian base at `folder`, with one ordinary user; it goes with the test."""

    def __init__(self, folder: Path, suite: str = "bookworm") -> None:
        self.folder = folder
        base = BASES / suite
        if not (base / "made").exists():
            shutil.rmtree(base, ignore_errors=True)
            base.parent.mkdir(parents=True, exist_ok=True)
            words = ["debootstrap", "--variant=minbase", suite, str(base)]
            subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
            (base / "made").touch()
        subprocess.run(["cp", "-a", "--reflink=auto", str(base), str(folder)], check=True)
        shutil.copyfile("/etc/resolv.conf", folder / "etc" / "resolv.conf")
        for name in ("apt/apt.conf.d", "ssl/certs/ca-certificates.crt"):  # this network's own ways
            here, there = Path("/etc") / name, folder / "etc" / name
            if here.is_dir():
                shutil.copytree(here, there, dirs_exist_ok=True)
            elif here.exists():
                there.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(here, there)
        self.run(["useradd", "--create-home", "--uid", str(USER_ID), USER])

    @property
    def home(self) -> Path:
        """The user's home, as seen from outside."""
        return self.folder / "home" / USER

    def words(
        self, words: Sequence[str], *, user: bool = False, environment: Mapping[str, str] = {}
    ) -> list[str]:
        """Return the command that runs another one inside, as root or as the user."""
        home = f"/home/{USER}" if user else "/root"
        settled = {
            "HOME": home,
            "PATH": PATH,
            "LANG": "C.UTF-8",
            "DEBIAN_FRONTEND": "noninteractive",
        }
        pairs = [f"{name}={value}" for name, value in {**settled, **environment}.items()]
        return [
            *("unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private"),
            *("sh", "-euc", ENTER, "sh", str(self.folder), str(USER_ID if user else 0)),
            *pairs,
            *words,
        ]

    def run(self, words: Sequence[str], *, check: bool = True, **how: Any) -> "Done":
        """Run a program inside to its end; CalledProcessError with what it said if it fails."""
        done = subprocess.run(
            self.words(words, **how), capture_output=True, text=True, check=False, timeout=600
        )
        if check and done.returncode:
            raise AssertionError(
                f"{' '.join(words)}: {done.returncode}\n{done.stdout}{done.stderr}"
            )
        return done

    def install(self, *packages: str) -> None:
        """Install packages of Debian, or files by their path inside, with apt."""
        self.run(["apt-get", "update", "-qq"])
        self.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages])

    def files(self) -> set[str]:
        """Return every path of the system, without what belongs to users, logs and caches."""
        passing = (
            "home/",
            "proc/",
            "sys/",
            "dev/",
            "run/",
            "tmp/",
            "root/",
            "var/log/",
            "var/cache/",
        )
        found = set()
        for path in self.folder.rglob("*"):
            name = str(path.relative_to(self.folder))
            if not name.startswith((*passing, "var/lib/apt/", "var/lib/dpkg/")):
                found.add(name)
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


Done = subprocess.CompletedProcess[str]
