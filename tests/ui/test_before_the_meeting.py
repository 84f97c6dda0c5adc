"""Home, preview, waiting, farewell, passphrase: what is seen, what pressing asks for."""

from dataclasses import replace

import pytest
from fakes.screen_walk import standing
from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QLineEdit, QScrollArea, QWidget

from app.i18n import use_language
from app.intents import (
    ChooseCamera,
    Enter,
    GivePassphrase,
    GoHome,
    JoinLink,
    JoinNearby,
    Retry,
    SetSetting,
    StartMeeting,
    TryConclave,
)
from app.meeting.wishes import SetCamera, SetMicrophone
from app.screens import Farewell, Home, Preview, Progress, Unlock, Waiting
from app.ui import samples
from app.ui.appearance import Appearance
from app.ui.samples import DEVICES, LINK, NEARBY

HOME = Home("Mara", NEARBY)
PREVIEW = Preview("Budget 2027", "Ada", False, "Mara", DEVICES)


def text_of(stand, name: str) -> str:
    label = stand.find(name)
    assert isinstance(label, QLabel)
    return label.text()


def typed(stand, name: str, text: str) -> None:
    field = stand.find(name)
    assert isinstance(field, QLineEdit)
    field.setFocus()
    field.clear()
    stand.qtbot.keyClicks(field, text)


# Home -------------------------------------------------------------------------------------------


def test_a_meeting_is_started_with_title_and_choices(stand) -> None:
    stand.show(HOME)
    stand.press("start_meeting")
    typed(stand, "title_field", "Budget")
    stand.press("start_visible")
    stand.press("start_lobby")
    stand.press("start_go")
    assert stand.said == [StartMeeting("Budget", "Mara", visible=True, lobby=False)]


def test_a_meeting_stays_on_the_local_network_or_lets_people_outside_come(stand) -> None:
    stand.show(HOME)
    stand.press("start_meeting")
    stand.press("start_open_router")
    stand.press("start_lan_only")
    stand.press("start_go")
    assert stand.said == [StartMeeting("Meeting", "Mara", False, True, lan_only=True)]


def test_people_knock_and_nothing_is_visible_unless_chosen(stand) -> None:
    stand.show(HOME)
    stand.press("start_meeting")
    stand.qtbot.keyClick(stand.find("title_field"), Qt.Key.Key_Return)
    assert stand.said == [StartMeeting("Meeting", "Mara", visible=False, lobby=True)]


def test_the_links_of_a_meeting_that_nobody_ended_are_taken_again_on_demand(stand) -> None:
    stand.show(HOME)
    stand.press("start_meeting")
    assert stand.window.findChild(object, "start_reopen") is None
    stand.press("start_sheet_close")
    stand.show(replace(HOME, reopen=True))
    stand.press("start_meeting")
    assert not stand.find("start_reopen").isChecked()
    stand.press("start_reopen")
    stand.press("start_go")
    assert stand.said == [StartMeeting("Meeting", "Mara", False, True, reopen=True)]


def test_people_outside_can_come_only_if_that_is_chosen(stand) -> None:
    stand.show(HOME)
    stand.press("start_meeting")
    assert not stand.find("start_open_router").isChecked()
    stand.press("start_open_router")
    stand.press("start_go")
    assert stand.said == [StartMeeting("Meeting", "Mara", False, True, open_router=True)]


def test_a_link_is_pasted_and_joined(stand) -> None:
    stand.show(HOME)
    stand.press("join_link")
    assert not stand.find("join_go").isEnabled()
    QApplication.clipboard().setText(f"  {LINK}\n")
    stand.press("join_paste")
    stand.press("join_go")
    assert stand.said == [JoinLink(LINK, "Mara")]


def test_a_cut_off_link_can_be_mended_where_it_was_typed(stand) -> None:
    stand.show(HOME)
    stand.press("join_link")
    typed(stand, "join_field", "conclave:join#AUA")
    stand.press("join_go")
    stand.show(replace(HOME, notice="link_malformed"))
    assert "Copy the whole link" in text_of(stand, "join_notice")
    assert stand.find("join_field").text() == "conclave:join#AUA"


def test_without_the_sheet_the_home_screen_says_what_went_wrong(stand) -> None:
    stand.show(replace(HOME, notice="gone"))
    assert text_of(stand, "home_notice") == "This meeting is not there any more."


def test_what_was_found_when_the_profile_was_opened_is_said(stand) -> None:
    stand.show(HOME)
    assert not stand.window.findChild(QLabel, "profile_notice").isVisible()
    stand.show(replace(HOME, profile_notices=("restored", "unsaved")))
    assert "restored from its copy" in text_of(stand, "profile_notice")
    assert "Nothing can be stored" in text_of(stand, "profile_notice")


def test_nobody_starts_without_a_name(stand) -> None:
    stand.show(Home(""))
    stand.press("start_meeting")
    assert stand.said == []
    assert "what the others should call you" in text_of(stand, "home_notice")
    typed(stand, "own_name", "Ada")
    stand.press("start_meeting")
    assert stand.find("start_sheet")


def test_a_name_that_is_typed_is_remembered(stand) -> None:
    stand.show(Home("Mara"))
    typed(stand, "own_name", "Ada")
    stand.qtbot.keyClick(stand.find("own_name"), Qt.Key.Key_Return)
    assert stand.said == [SetSetting("name", "Ada")]


def test_a_name_being_typed_is_not_overwritten_by_a_snapshot(stand) -> None:
    stand.show(Home("Mara"))
    typed(stand, "own_name", "Ad")
    stand.show(Home("Mara", NEARBY))
    assert stand.find("own_name").text() == "Ad"


def test_nearby_meetings_say_how_it_stands_with_them(stand) -> None:
    stand.show(HOME)
    words = [label.text() for label in stand.window.findChildren(QLabel, "nearby_row_details")]
    assert [w.replace("\u2068", "").replace("\u2069", "") for w in words] == [
        "Host: Ada Brenner · 3 people · you knock",
        "Host: Ben Okafor · 5 people · locked",
        "Host: “Reception” · 1 person · open · with a password",
    ]


def test_a_nearby_meeting_is_joined_and_a_locked_one_is_not(stand) -> None:
    stand.show(HOME)
    buttons = stand.window.findChildren(object, "nearby_join")
    for button in buttons:
        button.click()
    assert stand.said == [JoinNearby("n1", "Mara"), JoinNearby("n3", "Mara")]


def test_rows_stay_the_same_widgets_while_meetings_change(stand) -> None:
    stand.show(HOME)
    before = stand.window.findChildren(object, "nearby_row")
    stand.show(replace(HOME, nearby=(replace(NEARBY[0], people=9), *NEARBY[1:])))
    assert stand.window.findChildren(object, "nearby_row") == before


def test_a_meeting_that_is_found_nearby_takes_two_clicks_and_no_setting(stand) -> None:
    stand.show(HOME)
    stand.press("nearby_start")
    assert stand.said == [StartMeeting("Meeting", "Mara", visible=True, lobby=True)]
    stand.show(replace(PREVIEW, hosting=True))
    stand.press("preview_enter")
    assert stand.said[1:] == [Enter("Mara")]


def test_who_sees_such_a_meeting_is_said_before_it_is_started(stand) -> None:
    stand.show(HOME)
    said = stand.find("nearby_start").accessibleDescription()
    assert said == stand.find("nearby_start").toolTip()
    assert "Everybody on this network" in said


def test_a_meeting_nearby_waits_for_a_name_as_any_other(stand) -> None:
    stand.show(replace(HOME, name=""))
    typed(stand, "own_name", "")
    stand.press("nearby_start")
    assert stand.said == []
    typed(stand, "own_name", "Falcon")
    stand.qtbot.keyClick(stand.find("own_name"), Qt.Key.Key_Return)
    assert StartMeeting("Meeting", "Falcon", visible=True, lobby=True) in stand.said


def test_where_nobody_can_be_found_nothing_is_offered_to_be_found(stand) -> None:
    stand.show(replace(HOME, nearby=(), searching=False))
    (button,) = stand.window.findChildren(QWidget, "nearby_start")
    assert not button.isVisible()


@pytest.mark.parametrize(
    ("searching", "offline", "words"),
    [
        (True, False, "Nothing nearby"),
        (True, False, "Links and addresses work, too"),
        (False, False, "no way"),
        (False, True, "no network"),
    ],
)
def test_an_empty_list_says_why(stand, searching: bool, offline: bool, words: str) -> None:
    stand.show(Home("Mara", searching=searching, offline=offline))
    assert words in text_of(stand, "nearby_empty_line")


def test_the_test_guest_is_one_click_away(stand) -> None:
    stand.show(HOME)
    stand.press("try_conclave")
    assert stand.said == [TryConclave("Mara")]


def test_a_link_from_outside_is_offered_and_not_followed(stand) -> None:
    stand.window.offer_link(LINK)
    stand.show(HOME)
    assert stand.find("join_field").text() == LINK
    assert stand.said == []


def test_a_name_that_is_known_a_moment_later_fills_the_empty_field(stand) -> None:
    stand.show(replace(HOME, name=""))
    name = stand.find("own_name")
    name.setFocus()
    assert name.hasFocus()
    stand.show(HOME)
    assert name.text() == "Mara"
    stand.show(replace(HOME, name="Someone else"))
    assert name.text() == "Mara"


def test_who_has_no_name_yet_is_asked_for_it_and_the_link_is_kept(stand) -> None:
    stand.show(replace(HOME, name=""))
    stand.window.offer_link(LINK)
    name = stand.find("own_name")
    assert stand.window.findChild(object, "join_field") is None
    assert "what the others should call you" in text_of(stand, "home_notice")
    stand.qtbot.keyClicks(name, "Mara")
    stand.qtbot.keyClick(name, Qt.Key.Key_Return)
    assert stand.find("join_field").text() == LINK
    stand.press("join_go")
    assert stand.said[-1] == JoinLink(LINK, "Mara")


def test_what_was_pressed_without_a_name_is_done_once_when_the_name_is_there(stand) -> None:
    stand.show(replace(HOME, name=""))
    stand.window.findChildren(object, "nearby_join")[0].click()
    name = stand.find("own_name")
    stand.qtbot.keyClick(name, Qt.Key.Key_Return)
    assert stand.said == []
    stand.qtbot.keyClicks(name, "Mara")
    stand.qtbot.keyClick(name, Qt.Key.Key_Return)
    stand.qtbot.keyClick(name, Qt.Key.Key_Return)
    assert [said for said in stand.said if isinstance(said, JoinNearby)] == [
        JoinNearby("n1", "Mara")
    ]


def test_help_for_what_is_not_found_opens_and_closes(stand) -> None:
    stand.show(HOME)
    stand.press("nearby_help_button")
    assert "address and port" in text_of(stand, "nearby_help")
    stand.press("nearby_help_button")
    assert stand.window.findChild(QLabel, "nearby_help").isHidden()


# Preview ----------------------------------------------------------------------------------------


def test_both_devices_are_off_before_the_meeting(stand) -> None:
    stand.show(PREVIEW)
    assert not stand.find("microphone").live
    assert not stand.find("camera").live
    assert stand.window.windowTitle() == "Budget 2027 – Conclave"


def test_devices_are_switched_by_their_buttons(stand) -> None:
    stand.show(PREVIEW)
    stand.press("microphone")
    stand.press("camera")
    assert stand.said == [SetMicrophone(True), SetCamera(True)]


def test_a_live_device_is_red_in_the_window_and_named_in_the_title(stand) -> None:
    stand.show(replace(PREVIEW, microphone_on=True, camera_on=True, level_db=-20.0))
    assert stand.find("microphone").live
    assert stand.find("camera").live
    assert stand.window.windowTitle() == ("● Camera and microphone on – Budget 2027 – Conclave")
    assert stand.find("preview_devices_meter").filled > 10


def test_a_camera_is_chosen_from_the_list(stand) -> None:
    stand.show(PREVIEW)
    box = stand.find("preview_devices_camera")
    assert isinstance(box, QComboBox)
    assert [box.itemText(i) for i in range(box.count())] == ["Integrated Camera", "Logitech C920"]
    box.activated.emit(1)
    assert stand.said == [ChooseCamera("1")]


def test_no_device_at_all_is_said(stand) -> None:
    stand.show(Preview("Budget", "Ada", False, "Mara"))
    box = stand.find("preview_devices_camera")
    assert box.currentText() == "No camera"
    assert not box.isEnabled()


def test_one_enters_under_the_name_for_this_meeting(stand) -> None:
    stand.show(PREVIEW)
    typed(stand, "preview_name", "Falcon")
    stand.qtbot.keyClick(stand.find("preview_name"), Qt.Key.Key_Return)
    assert stand.said == [Enter("Falcon")]


def test_sound_only_keeps_the_camera_off(stand) -> None:
    stand.show(replace(PREVIEW, camera_on=True))
    stand.press("preview_sound_only")
    assert stand.said == [SetCamera(False), Enter("Mara")]


def test_nobody_enters_without_a_name(stand) -> None:
    stand.show(PREVIEW)
    typed(stand, "preview_name", " ")
    assert not stand.find("preview_enter").isEnabled()
    assert not stand.find("preview_sound_only").isEnabled()


def test_what_is_encrypted_and_recorded_is_said(stand) -> None:
    stand.show(PREVIEW)
    assert "Nothing is recorded" in text_of(stand, "preview_promise")
    stand.press("preview_more")
    assert stand.find("preview_details").isVisible()
    assert "it cannot prevent" in text_of(stand, "preview_details")
    stand.press("preview_more")
    assert [w for w in stand.window.findChildren(QLabel, "preview_details") if w.isVisible()] == []


@pytest.mark.parametrize("size", [(1024, 640), (800, 600)])
@pytest.mark.parametrize("name", ["preview", "preview-live", "preview-password"])
@pytest.mark.parametrize("language", ["en", "de"])
def test_what_is_recorded_and_the_door_are_seen_without_scrolling(
    qapp: QApplication, dressed: Appearance, language: str, name: str, size: tuple[int, int]
) -> None:
    use_language(language)
    with standing(qapp, dressed, name, QSize(*size)) as window:
        for seen in ("preview_promise", "preview_more", "preview_enter", "preview_sound_only"):
            part = window.findChild(QWidget, seen)
            assert part is not None
            assert part.isVisible()
            assert not part.visibleRegion().isEmpty()
            assert part.visibleRegion().boundingRect() == part.rect(), seen
        scroll = window.findChild(QScrollArea, "preview_scroll")
        assert scroll is not None
        if size == (1024, 640) and name != "preview-password":
            assert scroll.verticalScrollBar().maximum() == 0


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_the_field_for_the_password_is_in_sight_where_the_keyboard_stands(
    qapp: QApplication, dressed: Appearance, scale: float
) -> None:
    dressed.enlarge(scale)
    with standing(qapp, dressed, "preview-password", QSize(800, 600)) as window:
        field = window.findChild(QWidget, "preview_password")
        assert field is not None
        assert window.focusWidget() is field
        assert field.visibleRegion().boundingRect() == field.rect()


def test_what_more_there_is_to_know_comes_into_sight(
    qapp: QApplication, dressed: Appearance
) -> None:
    with standing(qapp, dressed, "preview", QSize(800, 600)) as window:
        window.findChild(QWidget, "preview_more").click()
        QApplication.processEvents()
        details = window.findChild(QWidget, "preview_details")
        assert details.visibleRegion().boundingRect().bottom() == details.rect().bottom()


def test_a_problem_of_a_device_is_shown(stand) -> None:
    stand.show(replace(PREVIEW, camera_problem="The camera is used by another program."))
    assert "another program" in text_of(stand, "preview_problem")


def test_the_host_starts_and_the_guest_joins(stand) -> None:
    stand.show(PREVIEW)
    assert stand.find("preview_enter").text() == "Join"
    stand.show(replace(PREVIEW, hosting=True))
    assert stand.find("preview_enter").text() == "Start the meeting"


def test_one_can_go_back(stand) -> None:
    stand.show(PREVIEW)
    stand.press("preview_back")
    assert stand.said == [GoHome()]


def test_the_own_picture_is_shown_from_its_own_mailbox(stand) -> None:
    stand.show(replace(PREVIEW, camera_on=True))
    stand.mailboxes[b""].put(samples.picture(0, 64, 36))
    tile = stand.window.view.picture.tile
    stand.qtbot.waitUntil(lambda: tile.shows_picture)


# Waiting and farewell ---------------------------------------------------------------------------


@pytest.mark.parametrize("progress", list(Progress))
def test_waiting_says_how_far_it_is_and_can_be_left(stand, progress: Progress) -> None:
    stand.show(Waiting("Budget", "Ada", progress))
    assert text_of(stand, "waiting_heading")
    stand.press("waiting_leave")
    assert stand.said == [GoHome()]


def test_the_host_is_named_while_one_waits(stand) -> None:
    stand.show(Waiting("Budget", "Ada", Progress.WAITING))
    assert "Ada" in text_of(stand, "waiting_heading")


def test_a_farewell_says_why_and_leads_home(stand) -> None:
    stand.show(Farewell("removed", "Budget"))
    assert text_of(stand, "farewell_heading") == "The host removed you from this meeting."
    stand.press("farewell_home")
    assert stand.said == [GoHome()]


def test_trying_again_is_offered_only_where_it_can_help(stand) -> None:
    stand.show(Farewell("ended"))
    assert stand.window.findChild(object, "farewell_retry").isHidden()
    stand.show(Farewell("unreachable", can_retry=True))
    stand.press("farewell_retry")
    assert stand.said == [Retry()]


# Passphrase -------------------------------------------------------------------------------------


def test_a_passphrase_opens(stand) -> None:
    stand.show(Unlock(first_time=False))
    typed(stand, "passphrase", "hunter22")
    stand.press("unlock_go")
    assert stand.said == [GivePassphrase("hunter22")]


def test_a_wrong_passphrase_is_said(stand) -> None:
    stand.show(Unlock(first_time=False))
    stand.show(Unlock(first_time=False, wrong=True))
    assert text_of(stand, "unlock_problem") == "That is not the passphrase."


def test_a_new_passphrase_is_typed_twice_and_is_not_short(stand) -> None:
    stand.show(Unlock(first_time=True))
    typed(stand, "passphrase", "short")
    assert not stand.find("unlock_go").isEnabled()
    typed(stand, "passphrase", "long enough")
    typed(stand, "passphrase_again", "long enouhg")
    stand.press("unlock_go")
    assert stand.said == []
    assert text_of(stand, "unlock_problem") == "The two are not the same."
    typed(stand, "passphrase_again", "long enough")
    stand.press("unlock_go")
    assert stand.said == [GivePassphrase("long enough")]


def test_what_is_typed_as_a_passphrase_cannot_be_read(stand) -> None:
    stand.show(Unlock(first_time=True))
    for name in ("passphrase", "passphrase_again"):
        assert stand.find(name).echoMode() == QLineEdit.EchoMode.Password


def test_nothing_stays_typed_after_the_passphrase_was_right(stand) -> None:
    stand.show(Unlock(first_time=False))
    typed(stand, "passphrase", "hunter22")
    stand.show(HOME)
    assert stand.window.findChild(QLineEdit, "passphrase").text() == ""
