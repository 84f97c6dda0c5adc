"""What tests of packages share: one Debian for all of them, as making one takes a while."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.built_packages import Built
from fakes.x_desktop import x_desktop

from bench import netlab
from bench.clean_root import CleanRoot, why_not


@pytest.fixture(scope="session")
def built() -> Built:
    """The packages that `./run package-test` made: $CONCLAVE_PACKAGES names their folder."""
    folder = os.environ.get("CONCLAVE_PACKAGES", "")
    if not folder:
        pytest.skip("./run package-test builds and tries packages")
    return Built(Path(folder))


@pytest.fixture(scope="session")
def root(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CleanRoot]:
    """A Debian in which nothing is installed."""
    if reason := why_not():
        pytest.skip(reason)
    with CleanRoot(tmp_path_factory.mktemp("roots") / "root") as made:
        yield made


@pytest.fixture(scope="session")
def desktop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of programs outside that look at a desktop which those inside share."""
    with x_desktop(str(tmp_path_factory.mktemp("desktop"))) as env:
        yield env


@pytest.fixture(scope="session")
def two_computers() -> Iterator[netlab.NetLab]:
    """Two computers on a LAN of their own."""
    if reason := netlab.why_not():
        pytest.skip(reason)
    with netlab.NetLab(netlab.one_lan(2)) as lab:
        yield lab
