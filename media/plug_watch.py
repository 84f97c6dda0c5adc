"""Notices that cameras or sound devices came or went, without opening any of them."""

import asyncio
import contextlib
import ctypes
import os
import platform
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from media.sound import sound_server

LOOK_EVERY = 2.0  # seconds between two looks at what the system lists: microseconds each
CALM = 0.3  # seconds without news before somebody is told: one plug brings several
SERVER_AGAIN = 5.0  # seconds before a sound server that went away is asked again
WAS_THERE = 1.0  # seconds that it must have listened to us: one that is not there says so at once
MOST_UNREAD = 65_536  # bytes of news at once; what is more is news as well

_NEWS = re.compile(rb"Event '(?:new|remove)' on (?:sink|source) #|Event 'change' on server")


@dataclass(frozen=True)
class SystemList:
    """What a system lists without opening anything: cameras by name, how much there is of sound."""

    cameras: tuple[str, ...] = ()
    sounds: int = 0


class PlugWatch:
    """Calls `changed` on the loop some tenths of a second after anything came or went.

    It is told whether the system lists more for sound than before; a sound server tells only that
    something changed.

    PortAudio lists devices only when it starts, and cannot start again while a stream is open. So
    others are asked: the sound server of Linux tells by itself; elsewhere the system's own list is
    looked at every other second.
    """

    def __init__(
        self,
        changed: Callable[[bool], None],
        *,
        listed: Callable[[], SystemList] | None = None,
    ) -> None:
        self._changed = changed
        self._listed = listed or system_list
        self._loop = asyncio.get_running_loop()
        self._due: asyncio.TimerHandle | None = None
        self._more = False

    async def run(self) -> None:
        """Watch until cancelled."""
        server = self._loop.create_task(self._listen_to_the_server())
        try:
            await self._compare()
        finally:
            server.cancel()
            await asyncio.gather(server, return_exceptions=True)
            if self._due is not None:
                self._due.cancel()

    async def _compare(self) -> None:
        before = await self._loop.run_in_executor(None, self._listed)
        while True:
            await asyncio.sleep(LOOK_EVERY)
            now = await self._loop.run_in_executor(None, self._listed)
            if now != before:
                self._more = self._more or now.sounds > before.sounds
                before = now
                self._note()

    async def _listen_to_the_server(self) -> None:
        if not sound_server.is_possible():
            return
        while True:
            began = self._loop.time()
            try:
                await self._subscribe()
            except OSError:
                return
            if self._loop.time() - began > WAS_THERE:
                self._note()  # the server went away, and all its devices
            await asyncio.sleep(SERVER_AGAIN)

    async def _subscribe(self) -> None:
        """Read the server's news until it falls silent."""
        program = _subscriber()  # some milliseconds, once; elsewhere it could be lost on the way
        assert program.stdout is not None
        pipe, over = program.stdout.fileno(), asyncio.Event()

        def read() -> None:
            news = os.read(pipe, MOST_UNREAD)
            if not news:
                self._loop.remove_reader(pipe)
                over.set()
            elif _NEWS.search(news):
                self._note()

        self._loop.add_reader(pipe, read)
        try:
            await over.wait()
        finally:
            self._loop.remove_reader(pipe)
            with contextlib.suppress(OSError):
                program.kill()
            program.stdout.close()
            program.wait()  # it was killed: at once

    def _note(self) -> None:
        if self._due is not None:
            self._due.cancel()
        self._due = self._loop.call_later(CALM, self._tell)

    def _tell(self) -> None:
        more, self._more = self._more, False
        self._changed(more)


def system_list() -> SystemList:
    """Return what this system lists of cameras and sound devices; nothing where it cannot."""
    match platform.system():
        case "Linux":
            cards = _text("/proc/asound/cards").count("]:")
            return SystemList(_names("/sys/class/video4linux"), cards)
        case "Windows":
            return SystemList(sounds=_windows_sounds())
        case "Darwin":
            return SystemList(sounds=_macos_sounds())
        case _:
            return SystemList()


def _subscriber() -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sound_server.PROGRAM, "subscribe"],
        env=sound_server.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


def _names(folder: str) -> tuple[str, ...]:
    try:
        return tuple(sorted(os.listdir(folder)))
    except OSError:
        return ()


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _windows_sounds() -> int:
    """Return how many devices Windows has for sound in and out: it counts anew each time."""
    multimedia = getattr(ctypes, "windll").winmm  # noqa: B009 - there on Windows only
    return int(multimedia.waveInGetNumDevs()) + int(multimedia.waveOutGetNumDevs())


def _macos_sounds() -> int:
    """Return the bytes of macOS's list of devices (AudioHardware.h, kAudioHardwarePropertyDevices).

    Each device has four of them.
    """
    framework = "/System/Library/Frameworks/CoreAudio.framework/CoreAudio"
    address = (ctypes.c_uint32 * 3)(*(int.from_bytes(x, "big") for x in (b"dev#", b"glob", b"\0")))
    size = ctypes.c_uint32(0)
    try:
        ask = ctypes.CDLL(framework).AudioObjectGetPropertyDataSize
    except (OSError, AttributeError):
        return 0
    failed = ask(
        ctypes.c_uint32(1), ctypes.byref(address), ctypes.c_uint32(0), None, ctypes.byref(size)
    )
    return 0 if failed else int(size.value)
