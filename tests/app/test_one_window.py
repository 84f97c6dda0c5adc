"""A profile has one window: who comes second hands over what it came for, and goes."""

import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import one_window
from app.handed_over import (
    DONE,
    MAX_LINK,
    Close,
    OfferLink,
    Request,
    RequestError,
    ShowWindow,
    ToggleMicrophone,
    encode,
    parse,
)
from app.one_window import come_in, hand_over
from app.paths import runtime_folder

LINK = "conclave:join#AUAAAGkgq3yCq0sYmGMu4VfQKcNw8R3oTzL5JHd2XbVpWkEa7s9uZtM1nPq4yDhBgS6fAxOvLr"
ROOT = Path(__file__).resolve().parents[2]

REQUESTS = [
    ShowWindow(),
    ShowWindow("token-1"),
    OfferLink(LINK),
    OfferLink(LINK, "wayland_7"),
    OfferLink("192.168.1.20:47100"),
    OfferLink("[fe80::1%eth0]:47100"),
    ToggleMicrophone(),
    Close(),
]


@pytest.mark.parametrize("request_", REQUESTS, ids=repr)
def test_a_request_comes_out_as_it_went_in(request_: Request) -> None:
    assert parse(encode(request_)) == request_


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"show",
        b"show\n",
        b"show\n\n\n",
        b"show me\n\n",
        b"quit\n\n",
        b"microphone\ntoken\n",
        b"link \n\n",
        b"link --profile=/tmp/evil\n\n",
        b"link file:///etc/passwd\n\n",
        b"link conclave:join#a b\n\n",
        b'link conclave:join#"\n\n',
        b"link conclave:join#\x00\n\n",
        b"link conclave:join#\xe2\x80\xae\n\n",
        b"link " + b"conclave:" + b"a" * MAX_LINK + b"\n\n",
        b"show\n" + b"t" * 129 + b"\n",
        b"show\nto ken\n",
        b"x" * 1_000_000,
    ],
    ids=lambda data: repr(data[:32]),
)
def test_bytes_that_ask_for_nothing_are_refused(data: bytes) -> None:
    with pytest.raises(RequestError):
        parse(data)


def test_a_link_that_none_could_follow_is_not_even_handed_over() -> None:
    for link in ("conclave:join#a\nshow", "javascript:alert(1)", "-x", "conclave:" + "a" * 9999):
        with pytest.raises(RequestError):
            encode(OfferLink(link))


def test_a_link_is_not_written_where_requests_are_printed() -> None:
    assert LINK not in repr(OfferLink(LINK))


@pytest.fixture
def profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "profile"
    folder.mkdir()
    with tempfile.TemporaryDirectory() as short:  # the path of a socket has little room
        monkeypatch.setenv("XDG_RUNTIME_DIR", short)
        yield folder


@pytest.fixture
def window(profile: Path) -> Iterator[list[Request]]:
    """A window that notes what it is asked, on a thread instead of Qt's loop."""
    doorway = come_in(profile, ShowWindow())
    assert doorway is not None
    heard: list[Request] = []
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(doorway.address)
        server.listen()

        def serve() -> None:
            while True:
                try:
                    caller, _address = server.accept()
                except OSError:
                    return
                with caller:
                    heard.append(parse(caller.recv(5000)))
                    caller.sendall(DONE)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield heard
        server.shutdown(socket.SHUT_RDWR)
    thread.join(5)
    doorway.close()


def test_who_comes_second_hands_its_link_over_and_gets_no_window(profile: Path, window) -> None:
    assert come_in(profile, OfferLink(LINK)) is None
    assert window == [OfferLink(LINK)]


def test_a_command_reaches_the_window_that_is_open(profile: Path, window) -> None:
    assert hand_over(profile, ToggleMicrophone())
    assert window == [ToggleMicrophone()]


def test_a_command_without_a_window_reaches_nobody(profile: Path) -> None:
    assert not hand_over(profile, ToggleMicrophone())


def test_two_profiles_have_two_windows(profile: Path, window, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    doorway = come_in(other, ShowWindow())
    assert doorway is not None
    doorway.close()
    assert window == []


def test_the_door_stands_in_a_folder_of_this_user_alone(profile: Path) -> None:
    doorway = come_in(profile, ShowWindow())
    assert doorway is not None
    folder = runtime_folder(profile)
    assert Path(doorway.address).parent == folder
    assert Path(doorway.address).is_absolute()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    doorway.close()


def test_without_a_runtime_folder_the_door_is_inside_the_profile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    assert tmp_path in runtime_folder(tmp_path).parents


def test_a_path_too_long_for_a_socket_gives_a_window_without_a_door(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / ("long" * 30)))
    doorway = come_in(tmp_path, ShowWindow())
    assert doorway is not None
    assert doorway.address == ""
    doorway.close()


def test_a_file_in_place_of_the_door_is_not_written_to(profile: Path) -> None:
    folder = runtime_folder(profile)
    folder.mkdir(parents=True)
    (folder / one_window.DOOR).write_text("precious")
    assert not hand_over(profile, ShowWindow())
    assert (folder / one_window.DOOR).read_text() == "precious"


def test_a_window_that_does_not_answer_is_waited_for_only_so_long(profile: Path) -> None:
    holder = come_in(profile, ShowWindow())
    assert holder is not None  # it holds the lock, but nobody listens
    clock = [0.0]

    def wait(seconds: float) -> None:
        clock[0] += seconds

    late = come_in(profile, ShowWindow(), patience=2.0, now=lambda: clock[0], wait=wait)
    assert late is not None
    assert late.address == ""  # it takes nothing away from the one that is there
    assert clock[0] >= 2.0
    holder.close()


def test_a_window_that_is_just_closing_is_followed_by_the_next(profile: Path) -> None:
    holder = come_in(profile, ShowWindow())
    assert holder is not None
    following = come_in(profile, ShowWindow(), wait=lambda _seconds: holder.close())
    assert following is not None
    assert following.address
    following.close()


HOLDER = """
import socket, sys
from pathlib import Path
from app.handed_over import ShowWindow
from app.one_window import come_in
doorway = come_in(Path(sys.argv[1]), ShowWindow())
server = socket.socket(socket.AF_UNIX)
server.bind(doorway.address)
server.listen()
print("open", flush=True)
sys.stdin.read()
"""


def test_a_window_that_was_killed_leaves_nothing_in_the_way(profile: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(profile)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env=os.environ,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"open\n"
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    process.stdout.close()
    assert process.stdin is not None
    process.stdin.close()
    left = runtime_folder(profile) / one_window.DOOR
    assert left.is_socket()  # the socket of the dead is there, and nobody behind it
    doorway = come_in(profile, ShowWindow(), patience=0.0)
    assert doorway is not None
    assert doorway.address == str(left)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(doorway.address)
    doorway.close()
