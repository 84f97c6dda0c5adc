"""Every way in which something can be wrong has its place in the window, in both languages."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from PySide6.QtWidgets import QFileDialog, QLabel, QWidget

from app.i18n import use_language
from app.intents import SaveProof
from app.meeting.view import Badge, Lock, Presence
from app.screens import Farewell, Preview, Screen, Unlock
from app.ui.samples import ADA, BEN, MANY, PEOPLE, as_participant, meeting, troubled
from app.ui.shots import SHOTS

PREVIEW = Preview("Budget 2027", "Ada", False, "Mara", password_needed=True)


@dataclass(frozen=True)
class Row:
    """One cause, how the window gets to know of it, and the words that must appear."""

    cause: str
    screen: Screen
    english: str
    german: str


TABLE = (
    Row(
        "somebody else answers than the host of the link",
        Farewell("not_host"),
        "This is not the host who made your link.",
        "Das ist nicht der Gastgeber, von dem Ihr Link stammt.",
    ),
    Row(
        "a known person has another key",
        meeting(people=troubled(Presence.HELD, badge=Badge.CHANGED)),
        "Ada Brenner's security key changed.",
        "Der Sicherheitsschlüssel von Ada Brenner hat sich geändert.",
    ),
    Row(
        "no way to somebody is found",
        meeting(people=troubled(Presence.UNREACHED)),
        "No way to Ada Brenner was found. It is looked for further.",
        "Zu Ada Brenner wurde kein Weg gefunden. Er wird weiter gesucht.",
    ),
    Row(
        "the invitation is over",
        Farewell("invite_expired"),
        "This invitation has expired.",
        "Diese Einladung ist abgelaufen.",
    ),
    Row(
        "the invitation was used",
        Farewell("invite_used"),
        "This invitation has been used already.",
        "Diese Einladung wurde schon benutzt.",
    ),
    Row(
        "the invitation is not known",
        Farewell("invite_unknown"),
        "The host does not know this invitation.",
        "Der Gastgeber kennt diese Einladung nicht.",
    ),
    Row(
        "the password is wrong",
        replace(PREVIEW, tries_left=4),
        "Wrong password. 4 tries left.",
        "Falsches Passwort. Noch 4 Versuche.",
    ),
    Row(
        "too many passwords were wrong",
        replace(PREVIEW, tries_left=0),
        "Too many wrong passwords.",
        "Zu viele falsche Passwörter.",
    ),
    Row(
        "the other side's app is too old",
        Farewell("too_old"),
        "Their app is too old for this call.",
        "Das Conclave der Gegenseite ist zu alt für diese Besprechung.",
    ),
    Row(
        "keys are on their way for long",
        meeting(people=troubled(Presence.SECURING)),
        "Securing the connection with Ada Brenner…",
        "Die Verbindung mit Ada Brenner wird gesichert …",
    ),
    Row(
        "two people see different lists",
        meeting(people=troubled(Presence.DIVERGED)),
        "You and Ada Brenner see different participant lists.",
        "Sie und Ada Brenner sehen verschiedene Teilnehmerlisten.",
    ),
    Row(
        "the host lied and it was proven",
        Farewell("equivocation", proof=True),
        "The host shows people different participant lists.",
        "Der Gastgeber zeigt den Leuten verschiedene Teilnehmerlisten.",
    ),
    Row(
        "pictures do not authenticate",
        meeting(people=troubled(Presence.UNVERIFIED)),
        "The video of Ada Brenner could not be verified.",
        "Das Bild von Ada Brenner konnte nicht geprüft werden.",
    ),
    Row(
        "the host is lost and cannot be replaced",
        as_participant(frozen=True),
        "The host cannot be reached. Nobody can join until they return.",
        "Der Gastgeber ist nicht zu erreichen. Niemand kann dazukommen, bis er zurück ist.",
    ),
    Row(
        "the host is lost and the others agree on another",
        as_participant(electing=True),
        "The host was lost.",
        "Der Gastgeber ist weg.",
    ),
    Row(
        "the others went on under another host",
        Farewell("left_behind"),
        "The meeting went on without you.",
        "Die Besprechung ist ohne Sie weitergegangen.",
    ),
    Row(
        "there is no key store",
        Unlock(first_time=True),
        "Your system has no key store",
        "Ihr System hat keinen Schlüsselspeicher",
    ),
)
ROWS = [pytest.param(row, id=row.cause) for row in TABLE]


def plain(text: str) -> str:
    return text.replace("\u2068", "").replace("\u2069", "")


def seen(window: QWidget) -> Iterator[str]:
    """Yield all that can be read: the labels, and what tiles say of themselves."""
    for label in window.findChildren(QLabel):
        if label.isVisible():
            yield plain(label.text())
    for widget in window.findChildren(QWidget):
        if widget.isVisible() and widget.objectName().startswith("tile_"):
            yield plain(widget.accessibleName())


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("row", ROWS)
def test_it_is_said_in_words(stand, row: Row, language: str) -> None:
    use_language(language)
    stand.show(row.screen)
    wanted = row.german if language == "de" else row.english
    assert any(wanted in words for words in seen(stand.window)), list(seen(stand.window))


@pytest.mark.parametrize("row", ROWS)
def test_it_is_said_only_then(stand, row: Row) -> None:
    """The same words do not stand there while nothing is wrong."""
    calm: dict[type, Screen] = {
        Farewell: Farewell("left"),
        Preview: PREVIEW,
        Unlock: Unlock(first_time=False),
    }
    stand.show(calm.get(type(row.screen), meeting()))
    assert not any(row.english in words for words in seen(stand.window))


def test_everything_that_can_be_wrong_has_a_picture() -> None:
    farewells = {s.screen.reason for s in SHOTS if isinstance(s.screen, Farewell)}
    assert {r.screen.reason for r in TABLE if isinstance(r.screen, Farewell)} <= farewells
    views = [s.screen.view for s in SHOTS if hasattr(s.screen, "view")]
    presences = {person.presence for view in views for person in view.people}
    assert presences >= {
        Presence.HELD,
        Presence.UNREACHED,
        Presence.SECURING,
        Presence.DIVERGED,
        Presence.UNVERIFIED,
        Presence.RECONNECTING,
    }
    assert any(view.frozen for view in views)
    assert any(view.electing for view in views)
    assert any(view.password_blocked for view in views)


@pytest.mark.parametrize("presence", [Presence.DIVERGED, Presence.UNVERIFIED, Presence.HELD])
def test_nothing_is_shown_of_somebody_who_cannot_be_trusted_now(stand, presence: Presence) -> None:
    from app.ui import samples

    stand.show(meeting())
    tile = stand.window.view.grid.tiles[ADA]
    stand.mailboxes[ADA].put(samples.picture(0, 64, 36))
    stand.qtbot.waitUntil(lambda: tile.shows_picture)
    stand.show(meeting(people=troubled(presence)))
    assert not tile.shows_picture
    stand.show(meeting())
    assert not tile.shows_picture  # what stood there before does not come back


def test_the_list_says_what_the_tile_says(stand) -> None:
    stand.show(meeting(people=troubled(Presence.DIVERGED)))
    stand.press("people")
    state = stand.window.view.people.rows[ADA].findChild(QLabel, "person_state")
    assert plain(state.text()) == "You and Ada Brenner see different participant lists."


def test_a_small_tile_says_it_in_short(stand) -> None:
    stand.window.resize(720, 520)
    stand.show(meeting(people=(*MANY, *MANY[4:])))
    tile = next(iter(stand.window.view.grid.tiles.values()))
    assert tile.height() < 150
    before = tile.grab().toImage()
    stand.show(meeting(people=(replace(MANY[0], presence=Presence.SECURING), *MANY[1:])))
    assert tile.grab().toImage() != before


def test_a_lost_host_is_said_as_long_as_they_are_lost(stand) -> None:
    stand.show(as_participant(frozen=True))
    assert stand.window.view.stage.banners.lost.isVisible()
    stand.show(as_participant())
    assert stand.window.view.stage.banners.lost.isHidden()
    assert BEN in stand.window.view.grid.tiles


def test_a_proof_is_saved_where_one_wants_it(stand, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def ask(_parent: object, _title: str, proposed: str, _kinds: str) -> tuple[str, str]:
        asked.append(proposed)
        return "/home/mara/proof.bin", ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", ask)
    stand.show(Farewell("equivocation", proof=True))
    assert "anybody can check" in plain(stand.find("farewell_proof_line").text())
    stand.press("farewell_proof")
    assert stand.said == [SaveProof("/home/mara/proof.bin")]
    assert asked == ["conclave-proof.json"]


def test_a_proof_is_not_saved_when_one_thinks_better_of_it(
    stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    stand.show(Farewell("equivocation", proof=True))
    stand.press("farewell_proof")
    assert stand.said == []


def test_without_a_proof_none_is_offered(stand) -> None:
    stand.show(Farewell("equivocation"))
    assert stand.window.findChild(object, "farewell_proof").isHidden()


def test_an_alarm_stands_above_everything_else(stand) -> None:
    stand.show(meeting(lock=Lock.BROKEN, alarm="equivocation", frozen=True))
    banners = stand.window.view.stage.banners
    assert banners.alarm.isVisible()
    assert banners.alarm.y() < banners.lost.y()
    assert len(PEOPLE) == len(stand.window.view.grid.tiles)
