"""What every view is given: where intents go, where pictures come from, what is set."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtWidgets import QWidget

from app.intents import Intent
from app.rules import FREE, Rules
from app.settings import Settings, Value
from app.ui.feed import PictureFeed
from app.ui.outside import UpdateNews

Submit = Callable[[Intent], None]


@dataclass(frozen=True)
class Context:
    """Handed to each view by the window."""

    submit: Submit
    feed: PictureFeed
    screens: PictureFeed  # of the screens that people share
    settings: Callable[[], Settings]
    change: Callable[[str, Value], None]  # one setting, by its name
    locked: frozenset[str]  # settings that the organisation decides
    ground: QWidget  # sheets stand over this
    open_settings: Callable[[str], None]  # at a subject, "" for the first
    own_name: Callable[[], str]  # as it was given last
    open_doctor: Callable[[], None]
    open_help: Callable[[str], None]  # at a page, "" for the first
    export: Callable[[str], str] = lambda _path: ""  # everything kept, into a file; why not, or ""
    erase: Callable[[], None] = lambda: None  # everything kept, and close
    look_for_update: Callable[[str], UpdateNews] = lambda _source: UpdateNews("")  # waits
    take_update: Callable[[], UpdateNews] = lambda: UpdateNews("")  # what was found; waits
    rules: Rules = FREE  # what the organisation decides beyond the settings
