"""Which parts of what somebody wrote are links: few and plain ones only, shown as they are."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

LONGEST = 2_000  # characters of a link; what is longer stays plain text
MOST = 40  # links in one text; what comes after stays plain text


class Leads(Enum):
    """Where a part of a text leads."""

    NOWHERE = "nowhere"
    WEB = "web"  # http or https: a browser opens it
    MEETING = "meeting"  # an invitation: Conclave joins by it, and no other program sees it


@dataclass(frozen=True)
class Piece:
    """A part of a text; all of them together are the text again."""

    text: str
    leads: Leads = Leads.NOWHERE


# Nothing that programs read in two ways belongs to a link: no space, no backslash, no quotes.
_WEB = r"https?://[^\s\\<>\"'`{}|^“”„«»\u200b-\u200f\u2028-\u202e\u2060-\u206f]+"
_MEETING = r"conclave:join#[A-Za-z0-9_-]+"
_LINK = re.compile(rf"(?<![\w@/:])(?:(?P<web>{_WEB})|(?P<meeting>{_MEETING}))", re.IGNORECASE)
_AFTER = ".,;:!?…*_~"  # belong to the sentence, not to the link that ends it
_PAIRS = {")": "(", "]": "["}


def pieces(text: str) -> Iterator[Piece]:
    """Yield a text in its parts, links apart from what stands around them."""
    done = found = 0
    for match in _LINK.finditer(text):
        if len(match[0]) > LONGEST:
            continue
        link = _ended(match[0]) if match["web"] else match[0]
        if len(link) <= len("https://"):
            continue
        found += 1
        if found > MOST:
            break
        if match.start() > done:
            yield Piece(text[done : match.start()])
        yield Piece(link, Leads.WEB if match["web"] else Leads.MEETING)
        done = match.start() + len(link)
    if done < len(text):
        yield Piece(text[done:])


def _ended(link: str) -> str:
    """Return a link without the signs that end the sentence or the bracket around it."""
    end = len(link)
    while end:
        sign = link[end - 1]
        opening = _PAIRS.get(sign)
        lonely = opening and link.count(sign, 0, end) > link.count(opening, 0, end)
        if sign not in _AFTER and not lonely:
            break
        end -= 1
    return link[:end]
