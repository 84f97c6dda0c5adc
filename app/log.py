"""The log on this computer: seven days, no names, addresses, keys or content, never a flood."""

import contextlib
import logging
import logging.handlers
import os
import re
import sys
import threading
import time
import traceback
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from app.storage import PRIVATE_FILE, make_private_folder

FILE = "conclave.log"
DAYS = 7
MAX_BYTES = 2_000_000  # of one day; what comes after is left out
MAX_LINE = 1000  # characters
BURST = 10  # lines of one cause at once
RATE = 0.2  # lines of one cause a second after that
MAX_CAUSES = 256
LEFT_OUT = "conclave_left_out"  # the attribute of a record with the number of silent ones before
OURS = ("app", "crypto", "media", "__main__")  # other libraries put addresses into their lines

_SCRUBBED = (
    (re.compile(r"conclave:\S+", re.IGNORECASE), "<link>"),
    (re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b"), "<address>"),
    (re.compile(r"\[?(?:[0-9a-f]{0,4}:){2,}[0-9a-f.]*(?:%\w+)?(?:\]:\d+)?", re.I), "<address>"),
    (re.compile(r"\b(?:[0-9a-f]{2}){8,}\b", re.IGNORECASE), "<bytes>"),
    (re.compile(r"[A-Za-z0-9+/_-]{32,}={0,2}"), "<bytes>"),
    (re.compile(r"""b'[^']*'|b"[^"]*\""""), "<bytes>"),
)


class Log:
    """A running log; made by start_log, ended by `close`."""

    def __init__(self, handler: logging.Handler | None) -> None:
        self._handler = handler

    @property
    def is_on(self) -> bool:
        """Whether anything is written."""
        return self._handler is not None

    def close(self) -> None:
        """Write what is left and let go of the file."""
        if self._handler is not None:
            logging.getLogger().removeHandler(self._handler)
            with contextlib.suppress(OSError):  # a full disk does not take the last lines
                self._handler.close()
            self._handler = None


def start_log(folder: Path, enabled: bool, clock: Callable[[], float] = time.monotonic) -> Log:
    """Begin to log into a folder; where that cannot be, or is switched off, nothing is logged.

    Also reports errors that nobody caught, in every thread.
    """
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    logging.getLogger("zeroconf").propagate = False  # its lines have addresses
    if not root.handlers:
        root.addHandler(logging.NullHandler())  # else Python prints warnings to the terminal
    if not enabled:
        return Log(None)
    try:
        make_private_folder(folder)
        _forget_old_files(folder)
        handler = _DailyFile(folder / FILE)
    except OSError:
        return Log(None)
    handler.addFilter(Restraint(clock))
    handler.setFormatter(ScrubbingFormatter())
    root.addHandler(handler)
    _report_uncaught()
    return Log(handler)


class ScrubbingFormatter(logging.Formatter):
    """One line for each record: what could name somebody is replaced, the rest made harmless."""

    def format(self, record: logging.LogRecord) -> str:
        """Return `TIME LEVEL LOGGER message`; of an exception its type and where it came from."""
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created))
        try:
            text = record.getMessage()
        except (TypeError, ValueError):
            text = str(record.msg)
        line = f"{stamp} {record.levelname} {record.name} {scrubbed(text)}"
        if left_out := getattr(record, LEFT_OUT, 0):
            line += f" (and {left_out} more like this)"
        if record.exc_info and record.exc_info[0]:
            line += f" | {_where(record.exc_info[0], record.exc_info[2])}"
        return line


def scrubbed(text: str) -> str:
    """Return one harmless line: links, addresses and keys replaced, control characters escaped."""
    text = text[: 4 * MAX_LINE]
    for pattern, replacement in _SCRUBBED:
        text = pattern.sub(replacement, text)
    line = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return line if len(line) <= MAX_LINE else line[: MAX_LINE - 1] + "…"


class Restraint(logging.Filter):
    """Lets our own lines through, a few of each cause; the next says how many were left out."""

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__()
        self._clock = clock
        self._causes: OrderedDict[tuple[str, int], tuple[float, float, int]] = OrderedDict()
        self._lock = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether a record is written; one that is learns how many before it were not."""
        if record.name.partition(".")[0] not in OURS:
            return False
        key, now = (record.pathname, record.lineno), self._clock()
        with self._lock:
            tokens, when, left_out = self._causes.pop(key, (float(BURST), now, 0))
            tokens = min(float(BURST), tokens + (now - when) * RATE)
            allowed = tokens >= 1.0
            self._causes[key] = (tokens - allowed, now, 0 if allowed else left_out + 1)
            if len(self._causes) > MAX_CAUSES:
                self._causes.popitem(last=False)
        if allowed:
            setattr(record, LEFT_OUT, left_out)
        return allowed


class _DailyFile(logging.handlers.TimedRotatingFileHandler):
    """A file a day, private, with a limit."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, when="midnight", backupCount=DAYS, encoding="utf-8", utc=True)

    def _open(self):  # type: ignore[no-untyped-def]
        return open(
            self.baseFilename,
            "a",
            encoding="utf-8",
            opener=lambda path, flags: os.open(
                path, flags | getattr(os, "O_NOFOLLOW", 0), PRIVATE_FILE
            ),
        )

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record, unless today's file is full."""
        if self.stream is None or self.stream.tell() < MAX_BYTES or self.shouldRollover(record):
            super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:
        """Go on without the line: a full disk is no reason to print into somebody's terminal."""


def _where(kind: type[BaseException], trace: TracebackType | None) -> str:
    """Return an exception's type and its path through our code; its text may hold anything."""
    steps = [
        f"{_module(frame.filename)}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(trace)
    ]
    return " < ".join([kind.__name__, *reversed(steps[-12:])])


def _module(filename: str) -> str:
    """Return the last parts of a path: the folders above tell who uses this computer."""
    return "/".join(Path(filename).parts[-2:])


def _report_uncaught() -> None:
    def main_hook(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        logging.getLogger("app").error("an error nobody caught", exc_info=(kind, error, trace))
        sys.__excepthook__(kind, error, trace)

    def thread_hook(what: threading.ExceptHookArgs) -> None:
        if what.exc_value is not None:
            logging.getLogger("app").error(
                "an error nobody caught in a thread",
                exc_info=(what.exc_type, what.exc_value, what.exc_traceback),
            )

    sys.excepthook = main_hook
    threading.excepthook = thread_hook


def _forget_old_files(folder: Path) -> None:
    """Remove what is older than the days kept, also after weeks in which nothing ran."""
    for path in folder.glob(f"{FILE}.*"):
        if path.stat().st_mtime < time.time() - DAYS * 86_400:
            path.unlink()
