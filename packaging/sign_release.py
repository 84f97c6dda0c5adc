"""Make the keys of updates, and sign releases: python packaging/sign_release.py --help.

docs/releasing.md tells who does what and when. It needs Conclave's own environment, unlike the
other programs here. Keys lie in files of their own, sealed by a passphrase, never in this folder.
"""

from __future__ import annotations

import argparse
import getpass
import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from app.storage import write_whole  # noqa: E402
from app.updates.envelope import Envelope, Key, pre_authentication, read_envelope, read_key  # noqa: E402
from app.updates.errors import UpdateError  # noqa: E402
from app.updates.metadata import (  # noqa: E402
    ROLES,
    Package,
    Release,
    Root,
    Signers,
    Timestamp,
    believe,
    index_of,
    payload_of,
    payload_type,
    read_anchor,
    read_release,
    read_timestamp,
)
from crypto import sodium  # noqa: E402
from crypto.errors import ForgedError  # noqa: E402

INDEX = "update.json"
PASSPHRASE = "CONCLAVE_SIGNING_PASSPHRASE"
DAYS = {"root": 730, "release": 365, "timestamp": 45}
KINDS = {  # by the end of a name: for which system, and how it is put in place
    ".tar.gz": ("linux", "folder"),
    ".tar.xz": ("linux", "folder"),
    ".run": ("linux", "run"),
    ".deb": ("linux", "deb"),
    ".appimage": ("linux", "appimage"),
    ".flatpak": ("linux", "flatpak"),
    ".dmg": ("darwin", "dmg"),
    ".exe": ("win32", "exe"),
}
MACHINES = {"x86_64": "x86_64", "amd64": "x86_64", "arm64": "arm64", "aarch64": "arm64"}


class SigningError(Exception):
    """It cannot be done; the text says why."""


# Keys ------------------------------------------------------------------------------------------


def make_key(path: Path, passphrase: bytes, random: sodium.Random = sodium.random_bytes) -> Key:
    """Write a new key to a file, sealed; return its public half. Raises SigningError."""
    if path.resolve().is_relative_to(ROOT):
        raise SigningError(f"keys never lie in {ROOT}")
    if path.exists():
        raise SigningError(f"{path} is there already")
    seed, salt, nonce = random(32), random(16), random(24)
    public, _secret = sodium.signing_keypair(seed)
    sealed = sodium.xchacha_seal(seed, public, nonce, _wrapping(passphrase, salt))
    content = {"public": public, "salt": salt, "nonce": nonce, "sealed": sealed}
    text = json.dumps({name: value.hex() for name, value in content.items()}, indent=1)
    write_whole(path, text.encode("ascii") + b"\n")
    return public


def open_key(path: Path, passphrase: bytes) -> tuple[Key, bytes]:
    """Return the public and the secret key of a file; raises SigningError."""
    try:
        content = {name: bytes.fromhex(text) for name, text in json.loads(path.read_text()).items()}
        wrapping = _wrapping(passphrase, content["salt"])
        public = content["public"]
        seed = sodium.xchacha_open(content["sealed"], public, content["nonce"], wrapping)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SigningError(f"{path} is no key of releases") from error
    except ForgedError as error:
        raise SigningError(f"{path} does not open: another passphrase") from error
    return sodium.signing_keypair(seed)


def _wrapping(passphrase: bytes, salt: bytes) -> bytes:
    return sodium.argon2id(passphrase, salt, *sodium.ARGON2ID_MODERATE)


# What is signed --------------------------------------------------------------------------------


class Desk:
    """A folder in which a release is made: roots/N.json, release.json, timestamp.json."""

    def __init__(self, folder: Path, now: datetime) -> None:
        self.folder = folder
        self.now = now.replace(microsecond=0)

    def roots(self) -> list[Path]:
        """Return the roots there are, the first one first."""
        found = (self.folder / "roots").glob("*.json")
        return sorted(found, key=lambda path: int(path.stem))

    def write_root(self, signers: dict[str, Signers], days: int) -> Path:
        """Write the next root, unsigned."""
        version = len(self.roots()) + 1
        root = Root(version, self._end(days), signers)
        return self._write(f"roots/{version}.json", "root", root)

    def write_release(self, version: str, packages: Iterable[Path], days: int) -> Path:
        """Write a release of these packages, unsigned."""
        before = self._before("release.json")
        number = read_release(json.loads(before.payload)).version + 1 if before else 1
        described = tuple(map(describe, packages))
        release = Release(number, self._end(days), version, described)
        return self._write("release.json", "release", release)

    def write_timestamp(self, days: int) -> Path:
        """Write a timestamp of the release there is, unsigned."""
        before, release = self._before("timestamp.json"), self._before("release.json")
        if release is None:
            raise SigningError("there is no release yet")
        number = read_timestamp(json.loads(before.payload)).version + 1 if before else 1
        version = read_release(json.loads(release.payload)).version
        digest = hashlib.sha256(release.payload).digest()
        timestamp = Timestamp(number, self._end(days), version, len(release.payload), digest)
        return self._write("timestamp.json", "timestamp", timestamp)

    def index(self) -> bytes:
        """Return the index of what is signed, once it is believed; raises UpdateError."""
        roots = [_read(path) for path in self.roots()]
        release, timestamp = self._before("release.json"), self._before("timestamp.json")
        if not roots or release is None or timestamp is None:
            raise SigningError("a root, a release and a timestamp are needed")
        index = index_of(roots, timestamp, release)
        believe(read_anchor(json.dumps(roots[0].as_object()).encode()), index, self.now)
        return index

    def publish(self, packages: Sequence[Path], into: Path) -> None:
        """Put index and packages into the folder that people get; raises UpdateError."""
        index = self.index()
        release = self._before("release.json")
        assert release is not None
        signed = {one.name: one for one in read_release(json.loads(release.payload)).packages}
        for path in packages:
            if describe(path) != signed.get(path.name):
                raise SigningError(f"{path.name} is not what was signed")
        if missing := signed.keys() - {path.name for path in packages}:
            raise SigningError(f"these are missing: {', '.join(sorted(missing))}")
        into.mkdir(parents=True, exist_ok=True)
        for path in packages:
            shutil.copyfile(path, into / path.name)
        write_whole(into / INDEX, index)
        (into / INDEX).chmod(0o644)

    def _end(self, days: int) -> datetime:
        return self.now + timedelta(days=days)

    def _before(self, name: str) -> Envelope | None:
        path = self.folder / name
        return _read(path) if path.exists() else None

    def _write(self, name: str, role: str, part: Root | Release | Timestamp) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        _store(path, Envelope(payload_type(role), payload_of(part), {}))
        return path


