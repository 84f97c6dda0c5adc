"""What a Linux desktop is told in files of its own: who opens a kind of link, what starts."""

import contextlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from app.storage import TooLargeError, write_whole

SCHEME = "x-scheme-handler/conclave"
LINKS_ENTRY = "conclave-links.desktop"
MENU_ENTRY = "conclave.desktop"  # of a package: it says itself that it opens links
START_ENTRY = "conclave.desktop"
ADDED, CHOSEN, REMOVED = "Added Associations", "Default Applications", "Removed Associations"
ASSOCIATIONS = (ADDED, CHOSEN)
MOST_BYTES = 1_000_000  # of a list of associations; real ones have some kilobytes
READABLE = 0o644  # as desktops write such files


class UnfitCommandError(OSError):
    """The command cannot stand in a desktop entry."""


def folders(environ: Mapping[str, str] = os.environ) -> tuple[Path, Path]:
    """Return where a user's own data and configuration lie (XDG Base Directory)."""
    home = Path(environ.get("HOME") or Path.home())
    data = environ.get("XDG_DATA_HOME") or ""
    config = environ.get("XDG_CONFIG_HOME") or ""
    return (
        Path(data) if Path(data).is_absolute() else home / ".local" / "share",
        Path(config) if Path(config).is_absolute() else home / ".config",
    )


