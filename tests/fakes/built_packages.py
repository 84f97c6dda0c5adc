"""The packages that `./run package-test` has built."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Built:
    """Packages of two versions, the newer one made from another folder."""

    folder: Path

    def this(self, ending: str) -> Path:
        """Return the package of this version."""
        return _only(self.folder, ending)

    def newer(self, ending: str) -> Path:
        """Return the package of the next version."""
        return _only(self.folder / "newer", ending)


def _only(folder: Path, ending: str) -> Path:
    (found,) = folder.glob(f"*{ending}")
    return found