def sign(path: Path, public: Key, secret: bytes) -> None:
    """Add a signature to what lies in a file."""
    envelope = _read(path)
    signature = sodium.sign(pre_authentication(envelope.kind, envelope.payload), secret)
    _store(path, replace(envelope, signatures={**envelope.signatures, public: signature}))


def describe(path: Path) -> Package:
    """Return what is signed of a package; raises SigningError on a name that tells too little."""
    name = path.name.lower()
    kinds = [kind for end, kind in KINDS.items() if name.endswith(end)]
    machines = [machine for word, machine in MACHINES.items() if word in name]
    if not kinds:
        raise SigningError(f"{path.name}: this ending is not known")
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            digest.update(part)
    system, kind = kinds[0]
    machine = machines[0] if machines else "any"
    return Package(path.name, system, machine, kind, path.stat().st_size, digest.digest())


def _read(path: Path) -> Envelope:
    return read_envelope(json.loads(path.read_bytes()))


def _store(path: Path, envelope: Envelope) -> None:
    write_whole(path, json.dumps(envelope.as_object(), indent=1).encode("ascii") + b"\n")
    path.chmod(0o644)


# The command line ------------------------------------------------------------------------------


def main(arguments: Sequence[str] | None = None) -> int:
    """Do one step; returns the exit code."""
    values = _parser().parse_args(arguments)
    desk = Desk(getattr(values, "desk", Path()), datetime.now(UTC))
    try:
        match values.step:
            case "key":
                print(make_key(values.file, _passphrase(twice=True)).hex())
            case "root":
                signers = {role: _signers(values, role) for role in ROLES}
                print(desk.write_root(signers, values.days))
            case "release":
                print(desk.write_release(values.version, values.packages, values.days))
            case "timestamp":
                print(desk.write_timestamp(values.days))
            case "sign":
                sign(values.file, *open_key(values.key, _passphrase()))
            case "show":
                _show(_read(values.file))
            case "publish":
                desk.publish(values.packages, values.into)
                print(values.into / INDEX)
    except (SigningError, UpdateError, OSError, ValueError) as error:
        print(f"sign_release: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sign_release.py", description=__doc__)
    steps = parser.add_subparsers(dest="step", required=True)
    key = steps.add_parser("key", help="make a key; prints its public half")
    key.add_argument("file", type=Path)
    root = steps.add_parser("root", help="write the next root, unsigned")
    root.add_argument("desk", type=Path)
    for role in ROLES:
        root.add_argument(f"--{role}", nargs="+", required=True, metavar="PUBLIC", type=str)
        root.add_argument(f"--{role}-threshold", type=int, default=1, metavar="N")
    release = steps.add_parser("release", help="write a release, unsigned")
    release.add_argument("desk", type=Path)
    release.add_argument("version")
    release.add_argument("packages", nargs="+", type=Path)
    timestamp = steps.add_parser("timestamp", help="write a timestamp, unsigned")
    timestamp.add_argument("desk", type=Path)
    for step in (root, release, timestamp):
        step.add_argument("--days", type=int, default=DAYS[step.prog.split()[-1]])
    signing = steps.add_parser("sign", help="add one signature")
    signing.add_argument("file", type=Path)
    signing.add_argument("--key", type=Path, required=True)
    show = steps.add_parser("show", help="say what a file holds, and who signed it")
    show.add_argument("file", type=Path)
    publish = steps.add_parser(
        "publish", help="check all as a copy of Conclave does, and gather it"
    )
    publish.add_argument("desk", type=Path)
    publish.add_argument("packages", nargs="+", type=Path)
    publish.add_argument("--into", type=Path, required=True)
    return parser


def _signers(values: argparse.Namespace, role: str) -> Signers:
    keys = frozenset(map(read_key, getattr(values, role)))
    threshold = getattr(values, f"{role}_threshold")
    if not 1 <= threshold <= len(keys):
        raise SigningError(f"{role}: {threshold} of {len(keys)} keys cannot be")
    return Signers(keys, threshold)


def _passphrase(twice: bool = False) -> bytes:
    given = os.environ.pop(PASSPHRASE, None)
    if given is None:
        given = getpass.getpass("Passphrase of the key: ")
        if twice and getpass.getpass("Once more: ") != given:
            raise SigningError("these were two different ones")
    if len(given) < 12:
        raise SigningError("at least 12 characters")
    return given.encode("utf-8")


def _show(envelope: Envelope) -> None:
    print(envelope.payload.decode("ascii"))
    covered = pre_authentication(envelope.kind, envelope.payload)
    for key, signature in envelope.signatures.items():
        try:
            sodium.verify(signature, covered, key)
            print(f"signed by {key.hex()}")
        except ForgedError:
            print(f"NOT signed by {key.hex()}")


if __name__ == "__main__":
    sys.exit(main())
