"""A publisher of releases with keys of its own, honest or not."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from app.updates.envelope import Envelope, pre_authentication
from app.updates.metadata import (
    Known,
    Package,
    Release,
    Root,
    Signers,
    Timestamp,
    index_of,
    payload_of,
    payload_type,
    read_anchor,
)
from crypto import sodium

NOW = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
A_MONTH = timedelta(days=30)


@dataclass(frozen=True)
class KeyPair:
    """An Ed25519 pair that grows from one number."""

    number: int

    @property
    def public(self) -> bytes:
        return sodium.signing_keypair(bytes([self.number]) * 32)[0]

    @property
    def secret(self) -> bytes:
        return sodium.signing_keypair(bytes([self.number]) * 32)[1]


def signers(*keys: KeyPair, threshold: int = 1) -> Signers:
    return Signers(frozenset(key.public for key in keys), threshold)


def signed(part: Root | Release | Timestamp, *keys: KeyPair, kind: str = "") -> Envelope:
    kind = kind or payload_type(type(part).__name__.lower())
    return signed_bytes(kind, payload_of(part), *keys)


def signed_bytes(kind: str, payload: bytes, *keys: KeyPair) -> Envelope:
    covered = pre_authentication(kind, payload)
    signatures = {key.public: sodium.sign(covered, key.secret) for key in keys}
    return Envelope(kind, payload, signatures)


ADA, BEN, CLEO = KeyPair(1), KeyPair(2), KeyPair(3)  # two of them sign a root
DORA = KeyPair(4)  # signs releases
CLOCK = KeyPair(5)  # signs timestamps, without anybody
MALLORY = KeyPair(66)


def package_of(
    name: str, content: bytes, system: str = "linux", kind: str = "folder", machine: str = "any"
) -> Package:
    digest = hashlib.sha256(content).digest()
    return Package(name, system, machine, kind, len(content), digest)


PACKAGE = package_of("conclave-0.2.0-linux.tar.gz", b"not really")


@dataclass
class Publisher:
    """Makes indexes; every part can be made otherwise."""

    now: datetime = NOW
    roots: list[Envelope] = field(default_factory=list)
    root_signers: Sequence[KeyPair] = (ADA, BEN)

    def __post_init__(self) -> None:
        if not self.roots:
            self.roots.append(signed(self.root(), *self.root_signers))

    def root(self, version: int = 1, **changes: object) -> Root:
        made = Root(
            version,
            self.now + 12 * A_MONTH,
            {
                "root": signers(ADA, BEN, CLEO, threshold=2),
                "release": signers(DORA),
                "timestamp": signers(CLOCK),
            },
        )
        return replace(made, **changes)  # type: ignore[arg-type]

    @property
    def anchor(self) -> bytes:
        return json.dumps(self.roots[0].as_object()).encode()

    @property
    def known(self) -> Known:
        return read_anchor(self.anchor)

    def release(
        self, version: int = 1, conclave: str = "0.2.0", packages: Sequence[Package] = (PACKAGE,)
    ) -> Release:
        return Release(version, self.now + 6 * A_MONTH, conclave, tuple(packages))

    def timestamp(self, release: Envelope, version: int = 1, number: int = 1) -> Timestamp:
        digest = hashlib.sha256(release.payload).digest()
        return Timestamp(version, self.now + A_MONTH, number, len(release.payload), digest)

    def index(
        self,
        version: int = 1,
        *,
        timestamp: int = 0,
        conclave: str = "0.2.0",
        packages: Sequence[Package] = (PACKAGE,),
        roots: Sequence[Envelope] | None = None,
        release_by: Sequence[KeyPair] = (DORA,),
        timestamp_by: Sequence[KeyPair] = (CLOCK,),
    ) -> bytes:
        """Return an index; `version` is that of release and timestamp, unless that differs."""
        release = signed(self.release(version, conclave, packages), *release_by)
        stamp = signed(self.timestamp(release, timestamp or version, version), *timestamp_by)
        return index_of(list(self.roots if roots is None else roots), stamp, release)
