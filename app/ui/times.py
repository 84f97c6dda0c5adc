"""Times of day and days as this place writes them, in the language in use."""

from PySide6.QtCore import QDateTime, QLocale, QTime

from app.i18n import _, language


def place() -> QLocale:
    """Return the system's ways where it speaks the language in use, else those of the language."""
    system = QLocale.system()
    wanted = QLocale(language())
    return system if system.language() == wanted.language() else wanted


def now() -> str:
    """Return the time of day."""
    return place().toString(QTime.currentTime(), QLocale.FormatType.ShortFormat)


def time_of(seconds: float) -> str:
    """Return the time of day of a moment in seconds since the epoch."""
    moment = QDateTime.fromSecsSinceEpoch(round(seconds)).time()
    return place().toString(moment, QLocale.FormatType.ShortFormat)


def day_of(seconds: float) -> str:
    """Return the day of a moment in seconds since the epoch."""
    day = QDateTime.fromSecsSinceEpoch(round(seconds)).date()
    return QLocale(language()).toString(day, _("d MMMM yyyy"))


def moment(seconds: float) -> str:
    """Return day and time of a moment in seconds since the epoch, without its year."""
    day = QDateTime.fromSecsSinceEpoch(round(seconds)).date()
    words = QLocale(language()).toString(day, _("d MMMM"))
    return f"{words}, {time_of(seconds)}"
