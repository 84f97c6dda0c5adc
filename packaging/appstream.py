"""Write what software centres show of Conclave: python packaging/appstream.py [--desktop-id NAME].

AppStream 1.0, from packaging/linux/metainfo.xml.in and CHANGELOG.md; it goes to standard output.
"""

from __future__ import annotations

import argparse
import datetime
import os
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from trimming import APP_ID

HERE = Path(__file__).resolve().parent
CHANGELOG = HERE.parent / "CHANGELOG.md"
DESKTOP_ID = "conclave"  # the menu entry of packages that lie in the system
MOST_NOTES = 10  # of a version; people read the first ones, and CHANGELOG.md has all

_HEADING = re.compile(r"## (?P<version>[0-9.]+) \((?P<when>[^)]+)\)")
_POINT = re.compile(r"^- (.+(?:\n  .+)*)", re.MULTILINE)
_SENTENCE = re.compile(r".+?[.!?](?= |$)")
_LINK = re.compile(r"\[([^]]+)\]\([^)]+\)")


@dataclass(frozen=True)
class Version:
    """What CHANGELOG.md says of a version: the first sentence of each point."""

    number: str
    date: str
    """As in ISO 8601; "" as long as it is not released."""
    notes: tuple[str, ...]


def versions(changelog: str) -> Iterator[Version]:
    """Yield the versions in their order, the newest first."""
    heads = list(_HEADING.finditer(changelog))
    ends = [head.start() for head in heads[1:]] + [len(changelog)]
    for head, end in zip(heads, ends, strict=True):
        when = head["when"]
        released = re.fullmatch(r"\d{4}-\d\d-\d\d", when)
        points = _POINT.findall(changelog[head.end() : end])
        notes = tuple(map(_first_sentence, points[:MOST_NOTES]))
        yield Version(head["version"], when if released else "", notes)


def _first_sentence(point: str) -> str:
    plain = _LINK.sub(r"\1", " ".join(point.split())).replace("**", "").replace("`", "")
    found = _SENTENCE.match(plain)
    return found[0] if found else plain


def metainfo(when: int, desktop_id: str = DESKTOP_ID) -> str:
    """Return the document.

    `when` is the time of the commit in Unix seconds: the date of a version that is not released.
    """
    today = datetime.datetime.fromtimestamp(when, datetime.UTC).date().isoformat()
    lines = []
    for version in versions(CHANGELOG.read_text(encoding="utf-8")):
        kind = "stable" if version.date else "development"
        date = version.date or today
        lines.append(f'    <release version="{version.number}" type="{kind}" date="{date}">')
        if version.notes:
            lines += ["      <description>", "        <ul>"]
            lines += [f"          <li>{escape(note)}</li>" for note in version.notes]
            lines += ["        </ul>", "      </description>"]
        lines.append("    </release>")
    text = (HERE / "linux" / "metainfo.xml.in").read_text(encoding="utf-8")
    places = {"@ID@": APP_ID, "@DESKTOP_ID@": desktop_id, "@RELEASES@": "\n".join(lines)}
    for place, value in places.items():
        text = text.replace(place, value)
    return text


def main(arguments: list[str] | None = None) -> int:
    """Print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--desktop-id", default=DESKTOP_ID, help="name of the menu entry")
    given = parser.parse_args(arguments)
    when = int(os.environ.get("SOURCE_DATE_EPOCH") or time.time())
    print(metainfo(when, given.desktop_id), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
