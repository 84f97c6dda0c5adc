"""What bytes from outside reach of updates."""

from collections.abc import Iterable

from fakes.releases import ADA, BEN, NOW, Publisher, signed
from fuzz.target import KIB, refused, target

from app.updates import metadata
from app.updates.errors import UpdateError


def _indexes() -> Iterable[bytes]:
    publisher = Publisher()
    yield publisher.index()
    publisher.roots.append(signed(publisher.root(2), ADA, BEN))
    yield publisher.index(3, timestamp=9)


@target(_indexes, longest=16_384, calls=40_000, memory=4096 * KIB)
def update_index(data: bytes) -> None:
    """What a mirror of updates says: believed as it was signed, or refused."""
    publisher = Publisher()
    with refused(UpdateError):
        known, release = metadata.believe(publisher.known, data, NOW)
        assert release.conclave == "0.2.0"
        assert known.root.version in (1, 2)
