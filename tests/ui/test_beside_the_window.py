"""Tray, notifications, closing into the tray, and what later starts ask of the window."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QLabel, QLineEdit, QSystemTrayIcon

from app.handed_over import Close, OfferLink, ShowWindow, ToggleMicrophone
from app.intents import GoHome, Intent, SetSetting
from app.live_words import live_of, live_words
from app.meeting.wishes import Leave, SetMicrophone
from app.screens import Farewell, Home, Live, Preview, Progress, Waiting
from app.settings import DEFAULTS, Settings
from app.ui.attention import AGAIN, Attention
from app.ui.notifier import Notifier
from app.ui.outside import Outside
from app.ui.samples import ALONE, CALLS, KNOCKS, PEOPLE, meeting
from app.ui.tray import Tray, TrayActions, tray_icon
from app.ui.window import Window
from media.slot import Slot

LINK = "conclave:join#AUAAAGkgq3yCq0sYmGMu4VfQKcNw8R3oTzL5JHd2XbVpWkEa7s9uZtM1nPq4yDhBgS6fAxOvLr"
PREVIEW = Preview("Budget", "Ada", False, "Mara")


@pytest.fixture
def opened(qtbot, dressed) -> Iterator[Callable[..., tuple[Window, list[Intent]]]]:
    """Make a window with these settings, in front of a tray or not."""
    made: list[Window] = []

    def open_one(settings: Settings = DEFAULTS, *, tray: bool = True, **outside):
        heard: list[Intent] = []
        reached = Outside(**outside)
        window = Window(heard.append, lambda _d: Slot(), settings, outside=reached)
        window.can_stay = lambda: tray
        window.show()
        made.append(window)
        return window, heard

    yield open_one
    for window in made:
        window.quit()
        window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


# What is live -----------------------------------------------------------------------------------


def test_what_is_live_is_never_less_than_the_switches_say() -> None:
    assert live_of(meeting(microphone_on=True, camera_on=False)) == Live(microphone=True)
    assert live_of(replace(PREVIEW, camera_on=True)) == Live(camera=True)
    assert live_of(Waiting("B", "Ada", Progress.WAITING, camera_on=True)) == Live(camera=True)
    assert live_of(replace(PREVIEW, live=Live(screen=True))) == Live(screen=True)
    assert live_of(Home("Mara")) == live_of(None) == Live()


def test_the_words_name_everything_that_is_live() -> None:
    assert live_words(Live()) == ""
    assert live_words(Live(True, True, True)) == "Camera and microphone on, screen shared"
    assert live_words(Live(screen=True)) == "Screen shared"


# The sign in the tray ---------------------------------------------------------------------------


def signed(icon: QIcon) -> bytes:
    image = icon.pixmap(32, 32).toImage()
    return bytes(image.constBits())


def reds(icon: QIcon) -> int:
    """Count the pixels of the danger colour."""
    image = icon.pixmap(64, 64).toImage()
    found = 0
    for x in range(64):
        for y in range(64):
            colour = image.pixelColor(x, y)
            found += colour.red() > 150 and colour.green() < 60 and colour.blue() < 60
    return found


def test_the_sign_is_red_while_camera_or_microphone_is_live_and_only_then(qtbot) -> None:
    assert reds(tray_icon(Live(camera=True), inside=True)) > 300
    assert reds(tray_icon(Live(microphone=True))) > 300
    assert reds(tray_icon(inside=True)) == 0
    assert reds(tray_icon()) == 0


def test_being_in_a_meeting_has_a_sign_of_its_own(qtbot) -> None:
    signs = {signed(tray_icon()), signed(tray_icon(inside=True)), signed(tray_icon(Live(True)))}
    assert len(signs) == 3


def tray() -> tuple[Tray, list[str]]:
    said: list[str] = []
    acts = TrayActions(
        show=lambda: said.append("show"),
        microphone=lambda: said.append("microphone"),
        leave=lambda: said.append("leave"),
        quit=lambda: said.append("quit"),
    )
    return Tray(acts), said


def test_the_menu_offers_what_can_be_done_now(qtbot) -> None:
    made, said = tray()
    made.show_screen(Home("Mara"))
    assert [a.text() for a in made.menu.actions() if a.isVisible() and a.text()] == [
        "Open Conclave",
        "Quit Conclave",
    ]
    made.show_screen(meeting(microphone_on=True))
    assert made.microphone_action.text() == "Switch the microphone off"
    assert made.leave_action.isVisible()
    for action in (made.open_action, made.microphone_action, made.leave_action, made.quit_action):
        action.trigger()
    assert said == ["show", "microphone", "leave", "quit"]
    made.close()


def test_the_same_sign_is_there_again_in_each_meeting_and_no_new_one_is_drawn(qtbot) -> None:
    sign, _said = tray()
    seen: list[tuple[int, int]] = []
    for number in range(3):
        sign.show_screen(meeting(call_id=bytes([number]) * 16))
        inside = sign.sign.cacheKey()
        sign.show_screen(Home("Mara"))
        seen.append((inside, sign.sign.cacheKey()))
    assert len(set(seen)) == 1
    assert seen[0][0] != seen[0][1]


def test_the_sign_names_no_meeting_and_nobody(qtbot) -> None:
    made, _said = tray()
    made.show_screen(meeting(title="Takeover of Acme"))
    assert made.words == "Conclave – Camera and microphone on"
    made.close()


def test_without_a_tray_nothing_is_missing(qtbot, monkeypatch) -> None:
    monkeypatch.setattr(QSystemTrayIcon, "isSystemTrayAvailable", staticmethod(lambda: False))
    made, _said = tray()
    made.show_screen(meeting())
    made.say("Somebody knocks.")
    assert not made.is_there
    made.close()


# Closing ----------------------------------------------------------------------------------------


def test_closing_the_window_ends_the_program_unless_it_is_to_stay(opened) -> None:
    window, _heard = opened()
    gone: list[bool] = []
    window.gone.connect(lambda: gone.append(True))
    window.close()
    assert gone == [True]


def test_a_window_that_is_to_stay_is_only_hidden(opened) -> None:
    window, heard = opened(replace(DEFAULTS, keep_in_tray=True))
    gone: list[bool] = []
    window.gone.connect(lambda: gone.append(True))
    window.show_screen(Home("Mara"))
    window.close()
    assert window.isHidden()
    assert gone == []
    window.show_screen(Home("Mara", calls=CALLS))
    window.come_forward()
    assert window.isVisible()
    assert heard == []
    window.quit()
    assert gone == [True]


def test_without_a_tray_a_window_that_is_to_stay_is_closed(opened) -> None:
    window, _heard = opened(replace(DEFAULTS, keep_in_tray=True), tray=False)
    gone: list[bool] = []
    window.gone.connect(lambda: gone.append(True))
    window.close()
    assert gone == [True]


@pytest.mark.parametrize(
    ("screen", "intent"),
    [
        (meeting(), Leave()),
        (replace(PREVIEW, camera_on=True), GoHome()),
        (Farewell("left"), GoHome()),
    ],
    ids=["meeting", "preview", "farewell"],
)
def test_nothing_goes_on_behind_a_window_that_was_closed_into_the_tray(
    opened, screen, intent
) -> None:
    window, heard = opened(replace(DEFAULTS, keep_in_tray=True))
    window.show_screen(screen)
    heard.clear()
    window.close()
    assert window.isHidden()
    assert intent in heard


# Later starts -----------------------------------------------------------------------------------


def test_a_later_start_brings_the_window_to_the_front(opened) -> None:
    window, heard = opened()
    window.show_screen(Home("Mara"))
    window.hide()
    window.answer(ShowWindow())
    assert window.isVisible()
    window.showMinimized()
    window.answer(ShowWindow("token"))
    assert not window.isMinimized()
    assert heard == []


def test_a_link_handed_over_is_shown_and_never_followed_by_itself(opened) -> None:
    window, heard = opened()
    window.show_screen(Home("Mara"))
    window.answer(OfferLink(LINK))
    assert window.findChild(QLineEdit, "join_field").text() == LINK
    assert heard == []


def test_a_link_that_comes_during_a_meeting_waits_until_it_is_over(opened) -> None:
    window, heard = opened()
    window.show_screen(meeting())
    heard.clear()
    window.answer(OfferLink(LINK))
    assert [intent for intent in heard if isinstance(intent, Leave | GoHome)] == []
    window.show_screen(Farewell("left"))
    window.show_screen(Home("Mara"))
    assert window.findChild(QLineEdit, "join_field").text() == LINK


def test_a_link_that_comes_after_a_meeting_leads_to_the_first_screen(opened) -> None:
    window, heard = opened()
    window.show_screen(Farewell("left"))
    window.answer(OfferLink(LINK))
    assert heard == [GoHome()]


def test_the_microphone_is_switched_from_outside_in_a_meeting_only(opened) -> None:
    window, heard = opened()
    window.show_screen(Home("Mara"))
    window.answer(ToggleMicrophone())
    assert heard == []
    window.show_screen(meeting(microphone_on=True))
    heard.clear()
    window.answer(ToggleMicrophone())
    assert heard == [SetMicrophone(False)]


def test_closed_from_outside_it_ends_also_where_it_would_stay_in_the_tray(opened) -> None:
    window, heard = opened(replace(DEFAULTS, keep_in_tray=True))
    gone: list[bool] = []
    window.gone.connect(lambda: gone.append(True))
    window.show_screen(meeting())
    window.answer(Close())
    assert gone == [True]
    assert Leave() in heard


def test_leaving_from_the_tray_asks_a_host_in_the_window(opened) -> None:
    window, heard = opened()
    window.show_screen(meeting(people=PEOPLE))
    window.hide()
    heard.clear()
    window.acts.leave()
    assert window.isVisible()
    assert Leave() not in heard
    alone, heard = opened()
    alone.show_screen(meeting(people=ALONE))
    alone.hide()
    alone.acts.leave()
    assert alone.isHidden()
    assert Leave() in heard


# Settings that the system must take -------------------------------------------------------------


def test_a_switch_that_the_system_does_not_take_stays_as_it_was(opened) -> None:
    window, heard = opened(system={"autostart": lambda _on: "No room."})
    window.show_screen(Home("Mara"))
    window._context.change("autostart", True)
    assert not window.settings.autostart
    assert heard == []
    assert window.findChild(QLabel, "say_why_why").text() == "No room."


def test_a_switch_that_the_system_takes_is_kept(opened) -> None:
    told: list[bool] = []

    def take(on: bool) -> str:
        told.append(on)
        return ""

    window, heard = opened(system={"open_links": take})
    window.show_screen(Home("Mara"))
    window._context.change("open_links", True)
    assert told == [True]
    assert heard == [SetSetting("open_links", True)]


# Words outside the window -----------------------------------------------------------------------


class Watched:
    """A window that nobody looks at, with a clock."""

    def __init__(self, settings: Settings, parent: Window) -> None:
        self.now = 100.0
        self.said: list[str] = []
        self.attention = Attention(parent, lambda: settings, self.said.append, lambda: self.now)

    def show(self, *screens) -> list[str]:
        for screen in screens:
            self.attention.show_screen(screen)
        return self.said


@pytest.fixture
def hidden(opened) -> Window:
    window, _heard = opened()
    window.hide()
    return window


def test_a_knock_is_said_without_a_name_by_default(hidden) -> None:
    watched = Watched(DEFAULTS, hidden)
    assert watched.show(meeting(), meeting(knocks=KNOCKS[:1])) == ["Somebody knocks."]


def test_names_are_said_where_that_is_wanted_but_not_on_a_shared_screen(hidden) -> None:
    wanted = replace(DEFAULTS, notifications="names")
    (said,) = Watched(wanted, hidden).show(meeting(), meeting(knocks=KNOCKS[:1]))
    assert KNOCKS[0].name in said
    sharing = replace(meeting(knocks=KNOCKS[:1]), live=Live(screen=True))
    assert Watched(wanted, hidden).show(meeting(), sharing) == ["Somebody knocks."]


def test_nothing_is_said_where_that_is_wanted_or_somebody_looks(
    hidden, opened, monkeypatch
) -> None:
    off = replace(DEFAULTS, notifications="off")
    assert Watched(off, hidden).show(meeting(), meeting(knocks=KNOCKS[:1])) == []
    for name in ("isVisible", "isActiveWindow"):
        monkeypatch.setattr(hidden, name, lambda: True)
    assert Watched(DEFAULTS, hidden).show(meeting(), meeting(knocks=KNOCKS[:1])) == []


def test_a_flood_is_said_once_and_counted(hidden) -> None:
    watched = Watched(DEFAULTS, hidden)
    watched.show(meeting(knocks=()), meeting(knocks=KNOCKS[:1]), meeting(knocks=KNOCKS[:2]))
    assert watched.said == ["Somebody knocks."]
    assert watched.attention.unsaid == 1
    watched.now += AGAIN
    watched.show(meeting(knocks=KNOCKS[:3]))
    assert len(watched.said) == 2


def test_where_the_desktop_takes_no_words_the_sign_in_the_tray_says_them(qtbot) -> None:
    said: list[str] = []
    Notifier(said.append, lambda: None, portal=False).say("Somebody knocks.")
    assert said == ["Somebody knocks."]
