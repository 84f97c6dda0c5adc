"""All that is fuzzed, by name."""

import fuzz.app_targets
import fuzz.crypto_targets
import fuzz.media_targets
import fuzz.meeting_targets
import fuzz.update_targets  # noqa: F401 - each registers its targets
from fuzz.target import TARGETS

__all__ = ["TARGETS"]