def menus(data: Path, environ: Mapping[str, str] = os.environ) -> tuple[Path, ...]:
    """Return where menu entries lie, a user's own first, the system's behind them."""
    shared = (environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share").split(":")
    places = (data, *(Path(name) for name in shared if Path(name).is_absolute()))
    return tuple(place / "applications" for place in places)


class LinkHandler:
    """Opens `conclave:` links with a command, for this user alone (MIME Applications 1.0)."""

    def __init__(
        self, command: Sequence[str], data: Path, config: Path, installed: Sequence[Path] = ()
    ) -> None:
        """`installed`: where the menu entry of this very program may be, if it has one."""
        self._command = tuple(command)
        self._entry = data / "applications" / LINKS_ENTRY
        self._list = config / "mimeapps.list"
        self._installed = tuple(installed)

    @property
    def is_on(self) -> bool:
        """Tell whether a click on such a link comes here; OSError where that cannot be read."""
        known = associations(self._read())
        by_themselves = self._by_themselves()
        asked = (*known.get(CHOSEN, ()), *known.get(ADDED, ()), *by_themselves)
        first = next((name for name in asked if name not in known.get(REMOVED, ())), "")
        if first == MENU_ENTRY:
            return MENU_ENTRY in by_themselves
        return first == LINKS_ENTRY and self._starts_this()

    def switch(self, on: bool) -> None:
        """Open such links from now on, or no more; OSError."""
        self.forget()
        if self.is_on == on:  # as the menu entry of a package is all that is needed
            return
        if not on:
            self._write_list(MENU_ENTRY, REMOVED)
        elif MENU_ENTRY in self._by_themselves():
            self._write_list(MENU_ENTRY, *ASSOCIATIONS)
        else:
            text = entry(self._command, "%u", mime=SCHEME, hidden=True)
            self._entry.parent.mkdir(parents=True, exist_ok=True)
            _write(self._entry, text)
            self._write_list(LINKS_ENTRY, *ASSOCIATIONS)

    def forget(self) -> None:
        """Leave nothing of what was said here; OSError."""
        text = before = self._read()
        text = with_association(text, LINKS_ENTRY, on=False)
        if self._installed:
            everywhere = (*ASSOCIATIONS, REMOVED)
            text = with_association(text, MENU_ENTRY, on=False, headings=everywhere)
        if text != before:
            _write(self._list, text)
        self._entry.unlink(missing_ok=True)

    def _starts_this(self) -> bool:
        """Tell whether the entry that was written here, or by another copy, starts this one."""
        try:
            lines = _read(self._entry).decode("utf-8", "replace").splitlines()
        except FileNotFoundError:
            return False
        return exec_line(self._command, "%u") in lines

    def _by_themselves(self) -> tuple[str, ...]:
        """Return which programs of the menu open such links, without anybody's choice."""
        found: list[str] = []
        for folder in self._installed:
            with contextlib.suppress(FileNotFoundError):
                text = _read(folder / "mimeinfo.cache").decode("utf-8", "replace")
                found += associations(text).get("MIME Cache", ())
        return tuple(found)

    def _write_list(self, name: str, *headings: str) -> None:
        text = with_association(self._read(), name, on=True, headings=headings)
        self._list.parent.mkdir(parents=True, exist_ok=True)
        _write(self._list, text)

    def _read(self) -> str:
        try:
            return _read(self._list).decode("utf-8", "surrogateescape")
        except FileNotFoundError:
            return ""


class Autostart:
    """Starts a command when this user signs in (Desktop Application Autostart)."""

    def __init__(self, command: Sequence[str], config: Path, name: str = START_ENTRY) -> None:
        self._command = tuple(command)
        self._entry = config / "autostart" / name

    @property
    def is_on(self) -> bool:
        """Tell whether it starts; a desktop may have switched it off in the same file."""
        try:
            text = _read(self._entry).decode("utf-8", "replace")
        except FileNotFoundError:
            return False
        lines = {line.strip().replace(" ", "").lower() for line in text.splitlines()}
        return not lines & {"hidden=true", "x-gnome-autostart-enabled=false"}

    def switch(self, on: bool) -> None:
        """Start it from now on, or no more; OSError."""
        if on:
            self._entry.parent.mkdir(parents=True, exist_ok=True)
            _write(self._entry, entry(self._command))
        else:
            self._entry.unlink(missing_ok=True)

    def forget(self) -> None:
        """Leave nothing of what was said here; OSError."""
        self.switch(False)


def entry(command: Sequence[str], field: str = "", *, mime: str = "", hidden: bool = False) -> str:
    """Return a desktop entry that runs a command (Desktop Entry Specification 1.5)."""
    lines = ["[Desktop Entry]", "Type=Application", "Name=Conclave", "Icon=conclave"]
    lines += [exec_line(command, field), "Terminal=false", "StartupNotify=true"]
    if mime:
        lines.append(f"MimeType={mime};")
    if hidden:
        lines.append("NoDisplay=true")
    return "\n".join(lines) + "\n"


def exec_line(command: Sequence[str], field: str = "") -> str:
    """Return the line of a desktop entry that says what it runs."""
    words = [quoted(argument) for argument in command]
    if field:
        words += ["--", field]  # what comes in its place is never an option
    return f"Exec={' '.join(words)}"


def quoted(argument: str) -> str:
    """Return an argument as Exec wants it: quoted, then escaped as a string is."""
    if not argument.isprintable():
        raise UnfitCommandError("a name with control characters cannot stand there")
    inner = "".join(f"\\{c}" if c in '"`$\\' else c for c in argument).replace("%", "%%")
    return f'"{inner}"'.replace("\\", "\\\\")


def associations(text: str) -> dict[str, tuple[str, ...]]:
    """Return which programs a list names for our links, by the heading they stand under."""
    found: dict[str, tuple[str, ...]] = {}
    heading = ""
    for line in text.splitlines():
        bare = line.strip()
        if bare.startswith("[") and bare.endswith("]"):
            heading = bare[1:-1]
        elif bare.partition("=")[0].strip() == SCHEME:
            names = bare.partition("=")[2].split(";")
            found[heading] = tuple(name.strip() for name in names if name.strip())
    return found


def with_association(
    text: str, name: str, *, on: bool, headings: Sequence[str] = ASSOCIATIONS
) -> str:
    """Return a list in which a program comes first for our links, or not at all.

    Everything else in it stays as it is, down to blank lines and comments.
    """
    known = associations(text)
    for heading in headings:
        others = [other for other in known.get(heading, ()) if other != name]
        names = [name, *others] if on else others
        text = _with_line(text, heading, f"{SCHEME}={';'.join(names)};" if names else "")
    return text


def _with_line(text: str, heading: str, line: str) -> str:
    """Put a line in the place of ours under a heading; an empty one takes ours away."""
    lines = text.splitlines()
    made: list[str] = []
    inside = done = False
    for old in lines:
        bare = old.strip()
        if bare.startswith("[") and bare.endswith("]"):
            inside = bare[1:-1] == heading
            made.append(old)
            if inside and line and not done:
                made.append(line)
                done = True
        elif not (inside and bare.partition("=")[0].strip() == SCHEME):
            made.append(old)
    if line and not done:
        made += ([""] if made else []) + [f"[{heading}]", line]
    if made == lines:
        return text
    return "\n".join(made) + "\n" if made else ""


def _read(path: Path) -> bytes:
    """Read a file that is not ours alone, within a limit; its mode stays as it is."""
    with path.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise TooLargeError(f"{path.name} is larger than {MOST_BYTES} bytes")
    return data


def _write(path: Path, text: str) -> None:
    """Write a file that the desktop reads too; one that is a link stays one."""
    target = path.resolve()
    write_whole(target, text.encode("utf-8", "surrogateescape"))
    with contextlib.suppress(OSError):
        target.chmod(READABLE)
