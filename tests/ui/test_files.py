"""Files in the window: offered, answered, watched; nothing moves before a person says so."""

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QDragEnterEvent, QDropEvent, QImage
from PySide6.QtWidgets import QApplication, QFileDialog

from app.i18n import use_language
from app.meeting.view import Badge, FileState, Power, SharedFile, Thumbnail
from app.meeting.wishes import (
    AcceptFile,
    CancelFile,
    DeclineFile,
    HoldFile,
    LookAtFile,
    OfferFile,
    SaveFile,
)
from app.rules import Function, Rules
from app.ui import samples_files as files
from app.ui.samples import ADA, ALONE, PEOPLE, meeting
from app.ui.views.file_card import FileCard, pixmap_of
from app.ui.views.files import choose_and_offer
from app.ui.views.meeting import MeetingScreen
from app.ui.views.person_menu import PersonActions, PersonMenu
from tests.ui.conftest import Stand


def view_of(stand: Stand) -> MeetingScreen:
    view = stand.window.view
    assert isinstance(view, MeetingScreen)
    return view


def shown(stand: Stand, *shared: SharedFile) -> list[FileCard]:
    stand.show(meeting(files=shared))
    view = view_of(stand)
    view.open_chat()
    QApplication.processEvents()
    stand.heard.clear()
    return list(view.chat.files.cards.values())


def card(stand: Stand, shared: SharedFile) -> FileCard:
    (one,) = shown(stand, shared)
    return one


def test_a_name_loses_its_marks_once_the_sender_is_verified_and_keeps_so_when_they_go(stand: Stand):
    strangers = tuple(replace(each, badge=Badge.NEW) for each in PEOPLE)
    stand.show(meeting(files=(files.OFFERED,), people=strangers))
    view = view_of(stand)
    (one,) = view.chat.files.cards.values()
    assert "“" in one.from_whom.text()
    stand.show(meeting(files=(files.OFFERED,)))
    assert "“" not in one.from_whom.text()
    without = tuple(each for each in PEOPLE if each.dev != ADA)
    stand.show(meeting(files=(files.OFFERED,), people=without))
    assert "“" not in one.from_whom.text()


# -- offers of others -----------------------------------------------------------------------------


def test_an_offer_says_what_it_is_how_large_and_from_whom(stand: Stand):
    one = card(stand, files.OFFERED)
    assert "Budget 2027 final.ods" in one.name.text()
    assert "1.4\xa0MB" in one.from_whom.text()
    assert "Ada Brenner" in one.from_whom.text()
    assert one.decline.isVisible()
    assert one.save.isVisible()
    assert not one.look.isVisible()
    assert not one.bar.isVisible()


def test_saving_and_declining_are_one_press_each(stand: Stand):
    one = card(stand, files.OFFERED)
    one.save.click()
    one.decline.click()
    assert stand.heard.said == [AcceptFile(files.OFFERED.key), DeclineFile(files.OFFERED.key)]


def test_saving_elsewhere_asks_where_and_offers_the_harmless_name(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
):
    asked: list[str] = []

    def ask(parent, title, name, *, options):
        asked.append(name)
        assert options & QFileDialog.Option.DontConfirmOverwrite
        return "/somewhere/else.ods", ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", ask)
    card(stand, files.OFFERED).save_as.click()
    assert asked == ["Budget 2027 final.ods"]
    assert stand.heard.said == [AcceptFile(files.OFFERED.key, "/somewhere/else.ods")]


def test_who_closes_the_dialog_has_not_answered(stand: Stand, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a, **k: ("", ""))
    card(stand, files.OFFERED).save_as.click()
    assert stand.heard.said == []


def test_a_small_picture_can_be_looked_at_and_saved_afterwards(stand: Stand):
    one = card(stand, files.OFFERED_PICTURE)
    one.look.click()
    assert stand.heard.said == [LookAtFile(files.OFFERED_PICTURE.key)]
    one = card(stand, files.LOOKED_AT)
    assert one.preview.isVisible()
    assert not one.decline.isVisible()
    one.save.click()
    assert stand.heard.said == [SaveFile(files.LOOKED_AT.key)]


def test_no_picture_is_shown_before_somebody_accepted(stand: Stand):
    one = card(stand, files.OFFERED_PICTURE)
    assert not one.preview.isVisible()
    assert one.preview.pixmap().isNull()


def test_what_is_under_way_shows_how_far_how_fast_and_how_long(stand: Stand):
    one = card(stand, files.RUNNING)
    assert one.bar.isVisible()
    assert one.bar.value() == round(1000 * 310 / 820)
    assert one.line.text() == "310\xa0MB of 820\xa0MB · 1.1\xa0MB a second · about 8 minutes left"
    assert not one.answers.isVisible()
    one.hold.click()
    one.stop.click()
    key = files.RUNNING.key
    assert stand.heard.said == [HoldFile(key, on=True), CancelFile(key)]


