"""A thread that owns one sound device: opens it, works with it, opens it again when lost."""

import contextlib
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Generic, Literal, Protocol, TypeVar

from media.errors import SoundError
from media.priority import run_early

DeviceState = Literal["off", "opening", "open", "closed_by_mute", "failed"]

RETRY = 1.0  # seconds between two attempts to open a device: plugged in again, it works within 2 s
NAP = 0.02  # seconds: shorter waits are plain sleeps, which are precise on every system
CLOSING = 5.0  # seconds a worker may need to end; a device driver that hangs must not hold us up


class Device(Protocol):
    """What a worker may own."""

    def open(self) -> None:
        """Start; raises SoundError."""

    def close(self) -> None:
        """Stop."""


D = TypeVar("D", bound=Device)


class DeviceWorker(ABC, Generic[D]):
    """Starts its thread with the first device, ends it with `close`; any thread may order."""

    def __init__(self, name: str, on_change: Callable[[], None] | None) -> None:
        self.state: DeviceState = "off"
        self.error: SoundError | None = None
        self._name = name
        self._on_change = on_change
        self._wanted: D | None = None
        self._resting = False
        self._let_go = False
        self._closing = False
        self._free = threading.Event()  # no device is open
        self._free.set()
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    def use(self, device: D | None) -> None:
        """Work with this device from now on; None closes the one in use."""
        with self._lock:
            if self._closing:
                return
            self._wanted = device
            if device is not None and self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()
        self._wake.set()

    def rest(self, resting: bool) -> None:
        """Close the device for a while, but keep it in mind; False opens it again."""
        self._resting = resting
        self._wake.set()

    def let_go(self, gone: bool) -> None:
        """Close the device for a moment without saying so; False opens it again."""
        self._let_go = gone
        self._wake.set()

    def wait_until_free(self, seconds: float) -> bool:
        """Wait until no device is open; whether it came to that."""
        return self._free.wait(seconds)

    def close(self) -> None:
        """Close the device and end the thread."""
        with self._lock:
            self._closing = True
            self._wanted = None
        self._wake.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(CLOSING)

    @abstractmethod
    def _begin(self, device: D) -> None:
        """The device was opened."""

    @abstractmethod
    def _turn(self, device: D) -> float:
        """Do what is due; return the seconds until more is. Raises SoundError when it is lost."""

    def _run(self) -> None:
        run_early()
        device: D | None = None
        is_open = False
        try:
            while not self._closing:
                closed = self._resting or self._let_go
                if self._wanted is not device or (is_open and closed):
                    if is_open and device is not None:
                        device.close()
                    is_open, device = False, self._wanted
                if not is_open:
                    self._free.set()
                if device is None or self._resting:
                    self._tell("off" if device is None else "closed_by_mute", None)
                    self._pause(None)
                elif self._let_go:
                    self._pause(None)
                elif not is_open:
                    self._free.clear()
                    is_open = not self._let_go and self._opened(device)
                else:
                    try:
                        self._pause(self._turn(device))
                    except SoundError as problem:
                        is_open = False
                        with contextlib.suppress(SoundError):
                            device.close()
                        self._tell("failed", problem)
                        self._pause(RETRY / 2)
        finally:
            if is_open and device is not None:
                with contextlib.suppress(SoundError):
                    device.close()
            self._free.set()
            self._tell("off", None)

    def _opened(self, device: D) -> bool:
        if self.state != "failed":  # while trying again the reason of the failure stays visible
            self._tell("opening", None)
        try:
            device.open()
        except SoundError as problem:
            self._tell("failed", problem)
            self._pause(RETRY)
            return False
        self._begin(device)
        self._tell("open", None)
        return True

    def _pause(self, seconds: float | None) -> None:
        if seconds is not None and seconds <= NAP:
            time.sleep(seconds)
            return
        self._wake.wait(seconds)
        self._wake.clear()

    def _tell(self, state: DeviceState, error: SoundError | None) -> None:
        if (state, error and error.code) == (self.state, self.error and self.error.code):
            return
        self.state, self.error = state, error
        self._changed()

    def _changed(self) -> None:
        if self._on_change is not None:
            self._on_change()
