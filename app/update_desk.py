"""Updates for the window: one look, then what can be done with what was found, in words."""

from collections.abc import Callable
from pathlib import Path

from app.i18n import _
from app.net.addresses import AddressError
from app.net.gate import Gate
from app.paths import downloads_folder
from app.rules import Function, Rules
from app.ui.outside import NEARBY, UpdateNews
from app.updates.errors import UpdateError
from app.updates.installation import SOURCE
from app.updates.nearby import NearbySource, find_mirrors, local_gate, look_nearby
from app.updates.sources import Source, source_of
from app.updates.updater import Found, Updater, updater_for
from app.updates.words import (
    carried_words,
    found_words,
    handed_over_words,
    installed_words,
    refusal,
)


class UpdateDesk:
    """Looks and takes; both wait for disk and network, so they are called on a thread of its own.

    One thing at a time: what is taken is what the last look found.
    """

    def __init__(
        self,
        profile: Path,
        rules: Rules,
        download_folder: Callable[[], str],
        updater: Callable[[Path], Updater] = updater_for,
    ) -> None:
        """`download_folder` is the setting of that name, as it is then."""
        self._profile, self._rules = profile, rules
        self._download_folder = download_folder
        self._make = updater
        self._found: tuple[Updater, Found, Source] | None = None

    def look(self, text: str) -> UpdateNews:
        """Look into the source that a path or an address names."""
        self._found = None
        if not self._rules.allow(Function.UPDATES):
            return UpdateNews(_("Your organisation has switched this off."))
        try:
            updater = self._make(self._profile)
            found, source = self._find(updater, text)
        except AddressError:
            words = _("“{text}” is not an address such as http://192.0.2.7/conclave.")
            return UpdateNews(words.format(text=text[:120]))
        except UpdateError as error:
            return UpdateNews(refusal(error))
        words = found_words(found, updater.here)
        if isinstance(source, NearbySource):
            words = f"{words} {carried_words(source.web.address.host)}"
        if not found.newer or found.package is None or updater.here.kind == SOURCE:
            return UpdateNews(words, newer=found.newer)
        self._found = updater, found, source
        button = _("Install {version}") if updater.here.installs_itself else _("Get the package")
        return UpdateNews(words, newer=True, act=button.format(version=found.version))

    def _find(self, updater: Updater, text: str) -> tuple[Found, Source]:
        if text == NEARBY:
            if not self._rules.allow(Function.NEARBY):
                raise UpdateError("unreachable", "nobody may be looked for nearby")
            return look_nearby(updater, find_mirrors(), local_gate(self._rules))
        source = source_of(text, Gate.of(self._rules))
        return updater.look(source), source

    def take(self) -> UpdateNews:
        """Install what was found, or put it where the system can."""
        if self._found is None:
            return UpdateNews("")
        updater, found, source = self._found
        try:
            path = updater.take(found, source, downloads_folder(self._download_folder()))
        except UpdateError as error:
            return UpdateNews(refusal(error))
        self._found = None
        if path is None:
            return UpdateNews(installed_words(found.version))
        return UpdateNews(handed_over_words(path), folder=str(path.parent))
