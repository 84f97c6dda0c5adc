"""The meeting: tiles, bar, people, chat, knocks, safety, invitation, leaving."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QApplication, QLabel

from app.intents import SetTile, SetVolume
from app.meeting.view import Badge, ChatLine, Lock, Notice, Presence, Relayed, UsedServer
from app.meeting.wishes import (
    Admit,
    CodesDiffer,
    CodesMatch,
    Deny,
    Distrust,
    End,
    Leave,
    Remove,
    Say,
    SetCamera,
    SetMicrophone,
    Trust,
)
from app.screens import Home
from app.ui import layout, samples
from app.ui.samples import (
    ADA,
    ALONE,
    BEN,
    CHAT,
    EVE,
    KNOCKS,
    LINK,
    MANY,
    MORNING,
    PEOPLE,
    as_participant,
    meeting,
)
from app.ui.widgets import toast


@pytest.fixture
def spoken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a screen reader is asked to say."""
    said: list[str] = []
    monkeypatch.setattr(
        QAccessible, "updateAccessibility", lambda event: said.append(event.message())
    )
    return said


def text_of(stand, name: str) -> str:
    label = stand.find(name)
    assert isinstance(label, QLabel)
    return label.text().replace("\u2068", "").replace("\u2069", "")


def choose(stand, dev: bytes, action: str) -> None:
    """Choose an entry of a person's menu."""
    menu = stand.window.view.menus.of_person(dev)
    next(entry for entry in menu.actions() if entry.objectName() == action).trigger()
    QApplication.processEvents()


# Tiles ------------------------------------------------------------------------------------------


def test_everybody_has_a_tile_in_order_of_arrival(stand) -> None:
    stand.show(meeting(people=MANY))
    assert list(stand.window.view.grid.tiles) == [person.dev for person in MANY]


def test_who_stays_keeps_the_tile_while_others_come_and_go(stand) -> None:
    stand.show(meeting())
    before = dict(stand.window.view.grid.tiles)
    stand.show(meeting(people=MANY))
    stand.show(meeting(people=(PEOPLE[0], replace(PEOPLE[1], name="Ada B."))))
    after = stand.window.view.grid.tiles
    assert after == {dev: before[dev] for dev in (PEOPLE[0].dev, ADA)}


def test_who_leaves_makes_room_for_those_who_stay(stand) -> None:
    stand.show(meeting())
    for staying in (PEOPLE[:3], PEOPLE[:2]):
        stand.show(meeting(people=staying))
        grid = stand.window.view.grid
        tiles = [tile.geometry() for tile in grid.tiles.values()]
        boxes = layout.grid(len(staying), grid.width(), grid.height())
        assert [(t.x(), t.y(), t.width()) for t in tiles] == [(b.x, b.y, b.width) for b in boxes]


def test_pictures_reach_the_tile_of_their_person(stand) -> None:
    stand.show(meeting())
    stand.mailboxes[BEN].put(samples.picture(0, 64, 36))
    tiles = stand.window.view.grid.tiles
    stand.qtbot.waitUntil(lambda: tiles[BEN].shows_picture)
    assert not tiles[ADA].shows_picture


def test_the_size_of_each_tile_is_told_once_it_stands(stand) -> None:
    stand.show(meeting())
    stand.qtbot.waitUntil(lambda: sum(isinstance(i, SetTile) for i in stand.heard) >= 4)
    told = {i.dev: i for i in stand.heard if isinstance(i, SetTile)}
    assert set(told) == {person.dev for person in PEOPLE}
    tile = stand.window.view.grid.tiles[ADA]
    assert (told[ADA].width, told[ADA].height) == (tile.width(), tile.height())
    assert told[ADA].visible


def test_a_held_person_is_decided_about_on_the_tile(stand) -> None:
    stand.show(meeting(people=MANY))
    stand.press("held_trust")
    stand.press("held_distrust")
    assert stand.said == [Trust(EVE), Distrust(EVE)]


