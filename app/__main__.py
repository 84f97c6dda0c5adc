"""Starts Conclave: reads the command line, builds everything by hand, runs it."""

import io
import sys
import time
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

from app.argument_checks import UsageError
from app.arguments import parse_arguments
from app.exit_codes import ExitCode
from app.handed_over import Close, Request, ToggleMicrophone
from app.hardening import forbid_core_dumps
from app.i18n import _, use_language
from app.net.binding import ListenError
from app.options import (
    ContactsOptions,
    DevicesOptions,
    DoctorOptions,
    EraseOptions,
    EvidenceOptions,
    ExportOptions,
    GuestOptions,
    HostOptions,
    JoinOptions,
    MeetingPointOptions,
    PictureOptions,
    TryOptions,
    UpdateOptions,
    WindowOptions,
)
from app.profile import Profile, ProfileError
from app.rules import Rules
from app.unlocking import open_profile_in_terminal
from app.updates.first_start import this_version_starts

PROFILE_CODES = {"in_use": ExitCode.PROFILE_IN_USE}

Result = TypeVar("Result")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program; returns its exit code."""
    code = _run_command(argv)
    this_version_starts()  # whatever the code is: it is one that the program itself chose
    return code


def _run_command(argv: Sequence[str] | None) -> int:
    began = time.monotonic()
    forbid_core_dumps()
    _print_any_name()
    use_language()
    try:
        command = parse_arguments(sys.argv[1:] if argv is None else argv)
        match command:
            case WindowOptions(toggle_microphone=True):
                return _ask_window(command, ToggleMicrophone())
            case WindowOptions(close=True):
                return _ask_window(command, Close())
            case WindowOptions():
                from app.desktop import run_desktop

                return run_desktop(command)
            case HostOptions() | JoinOptions() | TryOptions():
                password = _meeting_password(command)
                if not command.part.headless:
                    from app.desktop import run_desktop

                    return run_desktop(command, password)
                return _headless(command, began, password)
            case GuestOptions():
                from app.guest import be_the_guest

                _run(be_the_guest(command))
                return ExitCode.OK
            case MeetingPointOptions():
                from app.meeting_point.command import run_meeting_point

                return run_meeting_point(command)
            case PictureOptions():
                from app.thumbnails import make_from_standard_input

                return make_from_standard_input()
            case ContactsOptions():
                from app.contacts_command import run_contacts

                return run_contacts(command)
            case ExportOptions():
                from app.data_commands import run_export

                return run_export(command)
            case EraseOptions():
                from app.data_commands import run_erase

                return run_erase(command)
            case UpdateOptions():
                from app.update_command import run_update

                return run_update(command)
            case EvidenceOptions():
                from app.evidence_command import run_evidence

                return run_evidence(command)
            case DevicesOptions(as_json=as_json):
                from app.listing import print_devices

                return print_devices(as_json)
            case DoctorOptions():
                from app.doctor import run_doctor

                return run_doctor(command)
    except UsageError as error:
        return _problem(str(error), error.code)
    except ProfileError as error:
        return _problem(str(error), PROFILE_CODES.get(error.code, ExitCode.IDENTITY))
    except ListenError as error:
        return _problem(str(error), ExitCode.PORT_BUSY)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED


def _ask_window(options: WindowOptions, request: Request) -> int:
    """Ask the window that is open, as a key of the desktop or an installer does."""
    from app.one_window import hand_over
    from app.paths import default_profile

    if hand_over(options.profile.folder or default_profile(), request):
        return ExitCode.OK
    return _problem(_("Conclave is not open with this profile."), ExitCode.PROBLEM)


def _print_any_name() -> None:
    """Spell out what the terminal's character set lacks: a guest's name must not end a meeting."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _meeting_password(command: HostOptions | JoinOptions | TryOptions) -> str:
    """Return the password of the meeting, "" if none was given; UsageError."""
    if isinstance(command, TryOptions):
        return ""
    from app.given import meeting_password

    return meeting_password(command.password)


def _headless(options: HostOptions | JoinOptions | TryOptions, began: float, password: str) -> int:
    from app.guest import PassingMemory
    from app.headless import Headless
    from app.log import start_log
    from app.memory import ProfileMemory
    from app.paths import log_folder
    from app.settings import DEFAULTS

    try:
        profile = open_profile_in_terminal(options.part.profile)
    except ProfileError as error:
        if not (isinstance(options, TryOptions) and error.code == "passphrase_needed"):
            raise
        headless = Headless(options, PassingMemory(), DEFAULTS, began)  # a trial keeps nothing
        return _run(headless.run())
    memory = ProfileMemory(profile, time.time)
    log = start_log(log_folder(profile.folder), profile.settings.write_log)
    try:
        if profile.settings.language:
            use_language(profile.settings.language)
        _tell_faults(profile.rules)
        _tell_notices(profile)
        headless = Headless(
            options,
            memory,
            profile.settings,
            began,
            password,
            rules=profile.rules,
            secret=memory.team_secret(),
        )
        this_version_starts()
        return _run(headless.run())
    finally:
        memory.close()
        log.close()
        profile.close()


def _tell_faults(rules: Rules) -> None:
    """Say plainly that the organisation's file could not be understood."""
    from app.paths import policy_file
    from app.texts import policy_fault

    if rules.faults:
        names = ", ".join(name for name in rules.faults if name)
        words = policy_fault(str(policy_file()), names)
        print(f"conclave: {words}", file=sys.stderr)


def _tell_notices(profile: Profile) -> None:
    """Say what was found when the profile was opened."""
    from app.texts import profile_notices

    if words := profile_notices(profile.notices):
        print(f"conclave: {words}", file=sys.stderr)


def _run(work: Coroutine[Any, Any, Result]) -> Result:
    """Run on a selector loop, on every system: the same loop that the window's engine has."""
    import asyncio
    import selectors

    from app.engine import share_often

    share_often()
    with asyncio.Runner(
        loop_factory=lambda: asyncio.SelectorEventLoop(selectors.DefaultSelector())
    ) as runner:
        return runner.run(work)


def _problem(text: str, code: ExitCode) -> int:
    print(f"conclave: {text}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
