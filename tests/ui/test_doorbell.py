"""The local socket by which a later start reaches the window."""

import os
import socket
import stat
import threading
from pathlib import Path

import pytest

from app.handed_over import DONE, MAX_REQUEST, OfferLink, Request, ShowWindow, encode
from app.ui.doorbell import MOST_CALLERS, Doorbell

LINK = "conclave:join#AUAAAGkgq3yCq0sYmGMu4VfQKcNw8R3oTzL5JHd2XbVpWkEa7s9uZtM1nPq4yDhBgS6fAxOvLr"


class House:
    """A doorbell at a path of its own."""

    def __init__(self, folder: Path, qtbot) -> None:
        self.heard: list[Request] = []
        self.bell = Doorbell(self.heard.append)
        self.path = folder / "door"
        self.qtbot = qtbot
        assert self.bell.listen(str(self.path))

    def say(self, message: bytes) -> bytes:
        """Say something on a thread of its own; return the answer."""
        answers: list[bytes] = []

        def call() -> None:
            with socket.socket(socket.AF_UNIX) as caller:
                caller.settimeout(10)
                caller.connect(str(self.path))
                try:
                    caller.sendall(message)
                    answers.append(caller.recv(16))
                except OSError:
                    answers.append(b"")

        thread = threading.Thread(target=call)
        thread.start()
        self.qtbot.waitUntil(lambda: bool(answers), timeout=10_000)
        thread.join(10)
        return answers[0]


@pytest.fixture
def house(tmp_path: Path, qtbot):
    made = House(tmp_path, qtbot)
    yield made
    made.bell.close()


def test_a_link_is_heard_and_answered(house: House) -> None:
    assert house.say(encode(OfferLink(LINK))) == DONE
    assert house.heard == [OfferLink(LINK)]


def test_only_this_user_may_ring(house: House) -> None:
    assert stat.S_IMODE(os.stat(house.path).st_mode) & 0o077 == 0


@pytest.mark.parametrize(
    "noise", [b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 5000, b"link file:///x\n\n", b"x" * 1_000_000]
)
def test_noise_is_not_answered_and_counted(house: House, noise: bytes) -> None:
    assert house.say(noise) == b""
    assert house.heard == []
    assert house.bell.refused == 1
    assert house.say(encode(ShowWindow())) == DONE


def test_a_request_may_come_in_pieces(house: House, qtbot) -> None:
    with socket.socket(socket.AF_UNIX) as caller:
        caller.connect(str(house.path))
        for piece in (b"sh", b"ow\n", b"\n"):
            caller.sendall(piece)
            qtbot.wait(1)
        qtbot.waitUntil(lambda: house.heard == [ShowWindow()], timeout=10_000)


def test_callers_that_say_nothing_are_few(house: House, qtbot) -> None:
    callers = [socket.socket(socket.AF_UNIX) for _ in range(MOST_CALLERS + 3)]
    try:
        for caller in callers:
            caller.setblocking(False)
            caller.connect_ex(str(house.path))
            qtbot.wait(1)
        qtbot.waitUntil(lambda: house.bell.refused >= 3, timeout=10_000)
        assert house.heard == []
    finally:
        for caller in callers:
            caller.close()


def test_what_is_kept_of_a_caller_is_bounded(house: House, qtbot) -> None:
    with socket.socket(socket.AF_UNIX) as caller:
        caller.connect(str(house.path))
        caller.settimeout(10)
        caller.sendall(b"x" * MAX_REQUEST)
        qtbot.wait(1)
        assert house.bell.refused == 0
        caller.sendall(b"xx")
        qtbot.waitUntil(lambda: house.bell.refused == 1, timeout=10_000)


def test_a_closed_bell_hears_nobody(house: House) -> None:
    house.bell.close()
    with socket.socket(socket.AF_UNIX) as caller, pytest.raises(OSError, match=r"."):
        caller.connect(str(house.path))
