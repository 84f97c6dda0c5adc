"""Says that a version which was just put in place starts, so that it is not taken back.

Apart from the rest because every start of the program comes by here.
"""

import contextlib
import os
from pathlib import Path

from app import __version__

ENVIRONMENT = "CONCLAVE_FOLDER"  # the starter (packaging/starter.sh) says by it where it is
CURRENT = "current"
TRIAL = "trial"


def this_version_starts() -> None:
    """End the trial of this version, if it is on trial; another one's goes on."""
    home = Path(os.environ.get(ENVIRONMENT, ""))
    if home.is_absolute():
        with contextlib.suppress(OSError):
            if os.path.basename(os.readlink(home / CURRENT)) == __version__:
                (home / TRIAL).unlink(missing_ok=True)
