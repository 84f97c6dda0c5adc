"""A Debian in which nothing is installed, made by debootstrap; programs run inside it."""

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

BASES = Path("/var/tmp/conclave-roots")  # each made once; a test works on a copy
SUITE = "bookworm"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
USER = "mara"
USER_ID = 1000
QUIT_S = 10.0  # for a program that is asked to end
PASSING = (  # what comes and goes without anybody's installing or removing anything
    *("dev/", "home/", "proc/", "root/", "run/", "sys/", "tmp/"),
    *("var/cache/", "var/lib/apt/", "var/lib/dpkg/", "var/log/"),
)

# The mounts live and die with their own mount namespace; what runs has its own process numbers. The
# shell stays, as root: when it is killed together with `unshare`, all that still runs goes with it.
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
chroot --userspec="$user:$user" "$root" /usr/bin/env -i "$@"
"""
OWN_NAMESPACES = ("unshare", "--mount", "--pid", "--fork", "--kill-child")
OWN_NAMESPACES += ("--propagation", "private")


def why_not() -> str:
    """Return why no such root can be made here, "" if one can."""
    if os.geteuid() != 0:
        return "only root can make a Debian to try them in"
    if shutil.which("debootstrap") is None:
        return "debootstrap is not installed"
    done = subprocess.run([*OWN_NAMESPACES, "true"], capture_output=True, text=True, check=False)
    return done.stderr.strip() and f"no mounts of one's own here: {done.stderr.strip()}"


def made_base() -> Path:
    """Return the Debian that all roots are copies of; CalledProcessError if no mirror has one."""
    base = BASES / SUITE
    if not (base / "made").exists():
        shutil.rmtree(base, ignore_errors=True)
        base.parent.mkdir(parents=True, exist_ok=True)
        words = ["debootstrap", "--variant=minbase", SUITE, str(base)]
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
        (base / "made").touch()
    return base


class CleanRoot:
    """A copy of a Debian base at `folder`, with one ordinary user; it goes with the test."""

    def __init__(self, folder: Path) -> None:
        self.folder, base = folder, made_base()
        subprocess.run(["cp", "-a", "--reflink=auto", str(base), str(folder)], check=True)
        shutil.copyfile("/etc/resolv.conf", folder / "etc" / "resolv.conf")
        for name in ("apt/apt.conf.d", "ssl/certs/ca-certificates.crt"):  # this network's own ways
            here, there = Path("/etc") / name, folder / "etc" / name
            if here.is_dir():
                shutil.copytree(here, there, dirs_exist_ok=True)
            elif here.exists():
                there.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(here, there)
        # It is thrown away: nothing has to outlast a power cut.
        (folder / "etc/dpkg/dpkg.cfg.d/unsafe-io").write_text("force-unsafe-io\n")
        self.run(["useradd", "--create-home", "--uid", str(USER_ID), USER])
        self.run(["apt-get", "update", "-qq"])

    @property
    def home(self) -> Path:
        """The user's home, as seen from outside."""
        return self.folder / "home" / USER

    def words(
        self, words: Sequence[str], *, user: bool = False, environment: Mapping[str, str] = {}
    ) -> list[str]:
        """Return the command that runs another one inside, as root or as the user."""
        settled = {
            "HOME": f"/home/{USER}" if user else "/root",
            "PATH": PATH,
            "LANG": "C.UTF-8",
            "DEBIAN_FRONTEND": "noninteractive",
        }
        pairs = [f"{name}={value}" for name, value in {**settled, **environment}.items()]
        entering = (str(self.folder), str(USER_ID if user else 0))
        return [*OWN_NAMESPACES, "sh", "-euc", ENTER, "sh", *entering, *pairs, *words]

    def run(self, words: Sequence[str], *, check: bool = True, **how: Any) -> "Done":
        """Run a program inside to its end; AssertionError with what it said if it fails."""
        done = subprocess.run(
            self.words(words, **how),
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
            stdin=subprocess.DEVNULL,
        )
        if check and done.returncode:
            raise AssertionError(
                f"{' '.join(words)}: {done.returncode}\n{done.stdout}{done.stderr}"
            )
        return done

    def start(self, words: Sequence[str], *, user: bool = False, **how: Any) -> "Running":
        """Start a program inside; whoever does so ends it with `end`."""
        surroundings = how.pop("environment", {})
        inside = self.words(words, user=user, environment=surroundings)
        return subprocess.Popen(inside, **how)

    def put(self, file: Path, place: str) -> None:
        """Copy a file to a place inside, for everybody to read."""
        shutil.copyfile(file, self.folder / place)
        (self.folder / place).chmod(0o644)

    def install(self, *packages: str) -> None:
        """Install packages of Debian, or files by their path inside, with apt."""
        self.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages])

    def files(self) -> set[str]:
        """Return every path of the system, without what belongs to users, logs and caches."""
        found = set()
        for folder, inner, files in os.walk(self.folder):
            place = os.path.relpath(folder, self.folder) + "/"
            place = "" if place == "./" else place
            inner[:] = [name for name in inner if f"{place}{name}/" not in PASSING]
            found |= {f"{place}{name}" for name in (*inner, *files)}
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


Done = subprocess.CompletedProcess[str]
Running = subprocess.Popen[str]


def end(running: Running) -> None:
    """Ask a program in a root to end, and after a while make it and all it started."""
    with contextlib.suppress(OSError, ValueError):
        (shell,) = _children(running.pid)
        for program in _children(shell):
            os.kill(program, signal.SIGTERM)
    try:
        running.wait(QUIT_S)
    except subprocess.TimeoutExpired:
        running.kill()
        running.wait()
    if running.stdout is not None:
        running.stdout.close()


def _children(process: int) -> list[int]:
    listed = Path(f"/proc/{process}/task/{process}/children").read_text()
    return [int(one) for one in listed.split()]
