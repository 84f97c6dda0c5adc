"""The files and commands of docs/self-hosting.md are what works, as they stand there."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "self-hosting.md").read_text(encoding="utf-8")
UNIT = ROOT / "packaging" / "self_hosting" / "conclave-meeting-point.service"
INSTALLED = "/opt/conclave"
RUN = re.compile(r"^ExecStart=(.+)$", re.MULTILINE)


def blocks() -> list[str]:
    """Return what stands in the guide as commands and output."""
    return re.findall(r"^```\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)


def unit_here(folder: Path) -> Path:
    """Return the unit as it would be if this very source were the installed one."""
    here = folder / UNIT.name
    text = UNIT.read_text(encoding="utf-8")
    python = f"{INSTALLED}/.venv/bin/python"
    assert python in text
    here.write_text(text.replace(python, sys.executable).replace(INSTALLED, str(ROOT)))
    return here


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not there")
def test_systemd_takes_the_unit_as_it_is(tmp_path):
    verify = ["systemd-analyze", "--man=no", "verify", str(unit_here(tmp_path))]
    done = subprocess.run(verify, capture_output=True, text=True, check=False)
    assert (done.returncode, UNIT.name in done.stderr) == (0, False), done.stderr


def test_what_the_unit_runs_says_what_to_enter_and_writes_nothing_but_its_key(tmp_path):
    command = RUN.findall(unit_here(tmp_path).read_text())[0].split()
    state = tmp_path / "state"
    state.mkdir()
    process = subprocess.Popen(
        [*command, "--listen", "127.0.0.1:0"],
        cwd=ROOT,
        env={"STATE_DIRECTORY": str(state), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    process.terminate()
    assert process.wait(20) == 0
    process.communicate()
    assert re.fullmatch(r"meet:127\.0\.0\.1:\d+\?key=[\w-]{43}", line)
    (key,) = state.iterdir()
    assert f"/var/lib/{UNIT.stem}/{key.name}" in GUIDE
    assert (key.stat().st_mode & 0o777, key.stat().st_size) == (0o600, 32)


def test_the_unit_gives_the_service_nothing_of_the_machine():
    lines = UNIT.read_text(encoding="utf-8").splitlines()
    for line in (
        "DynamicUser=yes", "ProtectSystem=strict", "ProtectHome=yes", "PrivateDevices=yes",
        "NoNewPrivileges=yes", "CapabilityBoundingSet=", "RestrictNamespaces=yes",
        "LimitCORE=0", "MemorySwapMax=0", "Restart=always",
    ):  # fmt: skip
        assert line in lines


def test_the_service_loads_neither_window_nor_media():
    words = (
        "import sys, app.__main__, app.meeting_point.command;"
        "heavy = {'PySide6', 'av', 'cv2', 'aiortc', 'sounddevice', 'zeroconf', 'numpy'};"
        "print(sorted(heavy & {name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", words], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_key_that_cannot_be_used_is_said_in_one_line(tmp_path):
    short = tmp_path / "key"
    short.write_bytes(b"no key")
    for file in (short, tmp_path):
        words = [sys.executable, "-m", "app", "meeting-point", "--key-file", str(file)]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 6
        assert len(done.stderr.splitlines()) == 1
    assert short.read_bytes() == b"no key"


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not there")
def test_the_commands_about_the_certificate_give_what_conclave_asks_for(tmp_path):
    making = next(line for line in _commands() if line.startswith("openssl req "))
    pin = next(line for line in _commands() if "dgst -sha256" in line)
    subprocess.run(["sh", "-c", making], cwd=tmp_path, check=True, capture_output=True)
    done = subprocess.run(
        ["sh", "-c", pin], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    from app.team_servers import parse_team_servers

    (entry,) = parse_team_servers(f"turns:203.0.113.5?pin={done.stdout.strip()}")
    assert len(entry.key) == 32


def test_the_entries_of_the_guide_can_be_entered():
    from app.team_servers import parse_team_servers

    entries = [line for block in blocks() for line in block.splitlines() if line[:5] in (
        "meet:", "stun:", "turn:"
    )]  # fmt: skip
    assert {str(server.kind) for server in parse_team_servers(" ".join(entries))} == {
        "meet", "stun", "turn"
    }  # fmt: skip


def _commands() -> list[str]:
    """Return the commands of the guide, each on one line."""
    joined = "\n".join(blocks()).replace("\\\n", " ").replace("|\n", "| ")
    return [" ".join(line.split()) for line in joined.splitlines()]
