"""`conclave update`: looks for a newer version, puts it in place, or takes the one before back."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from app import __version__
from app.argument_checks import UsageError, short
from app.exit_codes import ExitCode
from app.i18n import _, use_language
from app.net.addresses import AddressError
from app.net.gate import Gate
from app.options import UpdateOptions
from app.paths import default_profile, downloads_folder, policy_file
from app.profile import SETTINGS
from app.rules import Function
from app.settings_file import Loaded, load_settings
from app.updates.errors import UpdateError
from app.updates.sources import FolderSource, Source, source_of
from app.updates.updater import Found, Updater, updater_for
from app.updates.words import (
    carried_words,
    found_words,
    handed_over_words,
    installed_words,
    refusal,
)

SOURCE = "update_source"
CODES = {"unreachable": ExitCode.UNREACHABLE, "install": ExitCode.PROBLEM}


def run_update(options: UpdateOptions) -> ExitCode:
    """Do what the command line asks; raises UsageError."""
    profile = options.profile.folder or default_profile()
    loaded = load_settings(profile / SETTINGS, datetime.now(UTC), policy_file())
    if loaded.settings.language:
        use_language(loaded.settings.language)
    if not loaded.rules.allow(Function.UPDATES):
        raise UsageError(_("Your organisation has switched this off."), ExitCode.NOT_ALLOWED)
    updater = updater_for(profile)
    try:
        if options.roll_back:
            return _roll_back(updater)
        if options.share is not None:
            return _share(options.share, updater, loaded)
        if options.nearby:
            found, source = _look_nearby(updater, loaded)
        else:
            source = _source(options, loaded)
            found = updater.look(source)
        _tell(found, updater, options)
        if options.install and found.newer and _wanted(source, options):
            return _install(updater, found, source, options.folder or _downloads(loaded))
    except UpdateError as error:
        code = CODES.get(error.code, ExitCode.NOT_SECURE)
        raise UsageError(f"{refusal(error)} ({error})", code) from error
    return ExitCode.OK


def _look_nearby(updater: Updater, loaded: Loaded) -> tuple[Found, Source]:
    """Ask the network; raises UsageError where it may not be asked."""
    from app.updates.nearby import find_mirrors, local_gate, look_nearby

    if SOURCE in loaded.rules.decided or not loaded.rules.allow(Function.NEARBY):
        raise UsageError(_("Your organisation says where updates are."), ExitCode.NOT_ALLOWED)
    return look_nearby(updater, find_mirrors(), local_gate(loaded.rules))


def _wanted(source: Source, options: UpdateOptions) -> bool:
    """Ask before something is taken from a stranger's computer."""
    from app.updates.nearby import NearbySource

    if not options.nearby or options.sure:
        return True
    if not sys.stdin.isatty():
        raise UsageError(_("Nobody can be asked here; --yes installs without asking."))
    print(carried_words(source.web.address.host) if isinstance(source, NearbySource) else "")
    return input(_("Take it? (yes/no) ")).strip().lower() == _("yes")


def _share(folder: Path, updater: Updater, loaded: Loaded) -> ExitCode:
    from app.updates.nearby import local_gate, share

    if not loaded.rules.allow(Function.NEARBY):
        raise UsageError(_("Your organisation has switched this off."), ExitCode.NOT_ALLOWED)

    def ready(port: int) -> None:
        text = _("Shared with this network at port {port}, until you press Ctrl+C.")
        print(text.format(port=port), flush=True)

    try:
        share(updater, FolderSource(folder), local_gate(loaded.rules), ready)
    except OSError as error:
        raise UsageError(str(error), ExitCode.PORT_BUSY) from error
    return ExitCode.OK


def _source(options: UpdateOptions, loaded: Loaded) -> Source:
    """Return the source that was typed, or that of the settings; the organisation's goes first."""
    text = options.source or loaded.settings.update_source
    if SOURCE in loaded.rules.decided and text != loaded.settings.update_source:
        raise UsageError(_("Your organisation says where updates are."), ExitCode.NOT_ALLOWED)
    if not text:
        raise UsageError(_("Say where the update is: a file, a folder or an address."))
    try:
        return source_of(text, Gate.of(loaded.rules))
    except AddressError as error:
        raise UsageError(
            _("“{text}” is not an address such as http://192.0.2.7/conclave.").format(
                text=short(text)
            )
        ) from error


def _tell(found: Found, updater: Updater, options: UpdateOptions) -> None:
    if not options.as_json:
        print(found_words(found, updater.here), flush=True)
        return
    said = {
        "version": __version__,
        "found": found.version,
        "newer": found.newer,
        "package": found.package.name if found.package else None,
        "taken_back": found.taken_back,
    }
    print(json.dumps(said, indent=2), flush=True)


def _install(updater: Updater, found: Found, source: Source, downloads: Path) -> ExitCode:
    if found.package is None:
        return ExitCode.PROBLEM
    path = updater.take(found, source, downloads)
    words = installed_words(found.version) if path is None else handed_over_words(path)
    print(words, file=sys.stderr, flush=True)
    return ExitCode.OK


def _roll_back(updater: Updater) -> ExitCode:
    folder = updater.here.folder
    if folder is None:
        raise UsageError(_("This copy was not installed by Conclave itself; the system can."))
    version = folder.roll_back()
    print(_("Conclave {version} is back. It counts from the next start.").format(version=version))
    return ExitCode.OK


def _downloads(loaded: Loaded) -> Path:
    return downloads_folder(loaded.settings.download_folder)
