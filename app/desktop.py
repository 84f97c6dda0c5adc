"""Conclave with its window: the engine on a thread of its own, Qt on the main thread."""

import os
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from app.argument_checks import UsageError
from app.exit_codes import ExitCode
from app.garbage import pause_garbage, resume_garbage
from app.handed_over import OfferLink, RequestError, ShowWindow
from app.i18n import _
from app.intents import (
    Intent,
    JoinLink,
    StartMeeting,
    TryConclave,
)
from app.one_window import Doorway, come_in
from app.options import (
    ByAddress,
    ByLink,
    HostOptions,
    JoinOptions,
    ProfileChoice,
    TryOptions,
    WindowOptions,
)
from app.outside import outside_of
from app.paths import default_profile, log_folder, policy_file
from app.profile import SETTINGS, Profile
from app.screens import Home, Screen
from app.settings import SettingError, changed
from app.settings_file import Loaded, load_settings
from app.system_entries import as_it_is, entries
from app.team_secret import NAME as TEAM_SECRET
from app.team_secret import is_secret
from app.unlocking import begin_to_open
from app.updates.first_start import this_version_starts
from crypto.sodium import random_bytes
from media.slot import Slot
from media.video.picture import Picture

if TYPE_CHECKING:
    from app.engine import Engine
    from app.log import Log
    from app.memory import ProfileMemory
    from app.opening import Opening
    from app.recents import Recents
    from app.session import Session
    from app.ui.bridge import Bridge
    from app.ui.outside import UpdateNews
    from app.update_desk import UpdateDesk
    from app.ways import Ways

PAINTING_S = 2.0  # seconds that the session waits for the window; a busy computer paints slowly

Options = WindowOptions | HostOptions | JoinOptions | TryOptions


class Desktop:
    """Profile, session and engine behind one window; `submit` and `pictures` from any thread."""

    def __init__(
        self,
        options: Options,
        loaded: Loaded,
        bridge: "Bridge",
        password: str = "",
    ) -> None:
        """`password` is that of the command line's meeting."""
        self._options = options
        self._password = password
        self._part = None if isinstance(options, WindowOptions) else options.part
        self._loaded = loaded
        self._bridge = bridge
        self.erases = False  # all that is kept is to go when this is stopped
        self._engine: Engine | None = None
        self._profile: Profile | None = None
        self._log: Log | None = None
        self._memory: ProfileMemory | None = None
        self._recents: Recents | None = None
        self._secret = ""  # of the team's relays
        self._session: Session | None = None
        self._early: list[Intent] = []
        self._opening: Opening | None = None

    def start(self) -> None:
        """Open the profile, then go home or where the command line points.

        Called when the window is there: what a passphrase is tried with is 256 MiB of memory, and
        as long as the system hands them out nothing else can be loaded.
        """
        choice = _profile(self._options)
        attempt = begin_to_open(choice)
        from app.engine import Engine
        from app.opening import Opening

        name = self._loaded.settings.name
        self._opening = Opening(choice, attempt, name, self._bridge.publish)
        self._engine = Engine()
        self._engine.start(self._main)

    def stop(self) -> None:
        """Leave, close everything, write what must be written."""
        if self._engine is not None:
            self._engine.stop()
        if self._memory is not None:
            self._memory.close()
        if self._profile is not None:
            self._profile.close()
        if self._log is not None:
            self._log.close()

    def export(self, path: str) -> str:
        """Write everything that is kept into a file; return why it was not possible, or ""."""
        from app.data_commands import export_to

        if self._profile is None:
            return _("Your identity is not open yet.")
        return export_to(Path(path), self._profile)

    def erase(self) -> None:
        """Have everything erased once this is stopped."""
        self.erases = True

    @cached_property
    def _updates(self) -> "UpdateDesk":
        from app.update_desk import UpdateDesk

        folder = _profile(self._options).folder or default_profile()
        rules = self._loaded.rules
        return UpdateDesk(folder, rules, lambda: self._loaded.settings.download_folder)

    def look_for_update(self, source: str) -> "UpdateNews":
        """Look for a newer version; waits, so on a thread of its own."""
        return self._updates.look(source)

    def take_update(self) -> "UpdateNews":
        """Take what the last look found; waits, too."""
        return self._updates.take()

    def submit(self, intent: Intent) -> None:
        """Do what a person asked for."""
        if self._engine is None:
            self._early.append(intent)
        else:
            self._engine.submit(self._handle, intent)

    def pictures(self, dev: bytes) -> Slot[Picture]:
        """Return the mailbox of somebody's pictures; b"" is the own camera."""
        return self._session.pictures(dev) if self._session else Slot()

    def screens(self, dev: bytes) -> Slot[Picture]:
        """Return the mailbox of the pictures of somebody's screen."""
        return self._session.screens(dev) if self._session else Slot()

    async def _main(self) -> None:
        from app.log import start_log

        assert self._opening is not None, "start makes it"
        profile = self._profile = await self._opening.profile()
        self._loaded = Loaded(profile.settings, profile.locked_settings, profile.rules)
        self._publish(Home(profile.settings.name))
        if self._bridge.wait_until_painted(PAINTING_S):
            this_version_starts()
        self._log = start_log(log_folder(profile.folder), profile.settings.write_log)
        session = self._session = self._make_session(profile)
        resume_garbage()
        first = _first_intents(
            self._options, session.ways, self._password, profile.settings.open_router
        )
        for intent in (*first, *self._early):
            self.submit(intent)
        await session.run()

    def _make_session(self, profile: Profile) -> "Session":
        """Load media and network now, when the window is there already: they take half a second."""
        from app.guest import start_guest
        from app.memory import ProfileMemory
        from app.recents import Recents
        from app.session import Session
        from app.ways import ways_for

        memory = self._memory = ProfileMemory(profile, time.time)
        self._secret = memory.team_secret()
        self._recents = Recents(memory, time.time, lambda: self._loaded.settings.keep_recent)
        return Session(
            memory,
            ways_for(profile.settings, self._part, profile.rules, self._secret),
            self._publish,
            random_bytes,
            guest=start_guest,
            setting=self._change_setting,
            recents=self._recents,
        )

    def _publish(self, screen: Screen) -> None:
        """Show a screen; the first one also says what was found when the profile was opened."""
        if isinstance(screen, Home) and self._profile is not None:
            screen = replace(screen, profile_notices=self._profile.notices)
        self._bridge.publish(screen)

    def _handle(self, intent: Intent) -> None:
        if self._session is not None:
            self._session.handle(intent)
        elif self._opening is not None and self._opening.asks:
            self._opening.answer(intent)
        else:
            self._early.append(intent)

    def _change_setting(self, name: str, value: object) -> None:
        from app.ways import ways_for

        if self._memory is None or self._session is None or name in self._loaded.locked:
            return
        if name == TEAM_SECRET:
            if isinstance(value, str) and is_secret(value):
                self._secret = value
                self._memory.keep_team_secret(value)
                settings, rules = self._loaded.settings, self._loaded.rules
                self._session.adopt(ways_for(settings, self._part, rules, value))
            return
        try:
            settings = changed(self._loaded.settings, name, value)
        except SettingError:
            return  # the window offers only what there is
        self._loaded = replace(self._loaded, settings=settings)
        self._session.adopt(ways_for(settings, self._part, self._loaded.rules, self._secret))
        self._memory.keep_setting(name, value)
        if name == "keep_recent" and self._recents is not None:
            self._recents.obey()