# Bar and keyboard -------------------------------------------------------------------------------


def test_live_devices_are_red_and_closed_ones_struck_through(stand) -> None:
    stand.show(meeting())
    assert stand.find("microphone").live
    assert stand.find("microphone").text() == "Microphone on"
    stand.show(meeting(microphone_on=False, camera_on=False))
    for name, icon, word in (
        ("microphone", "mic-off", "Muted"),
        ("camera", "video-off", "Camera off"),
    ):
        button = stand.find(name)
        assert not button.live
        assert button.icon_name == icon
        assert button.text() == word


def test_the_title_of_the_window_says_what_is_live(stand) -> None:
    stand.show(meeting(camera_on=False))
    assert stand.window.windowTitle() == "● Microphone on – Budget 2027 – Conclave"
    stand.show(meeting(camera_on=False, microphone_on=False))
    assert stand.window.windowTitle() == "Budget 2027 – Conclave"


@pytest.mark.parametrize(
    ("key", "wish"),
    [
        ((Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier), SetMicrophone(False)),
        ((Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier), SetCamera(False)),
    ],
)
def test_devices_are_switched_by_keyboard(stand, key, wish) -> None:
    stand.show(meeting())
    stand.qtbot.keyClick(stand.window, *key)
    assert stand.said == [wish]


def test_chat_opens_by_keyboard_and_escape_closes_it(stand) -> None:
    stand.show(meeting())
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    stand.qtbot.keyClick(stand.window, Qt.Key.Key_C, both)
    assert stand.window.view.chat.isVisible()
    assert stand.window.view.chat.field.hasFocus()
    stand.qtbot.keyClick(stand.window.view.chat.field, Qt.Key.Key_Escape)
    assert not stand.window.view.chat.isVisible()


def test_a_panel_pushes_the_pictures_and_never_covers_them(stand) -> None:
    stand.show(meeting())
    wide = stand.window.view.grid.width()
    stand.press("people")
    QApplication.processEvents()
    panel, grid = stand.window.view.people, stand.window.view.grid
    assert grid.width() <= wide - panel.width()
    assert grid.mapTo(stand.window, grid.rect().topRight()).x() < panel.x()


def test_the_whole_bar_fits_into_the_smallest_window(stand) -> None:
    stand.window.resize(720, 520)
    stand.show(meeting())
    stand.press("people")
    QApplication.processEvents()
    bar = stand.window.view.bar
    for name in ("microphone", "camera", "hand", "chat", "people", "more", "leave"):
        button = bar.findChild(object, name)
        box = button.geometry().translated(button.parentWidget().mapTo(bar, button.pos()))
        corner = button.mapTo(bar, button.rect().topRight())
        assert button.isVisible()
        assert 0 <= corner.x() <= bar.width(), (name, box)
    assert bar.invite.isHidden()  # there is no room: the menu has it
    words = [action.text() for action in stand.window.view.menus.more().actions()]
    assert "Invite somebody" in words


# Leaving ----------------------------------------------------------------------------------------


def test_who_does_not_host_leaves_with_one_click(stand) -> None:
    stand.show(as_participant())
    stand.press("leave")
    assert stand.said == [Leave()]


def test_a_host_alone_leaves_with_one_click(stand) -> None:
    stand.show(meeting(people=ALONE))
    stand.press("leave")
    assert stand.said == [Leave()]


def test_a_host_hands_over_to_the_next_in_rank_unless_another_is_chosen(stand) -> None:
    stand.show(meeting())
    stand.press("leave")
    assert stand.said == []
    box = stand.find("leave_successor")
    names = [box.itemText(i).replace("\u2068", "").replace("\u2069", "") for i in range(3)]
    assert names == ["Ada Brenner (Co-host)", "Ben Okafor", "“Clara Weiß” (Guest)"]
    stand.press("leave_hand_over")
    stand.press("leave")
    box = stand.find("leave_successor")
    box.setCurrentIndex(1)
    box.activated.emit(1)
    stand.press("leave_hand_over")
    assert stand.said == [Leave(ADA), Leave(BEN)]


