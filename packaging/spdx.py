"""Reads SPDX licence expressions, and tells which go with GPL-3.0-or-later.

Grammar: SPDX 3.0, annex "SPDX license expressions". What goes with the GPL: the FSF's list of
licences, https://www.gnu.org/licenses/license-list.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

WITH_THE_GPL = frozenset(
    {
        "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSD-3-Clause-Clear", "BSL-1.0",
        "CC0-1.0", "GPL-2.0-or-later", "GPL-3.0-only", "GPL-3.0-or-later", "HPND", "IJG", "ISC",
        "LGPL-2.0-or-later", "LGPL-2.1-only", "LGPL-2.1-or-later", "LGPL-3.0-only",
        "LGPL-3.0-or-later", "libpng-2.0", "libtiff", "MIT", "MIT-0", "MIT-CMU", "MPL-2.0",
        "PSF-2.0", "Unicode-3.0", "Unlicense", "X11", "Zlib", "bzip2-1.0.6",
    }
)  # fmt: skip
BESIDE_THE_GPL = frozenset({"OFL-1.1"})  # typefaces: files beside the program, not part of it

TOKEN = re.compile(r"\s*(\(|\)|[A-Za-z0-9.+:-]+)")


class ExpressionError(ValueError):
    """This is no licence expression."""


def goes_with_the_gpl(expression: str, data: bool = False) -> bool:
    """Tell whether what has this licence may be part of Conclave; raises ExpressionError.

    Of `A OR B` one is enough, of `A AND B` both are needed; an exception only permits more. With
    `data` it is a file that the program reads, for which a few more licences do.
    """
    tokens = list(_tokens(expression))
    good = WITH_THE_GPL | (BESIDE_THE_GPL if data else frozenset())
    verdict, rest = _any_of(tokens, good)
    if rest:
        raise ExpressionError(f"{expression!r} goes on after its end")
    return verdict


def _tokens(text: str) -> Iterator[str]:
    place = 0
    text = text.rstrip()
    while place < len(text):
        found = TOKEN.match(text, place)
        if found is None:
            raise ExpressionError(f"{text!r} is no expression")
        yield found[1]
        place = found.end()


def _any_of(tokens: list[str], good: frozenset[str]) -> tuple[bool, list[str]]:
    verdict, tokens = _all_of(tokens, good)
    while tokens[:1] == ["OR"]:
        other, tokens = _all_of(tokens[1:], good)
        verdict = verdict or other
    return verdict, tokens


def _all_of(tokens: list[str], good: frozenset[str]) -> tuple[bool, list[str]]:
    verdict, tokens = _one(tokens, good)
    while tokens[:1] == ["AND"]:
        other, tokens = _one(tokens[1:], good)
        verdict = verdict and other
    return verdict, tokens


def _one(tokens: list[str], good: frozenset[str]) -> tuple[bool, list[str]]:
    if not tokens or tokens[0] in {")", "AND", "OR", "WITH"}:
        raise ExpressionError("a licence is missing")
    if tokens[0] == "(":
        verdict, rest = _any_of(tokens[1:], good)
        if rest[:1] != [")"]:
            raise ExpressionError("a bracket is not closed")
        return verdict, rest[1:]
    rest = tokens[1:]
    if rest[:1] == ["WITH"]:
        if len(rest) < 2:
            raise ExpressionError("an exception is missing")
        rest = rest[2:]
    return tokens[0] in good, rest
