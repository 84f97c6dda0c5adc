"""Conclave with its window: the engine on a thread of its own, Qt on the main thread."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from app.engine import Engine
from app.guest import start_guest
from app.intents import GivePassphrase, Intent, JoinLink, StartMeeting, TryConclave
from app.log import Log, start_log
from app.memory import ProfileMemory
from app.options import (
    ByAddress,
    ByLink,
    HostOptions,
    JoinOptions,
    ProfileChoice,
    TryOptions,
    WindowOptions,
)
from app.paths import default_profile, log_folder, policy_file
from app.profile import SETTINGS, Profile, ProfileError
from app.screens import Unlock
from app.session import Session
from app.settings import Loaded, SettingError, changed, load_settings
from app.ui.application import make_application, run_window
from app.ui.bridge import Bridge
from app.unlocking import open_profile
from app.ways import ways_for
from crypto.sodium import random_bytes
from media.picture import Picture
from media.slot import Slot

Options = WindowOptions | HostOptions | JoinOptions | TryOptions


class Desktop:
    """Profile, session and engine behind one window; `submit` and `pictures` from any thread."""

    def __init__(self, options: Options, loaded: Loaded, bridge: Bridge) -> None:
        self._options = options
        self._part = None if isinstance(options, WindowOptions) else options.part
        self._loaded = loaded
        self._bridge = bridge
        self._engine = Engine()
        self._profile: Profile | None = None
        self._log: Log | None = None
        self._memory: ProfileMemory | None = None
        self._session: Session | None = None
        self._typed: asyncio.Future[str] | None = None
        self.failure: ProfileError | None = None
        """Why the profile could not be opened."""

    def start(self, failed: Callable[[], None]) -> None:
        """Open the profile, then go home; `failed` is called when it cannot be opened."""
        self._engine.start(lambda: self._main(failed))

    def stop(self) -> None:
        """Leave, close everything, write what must be written."""
        self._engine.stop()
        if self._memory is not None:
            self._memory.close()
        if self._profile is not None:
            self._profile.close()
        if self._log is not None:
            self._log.close()

    def submit(self, intent: Intent) -> None:
        """Do what a person asked for."""
        self._engine.submit(self._handle, intent)

    def pictures(self, dev: bytes) -> Slot[Picture]:
        """Return the mailbox of somebody's pictures; b"" is the own camera."""
        return self._session.pictures(dev) if self._session else Slot()

    async def _main(self, failed: Callable[[], None]) -> None:
        try:
            profile = self._profile = await self._open_profile()
        except ProfileError as error:
            self.failure = error
            failed()
            return
        self._loaded = Loaded(profile.settings, profile.locked_settings)
        self._log = start_log(log_folder(profile.folder), profile.settings.write_log)
        self._memory = ProfileMemory(profile, time.time)
        self._session = Session(
            self._memory,
            ways_for(profile.settings, self._part),
            self._bridge.publish,
            random_bytes,
            guest=start_guest,
            setting=self._change_setting,
        )
        first = _first_intent(self._options, self._session.ways.name)
        if first is not None:
            self._engine.loop.call_soon(self._session.handle, first)
        await self._session.run()

    async def _open_profile(self) -> Profile:
        """Ask for the passphrase as often as it takes."""
        loop, typed = asyncio.get_running_loop(), None
        while True:
            try:
                return await loop.run_in_executor(
                    None, open_profile, _profile(self._options), typed
                )
            except ProfileError as error:
                if error.code not in ("passphrase_needed", "wrong_passphrase"):
                    raise
                wrong = error.code == "wrong_passphrase"
                self._typed = loop.create_future()
                self._bridge.publish(Unlock(first_time=error.first_time, wrong=wrong))
            typed = await self._typed

    def _handle(self, intent: Intent) -> None:
        if isinstance(intent, GivePassphrase) and self._typed and not self._typed.done():
            self._typed.set_result(intent.passphrase)
        elif self._session is not None:
            self._session.handle(intent)

    def _change_setting(self, name: str, value: object) -> None:
        if self._memory is None or self._session is None or name in self._loaded.locked:
            return
        try:
            settings = changed(self._loaded.settings, name, value)
        except SettingError:
            return  # the window offers only what there is
        self._loaded = replace(self._loaded, settings=settings)
        self._session.ways = ways_for(settings, self._part)
        self._memory.keep_setting(name, value)


def run_desktop(options: Options) -> int:
    """Open the window and stay until it is closed; returns the exit code."""
    application = make_application()
    bridge = Bridge()
    folder = _profile(options).folder or default_profile()
    loaded = load_settings(folder / SETTINGS, datetime.now(UTC), policy_file())
    desktop = Desktop(options, loaded, bridge)
    desktop.start(application.quit)
    try:
        code = run_window(
            bridge,
            desktop.submit,
            desktop.pictures,
            loaded.settings,
            locked=loaded.locked,
            link=(options.link or "") if isinstance(options, WindowOptions) else "",
        )
    finally:
        desktop.stop()
    if desktop.failure is not None:
        raise desktop.failure
    return code


def _profile(options: Options) -> ProfileChoice:
    return options.profile if isinstance(options, WindowOptions) else options.part.profile


def _first_intent(options: Options, name: str) -> Intent | None:
    match options:
        case HostOptions(title=title, visible=visible, lobby=lobby) if title:
            return StartMeeting(title, name, visible, lobby)
        case JoinOptions(target=ByLink(link)):
            return JoinLink(link, name)
        case JoinOptions(target=ByAddress(address)):
            return JoinLink(str(address), name)
        case TryOptions():
            return TryConclave(name)
        case _:
            return None
