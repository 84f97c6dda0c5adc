"""What the locks promise."""

import importlib.metadata
import itertools
import re
import sys

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}\b")


def entries(text: str) -> list[str]:
    """Return the requirements of a lock, each with its hashes on one line."""
    lines = [line for line in text.splitlines() if line.strip() and line.strip()[0] != "#"]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [entry for entry in joined.splitlines() if entry.strip()]


def requirements(text: str) -> dict[str, Requirement]:
    found = [Requirement(HASH.sub("", entry)) for entry in entries(text)]
    return {canonicalize_name(each.name): each for each in found}


@pytest.fixture
def lock(root) -> str:
    return (root / "packaging" / "requirements.lock").read_text()


@pytest.fixture
def lock_of_tests(root) -> str:
    return (root / "packaging" / "requirements-test.lock").read_text()


def test_every_requirement_is_one_version_with_hashes(root, lock, lock_of_tests):
    lock_of_fuzzing = (root / "packaging" / "requirements-fuzz.lock").read_text()
    lock_of_packages = (root / "packaging" / "requirements-package.lock").read_text()
    for entry in itertools.chain(
        *map(entries, (lock, lock_of_tests, lock_of_fuzzing, lock_of_packages))
    ):
        assert HASH.search(entry), entry
        (version,) = Requirement(HASH.sub("", entry)).specifier
        assert version.operator == "=="


def test_a_library_has_the_same_version_on_every_python_and_system(lock, lock_of_tests):
    for text in (lock, lock_of_tests):
        names = [canonicalize_name(Requirement(HASH.sub("", e)).name) for e in entries(text)]
        assert len(names) == len(set(names))


def test_the_lock_of_the_tests_holds_the_whole_lock_of_the_app(lock, lock_of_tests):
    wanted, held = requirements(lock), requirements(lock_of_tests)
    differing = {name for name, each in wanted.items() if held[name].specifier != each.specifier}
    assert differing == set()


@pytest.mark.parametrize("name", ["requirements.in", "requirements-test.in"])
def test_what_is_asked_for_is_locked(root, lock_of_tests, name):
    held = requirements(lock_of_tests)
    for line in (root / "packaging" / name).read_text().splitlines():
        if wanted := line.partition("#")[0].strip():
            asked = Requirement(wanted)
            (version,) = held[canonicalize_name(asked.name)].specifier
            assert asked.specifier.contains(version.version), wanted


def test_qt_is_the_essentials_of_6_11_and_nothing_else(lock):
    qt = {name: each for name, each in requirements(lock).items() if "pyside" in name}
    assert list(qt) == ["pyside6-essentials"]
    assert str(qt["pyside6-essentials"].specifier).startswith("==6.11.")


def test_what_is_installed_is_what_is_locked(lock):
    for name, each in requirements(lock).items():
        if each.marker is None or each.marker.evaluate():
            assert each.specifier.contains(importlib.metadata.version(name)), name


def test_nobody_else_brings_a_package_of_ours():
    """On a disk that ignores case, `Crypto` would merge with `crypto`."""
    ours = {"app", "crypto", "media"}
    theirs = {
        package: owners
        for package, owners in importlib.metadata.packages_distributions().items()
        if package.lower() in ours and owners != ["conclave"]
    }
    assert theirs == {}


def test_nothing_of_ours_may_be_mistaken_for_a_package(root):
    assert not (root / "packaging" / "__init__.py").exists()
    assert list((root / "tests").rglob("__init__.py")) == []


def test_this_python_is_one_the_project_supports():
    assert sys.version_info >= (3, 11)
