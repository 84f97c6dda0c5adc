"""One window for each profile: who comes second hands over what it came for, and goes."""

import contextlib
import os
import secrets
import socket
import stat
import sys
import time
from collections.abc import Callable
from pathlib import Path

from app.handed_over import DONE, Request, encode
from app.paths import runtime_folder
from app.profile_lock import LockedError, ProfileLock
from app.storage import make_private_folder, read_bounded, write_whole

DOOR = "door"  # the socket; on Windows the file that holds the name of the pipe
MOST_PATH = 103  # bytes of the path of a socket, with a zero behind; macOS takes fewest
PATIENCE = 8.0  # seconds for a window that is just opening or closing
LOOK_EVERY = 0.05  # seconds between two attempts
ANSWER_TIME = 3.0  # seconds for a window that is there to answer


class Doorway:
    """Held by the one window of a profile from its start to its end; a killed one holds nothing."""

    def __init__(self, lock: ProfileLock | None, address: str) -> None:
        self._lock = lock
        self.address = address
        """Where the window listens: a path, on Windows the name of a pipe; "" for nowhere."""

    def close(self) -> None:
        """Let the next window have it."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None


def come_in(
    profile: Path,
    request: Request,
    *,
    patience: float = PATIENCE,
    now: Callable[[], float] = time.monotonic,
    wait: Callable[[float], None] = time.sleep,
) -> Doorway | None:
    """Become the window of a profile, or hand the request to the one that is: None then.

    Raises RequestError for a link that no window takes. Where no folder can be made the window
    opens without a door: the lock of the profile still keeps it to one process.
    """
    message = encode(request)
    folder = runtime_folder(profile)
    until = now() + patience
    while True:
        try:
            make_private_folder(folder, mark=DOOR)
            return Doorway(ProfileLock.take(folder), _address(folder))
        except LockedError:
            pass  # somebody is there, or on the way in or out
        except OSError:
            return Doorway(None, "")
        if _ring(folder, message):
            return None
        if now() >= until:
            return Doorway(None, "")  # it does not answer: the lock of the profile decides
        wait(LOOK_EVERY)


def hand_over(profile: Path, request: Request) -> bool:
    """Hand a request to the window of a profile; False where none is open."""
    return _ring(runtime_folder(profile), encode(request))


def _address(folder: Path) -> str:
    """Return where the holder of the lock listens; what a crash has left there is gone after.

    The name of a pipe can be taken by anybody on the computer, so it is random each time and
    stands in a file that only this user can read.
    """
    if sys.platform == "win32":
        name = rf"\\.\pipe\conclave-{secrets.token_hex(16)}"
        write_whole(folder / DOOR, name.encode("ascii"))
        return name
    path = folder / DOOR
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    return str(path) if len(os.fsencode(path)) <= MOST_PATH else ""


def _ring(folder: Path, message: bytes) -> bool:
    """Say something at the door; tell whether it was opened and understood."""
    try:
        answer = _say(folder / DOOR, message)
    except (OSError, ValueError):
        return False
    return answer == DONE


if sys.platform == "win32":

    def _say(door: Path, message: bytes) -> bytes:
        name = read_bounded(door, 100).decode("ascii")
        if not name.startswith("\\\\.\\pipe\\conclave-"):
            raise ValueError("this names no pipe of ours")
        with open(name, "r+b", buffering=0) as pipe:
            pipe.write(message)
            return pipe.read(len(DONE))

else:

    def _say(door: Path, message: bytes) -> bytes:
        state = os.lstat(door)
        if not stat.S_ISSOCK(state.st_mode) or state.st_uid != os.getuid():
            raise ValueError("this is no door of ours")
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller:
            caller.settimeout(ANSWER_TIME)
            caller.connect(str(door))
            caller.sendall(message)
            return caller.recv(len(DONE))
