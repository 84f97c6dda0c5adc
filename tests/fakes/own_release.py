"""A release of Conclave made out of this very source, with a root that a test has the keys of."""

import shutil
import sys
from pathlib import Path

from fakes.releases import Publisher

ROOT = Path(__file__).resolve().parents[2]


def own_source(path: Path, version: str, publisher: Publisher) -> Path:
    """Make the folder of a version, as a release holds it."""
    made = path / f"conclave-{version}"
    for part in ("app", "crypto", "media", "resources"):
        unwanted = shutil.ignore_patterns("__pycache__", "fonts", "emoji", "screenshots")
        shutil.copytree(ROOT / part, made / part, ignore=unwanted)
    (made / "app" / "__init__.py").write_text(f'"""Conclave."""\n\n__version__ = "{version}"\n')
    (made / "resources" / "updates").mkdir(exist_ok=True)
    (made / "resources" / "updates" / "root.json").write_bytes(publisher.anchor)
    (made / "resources" / "packaged").write_text("folder\n")
    (made / "conclave").write_text(
        f'#!/bin/sh\nPYTHONPATH="$(dirname "$0")" exec "{sys.executable}" -P -m app "$@"\n'
    )
    (made / "conclave").chmod(0o755)
    return made
