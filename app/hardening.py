"""What a process does at its start so that its memory is not found on the disk later."""

import contextlib
import sys


def forbid_core_dumps() -> None:
    """Keep keys out of core dumps; on Windows, which writes none by itself, nothing to do.

    The process stays readable for this user's debuggers: refusing that (PR_SET_DUMPABLE) would
    also refuse the desktop portals, which look at who asks them.
    """
    if sys.platform == "win32":
        return
    import resource

    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
