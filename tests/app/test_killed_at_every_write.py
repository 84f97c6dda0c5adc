"""A program that is killed before or after any of its writes leaves the old or the new.

One process makes a copy of itself for each step that the disk is asked for, and that copy is killed
there (SIGKILL): the first at the first step, the second at the second, until one comes through.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]

STEPS = """
import json, os, signal, sys
from pathlib import Path

STEPS = ("open", "write", "fsync", "replace", "rename", "link", "unlink", "chmod", "ftruncate")

def killed_at(number, after, work):
    child = os.fork()
    if child == 0:
        left = [number]
        def step(real):
            def stepping(*arguments, **named):
                left[0] -= 1
                if left[0] == 0 and not after:
                    os.kill(os.getpid(), signal.SIGKILL)
                done = real(*arguments, **named)
                if left[0] == 0 and after:
                    os.kill(os.getpid(), signal.SIGKILL)
                return done
            return stepping
        for name in STEPS:
            setattr(os, name, step(getattr(os, name)))
        try:
            work()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

def at_every_step(prepare, work, look):
    seen, kills = [], 0
    for after in (False, True):
        for number in range(1, 1000):
            prepare()
            code = killed_at(number, after, work)
            kills += code == -signal.SIGKILL
            seen.append(look())
            if code == 0:
                break
        else:
            raise AssertionError("it never came to its end")
    print(json.dumps({"kills": kills, "seen": seen}))
"""

PROFILE = """
import shutil
from app.profile import Profile
from crypto.vault_content import Pin

folder, first = Path(sys.argv[1]) / "profile", Path(sys.argv[1]) / "first"
PIN = Pin(bytes(range(32)), "Ada", 7)

def opened(where):
    return Profile.open(where, passphrase="seven quiet herons", limits=(1, 8192))

def prepare():
    shutil.rmtree(folder, ignore_errors=True)
    if sys.argv[2] == "kept":
        shutil.copytree(first, folder)

def work():
    profile = opened(folder)
    profile.keep_secrets(profile.secrets.with_pin(PIN))
    profile.change_setting("name", "Grace")
    profile.keep_beside("recent", b"a list")
    profile.close()

def look():
    profile = opened(folder)
    found = [profile.identity().dev.hex(), len(profile.secrets.pins), profile.settings.name]
    found += [profile.read_beside("recent").decode(), list(profile.notices)]
    profile.close()
    found.append(sorted(path.name for path in folder.iterdir() if path.name.startswith(".")))
    return found

profile = opened(first)
profile.change_setting("name", "Ada")
mine = profile.identity().dev.hex()
profile.close()
at_every_step(prepare, work, look)
print(json.dumps(mine))
"""

FILE = """
import shutil
from hashlib import blake2b
from app.file_store import FileStore
from app.meeting.files.orders import FinishTarget, OpenTarget, WriteTarget

folder = Path(sys.argv[1]) / "Downloads"
DATA = bytes(range(256)) * 64

def prepare():
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "plan.pdf").write_bytes(b"mine")

def work():
    store = FileStore(lambda: folder)
    store.do(OpenTarget(b"k" * 24, "", "plan.pdf", len(DATA)))
    for offset in range(0, len(DATA), 4096):
        store.do(WriteTarget(b"k" * 24, offset, DATA[offset : offset + 4096]))
    store.do(FinishTarget(b"k" * 24, blake2b(DATA, digest_size=32).digest()))
    store.close()

def look():
    content = {b"mine": "mine", DATA: "whole"}
    return {
        path.name: content.get(path.read_bytes(), "half")
        for path in folder.iterdir() if not path.name.startswith(".")
    }

at_every_step(prepare, work, look)
"""

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes copy themselves here")


def run(story: str, *words: str) -> tuple[list[Any], list[Any]]:
    """Run a story; return what was seen after each kill, and what else it said."""
    done = subprocess.run(
        [sys.executable, "-c", STEPS + story, *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    first, *rest = map(json.loads, done.stdout.splitlines())
    assert first["kills"] > 10
    return first["seen"], rest


def test_a_profile_has_its_identity_after_any_kill_and_the_old_or_the_new_of_everything(
    tmp_path: Path,
):
    seen, (mine,) = run(PROFILE, str(tmp_path), "kept")
    for dev, pins, name, beside, notices, hidden in seen:
        assert dev == mine
        assert pins in (0, 1)
        assert name in ("Ada", "Grace")
        assert beside in ("", "a list")
        assert set(notices) <= {"restored"}
        assert not hidden
    assert seen[-1][1:4] == [1, "Grace", "a list"]


def test_a_profile_that_is_killed_while_it_comes_to_be_can_be_opened(tmp_path: Path):
    seen, _ = run(PROFILE, str(tmp_path), "new")
    assert all(set(notices) <= {"restored"} for *_, notices, _hidden in seen)
    assert seen[-1][1:4] == [1, "Grace", "a list"]


def test_a_file_that_comes_in_is_seen_whole_or_not_at_all(tmp_path: Path):
    seen, _ = run(FILE, str(tmp_path))
    for files in seen:
        assert files.pop("plan.pdf") == "mine"
        assert files in ({}, {"plan (2).pdf": "whole"}), files
    assert seen[-1] == {"plan (2).pdf": "whole"}
