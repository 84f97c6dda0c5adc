"""Sound before pictures, also where the computer is busy: what threads ask of the system.

Asked for where the system allows it, never insisted on: without it everything works as before.
"""

import contextlib
import ctypes
import os
import sys
import threading
from typing import Literal

Urgency = Literal["sound", "pictures"]

_NICE = {"sound": -11, "pictures": 2}  # of -20 to 19 on Linux; below 0 needs a right few have
_WINDOWS = {"sound": 15, "pictures": -1}  # THREAD_PRIORITY_TIME_CRITICAL, _BELOW_NORMAL
_QOS = {"sound": 0x21, "pictures": 0x19}  # macOS: QOS_CLASS_USER_INTERACTIVE, _USER_INITIATED


def ask_for(urgency: Urgency) -> bool:
    """Have this thread run as early as `urgency` needs it; return whether the system does it.

    Call it on the thread itself. Where sound may not be raised above everything else, pictures
    still stand back behind it.
    """
    with contextlib.suppress(OSError, AttributeError):
        if sys.platform == "win32":
            return _on_windows(_WINDOWS[urgency])
        if sys.platform == "darwin":
            library = ctypes.CDLL(None)
            return bool(library.pthread_set_qos_class_self_np(_QOS[urgency], 0) == 0)
        if sys.platform == "linux":  # each thread has a niceness of its own here
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _niceness(urgency))
            return True
    return False


def _niceness(urgency: Urgency) -> int:
    """Return it relative to what the whole program was started with."""
    return min(os.getpriority(os.PRIO_PROCESS, os.getpid()) + _NICE[urgency], 19)


def _on_windows(priority: int) -> bool:
    kernel = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined,unused-ignore]
    kernel.GetCurrentThread.restype = ctypes.c_void_p
    kernel.SetThreadPriority.argtypes = [ctypes.c_void_p, ctypes.c_int]
    return bool(kernel.SetThreadPriority(kernel.GetCurrentThread(), priority))
