"""What is too old to be shown or heard.

Who closes a laptop in the middle of a word must not hear the rest of it an hour later: what waited
in sockets and queues meanwhile is left out, and so is what a sender captured before it slept.
"""

import math

OLDEST = 3.0  # seconds since the capture: more than the slowest path (1 s) and all repair take
AGELESS = math.inf  # a shared screen: a page that stands still is of now, however long it stands


def is_old(captured: float | None, now: float, oldest: float = OLDEST) -> bool:
    """Tell whether what was captured then is no longer of this moment; None: nobody knows."""
    return captured is not None and now - captured > oldest
