"""What the window reaches beyond the meeting: other starts, the system, the examination."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from app.findings import Finding

Act = Callable[[bool], str]


def _nothing() -> Iterable[Finding]:
    return ()


def _unkept(_path: str) -> str:
    return ""


def _nobody() -> None:
    """Do nothing."""


def _forget(_place: str) -> None:
    """Keep nothing."""


@dataclass(frozen=True)
class UpdateNews:
    """What became of a look for updates, in words; what can be done then."""

    words: str
    newer: bool = False
    act: str = ""  # the words of the button that takes it; "" where nothing can be done
    folder: str = ""  # where a package lies now that the system installs


NEARBY = "nearby:"  # in place of a folder or an address: computers in this network


def _no_update(_source: str = "") -> UpdateNews:
    return UpdateNews("")


@dataclass(frozen=True)
class Outside:
    """Handed to the window by who starts it; the defaults reach nothing."""

    address: str = ""  # where later starts of the program ring; "" for nowhere
    place: str = ""  # where the window stood last, as `keep_place` was told
    keep_place: Callable[[str], None] = _forget
    system: Mapping[str, Act] = field(default_factory=dict)
    """Settings that the system must be told: each returns why it could not, or ""."""
    examine: Callable[[], Iterable[Finding]] = _nothing
    """Look at this computer and network, finding by finding; takes seconds."""
    export: Callable[[str], str] = _unkept
    """Write everything that is kept of the person into a file; returns why it could not, or ""."""
    erase: Callable[[], None] = _nobody
    """Erase everything that is kept, once the window is closed."""
    look_for_update: Callable[[str], UpdateNews] = _no_update
    """Look for a newer version in a folder or at an address; waits for disk and network."""
    take_update: Callable[[], UpdateNews] = _no_update
    """Install what the last look found, or fetch it for the system; waits, too."""
