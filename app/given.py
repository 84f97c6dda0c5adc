"""Secrets that somebody gives this program: never on the command line, which others can read."""

import os
from collections.abc import Callable, MutableMapping
from getpass import getpass
from pathlib import Path

from app.argument_checks import UsageError
from app.i18n import _
from app.options import PasswordChoice
from crypto.cpace import prepared

MEETING_VARIABLE = "CONCLAVE_MEETING_PASSWORD"
MAX_FILE = 4096  # bytes of a file whose first line is a secret


def first_line(file: Path) -> str:
    """Return the first line of a file; raises OSError, or ValueError for one of no use."""
    with file.open("rb") as opened:
        text = opened.read(MAX_FILE + 1)
    if len(text) > MAX_FILE:
        raise ValueError("this is too large for a file with a secret")
    line = text.decode("utf-8").partition("\n")[0].rstrip("\r")
    if not line:
        raise ValueError("the first line of this file is empty")
    return line


def from_environment(name: str, environ: MutableMapping[str, str] = os.environ) -> str:
    """Return a variable, "" without it, and take it out: programs that we start need not know."""
    return environ.pop(name, "")


def meeting_password(
    choice: PasswordChoice,
    environ: MutableMapping[str, str] = os.environ,
    ask: Callable[[str], str] = getpass,
) -> str:
    """Return the password of a meeting, "" for none; UsageError if it cannot be had or used.

    From the file, else from the terminal if that was asked for, else from the environment.
    """
    found = from_environment(MEETING_VARIABLE, environ)
    if choice.file is not None:
        try:
            found = first_line(choice.file)
        except (OSError, ValueError) as error:
            raise UsageError(f"--password-file: {error}") from error
    elif choice.ask:
        found = ask(_("Password of the meeting: "))
        if ask(_("The same again: ")) != found:
            raise UsageError(_("The two passwords differ."))
    if not found.strip():
        if choice.file is not None or choice.ask:
            raise UsageError(_("A password needs at least one letter."))
        return ""
    try:
        prepared(found)
    except ValueError:
        raise UsageError(_("The password is too long: 128 bytes at most.")) from None
    return found
