"""Sharing on Wayland: the desktop's portal is asked, with a portal and a GStreamer of our own."""

import os
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.session_bus import session_bus

from media.errors import CameraError, ScreenError
from media.slot import Slot
from media.video.camera import CapturedFrame
from media.video.screens.here import screens_here
from media.video.screens.offer import Kind
from media.video.screens.portal import KEY, PortalScreens

jeepney = pytest.importorskip("jeepney", reason="D-Bus is spoken on Linux only")
pytestmark = pytest.mark.skipif(
    shutil.which("dbus-daemon") is None, reason="dbus-daemon is not installed"
)

from jeepney import DBusAddress, MessageType, new_error, new_method_return, new_signal  # noqa: E402
from jeepney.bus_messages import message_bus  # noqa: E402
from jeepney.io.blocking import open_dbus_connection  # noqa: E402

NAME, PATH = "org.freedesktop.portal.Desktop", "/org/freedesktop/portal/desktop"
SESSION = f"{PATH}/session/conclave"
SIZE = 64, 48
GSTREAMER = """#!{python}
import os, re, sys, time
text = " ".join(sys.argv)
os.fstat(int(re.search(r" fd=(\\d+) path=42", text).group(1)))
width, height = map(int, re.search(r"width=(\\d+),height=(\\d+)", text).groups())
for shade in ({shades}):
    os.write(1, bytes([shade, shade, shade, 255]) * (width * height))
    time.sleep(0.05)
if {stays}:
    time.sleep(60)
"""


class Portal(threading.Thread):
    """A desktop's portal; `answer` is what its person does: 0 chooses, 1 cancels."""

    def __init__(self, answer: int = 0) -> None:
        super().__init__(name="portal", daemon=True)
        self._answer = answer
        self.asked: list[tuple[str, dict[str, object]]] = []
        self.ended = threading.Event()
        self._bus = open_dbus_connection("SESSION", enable_fds=True)
        self._bus.send_and_get_reply(message_bus.RequestName(NAME), timeout=5.0)
        self.start()

    def run(self) -> None:
        while True:
            try:
                message = self._bus.receive()
            except (OSError, ValueError):
                return
            if message.header.message_type is MessageType.method_call:
                self._hear(message)

    def _hear(self, message) -> None:
        fields = message.header.fields
        method = fields[jeepney.HeaderFields.member]
        body = message.body
        options = body[-1] if body and isinstance(body[-1], dict) else {}
        self.asked.append((method, options))
        match method:
            case "Get":
                self._bus.send(new_method_return(message, "v", (("u", 5),)))
            case "CreateSession":
                self._later(message, options, {"session_handle": ("s", SESSION)})
            case "SelectSources":
                self._later(message, options, {})
            case "Start":
                stream = (42, {"size": ("(ii)", SIZE)})
                self._later(message, options, {"streams": ("a(ua{sv})", [stream])}, self._answer)
            case "OpenPipeWireRemote":
                with open(os.devnull, "rb") as nothing:
                    self._bus.send(new_method_return(message, "h", (nothing.fileno(),)))
            case "Close":
                self.ended.set()
                self._bus.send(new_method_return(message))
            case _:
                self._bus.send(new_error(message, "org.freedesktop.DBus.Error.UnknownMethod"))

    def _later(self, message, options, results, code: int = 0) -> None:
        """Answer with the handle of a request, and then on that handle."""
        sender = message.header.fields[jeepney.HeaderFields.sender]
        token = options["handle_token"][1]
        path = f"{PATH}/request/{sender[1:].replace('.', '_')}/{token}"
        self._bus.send(new_method_return(message, "o", (path,)))
        request = DBusAddress(path, interface="org.freedesktop.portal.Request")
        signal = new_signal(request, "Response", "ua{sv}", (code, results))
        signal.header.fields[jeepney.HeaderFields.destination] = sender
        self._bus.send(signal)

    def close(self) -> None:
        self._bus.sock.shutdown(2)
        self.join(5.0)
        self._bus.close()


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A session bus of this test's own."""
    with session_bus() as address:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        yield


def install(folder: Path, name: str, text: str) -> None:
    program = folder / name
    program.write_text(text)
    program.chmod(0o755)


