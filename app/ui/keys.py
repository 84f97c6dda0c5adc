"""Which keys do what: the one table that actions, sheet, palette and tool tips read."""

from dataclasses import dataclass
from enum import Flag, auto

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence

from app.i18n import _, mark

MICROPHONE = "Ctrl+D"
CAMERA = "Ctrl+E"
SHARE = "Ctrl+Shift+S"
HAND = "Ctrl+Shift+H"
CHAT = "Ctrl+Shift+C"
PEOPLE = "Ctrl+Shift+P"
LEAVE = "Ctrl+Shift+L"
ANSWER = "Ctrl+Shift+A"
DECLINE = "Ctrl+Shift+D"
VIEW = "Ctrl+Shift+G"
FULL_SCREEN = "F11"
SETTINGS = "Ctrl+,"
HELP = "F1"
PALETTE = "Ctrl+K"
SHORTCUT_SHEET = "?"
CLOSE = "Ctrl+W"
QUIT = "Ctrl+Q"


class Where(Flag):
    """On which screens a key does something."""

    PREVIEW = auto()
    WAITING = auto()
    MEETING = auto()
    ELSEWHERE = auto()
    CALLED = auto()  # there is a contact who calls, whatever the screen
    DEVICES = PREVIEW | MEETING
    ON_THE_WAY = PREVIEW | WAITING | MEETING
    EVERYWHERE = PREVIEW | WAITING | MEETING | ELSEWHERE | CALLED


@dataclass(frozen=True)
class Shortcut:
    """One thing that can be done by keyboard."""

    action: str  # a name of the window's actions; "" for what widgets do by themselves
    keys: tuple[str, ...]  # the first is the one that is shown
    words: str
    where: Where = Where.EVERYWHERE

    @property
    def shown(self) -> str:
        """The keys as this system writes them."""
        return native(self.keys[0])


SHORTCUTS = (
    Shortcut("microphone", (MICROPHONE,), mark("Microphone on or off"), Where.DEVICES),
    Shortcut("", ("Space",), mark("Held: speak while muted"), Where.MEETING),
    Shortcut("camera", (CAMERA,), mark("Camera on or off"), Where.DEVICES),
    Shortcut("share", (SHARE,), mark("Share your screen or stop"), Where.MEETING),
    Shortcut("hand", (HAND,), mark("Raise your hand or take it down"), Where.MEETING),
    Shortcut("chat", (CHAT,), mark("Chat"), Where.MEETING),
    Shortcut("people", (PEOPLE,), mark("People"), Where.MEETING),
    Shortcut("view", (VIEW,), mark("Who speaks large, or all alike"), Where.MEETING),
    Shortcut("answer", (ANSWER,), mark("Answer the contact who calls"), Where.CALLED),
    Shortcut("decline", (DECLINE,), mark("Do not answer them now"), Where.CALLED),
    Shortcut("full_screen", (FULL_SCREEN,), mark("Full screen")),
    Shortcut("leave", (LEAVE,), mark("Leave"), Where.ON_THE_WAY),
    Shortcut("palette", (PALETTE,), mark("Find a command")),
    Shortcut("settings", (SETTINGS,), mark("Settings")),
    Shortcut("shortcuts", (SHORTCUT_SHEET, HELP), mark("Shortcuts")),
    Shortcut("help", (), mark("Help")),
    Shortcut("doctor", (), mark("Check sound and network")),
    Shortcut("", ("Esc",), mark("Close what is open")),
    Shortcut("close", (CLOSE,), mark("Close the window")),
    Shortcut("quit", (QUIT,), mark("Quit Conclave")),
)


def show_keys(action: QAction, keys: str) -> None:
    """Write keys beside an entry of a menu; they work there only, the window has its own."""
    action.setShortcut(QKeySequence(keys))
    action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
    action.setShortcutVisibleInContextMenu(True)


def native(keys: str) -> str:
    """Return keys as this system and language write them, such as Strg+D or ⌘D."""
    return QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)


def with_keys(words: str, keys: str) -> str:
    """Return what a button does together with its keys."""
    return _("{words} ({keys})").replace("{words}", words).replace("{keys}", native(keys))
