"""What Windows is told in this user's part of the registry: who opens a link, what starts."""

from collections.abc import Sequence
from subprocess import list2cmdline

from app.windows_registry import Registry

LINKS_KEY = r"Software\Classes\conclave"
RUN_KEY = r"Software\Microsoft\Windows\CurrentVersion\Run"
COMMAND_KEY = rf"{LINKS_KEY}\shell\open\command"
RUN_VALUE = "Conclave"

# The installer writes and removes the same (packaging/windows_package.py).
PROGRAM = "conclave.exe"  # has no window of text
IN_TERMINAL = "conclave-terminal.exe"


def line_of(command: Sequence[str]) -> str:
    """Return a command as one line; the program always stands in quotes."""
    program, *words = command
    return f'"{program}" {list2cmdline(words)}'.rstrip()


class LinkHandler:
    """Opens `conclave:` links with a command, for this user alone."""

    def __init__(self, command: Sequence[str], registry: Registry) -> None:
        self._line = f'{line_of(command)} -- "%1"'
        self._registry = registry

    @property
    def is_on(self) -> bool:
        """Tell whether a click on such a link comes here; OSError."""
        return self._registry.read(COMMAND_KEY, "") == self._line

    def switch(self, on: bool) -> None:
        """Open such links from now on, or no more; OSError."""
        if on:
            self._registry.write(LINKS_KEY, "", "URL:Conclave")
            self._registry.write(LINKS_KEY, "URL Protocol", "")
            self._registry.write(COMMAND_KEY, "", self._line)
        else:
            self._registry.remove_key(LINKS_KEY)

    def forget(self) -> None:
        """Leave nothing of what was said here; OSError."""
        if self.is_on:  # what others said stays
            self.switch(False)


class Autostart:
    """Starts a command when this user signs in."""

    def __init__(self, command: Sequence[str], registry: Registry, name: str = RUN_VALUE) -> None:
        self._line = line_of(command)
        self._registry, self._name = registry, name

    @property
    def is_on(self) -> bool:
        """Tell whether it starts; OSError."""
        return self._registry.read(RUN_KEY, self._name) is not None

    def switch(self, on: bool) -> None:
        """Start it from now on, or no more; OSError."""
        if on:
            self._registry.write(RUN_KEY, self._name, self._line)
        else:
            self._registry.remove_value(RUN_KEY, self._name)

    def forget(self) -> None:
        """Leave nothing of what was said here; OSError."""
        if self.is_on:  # what others said stays
            self.switch(False)
