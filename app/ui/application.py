"""Opens the window and keeps it open; whoever runs the meeting stands on the other side."""

import contextlib
import signal
import sys
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QFileOpenEvent, QGuiApplication
from PySide6.QtWidgets import QApplication

from app.handed_over import RequestError, checked_link
from app.i18n import use_language
from app.intents import Intent
from app.rules import FREE, Rules
from app.settings import Settings
from app.ui.appearance import Appearance, system_scale
from app.ui.bridge import Bridge
from app.ui.doorbell import Doorbell
from app.ui.outside import Outside
from app.ui.window import Window
from media.slot import Slot
from media.video.picture import Picture

SIGNALS_EVERY = 300  # milliseconds


def make_application(arguments: list[str] | None = None) -> QApplication:
    """Return the one QApplication, made on the main thread before anything else of the window."""
    QGuiApplication.setHighDpiScaleFactorRoundingPolicy(
        Qt.HighDpiScaleFactorRoundingPolicy.PassThrough
    )
    application = QApplication(arguments if arguments is not None else sys.argv[:1])
    application.setApplicationName("Conclave")
    application.setApplicationDisplayName("")  # the window writes its whole title itself
    application.setDesktopFileName("conclave")
    return application


def close_on_interrupt(application: QApplication) -> None:
    """Let Ctrl+C in the terminal close the window as its button does.

    Python looks at signals only between two of its own steps: a timer gives it some.
    """
    signal.signal(signal.SIGINT, lambda *_: application.closeAllWindows())
    timer = QTimer(application)
    timer.timeout.connect(_look_at_signals)
    timer.start(SIGNALS_EVERY)


def _look_at_signals() -> None:
    """Be a step of Python."""


def dress(application: QApplication, settings: Settings) -> Appearance:
    """Give the application its language, colours and typeface."""
    use_language(settings.language)
    scale = system_scale(sys.platform, application.font())
    appearance = Appearance(application, settings.theme, scale, settings.text_scale / 100)
    appearance.speak()
    return appearance


def run_window(
    bridge: Bridge,
    submit: Callable[[Intent], None],
    pictures: Callable[[bytes], Slot[Picture]],
    settings: Settings,
    *,
    screens: Callable[[bytes], Slot[Picture]],
    locked: frozenset[str] = frozenset(),
    link: str = "",
    outside: Outside | None = None,
    rules: Rules = FREE,
) -> int:
    """Show the window until it is closed; returns the exit code. Called on the main thread.

    `bridge` must have been made on this thread after `make_application`. `submit` takes intents
    and returns at once. `pictures(dev)` is the mailbox of a person's pictures, b"" that of the
    own camera before the meeting; `screens(dev)` that of the screen they share. A `link` from
    outside is offered, never joined by itself.
    When the window is closed in a meeting, Leave is submitted before this returns.
    """
    application = QApplication.instance()
    assert isinstance(application, QApplication), "make_application comes first"
    appearance = dress(application, settings)
    outside = outside or Outside()
    window = Window(
        submit, pictures, settings, locked, appearance, screens=screens, outside=outside, rules=rules
    )
    bridge.shown.connect(window.show_screen)
    doorbell = Doorbell(window.answer, window)
    doorbell.listen(outside.address)
    application.installEventFilter(OpenedLinks(window.offer_link, window))
    if link:
        window.offer_link(link)
    window.show()
    close_on_interrupt(application)
    try:
        return application.exec()
    finally:
        doorbell.close()
        bridge.shown.disconnect(window.show_screen)


class OpenedLinks(QObject):
    """Takes the links that macOS gives to a program that runs already, or that it starts."""

    def __init__(self, offer: Callable[[str], None], parent: QObject) -> None:
        super().__init__(parent)
        self._offer = offer

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FileOpen and isinstance(event, QFileOpenEvent):
            text = bytes(event.url().toEncoded().data()).decode("ascii", "replace")
            with contextlib.suppress(RequestError):
                self._offer(checked_link(text))
            return True
        return False
