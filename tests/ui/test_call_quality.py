"""How the call is, in the window: the sign above, the panel, its figures, and the notice."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible, QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication, QLabel

from app.i18n import use_language
from app.intents import LookAtQuality
from app.meeting.view import Badge, Presence, Quality
from app.names import shown
from app.quality import THEIRS
from app.quality_words import CAUSES, HELP, WHERE_IN_SHORT, advice, sentence
from app.screens import CallQuality, InMeeting, PersonQuality
from app.ui import samples, tokens
from app.ui.samples import (
    ADA,
    BEN,
    CLARA,
    WEAK_HERE,
    WEAK_THERE,
    WELL,
    figures,
    meeting,
    with_quality,
)
from app.ui.views.meeting import MeetingScreen
from app.ui.views.quality import QualityRow
from app.ui.widgets.quality_bars import BARS_HEIGHT, BARS_WIDTH, paint_bars
from app.ui.widgets.tile_signs import quality_plate
from media.verdict import FAIR, Cause, Finding


def plain(text: str) -> str:
    return text.replace("\u2068", "").replace("\u2069", "")


def text_of(stand, name: str) -> str:
    label = stand.find(name)
    assert isinstance(label, QLabel)
    return plain(label.text())


def view(stand) -> MeetingScreen:
    found = stand.window.view
    assert isinstance(found, MeetingScreen)
    return found


def opened(stand, screen: InMeeting) -> MeetingScreen:
    stand.show(screen)
    view(stand).open_quality()
    QApplication.processEvents()
    return view(stand)


# The ways in -------------------------------------------------------------------------------------


def test_nothing_stands_above_the_pictures_while_nothing_is_wrong_here(stand):
    for quality in (CallQuality(), WELL, WEAK_THERE):
        stand.show(with_quality(quality))
        assert view(stand).header.quality.isHidden()


def test_what_can_be_mended_here_stands_above_the_pictures_and_opens_the_panel(stand):
    stand.show(with_quality(WEAK_HERE))
    button = view(stand).header.quality
    assert button.text() == "Weak network"
    assert button.accessibleName() == "Weak network. Open call quality"
    button.setFocus(Qt.FocusReason.TabFocusReason)
    stand.qtbot.keyClick(button, Qt.Key.Key_Return)
    assert view(stand).quality.isVisible()
    assert stand.window.focusWidget() is view(stand).quality.close_button


def test_escape_closes_the_panel_and_gives_the_keyboard_back(stand):
    screen = opened(stand, with_quality(WEAK_HERE))
    stand.qtbot.keyClick(stand.window.focusWidget(), Qt.Key.Key_Escape)
    assert screen.quality.isHidden()
    assert stand.window.focusWidget() is screen.header.quality


def test_the_menus_lead_to_it_though_nothing_is_wrong(stand):
    stand.show(with_quality(WELL))
    screen = view(stand)
    more = screen.menus.more()
    (action,) = [a for a in more.actions() if a.text() == "Call quality"]
    action.trigger()
    assert screen.quality.isVisible()
    screen.toggle_quality()
    menu = screen.menus.of_person(ADA)
    assert menu is not None
    (action,) = [a for a in menu.actions() if a.objectName() == "menu_quality"]
    action.trigger()
    assert screen.quality.isVisible()


def test_a_click_on_a_tiles_sign_opens_it_and_a_click_beside_it_does_not(stand):
    stand.show(with_quality(WEAK_THERE))
    screen = view(stand)
    QApplication.processEvents()
    for dev, opens in ((ADA, False), (CLARA, True)):
        tile = screen.grid.tiles[dev]
        plate, _ = quality_plate(tile._look(), tile.rect().toRectF())
        stand.qtbot.mouseClick(tile, Qt.MouseButton.LeftButton, pos=QPoint(20, 20))
        assert screen.quality.isHidden()
        stand.qtbot.mouseClick(tile, Qt.MouseButton.LeftButton, pos=plate.center().toPoint())
        assert screen.quality.isVisible() == opens


def test_one_panel_is_open_at_a_time(stand):
    screen = opened(stand, meeting())
    screen.toggle_people()
    assert screen.quality.isHidden()
    screen.open_quality()
    screen.open_quality()
    assert screen.people.isHidden()
    assert screen.quality.isVisible()


# What it says ------------------------------------------------------------------------------------


def test_the_worst_is_said_first_with_what_helps(stand):
    opened(stand, with_quality(WEAK_HERE))
    assert text_of(stand, "quality_sentence") == "Your network loses data."
    assert "Wi-Fi" in text_of(stand, "quality_advice")
    assert text_of(stand, "quality_more") == "This computer is too slow for all of this call."


def test_whose_network_it_is_is_said_by_name(stand):
    opened(stand, with_quality(WEAK_THERE))
    assert text_of(stand, "quality_sentence") == "The network of “Clara Weiß” is weak."


def test_a_name_is_never_read_as_a_place_to_fill_in(stand):
    people = tuple(replace(p, name="{name}") if p.dev == CLARA else p for p in samples.PEOPLE)
    screen = replace(meeting(people=people), quality=WEAK_THERE)
    opened(stand, screen)
    assert text_of(stand, "quality_sentence") == "The network of “{name}” is weak."


@pytest.mark.parametrize(
    ("quality", "said"),
    [
        (CallQuality(), "Nobody else is here yet."),
        (CallQuality(people=(PersonQuality(ADA),)), "The connection is being measured."),
        (WELL, "Nothing is wrong."),
    ],
)
def test_nothing_wrong_is_said_only_when_it_is_known(stand, quality: CallQuality, said: str):
    opened(stand, with_quality(quality))
    assert text_of(stand, "quality_sentence") == said


def rows(stand) -> dict[bytes, QualityRow]:
    return view(stand).quality.rows


def test_everybody_but_oneself_has_a_line_in_words(stand):
    opened(stand, with_quality(WEAK_THERE))
    assert list(rows(stand)) == [ADA, BEN, CLARA]
    assert rows(stand)[ADA].line.text() == "Good connection"
    assert rows(stand)[CLARA].line.text() == "Unsteady connection"
    assert rows(stand)[CLARA].where.text() == "It is their network."
    assert plain(rows(stand)[CLARA].accessibleName()) == (
        "“Clara Weiß”: Unsteady connection. It is their network."
    )


def test_who_is_being_reached_again_is_not_called_good(stand):
    people = tuple(
        replace(p, presence=Presence.RECONNECTING) if p.dev == BEN else p for p in samples.PEOPLE
    )
    opened(stand, replace(meeting(people=people), quality=WELL))
    assert rows(stand)[BEN].line.text() == "Connection lost"


def test_lines_come_and_go_with_people(stand):
    opened(stand, with_quality(WELL))
    fewer = replace(WELL, people=WELL.people[1:])
    stand.show(replace(meeting(people=(samples.PEOPLE[0], *samples.PEOPLE[2:])), quality=fewer))
    assert list(rows(stand)) == [BEN, CLARA]


def test_a_change_is_read_out_while_the_panel_is_open_and_only_then(
    stand, monkeypatch: pytest.MonkeyPatch
):
    said: list[str] = []
    monkeypatch.setattr(
        QAccessible, "updateAccessibility", lambda event: said.append(plain(event.message()))
    )
    opened(stand, with_quality(WELL))
    stand.show(with_quality(WEAK_THERE))
    stand.show(with_quality(WEAK_THERE))
    assert said == ["The network of “Clara Weiß” is weak."]
    view(stand).toggle_quality()
    stand.show(with_quality(WELL))
    assert len(said) == 1


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("cause", Cause)
def test_every_cause_stands_in_the_panel_in_words_of_either_language(stand, cause, language):
    use_language(language)
    try:
        devs = (CLARA,) if cause in THEIRS else ()
        finding = Finding(cause, devs, FAIR)
        opened(stand, with_quality(replace(WELL, findings=(finding,))))
        said, helps = text_of(stand, "quality_sentence"), text_of(stand, "quality_advice")
        assert said == plain(sentence(finding, {CLARA: shown("Clara Weiß", Badge.NEW)}))
        assert helps == plain(advice(finding))
        assert (said == CAUSES[cause]) == (language == "en" and not devs)
        assert (helps == HELP[cause]) == (language == "en")
    finally:
        use_language("en")


# BETWEEN is with one person only: nothing else can be wrong on the way.
@pytest.mark.parametrize("cause", sorted(THEIRS - {Cause.BETWEEN}, key=str))
def test_a_cause_that_is_not_the_worst_stands_in_the_row_of_whom_it_concerns(stand, cause):
    first = Finding(Cause.MY_COMPUTER, (), FAIR)
    good = Quality.GOOD if cause is Cause.THEIR_COMPUTER else Quality.FAIR
    people = (*WELL.people[:2], PersonQuality(CLARA, good, cause))
    findings = (first, Finding(cause, (CLARA,), FAIR))
    opened(stand, with_quality(replace(WELL, findings=findings, people=people)))
    assert rows(stand)[CLARA].where.text() == WHERE_IN_SHORT[cause]
    assert rows(stand)[CLARA].where.isVisible()


@pytest.mark.parametrize("t", [tokens.LIGHT, tokens.DARK, tokens.LIGHT_STAGE])
def test_bars_differ_in_how_many_are_lit_not_in_colour_alone(t: tokens.Tokens):
    def lit(quality: Quality | None) -> int:
        image = QImage(BARS_WIDTH, BARS_HEIGHT, QImage.Format.Format_RGB32)
        image.fill(QColor(t.surface))
        painter = QPainter(image)
        paint_bars(painter, QPoint(0, 0).toPointF(), quality, t)
        painter.end()
        bright = {QColor(t.safe).name(), QColor(t.warn).name()}
        return sum(
            image.pixelColor(1 + 5 * bar, BARS_HEIGHT - 2).name() in bright for bar in range(3)
        )

    assert [lit(q) for q in (None, Quality.POOR, Quality.FAIR, Quality.GOOD)] == [0, 1, 2, 3]


# Figures -----------------------------------------------------------------------------------------


def test_figures_are_asked_for_only_while_they_are_looked_at(stand):
    screen = opened(stand, with_quality(WELL))
    assert LookAtQuality(True) not in stand.said
    stand.press("quality_fold")
    assert stand.said[-1] == LookAtQuality(True)
    assert screen.quality.fold.text() == "Hide figures"
    stand.press("quality_fold")
    assert stand.said[-1] == LookAtQuality(False)
    stand.press("quality_fold")
    screen.toggle_quality()
    assert stand.said[-1] == LookAtQuality(False)


def with_figures(stand) -> MeetingScreen:
    screen = opened(stand, with_quality(WEAK_THERE))
    stand.press("quality_fold")
    stand.show(with_quality(replace(WEAK_THERE, figures=figures())))
    return screen


def test_the_figures_stand_in_a_table_for_each_person_and_this_computer(stand):
    screen = with_figures(stand)
    headings = [plain(table._heading.text()) for table in screen.quality._tables]
    assert headings == ["This computer", "Ada Brenner", "Ben Okafor", "“Clara Weiß”"]
    labels = screen.quality.findChildren(QLabel, "quality_much")
    assert "2410\xa0kbit/s" in [label.text() for label in labels]
    assert "12.4\xa0%" in [label.text() for label in labels]


def test_the_copied_text_holds_the_figures_and_nobodys_name(stand):
    with_figures(stand)
    stand.press("quality_copy")
    copied = QApplication.clipboard().text()
    assert "2410 kbit/s" in copied
    assert "Person 3" in copied
    for name in ("Ada", "Brenner", "Ben", "Okafor", "Clara", "Weiß", "Mara", "Budget"):
        assert name not in copied
    for person in samples.PEOPLE:
        assert person.dev.hex()[:8] not in copied


def test_a_meeting_that_is_over_leaves_no_panel_to_the_next(stand):
    opened(stand, with_quality(WEAK_HERE))
    stand.show(replace(with_quality(WELL), view=samples.view(call_id=b"d" * 16)))
    assert view(stand).quality.isHidden()


# The notice --------------------------------------------------------------------------------------


def test_a_busy_computer_is_told_once_each_time_it_is_to_be_told(stand):
    quality = replace(WEAK_HERE, findings=(Finding(Cause.MY_COMPUTER, (), FAIR),), told=0)
    stand.show(with_quality(quality))
    toast = view(stand).stage.toast
    assert toast.text == ""
    stand.show(with_quality(replace(quality, told=1)))
    assert toast.text == "This computer is busy: your picture is sent smaller, or less often."
    toast.clear()
    stand.show(with_quality(replace(quality, told=1, step=4)))
    assert toast.text == ""
    stand.show(with_quality(replace(quality, told=2, step=4)))
    assert "who does not speak" in toast.text