def test_a_pause_says_whose_it_is_and_can_be_ended_if_it_is_mine(stand: Stand):
    one = card(stand, files.PAUSED)
    assert "Paused by" in one.line.text()
    assert "Ada Brenner" in one.line.text()
    leg = replace(files.PAUSED.legs[0], held_by_me=True, held_by_them=False)
    one.show_file(replace(files.PAUSED, legs=(leg,)))
    assert one.line.text().startswith("Paused · ")
    assert one.hold.accessibleName() == "Go on: archive.tar.gz"
    one.hold.click()
    assert stand.heard.said == [HoldFile(files.PAUSED.key, on=False)]


def test_what_was_saved_leads_to_its_folder_and_opens_nothing_itself(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
):
    opened: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url) or True)
    one = card(stand, files.SAVED)
    assert "minutes (2).pdf" in one.line.text()
    one.folder.click()
    assert [Path(url.toLocalFile()) for url in opened] == [Path("/home/mara/Downloads")]


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("state", list(FileState))
@pytest.mark.parametrize("whose", [files.RUNNING, files.DECLINED])
def test_each_state_has_words_and_no_state_has_a_button_too_many(
    stand: Stand, whose: SharedFile, state: FileState, language: str
):
    use_language(language)
    leg = replace(whose.legs[0], state=state, why="left")
    one = card(stand, replace(whose, legs=(leg,)))
    theirs_waits = state is FileState.OFFERED and not whose.mine
    assert one.line.isVisible() != theirs_waits
    assert one.answers.isVisible() == theirs_waits
    assert not (one.stop.isVisible() and state.is_over)


def test_a_hostile_name_is_shown_as_what_it_is(stand: Stand):
    bad = replace(files.OFFERED, name="\u202eEve<b>", file_name="gnp.<i>exe")
    one = card(stand, bad)
    assert "\u202e" not in one.from_whom.text()
    assert one.name.textFormat() is Qt.TextFormat.PlainText
    assert "<i>" in one.name.text()


def test_a_picture_whose_size_and_bytes_do_not_fit_is_none(stand: Stand):
    assert pixmap_of(Thumbnail(100, 100, b"short")).isNull()
    assert pixmap_of(Thumbnail(0, 0, b"")).isNull()
    assert pixmap_of(Thumbnail(-1, -1, b"abc")).isNull()
    assert not pixmap_of(Thumbnail(1, 1, b"rgb")).isNull()


# -- offers of one's own --------------------------------------------------------------------------


def test_the_paper_clip_offers_what_is_chosen(stand: Stand, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *a: (["/a.txt", "/b.txt"], ""))
    shown(stand)
    view_of(stand).chat.clip.click()
    assert stand.heard.said == [OfferFile("/a.txt"), OfferFile("/b.txt")]


def test_alone_there_is_nobody_to_offer_anything(stand: Stand):
    stand.show(meeting(people=ALONE))
    view_of(stand).open_chat()
    assert not view_of(stand).chat.clip.isEnabled()


def test_who_may_not_write_has_no_paper_clip(stand: Stand):
    stand.show(meeting(powers=frozenset({Power.SHARE})))
    view_of(stand).open_chat()
    assert not view_of(stand).chat.clip.isVisible()


def test_an_organisation_can_take_the_paper_clip_away(stand: Stand):
    view = view_of_meeting(stand)
    rules = Rules(off=frozenset({Function.FILES}))
    clip = view.chat.clip
    clip._context = replace(clip._context, rules=rules)
    clip.show_view(meeting().view)
    assert not clip.isVisible()


def view_of_meeting(stand: Stand) -> MeetingScreen:
    shown(stand)
    return view_of(stand)


def test_a_file_for_several_people_tells_of_each(stand: Stand):
    one = card(stand, files.TO_ALL)
    assert "Ada Brenner" in one.line.text()
    assert "41.0\xa0MB of 96.0\xa0MB" in one.line.text()
    assert "has it" in one.line.text()
    assert one.stop.isVisible()


def test_a_file_for_many_people_counts_them(stand: Stand):
    legs = tuple(
        files.leg(bytes([n]) * 16, f"P{n}", FileState.DONE if n < 7 else FileState.OFFERED)
        for n in range(12)
    )
    one = card(stand, files.mine(9, "x.pdf", 10, *legs))
    assert one.line.text() == "7 of 12 have it."


def drop(stand: Stand, *paths: str) -> bool:
    """Drop files on the meeting; tell whether they were taken."""
    view = view_of(stand)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(path) for path in paths])
    action, buttons = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    none = Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(50, 50), action, data, buttons, none)
    QApplication.sendEvent(view, enter)
    if not enter.isAccepted():
        return False
    assert view.drop.veil.isVisible()
    QApplication.sendEvent(view, QDropEvent(QPointF(50, 50), action, data, buttons, none))
    assert not view.drop.veil.isVisible()
    return True


