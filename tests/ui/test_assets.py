"""Icons, emoji and typefaces are there, all of them, and nothing besides."""

import ast
import json
from pathlib import Path

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QFontDatabase, QFontInfo, QImage
from PySide6.QtWidgets import QApplication

from app.i18n import use_language
from app.ui import theme
from app.ui.appearance import Appearance
from app.ui.assets import emoji_pixmap, emoji_table, icon, icon_pixmap
from app.ui.widgets.brand import brand_icon

ROOT = Path(__file__).resolve().parents[2]
RESOURCES = ROOT / "resources"
ICONS = {path.stem for path in (RESOURCES / "icons").glob("*.svg")}


def words_in_code() -> set[str]:
    return {
        node.value
        for path in (ROOT / "app" / "ui").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def icons_in_code() -> set[str]:
    """Every string given where an icon is asked for, by its keyword or in a table of icons."""
    found = set()
    for path in (ROOT / "app" / "ui").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg in {"icon_name", "icons"}:
                found |= {n.value for n in ast.walk(node.value) if isinstance(n, ast.Constant)}
            if isinstance(node, ast.Call) and node.args:
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                if name in {"Sign", "Banner", "set_icon", "show_icon"}:
                    first = node.args[0]
                    if isinstance(first, ast.Constant):
                        found.add(first.value)
    return {word for word in found if isinstance(word, str)}


def test_every_icon_that_is_asked_for_ships() -> None:
    assert icons_in_code() - {"", "mute"} <= ICONS


def test_no_icon_ships_unused() -> None:
    assert ICONS - words_in_code() == set()


@pytest.mark.parametrize("name", sorted(ICONS))
def test_every_icon_takes_the_colour_it_is_given(qapp: QApplication, name: str) -> None:
    image = icon_pixmap(name, "#ff0000", 20, 2.0).toImage()
    colours = {
        image.pixelColor(x, y).name()
        for x in range(image.width())
        for y in range(image.height())
        if image.pixelColor(x, y).alpha() == 255
    }
    assert colours == {"#ff0000"}
    assert image.width() == 40


def test_the_table_of_emoji_is_that_of_matrix(qapp: QApplication) -> None:
    table = emoji_table()
    assert [emoji.number for emoji in table] == list(range(64))
    assert (table[0].names["en"], table[0].names["de"]) == ("Dog", "Hund")
    assert (table[63].names["en"], table[63].names["de"]) == ("Pin", "Stecknadel")


def test_no_two_emoji_have_one_name_in_any_language() -> None:
    table = emoji_table()
    languages = set(table[0].names)
    assert languages > {"en", "de", "eo", "fr"}
    for spoken in languages:
        assert len({emoji.names[spoken] for emoji in table}) == 64


def test_an_emoji_is_called_in_the_language_in_use() -> None:
    assert emoji_table()[17].name == "Cactus"
    use_language("de")
    assert emoji_table()[17].name == "Kaktus"


def test_all_64_pictures_are_there_and_differ(qapp: QApplication) -> None:
    pictures = [QImage(str(RESOURCES / "emoji" / f"{number:02d}.png")) for number in range(64)]
    assert all(picture.width() == picture.height() == 144 for picture in pictures)
    assert len({bytes(picture.constBits()) for picture in pictures}) == 64
    assert emoji_pixmap(5, 56, 2.0).width() == 112


def test_the_typeface_is_ours_in_both_weights(dressed: Appearance) -> None:
    assert "Inter" in QFontDatabase.families()
    for bold in (False, True):
        info = QFontInfo(theme.font(bold=bold))
        assert info.family() == "Inter"
        assert info.weight() == (600 if bold else 400)


def test_the_mark_is_drawn_for_every_size(qapp: QApplication) -> None:
    assert {size.width() for size in brand_icon().availableSizes()} >= {16, 32, 256}


def test_every_resource_names_its_licence() -> None:
    text = (RESOURCES / "LICENSES.md").read_text(encoding="utf-8")
    for name in ("fonts/", "icons/", "emoji/", "sas_emoji.json", "conclave.svg", "locale/"):
        assert f"`{name}`" in text
    for path in ("fonts/Inter-LICENSE.txt", "icons/LICENSE.txt", "emoji/LICENSE.txt"):
        assert (RESOURCES / path).is_file()


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
def test_an_icon_is_drawn_for_the_pixels_that_a_screen_has(
    qapp: QApplication, ratio: float
) -> None:
    drawn = icon("lock", "#ff0000").pixmap(QSize(20, 20), ratio)
    assert drawn.width() == 20 * ratio
    assert drawn.toImage() == icon_pixmap("lock", "#ff0000", 20, ratio).toImage()


def test_the_table_of_emoji_is_plain_json() -> None:
    rows = json.loads((RESOURCES / "sas_emoji.json").read_text(encoding="utf-8"))
    assert {tuple(row) for row in rows} == {("number", "emoji", "unicode", "words")}
