"""What is signed of an update, and when it is believed: roles after The Update Framework.

Three roles, each with keys, a threshold, a version that only grows, and an end. `root` names the
keys of all and is changed only by itself, link by link; `release` names the packages of one version
of Conclave, with length and hash; `timestamp`, soon to end, names the release that counts now.
Bytes and the time in, values or UpdateError out; no clock, socket or file.
https://theupdateframework.github.io/specification/latest/
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from app.json_object import read_object
from app.updates.envelope import Envelope, Key, read_envelope, read_key
from app.updates.errors import UpdateError

LONGEST = 262_144  # bytes of an index
MOST_ROOTS = 64  # in one index; a root changes about once a year
MOST_KEYS = 16  # of one role
MOST_PACKAGES = 64
LARGEST_PACKAGE = 2**30  # bytes
HIGHEST = 2**31 - 1  # version of a role
DIGEST_BYTES = 32  # SHA-256

ROLES = ("root", "release", "timestamp")
TIME = "%Y-%m-%dT%H:%M:%SZ"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,99}")
NUMBER = re.compile(r"(0|[1-9][0-9]{0,4})(\.(0|[1-9][0-9]{0,4})){2}")
WORD = re.compile(r"[a-z0-9_-]{1,20}")


@dataclass(frozen=True, slots=True)
class Signers:
    """Whose signatures count for a role, and how many it takes."""

    keys: frozenset[Key]
    threshold: int


@dataclass(frozen=True, slots=True)
class Root:
    """Who signs what."""

    version: int
    expires: datetime
    signers: Mapping[str, Signers]


@dataclass(frozen=True, slots=True)
class Package:
    """One file of a release: for which system, and what it must be."""

    name: str
    system: str  # as sys.platform says it: linux, darwin, win32
    machine: str  # x86_64, arm64; "any" fits all
    kind: str  # how it is put in place: folder, deb, flatpak, dmg, exe, …
    length: int
    sha256: bytes


@dataclass(frozen=True, slots=True)
class Release:
    """One version of Conclave and its packages."""

    version: int  # of the role
    expires: datetime
    conclave: str  # the version that people see, e.g. 0.2.0
    packages: tuple[Package, ...]


@dataclass(frozen=True, slots=True)
class Timestamp:
    """Which release counts now."""

    version: int
    expires: datetime
    release: int
    length: int
    sha256: bytes


@dataclass(frozen=True, slots=True)
class Known:
    """What was believed so far: nothing older is believed from now on."""

    root: Root
    timestamp: int = 0  # version
    release: int = 0  # version


def payload_type(role: str) -> str:
    """Return the type of a role's payload: what is signed for one role is nothing in another."""
    return f"application/vnd.conclave.update.{role}+json"


def number(version: str) -> tuple[int, ...]:
    """Return `0.12.3` so that it can be compared; raises UpdateError (`malformed`)."""
    if not NUMBER.fullmatch(version):
        raise UpdateError("malformed", "no version of a program")
    return tuple(map(int, version.split(".")))


# When it is believed ---------------------------------------------------------------------------


def read_anchor(data: bytes) -> Known:
    """Return what to begin with: the root that came with the program. Raises UpdateError.

    It may have ended: it only has to name who signs the next one.
    """
    envelope = read_envelope(_object(data))
    if envelope.kind != payload_type("root"):
        raise UpdateError("forged", "not a root")
    root = read_root(envelope)
    signers = root.signers["root"]
    envelope.require(signers.keys, signers.threshold)
    return Known(root)


def believe(known: Known, index: bytes, now: datetime) -> tuple[Known, Release]:
    """Return what is known from now on and the release that an index names; raises UpdateError.

    The order is that of TUF's client: roots, link by link; timestamp; release. A part is looked
    into only once its signatures hold.
    """
    roots, timestamp_envelope, release_envelope = _taken_apart(index)
    known = _follow(known, roots)
    _require_time(known.root, now)
    timestamp = _timestamp(known, timestamp_envelope)
    _require_time(timestamp, now)
    release = _release(known, timestamp, release_envelope)
    _require_time(release, now)
    return replace(known, timestamp=timestamp.version, release=release.version), release


