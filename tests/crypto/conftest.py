"""What several tests of the encryption share."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, settings

from crypto.channel import Channel

# Property tests here judge behaviour, never the speed of a busy machine.
settings.register_profile(
    "crypto", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("crypto")


def carry(one: Channel, other: Channel) -> tuple[list[bytes], list[bytes]]:
    """Move bytes both ways until nobody has any; return what each end got as messages."""
    to_one: list[bytes] = []
    to_other: list[bytes] = []
    while True:
        ahead, back = one.outgoing(), other.outgoing()
        if not ahead and not back:
            return to_one, to_other
        to_other += other.receive(ahead)
        to_one += one.receive(back)


@pytest.fixture
def channels() -> Callable[[], tuple[Channel, Channel]]:
    """Return a maker of two ends of an established channel: who called, who was called."""

    def make() -> tuple[Channel, Channel]:
        caller, callee = Channel.initiate(), Channel.accept()
        assert carry(caller, callee) == ([], [])
        return caller, callee

    return make


@pytest.fixture(name="carry")
def carry_fixture() -> Callable[[Channel, Channel], tuple[list[bytes], list[bytes]]]:
    """Return the function that moves bytes between two ends."""
    return carry
