"""Shared by the tests of media."""

import pytest
from fakes import pulse
from hypothesis import HealthCheck, settings

# Property tests here judge behaviour, never the speed of a busy machine.
settings.register_profile(
    "media", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("media")


@pytest.fixture
def virtual_sound(tmp_path_factory):
    """A PulseAudio server of this test's own, with a virtual speaker and microphone."""
    missing = pulse.missing()
    if missing:
        pytest.skip(missing)
    with pulse.virtual_sound(tmp_path_factory.mktemp("pulse")) as server:
        yield server
