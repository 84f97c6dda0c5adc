"""The pages of the help: short texts that lie beside the program and lead only to each other."""

import re
from dataclasses import dataclass
from pathlib import Path

from app.i18n import SOURCE_LANGUAGE, language
from app.paths import resource

TOPICS = (
    "first-meeting",
    "in-meeting",
    "finding",
    "verify",
    "private",
    "seen",
    "rules",
    "notice",
    "organisation",
)
FIRST = TOPICS[0]
_TITLE = re.compile(r"# (.+)\n")
_LINK = re.compile(r"([a-z-]+)\.md")


@dataclass(frozen=True)
class HelpPage:
    """One page: its title, and all of it as Markdown."""

    topic: str
    title: str
    text: str


def help_page(topic: str, wanted: str = "", folder: Path | None = None) -> HelpPage:
    """Return a page in a language, else in English; `wanted` "" is the language in use.

    Raises KeyError for a topic that there is not.
    """
    if topic not in TOPICS:
        raise KeyError(topic)
    folder = folder or resource("help")
    for code in (wanted or language(), SOURCE_LANGUAGE):
        path = folder / code / f"{topic}.md"
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            title = _TITLE.match(text)
            return HelpPage(topic, title.group(1) if title else topic, text)
    raise KeyError(topic)


def topic_of(link: str) -> str:
    """Return the topic that a link on a page leads to; "" for every other link."""
    found = _LINK.fullmatch(link)
    return found.group(1) if found is not None and found.group(1) in TOPICS else ""
