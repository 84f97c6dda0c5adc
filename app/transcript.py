"""The chat as a text file: only where a person asks for it, and as it was read."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from app.i18n import _
from app.meeting.view import ChatLine, MeetingView
from app.names import clean, clean_text
from app.screens import ChatSaved
from app.storage import write_whole
from app.texts import filled

_INDENT = "    "  # before every further line of a message, so that none looks like another's

log = logging.getLogger(__name__)


def transcript(title: str, lines: tuple[ChatLine, ...]) -> str:
    """Return the chat of a meeting as plain text, times as this place counts them."""
    return "\n".join([filled(_("Chat of the meeting “{title}”"), title=clean(title)), "",
                      *_written(lines), ""])  # fmt: skip


def _written(lines: tuple[ChatLine, ...]) -> Iterator[str]:
    day = ""
    for line in lines:
        at = datetime.fromtimestamp(line.at)
        if (today := f"{at:%Y-%m-%d}") != day:
            day = today
            yield day
        first, *rest = clean_text(line.text).split("\n")
        yield f"{at:%H:%M} {clean(line.name)}: {first}"
        yield from (_INDENT + more for more in rest)


class ChatSaving:
    """Writes the chat of one meeting where it is asked for; `outcome` tells how the last went."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self.outcome: ChatSaved | None = None

    async def save(self, view: MeetingView, path: Path) -> None:
        """Write the chat as it stands into a file that only this user can read."""
        text = transcript(view.title, view.chat).encode("utf-8", "replace")
        number = self.outcome.number + 1 if self.outcome else 1
        try:
            await asyncio.get_running_loop().run_in_executor(None, write_whole, path, text)
            self.outcome = ChatSaved(number, True)
        except (OSError, ValueError) as error:  # ValueError: a path with a zero byte
            log.warning("the chat could not be written: %s", type(error).__name__)
            self.outcome = ChatSaved(number, False)
        self._changed()
