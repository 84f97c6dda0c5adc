"""What is said when a chosen device is unplugged or plugged in again."""

from app.i18n import _
from app.names import isolated
from app.plugging import Moved
from app.texts import filled


def moved_words(moved: Moved) -> str:
    """Return that a chosen device went or came back, and what is used now."""
    name, instead = isolated(moved.name), isolated(moved.instead)
    match moved.kind, moved.gone, bool(moved.instead):
        case "camera", True, _other:
            words = _("The camera {name} was unplugged.")
        case "camera", False, _other:
            words = _("The camera {name} is back.")
        case "microphone", True, True:
            words = _("{name} was unplugged. You speak through {instead} now.")
        case "speaker", True, True:
            words = _("{name} was unplugged. You hear the others through {instead} now.")
        case "microphone", True, False:
            words = _("{name} was unplugged. There is no other microphone.")
        case "speaker", True, False:
            words = _("{name} was unplugged. There is no other speaker.")
        case "microphone", False, _other:
            words = _("{name} is back. You speak through it again.")
        case _:
            words = _("{name} is back. You hear the others through it again.")
    return filled(words, name=name, instead=instead)