def test_what_is_dropped_on_the_meeting_is_offered_and_the_chat_opens(stand: Stand):
    stand.show(meeting())
    stand.heard.clear()
    assert drop(stand, "/home/mara/plan.pdf")
    assert OfferFile("/home/mara/plan.pdf") in stand.heard
    assert view_of(stand).chat.isVisible()


def test_a_whole_folder_of_files_is_not_offered_at_once(stand: Stand):
    stand.show(meeting())
    drop(stand, *(f"/many/{n}.txt" for n in range(50)))
    assert sum(isinstance(each, OfferFile) for each in stand.heard) == 8


def test_what_is_dropped_where_nobody_is_is_not_taken(stand: Stand):
    stand.show(meeting(people=ALONE))
    assert not drop(stand, "/home/mara/plan.pdf")


@pytest.mark.parametrize("what", ["web", "share", "markup", "words", "picture"])
def test_what_is_no_file_here_is_not_taken_when_it_is_dropped(stand: Stand, what: str):
    stand.show(meeting())
    stand.heard.clear()
    data = QMimeData()
    match what:
        case "web":
            data.setUrls([QUrl("http://192.0.2.1/x.png"), QUrl("https://a.example/")])
        case "share":
            data.setUrls([QUrl("smb://192.0.2.1/share/x"), QUrl("javascript:alert(1)")])
        case "markup":
            data.setHtml('<img src="file:///etc/passwd">' * 1000)
        case "words":
            data.setText("file:///etc/passwd\n" * 100_000)
        case "picture":
            data.setImageData(QImage(4000, 4000, QImage.Format.Format_RGB32))
    action, buttons = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    none = Qt.KeyboardModifier.NoModifier
    view = view_of(stand)
    enter = QDragEnterEvent(QPoint(50, 50), action, data, buttons, none)
    QApplication.sendEvent(view, enter)
    if enter.isAccepted():
        QApplication.sendEvent(view, QDropEvent(QPointF(50, 50), action, data, buttons, none))
    assert not [each for each in stand.heard if isinstance(each, OfferFile)]


# -- the shelf ------------------------------------------------------------------------------------


def test_an_offer_counts_as_unread_while_the_chat_is_closed(stand: Stand):
    stand.show(meeting(chat=()))
    stand.show(meeting(chat=(), files=(files.OFFERED,)))
    assert "1" in view_of(stand).bar.chat.accessibleName()


def test_a_card_is_changed_in_place(stand: Stand):
    one = card(stand, files.RUNNING)
    leg = replace(files.RUNNING.legs[0], done=500_000_000)
    stand.show(meeting(files=(replace(files.RUNNING, legs=(leg,)),)))
    (same,) = view_of(stand).chat.files.cards.values()
    assert same is one
    assert one.bar.value() == round(1000 * 500 / 820)


def test_the_shelf_leaves_room_for_the_chat(stand: Stand):
    many = [
        replace(files.OFFERED, key=bytes([n]) * 24, file_name=f"file {n}.pdf") for n in range(30)
    ]
    shown(stand, *many)
    panel = view_of(stand).chat
    assert panel.files.height() <= panel.height() / 2
    assert len(panel.files.cards) == 30


def test_old_files_with_which_nothing_happens_any_more_go(stand: Stand):
    many = [replace(files.SAVED, key=bytes([100 + n]) * 24) for n in range(30)]
    assert len(shown(stand, *many, files.RUNNING)) == 13


def test_every_button_of_a_card_says_which_file_it_is_about(stand: Stand):
    one = card(stand, files.OFFERED_PICTURE)
    for button in (one.save, one.save_as, one.look, one.decline, one.hold, one.stop, one.folder):
        assert "floor plan.png" in button.accessibleName()


def menu_of_ada(stand: Stand, *, can_offer: bool) -> PersonMenu:
    view = view_of_meeting(stand)
    context = view.chat.clip._context
    nothing = lambda *_: None  # noqa: E731
    actions = PersonActions(
        submit=context.submit,
        remove=nothing,
        hand_over=nothing,
        loudness=nothing,
        quality=nothing,
        safety=nothing,
        volume=lambda _dev: 1.0,
        offer=lambda dev: choose_and_offer(view, context, dev),
        can_offer=lambda: can_offer,
    )
    return PersonMenu(PEOPLE[1], actions, view)


def test_the_menu_of_a_person_offers_a_file_to_them_alone(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *a: (["/a.txt"], ""))
    menu = menu_of_ada(stand, can_offer=True)
    (action,) = [each for each in menu.actions() if each.objectName() == "menu_offer"]
    action.trigger()
    assert stand.heard.said == [OfferFile("/a.txt", ADA)]
    menu.close()


def test_nobody_is_offered_a_file_where_that_is_not_allowed(stand: Stand):
    menu = menu_of_ada(stand, can_offer=False)
    assert "menu_offer" not in [each.objectName() for each in menu.actions()]
    menu.close()
