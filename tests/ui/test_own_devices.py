"""One's own devices: held keys, headsets that are offered, trials of the sound, names in menus."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QContextMenuEvent, QFocusEvent, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.intents import (
    ChooseCamera,
    ChooseMicrophone,
    ChooseSpeaker,
    HoldMicrophone,
    LookAtLevel,
    SetVolume,
    TryMicrophone,
    TrySpeaker,
    UseOffered,
)
from app.meeting.wishes import SetMicrophone
from app.screens import Devices, InMeeting, Offer, Preview, SoundCheck
from app.ui.samples import ADA, DEVICES, meeting
from app.ui.widgets.offer_card import offer_words

HEADSET = Offer("Jabra Evolve2 40", microphone="b", speaker="t")
PREVIEW = Preview("Tea", "Ada", False, "Mara", DEVICES)
MUTED = meeting(microphone_on=False)


def with_devices(screen: InMeeting, **changes: object) -> InMeeting:
    return replace(screen, devices=replace(DEVICES, **changes))  # type: ignore[arg-type]


@pytest.fixture
def seated(stand):
    """A person in a meeting, muted, with the keyboard on the stage."""
    stand.show(MUTED)
    stand.window.activateWindow()
    QTest.qWaitForWindowActive(stand.window)
    stand.window.view.setFocus()
    QApplication.processEvents()
    return stand


def choose(stand, space: str) -> None:
    stand.window._settings = replace(stand.window._settings, push_to_talk=space)


def key(stand, kind: QEvent.Type, *, repeats: bool = False) -> None:
    event = QKeyEvent(kind, Qt.Key.Key_Space, Qt.KeyboardModifier.NoModifier, " ", autorep=repeats)
    QApplication.sendEvent(stand.window.windowHandle(), event)
    QApplication.processEvents()


def press(stand, *, repeats: bool = False) -> None:
    key(stand, QEvent.Type.KeyPress, repeats=repeats)


def release(stand, *, repeats: bool = False) -> None:
    key(stand, QEvent.Type.KeyRelease, repeats=repeats)


HELD, LET_GO = HoldMicrophone(True), HoldMicrophone(False)


def test_space_talks_for_as_long_as_it_is_held(seated) -> None:
    press(seated)
    assert seated.said == [HELD]
    release(seated)
    assert seated.said == [HELD, LET_GO]


def test_a_key_that_repeats_itself_is_held_once(seated) -> None:
    press(seated)
    for _ in range(5):
        release(seated, repeats=True)
        press(seated, repeats=True)
    assert seated.said == [HELD]
    release(seated)
    assert seated.said == [HELD, LET_GO]


def test_who_types_a_space_types_a_space(seated) -> None:
    seated.window.view.toggle_chat()
    field = seated.window.view.chat.field
    field.setFocus()
    QApplication.processEvents()
    press(seated)
    release(seated)
    assert HELD not in seated.said


def test_a_button_that_was_reached_by_keyboard_is_pressed_by_space(seated) -> None:
    QTest.keyClick(seated.window.windowHandle(), Qt.Key.Key_Tab)
    assert seated.window._ring.target is QApplication.focusWidget()
    press(seated)
    release(seated)
    assert HELD not in seated.said


def test_a_button_that_was_clicked_with_the_mouse_does_not_take_the_key_away(seated) -> None:
    seated.window.view.bar.camera.setFocus(Qt.FocusReason.MouseFocusReason)
    QApplication.processEvents()
    press(seated)
    assert seated.said == [HELD]
    release(seated)


def test_a_panel_that_opens_ends_it(seated) -> None:
    press(seated)
    seated.window.view.toggle_chat()
    QApplication.processEvents()
    assert seated.said == [HELD, LET_GO]
    release(seated)
    assert seated.said == [HELD, LET_GO]


def test_another_window_in_front_ends_it(seated) -> None:
    press(seated)
    QApplication.sendEvent(seated.window.windowHandle(), QFocusEvent(QEvent.Type.FocusOut))
    assert seated.said == [HELD, LET_GO]


def test_another_program_in_front_ends_it(seated) -> None:
    press(seated)
    seated.window._hold._state_changed(Qt.ApplicationState.ApplicationInactive)
    assert seated.said == [HELD, LET_GO]


def test_the_end_of_the_meeting_ends_it(seated) -> None:
    press(seated)
    seated.show(PREVIEW)
    assert seated.said[:2] == [HELD, LET_GO]
    press(seated)
    release(seated)
    assert seated.said[:2] == [HELD, LET_GO]
    assert HELD not in seated.said[2:]


def test_an_open_sheet_keeps_the_space_bar(seated) -> None:
    seated.window.sheets.open_shortcuts()
    QApplication.processEvents()
    press(seated)
    release(seated)
    assert HELD not in seated.said


def test_who_wants_nothing_of_it_gets_nothing(seated) -> None:
    choose(seated, "off")
    press(seated)
    release(seated)
    assert seated.said == []


@pytest.mark.parametrize(
    ("space", "screen", "words"),
    [
        ("talk", MUTED, "Hold Space to talk"),
        ("only", MUTED, "Hold Space to talk"),
        ("talk", replace(meeting(), held=True), "Let go of Space to mute"),
        ("mute", meeting(), "Hold Space to mute"),
        ("mute", replace(MUTED, held=True), "Muted while you hold Space"),
        ("off", MUTED, ""),
        ("mute", MUTED, ""),
        ("talk", meeting(), ""),
    ],
)
def test_the_bar_says_what_the_space_bar_does(stand, space, screen, words) -> None:
    choose(stand, space)
    stand.show(screen)
    assert stand.window.view.bar.space.words == words
    button = stand.window.view.bar.microphone
    assert words in button.accessibleDescription()
    assert words in button.toolTip()


def test_where_the_microphone_is_open_only_while_held_its_button_is_held_too(seated) -> None:
    choose(seated, "only")
    button = seated.window.view.bar.microphone
    QTest.mousePress(button, Qt.MouseButton.LeftButton)
    assert seated.said == [HELD]
    QTest.mouseRelease(button, Qt.MouseButton.LeftButton)
    assert seated.said == [HELD, LET_GO]  # and no click that would leave it open
    assert "Hold Space" in seated.window.view.stage.toast.text


def test_otherwise_the_button_is_pressed_as_ever(seated) -> None:
    QTest.mouseClick(seated.window.view.bar.microphone, Qt.MouseButton.LeftButton)
    assert seated.said == [SetMicrophone(True)]


# -- what comes and goes --------------------------------------------------------------------------


def test_a_headset_is_offered_on_the_stage_with_two_answers(stand) -> None:
    stand.show(meeting())
    stand.show(with_devices(meeting(), offer=HEADSET))
    card = stand.window.view.stage.requests.offer
    assert card.isVisibleTo(stand.window)
    assert "Headset found" in card.heading.text()
    stand.press("offer_use")
    stand.press("offer_not_now")
    assert stand.said == [UseOffered(True), UseOffered(False)]
    stand.show(meeting())
    assert not card.isVisibleTo(stand.window)


def test_a_headset_is_offered_before_the_meeting_too(stand) -> None:
    stand.show(replace(PREVIEW, devices=replace(DEVICES, offer=HEADSET)))
    stand.press("offer_use")
    assert stand.said == [UseOffered(True)]


@pytest.mark.parametrize(
    ("offer", "words"),
    [
        (Offer("A", microphone="m", speaker="s"), "Headset found"),
        (Offer("A", microphone="m"), "Microphone found"),
        (Offer("A", speaker="s"), "Speaker found"),
        (Offer("A", camera="c"), "Camera found"),
    ],
)
def test_what_was_found_is_called_what_it_is(offer: Offer, words: str) -> None:
    assert offer_words(offer).startswith(words)


def test_a_device_that_went_is_said_once(stand) -> None:
    stand.show(with_devices(meeting(), news="old news", news_number=3))
    toast = stand.window.view.stage.toast
    assert toast.text == ""
    gone = with_devices(meeting(), news="Jabra was unplugged.", news_number=4)
    stand.show(gone)
    assert toast.text == "Jabra was unplugged."
    toast.clear()
    stand.show(replace(gone, told_muted=0))
    assert toast.text == ""


def test_who_speaks_while_muted_is_told(stand) -> None:
    stand.show(MUTED)
    stand.show(replace(MUTED, told_muted=1))
    assert "You are muted" in stand.window.view.stage.toast.text


# -- choosing and trying --------------------------------------------------------------------------


def test_devices_are_chosen_by_name_at_their_buttons(stand) -> None:
    stand.show(meeting())
    sound, camera = stand.window.view._devices.choosers
    entries = {action.text(): action for action in sound.menu().actions() if action.text()}
    assert entries["Built-in microphone"].isChecked()
    assert not entries["Jabra Evolve2 40"].isChecked()
    for action in sound.menu().actions():
        if action.objectName() in {"device_menu_microphone_1", "device_menu_speaker_1"}:
            action.trigger()
    for action in camera.menu().actions():
        if action.objectName() == "device_menu_camera_1":
            action.trigger()
    assert stand.said == [ChooseMicrophone("b"), ChooseSpeaker("t"), ChooseCamera("1")]


def test_the_menu_leads_to_camera_and_sound_in_the_settings(stand) -> None:
    stand.show(meeting())
    sound, _camera = stand.window.view._devices.choosers
    more = next(a for a in sound.menu().actions() if a.objectName() == "device_menu_more")
    more.trigger()
    assert stand.find("settings_devices_speaker").isVisible()


def test_where_there_is_nothing_to_choose_the_menu_says_so(stand) -> None:
    stand.show(replace(meeting(), devices=Devices()))
    sound, _camera = stand.window.view._devices.choosers
    none = [action for action in sound.menu().actions() if action.text() == "None found"]
    assert len(none) == 2
    assert not any(action.isEnabled() for action in none)


def test_the_arrow_is_reached_by_keyboard_has_a_name_and_lies_on_its_button(stand) -> None:
    stand.show(meeting())
    for chooser in stand.window.view._devices.choosers:
        arrow = chooser.arrow
        assert arrow.accessibleName()
        assert arrow.focusPolicy() & Qt.FocusPolicy.TabFocus
        assert arrow.parentWidget().rect().contains(arrow.geometry())


def test_the_keyboard_comes_to_the_arrow_right_after_its_button(stand) -> None:
    stand.show(meeting())
    for chooser in stand.window.view._devices.choosers:
        button = chooser.arrow.parentWidget()
        assert button.nextInFocusChain() is chooser.arrow


def test_the_arrow_and_a_right_click_open_the_menu(stand) -> None:
    stand.show(meeting())
    sound, _camera = stand.window.view._devices.choosers
    for ask in (
        sound.arrow.click,
        lambda: QApplication.sendEvent(
            sound.arrow.parentWidget(),
            QContextMenuEvent(QContextMenuEvent.Reason.Mouse, sound.arrow.pos(), sound.arrow.pos()),
        ),
    ):
        ask()
        QApplication.processEvents()
        popup = QApplication.activePopupWidget()
        assert popup is not None
        assert popup.objectName() == "device_menu"
        popup.close()
    assert stand.said == []


def test_speaker_and_microphone_are_tried_before_the_meeting(stand) -> None:
    stand.show(PREVIEW)
    stand.press("preview_devices_try_speaker_button")
    stand.press("preview_devices_try_microphone_button")
    assert stand.said == [TrySpeaker(), TryMicrophone()]


def test_a_trial_shows_how_far_it_is(stand) -> None:
    rows = None
    for check, speaker, microphone, line in (
        (SoundCheck(), "Play a test sound", "Hear yourself", ""),
        (SoundCheck(playing=True), "Stop the test sound", "Hear yourself", ""),
        (SoundCheck(recorded=0.4), "Play a test sound", "Stop", "Nobody else hears it."),
        (SoundCheck(playing=True, replaying=True), "Play a test sound", "Stop", "how you sound"),
        (SoundCheck(problem="No microphone."), "Play a test sound", "Hear yourself", "No mic"),
    ):
        stand.show(replace(PREVIEW, devices=replace(DEVICES, check=check)))
        rows = stand.window.view.devices
        assert rows.hear_speaker.button.text() == speaker
        assert rows.hear_yourself.button.text() == microphone
        assert line in rows.hear_yourself.line.text()
        assert rows.hear_yourself.progress.isVisibleTo(rows) == (check.recorded >= 0)


def test_a_level_is_asked_for_only_while_somebody_can_see_it(stand) -> None:
    stand.show(PREVIEW)
    assert LookAtLevel(True) in stand.heard
    stand.show(meeting())
    assert LookAtLevel(False) in stand.heard
    stand.heard.clear()
    stand.window.sheets.open_settings()
    stand.window.sheets.settings.show_subject("devices")
    QApplication.processEvents()
    assert LookAtLevel(True) in stand.heard


# -- others' loudness -----------------------------------------------------------------------------


def test_one_person_is_muted_for_oneself_alone_and_heard_again(stand) -> None:
    stand.show(meeting())
    stand.window.view.toggle_people()

    def entry() -> object:
        actions = stand.window.view.menus.of_person(ADA).actions()
        return next(a for a in actions if a.objectName() == "menu_mute_here")

    assert entry().text() == "Mute for me only"
    entry().trigger()
    stand.show(replace(meeting(), volumes=((ADA, 0.0),)))
    row = stand.window.view.people.rows[ADA]
    assert row.volume.value() == 0
    assert "You muted them" in row._state.text()
    assert entry().text() == "Hear them again"
    entry().trigger()
    assert stand.said == [SetVolume(ADA, 0.0), SetVolume(ADA, 1.0)]
    stand.show(meeting())
    assert row.volume.value() == 100


def test_a_loudness_that_lasted_over_a_reconnect_is_shown(stand) -> None:
    stand.show(replace(meeting(), volumes=((ADA, 0.5),)))
    assert stand.window.view.people.rows[ADA].volume.value() == 50
    assert stand.said == []


def test_a_loudness_is_changed_by_keyboard_alone(stand) -> None:
    stand.show(meeting())
    stand.window.view.toggle_people()
    row = stand.window.view.people.rows[ADA]
    row.open_loudness()
    QTest.keyClick(row.volume, Qt.Key.Key_Left)
    assert stand.said == [SetVolume(ADA, 0.95)]
