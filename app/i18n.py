"""Speaks the user's language: gettext catalogues, and English wherever a word is missing."""

import gettext
import locale
import os
import re
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

from app.paths import resource

DOMAIN = "conclave"
SOURCE_LANGUAGE = "en"  # the language of the strings in the code; it needs no catalogue
AUTOMATIC = ""  # the setting that follows the system

_catalogue: gettext.NullTranslations = gettext.NullTranslations()
_language = SOURCE_LANGUAGE


def _(message: str) -> str:
    """Return the message in the language in use."""
    return _catalogue.gettext(message)


def ngettext(one: str, many: str, count: int) -> str:
    """Return the form of a message that fits a count, in the language in use."""
    return _catalogue.ngettext(one, many, count)


def mark(message: str) -> str:
    """Mark a message for the catalogues without translating it yet; `_(text)` does that later."""
    return message


def available_languages(folder: Path | None = None) -> tuple[str, ...]:
    """Return the codes of the languages that can be chosen, English first."""
    folder = folder or resource("locale")
    found = sorted(path.parent.parent.name for path in folder.glob(f"*/LC_MESSAGES/{DOMAIN}.mo"))
    return (SOURCE_LANGUAGE, *(code for code in found if code != SOURCE_LANGUAGE))


def system_languages(environ: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Return the languages the system asks for, best first, as plain codes such as `de`."""
    wanted: list[str] = []
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := environ.get(name):
            wanted += value.split(":") if name == "LANGUAGE" else [value]
            if name != "LANGUAGE":
                break
    if not wanted:
        wanted = [locale.getlocale(locale.LC_CTYPE)[0] or SOURCE_LANGUAGE]
    codes = [_code(name) for name in wanted]
    return tuple(dict.fromkeys(code for code in codes if code))


def use_language(
    wanted: str = AUTOMATIC,
    system: Sequence[str] | None = None,
    folder: Path | None = None,
) -> str:
    """Switch every later message to a language and return its code.

    `wanted` is a code or AUTOMATIC; a language that has no readable catalogue is passed over, and
    English is what remains.
    """
    global _catalogue, _language  # noqa: PLW0603 - gettext's one language per process
    folder = folder or resource("locale")
    candidates = (
        [_code(wanted)] if wanted else list(system_languages() if system is None else system)
    )
    _catalogue, _language = gettext.NullTranslations(), SOURCE_LANGUAGE
    for code in candidates:
        if code == SOURCE_LANGUAGE:
            break
        try:
            _catalogue = gettext.translation(DOMAIN, folder, [code])
        except (OSError, ValueError, struct.error):
            continue  # absent or broken: the next language, in the end English
        _language = code
        gettext.bindtextdomain(DOMAIN, str(folder))
        gettext.textdomain(DOMAIN)  # what argparse says itself is translated too
        break
    return _language


def language() -> str:
    """Return the code of the language in use."""
    return _language


def _code(name: str) -> str:
    """Reduce `de_AT.UTF-8@euro` to `de`; the C locale is English."""
    code = re.split(r"[._@-]", name, maxsplit=1)[0].lower()
    return SOURCE_LANGUAGE if code in {"c", "posix"} else code if code.isalpha() else ""
