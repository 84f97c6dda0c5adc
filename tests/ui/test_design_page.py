"""The design page says what is so: colours, their measured contrast, sizes of type, words."""

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from app.ui import theme
from app.ui.colour import contrast
from app.ui.tokens import DARK, LIGHT, STRONG_DARK, STRONG_LIGHT, Tokens

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (`\w+`(?:, `\w+`)*) \|(.*)$", re.MULTILINE)
WORDS = ("text", "muted", "accent", "safe", "warn", "danger")


def table(number: int) -> dict[str, list[str]]:
    """Return the cells of one of the two tables of colours, by the name of the token."""
    part = PAGE.split("## Colours")[1].split("## Type")[0].split("High contrast is")[number]
    cells = {}
    for names, rest in ROW.findall(part):
        for name in re.findall(r"`(\w+)`", names):
            cells[name] = [cell.strip() for cell in rest.split("|")]
    return cells


def worst(tokens: Tokens, word: str) -> float:
    colour = getattr(tokens, word)
    return min(contrast(colour, tokens.bg), contrast(colour, tokens.surface))


@pytest.mark.parametrize(
    ("number", "column", "tokens"),
    [(0, 0, LIGHT), (0, 2, DARK), (1, 0, STRONG_LIGHT), (1, 2, STRONG_DARK)],
)
def test_colours_and_their_contrast_are_those_of_the_page(
    number: int, column: int, tokens: Tokens
) -> None:
    told = table(number)
    assert set(told) == {"bg", "surface", "line", "stage", "raised", *WORDS}
    for name, cells in told.items():
        assert cells[column] == getattr(tokens, name), name
        if name in WORDS:
            assert cells[column + 1] == f"{worst(tokens, name):.1f}", name


def test_the_sizes_of_type_are_those_of_the_page() -> None:
    line = re.search(
        r"(\d+) small, (\d+) body, (\d+) controls and headings,\s+(\d+) titles, (\d+)", PAGE
    )
    assert line is not None
    sizes = (theme.SMALL, theme.BODY, theme.CONTROL, theme.TITLE, theme.DISPLAY)
    assert tuple(map(int, line.groups())) == sizes


def test_the_german_of_the_page_is_that_of_the_app() -> None:
    with (ROOT / "resources/locale/de/LC_MESSAGES/conclave.po").open("rb") as file:
        german = read_po(file, locale="de")
    part = PAGE.split("| English | German |")[1]
    pairs = re.findall(r"^\| ([^|-][^|]*) \| ([^|]*) \|$", part, re.MULTILINE)
    assert pairs
    for source, words in pairs:
        message = german.get(source)
        assert message is not None, source
        assert message.string == words