@pytest.fixture
def gstreamer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A GStreamer of this test's own that has the plugin and shows two shades of grey."""
    folder = tmp_path / "bin"
    folder.mkdir()
    install(folder, "gst-inspect-1.0", "#!/bin/sh\nexit 0\n")
    text = GSTREAMER.format(python=sys.executable, shades="80, 160", stays=True)
    install(folder, "gst-launch-1.0", text)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder


class Shown:
    """A source that runs, and what comes of it."""

    def __init__(self) -> None:
        self.frames: Slot[CapturedFrame] = Slot()
        self.failed: list[CameraError] = []
        self.ended = threading.Event()
        self.source = PortalScreens().source(KEY, None, 50)
        self.source.start(self.frames, self._failed, time.monotonic)

    def _failed(self, error: CameraError) -> None:
        self.failed.append(error)
        self.ended.set()

    def until(self, shade: int) -> CapturedFrame:
        while True:
            frame = self.frames.wait(10.0)
            assert frame is not None, self.failed
            if frame.pixels[0, 0, 0] == shade:
                return frame

    def stop(self) -> None:
        self.source.stop()
        assert self.source.join(10.0)


def test_wayland_asks_the_portal_and_never_looks_by_itself():
    for environ in ({"XDG_SESSION_TYPE": "wayland", "DISPLAY": ":0"}, {"WAYLAND_DISPLAY": "w"}):
        assert isinstance(screens_here("linux", environ), PortalScreens)


@pytest.mark.usefixtures("bus", "gstreamer")
def test_one_picker_is_offered_where_there_is_a_portal():
    portal = Portal()
    (offered,) = PortalScreens().offer()
    assert (offered.key, offered.kind) == (KEY, Kind.ASKED)
    assert [method for method, _ in portal.asked] == ["Get"]
    portal.close()


@pytest.mark.usefixtures("bus", "gstreamer")
def test_what_the_person_chooses_comes_as_pictures_until_it_is_ended():
    portal = Portal()
    shown = Shown()
    assert (shown.until(80).width, shown.until(160).height) == SIZE
    shown.stop()
    assert shown.failed == []
    assert portal.ended.wait(5.0)  # the desktop's own sign goes out
    asked = [method for method, _ in portal.asked]
    assert asked == ["CreateSession", "SelectSources", "Start", "OpenPipeWireRemote", "Close"]
    wanted = dict(portal.asked)["SelectSources"]
    assert wanted["types"] == ("u", 3)
    assert wanted["multiple"] == ("b", False)
    portal.close()


@pytest.mark.usefixtures("bus", "gstreamer")
def test_who_cancels_in_the_systems_window_shares_nothing():
    portal = Portal(answer=1)
    shown = Shown()
    assert shown.ended.wait(10.0)
    assert [error.code for error in shown.failed] == ["cancelled"]
    assert portal.ended.wait(5.0)
    portal.close()


@pytest.mark.usefixtures("bus")
def test_what_is_ended_at_the_desktop_ends_here(gstreamer: Path):
    text = GSTREAMER.format(python=sys.executable, shades="80, 90", stays=False)
    install(gstreamer, "gst-launch-1.0", text)
    portal = Portal()
    shown = Shown()
    assert shown.ended.wait(10.0)
    assert [error.code for error in shown.failed] == ["closed"]
    portal.close()


@pytest.mark.usefixtures("bus", "gstreamer")
def test_a_desktop_without_a_portal_says_what_is_missing():
    with pytest.raises(ScreenError) as refused:
        PortalScreens().offer()
    assert refused.value.code == "missing"


@pytest.mark.usefixtures("bus")
@pytest.mark.parametrize("plugin", [False, None])
def test_a_system_without_gstreamer_or_its_plugin_says_so(
    gstreamer: Path, plugin: bool | None, monkeypatch: pytest.MonkeyPatch
):
    portal = Portal()
    if plugin is None:
        monkeypatch.setenv("PATH", str(gstreamer.parent))
    else:
        install(gstreamer, "gst-inspect-1.0", "#!/bin/sh\nexit 1\n")
    with pytest.raises(ScreenError) as refused:
        PortalScreens().offer()
    assert refused.value.code == "missing"
    portal.close()


@pytest.mark.usefixtures("gstreamer")
def test_without_a_session_bus_nothing_can_be_shared(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/at/all")
    with pytest.raises(ScreenError) as refused:
        PortalScreens().offer()
    assert refused.value.code == "missing"
