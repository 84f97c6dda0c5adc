"""A D-Bus session bus of a test's own, with the daemon that desktops run."""

import contextlib
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

CONFIGURATION = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path={socket}</listen>
<policy context="default"><allow send_destination="*" eavesdrop="true"/>
<allow eavesdrop="true"/><allow own="*"/></policy></busconfig>
"""


@contextlib.contextmanager
def session_bus() -> Iterator[str]:
    """Run one; its address, as in $DBUS_SESSION_BUS_ADDRESS."""
    with tempfile.TemporaryDirectory() as short:  # the path of a socket has little room
        configuration = Path(short) / "bus.conf"
        configuration.write_text(CONFIGURATION.format(socket=Path(short) / "bus"))
        daemon = subprocess.Popen(
            ["dbus-daemon", f"--config-file={configuration}", "--nofork", "--print-address=1"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert daemon.stdout is not None
        try:
            yield daemon.stdout.readline().strip()
        finally:
            daemon.terminate()
            daemon.communicate()
