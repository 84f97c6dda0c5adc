"""The version of Conclave, from its one place, without importing it."""

from __future__ import annotations

import ast
from pathlib import Path


def version(root: Path) -> str:
    """Return what `app/__init__.py` says in the checkout at `root`."""
    tree = ast.parse((root / "app" / "__init__.py").read_text(encoding="utf-8"))
    for node in tree.body:
        match node:
            case ast.Assign(
                targets=[ast.Name(id="__version__")], value=ast.Constant(value=str(text))
            ):
                return text
    raise ValueError("app/__init__.py names no version")
