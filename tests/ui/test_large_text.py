"""Text of twice the size: nothing is cut off, out of reach, or lies on something else."""

import pytest
from fakes.screen_walk import (
    NAMES,
    called,
    cut_off,
    out_of_sight,
    overlapping,
    seen,
    standing,
    top,
    wake,
)
from PySide6.QtWidgets import QApplication

from app.i18n import use_language
from app.ui.appearance import Appearance


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_lost_where_the_text_is_twice_as_large(
    qapp: QApplication, dressed: Appearance, name: str, language: str
) -> None:
    use_language(language)
    dressed.enlarge(2.0)
    lost = []
    with standing(qapp, dressed, name) as window:
        if name == "full-screen-still":
            wake(window)
        widgets = seen(top(window))
        for widget in widgets:
            for why in (cut_off(widget), out_of_sight(widget)):
                if why:
                    lost.append(f"{called(widget)}: {why}")
        for one, other in overlapping(widgets):
            lost.append(f"{called(one)} lies on {called(other)}")
    assert not lost, "\n".join(lost)