def test_leaving_as_a_host_says_what_becomes_of_the_links(stand) -> None:
    stand.show(meeting())
    stand.press("leave")
    assert "Links that were given out so far no longer open" in text_of(stand, "leave_why")


def test_a_host_stays_or_ends_the_meeting_for_all(stand) -> None:
    stand.show(meeting())
    stand.press("leave")
    stand.press("leave_stay")
    assert stand.said == []
    stand.press("leave")
    stand.press("leave_end")
    assert stand.said == [End()]


def test_who_was_chosen_and_goes_is_not_handed_the_meeting(stand) -> None:
    stand.show(meeting())
    stand.press("leave")
    stand.show(meeting(people=(PEOPLE[0], *PEOPLE[2:])))
    stand.press("leave_hand_over")
    assert stand.said == [Leave(BEN)]


def test_where_nobody_can_host_only_the_end_is_offered(stand) -> None:
    helpless = tuple(replace(person, may=frozenset()) for person in PEOPLE)
    stand.show(meeting(people=helpless))
    stand.press("leave")
    assert stand.window.findChild(object, "leave_hand_over").isHidden()
    assert "without you the meeting ends" in text_of(stand, "leave_why")


def test_the_sheet_to_leave_shrinks_when_those_who_could_host_have_gone(stand) -> None:
    stand.show(meeting())
    stand.press("leave")
    sheet = stand.find("leave_sheet")
    before = sheet.card.height()
    stand.show(meeting(people=PEOPLE[:1]))
    assert sheet.card.height() < before - sheet.successor.sizeHint().height()


def test_closing_the_window_leaves_the_meeting(stand) -> None:
    stand.show(as_participant())
    stand.window.close()
    assert stand.said == [Leave()]


# People -----------------------------------------------------------------------------------------


def test_the_list_of_people_says_how_each_one_is(stand) -> None:
    stand.show(meeting(people=MANY))
    stand.press("people")
    rows = stand.window.view.people.rows
    assert list(rows) == [person.dev for person in MANY]
    states = [label.text() for label in rows[EVE].findChildren(QLabel, "person_state")]
    assert states == ["On hold: nothing of you is sent to them."]


def test_removing_somebody_is_asked_once_more(stand) -> None:
    stand.show(meeting())
    choose(stand, BEN, "menu_remove")
    assert stand.said == []
    assert "Remove" in text_of(stand, "remove_sheet_title")
    stand.press("remove_go")
    assert stand.said == [Remove(BEN)]


def test_somebody_is_made_louder(stand) -> None:
    stand.show(meeting())
    choose(stand, ADA, "menu_loudness")
    assert stand.window.view.people.isVisible()
    stand.window.view.people.rows[ADA].volume.setValue(150)
    assert stand.said == [SetVolume(ADA, 1.5)]


# Knocks -----------------------------------------------------------------------------------------


def test_a_knock_stands_until_it_is_answered(stand) -> None:
    stand.show(meeting(knocks=KNOCKS[:1]))
    assert text_of(stand, "knock_heading") == "Henrik Vogel knocks."
    stand.press("knock_admit")
    stand.press("knock_deny")
    assert stand.said == [Admit(KNOCKS[0].join_id), Deny(KNOCKS[0].join_id)]
    stand.show(meeting(knocks=()))
    assert stand.window.view.stage.requests.knocks.cards == {}


def test_somebody_who_takes_a_known_name_is_pointed_out(stand) -> None:
    stand.show(meeting(knocks=KNOCKS[1:2]))
    assert text_of(stand, "knock_heading") == "“Ada Brenner” knocks."
    assert "not the Ada Brenner you know" in text_of(stand, "knock_warning")


