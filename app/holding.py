"""A key held down: the microphone is open, or mute, for exactly as long; others see it calmly."""

import asyncio
from collections.abc import Callable

from app.own_sound import OwnSound

CALM = 2.0  # seconds after the key is let go until others are told that the microphone is off


class Holding:
    """Engine thread only. `switch` has the microphone switched as by its button, for all to see.

    What is heard begins and ends with the key. What others see does not flutter: the microphone is
    shown on at once and off only after it was quiet for a while; a cough that is muted is not
    shown at all. So nobody is ever shown as muted who can be heard.
    """

    def __init__(self, own: OwnSound, switch: Callable[[bool], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._own = own
        self._switch = switch
        self._mode = ""  # what the key that is held does: "talk", "mute" or nothing
        self._quiet: asyncio.TimerHandle | None = None

    @property
    def held(self) -> bool:
        """Tell whether a key is held that does something."""
        return bool(self._mode)

    def press(self, space: str) -> None:
        """The key went down; `space` is what it does ("talk", "only", "mute" or "off")."""
        if self._mode:
            return
        if space in ("talk", "only") and not self._own.is_heard:
            self._mode = "talk"
            self._be_calm(None)
            if self._own.microphone_on:
                self._own.hush(False)
            else:
                self._switch(True)
        elif space == "mute" and self._own.is_heard:
            self._mode = "mute"
            self._own.hush(True)

    def release(self) -> None:
        """The key went up, or cannot be heard any more."""
        mode, self._mode = self._mode, ""
        if not self._own.microphone_on:
            return  # muted by somebody else meanwhile: that holds
        if mode == "talk":
            self._own.hush(True)
            self._be_calm(self._loop.call_later(CALM, self._tell_quiet))
        elif mode == "mute":
            self._own.hush(False)

    def forget(self) -> None:
        """The microphone is switched another way: the key has no say in it any more."""
        self._mode = ""
        self._be_calm(None)
        if self._own.microphone_on:
            self._own.hush(False)

    def close(self) -> None:
        """Wait for nothing any more."""
        self._be_calm(None)

    def _tell_quiet(self) -> None:
        self._quiet = None
        if not self._mode and self._own.microphone_on and not self._own.is_heard:
            self._switch(False)

    def _be_calm(self, timer: asyncio.TimerHandle | None) -> None:
        if self._quiet is not None:
            self._quiet.cancel()
        self._quiet = timer
