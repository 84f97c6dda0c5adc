"""Rings between two threads: one writes, one reads, nobody waits."""

import numpy as np

from media.sound.samples import Samples


class Ring:
    """Samples from exactly one writing thread to exactly one reading thread.

    Both ends count what they ever moved; each count is written by one side only, so no lock is
    needed. What does not fit is dropped and counted by the writer.
    """

    def __init__(self, capacity: int) -> None:
        self._samples = np.zeros(capacity, np.float32)
        self._capacity = capacity
        self.written = 0
        self.read = 0
        self.dropped = 0

    @property
    def filled(self) -> int:
        """Samples that wait."""
        return self.written - self.read

    def put(self, samples: Samples) -> None:
        """Writer: append what fits."""
        count = min(len(samples), self._capacity - (self.written - self.read))
        self.dropped += len(samples) - count
        at = self.written % self._capacity
        first = min(count, self._capacity - at)
        self._samples[at : at + first] = samples[:first]
        self._samples[: count - first] = samples[first:count]
        self.written += count  # last: from here on the reader sees it

    def take(self, into: Samples) -> int:
        """Reader: fill `into` as far as possible; return how many samples that were."""
        count = min(len(into), self.written - self.read)
        at = self.read % self._capacity
        first = min(count, self._capacity - at)
        into[:first] = self._samples[at : at + first]
        into[first:count] = self._samples[: count - first]
        self.read += count
        return count

    def skip(self, samples: int) -> None:
        """Reader: throw away the oldest."""
        self.read += max(min(samples, self.written - self.read), 0)


class History:
    """The last samples one thread wrote, for another to look up by position."""

    def __init__(self, capacity: int) -> None:
        self._samples = np.zeros(capacity, np.float32)
        self._capacity = capacity
        self.written = 0

    def put(self, samples: Samples) -> None:
        """Writer: append over the oldest; at most a tenth of the capacity at once."""
        at = self.written % self._capacity
        first = min(len(samples), self._capacity - at)
        self._samples[at : at + first] = samples[:first]
        self._samples[: len(samples) - first] = samples[first:]
        self.written += len(samples)

    def copy(self, position: int, into: Samples) -> bool:
        """Reader: fill `into` from `position` on; False when that is not there (yet, or any more).

        The oldest tenth may be overwritten at this moment and does not count.
        """
        oldest = max(self.written - self._capacity * 9 // 10, 0)
        if not oldest <= position <= self.written - len(into):
            return False
        at = position % self._capacity
        first = min(len(into), self._capacity - at)
        into[:first] = self._samples[at : at + first]
        into[first:] = self._samples[: len(into) - first]
        return True
