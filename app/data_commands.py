"""`conclave export` and `conclave erase`: what is kept on this computer, read or gone."""

import sys
from datetime import UTC, datetime
from pathlib import Path

from app.argument_checks import UsageError
from app.erasing import Traces, erase
from app.exit_codes import ExitCode
from app.export import collected, write_export
from app.i18n import _
from app.keychain import system_key_store
from app.options import EraseOptions, ExportOptions
from app.paths import default_profile, log_folder, runtime_folder
from app.profile import Profile, ProfileError
from app.profile_lock import LockedError
from app.system_entries import Entry, entries
from app.unlocking import open_profile_in_terminal


def run_export(options: ExportOptions) -> ExitCode:
    """Write everything that is kept into a file; raises ProfileError and UsageError."""
    profile = open_profile_in_terminal(options.profile)
    try:
        problem = export_to(options.file, profile)
    finally:
        profile.close()
    if problem:
        raise UsageError(problem)
    print(_("Written to {path}. Keys are not in it.").format(path=options.file))
    return ExitCode.OK


def export_to(path: Path, profile: Profile) -> str:
    """Write everything that is kept of a person; return why that was not possible, or ""."""
    told = {name: _is_on(entry) for name, entry in entries(profile.folder).items()}
    try:
        content = collected(profile, log_folder(profile.folder), told, datetime.now(UTC))
        write_export(path, content)
    except ProfileError as error:
        return str(error)
    except OSError as error:
        text = _("“{path}” cannot be written: {cause}.")
        return text.format(path=path, cause=error.strerror or error)
    return ""


def run_erase(options: EraseOptions) -> ExitCode:
    """Erase everything after a typed word, or with --yes; raises ProfileError and UsageError."""
    folder = options.profile.folder or default_profile()
    if not options.sure:
        if not sys.stdin.isatty():
            raise UsageError(_("Nobody can be asked here; --yes erases without asking."))
        word = _("erase")
        question = _(
            "This erases your identity, contacts, settings and log in {path} for good.\n"
            "Type “{word}” to go on: "
        )
        if input(question.format(path=folder, word=word)).strip().lower() != word:
            print(_("Nothing was erased."))
            return ExitCode.PROBLEM
    left = erase_all(folder)
    if left:
        for what in left:
            print(_("Not erased: {what}").format(what=what), file=sys.stderr)
        return ExitCode.PROBLEM
    print(_("Everything that Conclave kept here is erased."))
    return ExitCode.OK


def erase_all(profile: Path) -> tuple[str, ...]:
    """Erase what is kept of a profile; return what could not be. Raises ProfileError (in_use)."""
    traces = Traces(
        profile=profile,
        log=log_folder(profile),
        runtime=runtime_folder(profile),
        own=profile == default_profile(),
    )
    try:
        return erase(traces, system_key_store(), entries(profile))
    except LockedError as error:
        text = _("Conclave is already open with this profile.")
        raise ProfileError("in_use", text) from error


def _is_on(entry: Entry) -> bool:
    try:
        return entry.is_on
    except OSError:
        return False
