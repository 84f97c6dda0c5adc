"""Dresses the application: palette, style sheet and typeface, following the system or a choice."""

from PySide6.QtCore import QLibraryInfo, QLocale, QObject, Qt, QTranslator, Slot
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication

from app.i18n import language
from app.ui import theme
from app.ui.assets import load_fonts
from app.ui.tokens import Tokens

# Points of the usual system type; a system that asks for larger type gets all of ours larger.
_USUAL_POINTS = {"darwin": 13.0, "win32": 9.0, "linux": 11.0}
LARGEST = 2.0


class Appearance(QObject):
    """Keeps the application in the colours that are chosen."""

    def __init__(
        self, application: QApplication, wanted: str, scale: float = 1.0, factor: float = 1.0
    ) -> None:
        """`scale` is what the system asks for, `factor` what the person wants on top of it."""
        super().__init__(application)
        self._application, self._wanted = application, wanted
        self._scale, self._factor = scale, factor
        self._translator: QTranslator | None = None
        self._shown: tuple[Tokens, float] | None = None
        application.setStyle("Fusion")
        load_fonts()
        hints = application.styleHints()
        hints.colorSchemeChanged.connect(self._system_changed)
        hints.accessibility().contrastPreferenceChanged.connect(self._system_changed)
        self.apply()

    def choose(self, wanted: str) -> None:
        """Show light, dark or high contrast from now on, or what the system shows."""
        self._wanted = wanted
        self.apply()

    def enlarge(self, factor: float) -> None:
        """Show all type so many times larger than the system asks for, up to LARGEST."""
        self._factor = factor
        self.apply()

    @property
    def scale(self) -> float:
        """How much larger than designed all type is shown."""
        return min(max(self._scale * self._factor, 1.0), LARGEST)

    def speak(self) -> None:
        """Let Qt's own words (keys, menus of fields) be those of the language in use."""
        QLocale.setDefault(QLocale(language()))
        if self._translator is not None:
            self._application.removeTranslator(self._translator)
        self._translator = QTranslator(self)
        folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
        if self._translator.load(f"qtbase_{language()}", folder):
            self._application.installTranslator(self._translator)

    def apply(self) -> None:
        """Dress the application, if it is not dressed like this already."""
        tokens = theme.choose(self._wanted)
        if (tokens, self.scale) != self._shown:
            self._shown = (tokens, self.scale)
            self._application.setFont(theme.font(enlarged=self.scale))
            self._application.setPalette(theme.palette(tokens))
            self._application.setStyleSheet(theme.sheet(tokens, self.scale))

    @Slot()
    def _system_changed(self) -> None:
        self.apply()


def system_scale(platform: str, font: QFont) -> float:
    """Return how much larger than usual the system shows its type."""
    points = font.pointSizeF()
    return min(max(points / _USUAL_POINTS.get(platform, 11.0), 1.0), LARGEST)


def system_wants_less_motion(platform: str) -> bool:
    """Tell whether the system shows no animations; Qt can tell so on Windows only."""
    return platform == "win32" and not QApplication.isEffectEnabled(Qt.UIEffect.UI_General)
