"""The cameras of this computer, as the interface lists them that OpenCV prefers."""

import ctypes
import sys
from typing import Any
from uuid import UUID

_VERSION = 0x20070  # MF_VERSION of mfapi.h
_SOURCE_TYPE = UUID("c60ac5fe-252a-478f-a0ef-bc8fa5f7cad3")  # mfidl.h: the attribute, and its value
_CAMERAS = UUID("8ac3587a-4ae7-42d8-99e0-0a6013eef90f")
_RELEASE, _SET_GUID = 2, 24  # places in the tables of IUnknown and IMFAttributes


def listed_cameras() -> list[Any]:
    """Return them in the system's order; raises ImportError where nothing can list them."""
    from cv2_enumerate_cameras import enumerate_cameras, supported_backends

    if sys.platform == "win32" and not _windows_cameras():
        return []  # that module frees a pointer which the system sets only if there is a camera
    # Every interface of a system lists each camera again; the first is the one OpenCV prefers.
    return sorted(enumerate_cameras(supported_backends[0]), key=lambda camera: camera.index)


def _windows_cameras() -> int:
    """Return how many cameras Media Foundation finds; 0 where a Windows comes without it."""
    try:
        system, foundation, sources = map(ctypes.CDLL, ("ole32", "mfplat", "mf"))
    except OSError:
        return 0
    began = system.CoInitializeEx(None, 0)  # negative: this thread has chosen another model
    try:
        if foundation.MFStartup(_VERSION, 0) < 0:
            return 0
        try:
            return _count(system, foundation, sources)
        finally:
            foundation.MFShutdown()
    finally:
        if began >= 0:
            system.CoUninitialize()


def _count(system: Any, foundation: Any, sources: Any) -> int:
    wanted, found = ctypes.c_void_p(), ctypes.POINTER(ctypes.c_void_p)()
    count = ctypes.c_uint32()
    if foundation.MFCreateAttributes(ctypes.byref(wanted), 1) < 0:
        return 0
    try:
        attribute, value = _SOURCE_TYPE.bytes_le, _CAMERAS.bytes_le
        if _method(wanted, _SET_GUID, ctypes.c_char_p, ctypes.c_char_p)(attribute, value) < 0:
            return 0
        if sources.MFEnumDeviceSources(wanted, ctypes.byref(found), ctypes.byref(count)) < 0:
            return 0
        for place in range(count.value):
            _method(ctypes.c_void_p(found[place]), _RELEASE)()
        system.CoTaskMemFree(found)
    finally:
        _method(wanted, _RELEASE)()
    return count.value


def _method(thing: ctypes.c_void_p, place: int, *takes: Any) -> Any:
    """Return a method of a COM interface, bound to the thing."""
    table = ctypes.cast(thing, ctypes.POINTER(ctypes.POINTER(ctypes.c_void_p)))[0]
    function = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, *takes)(table[place] or 0)
    return lambda *given: function(thing, *given)
