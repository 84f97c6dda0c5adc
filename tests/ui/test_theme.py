"""Colours: readable in both themes, and written down in one place."""

import re
from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

from app.ui import theme
from app.ui.appearance import Appearance, system_scale
from app.ui.colour import blend, contrast
from app.ui.theme import DARK, DARK_STAGE, LIGHT, LIGHT_STAGE, Tokens

UI = Path(__file__).resolve().parents[2] / "app" / "ui"
WORDS = ("text", "muted", "accent", "safe", "warn", "danger")


@pytest.mark.parametrize("tokens", [LIGHT, DARK, LIGHT_STAGE, DARK_STAGE])
@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("ground", ["bg", "surface"])
def test_words_can_be_read_on_every_ground(tokens: Tokens, word: str, ground: str) -> None:
    assert contrast(getattr(tokens, word), getattr(tokens, ground)) >= theme.MINIMUM_CONTRAST


@pytest.mark.parametrize("tokens", [LIGHT, DARK, LIGHT_STAGE, DARK_STAGE])
@pytest.mark.parametrize("ground", ["accent", "danger", "safe", "warn"])
def test_words_can_be_read_on_coloured_buttons(tokens: Tokens, ground: str) -> None:
    assert contrast(tokens.on_accent, getattr(tokens, ground)) >= theme.MINIMUM_CONTRAST


@pytest.mark.parametrize("tokens", [LIGHT, DARK])
def test_words_stay_readable_under_the_pointer(tokens: Tokens) -> None:
    for share in (0.07, 0.08):
        ground = blend(tokens.surface, tokens.text, share)
        assert contrast(tokens.text, ground) >= theme.MINIMUM_CONTRAST
    for share in (0.14, 0.24):
        ground = blend(tokens.accent, tokens.text, share)
        assert contrast(tokens.on_accent, ground) >= theme.MINIMUM_CONTRAST


@pytest.mark.parametrize("stage", [LIGHT_STAGE, DARK_STAGE])
@pytest.mark.parametrize("word", ["text", "safe", "warn"])
@pytest.mark.parametrize("picture", ["#FFFFFF", "#000000", "#808080"])
def test_a_name_can_be_read_over_any_picture(stage: Tokens, word: str, picture: str) -> None:
    plate = blend(picture, stage.stage, theme.PLATE_OPACITY)
    assert contrast(getattr(stage, word), plate) >= theme.MINIMUM_CONTRAST


@pytest.mark.parametrize("ground", theme.AVATARS)
def test_initials_can_be_read(ground: str) -> None:
    assert contrast(theme.ON_AVATAR, ground) >= theme.MINIMUM_CONTRAST


@pytest.mark.parametrize("stage", [LIGHT_STAGE, DARK_STAGE])
def test_a_banner_can_be_read(stage: Tokens) -> None:
    for kind in ("warn", "danger"):
        ground = blend(stage.stage, getattr(stage, kind), 0.16)
        assert contrast(stage.text, ground) >= theme.MINIMUM_CONTRAST


@pytest.mark.parametrize("tokens", [LIGHT, DARK])
def test_what_can_be_typed_into_has_a_visible_edge(tokens: Tokens) -> None:
    assert contrast(theme.edge(tokens), tokens.surface) >= 3.0


def test_no_colour_stands_outside_the_theme() -> None:
    colour = re.compile(
        r"#[0-9A-Fa-f]{6}\b|#[0-9A-Fa-f]{3}\b|rgba?\(|QColor\(\d|GlobalColor\.(?!transparent)"
    )
    found = [
        f"{path.name}: {match.group()}"
        for path in UI.rglob("*.py")
        if path.name not in {"theme.py", "tokens.py", "samples.py"}
        for match in colour.finditer(path.read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(("name", "tokens"), [("light", LIGHT), ("dark", DARK)])
def test_a_chosen_theme_is_shown_whatever_the_system_wants(
    dressed: Appearance, name: str, tokens: Tokens
) -> None:
    dressed.choose(name)
    assert theme.current() is tokens
    assert QApplication.palette().color(QPalette.ColorRole.Window) == QColor(tokens.bg)


def test_type_grows_as_asked_and_not_without_end(dressed: Appearance) -> None:
    dressed.enlarge(1.5)
    assert theme.scale() == pytest.approx(1.5, abs=0.05)
    dressed.enlarge(9)
    assert theme.scale() == pytest.approx(2.0, abs=0.05)


def test_the_systems_larger_type_is_followed() -> None:
    font = QApplication.font()
    font.setPointSizeF(16.5)
    assert system_scale("linux", font) == pytest.approx(1.5)
    font.setPointSizeF(9)
    assert system_scale("linux", font) == 1.0
    assert system_scale("win32", font) == 1.0


def test_contrast_is_what_wcag_says() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)
