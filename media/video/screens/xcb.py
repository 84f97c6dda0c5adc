"""A connection to an X server: requests of the X protocol, packed by hand, over libxcb.

Xlib would end the program at the first error, such as a window that has just been closed.
"""

import ctypes
import struct
from ctypes import POINTER, byref, c_char_p, c_int, c_uint, c_uint8, c_uint32, c_void_p
from dataclasses import dataclass

import numpy as np

from media.errors import ScreenError
from media.video.screens.segment import Segment
from media.video.screens.source import Pixels

LIBRARY = "libxcb.so.1"
CHECKED = 1  # XCB_REQUEST_CHECKED: errors come with the reply, not as events
ALL_PLANES = 0xFFFFFFFF
Z_PIXMAP = 2
VIEWABLE = 2
AUTOMATIC = 0  # CompositeRedirectAutomatic: the server goes on painting the window
NAME_WINDOW_PIXMAP_SINCE = 0, 2  # version of the Composite extension
CURSOR_SINCE = 1, 0  # of XFixes


class XError(Exception):
    """The X server refused a request; `code` is that of the X protocol, 3 is BadWindow."""

    def __init__(self, code: int) -> None:
        super().__init__(f"X error {code}")
        self.code = code


class _IoVector(ctypes.Structure):
    _fields_ = (("base", c_void_p), ("length", ctypes.c_size_t))


class _Request(ctypes.Structure):
    _fields_ = (
        ("count", ctypes.c_size_t),
        ("extension", c_void_p),
        ("opcode", c_uint8),
        ("is_void", c_uint8),
    )


class _Cookie(ctypes.Structure):
    _fields_ = (("sequence", c_uint),)


class _Screens(ctypes.Structure):
    _fields_ = (("data", POINTER(c_uint32)), ("rem", c_int), ("index", c_int))


@dataclass(frozen=True, slots=True)
class Geometry:
    """Where a drawable lies in its parent, in pixels; `border` is around width and height."""

    depth: int
    left: int
    top: int
    width: int
    height: int
    border: int


@dataclass(frozen=True, slots=True)
class Pointer:
    """The mouse pointer as it looks now: BGRA, premultiplied; the corner on the desktop."""

    left: int
    top: int
    pixels: Pixels


