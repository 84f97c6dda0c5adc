"""Colours: readable in every theme, and written down in one place."""

import re
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

from app.ui import theme
from app.ui.appearance import Appearance, system_scale, system_wants_less_motion
from app.ui.colour import blend, contrast
from app.ui.theme import DARK, LIGHT, Tokens
from app.ui.tokens import DARK_STAGE, LIGHT_STAGE, STRONG_DARK, STRONG_LIGHT, STRONG_STAGE

UI = Path(__file__).resolve().parents[2] / "app" / "ui"
WINDOW = (LIGHT, DARK, STRONG_LIGHT, STRONG_DARK)
STAGE = (LIGHT_STAGE, DARK_STAGE, STRONG_STAGE)
WORDS = ("text", "muted", "accent", "safe", "warn", "danger")


def enough(tokens: Tokens) -> float:
    """Return the contrast that words need in a theme."""
    return theme.STRONG_CONTRAST if tokens.strong else theme.MINIMUM_CONTRAST


@pytest.mark.parametrize("tokens", [*WINDOW, *STAGE])
@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("ground", ["bg", "surface"])
def test_words_can_be_read_on_every_ground(tokens: Tokens, word: str, ground: str) -> None:
    assert contrast(getattr(tokens, word), getattr(tokens, ground)) >= enough(tokens)


@pytest.mark.parametrize("tokens", [*WINDOW, *STAGE])
@pytest.mark.parametrize("ground", ["accent", "danger", "safe", "warn"])
def test_words_can_be_read_on_coloured_buttons(tokens: Tokens, ground: str) -> None:
    assert contrast(tokens.on_accent, getattr(tokens, ground)) >= enough(tokens)


@pytest.mark.parametrize("tokens", WINDOW)
def test_words_stay_readable_under_the_pointer(tokens: Tokens) -> None:
    for share in (0.07, 0.08):
        ground = blend(tokens.surface, tokens.text, share)
        assert contrast(tokens.text, ground) >= enough(tokens)
    for share in (0.14, 0.24):
        ground = blend(tokens.accent, tokens.text, share)
        assert contrast(tokens.on_accent, ground) >= enough(tokens)


@pytest.mark.parametrize("stage", STAGE)
@pytest.mark.parametrize("word", ["text", "safe", "warn"])
@pytest.mark.parametrize("picture", ["#FFFFFF", "#000000", "#808080"])
def test_a_name_can_be_read_over_any_picture(stage: Tokens, word: str, picture: str) -> None:
    plate = blend(picture, stage.stage, theme.PLATE_OPACITY)
    assert contrast(getattr(stage, word), plate) >= theme.MINIMUM_CONTRAST


@pytest.mark.parametrize("ground", theme.AVATARS)
def test_initials_can_be_read(ground: str) -> None:
    assert contrast(theme.ON_AVATAR, ground) >= theme.MINIMUM_CONTRAST


@pytest.mark.parametrize("stage", STAGE)
def test_a_banner_can_be_read(stage: Tokens) -> None:
    for kind in ("warn", "danger"):
        ground = blend(stage.stage, getattr(stage, kind), 0.16)
        assert contrast(stage.text, ground) >= enough(stage)


@pytest.mark.parametrize("tokens", WINDOW)
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


class System:
    """What a system tells of how it looks."""

    def __init__(self) -> None:
        self.dark = self.contrast = False

    def colorScheme(self) -> Qt.ColorScheme:
        return Qt.ColorScheme.Dark if self.dark else Qt.ColorScheme.Light

    def accessibility(self) -> "System":
        return self

    def contrastPreference(self) -> Qt.ContrastPreference:
        preference = Qt.ContrastPreference
        return preference.HighContrast if self.contrast else preference.NoPreference


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> System:
    made = System()
    monkeypatch.setattr(theme.QGuiApplication, "styleHints", lambda: made)
    return made


@pytest.mark.parametrize(("dark", "tokens"), [(False, STRONG_LIGHT), (True, STRONG_DARK)])
def test_high_contrast_is_light_or_dark_as_the_system_is(
    dressed: Appearance, system: System, dark: bool, tokens: Tokens
) -> None:
    system.dark = dark
    dressed.choose("contrast")
    assert theme.current() is tokens
    assert theme.on_stage() is STRONG_STAGE
    assert theme.edge(tokens) == tokens.text


def test_another_look_of_the_system_is_followed_while_conclave_runs(
    dressed: Appearance, qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    hints = qapp.styleHints()
    dressed.choose("system")
    with monkeypatch.context() as patch:
        system = System()
        patch.setattr(theme.QGuiApplication, "styleHints", lambda: system)
        system.dark = True
        hints.colorSchemeChanged.emit(Qt.ColorScheme.Dark)
        assert theme.current() is DARK
        system.contrast = True
        hints.accessibility().contrastPreferenceChanged.emit(Qt.ContrastPreference.HighContrast)
        assert theme.current() is STRONG_DARK


def test_what_a_person_chose_stands_above_the_system(system: System) -> None:
    system.dark = system.contrast = True
    assert theme.choose("system") is STRONG_DARK
    assert theme.choose("light") is LIGHT
    assert theme.choose("dark") is DARK


def test_what_the_person_wants_comes_on_top_of_the_system(qapp: QApplication) -> None:
    appearance = Appearance(qapp, "light", scale=1.25, factor=1.5)
    assert appearance.scale == pytest.approx(1.875)
    appearance.enlarge(1.0)
    assert appearance.scale == pytest.approx(1.25)
    appearance.deleteLater()


def test_only_windows_tells_that_nothing_is_to_move(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QApplication, "isEffectEnabled", lambda _effect: False)
    assert system_wants_less_motion("win32")
    assert not system_wants_less_motion("linux")
    assert not system_wants_less_motion("darwin")


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
