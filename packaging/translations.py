"""Keep the catalogues in step with the code: python packaging/translations.py [--check].

Reads every string to translate out of app/, brings resources/locale/*/LC_MESSAGES/conclave.po in
line and compiles the .mo files. New strings stand there untranslated until somebody writes them.
A new language is a new folder with such a file in it; it may be empty at first. A translation that
lost a place to fill, such as {name}, is refused.
"""

import argparse
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "app"
LOCALE = ROOT / "resources" / "locale"
DOMAIN = "conclave"
KEYWORDS = {"_": None, "mark": None, "ngettext": (1, 2)}
WIDTH = 100
PLACES = re.compile(r"\{[^{}]*\}|%(?:\([a-z_]+\))?[sd]")  # to be filled, as in "{name} left."


class BareCatalog(Catalog):
    """A catalogue whose header has no dates and no names: the same strings give the same file."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        """Return the header lines that matter to who reads the file."""
        lines = [("MIME-Version", "1.0"), ("Content-Type", "text/plain; charset=utf-8")]
        lines.append(("Content-Transfer-Encoding", "8bit"))
        if self.locale is not None:
            lines.append(("Language", str(self.locale)))
            lines.append(("Plural-Forms", self.plural_forms))
        return lines

    @mime_headers.setter
    def mime_headers(self, lines: list[tuple[str, str]]) -> None:
        """Pass over what a file said: the header is always made anew."""


def main(arguments: list[str]) -> int:
    """Write the catalogues, or with --check tell which would change; returns the exit code."""
    parser = argparse.ArgumentParser(prog="translations.py")
    parser.add_argument("--check", action="store_true", help="write nothing, fail when stale")
    check = parser.parse_args(arguments).check
    if broken := list(faults()):
        print(*broken, sep="\n", file=sys.stderr)
        return 1
    stale = [path for path, content in catalogues() if not _same(path, content)]
    if check:
        for path in stale:
            print(f"{path.relative_to(ROOT)} is not up to date", file=sys.stderr)
        return 1 if stale else 0
    for path, content in catalogues():
        if not _same(path, content):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            print(path.relative_to(ROOT))
    return 0


def catalogues() -> Iterator[tuple[Path, bytes]]:
    """Yield every file of the catalogues as it should be, the template first."""
    template = extracted()
    yield LOCALE / f"{DOMAIN}.pot", _po(template)
    for path in sorted(LOCALE.glob(f"*/LC_MESSAGES/{DOMAIN}.po")):
        catalogue = brought_up_to_date(path, template)
        yield path, _po(catalogue)
        compiled = io.BytesIO()
        write_mo(compiled, catalogue)
        yield path.with_suffix(".mo"), compiled.getvalue()


def faults() -> Iterator[str]:
    """Yield what must not be compiled: translations with other places to fill than the source."""
    for path in sorted(LOCALE.glob(f"*/LC_MESSAGES/{DOMAIN}.po")):
        with path.open("rb") as file:
            catalogue = read_po(file, locale=path.parent.parent.name, domain=DOMAIN)
        for message in catalogue:
            wanted = {place for form in _forms(message.id) for place in PLACES.findall(form)}
            for form in _forms(message.string):
                if message.id and form and set(PLACES.findall(form)) != wanted:
                    places = ", ".join(sorted(wanted)) or "no places"
                    yield f"{path.parent.parent.name}: “{form}” has to have {places}"


def _forms(text: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text or ())


def extracted() -> BareCatalog:
    """Return the template: every string to translate that stands in app/."""
    template = _new()
    found = extract_from_dir(
        SOURCES, method_map=[("**.py", "python")], keywords=KEYWORDS, comment_tags=("TR:",)
    )
    for file, _line, message, comments, context in sorted(found, key=lambda item: item[:2]):
        where = [(f"app/{Path(file).as_posix()}", 0)]
        template.add(message, None, where, auto_comments=comments, context=context)
    return template


def brought_up_to_date(path: Path, template: BareCatalog) -> BareCatalog:
    """Return a language's catalogue with the strings of the template; nothing is guessed."""
    locale = path.parent.parent.name
    with path.open("rb") as file:
        before = read_po(file, locale=locale, domain=DOMAIN)
    catalogue = _new(locale)
    for message in template:
        if not message.id:
            continue
        old = before.get(message.id, message.context)
        catalogue.add(
            message.id,
            old.string if old is not None else None,
            message.locations,
            flags={*message.flags, *(old.flags if old is not None else ())},
            auto_comments=message.auto_comments,
            user_comments=old.user_comments if old is not None else (),
            context=message.context,
        )
    return catalogue


def _new(locale: str | None = None) -> BareCatalog:
    comment = (
        "# Conclave: what the window, the terminal and the command line say.\n"
        "# Made by: python packaging/translations.py"
    )
    return BareCatalog(locale, DOMAIN, comment, charset="utf-8", fuzzy=False)


def _po(catalogue: Catalog) -> bytes:
    written = io.BytesIO()
    write_po(written, catalogue, width=WIDTH, include_lineno=False, sort_by_file=False)
    return written.getvalue()


def _same(path: Path, content: bytes) -> bool:
    return path.is_file() and path.read_bytes() == content


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
