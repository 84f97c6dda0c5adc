"""What can be shared on Wayland: what the system's own window lets a person choose.

No program sees another's windows there. The ScreenCast portal of the desktop asks the person, and
hands out one stream of PipeWire. https://flatpak.github.io/xdg-desktop-portal/docs
"""

import secrets
import threading
from typing import Any

from jeepney import DBusAddress, DBusErrorResponse, MatchRule, Properties, new_method_call
from jeepney.io.blocking import DBusConnection, open_dbus_connection
from jeepney.wrappers import unwrap_msg

from media.errors import ScreenError
from media.video.screens import pipewire
from media.video.screens.offer import Kind, Part, Shareable
from media.video.screens.source import Eye, ScreenSource, Sight

KEY = "asked"
BUS_NAME, PATH = "org.freedesktop.portal.Desktop", "/org/freedesktop/portal/desktop"
SCREEN_CAST = DBusAddress(PATH, BUS_NAME, "org.freedesktop.portal.ScreenCast")
REQUEST, SESSION = "org.freedesktop.portal.Request", "org.freedesktop.portal.Session"
PROMPT = 3.0  # seconds that the portal may take for what no person has to answer
PATIENCE = 300.0  # seconds for a person to choose
LOOK = 0.25  # seconds between two looks whether the person gave up here
SCREENS_AND_WINDOWS = 1 | 2  # source types MONITOR and WINDOW
WITH_POINTER = 2  # cursor mode EMBEDDED
CHOSEN, CANCELLED = 0, 1  # what a request was answered with
NOT_THERE = (OSError, KeyError, RuntimeError, DBusErrorResponse, ValueError)


class PortalScreens:
    """One thing to share: whatever the person chooses in the system's own window."""

    def offer(self) -> tuple[Shareable, ...]:
        """Return that one; ScreenError "missing" without portal or PipeWire."""
        pipewire.check()
        with _Portal() as portal:
            portal.check()
        return (Shareable(KEY, Kind.ASKED, "", 0, 0),)

    def source(self, key: str, part: Part | None, fps: int) -> ScreenSource:
        """Return what asks the person once it starts, and then gives the pictures."""
        if key != KEY:
            raise ScreenError("closed", f"there is no screen {key}")
        return ScreenSource(key, lambda stopping: _asked(stopping, fps), fps)

    def close(self) -> None:
        """There is nothing to let go of."""


class PortalEye:
    """Looks at what the person chose, until they end it here or at the desktop's own sign."""

    def __init__(self, portal: "_Portal", stream: pipewire.Stream) -> None:
        self._portal, self._stream = portal, stream

    def look(self) -> Sight:
        """Return how it looks now; where it lies is not told to anybody."""
        return Sight(self._stream.picture(), None)

    def close(self) -> None:
        """End the desktop's session: its sign that the screen is shared goes out."""
        self._stream.close()
        self._portal.close()


def _asked(stopping: threading.Event, fps: int) -> Eye:
    portal = _Portal()
    try:
        node, size, descriptor = portal.ask(stopping)
        return PortalEye(portal, pipewire.Stream(descriptor, node, size, fps))
    except BaseException:
        portal.close()
        raise


class _Portal:
    """One conversation with the portal; `close` ends what it allowed."""

    def __init__(self) -> None:
        try:
            self._bus: DBusConnection = open_dbus_connection("SESSION", enable_fds=True)
        except NOT_THERE as error:
            raise ScreenError("missing", f"there is no session bus: {error}") from error
        self._session = ""

    def __enter__(self) -> "_Portal":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def check(self) -> None:
        """Raise ScreenError "missing" where the desktop has no such portal."""
        self._call(Properties(SCREEN_CAST).get("version"))

    def ask(self, stopping: threading.Event) -> tuple[int, tuple[int, int], int]:
        """Let the person choose; return PipeWire's node, its size, and a descriptor to it."""
        token = _token()
        made = self._request(
            "CreateSession", "", (), {"session_handle_token": ("s", token)}, stopping
        )
        self._session = str(made["session_handle"][1])
        wanted = {
            "types": ("u", SCREENS_AND_WINDOWS),
            "multiple": ("b", False),
            "cursor_mode": ("u", WITH_POINTER),
        }
        self._request("SelectSources", "o", (self._session,), wanted, stopping)
        started = self._request("Start", "os", (self._session, ""), {}, stopping)
        streams = started.get("streams", ("", ()))[1]
        if not streams:
            raise ScreenError("cancelled", "nothing was chosen")
        node, facts = streams[0]
        message = new_method_call(SCREEN_CAST, "OpenPipeWireRemote", "oa{sv}", (self._session, {}))
        (descriptor,) = self._call(message)
        return int(node), _size(facts), descriptor.to_raw_fd()

    def close(self) -> None:
        """End the session, so that the desktop no longer says that the screen is shared."""
        try:
            if self._session:
                address = DBusAddress(self._session, BUS_NAME, SESSION)
                self._call(new_method_call(address, "Close"))
        except ScreenError:
            pass  # ended at the desktop already
        self._session = ""
        self._bus.close()

    def _request(
        self,
        method: str,
        signature: str,
        body: tuple[Any, ...],
        options: dict[str, Any],
        stopping: threading.Event,
    ) -> dict[str, Any]:
        """Ask for what is answered later, with a signal; return its results."""
        token = _token()
        sender = self._bus.unique_name.removeprefix(":").replace(".", "_")
        path = f"{PATH}/request/{sender}/{token}"
        rule = MatchRule(type="signal", interface=REQUEST, member="Response", path=path)
        options = {**options, "handle_token": ("s", token)}
        with self._bus.filter(rule) as answers:
            message = new_method_call(SCREEN_CAST, method, signature + "a{sv}", (*body, options))
            self._call(message)
            waited = 0.0
            while not answers:
                if stopping.is_set() or waited >= PATIENCE:
                    raise ScreenError("cancelled", "nobody chose")
                try:
                    self._bus.recv_messages(timeout=LOOK)
                except TimeoutError:
                    waited += LOOK
                except NOT_THERE as error:
                    raise ScreenError("lost", f"the session bus hung up: {error}") from error
            code, results = answers.popleft().body
        if code != CHOSEN:
            raise ScreenError("cancelled" if code == CANCELLED else "refused", f"{method}: {code}")
        return dict(results)

    def _call(self, message: Any) -> tuple[Any, ...]:
        try:
            reply = self._bus.send_and_get_reply(message, timeout=PROMPT)
            return tuple(unwrap_msg(reply))
        except NOT_THERE as error:
            raise ScreenError("missing", f"the portal does not answer: {error}") from error


def _size(facts: dict[str, Any]) -> tuple[int, int]:
    """Return the size that the portal tells; of a window it may tell none."""
    width, height = facts.get("size", ("", pipewire.USUAL))[1]
    return max(16, int(width) & ~1), max(16, int(height) & ~1)


def _token() -> str:
    return f"conclave{secrets.token_hex(8)}"
