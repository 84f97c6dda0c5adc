"""How a name that somebody chose for themselves is shown: bounded, without signs that deceive."""

import unicodedata
from collections.abc import Iterator

from app.i18n import _
from app.meeting.view import Badge

LONGEST = 64  # graphemes; more is cut and marked
MOST_MARKS = 4  # accents on one letter: what living scripts need, no towers over other lines
ISOLATE, POP = "\u2068", "\u2069"  # first strong isolate and its end, Unicode UAX #9
_JOINERS = {"\u200c", "\u200d"}  # needed inside some scripts and emoji
_BLANK = {
    "\u034f",
    "\u115f",
    "\u1160",
    "\u17b4",
    "\u17b5",
    "\u2800",
    "\u3164",
    "\uffa0",
}  # look empty
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}  # controls, formats, surrogates, line breaks


def clean(name: str) -> str:
    """Return a name without control and direction signs, on one line, of at most 64 graphemes."""
    kept = " ".join(_harmless(name).split())
    starts = list(_starts(kept))
    if len(starts) <= LONGEST:
        return kept
    return kept[: starts[LONGEST]].rstrip() + "…"


def clean_text(text: str) -> str:
    """Return what somebody wrote, its lines kept, without control and direction signs."""
    return "\n".join(_harmless(line).rstrip() for line in text.splitlines())


def _harmless(text: str) -> str:
    """Drop controls, formats, private and unassigned signs, and towers of accents."""
    visible, marks = [], 0
    for sign in unicodedata.normalize("NFC", text):
        category = unicodedata.category(sign)
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        if sign.isspace() or sign in _BLANK:
            visible.append(" ")
        elif sign in _JOINERS:
            if visible and not (visible[-1].isascii() or visible[-1] in _JOINERS):
                visible.append(sign)  # elsewhere it would join nothing, only hide something
        elif category not in _UNSEEN and marks <= MOST_MARKS:
            visible.append(sign)
    return "".join(visible)


def _starts(text: str) -> Iterator[int]:
    """Yield where each visible sign begins: an accent or a joiner belongs to the one before.

    Simpler than Unicode UAX #29: pairs of flag letters and Hangul parts count for themselves,
    which cuts such a name earlier, never later.
    """
    joined = False
    for position, sign in enumerate(text):
        attached = unicodedata.category(sign) in {"Mn", "Me", "Mc"} or sign in _JOINERS
        if not (attached or joined):
            yield position
        joined = sign in _JOINERS


def shown(name: str, badge: Badge) -> str:
    """Return a person's name as it stands in a sentence or on a plate.

    A person this device does not know stands in quotes, as a claim. The name is isolated so that
    its writing direction cannot reorder what stands around it.
    """
    tidy = clean(name) or "?"
    if badge is Badge.NEW:
        tidy = _("“{name}”").replace("{name}", tidy)
    return f"{ISOLATE}{tidy}{POP}"


def isolated(text: str) -> str:
    """Return any foreign text (a title, a name) tidied and isolated, without quotes."""
    return f"{ISOLATE}{clean(text)}{POP}"


def initials(name: str) -> str:
    """Return one or two letters that stand for a name where there is no picture."""
    words = [word for word in clean(name).split() if any(c.isalnum() for c in word)]
    letters = [next(c for c in word if c.isalnum()).upper() for word in words]
    return "".join(letters[:1] + letters[-1:] if len(letters) > 1 else letters) or "?"
