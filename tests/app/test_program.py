"""What is written down as the way to start this program again."""

import sys
from pathlib import Path

import pytest

from app import program


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program as a package has it, run from the folder of its version."""
    path = tmp_path / "home" / "versions" / "0.2.0" / "conclave"
    path.parent.mkdir(parents=True)
    path.touch()
    monkeypatch.setattr(program, "FROZEN", True)
    monkeypatch.setattr(sys, "executable", str(path))
    return path


def test_a_folder_installation_is_started_by_what_outlasts_its_versions(installed: Path):
    starter = installed.parents[2] / "conclave"
    starter.touch()
    assert program.start_command() == (str(starter),)
    assert program.start_command(Path("/p")) == (str(starter), "--profile", "/p")


def test_another_process_of_this_program_is_of_this_version(installed: Path):
    (installed.parents[2] / "conclave").touch()
    assert program.own_process("picture", "x") == (str(installed), "picture", "x")


def test_a_program_that_only_lies_in_such_a_folder_is_started_itself(installed: Path):
    assert program.start_command() == (str(installed),)


def test_a_program_at_the_root_of_everything_is_started_itself(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(program, "FROZEN", True)
    monkeypatch.setattr(sys, "executable", "/conclave")
    assert program.start_command() == ("/conclave",)
