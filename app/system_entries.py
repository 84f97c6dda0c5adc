"""The two things this system is told when a person wants it: open links, start when signing in."""

import hashlib
import logging
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from app import mac_entries, windows_entries, xdg_entries
from app.i18n import _
from app.paths import IN_FLATPAK, default_profile
from app.program import is_packaged, start_command
from app.settings import Settings

log = logging.getLogger(__name__)


class Entry(Protocol):
    """Something this system does for the user as long as it is switched on."""

    @property
    def is_on(self) -> bool:
        """Tell whether it is; OSError where that cannot be known."""

    def switch(self, on: bool) -> None:
        """Switch it; OSError."""

    def forget(self) -> None:
        """Leave nothing of what it was told, whatever the system does then; OSError."""


def entries(profile: Path) -> dict[str, Entry]:
    """Return what this system can be told, by the name of the setting."""
    command = start_command(profile)
    quiet = (*command, "--in-tray")
    mark = "" if profile == default_profile() else "-" + _digest(profile)
    if sys.platform == "win32":
        from app.windows_registry import UserRegistry

        registry = UserRegistry()
        return {
            "open_links": windows_entries.LinkHandler(command, registry),
            "autostart": windows_entries.Autostart(quiet, registry, f"Conclave{mark}"),
        }
    if sys.platform == "darwin":  # the bundle itself says that it opens such links
        start = mac_entries.Autostart(quiet, Path.home(), f"{mac_entries.LABEL}{mark}")
        return {"autostart": start}
    if IN_FLATPAK:  # the desktop sees nothing that is written in there
        return {}
    data, config = xdg_entries.folders(os.environ)
    has_menu_entry = is_packaged() and profile == default_profile()
    installed = xdg_entries.menus(data) if has_menu_entry else ()
    return {
        "open_links": xdg_entries.LinkHandler(command, data, config, installed),
        "autostart": xdg_entries.Autostart(quiet, config, f"conclave{mark}.desktop"),
    }


def as_it_is(settings: Settings, known: Mapping[str, Entry]) -> Settings:
    """Return the settings as the system has them: it may have been told otherwise elsewhere."""
    found: dict[str, Any] = {}
    for name in ("open_links", "autostart"):
        try:
            found[name] = name in known and known[name].is_on
        except OSError as error:
            log.warning("%s cannot be read: %s", name, type(error).__name__)
    return replace(settings, **found)


def switches(known: Mapping[str, Entry]) -> dict[str, Callable[[bool], str]]:
    """Return what switches each: it returns why that was not possible, or ""."""

    def made(name: str) -> Callable[[bool], str]:
        def switch(on: bool) -> str:
            entry = known.get(name)
            if entry is None and name == "autostart":
                return _("Here the settings of your system decide what starts when you sign in.")
            if entry is None:
                return _("On this system the installed program does this by itself.")
            try:
                entry.switch(on)
            except OSError as error:
                log.warning("%s cannot be switched: %s", name, type(error).__name__)
                cause = error.strerror or type(error).__name__
                return _("Your system did not take it: {cause}.").format(cause=cause)
            return ""

        return switch

    return {name: made(name) for name in ("open_links", "autostart")}


def _digest(profile: Path) -> str:
    return hashlib.sha256(os.fsencode(profile)).hexdigest()[:8]
