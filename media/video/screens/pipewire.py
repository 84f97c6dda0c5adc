"""One stream of PipeWire as pictures: GStreamer, where the system has it, reads it into a pipe."""

import os
import select
import shutil
import subprocess

import numpy as np

from media.errors import ScreenError
from media.video.screens.source import Pixels

LAUNCH, INSPECT, SOURCE = "gst-launch-1.0", "gst-inspect-1.0", "pipewiresrc"
USUAL = 1920, 1080  # pixels, where nobody says how large the stream is
FIRST = 5.0  # seconds until the first picture
END = 2.0  # seconds for the program to end
CHECK = 10.0  # seconds to look for the plugin: the first time GStreamer looks at all of them


def check() -> None:
    """Raise ScreenError "missing" where GStreamer or its plugin for PipeWire is not installed."""
    inspect = shutil.which(INSPECT)
    if inspect is None or shutil.which(LAUNCH) is None:
        raise ScreenError("missing", "GStreamer is not installed")
    try:
        found = subprocess.run([inspect, "--exists", SOURCE], check=False, timeout=CHECK)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ScreenError("missing", f"GStreamer does not run: {error}") from error
    if found.returncode:
        raise ScreenError("missing", "GStreamer has no plugin for PipeWire")


class Stream:
    """The pictures of one node, always of one size: another shape gets edges.

    `descriptor` is a connection to PipeWire that sees nothing but this node; it is closed here.
    """

    def __init__(self, descriptor: int, node: int, size: tuple[int, int], fps: int) -> None:
        width, height = self._size = size
        caps = f"video/x-raw,format=BGRx,width={width},height={height}"
        command = [
            LAUNCH, "--quiet", SOURCE, f"fd={descriptor}", f"path={node}", "do-timestamp=true",
            "!", "queue", "leaky=downstream", "max-size-buffers=1",
            "!", "videorate", "drop-only=true", f"max-rate={fps}",
            "!", "videoconvert", "!", "videoscale", "add-borders=true", "!", caps,
            "!", "fdsink", "fd=1", "sync=false",
        ]  # fmt: skip
        try:
            self._program = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                pass_fds=(descriptor,),
            )
        except OSError as error:
            raise ScreenError("missing", f"GStreamer does not run: {error}") from error
        finally:
            os.close(descriptor)
        assert self._program.stdout is not None
        self._pipe = self._program.stdout
        self._newest: Pixels | None = None

    def picture(self) -> Pixels | None:
        """Return the newest picture, the last one while nothing changes.

        ScreenError "lost" when none comes at all, "closed" when the stream ends.
        """
        patience = FIRST if self._newest is None else 0.0
        if select.select([self._pipe], [], [], patience)[0]:
            width, height = self._size
            octets = self._read(width * height * 4)
            self._newest = np.frombuffer(octets, np.uint8).reshape(height, width, 4)
        elif self._newest is None:
            raise ScreenError("lost", "no picture comes")
        return self._newest

    def _read(self, octets: int) -> bytes:
        """Read a whole picture; nothing is read ahead, or the next one would be overlooked."""
        parts: list[bytes] = []
        missing = octets
        while missing:
            part = self._pipe.read(missing)
            if not part:
                raise ScreenError("closed", "the desktop ended it")
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def close(self) -> None:
        """End the program."""
        self._program.terminate()
        try:
            self._program.wait(END)
        except subprocess.TimeoutExpired:
            self._program.kill()
            self._program.wait()
        self._pipe.close()
