"""When keys change: which own key seals the next frame, how long others' old keys live."""

from dataclasses import dataclass, field

from crypto.keying import KeyExpired, OwnKey

SWITCH_SECONDS = 1.0  # a new key waits at most so long for the acks of all
AFTER_NEXT_SECONDS = 2.0  # an old key lives on after the first frame of the next one
LONGEST_SECONDS = 10.0  # an old key lives on after the next one is installed, at most


class OwnKeys:
    """The key this device seals with, and the one it will seal with soon."""

    def __init__(self) -> None:
        self._current: OwnKey | None = None
        self._pending: OwnKey | None = None
        self._pending_since = 0.0

    @property
    def newest(self) -> OwnKey | None:
        """The key made last, in use or not."""
        return self._pending or self._current

    def add(self, key: OwnKey, now: float, at_once: bool) -> None:
        """Take in a new key; the next frame uses it if `at_once`, or if it is the first."""
        if at_once or self._current is None:
            self._current, self._pending = key, None
            return
        if self._pending is None:
            self._pending_since = now  # later keys do not put the switch off
        self._pending = key

    def sealing(self, now: float, all_acked: bool) -> OwnKey:
        """Return the key for the next frame; a pending one once all have acked it, or after 1 s.

        ValueError before the first key.
        """
        if self._pending and (all_acked or now - self._pending_since >= SWITCH_SECONDS):
            self._current, self._pending = self._pending, None
        if self._current is None:
            raise ValueError("there is no key yet")
        return self._current

    def clear(self) -> None:
        """Forget all keys."""
        self._current = self._pending = None


@dataclass(slots=True)
class _Lives:
    newest: int
    ends: dict[int, float] = field(default_factory=dict)  # by older generation


class Lifetimes:
    """How long the keys of other devices are kept."""

    def __init__(self) -> None:
        self._devices: dict[bytes, _Lives] = {}

    def installed(self, dev: bytes, generation: int, now: float) -> None:
        """A newer key of a device is here: the older ones end within 10 s."""
        lives = self._devices.get(dev)
        if lives is None:
            self._devices[dev] = _Lives(generation)
            return
        lives.ends.setdefault(lives.newest, now + LONGEST_SECONDS)
        lives.newest = generation

    def opened(self, dev: bytes, generation: int, now: float) -> None:
        """A frame of a generation was opened: the ones before it end within 2 s."""
        lives = self._devices.get(dev)
        if lives is None:
            return
        for older, end in lives.ends.items():
            if older < generation:
                lives.ends[older] = min(end, now + AFTER_NEXT_SECONDS)

    def forget(self, dev: bytes) -> None:
        """A seat is empty: nothing of it is kept."""
        self._devices.pop(dev, None)

    def expired(self, now: float) -> list[KeyExpired]:
        """Return the generations whose time is over, once each."""
        over = []
        for dev, lives in self._devices.items():
            for generation in [old for old, end in lives.ends.items() if now >= end]:
                del lives.ends[generation]
                over.append(KeyExpired(dev, generation))
        return over

    def clear(self) -> None:
        """Forget all devices."""
        self._devices.clear()
