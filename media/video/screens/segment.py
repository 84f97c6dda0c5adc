"""Memory that an X server on this computer writes pictures into, instead of sending them."""

import ctypes
from ctypes import c_int, c_size_t, c_void_p

import numpy as np

from media.video.screens.source import Pixels

PRIVATE, CREATE, OWNER_ONLY, REMOVE = 0, 0o1000, 0o600, 0  # IPC_PRIVATE, IPC_CREAT, IPC_RMID
NOWHERE = c_void_p(-1).value  # what shmat returns when it fails


class Segment:
    """A piece of shared memory (System V); OSError if the system gives none.

    Call `forget_name` once the server has it: then it goes with the last who uses it, also when
    this program dies.
    """

    def __init__(self, octets: int) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._libc.shmat.argtypes, self._libc.shmat.restype = (c_int, c_void_p, c_int), c_void_p
        self._libc.shmget.argtypes = (c_int, c_size_t, c_int)
        self._libc.shmdt.argtypes = (c_void_p,)
        self._libc.shmctl.argtypes = (c_int, c_int, c_void_p)
        self.octets = octets
        self.number: int = self._libc.shmget(PRIVATE, octets, CREATE | OWNER_ONLY)
        if self.number < 0:
            raise OSError(ctypes.get_errno(), "no shared memory")
        self._address: int | None = self._libc.shmat(self.number, None, 0)
        if self._address in (None, NOWHERE):
            self._address = None
            self.forget_name()
            raise OSError(ctypes.get_errno(), "shared memory cannot be used")

    def forget_name(self) -> None:
        """Let nobody else find it any more."""
        self._libc.shmctl(self.number, REMOVE, None)

    def pixels(self, width: int, height: int) -> Pixels:
        """Return a copy of the picture that was written at its beginning, as BGRA."""
        assert self._address is not None
        assert width * height * 4 <= self.octets
        copy = ctypes.string_at(self._address, width * height * 4)
        return np.frombuffer(copy, np.uint8).reshape(height, width, 4)

    def close(self) -> None:
        """Let go of it."""
        if self._address is not None:
            self._libc.shmdt(self._address)
            self._address = None
