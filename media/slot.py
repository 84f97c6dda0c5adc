"""A one-place mailbox between a producer thread and a consumer: the newest wins."""

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Slot(Generic[T]):
    """Holds at most one value.

    `on_put` is called on the producer's thread when a value lands in an empty slot: one wake-up
    for as many values as come before the consumer takes one.
    """

    def __init__(self, on_put: Callable[[], None] | None = None) -> None:
        self._condition = threading.Condition()
        self._value: T | None = None
        self._closed = False
        self._woken = False
        self.on_put = on_put
        self.puts = 0
        self.overwritten = 0
        """How many values nobody took in time."""

    def put(self, value: T) -> None:
        """Leave a value; one that still lies there is lost and counted."""
        with self._condition:
            if self._closed:
                return
            was_empty = self._value is None
            self._value = value
            self.puts += 1
            if was_empty:
                self._condition.notify()
            else:
                self.overwritten += 1
        on_put = self.on_put
        if was_empty and on_put is not None:
            on_put()

    def take(self) -> T | None:
        """Return the newest value and leave the slot empty; None if it is empty."""
        with self._condition:
            value = self._value
            self._value = None
            return value

    def wait(self, timeout: float | None = None) -> T | None:
        """Wait for a value and take it; None after `timeout` seconds, `wake`, or `close`."""
        with self._condition:
            self._condition.wait_for(
                lambda: self._value is not None or self._closed or self._woken, timeout
            )
            self._woken = False
            value = self._value
            self._value = None
            return value

    def wake(self) -> None:
        """Let who waits, or is about to, look for something else to do."""
        with self._condition:
            self._woken = True
            self._condition.notify_all()

    def close(self) -> None:
        """Forget what lies there, refuse what comes, wake up who waits."""
        with self._condition:
            self._closed = True
            self._value = None
            self._condition.notify_all()

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed
