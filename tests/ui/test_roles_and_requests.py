"""Roles, raised hands, a person's menu, what is asked of oneself, the rules of a meeting."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QApplication, QLabel

from app.meeting.view import Act, Person, Power, Presence, Role, Tie
from app.meeting.wishes import (
    AddContact,
    AllowPasswords,
    AnswerAsk,
    AskToUnmute,
    Distrust,
    HandOver,
    IgnoreContact,
    LowerHand,
    Mute,
    MuteAll,
    RaiseHand,
    SetChat,
    SetChatForAll,
    SetLobby,
    SetLocked,
    SetPassword,
    SetRole,
    SetSharingForAll,
    StopSharing,
    Trust,
    Wish,
)
from app.ui.samples import (
    ADA,
    ALONE,
    BEN,
    CLARA,
    CO_HOST_POWERS,
    HANDS,
    PEOPLE,
    as_participant,
    meeting,
    troubled,
)
from app.ui.views.person_menu import GIVEN
from app.ui.widgets.tile import describe


def plain(text: str) -> str:
    return text.replace("\u2068", "").replace("\u2069", "")


def text_of(stand, name: str) -> str:
    label = stand.find(name)
    assert isinstance(label, QLabel)
    return plain(label.text())


def with_ben(**changes: object) -> tuple[Person, ...]:
    return (*PEOPLE[:2], replace(PEOPLE[2], **changes), PEOPLE[3])  # type: ignore[arg-type]


def entries(stand, dev: bytes = BEN) -> dict[str, object]:
    """Return the entries of a person's menu by name, those of the menu of roles among them."""
    menu = stand.window.view.menus.of_person(dev)
    found = {}
    for action in menu.actions():
        if action.menu() is not None:
            found["menu_roles"] = action
            found |= {inner.objectName(): inner for inner in action.menu().actions()}
        elif not action.isSeparator():
            found[action.objectName()] = action
    return found


# Roles ------------------------------------------------------------------------------------------


def test_every_role_but_the_usual_one_is_said_on_the_tile_and_in_the_list(stand) -> None:
    stand.show(meeting())
    stand.press("people")
    rows = stand.window.view.people.rows
    said = [plain(row.role.word.text()) for row in rows.values()]
    assert said == ["Host", "Co-host", "", "Guest"]
    assert [row.role.isVisible() for row in rows.values()] == [True, True, False, True]
    tiles = stand.window.view.grid.tiles
    assert "Co-host" in tiles[ADA].accessibleName()
    assert "Guest" in tiles[CLARA].accessibleName()


def test_a_role_is_a_sign_of_its_own_shape_and_not_only_a_word() -> None:
    from app.ui.widgets.painting import badge_icon, role_icon

    signs = [role_icon(role) for role in Role if role is not Role.PARTICIPANT]
    assert all(signs)
    assert len(set(signs)) == len(signs)
    assert not set(signs) & {badge_icon(person.badge) for person in PEOPLE}


# Hands ------------------------------------------------------------------------------------------


def test_hands_stand_in_the_order_in_which_they_went_up(stand) -> None:
    stand.show(meeting(people=HANDS))
    stand.press("people")
    rows = stand.window.view.people.rows
    assert [row.hand.text() for row in rows.values()] == ["", "2", "1", ""]
    assert "Hand raised, number 2" in stand.window.view.grid.tiles[ADA].accessibleName()


def test_a_raised_hand_is_painted_on_the_tile_and_goes_again(stand) -> None:
    stand.show(meeting())
    tile = stand.window.view.grid.tiles[BEN]
    before = tile.grab().toImage()
    stand.show(meeting(people=HANDS))
    assert tile.grab().toImage() != before
    stand.show(meeting())
    assert tile.grab().toImage() == before


@pytest.mark.parametrize("up", [False, True])
def test_the_own_hand_is_raised_and_lowered_with_one_button(stand, up: bool) -> None:
    stand.show(meeting(hand_up=up))
    stand.press("hand")
    assert stand.said == [RaiseHand(not up)]
    assert stand.find("hand").text() == ("Hand up" if up else "Hand")


def test_the_own_hand_is_raised_by_keyboard(stand) -> None:
    stand.show(as_participant())
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    stand.qtbot.keyClick(stand.window, Qt.Key.Key_H, both)
    assert stand.said == [RaiseHand(True)]


# A person's menu --------------------------------------------------------------------------------

ACTS: list[tuple[Act, dict[str, object], str, Wish]] = [
    (Act.MUTE, {"microphone_on": True}, "menu_mute", Mute(BEN)),
    (Act.ASK_TO_UNMUTE, {"microphone_on": False}, "menu_ask_to_unmute", AskToUnmute(BEN)),
    (Act.STOP_SHARING, {"sharing": True}, "menu_stop_sharing", StopSharing(BEN)),
    (Act.LOWER_HAND, {"hand_since": 5.0}, "menu_lower_hand", LowerHand(BEN)),
    (Act.SET_CHAT, {"chat_allowed": True}, "menu_set_chat", SetChat(BEN, False)),
    (Act.SET_CHAT, {"chat_allowed": False}, "menu_set_chat", SetChat(BEN, True)),
    (Act.SET_ROLE, {}, "menu_role_presenter", SetRole(BEN, Role.PRESENTER)),
]
EVERYTHING = {"microphone_on": True, "sharing": True, "hand_since": 5.0}
ALWAYS = {
    "menu_add_contact", "menu_loudness", "menu_mute_here", "menu_offer", "menu_pin",
    "menu_quality", "menu_safety",
}  # fmt: skip


@pytest.mark.parametrize(("act", "so", "entry", "wish"), ACTS)
def test_what_may_be_done_to_a_person_is_in_their_menu_and_asked_for(
    stand, act: Act, so: dict[str, object], entry: str, wish: Wish
) -> None:
    stand.show(meeting(people=with_ben(**so, may=frozenset({act}))))
    entries(stand)[entry].trigger()
    assert stand.said == [wish]


@pytest.mark.parametrize("act", list(Act))
def test_what_may_not_be_done_is_not_offered(stand, act: Act) -> None:
    offered = {
        Act.MUTE: {"menu_mute"},
        Act.ASK_TO_UNMUTE: {"menu_ask_to_unmute"},
        Act.STOP_SHARING: {"menu_stop_sharing"},
        Act.LOWER_HAND: {"menu_lower_hand"},
        Act.SET_CHAT: {"menu_set_chat"},
        Act.REMOVE: {"menu_remove"},
        Act.SET_ROLE: {"menu_roles", *(f"menu_role_{role.value}" for role in GIVEN)},
        Act.HAND_OVER: {"menu_hand_over"},
    }
    so = EVERYTHING | {"microphone_on": act is not Act.ASK_TO_UNMUTE}
    stand.show(meeting(people=with_ben(**so, may=frozenset({act}))))
    assert set(entries(stand)) == ALWAYS | offered[act]
    stand.show(meeting(people=with_ben(**so, may=frozenset())))
    assert set(entries(stand)) == ALWAYS


def test_what_would_change_nothing_now_is_not_offered(stand) -> None:
    stand.show(meeting(people=with_ben(microphone_on=False)))
    names = set(entries(stand))
    assert not names & {"menu_mute", "menu_stop_sharing", "menu_lower_hand"}
    assert "menu_ask_to_unmute" in names


def test_the_menu_of_roles_shows_which_one_they_have(stand) -> None:
    stand.show(meeting(people=with_ben(role=Role.PRESENTER)))
    found = entries(stand)
    checked = [role for role in GIVEN if found[f"menu_role_{role.value}"].isChecked()]
    assert checked == [Role.PRESENTER]
    assert Role.HOST not in GIVEN


def test_handing_the_meeting_over_is_asked_once_more(stand) -> None:
    stand.show(meeting())
    entries(stand)["menu_hand_over"].trigger()
    assert stand.said == []
    assert "Links that were given out so far" in text_of(stand, "hand_over_why")
    stand.press("hand_over_go")
    assert stand.said == [HandOver(BEN)]


def test_nobody_has_a_menu_about_themselves(stand) -> None:
    stand.show(meeting())
    stand.press("people")
    assert stand.window.view.menus.of_person(PEOPLE[0].dev) is None
    assert stand.window.view.people.rows[PEOPLE[0].dev].menu_button.isHidden()


def test_the_menu_opens_by_keyboard_in_the_list(stand) -> None:
    stand.show(meeting())
    stand.press("people")
    button = stand.window.view.people.rows[BEN].menu_button
    assert "Ben Okafor" in button.accessibleName()
    button.setFocus()
    stand.qtbot.keyClick(button, Qt.Key.Key_Return)
    popup = QApplication.activePopupWidget()
    assert popup is not None
    assert popup.objectName() == "person_menu_open"
    popup.close()


@pytest.mark.parametrize(
    ("tie", "offered"),
    [
        (Tie.NONE, {"menu_add_contact": AddContact(BEN)}),
        (
            Tie.WANTED,
            {"menu_accept_contact": AddContact(BEN), "menu_ignore_contact": IgnoreContact(BEN)},
        ),
        (Tie.OFFERED, {}),
        (Tie.CONTACT, {}),
    ],
)
def test_becoming_contacts_is_offered_as_it_stands(stand, tie: Tie, offered: dict) -> None:
    stand.show(meeting(people=with_ben(tie=tie, may=frozenset())))
    found = entries(stand)
    for name, wish in offered.items():
        found[name].trigger()
        assert stand.said[-1] == wish
    asked = {name for name, entry in found.items() if "contact" in name and entry.isEnabled()}
    assert asked == set(offered)


def test_somebody_who_wants_to_be_a_contact_is_answered_in_the_list(stand) -> None:
    stand.show(meeting(people=with_ben(tie=Tie.WANTED)))
    stand.press("people")
    row = stand.window.view.people.rows[BEN]
    state = row.findChild(QLabel, "person_state")
    assert plain(state.text()) == "Ben Okafor would like to be your contact."
    ignore, accept = row.wanted.buttons
    accept.click()
    ignore.click()
    assert stand.said == [AddContact(BEN), IgnoreContact(BEN)]
    assert accept.property("role") == ignore.property("role")
    assert accept.accessibleName() != ignore.accessibleName()


def test_a_changed_key_is_decided_about_in_the_list_and_in_the_menu_too(stand) -> None:
    stand.show(meeting(people=troubled(Presence.HELD)))
    stand.press("people")
    for button in stand.window.view.people.rows[ADA].decide.buttons:
        button.click()
    found = entries(stand, ADA)
    found["menu_trust"].trigger()
    found["menu_distrust"].trigger()
    assert stand.said == [Trust(ADA), Distrust(ADA), Trust(ADA), Distrust(ADA)]


# What is asked of oneself -----------------------------------------------------------------------


def test_asked_to_unmute_stands_until_it_is_answered_and_is_read_out(
    stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(
        QAccessible, "updateAccessibility", lambda event: said.append(plain(event.message()))
    )
    stand.show(as_participant(asked_by="Ada Brenner", microphone_on=False))
    stand.show(as_participant(asked_by="Ada Brenner", microphone_on=False, epoch=8))
    words = "Ada Brenner asks you to switch your microphone on."
    assert text_of(stand, "ask_heading") == words
    assert said.count(words) == 1
    stand.press("ask_switch_on")
    stand.press("ask_not_now")
    assert stand.said == [AnswerAsk(True), AnswerAsk(False)]
    stand.show(as_participant())
    assert stand.window.view.stage.requests.isHidden()


def test_nothing_but_the_own_hand_switches_the_microphone_on(stand) -> None:
    stand.show(as_participant(asked_by="Ada Brenner", microphone_on=False))
    assert stand.said == []
    assert not stand.find("microphone").live


# The rules of the meeting -----------------------------------------------------------------------


def test_each_rule_is_changed_with_its_switch(stand) -> None:
    stand.show(meeting())
    stand.press("people")
    stand.press("people_rules")
    for name in ("rules_lobby", "rules_locked", "rules_chat", "rules_sharing"):
        stand.press(name)
    stand.press("rules_mute_all")
    assert stand.said == [
        SetLobby(False),
        SetLocked(True),
        SetChatForAll(False),
        SetSharingForAll(False),
        MuteAll(),
    ]


def test_a_switch_shows_what_holds_and_not_what_was_pressed(stand) -> None:
    stand.show(meeting())
    stand.window.view.sheets.rules()
    stand.press("rules_chat")
    stand.show(meeting(chat_open=True, epoch=8))
    assert stand.find("rules_chat").isChecked()
    stand.show(meeting(chat_open=False, sharing_open=False, locked=True, lobby=False))
    on = [
        stand.find(f"rules_{name}").isChecked() for name in ("chat", "sharing", "locked", "lobby")
    ]
    assert on == [False, False, True, False]


ROWS = {
    Power.SET_LOBBY: "rules_lobby_row",
    Power.LOCK: "rules_locked_row",
    Power.SET_CHAT: "rules_chat_row",
    Power.SET_SHARING: "rules_sharing_row",
    Power.SET_PASSWORD: "rules_password_row",
    Power.MUTE_ALL: "rules_mute_all",
}


@pytest.mark.parametrize("power", list(ROWS))
def test_who_may_change_one_rule_is_offered_that_one_only(stand, power: Power) -> None:
    stand.show(meeting(powers=frozenset({power})))
    stand.window.view.sheets.rules()
    shown = {p for p, name in ROWS.items() if stand.window.findChild(object, name).isVisible()}
    assert shown == {power}


def test_who_is_alone_is_not_offered_to_mute_everybody(stand) -> None:
    stand.show(meeting(people=ALONE))
    stand.press("people")
    assert stand.window.view.people.mute_all.isHidden()
    stand.show(meeting())
    assert stand.find("people_mute_all").isVisible()


def test_a_co_host_is_offered_what_co_hosts_may(stand) -> None:
    stand.show(meeting(i_am_host=False, my_role=Role.CO_HOST, powers=CO_HOST_POWERS))
    stand.press("people")
    stand.press("people_mute_all")
    assert stand.said == [MuteAll()]
    stand.press("people_rules")
    assert stand.window.findChild(object, "rules_password_row").isHidden()
    assert stand.find("rules_lobby_row")


def test_who_has_no_say_is_offered_no_rules(stand) -> None:
    stand.show(as_participant())
    stand.press("people")
    assert stand.window.findChild(object, "people_for_all").isHidden()
    words = [action.text() for action in stand.window.view.menus.more().actions()]
    assert not {"Meeting settings", "Lock the meeting", "Invite somebody"} & set(words)


def test_a_password_is_set_changed_and_taken_away(stand) -> None:
    stand.show(meeting())
    stand.window.view.sheets.rules()
    field = stand.find("rules_password")
    assert not stand.find("rules_password_set").isEnabled()
    stand.qtbot.keyClicks(field, " open sesame ")
    stand.qtbot.keyClick(field, Qt.Key.Key_Return)
    assert stand.said == [SetPassword("open sesame")]
    assert field.text() == ""
    stand.show(meeting(has_password=True))
    assert stand.find("rules_password_set").text() == "Change"
    stand.press("rules_password_none")
    assert stand.said[1:] == [SetPassword("")]


def test_passwords_are_taken_again_when_the_host_says_so(stand) -> None:
    stand.show(meeting(has_password=True, password_blocked=True))
    assert "Too many wrong passwords" in text_of(stand, "guessing_text")
    stand.press("guessing_do")
    stand.window.view.sheets.rules()
    stand.press("rules_password_allow")
    assert stand.said == [AllowPasswords(), AllowPasswords()]
    stand.show(meeting(has_password=True))
    assert stand.window.view.stage.banners.guessing.isHidden()


def test_who_cannot_allow_passwords_again_is_not_bothered(stand) -> None:
    stand.show(as_participant(has_password=True, password_blocked=True))
    assert stand.window.view.stage.banners.guessing.isHidden()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"chat_open": False}, "Only the host and co-hosts can write in the chat now."),
        ({"chat_open": True}, "The chat was switched off for you."),
    ],
)
def test_who_may_not_write_is_told_why_and_can_still_read(stand, changes, words: str) -> None:
    stand.show(as_participant(powers=frozenset({Power.SHARE}), **changes))
    stand.press("chat")
    assert text_of(stand, "chat_closed") == words
    assert stand.window.view.chat.field.isHidden()
    assert stand.find("chat_text")
    stand.show(as_participant())
    assert stand.window.view.chat.field.isVisible()


def test_everything_on_a_tile_is_said_in_words_too() -> None:
    words = describe(replace(HANDS[2], role=Role.PRESENTER), 1)
    for part in ("Presenter", "Hand raised, number 1", "Shares the screen", "Muted"):
        assert part in words
