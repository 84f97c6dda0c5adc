"""What ./run turns into once everything is there."""

import shutil
import subprocess
from pathlib import Path

import pytest


@pytest.fixture
def started(bootstrap, monkeypatch):
    """Let nothing be set up and nothing be started; return the commands that would have run."""
    commands: list[list[str]] = []
    monkeypatch.setattr(bootstrap, "set_up_system", lambda system, for_tests: None)
    monkeypatch.setattr(bootstrap, "set_up_python", lambda for_tests: Path("/env/bin/python"))
    monkeypatch.setattr(bootstrap.os, "chdir", lambda folder: None)
    monkeypatch.setattr(bootstrap, "become", lambda command: commands.append(command) or 0)
    return commands


def test_arguments_go_to_the_app(bootstrap, started):
    bootstrap.main(["join", "conclave:join#abc", "--name", "Ada L"])
    app = ["/env/bin/python", "-I", "-m", "app"]
    assert started == [[*app, "join", "conclave:join#abc", "--name", "Ada L"]]


def test_test_runs_the_tests_with_their_arguments(bootstrap, started):
    bootstrap.main(["test", "-k", "replayed"])
    assert started == [["/env/bin/python", "-m", "pytest", "-n", "auto", "-k", "replayed"]]


def test_fuzz_adds_the_fuzzer_and_runs_it_with_its_arguments(bootstrap, started, monkeypatch):
    added: list[Path] = []
    monkeypatch.setattr(bootstrap, "add_fuzzer", added.append)
    bootstrap.main(["fuzz", "60", "invitation"])
    assert added == [Path("/env/bin/python")]
    assert started == [["/env/bin/python", "tests/fuzz/lane.py", "60", "invitation"]]


def test_with_a_display_a_window_opens(bootstrap, started, monkeypatch):
    monkeypatch.setenv("DISPLAY", ":0")
    bootstrap.main([])
    assert started == [["/env/bin/python", "-I", "-m", "app"]]


def test_without_a_display_a_call_with_the_test_guest_is_held(
    bootstrap, started, monkeypatch, capsys
):
    monkeypatch.setattr(bootstrap.sys, "platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    bootstrap.main([])
    assert started == [["/env/bin/python", "-I", "-m", "app", "try", "--headless"]]
    assert "no display" in capsys.readouterr().err


def test_without_a_display_arguments_are_still_the_callers(bootstrap, started, monkeypatch):
    monkeypatch.setattr(bootstrap.sys, "platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    bootstrap.main(["host", "--headless"])
    assert started[0][-2:] == ["host", "--headless"]


def test_what_cannot_be_set_up_is_said_in_words_and_by_the_exit_code(
    bootstrap, started, monkeypatch, capsys
):
    def fail(system, for_tests):
        raise bootstrap.SetupError("type this: sudo apt-get install libegl1")

    monkeypatch.setattr(bootstrap.sys, "platform", "linux")
    monkeypatch.setattr(bootstrap, "set_up_system", fail)
    assert bootstrap.main([]) == 1
    assert capsys.readouterr().err == "Conclave: type this: sudo apt-get install libegl1\n"
    assert started == []


def test_a_python_that_is_too_old_is_told_so(bootstrap, started, monkeypatch, capsys):
    monkeypatch.setattr(bootstrap.sys, "version_info", (3, 10, 4))
    assert bootstrap.main([]) == 1
    assert "3.11 or newer" in capsys.readouterr().err


class Clone:
    """A checkout with ./run in it, on a computer that has only the commands it is given."""

    def __init__(self, folder: Path, run: Path):
        self.folder = folder / "a folder with spaces"
        self.bin = folder / "bin"
        (self.folder / "packaging").mkdir(parents=True)
        self.bin.mkdir()
        shutil.copy(run, self.folder / "run")
        for tool in ("sh", "dirname", "env"):
            (self.bin / tool).symlink_to(str(shutil.which(tool)))
        self.command("id", "echo 1000")

    def command(self, name: str, script: str) -> Path:
        path = self.bin / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return path

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.folder / "run", *arguments],
            env={"PATH": str(self.bin)},
            cwd=self.bin,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def clone(root: Path, tmp_path: Path) -> Clone:
    if not Path("/bin/sh").exists():
        pytest.skip("there is no POSIX shell here")
    return Clone(tmp_path, root / "run")


FITS = '[ "$1" != -c ] || exit 0\n'  # a Python that says it is new enough
OLD = '[ "$1" != -c ] || exit 1\n'


def test_run_gives_the_arguments_to_bootstrap_unchanged(clone):
    clone.command("python3", FITS + 'shift; for word; do echo "<$word>"; done; exit 7')
    done = clone.run("join", "conclave:join#a b", "")
    assert done.stdout == "<join>\n<conclave:join#a b>\n<>\n"
    assert done.returncode == 7


def test_run_names_bootstrap_whatever_the_folder(clone):
    clone.command("python3", FITS + 'echo "$1"')
    assert clone.run().stdout.strip() == str(clone.folder / "packaging" / "bootstrap.py")


def test_run_passes_over_a_python_that_is_too_old(clone):
    clone.command("python3.13", OLD)
    clone.command("python3.11", FITS + "echo eleven")
    clone.command("python3", OLD)
    assert clone.run().stdout == "eleven\n"


def test_run_takes_the_environment_it_made_first(clone):
    clone.command("python3", FITS + "echo system")
    inside = clone.folder / ".venv" / "bin" / "python"
    inside.parent.mkdir(parents=True)
    shutil.copy(clone.command("elsewhere", FITS + "echo environment"), inside)
    assert clone.run().stdout == "environment\n"


def test_run_without_python_and_without_root_shows_the_line_to_type(clone):
    clone.command("apt-get", "echo must not be called; exit 9")
    done = clone.run()
    assert done.returncode == 1
    line = "apt-get update -qq && apt-get install -y -qq --no-install-recommends"
    assert f"Type this, then start again: su -c '{line} python3 python3-venv'" in done.stderr
    assert "must not be called" not in done.stdout + done.stderr


def test_run_installs_python_through_sudo_and_starts(clone):
    python = FITS + "echo started"
    clone.command("sudo", 'echo "sudo $*"; exec "$@"')
    clone.command(
        "apt-get",
        f"[ $1 = update ] || cat > {clone.bin}/python3 <<'END'\n#!/bin/sh\n"
        f"{python}\nEND\n[ $1 = update ] || chmod +x {clone.bin}/python3",
    )
    for tool in ("cat", "chmod"):
        (clone.bin / tool).symlink_to(str(shutil.which(tool)))
    done = clone.run()
    assert done.stdout == "started\n"  # all else is progress, on standard error
    assert "sudo sh -c apt-get update -qq && apt-get install" in done.stderr


def test_run_on_a_system_it_does_not_know_says_where_python_is_found(clone):
    done = clone.run()
    assert done.returncode == 1
    assert "https://www.python.org/downloads/" in done.stderr


def test_run_cmd_has_the_line_ends_that_windows_needs(root):
    text = (root / "run.cmd").read_bytes()
    assert text.count(b"\n") == text.count(b"\r\n")
    assert b"bootstrap.py" in text