def believed_before(anchor: Known, index: bytes) -> Known:
    """Return what an index told that was believed once, at any time since; raises UpdateError."""
    roots, timestamp_envelope, release_envelope = _taken_apart(index)
    known = _follow(anchor, roots)
    timestamp = _timestamp(known, timestamp_envelope)
    release = _release(known, timestamp, release_envelope)
    return replace(known, timestamp=timestamp.version, release=release.version)


def _taken_apart(index: bytes) -> tuple[list[Envelope], Envelope, Envelope]:
    if len(index) > LONGEST:
        raise UpdateError("too_large", "more than an index holds")
    match _object(index):
        case {"roots": list(roots), "timestamp": timestamp, "release": release, **rest} if (
            not rest and len(roots) <= MOST_ROOTS
        ):
            return list(map(read_envelope, roots)), read_envelope(timestamp), read_envelope(release)
    raise UpdateError("malformed", "no index")


def _follow(known: Known, envelopes: list[Envelope]) -> Known:
    """Go from root to root: each is signed by the keys of the one before and by its own."""
    for envelope in envelopes:
        if envelope.kind != payload_type("root"):
            raise UpdateError("forged", "not a root")
        version = _unsigned_version(envelope.payload)
        if version <= known.root.version:
            continue  # passed already, or older than the program: nothing is taken from it
        if version != known.root.version + 1:
            raise UpdateError("mixed", "a root is missing in between")
        before = known.root.signers
        envelope.require(before["root"].keys, before["root"].threshold)
        root = read_root(envelope)
        envelope.require(root.signers["root"].keys, root.signers["root"].threshold)
        # Whoever stole a key may have counted far ahead: new keys begin to count anew.
        known = Known(
            root,
            known.timestamp if root.signers["timestamp"] == before["timestamp"] else 0,
            known.release if root.signers["release"] == before["release"] else 0,
        )
    return known


def _unsigned_version(payload: bytes) -> int:
    """Return the version that a root claims; only used to know which keys must have signed it."""
    return _whole(_object(payload).get("version"), 1, HIGHEST)


def _signed(known: Known, role: str, envelope: Envelope) -> dict[str, object]:
    if envelope.kind != payload_type(role):
        raise UpdateError("forged", f"not a {role}")
    signers = known.root.signers[role]
    envelope.require(signers.keys, signers.threshold)
    return _object(envelope.payload)


def _timestamp(known: Known, envelope: Envelope) -> Timestamp:
    timestamp = read_timestamp(_signed(known, "timestamp", envelope))
    if timestamp.version < known.timestamp or timestamp.release < known.release:
        raise UpdateError("old", "an older timestamp than before")
    return timestamp


def _release(known: Known, timestamp: Timestamp, envelope: Envelope) -> Release:
    digest = hashlib.sha256(envelope.payload).digest()
    if (len(envelope.payload), digest) != (timestamp.length, timestamp.sha256):
        raise UpdateError("mixed", "not the release that the timestamp names")
    release = read_release(_signed(known, "release", envelope))
    if release.version != timestamp.release:
        raise UpdateError("mixed", "the release has another version than the timestamp says")
    return release


def _require_time(part: Root | Timestamp | Release, now: datetime) -> None:
    if now >= part.expires:
        raise UpdateError("expired", f"{type(part).__name__} ended {part.expires:{TIME}}")


# How it is written -----------------------------------------------------------------------------


def read_root(envelope: Envelope) -> Root:
    """Return the root in an envelope, whoever signed it; raises UpdateError (`malformed`)."""
    fields = _fields(_object(envelope.payload), "root", "roles")
    roles = fields["roles"]
    if not isinstance(roles, dict) or set(roles) != set(ROLES):
        raise UpdateError("malformed", "not the roles there are")
    signers = {role: _signers(roles[role]) for role in ROLES}
    return Root(_version(fields), _expires(fields), signers)


def read_timestamp(raw: Mapping[str, object]) -> Timestamp:
    """Return the timestamp that a payload is; raises UpdateError (`malformed`)."""
    fields = _fields(raw, "timestamp", "release")
    match fields["release"]:
        case {"version": version, "length": length, "sha256": digest, **rest} if not rest:
            return Timestamp(
                _version(fields),
                _expires(fields),
                _whole(version, 1, HIGHEST),
                _whole(length, 1, LONGEST),
                _digest(digest),
            )
    raise UpdateError("malformed", "no release is named")


