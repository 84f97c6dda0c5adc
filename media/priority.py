"""Sound first, also where the computer is busy: what its threads ask of the system.

Asked for where the system allows it, never insisted on: without it everything works as before.
Other threads are not put back instead: one that holds Python's lock and gets no time would hold
up the sound as well.
"""

import contextlib
import ctypes
import os
import sys
import threading

_NICER = -11  # on Linux, of -20 to 19; needs a right that few have
_TIME_CRITICAL = 15  # on Windows, THREAD_PRIORITY_TIME_CRITICAL
_USER_INTERACTIVE = 0x21  # on macOS, QOS_CLASS_USER_INTERACTIVE


def run_early() -> bool:
    """Have this thread run before others when it has something to do; return whether it will.

    Call it on the thread itself.
    """
    with contextlib.suppress(OSError, AttributeError):
        if sys.platform == "win32":
            kernel = ctypes.WinDLL("kernel32")
            kernel.GetCurrentThread.restype = ctypes.c_void_p
            kernel.SetThreadPriority.argtypes = [ctypes.c_void_p, ctypes.c_int]
            return bool(kernel.SetThreadPriority(kernel.GetCurrentThread(), _TIME_CRITICAL))
        if sys.platform == "darwin":
            library = ctypes.CDLL(None)
            return bool(library.pthread_set_qos_class_self_np(_USER_INTERACTIVE, 0) == 0)
        if sys.platform == "linux":  # each thread has a niceness of its own here
            before = os.getpriority(os.PRIO_PROCESS, os.getpid())
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), before + _NICER)
            return True
    return False
