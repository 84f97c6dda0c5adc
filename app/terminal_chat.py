"""The chat at a terminal: what is typed goes to all, what others write and show is printed."""

import asyncio
import threading
from collections.abc import Callable
from typing import TextIO

from app.i18n import _
from app.intents import Intent
from app.meeting.view import ChatLine, MeetingView, Reaction
from app.meeting.wishes import LONGEST_LINE, RaiseHand, React, Say, Write
from app.names import clean, clean_text
from app.person_words import REACTIONS
from app.texts import filled

LONGEST = 4 * LONGEST_LINE  # characters that are taken of one typed line

_REACTIONS = {reaction.name.lower(): reaction for reaction in Reaction}


class TerminalChat:
    """Remembers what was printed; `say` prints a line, `handle` takes what was asked for."""

    def __init__(self, say: Callable[[str], None], handle: Callable[[Intent], None]) -> None:
        self._say, self._handle = say, handle
        self._lines: tuple[ChatLine, ...] = ()
        self._texts: dict[bytes, str] = {}
        self._signs: dict[bytes, float] = {}
        self._hand_up = False

    def typed(self, line: str) -> None:
        """Do what a typed line asks for: a command, or a message to all."""
        match line.strip().split(maxsplit=1):
            case ["/hand"]:
                self._handle(RaiseHand(not self._hand_up))
            case ["/react", word] if word in _REACTIONS:
                self._handle(React(_REACTIONS[word]))
            case ["/write", text]:
                self._handle(Write(text))
            case ["/write"]:
                self._handle(Write(""))
            case [word, *_rest] if word.startswith("/"):
                words = _("Commands: /hand, /write TEXT, and /react with one of: {signs}")
                self._say(filled(words, signs=", ".join(_REACTIONS)))
            case []:
                pass
            case _:
                self._handle(Say(line.strip()))

    def show(self, view: MeetingView) -> None:
        """Print what others wrote and show since the last time."""
        self._hand_up = view.hand_up
        for line in _new(self._lines, view.chat):
            if not line.mine:
                text = clean_text(line.text).replace("\n", "\n    ")
                self._say(f"{clean(line.name)}: {text}")
        self._lines = view.chat
        texts = {text.dev: text.text for text in view.live_texts}
        for one in view.live_texts:
            if self._texts.get(one.dev) != one.text:
                words = filled(_("{name} is writing"), name=clean(one.name))
                self._say(f"{words}: {clean_text(one.text)}")
        self._texts = texts
        self._show_signs(view)

    def _show_signs(self, view: MeetingView) -> None:
        signs = {p.dev: p.reaction.until for p in view.people if p.reaction is not None}
        for person in view.people:
            shown = person.reaction
            if shown and not person.is_me and self._signs.get(person.dev) != shown.until:
                words, sign = _("{name} shows: {sign}"), _(REACTIONS[shown.reaction])
                self._say(filled(words, name=clean(person.name), sign=sign))
        self._signs = signs


def _new(before: tuple[ChatLine, ...], now: tuple[ChatLine, ...]) -> tuple[ChatLine, ...]:
    """Return the lines that came; the oldest may have gone meanwhile."""
    last = before[-1] if before else None
    known = next((n for n in range(len(now), 0, -1) if now[n - 1] == last), 0)
    return now[known:]


def read_lines(source: TextIO, take: Callable[[str], None]) -> threading.Thread:
    """Read lines on a thread of its own, each taken on this loop before the next is read.

    What of a line is longer than LONGEST is left out.
    """
    loop = asyncio.get_running_loop()

    def read() -> None:
        begins = True
        while line := source.readline(LONGEST):
            is_rest, begins = not begins, line.endswith("\n")
            if is_rest:  # of a line that is too long
                continue
            taken = threading.Event()
            try:
                loop.call_soon_threadsafe(_take, take, line, taken)
            except RuntimeError:  # the loop is closed: the meeting is over
                return
            taken.wait()

    thread = threading.Thread(target=read, name="terminal", daemon=True)
    thread.start()
    return thread


def _take(take: Callable[[str], None], line: str, taken: threading.Event) -> None:
    try:
        take(line)
    finally:
        taken.set()
