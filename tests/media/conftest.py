"""Shared by the tests of media."""

import pytest
from fakes import pulse


@pytest.fixture
def virtual_sound(tmp_path_factory):
    """A PulseAudio server of this test's own, with a virtual speaker and microphone."""
    missing = pulse.missing()
    if missing:
        pytest.skip(missing)
    with pulse.virtual_sound(tmp_path_factory.mktemp("pulse")) as server:
        yield server