class Display:
    """One connection. Everything raises XError for what the server refuses.

    ScreenError "unsupported" where there is no X server, "lost" when it hangs up.
    """

    def __init__(self, name: str | None = None) -> None:
        self._segment: Segment | None = None
        self._segment_name = 0
        self._shares_memory = True
        try:
            self._xcb = _library()
        except (OSError, AttributeError) as error:
            raise ScreenError("unsupported", f"{LIBRARY} is not there") from error
        number = c_int(0)
        self._connection = self._xcb.xcb_connect(name.encode() if name else None, byref(number))
        if self._xcb.xcb_connection_has_error(self._connection):
            self.close()
            raise ScreenError("unsupported", "there is no X server")
        self.root = self._root(number.value)
        self._atoms: dict[str, int] = {}
        self._extensions: dict[str, int] = {}
        self._redirected: set[int] = set()

    def close(self) -> None:
        """Hang up; the server forgets everything that this connection asked for."""
        if self._segment is not None:
            self._segment.close()
            self._segment = None
        if self._connection:
            self._xcb.xcb_disconnect(self._connection)
            self._connection = None

    # -- windows ------------------------------------------------------------------------------

    def atom(self, name: str) -> int:
        """Return the number of a name, 0 if nobody has used it yet."""
        found = self._atoms.get(name, 0)
        if not found:
            text = name.encode("ascii")
            reply = self._ask(16, 1, struct.pack("=HH", len(text), 0) + text)
            (found,) = struct.unpack_from("=I", reply, 8)
            self._atoms[name] = found
        return found

    def property(self, window: int, name: str, most: int = 4096) -> bytes:
        """Return the value of a window's property, at most so many bytes; empty if it has none."""
        atom = self.atom(name)
        if not atom:
            return b""
        reply = self._ask(20, 0, struct.pack("=IIIII", window, atom, 0, 0, most // 4))
        (length,) = struct.unpack_from("=I", reply, 16)
        return reply[32 : 32 + length * max(1, reply[1] // 8)]

    def numbers(self, window: int, name: str, most: int = 4096) -> tuple[int, ...]:
        """Return the value of a property that is made of 32-bit numbers."""
        value = self.property(window, name, 4 * most)
        return struct.unpack(f"={len(value) // 4}I", value[: len(value) // 4 * 4])

    def is_viewable(self, window: int) -> bool:
        """Tell whether a window and all around it is mapped."""
        return self._ask(3, 0, struct.pack("=I", window))[26] == VIEWABLE

    def geometry(self, drawable: int) -> Geometry:
        """Return depth, place and size."""
        reply = self._ask(14, 0, struct.pack("=I", drawable))
        left, top, width, height, border = struct.unpack_from("=hhHHH", reply, 12)
        return Geometry(reply[1], left, top, width, height, border)

    def place(self, window: int) -> tuple[int, int]:
        """Return where a window's upper left corner lies on the desktop."""
        reply = self._ask(40, 0, struct.pack("=IIhh", window, self.root, 0, 0))
        left, top = struct.unpack_from("=hh", reply, 12)
        return left, top

    # -- pixels -------------------------------------------------------------------------------

    def has_composite(self) -> bool:
        """Tell whether a window can be seen that others cover."""
        return self._version("Composite") >= NAME_WINDOW_PIXMAP_SINCE

    def redirect(self, window: int) -> None:
        """Let the server keep all of a window's pixels, also those that are covered."""
        if window not in self._redirected:
            self._do(self._extension("Composite"), 1, struct.pack("=IBxxx", window, AUTOMATIC))
            self._redirected.add(window)

    def name_pixmap(self, window: int) -> int:
        """Return the pixels of a redirected, viewable window, as they are until its size changes.

        Free it with `free_pixmap`.
        """
        pixmap: int = self._xcb.xcb_generate_id(self._connection)
        try:
            self._do(self._extension("Composite"), 6, struct.pack("=II", window, pixmap))
        except XError:
            self._redirected.discard(window)  # it may be another window of the same number
            raise
        return pixmap

    def free_pixmap(self, pixmap: int) -> None:
        """Let a pixmap go."""
        self._do(54, 0, struct.pack("=I", pixmap))

    def image(self, drawable: int, left: int, top: int, width: int, height: int) -> Pixels:
        """Return a part of a drawable as BGRA; ScreenError if its pixels are of another kind."""
        octets = width * height * 4
        body = struct.pack("=IhhHHI", drawable, left, top, width, height, ALL_PLANES)
        segment = self._shared(octets)
        if segment is not None:
            body += struct.pack("=BxxxII", Z_PIXMAP, self._segment_name, 0)
            reply = self._ask(self._extension("MIT-SHM"), 4, body)
            if struct.unpack_from("=I", reply, 12)[0] < octets:
                raise ScreenError("unsupported", "this display has too few colours")
            return segment.pixels(width, height)
        reply = self._ask(73, Z_PIXMAP, body)
        if len(reply) - 32 < octets:
            raise ScreenError("unsupported", "this display has too few colours")
        pixels = np.frombuffer(reply, np.uint8, octets, 32)
        return pixels.reshape(height, width, 4)

    def _shared(self, octets: int) -> Segment | None:
        """Return memory that the server can write so much into; None where it cannot."""
        if self._segment is not None and self._segment.octets >= octets:
            return self._segment
        if not self._shares_memory or not self._extension("MIT-SHM"):
            return None
        self._let_go()
        try:
            made = Segment(octets)
        except OSError:
            self._shares_memory = False
            return None
        self._segment_name = self._xcb.xcb_generate_id(self._connection)
        try:
            body = struct.pack("=IIBxxx", self._segment_name, made.number, 0)
            self._do(self._extension("MIT-SHM"), 1, body)
        except XError:  # it runs on another computer, or as somebody else
            self._shares_memory = False
            made.close()
            return None
        finally:
            made.forget_name()
        self._segment = made
        return made

    def _let_go(self) -> None:
        if self._segment is not None:
            self._do(self._extension("MIT-SHM"), 2, struct.pack("=I", self._segment_name))
            self._segment.close()
            self._segment = None

    def pointer(self) -> Pointer | None:
        """Return the mouse pointer, None where the server does not tell."""
        if self._version("XFIXES") < CURSOR_SINCE:
            return None
        reply = self._ask(self._extension("XFIXES"), 4, b"")
        left, top, width, height, across, down = struct.unpack_from("=hhHHHH", reply, 8)
        pixels = np.frombuffer(reply, np.uint8, width * height * 4, 32)
        return Pointer(left - across, top - down, pixels.reshape(height, width, 4))

    # -- the wire -----------------------------------------------------------------------------

    def _extension(self, name: str) -> int:
        """Return the major opcode of an extension, 0 if the server has it not."""
        if name not in self._extensions:
            text = name.encode("ascii")
            reply = self._ask(98, 0, struct.pack("=HH", len(text), 0) + text)
            self._extensions[name] = reply[9] if reply[8] else 0
        return self._extensions[name]

    def _version(self, name: str) -> tuple[int, int]:
        """Say what we speak, as extensions want before anything else; return what the server does.

        (0, 0) where it has not the extension at all.
        """
        opcode = self._extension(name)
        if not opcode:
            return 0, 0
        key = f"{name} version"
        if key not in self._extensions:
            reply = self._ask(opcode, 0, struct.pack("=II", 4, 0))
            major, minor = struct.unpack_from("=II", reply, 8)
            self._extensions[key] = major << 16 | minor
        return self._extensions[key] >> 16, self._extensions[key] & 0xFFFF

    def _root(self, number: int) -> int:
        xcb = self._xcb
        screens = xcb.xcb_setup_roots_iterator(xcb.xcb_get_setup(self._connection))
        for _ in range(number):
            xcb.xcb_screen_next(byref(screens))
        return int(screens.data[0])

    def _send(self, opcode: int, detail: int, body: bytes, *, void: bool) -> int:
        """Send a request; libxcb writes the opcode and the length into its first four bytes."""
        body += bytes(-len(body) % 4)
        content = ctypes.create_string_buffer(bytes((opcode, detail, 0, 0)) + body, 4 + len(body))
        parts = (_IoVector * 3)()  # libxcb wants two places before the first part
        parts[2].base, parts[2].length = ctypes.addressof(content), len(content)
        request = _Request(1, None, opcode, void)
        sequence: int = self._xcb.xcb_send_request(
            self._connection, CHECKED, byref(parts, 2 * ctypes.sizeof(_IoVector)), byref(request)
        )
        if not sequence:
            raise ScreenError("lost", "the X server hung up")
        return sequence

    def _ask(self, opcode: int, detail: int, body: bytes) -> bytes:
        sequence = self._send(opcode, detail, body, void=False)
        error = c_void_p()
        reply = self._xcb.xcb_wait_for_reply(self._connection, sequence, byref(error))
        self._drop_events()
        if error.value:
            raise XError(self._taken(error.value, 32)[1])
        if not reply:
            raise ScreenError("lost", "the X server hung up")
        length = struct.unpack("=I", ctypes.string_at(reply + 4, 4))[0]
        return self._taken(reply, 32 + 4 * length)

    def _do(self, opcode: int, detail: int, body: bytes) -> None:
        sequence = self._send(opcode, detail, body, void=True)
        error = self._xcb.xcb_request_check(self._connection, _Cookie(sequence))
        if error:
            raise XError(self._taken(error, 32)[1])

    def _taken(self, address: int, length: int) -> bytes:
        """Return a copy of what libxcb allocated, and free it."""
        content = ctypes.string_at(address, length)
        self._xcb.free(c_void_p(address))
        return content

    def _drop_events(self) -> None:
        """Some come to everybody, such as a new keyboard; nobody here waits for them."""
        while event := self._xcb.xcb_poll_for_event(self._connection):
            self._xcb.free(c_void_p(event))


def _library() -> ctypes.CDLL:
    xcb = ctypes.CDLL(LIBRARY)  # the C library's functions are found through it, too
    for name, takes, gives in (
        ("xcb_connect", (c_char_p, POINTER(c_int)), c_void_p),
        ("xcb_connection_has_error", (c_void_p,), c_int),
        ("xcb_disconnect", (c_void_p,), None),
        ("xcb_get_setup", (c_void_p,), c_void_p),
        ("xcb_setup_roots_iterator", (c_void_p,), _Screens),
        ("xcb_screen_next", (POINTER(_Screens),), None),
        ("xcb_generate_id", (c_void_p,), c_uint32),
        ("xcb_send_request", (c_void_p, c_int, c_void_p, POINTER(_Request)), c_uint),
        ("xcb_wait_for_reply", (c_void_p, c_uint, POINTER(c_void_p)), c_void_p),
        ("xcb_request_check", (c_void_p, _Cookie), c_void_p),
        ("xcb_poll_for_event", (c_void_p,), c_void_p),
        ("free", (c_void_p,), None),
    ):
        function = getattr(xcb, name)
        function.argtypes, function.restype = takes, gives
    return xcb
