"""Opens the window and keeps it open; whoever runs the meeting stands on the other side."""

import contextlib
import os
import sys
from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QFileOpenEvent, QGuiApplication
from PySide6.QtWidgets import QApplication

from app.handed_over import RequestError, checked_link
from app.i18n import _, use_language
from app.intents import Intent
from app.rules import FREE, Rules
from app.settings import Settings
from app.ui.appearance import Appearance, system_scale
from app.ui.beside import Beside
from app.ui.bridge import Bridge
from app.ui.outside import Outside
from app.ui.permission import asking_first
from app.ui.roles import tell_roles
from app.ui.window import Window
from media.slot import Slot as Mailbox
from media.video.picture import Picture


def make_application(arguments: list[str] | None = None) -> QApplication:
    """Return the one QApplication, made on the main thread before anything else of the window."""
    QGuiApplication.setHighDpiScaleFactorRoundingPolicy(
        Qt.HighDpiScaleFactorRoundingPolicy.PassThrough
    )
    application = Application(arguments if arguments is not None else sys.argv[:1])
    application.setApplicationName("Conclave")
    application.setApplicationDisplayName("")  # the window writes its whole title itself
    application.setDesktopFileName(os.environ.get("FLATPAK_ID") or "conclave")  # the menu entry
    tell_roles()
    return application


class Application(QApplication):
    """The one application; it takes the links that macOS hands to a program that runs."""

    link_opened = Signal(str)
    """An invitation, checked to be one by its looks."""

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FileOpen and isinstance(event, QFileOpenEvent):
            text = bytes(event.url().toEncoded().data()).decode("ascii", "replace")
            with contextlib.suppress(RequestError):
                self.link_opened.emit(checked_link(text))
            return True
        return super().event(event)


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
    pictures: Callable[[bytes], Mailbox[Picture]],
    settings: Settings,
    *,
    screens: Callable[[bytes], Mailbox[Picture]],
    locked: frozenset[str] = frozenset(),
    link: str = "",
    in_tray: bool = False,
    outside: Outside | None = None,
    rules: Rules = FREE,
    begin: Callable[[], None] = lambda: None,
) -> int:
    """Show the window until it is closed; returns the exit code. Called on the main thread.

    `bridge` must have been made on this thread after `make_application`. `submit` takes intents
    and returns at once. `pictures(dev)` is the mailbox of a person's pictures, b"" that of the
    own camera before the meeting; `screens(dev)` that of the screen they share. A `link` from
    outside is offered, never joined by itself. `begin` is called when the window was painted first.
    When the window is closed in a meeting, Leave is submitted before this returns.
    """
    application = QApplication.instance()
    assert isinstance(application, QApplication), "make_application comes first"
    outside = outside or Outside()
    appearance = dress(application, settings)
    window = Window(
        asking_first(submit, application) if sys.platform == "darwin" else submit,
        pictures,
        settings,
        locked,
        appearance,
        screens=screens,
        outside=outside,
        rules=rules,
    )
    beside = Beside(application, window)
    if isinstance(application, Application):
        application.link_opened.connect(window.offer_link)
    bridge.shown.connect(window.show_screen)
    bridge.shown.connect(beside.show_screen)
    if link:
        window.offer_link(link)
    if not (in_tray and beside.tray.is_there):
        window.show()

    def begin_all() -> None:
        application.sync()  # the window is painted by then: nothing of this has to be there before
        begin()
        beside.open_door()
        window.prepare()

    QTimer.singleShot(0, begin_all)
    try:
        return application.exec()
    finally:
        bridge.shown.disconnect(window.show_screen)
        bridge.shown.disconnect(beside.show_screen)
        beside.close()


def say_last(heading: str, words: str) -> None:
    """Say one thing after the window is closed, and wait until it was read."""
    from PySide6.QtWidgets import QMessageBox

    box = QMessageBox()
    box.setObjectName("last_words")
    box.setWindowTitle("Conclave")
    box.setText(heading)
    box.setInformativeText(words)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.addButton(_("Close"), QMessageBox.ButtonRole.AcceptRole)
    box.exec()
