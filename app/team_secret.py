"""The secret that the team's relays know: sealed beside the vault, never among the settings."""

from pathlib import Path
from typing import Final

from app.argument_checks import UsageError
from app.given import first_line
from app.i18n import _
from crypto.errors import MalformedError
from crypto.wire import Reader, Writer

NAME: Final = "team_secret"  # among the settings of an organisation, and in the window
FILE: Final = "relays"  # in the profile, sealed as the vault is
MAGIC: Final = b"conclave relays\n"  # so that a vault in its place is none, and the other way round
VERSION: Final = 1
LONGEST: Final = 128  # characters, and bytes: coturn takes ASCII


def is_secret(text: str) -> bool:
    """Tell whether this can be the `static-auth-secret` of a relay."""
    return len(text) <= LONGEST and text.isascii() and text.isprintable() and " " not in text


def encode(secret: str) -> bytes:
    """Return the bytes to seal."""
    return (
        Writer().fixed(MAGIC, len(MAGIC)).uint(VERSION, 1).vector(secret.encode(), LONGEST).body()
    )


def parse(data: bytes) -> str:
    """Take apart what encode() wrote; MalformedError for anything else."""
    reader = Reader(data)
    if reader.fixed(len(MAGIC)) != MAGIC or reader.uint(1) != VERSION:
        raise MalformedError("this is no secret of relays")
    secret = reader.text(LONGEST)
    reader.end()
    if not is_secret(secret):
        raise MalformedError("this is no secret of relays")
    return secret


def secret_from(file: Path | None) -> str:
    """Return the first line of a file, "" without one; raises UsageError."""
    if file is None:
        return ""
    try:
        secret = first_line(file)
    except (OSError, ValueError) as error:
        raise UsageError(f"--team-secret-file: {error}") from error
    if not is_secret(secret):
        raise UsageError(_("--team-secret-file: a secret is up to 128 letters without spaces."))
    return secret
