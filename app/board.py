"""Where the screens of a session hang: the newest is published when it differs from the last."""

import asyncio
from collections.abc import Callable

from app.screens import Screen

REFRESH = 0.1  # seconds between two looks at levels and speakers
PAUSE = 0.05  # seconds in which all changes make one new screen


class Board:
    """Takes screens at once, and the mark that something changed; all on the engine's loop."""

    def __init__(
        self, first: Screen, publish: Callable[[Screen], None], fit: Callable[[Screen], Screen]
    ) -> None:
        """`publish` gets every new screen, as `fit` makes it."""
        self.screen = first
        """What is shown now."""
        self._publish = publish
        self._fit = fit
        self._changed = asyncio.Event()

    def begin(self) -> None:
        """Publish the first screen."""
        self._publish(self.screen)

    def put(self, screen: Screen) -> None:
        """Show this from now on."""
        screen = self._fit(screen)
        if screen != self.screen:
            self.screen = screen
            self._publish(screen)

    def mark(self) -> None:
        """Say that something changed: it is drawn anew in a moment."""
        self._changed.set()

    async def follow(self, draw: Callable[[], None]) -> None:
        """Draw anew whenever something changed, until cancelled."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            draw()
            await asyncio.sleep(PAUSE)
