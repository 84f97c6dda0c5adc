"""Snapshots cross from the engine's thread to the window's, newest first, none lost at the end."""

import threading

from PySide6.QtCore import QThread
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.screens import Home
from app.ui.bridge import Bridge


def test_a_snapshot_arrives_on_the_threads_of_the_window(qtbot: QtBot) -> None:
    bridge, seen = Bridge(), []
    bridge.shown.connect(lambda screen: seen.append((screen, QThread.currentThread())))
    worker = threading.Thread(target=bridge.publish, args=(Home("Ada"),))
    worker.start()
    worker.join()
    qtbot.waitUntil(lambda: bool(seen))
    assert seen == [(Home("Ada"), QApplication.instance().thread())]


def test_only_the_newest_of_many_is_shown(qtbot: QtBot) -> None:
    bridge, seen = Bridge(), []
    bridge.shown.connect(seen.append)
    for number in range(100):
        bridge.publish(Home(str(number)))
    qtbot.waitUntil(lambda: bool(seen))
    assert seen == [Home("99")]
    assert (bridge.published, bridge.skipped) == (100, 99)


def test_twenty_thousand_snapshots_from_four_threads_leave_the_window_standing(
    qtbot: QtBot,
) -> None:
    bridge, seen = Bridge(), []
    bridge.shown.connect(seen.append)

    def publish() -> None:
        for number in range(5000):
            bridge.publish(Home(str(number)))

    workers = [threading.Thread(target=publish) for _ in range(4)]
    for worker in workers:
        worker.start()
    while any(worker.is_alive() for worker in workers):
        QApplication.processEvents()
    qtbot.waitUntil(lambda: bridge.published == 20_000)
    QApplication.processEvents()
    assert seen[-1] == Home("4999")
    assert len(seen) + bridge.skipped == 20_000


def test_twenty_thousand_signals_are_survived(qtbot: QtBot) -> None:
    """PySide6 6.12.0 aborted after some hundred on Python 3.11."""
    bridge, seen = Bridge(), []
    bridge.shown.connect(seen.append)
    for number in range(20_000):
        bridge.shown.emit(Home(str(number)))
    assert len(seen) == 20_000


def test_who_waits_for_the_first_picture_is_told_when_it_stands(qtbot: QtBot) -> None:
    bridge, seen = Bridge(), []
    bridge.shown.connect(seen.append)
    assert not bridge.wait_until_painted(0)
    bridge.publish(Home("Ada"))
    assert not bridge.wait_until_painted(0)
    qtbot.waitUntil(lambda: bridge.wait_until_painted(0))
    assert seen == [Home("Ada")]
