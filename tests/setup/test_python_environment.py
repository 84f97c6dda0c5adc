"""How .venv is filled, and how a second start knows that it is."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def checkout(bootstrap, monkeypatch, tmp_path: Path):
    """Return a pretended checkout; `calls` lists the commands that would have run in it."""
    (tmp_path / "packaging").mkdir()
    locks = {"RUNTIME_LOCK": "run.lock", "TEST_LOCK": "test.lock", "FUZZ_LOCK": "fuzz.lock"}
    for attribute, name in locks.items():
        lock = tmp_path / "packaging" / name
        lock.write_text(f"# {name}\n")
        monkeypatch.setattr(bootstrap, attribute, lock)
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "ENVIRONMENT", tmp_path / ".venv")
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name, **_: None)
    calls: list[list[str]] = []
    monkeypatch.setattr(bootstrap, "call_pip", calls.append)

    def create(environment, **_):
        python = bootstrap.python_of(environment)
        python.parent.mkdir(parents=True)
        python.touch()

    monkeypatch.setattr(bootstrap.venv, "create", create)
    monkeypatch.setattr(bootstrap, "has_pip", Path.exists)
    monkeypatch.setattr(bootstrap, "make_importable", lambda environment: None)
    bootstrap_calls = calls
    return bootstrap_calls


def locks_of(calls) -> list[str]:
    return [Path(command[-1]).name for command in calls]


def test_a_first_start_installs_the_lock_and_a_second_one_nothing(bootstrap, checkout):
    bootstrap.set_up_python(for_tests=False)
    bootstrap.set_up_python(for_tests=False)
    assert locks_of(checkout) == ["run.lock"]


def test_the_tests_need_more_than_a_start_and_a_start_no_more_than_the_tests(bootstrap, checkout):
    bootstrap.set_up_python(for_tests=False)
    bootstrap.set_up_python(for_tests=True)
    bootstrap.set_up_python(for_tests=True)
    bootstrap.set_up_python(for_tests=False)
    assert locks_of(checkout) == ["run.lock", "test.lock"]


def test_the_fuzzer_comes_on_top_once(bootstrap, checkout):
    for _ in range(2):
        bootstrap.add_fuzzer(bootstrap.set_up_python(for_tests=True))
    assert locks_of(checkout) == ["test.lock", "fuzz.lock"]


def test_a_changed_lock_is_installed(bootstrap, checkout):
    bootstrap.set_up_python(for_tests=False)
    bootstrap.RUNTIME_LOCK.write_text("# another version\n")
    bootstrap.set_up_python(for_tests=False)
    assert locks_of(checkout) == ["run.lock", "run.lock"]


def test_another_python_means_installing_again(bootstrap, checkout, monkeypatch):
    bootstrap.set_up_python(for_tests=False)
    monkeypatch.setattr(bootstrap.sys, "version", "3.13.99 (another)")
    bootstrap.set_up_python(for_tests=False)
    assert locks_of(checkout) == ["run.lock", "run.lock"]


def test_a_checkout_that_was_moved_is_set_up_again(bootstrap, checkout, monkeypatch, tmp_path):
    bootstrap.set_up_python(for_tests=False)
    before = bootstrap.fingerprint(bootstrap.RUNTIME_LOCK)
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path / "elsewhere")
    assert bootstrap.fingerprint(bootstrap.RUNTIME_LOCK) != before


def test_an_installation_that_was_cut_off_is_done_again(bootstrap, checkout, monkeypatch):
    def cut_off(command):
        raise subprocess.CalledProcessError(1, command)

    monkeypatch.setattr(bootstrap, "call_pip", cut_off)
    with pytest.raises(bootstrap.SetupError, match="lines above say why"):
        bootstrap.set_up_python(for_tests=False)
    monkeypatch.setattr(bootstrap, "call_pip", checkout.append)
    bootstrap.set_up_python(for_tests=False)
    assert locks_of(checkout) == ["run.lock"]


def test_a_disk_that_takes_no_environment_is_said_in_one_line(bootstrap, checkout, monkeypatch):
    def full(environment, **_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(bootstrap.venv, "create", full)
    with pytest.raises(bootstrap.SetupError, match="No space left on device"):
        bootstrap.set_up_python(for_tests=False)


@pytest.mark.parametrize("uv", [None, "/usr/bin/uv"])
def test_only_wheels_are_installed_and_every_one_is_checked_by_its_hash(bootstrap, uv):
    command = bootstrap.install_command(Path("python"), Path("a.lock"), uv)
    assert "--require-hashes" in command
    assert command[command.index("--only-binary") + 1] == ":all:"
    assert command[-2:] == ["-r", "a.lock"]


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (
            "  Downloading av-18.1.0-cp311-abi3-manylinux_2_28_x86_64.whl (35.8 MB)",
            "  av 18.1.0 (35.8 MB)",
        ),
        (
            "Downloading https://files.example/a/b/numpy-2.4.6-cp311-cp311-x.whl.metadata (16 kB)",
            "  numpy 2.4.6 (16 kB)",
        ),
        ("Installing collected packages: segno, av, numpy", "  unpacking 3 packages"),
        ("Requirement already satisfied: segno==1.6.6", None),
        ("Ignoring pyobjc-core: markers 'sys_platform == \"darwin\"'", None),
        ("", None),
    ],
)
def test_the_progress_of_pip_is_shown_in_short_lines(bootstrap, line, shown):
    assert bootstrap.pip_progress(line) == shown


def test_a_pip_that_fails_is_noticed(bootstrap):
    with pytest.raises(subprocess.CalledProcessError):
        bootstrap.call_pip([sys.executable, "-c", "raise SystemExit(3)"])


def test_the_app_is_found_from_any_folder(bootstrap, tmp_path, monkeypatch):
    environment = tmp_path / ".venv"
    import venv

    venv.create(environment, with_pip=False, symlinks=os.name != "nt")
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "__main__.py").write_text("import os; print(os.getcwd())")
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    bootstrap.make_importable(environment)
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "app").mkdir(parents=True)  # a folder of this name there must not be taken
    (elsewhere / "app" / "__main__.py").write_text("print('the wrong one')")
    said = subprocess.run(
        [bootstrap.python_of(environment), "-I", "-m", "app"],
        cwd=elsewhere,
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip() == str(elsewhere)
