"""Whether a peer still agrees to be sent to: asked every few seconds (RFC 7675)."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable

INTERVAL = 5.0  # seconds between two questions, RFC 7675 section 5.1
AGAIN = 0.3  # seconds after a question that nobody answered: who comes back is soon heard
EXPIRES = 30.0  # seconds after the last answer; then nothing is sent but questions


class Consent:
    """Keeps asking; `given` tells whether anything else may be sent now.

    A path that was silent for longer may carry again: it is not given up here, as whoever owns
    the link knows better how long it is worth waiting.
    """

    def __init__(
        self,
        ask: Callable[[], Awaitable[bool]],
        clock: Callable[[], float],
        chance: Callable[[], float] = lambda: secrets.randbelow(1000) / 1000,
    ) -> None:
        """`ask` asks once and tells whether there was an answer; `chance` is below 1."""
        self._ask = ask
        self._clock = clock
        self._chance = chance
        self.given = True

    async def keep(self) -> None:
        """Ask until cancelled."""
        answered, answered_at = True, self._clock()
        while True:
            pause = INTERVAL if answered else AGAIN
            await asyncio.sleep(pause * (0.8 + 0.4 * self._chance()))
            answered = await self._ask()
            now = self._clock()
            if answered:
                answered_at = now
            self.given = now - answered_at < EXPIRES