def run_desktop(options: Options, password: str = "") -> int:
    """Open the window and stay until it is closed; returns the exit code.

    `password` is that of the meeting which the command line opens.
    """
    folder = _profile(options).folder or default_profile()
    doorway = _come_in(folder, options)
    if doorway is None:
        return _handed_over(options)
    try:
        code, erases = _open_window(options, password, folder, doorway)
    finally:
        doorway.close()
    return _erase(folder) if erases else code


def _open_window(
    options: Options, password: str, folder: Path, doorway: Doorway
) -> tuple[int, bool]:
    """Stay until the window is closed; return the exit code, and whether all is to be erased."""
    pause_garbage()
    found = load_settings(folder / SETTINGS, datetime.now(UTC), policy_file())
    from app.ui.application import make_application, run_window
    from app.ui.bridge import Bridge

    make_application()
    bridge = Bridge()
    known = entries(folder)
    desktop = Desktop(options, found, bridge, password)
    try:
        code = run_window(
            bridge,
            desktop.submit,
            desktop.pictures,
            as_it_is(found.settings, known),
            screens=desktop.screens,
            locked=found.locked,
            rules=found.rules,
            begin=desktop.start,
            link=(options.link or "") if isinstance(options, WindowOptions) else "",
            in_tray=isinstance(options, WindowOptions) and options.in_tray,
            outside=replace(
                outside_of(folder, doorway.address, known),
                export=desktop.export,
                erase=desktop.erase,
                look_for_update=desktop.look_for_update,
                take_update=desktop.take_update,
            ),
        )
    finally:
        desktop.stop()
    return code, desktop.erases


def _erase(folder: Path) -> int:
    """Erase everything that is kept, and say in a last window what became of it."""
    from app.data_commands import erase_all
    from app.ui.application import say_last

    left = erase_all(folder)
    if left:
        heading = _("Not everything could be erased.")
        say_last(heading, _("This is left: {what}").format(what=", ".join(left)))
        return ExitCode.PROBLEM
    say_last(
        _("Everything is erased."),
        _("Nothing of you is left in Conclave on this computer. You can remove the program now."),
    )
    return ExitCode.OK


def _come_in(folder: Path, options: Options) -> Doorway | None:
    """Become the window of the profile, or give to the one that is what was asked for."""
    token = os.environ.pop("XDG_ACTIVATION_TOKEN", "")
    link = ""
    match options:
        case WindowOptions(link=text):
            link = (text or "").strip()
        case JoinOptions(target=ByLink(text)):
            link = text
        case JoinOptions(target=ByAddress(address)):
            link = str(address)
    try:
        return come_in(folder, OfferLink(link, token) if link else ShowWindow(token))
    except RequestError:
        raise UsageError(_("This is no invitation to Conclave."), ExitCode.LINK) from None


def _handed_over(options: Options) -> int:
    """Say that the window is open already, where it could not be told what was wanted."""
    if isinstance(options, HostOptions | TryOptions):
        print("conclave:", _("Conclave is already open with this profile."), file=sys.stderr)
        return ExitCode.PROFILE_IN_USE
    return ExitCode.OK


def _profile(options: Options) -> ProfileChoice:
    return options.profile if isinstance(options, WindowOptions) else options.part.profile


def _first_intents(
    options: Options, ways: "Ways", password: str, opens_router: bool
) -> tuple[Intent, ...]:
    name = ways.name
    match options:
        case HostOptions(title=title, visible=visible, lobby=lobby) as host:
            wanted = title or _("{name}'s meeting").format(name=name)
            start = StartMeeting(
                wanted,
                name,
                visible,
                lobby,
                password,
                lan_only=ways.lan_only,
                reopen=host.reopen,
                open_router=opens_router or host.open_router,
            )
            return (start,)
        case JoinOptions(target=ByLink(link)):
            return (JoinLink(link, name),)
        case JoinOptions(target=ByAddress(address)):
            return (JoinLink(str(address), name),)
        case TryOptions():
            return (TryConclave(name),)
        case _:
            return ()
