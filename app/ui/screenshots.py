"""Pictures every screen with made-up people: python -m app.ui.screenshots [--out FOLDER]."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from tempfile import NamedTemporaryFile

from PySide6.QtCore import QCoreApplication, QEvent, QSize, QThread
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QApplication

from app.i18n import use_language
from app.intents import Intent
from app.rules import FREE, Function, Rules
from app.screens import InMeeting, Preview
from app.settings import DEFAULTS, TABLE
from app.ui import samples, samples_everyday, samples_screens, times
from app.ui.appearance import Appearance
from app.ui.application import make_application
from app.ui.outside import Outside
from app.ui.shot_views import VIEWS, show_view
from app.ui.shots import SHOTS, Shot
from app.ui.views.doctor import DoctorSheet
from app.ui.views.home import HomeView
from app.ui.views.meeting import MeetingScreen
from app.ui.views.share import ShareSheet
from app.ui.widgets.buttons import Button
from app.ui.widgets.device_menu import DeviceArrow
from app.ui.window import Window
from media.slot import Slot
from media.video.picture import Picture

SIZE = QSize(1024, 700)
BOUND = Rules(lobby=True, password=True, off=frozenset({Function.NEARBY}), faults=("allow_chatt",))
EACH_ONCE = {("light", "en"), ("dark", "de")}  # every theme and every language, for little room


def main(arguments: Sequence[str] | None = None) -> int:
    """Write a PNG of each screen in each theme and language; returns the exit code."""
    options = _options(arguments)
    width, height = (int(part) for part in options.size.split("x"))
    with NamedTemporaryFile("w", suffix=".json") as file:
        file.write(_one_screen(round(width * options.ratio), round(height * options.ratio)))
        file.flush()
        os.environ.setdefault("QT_QPA_PLATFORM", f"offscreen:configfile={file.name}")
        return _take_all(options, QSize(width, height))


def _one_screen(width: int, height: int) -> str:
    """Return what the offscreen platform reads of its screen: as large as the window."""
    size = {"x": 0, "y": 0, "width": width, "height": height}
    pixels = {"logicalDpi": 96, "logicalBaseDpi": 96, "dpr": 1}
    return json.dumps({"screens": [{"name": "one", **size, **pixels}]})


def _take_all(options: argparse.Namespace, size: QSize) -> int:
    os.environ["TZ"] = "UTC"  # the same pictures wherever they are taken
    os.environ["LC_ALL"] = "C.UTF-8"
    if options.ratio != 1.0:
        os.environ["QT_SCALE_FACTOR"] = str(options.ratio)
    application = make_application([])
    application.setCursorFlashTime(0)
    options.out.mkdir(parents=True, exist_ok=True)
    for theme, language in product(options.theme, options.language):
        if options.each_once and (theme, language) not in EACH_ONCE:
            continue
        appearance = Appearance(application, theme, options.text)
        use_language(language)
        appearance.speak()
        for shot in SHOTS:
            if not options.only or shot.name in options.only:
                path = options.out / f"{shot.name}-{theme}-{language}.png"
                take(application, appearance, shot, size, path)
                print(path)
    return 0


def take(
    application: QApplication, appearance: Appearance, shot: Shot, size: QSize, path: Path
) -> None:
    """Show one screen in a window of this size and write its picture."""
    window = put_up(application, appearance, shot, size)
    _grab(window).save(str(path))
    take_down(application, window)


def put_up(application: QApplication, appearance: Appearance, shot: Shot, size: QSize) -> Window:
    """Show one screen in a window of this size, with all that is opened on it."""
    pictures: dict[bytes, Slot[Picture]] = {}
    screens: dict[bytes, Slot[Picture]] = {}

    def slot(dev: bytes) -> Slot[Picture]:
        return pictures.setdefault(dev, Slot())

    window = Window(
        _unheard,
        slot,
        replace(DEFAULTS, name="Mara Lindt"),
        frozenset(TABLE) if shot.bound else frozenset(),
        appearance=appearance,
        screens=lambda dev: screens.setdefault(dev, Slot()),
        rules=BOUND if shot.bound else FREE,
        outside=Outside(examine=samples_everyday.findings),
    )
    window.setProperty("reduce_motion", True)
    window.resize(size)
    window.show_screen(shot.screen)
    window.show()
    application.processEvents()
    open_on(window, shot)
    _feed(shot, slot)
    for dev, mailbox in screens.items():
        mailbox.put(samples_screens.page(dev[0], 1280, 720))
    _settle(application)
    if isinstance(window.view, MeetingScreen):
        window.view.header.clock.setText(times.time_of(samples.MORNING + 700))
        application.processEvents()
    return window


def take_down(application: QApplication, window: Window) -> None:
    """Close such a window, and the menu that stands over it."""
    popup = QApplication.activePopupWidget()
    if popup is not None:
        popup.close()
    window.close()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    application.processEvents()


def _grab(window: Window) -> QPixmap:
    """Return the picture of a window, and of the menu that stands over it."""
    pixmap = window.grab()
    popup = QApplication.activePopupWidget()
    if popup is not None:
        painter = QPainter(pixmap)
        painter.drawPixmap(window.mapFromGlobal(popup.pos()), popup.grab())
        painter.end()
    view = window.view
    if isinstance(view, MeetingScreen) and view.little.window is not None:
        view.little.appear()  # it went when it saw that one is not elsewhere
        return view.little.window.grab()
    return pixmap


def _settle(application: QApplication) -> None:
    """Let timers fire that take pictures from their mailboxes, and what follows from them."""
    for _round in range(4):
        application.processEvents()
        QThread.msleep(8)


def open_on(window: Window, shot: Shot) -> None:
    """Open on a window what a shot wants to show."""
    view, what = window.view, shot.opened
    if what.startswith("settings:"):
        window.sheets.open_settings()
        sheet = window.sheets.settings
        if sheet is not None:
            subject, _colon, name = what.removeprefix("settings:").partition(":")
            sheet.show_subject(subject)
            for button in sheet.findChildren(Button, name) if name else ():
                button.click()
    elif what in EVERYWHERE:
        EVERYWHERE[what](window)
    elif isinstance(view, HomeView):
        if what == "recents":
            view.recents_button.click()
        elif what == "scan":
            view.join_button.click()
            window.findChildren(Button, "join_scan")[-1].click()
            window.show_screen(shot.screen)
        elif what == "start":
            view.start_button.click()
        elif what == "join":
            view.join_button.click()
            window.show_screen(shot.screen)  # its notice stands in the sheet then
    elif isinstance(view, MeetingScreen) and what:
        _open_in_meeting(window, view, shot)


def _open_doctor(window: Window) -> None:
    window.sheets.open_doctor()
    sheet = window.findChildren(DoctorSheet)[-1]
    for _round in range(100):
        if not sheet.goes_on:
            break
        QCoreApplication.processEvents()
        QThread.msleep(5)


EVERYWHERE: dict[str, Callable[[Window], None]] = {
    "doctor": _open_doctor,
    "help": lambda window: window.sheets.open_help("verify"),
    "palette": lambda window: window.sheets.open_palette(window.commands),
    "shortcuts": lambda window: window.sheets.open_shortcuts(),
    "link-kept": lambda window: window.offer_link(samples.LINK),
}
"""What can be opened over any screen."""


def _open_in_meeting(window: Window, view: MeetingScreen, shot: Shot) -> None:
    match shot.opened:
        case "share" | "share:part" | "share:screen":
            _open_sharing(window, view, shot)
        case what if what in VIEWS:
            show_view(window, view, what)
        case "chat":
            view.toggle_chat()
        case "link":
            view.toggle_chat()
            view.chat.text.follow(0)
        case "react":
            view.bar.react.click()
        case "devices":
            arrow = view.bar.microphone.findChild(DeviceArrow)
            assert arrow is not None
            arrow.click()
        case "people":
            view.toggle_people()
        case "menu":
            view.toggle_people()
            view.people.rows[samples.BEN].open_menu()
        case "quality":
            view.open_quality()
        case "figures":
            view.open_quality()
            view.quality.fold.click()
            window.show_screen(shot.screen)
        case "safety":
            view.sheets.safety()
        case "verify":
            view.sheets.verify(samples.BEN)
        case "rules":
            view.sheets.rules()
        case "invite":
            view.sheets.invitations()
        case "invite_mail" | "invite_large":
            view.sheets.invitations()
            window.findChildren(Button, shot.opened)[-1].click()
        case "invite-new":
            view.sheets.invitations()
            for button in window.findChildren(Button, "invitation_new"):
                button.click()
        case "more":
            view.bar.more.click()
        case "leave":
            view.leave()
        case "answer":
            view.answer()
        case "hand-over":
            view.sheets.hand_over(samples.ADA)


def _open_sharing(window: Window, view: MeetingScreen, shot: Shot) -> None:
    """Open what asks for a window, with the second one chosen."""
    view.sheets.share()
    window.show_screen(shot.screen)
    for sheet in window.findChildren(ShareSheet):
        way = shot.opened.partition(":")[2]
        if way:
            sheet.tabs[way].click()
        if way == "part":
            sheet.part.mark(samples_screens.PART)
        cards = sheet.screens if way == "screen" else sheet.windows
        for card in list(cards.cards.values())[:1]:
            card.click()


_MADE: dict[int, Picture] = {}


def _feed(shot: Shot, slot: Callable[[bytes], Slot[Picture]]) -> None:
    """Give every camera that is on a picture."""
    if isinstance(shot.screen, InMeeting):
        cameras = [p.dev for p in shot.screen.view.people if p.camera_on]
    elif isinstance(shot.screen, Preview) and shot.screen.camera_on:
        cameras = [b""]
    else:
        cameras = []
    for number, dev in enumerate(cameras):
        if number not in _MADE:
            _MADE[number] = samples.picture(number)
        slot(dev).put(_MADE[number])


def _unheard(intent: Intent) -> None:
    """Nobody acts on what is asked for in a picture."""


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m app.ui.screenshots")
    parser.add_argument("--out", type=Path, default=Path("docs/screenshots"))
    parser.add_argument("--size", default=f"{SIZE.width()}x{SIZE.height()}")
    parser.add_argument(
        "--theme", nargs="+", choices=("light", "dark", "contrast"), default=["light", "dark"]
    )
    parser.add_argument("--language", nargs="+", default=["en", "de"])
    parser.add_argument(
        "--each-once", action="store_true", help="light in English and dark in German only"
    )
    parser.add_argument("--ratio", type=float, default=1.0, help="device pixels for each pixel")
    parser.add_argument("--text", type=float, default=1.0, help="how much larger all type is")
    parser.add_argument("--only", nargs="*", default=[], help="names of the screens to picture")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
