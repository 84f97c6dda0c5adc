"""What tests of updates share."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def signing() -> ModuleType:
    """Return packaging/sign_release.py, a script outside every package."""
    path = ROOT / "packaging" / "sign_release.py"
    spec = importlib.util.spec_from_file_location("packaging_sign_release", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