def test_many_knocks_do_not_cover_the_stage(stand) -> None:
    stand.show(meeting(knocks=KNOCKS))
    assert len(stand.window.view.stage.requests.knocks.cards) == 2
    assert text_of(stand, "knocks_more") == "1 more knocks"
    stand.press("people")
    assert len(stand.window.view.people.knocks.cards) == 3
    assert stand.window.view.stage.requests.knocks.isHidden()


def test_both_answers_have_the_same_weight(stand) -> None:
    stand.show(meeting(knocks=KNOCKS[:1]))
    deny, admit = stand.find("knock_deny"), stand.find("knock_admit")
    assert deny.property("role") == admit.property("role")
    assert abs(deny.width() - admit.width()) <= 1


# Notices ----------------------------------------------------------------------------------------


def test_each_notice_is_shown_once_and_read_out(stand, spoken: list[str]) -> None:
    one = Notice(1, "joined", "Clara")
    stand.show(meeting(notices=(one,)))
    assert text_of(stand, "toast_text") == "Clara came in."
    stand.show(meeting(notices=(one,), epoch=8))
    said = [sentence.replace("\u2068", "").replace("\u2069", "") for sentence in spoken]
    assert said == ["Clara came in."]


def test_only_one_notice_stands_at_a_time(stand, spoken: list[str]) -> None:
    stand.show(meeting(notices=(Notice(1, "joined", "Clara"), Notice(2, "left", "Ben"))))
    assert text_of(stand, "toast_text") == "Clara came in."
    assert len(spoken) == 2


