"""Which keys do what; said the way this system writes keys."""

from PySide6.QtGui import QKeySequence

from app.i18n import _, mark

MICROPHONE = "Ctrl+D"
CAMERA = "Ctrl+E"
HAND = "Ctrl+Shift+H"
CHAT = "Ctrl+Shift+C"
PEOPLE = "Ctrl+Shift+P"
LEAVE = "Ctrl+Shift+L"
FULL_SCREEN = "F11"
SETTINGS = "Ctrl+,"
HELP = "F1"
QUIT = "Ctrl+Q"

SHORTCUTS = (
    (MICROPHONE, mark("Microphone on or off")),
    (CAMERA, mark("Camera on or off")),
    (HAND, mark("Raise your hand or take it down")),
    (CHAT, mark("Chat")),
    (PEOPLE, mark("People")),
    (FULL_SCREEN, mark("Full screen")),
    (LEAVE, mark("Leave")),
    (SETTINGS, mark("Settings")),
    (HELP, mark("Shortcuts")),
    ("Esc", mark("Close what is open")),
    (QUIT, mark("Close Conclave")),
)


def native(keys: str) -> str:
    """Return keys as this system and language write them, such as Strg+D or ⌘D."""
    return QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)


def with_keys(words: str, keys: str) -> str:
    """Return what a button does together with its keys."""
    return _("{words} ({keys})").replace("{words}", words).replace("{keys}", native(keys))
