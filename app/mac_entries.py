"""What macOS is told in a file of this user: what starts when they sign in."""

import plistlib
from collections.abc import Sequence
from pathlib import Path

from app.storage import write_whole

LABEL = "conclave.start"


class Autostart:
    """Starts a command when this user signs in (launchd, a LaunchAgent)."""

    def __init__(self, command: Sequence[str], home: Path, name: str = LABEL) -> None:
        self._command, self._name = list(command), name
        self._file = home / "Library" / "LaunchAgents" / f"{name}.plist"

    @property
    def is_on(self) -> bool:
        """Tell whether it starts."""
        return self._file.is_file()

    def switch(self, on: bool) -> None:
        """Start it from now on, or no more; OSError."""
        if on:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            agent = {"Label": self._name, "ProgramArguments": self._command, "RunAtLoad": True}
            write_whole(self._file, plistlib.dumps(agent))
        else:
            self._file.unlink(missing_ok=True)

    def forget(self) -> None:
        """Leave nothing of what was said here; OSError."""
        if self.is_on:  # what others said stays
            self.switch(False)