def test_a_sentence_that_waits_does_not_wait_for_long(
    stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(toast, "SHOWN_LEAST", 20)
    stand.show(meeting(notices=(Notice(1, "joined", "Clara"),)))
    stand.show(meeting(notices=(Notice(2, "you_host"),)))
    stand.qtbot.waitUntil(
        lambda: text_of(stand, "toast_text") == "You host this meeting now.", timeout=2000
    )


def test_a_new_meeting_starts_its_notices_anew(stand) -> None:
    stand.show(meeting(notices=(Notice(9, "joined", "Clara"),)))
    stand.show(Home("Mara"))
    stand.show(meeting(call_id=b"d" * 16, notices=(Notice(1, "left", "Ben"),)))
    assert text_of(stand, "toast_text") == "Ben left."


def test_a_broken_lock_says_what_happened_as_long_as_it_holds(stand, spoken: list[str]) -> None:
    stand.show(meeting(lock=Lock.BROKEN, alarm="codes_differ"))
    assert "The codes differ" in text_of(stand, "alarm_text")
    assert stand.find("lock").text() == "Not safe"
    assert any("The codes differ" in sentence for sentence in spoken)


def test_trouble_with_a_device_stands_in_the_meeting_too(stand) -> None:
    stand.show(replace(meeting(), microphone_problem="The microphone failed."))
    assert text_of(stand, "problem_text") == "The microphone failed."


def test_what_stands_in_for_camera_and_microphone_is_said(stand) -> None:
    stand.show(replace(meeting(test_guest=True), standing_in=True))
    words = text_of(stand, "info_text")
    assert "test guest" in words
    assert "stand in" in words


# Chat -------------------------------------------------------------------------------------------


def chat_text(stand) -> str:
    text = stand.window.view.chat.text.toPlainText()
    return text.replace("\u2068", "").replace("\u2069", "")


def test_a_line_is_sent_with_enter_and_the_field_is_empty_again(stand) -> None:
    stand.show(meeting())
    stand.press("chat")
    field = stand.window.view.chat.field
    stand.qtbot.keyClicks(field, "Hello")
    stand.qtbot.keyClick(field, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    stand.qtbot.keyClicks(field, "all")
    stand.qtbot.keyClick(field, Qt.Key.Key_Return)
    assert stand.said == [Say("Hello\nall")]
    assert field.toPlainText() == ""


def test_nothing_is_sent_when_nothing_is_written(stand) -> None:
    stand.show(meeting())
    stand.press("chat")
    stand.qtbot.keyClicks(stand.window.view.chat.field, "   ")
    stand.press("chat_send")
    assert stand.said == []


def test_what_others_write_is_never_markup(stand) -> None:
    evil = "<b>bold</b> <img src=x> [link](http://x) &amp;"
    stand.show(meeting(chat=(ChatLine(ADA, "<i>Ada</i>", evil, MORNING, False),)))
    assert evil in chat_text(stand)
    assert "<i>Ada</i>" in chat_text(stand)


def test_lines_are_added_and_never_written_anew(stand) -> None:
    stand.show(meeting())
    stand.press("chat")
    more = (*CHAT, ChatLine(BEN, "Ben Okafor", "Coffee?", MORNING + 900, False))
    stand.show(meeting(chat=more))
    assert chat_text(stand).count("Coffee?") == 1
    assert chat_text(stand).count("I will take the minutes.") == 1
    assert stand.window.view.chat.rebuilt == 0


def test_lines_of_one_person_stand_under_one_name(stand) -> None:
    stand.show(meeting())
    assert chat_text(stand).count("Ben Okafor") == 1


def test_unread_lines_are_counted_until_the_chat_is_opened(stand) -> None:
    stand.show(meeting())
    button = stand.find("chat")
    assert "3 new messages" in button.accessibleName()
    stand.press("chat")
    assert "new" not in button.accessibleName()
    stand.press("chat_close")
    more = (*CHAT, ChatLine(BEN, "Ben Okafor", "Coffee?", MORNING + 900, False))
    stand.show(meeting(chat=more))
    assert "1 new message" in button.accessibleName()


def test_the_chat_is_gone_with_its_meeting(stand, settle) -> None:
    stand.show(meeting())
    stand.show(Home("Mara"))
    settle()
    assert stand.window.findChild(object, "chat_text") is None


# Safety -----------------------------------------------------------------------------------------


def test_the_lock_opens_safety_with_seven_emoji_and_their_names(stand) -> None:
    stand.show(meeting())
    stand.press("lock")
    words = [stand.find(f"emoji_{place}").word for place in range(7)]
    assert words == ["Unicorn", "Cactus", "Robot", "Thumbs Up", "Aeroplane", "Spanner", "Anchor"]


def test_safety_says_which_servers_help_and_how_each_person_is_reached(stand) -> None:
    view = meeting()
    ada = next(person for person in view.view.people if not person.is_me)
    relayed = replace(ada, relayed=Relayed("203.0.113.101:5349", "tls"))
    people = tuple(relayed if one is ada else one for one in view.view.people)
    servers = (UsedServer("203.0.113.101:5349", "tls", named=True),)
    stand.show(view)
    stand.press("lock")
    assert stand.window.findChild(QLabel, "safety_servers").isHidden()
    stand.show(replace(view, view=replace(view.view, people=people, servers=servers)))
    assert "named by the host" in text_of(stand, "safety_servers")
    ways = [one.text() for one in stand.window.findChildren(QLabel, "safety_way")]
    assert any("203.0.113.101:5349, over TLS" in way for way in ways)
    assert "Reached directly." in ways


def test_digits_are_shown_on_demand(stand) -> None:
    stand.show(meeting())
    stand.press("lock")
    assert stand.window.findChild(QLabel, "safety_digits").isHidden()
    stand.press("safety_show_digits")
    assert text_of(stand, "safety_digits") == samples.CODE.digits


def test_the_answer_names_the_list_whose_code_was_read(stand) -> None:
    stand.show(meeting())
    stand.press("lock")
    stand.press("safety_match")
    stand.press("safety_differ")
    assert stand.said == [CodesMatch(samples.CODE.eid), CodesDiffer(samples.CODE.eid)]


def test_a_new_code_replaces_the_one_on_the_screen(stand) -> None:
    stand.show(meeting())
    stand.press("lock")
    stand.show(meeting(code=replace(samples.CODE, eid=b"8" * 32, emoji=(0, 1, 2, 3, 4, 5, 6))))
    assert stand.find("emoji_0").word == "Dog"
    stand.press("safety_match")
    assert stand.said == [CodesMatch(b"8" * 32)]


def test_while_the_code_is_worked_out_nothing_can_be_confirmed(stand) -> None:
    stand.show(meeting(code=None))
    stand.press("lock")
    assert "being worked out" in text_of(stand, "safety_line")
    assert stand.window.findChild(object, "safety_match").isHidden()


def test_everybody_verified_is_said_and_not_asked_again(stand) -> None:
    stand.show(meeting(lock=Lock.VERIFIED, unverified=0))
    assert stand.find("lock").text() == "Verified"
    stand.press("lock")
    assert "everybody here is verified" in text_of(stand, "safety_verdict")
    assert stand.window.findChild(object, "safety_match").isHidden()


@pytest.mark.parametrize(
    ("lock", "words"),
    [
        (Lock.ENCRYPTED, "Encrypted"),
        (Lock.PARTLY_VERIFIED, "Encrypted, 2 not verified"),
        (Lock.VERIFIED, "Verified"),
        (Lock.BROKEN, "Not safe"),
    ],
)
def test_the_lock_has_four_states_in_words(stand, lock: Lock, words: str) -> None:
    stand.show(meeting(lock=lock, alarm="codes_differ" if lock is Lock.BROKEN else ""))
    assert stand.find("lock").text() == words


def test_the_people_in_safety_stand_still_while_they_speak(stand) -> None:
    stand.show(meeting())
    stand.press("lock")
    before = stand.window.findChildren(object, "safety_person")
    speaking = tuple(replace(person, speaking=True) for person in PEOPLE)
    stand.show(meeting(people=speaking))
    assert stand.window.findChildren(object, "safety_person") == before


def test_safety_says_since_when_somebody_is_known(stand) -> None:
    stand.show(meeting())
    stand.press("lock")
    lines = [label.text() for label in stand.window.findChildren(QLabel, "safety_since")]
    assert lines[0] == (
        "You compared the safety number, or scanned their screen, on 13 August 2023. "
        "First met on 2 August 2023."
    )
    assert lines[2] == "This device has not met theirs before."


# Invitation -------------------------------------------------------------------------------------


def test_a_host_alone_sees_the_invitation(stand) -> None:
    stand.show(meeting(people=ALONE))
    assert stand.find("invite_card_link").text() == LINK
    stand.show(meeting())
    assert stand.window.view.stage.invite_card.isHidden()


def test_the_link_is_copied_with_one_click(stand) -> None:
    stand.show(meeting())
    stand.press("invite")
    QApplication.clipboard().clear()
    stand.press("invite_copy")
    assert QApplication.clipboard().text() == LINK
    assert stand.find("invite_copy").text() == "Copied"


def test_the_code_to_scan_is_the_link(stand) -> None:
    import segno

    stand.show(meeting())
    stand.press("invite")
    made = segno.make(LINK, error="m", micro=False, boost_error=False)
    code = stand.find("invite_code")
    assert code.modules == tuple(tuple(int(m > 0) for m in row) for row in made.matrix)
    across = len(code.modules) + 8
    assert code.width() % across == 0


def test_who_may_not_invite_sees_no_invitation(stand) -> None:
    stand.show(as_participant())
    assert stand.window.findChild(object, "invite").isHidden()


def test_a_new_name_cannot_pass_for_a_known_one(stand) -> None:
    person = replace(PEOPLE[1], badge=Badge.NEW, presence=Presence.CONNECTED, imitates="Ada")
    stand.show(meeting(people=(PEOPLE[0], person)))
    stand.press("people")
    row = stand.window.view.people.rows[ADA]
    state = row.findChild(QLabel, "person_state").text()
    assert "Not the" in state
