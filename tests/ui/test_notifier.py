"""Words that the desktop itself shows: over D-Bus, to a portal that stands in for the real one."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SYSTEM_PYTHON = "/usr/bin/python3"  # where the desktop's own libraries are

PORTAL = """
from gi.repository import Gio, GLib
XML = '''<node><interface name="org.freedesktop.portal.Notification">
<method name="AddNotification"><arg type="s" direction="in"/><arg type="a{sv}" direction="in"/>
</method><method name="RemoveNotification"><arg type="s" direction="in"/></method>
</interface></node>'''
PATH = "/org/freedesktop/portal/desktop"
def call(bus, sender, path, interface, method, arguments, invocation):
    print(method, arguments.unpack(), flush=True)
    invocation.return_value(None)
    if method == "AddNotification":
        pressed = GLib.Variant("(ssav)", (arguments.unpack()[0], "open", []))
        bus.emit_signal(None, path, interface, "ActionInvoked", pressed)
def own(bus, name):
    interface = Gio.DBusNodeInfo.new_for_xml(XML).interfaces[0]
    bus.register_object(PATH, interface, call, None, None)
def there(bus, name):
    print("there", flush=True)
Gio.bus_own_name(Gio.BusType.SESSION, "org.freedesktop.portal.Desktop", 0, own, there, None)
GLib.timeout_add_seconds(60, GLib.MainLoop().quit)
GLib.MainLoop().run()
"""

SPEAKER = """
import sys
from PySide6.QtCore import QCoreApplication, QTimer
from app.ui.notifier import Notifier
application = QCoreApplication([])
def opened():
    print("opened", flush=True)
    notifier.withdraw()
    QTimer.singleShot(300, application.quit)
def failed(sentence):
    print("fallback", sentence, flush=True)
    application.quit()
notifier = Notifier(failed, opened, portal=True)
notifier.say("Somebody knocks.")
QTimer.singleShot(20_000, application.quit)
application.exec()
"""

BOTH = """
{python} -c "$PORTAL" > portal.txt & portal=$!
for n in $(seq 100); do grep -q there portal.txt && break; sleep 0.1; done
{ours} -c "$SPEAKER"
kill $portal
"""


def can_speak() -> bool:
    if shutil.which("dbus-run-session") is None or not Path(SYSTEM_PYTHON).exists():
        return False
    return not subprocess.run(
        [SYSTEM_PYTHON, "-c", "import gi"], capture_output=True, check=False
    ).returncode


needs_a_bus = pytest.mark.skipif(not can_speak(), reason="dbus-run-session or gi is not installed")


def spoken(folder: Path, script: str) -> str:
    """Run a script in a session bus of its own, and return what our side printed."""
    env = os.environ | {"PORTAL": PORTAL, "SPEAKER": SPEAKER, "PYTHONPATH": str(ROOT)}
    command = ["dbus-run-session", "--", "sh", "-c", script]
    done = subprocess.run(
        command, cwd=folder, env=env, capture_output=True, text=True, timeout=90, check=False
    )
    return done.stdout


@needs_a_bus
def test_the_desktop_shows_a_word_and_a_click_on_it_opens_the_window(tmp_path: Path) -> None:
    script = BOTH.format(python=SYSTEM_PYTHON, ours=sys.executable)
    assert spoken(tmp_path, script).split() == ["opened"]
    told = (tmp_path / "portal.txt").read_text()
    assert "'title': 'Conclave'" in told
    assert "'body': 'Somebody knocks.'" in told
    assert told.index("AddNotification") < told.index("RemoveNotification")


@needs_a_bus
def test_a_desktop_that_shows_no_words_leaves_them_to_the_tray(tmp_path: Path) -> None:
    assert spoken(tmp_path, f'{sys.executable} -c "$SPEAKER"') == "fallback Somebody knocks.\n"
