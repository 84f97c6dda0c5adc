"""What runs at every change: read by a linter, pinned, and with no more rights than reading."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PINNED = re.compile(r"[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
LINTER = Path(sys.executable).with_name("zizmor.exe" if sys.platform == "win32" else "zizmor")

linted = pytest.mark.skipif(not LINTER.exists(), reason="the environment is older than the lock")


def lint(*files: Path) -> subprocess.CompletedProcess[str]:
    command = [str(LINTER), "--offline", "--no-progress", "--no-config", "--persona=pedantic"]
    command += ["--strict-collection", *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@linted
def test_the_linter_finds_nothing():
    done = lint(*WORKFLOWS)
    assert done.returncode == 0, done.stdout + done.stderr


@linted
@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("@de0fac2e4500dabe0009e67214ff5f5447ce83dd", "@main"),
        ("contents: read", "contents: write"),
        ("persist-credentials: false", "fetch-depth: 1"),
        ("run: sudo .ci/run", "run: echo ${{ github.head_ref }}"),
        ("runs-on: ubuntu-24.04", "runs-upon: ubuntu-24.04"),
    ],
)
def test_the_linter_would_find_it(tmp_path: Path, good: str, bad: str):
    text = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    assert good in text
    changed = tmp_path / ".github" / "workflows" / "ci.yml"
    changed.parent.mkdir(parents=True)
    changed.write_text(text.replace(good, bad), encoding="utf-8")
    assert lint(changed).returncode != 0


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_reads_and_knows_no_secret(workflow: Path):
    text = workflow.read_text(encoding="utf-8")
    uses = re.findall(r"uses: (.+)", text)
    assert uses
    assert all(PINNED.fullmatch(use) for use in uses)
    assert re.findall(r"permissions:\n((?: +.+\n)+)", text) == ["  contents: read\n"]
    assert "secrets" not in text
    assert "pull_request_target" not in text


def test_what_a_workflow_starts_is_there():
    text = "".join(path.read_text(encoding="utf-8") for path in WORKFLOWS)
    named = set(re.findall(r"(?:packaging|tests|\.ci)/[\w./-]+", text))
    assert {"packaging/build.py", "packaging/bootstrap.py", ".ci/run", "tests/crypto"} <= named
    assert {name for name in named if not (ROOT / name).exists()} == set()


def test_every_action_is_used_in_one_version():
    text = "".join(path.read_text(encoding="utf-8") for path in WORKFLOWS)
    uses = set(re.findall(r"uses: (\S+)@(\S+)", text))
    assert len(uses) == len({action for action, _commit in uses})
