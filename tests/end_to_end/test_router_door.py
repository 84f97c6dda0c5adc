"""People outside come in through the host's own router, and the door is closed after them."""

from collections.abc import Iterator

import pytest
from fakes.home_router import PUBLIC, HomeRouter
from fakes.running_copy import RunningCopy, all_together

from bench import netlab
from crypto.invite import Invite

pytestmark = [pytest.mark.netlab, pytest.mark.slow]

SEEN = ["--headless", "--camera", "test", "--microphone", "test", "--speaker", "none"]


@pytest.fixture(scope="module")
def lab() -> Iterator[netlab.NetLab]:
    if reason := netlab.why_not(nat=True):
        pytest.skip(reason)
    with netlab.NetLab(netlab.behind_nats(["cone"], outside=PUBLIC)) as one:
        yield one


@pytest.fixture
def router(lab) -> Iterator[HomeRouter]:
    one = HomeRouter(lab, "r1")
    yield one
    one.stop()


def hosted(start, lab, *more: str) -> RunningCopy:
    hosting: RunningCopy = start(
        "host", "--admit-all", "--open-router", *more, *SEEN, lab=lab, host="h1"
    )
    return hosting


@pytest.mark.parametrize("way", ["PCP", "UPnP"])
def test_somebody_outside_comes_in_and_the_door_is_closed_at_the_end(lab, router, start, way):
    router.start(natpmp=way == "PCP", upnp=way == "UPnP")
    hosting = hosted(start, lab)
    link = hosting.invitation()
    host, port = Invite.parse(link).addresses[1]
    assert host == lab.address("r1")
    assert len(router.doors()) == 1
    joining = start("join", link, *SEEN, lab=lab, host="s1")
    all_together([hosting, joining])
    assert f"Your router lets people in at {host} port {port}." in hosting.stdout
    assert hosting.interrupt() == 130
    assert router.doors() == []
