"""What people read about updates."""

from collections.abc import Callable

from app import __version__
from app.i18n import _
from app.updates.errors import Code, UpdateError
from app.updates.installation import SOURCE, Installation
from app.updates.updater import Found

REASONS: dict[Code, Callable[[], str]] = {
    "malformed": lambda: _("What is there is no update of Conclave."),
    "forged": lambda: _("This update is not signed by those who make Conclave. Do not use it."),
    "old": lambda: _("This update is older than one that was seen here. It is not taken."),
    "expired": lambda: _(
        "This update is too old to be trusted. Get a newer one, and look at the clock of this "
        "computer."
    ),
    "mixed": lambda: _("The parts of this update do not belong together. Get it anew."),
    "too_large": lambda: _("There is more than an update can be. It is not taken."),
    "unreachable": lambda: _("No update can be read there."),
    "no_root": lambda: _("This copy of Conclave was built without a key for updates."),
    "install": lambda: _("The update could not be put in place. The version in use stays."),
}


def refusal(error: UpdateError) -> str:
    """Say why an update is not taken."""
    return REASONS[error.code]()


def found_words(found: Found, here: Installation) -> str:
    """Say what was found, and what can be done with it."""
    if not found.newer:
        return _("Conclave {version} is the newest version.").format(version=__version__)
    version = found.version
    if found.taken_back:
        text = _("Conclave {version} is there, but did not start on this computer.")
        return text.format(version=version)
    if here.kind == SOURCE:
        text = _("Conclave {version} is there. This copy runs from its source: get it anew there.")
        return text.format(version=version)
    if found.package is None:
        text = _("Conclave {version} is there, but not for this computer.")
        return text.format(version=version)
    return _("Conclave {version} is there.").format(version=version)


def carried_words(host: str) -> str:
    """Say that a neighbour only carries it."""
    text = _("It would come from the computer at {address}, which cannot change it.")
    return text.format(address=host)


def installed_words(version: str) -> str:
    """Say that a version is in place."""
    return _("Conclave {version} is installed. It counts from the next start.").format(
        version=version
    )


def handed_over_words(path: object) -> str:
    """Say where a package lies that the system installs."""
    text = _("The package was checked. Open it to install it: {path}")
    return text.format(path=path)
