"""Opens the profile behind the window: waits for it, asks for what it needs, says what is wrong."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future

from app.argument_checks import UsageError
from app.intents import GivePassphrase, GoHome, Intent, Retry
from app.options import ProfileChoice
from app.profile import Profile, ProfileError
from app.screens import Farewell, Home, Screen, Unlock
from app.unlocking import begin_to_open

SLOW_S = 3.0  # seconds until it is said that the profile is still being opened


class Opening:
    """Goes on until the profile is open; on the engine's thread."""

    def __init__(
        self,
        choice: ProfileChoice,
        attempt: Future[Profile],
        name: str,
        publish: Callable[[Screen], None],
    ) -> None:
        """`attempt` opens the profile of the choice already; `name` is that of its settings."""
        self._choice, self._attempt = choice, attempt
        self._name, self._publish = name, publish
        self._answer: asyncio.Future[Intent] | None = None

    @property
    def asks(self) -> bool:
        """Tell whether an answer is waited for."""
        return self._answer is not None and not self._answer.done()

    def answer(self, intent: Intent) -> None:
        """Take what a person answers; anything else is no answer."""
        if self._answer is not None and isinstance(intent, GivePassphrase | Retry | GoHome):
            self._answer.set_result(intent)

    async def profile(self) -> Profile:
        """Ask for the passphrase, or say what is wrong, as often as it takes."""
        while True:
            try:
                return await self._patiently(asyncio.wrap_future(self._attempt))
            except UsageError:  # the passphrase file cannot be used: ask instead
                self._publish(Unlock(first_time=False))
            except ProfileError as error:
                self._publish(_problem(error))
            self._answer = asyncio.get_running_loop().create_future()
            answer = await self._answer
            typed = answer.passphrase if isinstance(answer, GivePassphrase) else None
            self._attempt = begin_to_open(self._choice, typed)

    async def _patiently(self, attempt: asyncio.Future[Profile]) -> Profile:
        """Wait for the profile; say so if that takes long: a key store may be asking somebody."""
        await asyncio.wait({attempt}, timeout=SLOW_S)
        if not attempt.done():
            self._publish(Home(self._name, profile_notices=("opening",)))
        return await attempt


def _problem(error: ProfileError) -> Screen:
    if error.code in ("passphrase_needed", "wrong_passphrase"):
        return Unlock(first_time=error.first_time, wrong=error.code == "wrong_passphrase")
    return Farewell(f"profile_{error.code}", can_retry=True)