def read_release(raw: Mapping[str, object]) -> Release:
    """Return the release that a payload is; raises UpdateError (`malformed`)."""
    fields = _fields(raw, "release", "conclave", "packages")
    conclave, entries = fields["conclave"], fields["packages"]
    if not isinstance(conclave, str) or not isinstance(entries, list):
        raise UpdateError("malformed", "no release")
    if len(entries) > MOST_PACKAGES:
        raise UpdateError("malformed", "too many packages")
    number(conclave)
    packages = tuple(map(_package, entries))
    if len({package.name for package in packages}) != len(packages):
        raise UpdateError("malformed", "a package twice")
    return Release(_version(fields), _expires(fields), conclave, packages)


def payload_of(part: Root | Timestamp | Release) -> bytes:
    """Return the payload of a role, as `sign_release.py` signs it."""
    role = type(part).__name__.lower()
    fields: dict[str, object] = {"role": role, "version": part.version}
    fields["expires"] = part.expires.strftime(TIME)
    match part:
        case Root(signers=signers):
            fields["roles"] = {
                role: {"keys": sorted(key.hex() for key in one.keys), "threshold": one.threshold}
                for role, one in signers.items()
            }
        case Timestamp(release=version, length=length, sha256=digest):
            fields["release"] = {"version": version, "length": length, "sha256": digest.hex()}
        case Release(conclave=conclave, packages=packages):
            fields["conclave"] = conclave
            fields["packages"] = [
                {
                    "name": package.name,
                    "system": package.system,
                    "machine": package.machine,
                    "kind": package.kind,
                    "length": package.length,
                    "sha256": package.sha256.hex(),
                }
                for package in packages
            ]
    return json.dumps(fields, indent=1, sort_keys=True).encode("ascii")


def index_of(roots: list[Envelope], timestamp: Envelope, release: Envelope) -> bytes:
    """Return the index: all that is signed, in one file."""
    parts = {
        "roots": [root.as_object() for root in roots],
        "timestamp": timestamp.as_object(),
        "release": release.as_object(),
    }
    return json.dumps(parts, indent=1).encode("ascii") + b"\n"


def _object(data: bytes) -> dict[str, object]:
    try:
        return read_object(data)
    except (ValueError, RecursionError) as error:
        raise UpdateError("malformed", "no JSON object") from error


def _fields(raw: Mapping[str, object], role: str, *own: str) -> Mapping[str, object]:
    if set(raw) != {"role", "version", "expires", *own} or raw["role"] != role:
        raise UpdateError("malformed", f"not the fields of a {role}")
    return raw


def _version(fields: Mapping[str, object]) -> int:
    return _whole(fields["version"], 1, HIGHEST)


def _whole(value: object, low: int, high: int) -> int:
    if type(value) is not int or not low <= value <= high:
        raise UpdateError("malformed", "no number, or out of range")
    return value


def _expires(fields: Mapping[str, object]) -> datetime:
    text = fields["expires"]
    try:
        if isinstance(text, str) and len(text) == len("2026-11-22T20:00:00Z"):
            moment = datetime.strptime(text, TIME).replace(tzinfo=UTC)
            if moment.strftime(TIME) == text:
                return moment
    except ValueError:
        pass
    raise UpdateError("malformed", "no time")


def _digest(value: object) -> bytes:
    return read_key(value)  # 32 bytes in hex, too


def _signers(value: object) -> Signers:
    match value:
        case {"keys": list(texts), "threshold": threshold, **rest} if not rest:
            keys = frozenset(map(read_key, texts[: MOST_KEYS + 1]))
            if len(keys) == len(texts) <= MOST_KEYS:
                return Signers(keys, _whole(threshold, 1, len(keys)))
    raise UpdateError("malformed", "no signers")


def _package(value: object) -> Package:
    match value:
        case {
            "name": str(name),
            "system": str(system),
            "machine": str(machine),
            "kind": str(kind),
            "length": length,
            "sha256": digest,
            **rest,
        } if not rest and NAME.fullmatch(name) and ".." not in name:
            if all(WORD.fullmatch(word) for word in (system, machine, kind)):
                size = _whole(length, 1, LARGEST_PACKAGE)
                return Package(name, system, machine, kind, size, _digest(digest))
    raise UpdateError("malformed", "no package")
