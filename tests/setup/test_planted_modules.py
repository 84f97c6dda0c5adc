"""Conclave does not run what somebody left in the current folder, or named in PYTHONPATH."""

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

BETRAYS = "import os, pathlib; pathlib.Path(os.environ['BETRAYED']).write_text(__file__)"
PLANTED = ("app", "crypto", "media", "json", "numpy", "nacl", "sitecustomize", "usercustomize")
PICTURE = b"P6 2 2 255\n" + bytes(12)  # no kind that is shown: the process looks, and says no


@pytest.fixture
def python(bootstrap, tmp_path: Path) -> Path:
    """Return a Python set up as `./run` does it, with the libraries of this one."""
    environment = tmp_path / ".venv"
    venv.create(environment, with_pip=False, symlinks=os.name != "nt")
    bootstrap.make_importable(environment)
    base = {"base": str(environment), "platbase": str(environment)}
    packages = Path(sysconfig.get_path("purelib", scheme="venv", vars=base))
    places = {sysconfig.get_path(kind) for kind in ("purelib", "platlib")}
    places |= {path for path in sys.path if path.endswith("site-packages")}
    (packages / "libraries.pth").write_text("\n".join(places))
    made: Path = bootstrap.python_of(environment)
    return made


@pytest.fixture
def trap(tmp_path: Path) -> tuple[Path, dict[str, str], Path]:
    """Return a folder full of planted modules, an environment that names it, and what tells."""
    folder, betrayed = tmp_path / "Downloads", tmp_path / "betrayed"
    for name in PLANTED:
        (folder / name).mkdir(parents=True)
        for file in ("__init__.py", "__main__.py"):
            (folder / name / file).write_text(BETRAYS)
    (folder / "startup.py").write_text(BETRAYS)
    environment = os.environ | {
        "BETRAYED": str(betrayed),
        "PYTHONPATH": str(folder),
        "PYTHONSTARTUP": str(folder / "startup.py"),
        "HOME": str(tmp_path / "home"),
    }
    return folder, environment, betrayed


def test_planted_modules_are_not_run_at_the_start(bootstrap, python, trap):
    folder, environment, betrayed = trap
    done = subprocess.run(
        [python, *bootstrap.START_APP, "--version"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert not betrayed.exists(), betrayed.read_text()
    assert done.returncode == 0, done.stderr
    assert "onclave" in done.stdout


@pytest.mark.parametrize("isolated", [True, False])
def test_nor_by_the_processes_that_conclave_starts_itself(python, trap, isolated: bool):
    folder, environment, betrayed = trap
    if not isolated:  # who starts it in another way decides about PYTHONPATH, not about downloads
        del environment["PYTHONPATH"]
    options = "-I" if isolated else "-P"
    look = "from app import thumbnails; import sys; sys.exit(thumbnails.look_at(sys.stdin.buffer."
    done = subprocess.run(
        [python, options, "-c", look + "read()) is not None)"],
        input=PICTURE,
        cwd=folder,
        env=environment,
        capture_output=True,
        check=False,
    )
    assert not betrayed.exists(), betrayed.read_text()
    assert done.returncode == 0, done.stderr
