"""A window that shows texts which want something loaded, wherever a text of others can stand.

    python -m fakes.hostile_texts ADDRESS FOLDER

ADDRESS is a server that would serve it, FOLDER holds a file that would be read. Tells how often a
text was shown as it was written.
"""

import os
import sys
import time
from dataclasses import replace
from pathlib import Path

from fakes.attacker import tell
from PySide6.QtWidgets import QLabel, QTextBrowser, QTextEdit, QWidget

from app.meeting.view import ChatLine, LiveText, Notice
from app.screens import Home
from app.settings import DEFAULTS
from app.ui.appearance import Appearance
from app.ui.application import make_application
from app.ui.samples import ADA, MORNING, NEARBY, PEOPLE, meeting
from app.ui.window import Window
from media.slot import Slot

LOOKED_AT_S = 2.0


def texts(address: str, folder: Path) -> list[str]:
    """Return what somebody might write to have something loaded."""
    place, file = f"http://{address}/pixel.png", (folder / "bait.png").as_uri()
    return [
        f'<img src="{place}">',
        f'<img src="{file}"><b>bold</b>',
        f'<body background="{place}"><style>@import url({place}); * {{background: url({place})}}',
        f'<a href="{place}">x</a> ![x]({place}) [x]: {place}',
        f'<object data="{place}"></object><iframe src="{place}"></iframe><link href="{place}">',
        f"{place} \\\\{address}\\share\\x smb://{address}/x qrc:/x {file}",
    ]


def everywhere(text: str) -> list[object]:
    """Return the screens on which a text of somebody else stands: lines, names, titles."""
    line = ChatLine(ADA, text[:200], text, MORNING, False)
    people = tuple(replace(one, name=text[:200]) if one.dev == ADA else one for one in PEOPLE)
    live = LiveText(ADA, text[:200], text)
    notice = Notice(1, "joined", text[:200])
    nearby = (replace(NEARBY[0], title=text[:200], host_name=text[:200]),)
    return [
        meeting(chat=(line,), people=people, live_texts=(live,), notices=(notice,)),
        Home("Mara", nearby),
    ]


def main(address: str, folder: str) -> None:
    """Show everything, and wait for what comes of it."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    application = make_application([])
    window = Window(
        lambda _: None,
        lambda _: Slot(),
        DEFAULTS,
        appearance=Appearance(application, "light"),
        screens=lambda _: Slot(),
    )
    window.resize(1200, 800)
    window.show()
    tell("ready")
    shown = 0
    for text in texts(address, Path(folder)):
        for screen in everywhere(text):
            window.show_screen(screen)
            for button in window.findChildren(QWidget, "chat"):
                if not shown:
                    button.click()  # type: ignore[attr-defined]
            until = time.monotonic() + LOOKED_AT_S / 8
            while time.monotonic() < until:
                application.processEvents()
            shown += any(text in words.replace("\u200b", "") for words in words_in(window))
    tell("result", shown=shown, texts=len(texts(address, Path(folder))))


def words_in(window: QWidget) -> list[str]:
    """Return all words that stand in a window, without the marks that isolate them."""
    found = [label.text() for label in window.findChildren(QLabel)]
    found += [edit.toPlainText() for edit in window.findChildren(QTextEdit)]
    found += [edit.toPlainText() for edit in window.findChildren(QTextBrowser)]
    return [words.replace("\u2068", "").replace("\u2069", "") for words in found]


if __name__ == "__main__":
    main(*sys.argv[1:])
