"""The programs of packaging/, which is a folder of scripts and no package."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


def load(name: str) -> ModuleType:
    """Import packaging/NAME.py under a name of its own."""
    spec = importlib.util.spec_from_file_location(
        f"packaging_{name}", ROOT / "packaging" / f"{name}.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    before = list(sys.path)
    try:
        spec.loader.exec_module(module)  # some find their neighbours on the path
    finally:
        sys.path[:] = before
    return module


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def bootstrap() -> ModuleType:
    return load("bootstrap")


@pytest.fixture(scope="session")
def notices() -> ModuleType:
    return load("notices")


@pytest.fixture(scope="session")
def licences() -> ModuleType:
    return load("licences")


@pytest.fixture(scope="session")
def spdx() -> ModuleType:
    return load("spdx")


@pytest.fixture(scope="session")
def sbom() -> ModuleType:
    return load("sbom")
