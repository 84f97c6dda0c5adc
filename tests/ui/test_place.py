"""Where the window stands is remembered, and mended when that is off the screen."""

import pytest
from PySide6.QtCore import QRect, QSize

from app.ui.outside import Outside
from app.ui.place import Place, on_a_screen, read

LAPTOP, BESIDE = QRect(0, 0, 1440, 870), QRect(1440, 0, 1920, 1080)
SMALLEST = QSize(720, 520)


def opened(place: Place, *screens: QRect) -> QRect:
    return on_a_screen(place, screens, SMALLEST)


@pytest.mark.parametrize("place", [Place(10, -20, 800, 600), Place(0, 0, 1, 1, maximized=True)])
def test_a_place_comes_out_as_it_went_in(place: Place) -> None:
    assert read(place.text()) == place


@pytest.mark.parametrize("text", ["", "1 2 3", "a b c d", "1 2 3 4 5", "9" * 50, "1 2 -3 4", "\0"])
def test_any_other_text_is_no_place(text: str) -> None:
    assert read(text) is None


def test_a_window_opens_where_it_stood() -> None:
    assert opened(Place(1600, 100, 900, 700), LAPTOP, BESIDE) == QRect(1600, 100, 900, 700)


def test_a_window_whose_screen_is_gone_opens_in_the_middle_of_another() -> None:
    assert LAPTOP.contains(opened(Place(1600, 100, 900, 700), LAPTOP))


def test_a_window_whose_upper_edge_is_out_of_reach_comes_back() -> None:
    for place in (Place(100, -40, 900, 700), Place(-880, 50, 900, 700), Place(100, 869, 900, 700)):
        at = opened(place, LAPTOP)
        assert LAPTOP.contains(at.topLeft())


def test_a_window_is_no_larger_than_its_screen_and_no_smaller_than_it_can_be() -> None:
    assert opened(Place(0, 0, 9000, 9000), LAPTOP).size() == LAPTOP.size()
    assert opened(Place(0, 0, 1, 1), LAPTOP).size() == SMALLEST


def test_the_window_tells_its_place_when_it_is_closed(qtbot, dressed) -> None:
    from app.settings import DEFAULTS
    from app.ui.window import Window
    from media.slot import Slot

    kept: list[str] = []
    outside = Outside(place="40 30 800 600", keep_place=kept.append)
    window = Window(lambda _i: None, lambda _d: Slot(), DEFAULTS, outside=outside)
    qtbot.addWidget(window)
    window.show()
    assert window.geometry() == QRect(40, 30, 800, 600)
    window.close()
    assert kept == ["40 30 800 600"]
