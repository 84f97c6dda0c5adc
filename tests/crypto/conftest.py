"""Property tests here judge behaviour, never the speed of a busy machine."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "crypto", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("crypto")
