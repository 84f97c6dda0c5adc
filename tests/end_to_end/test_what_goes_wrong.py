"""What goes wrong at the command line is said in one line, with an exit code of its own."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.running_copy import RunningCopy, run_to_its_end

from app.exit_codes import ExitCode
from crypto import sodium
from crypto.invite import Invite

HEADLESS = ["--headless", "--camera", "none", "--microphone", "none", "--speaker", "none"]


def check(home: Path, code: ExitCode, *arguments: str) -> str:
    """Run it, and return the one line that it says on the way out."""
    done = run_to_its_end(home, *arguments)
    said = done.stderr.strip().splitlines()
    assert done.returncode == code, done.stderr
    assert len(said) == 1, done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    return said[0]


def invitation(expires_in: float) -> str:
    """Return a link to a host that is not there."""
    invite = Invite(
        flags=0,
        expiry=int(time.time() + expires_in),
        room_seed=sodium.random_bytes(16),
        host_fingerprint=sodium.random_bytes(20),
        secret=sodium.random_bytes(16),
        addresses=(("127.0.0.1", 9),),
    )
    return invite.link()


@pytest.mark.usefixtures("knocking_nowhere")  # it begins here, to be over when it is asked for
@pytest.mark.parametrize(
    "arguments",
    [
        ["hots"],
        ["host", "--no-such-option"],
        ["join"],
        ["join", "--nearby", "10.0.0.1:4000"],
        ["join", "not an address"],
        ["host", "--headless", "--duration", "soon"],
        ["host", "--headless", "--listen", "nowhere"],
        ["host", "--headless", "--title", "x" * 65],
        ["host", "--admit-all"],
        ["host", "--headless", "--camera", "/no/such/file.mp4"],
        ["host", "--headless", "--microphone", "missing.wav"],
        ["host", "--headless", "--stats", "/no/such/folder/stats"],
        ["host", "--headless", "--passphrase-file", "/no/such/file"],
    ],
    ids=" ".join,
)
def test_arguments_that_make_no_sense_cost_one_line(tmp_path: Path, arguments: list[str]):
    check(tmp_path, ExitCode.USAGE, *arguments)


@pytest.fixture(scope="module")
def knocking_nowhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCopy]:
    """A copy with a good link to a host that is not there; it takes its time to give up."""
    home = tmp_path_factory.mktemp("nowhere")
    with RunningCopy(home, "join", invitation(expires_in=3600), *HEADLESS) as copy:
        yield copy


def test_a_link_that_is_cut_off_changed_or_expired_is_told_apart_from_an_absent_host(
    tmp_path: Path, knocking_nowhere: RunningCopy
):
    good = invitation(expires_in=3600)
    changed = good[:-5] + ("A" if good[-5] != "A" else "B") + good[-4:]
    profile = ["--profile", str(tmp_path / "profile")]
    said = {
        check(tmp_path, ExitCode.LINK, "join", good[:-8], *HEADLESS, *profile),
        check(tmp_path, ExitCode.LINK, "join", changed, *HEADLESS, *profile),
        check(tmp_path, ExitCode.LINK, "join", invitation(-7 * 86_400), *HEADLESS, *profile),
    }
    assert len(said) >= 2
    assert knocking_nowhere.end(within=40.0) == ExitCode.UNREACHABLE
    (line,) = knocking_nowhere.stderr.splitlines()
    assert line not in said


def test_a_busy_port_is_said(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        profile = ["--profile", str(tmp_path / "profile"), "--listen", f"127.0.0.1:{port}"]
        said = check(tmp_path, ExitCode.PORT_BUSY, "host", *HEADLESS, *profile)
    assert str(port) in said


def test_a_camera_that_is_no_video_and_a_microphone_that_is_no_sound_are_said(tmp_path: Path):
    (tmp_path / "text.mp4").write_text("no video at all")
    (tmp_path / "text.wav").write_text("no sound at all")
    profile = ["--profile", str(tmp_path / "profile"), "--duration", "5"]
    camera = ["--camera", str(tmp_path / "text.mp4"), "--microphone", "none", "--speaker", "none"]
    check(tmp_path, ExitCode.DEVICE, "host", "--headless", *camera, *profile)
    sound = ["--camera", "none", "--microphone", str(tmp_path / "text.wav"), "--speaker", "none"]
    check(tmp_path, ExitCode.DEVICE, "host", "--headless", *sound, *profile)


def test_a_wrong_passphrase_opens_nothing_and_harms_nothing(tmp_path: Path):
    arguments = ["host", *HEADLESS, "--duration", "1", "--profile", str(tmp_path / "profile")]
    first = run_to_its_end(tmp_path, *arguments)
    assert first.returncode == ExitCode.OK, first.stderr
    wrong = tmp_path / "wrong"
    wrong.write_text("something else entirely\n")
    check(tmp_path, ExitCode.IDENTITY, *arguments, "--passphrase-file", str(wrong))
    again = run_to_its_end(tmp_path, *arguments)
    assert again.returncode == ExitCode.OK, again.stderr


def test_try_headless_meets_the_guest_without_camera_sound_card_or_display(tmp_path: Path):
    profile = ["--profile", str(tmp_path / "profile")]
    done = run_to_its_end(tmp_path, "try", "--headless", "--duration", "5", *profile, within=60.0)
    assert done.returncode == ExitCode.OK, done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stdout.strip().splitlines()) >= 2, done.stdout
