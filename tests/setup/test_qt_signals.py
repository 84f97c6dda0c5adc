"""Signals of PySide6 carry their payload without end: some releases abort after a few hundred."""

import subprocess
import sys

EMIT = """
from PySide6.QtCore import QCoreApplication, QObject, Qt, Signal, Slot

class Sender(QObject):
    happened = Signal(object)

class Receiver(QObject):
    def __init__(self):
        super().__init__()
        self.count, self.total = 0, 0

    @Slot(object)
    def take(self, payload):
        self.count += 1
        self.total += payload["number"] + len(payload["bytes"])

application = QCoreApplication([])
sender, direct, queued = Sender(), Receiver(), Receiver()
sender.happened.connect(direct.take)
sender.happened.connect(queued.take, Qt.ConnectionType.QueuedConnection)
for number in range(20_000):
    sender.happened.emit({"number": number, "bytes": bytes(100), "text": "x" * (number % 50)})
    if number % 100 == 0:
        application.processEvents()
application.processEvents()
wanted = (20_000, sum(range(20_000)) + 100 * 20_000)
assert (direct.count, direct.total) == wanted, (direct.count, direct.total)
assert (queued.count, queued.total) == wanted, (queued.count, queued.total)
print("all arrived")
"""


def test_twenty_thousand_signals_arrive_with_their_payload():
    # In a process of its own: a release that is broken aborts, and must not take the run with it.
    done = subprocess.run(
        [sys.executable, "-c", EMIT], capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "all arrived\n", "")
