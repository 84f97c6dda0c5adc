"""What assistive technology is told of every sample screen, and what the keyboard reaches there."""

from collections import Counter
from collections.abc import Iterator

import pytest
from fakes.screen_walk import NAMES, called, can_be_used, seen, standing, top
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible, QAccessibleInterface
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QButtonGroup, QLabel, QTextBrowser, QWidget

from app.ui import roles
from app.ui.appearance import Appearance
from app.ui.widgets.buttons import Button
from app.ui.widgets.focus import FocusRing
from app.ui.widgets.part_chooser import PartChooser
from app.ui.widgets.screen_tile import ScreenTile
from app.ui.widgets.tile import VideoTile
from app.ui.window import Window

Role = QAccessible.Role
CONTROLS = {
    Role.Button,
    Role.CheckBox,
    Role.RadioButton,
    Role.EditableText,
    Role.ComboBox,
    Role.Slider,
    Role.SpinBox,
    Role.Link,
    Role.MenuItem,
    Role.ListItem,
    Role.PageTab,
    Role.ButtonMenu,
    Role.ButtonDropDown,
}
UPWARD = 3  # jumps from the foot of one column to the head of the next


@pytest.fixture(scope="module", params=NAMES)
def window(
    request: pytest.FixtureRequest, qapp: QApplication, appearance: Appearance
) -> Iterator[Window]:
    """A window with a sample screen, for all that is looked at there; the keyboard comes last."""
    with standing(qapp, appearance, request.param) as made:
        yield made


def tree(interface: QAccessibleInterface) -> Iterator[QAccessibleInterface]:
    """Yield everything below that can be seen, as a screen reader walks it."""
    for number in range(interface.childCount()):
        child = interface.child(number)
        if child is not None and child.isValid() and not child.state().invisible:
            yield child
            yield from tree(child)


def told(window: Window) -> list[QAccessibleInterface]:
    root = QAccessible.queryAccessibleInterface(window)
    assert root is not None
    return list(tree(root))


def name_of(interface: QAccessibleInterface) -> str:
    return interface.text(QAccessible.Text.Name)


def widget_of(interface: QAccessibleInterface) -> str:
    made = interface.object()
    return called(made) if isinstance(made, QWidget) else f"{interface.role().name}"


def test_every_control_says_what_it_is_called_and_how_it_stands(window: Window) -> None:
    faults = []
    for interface in told(window):
        if interface.role() not in CONTROLS:
            continue
        made = interface.object()
        if not isinstance(made, QWidget):
            continue
        if not name_of(interface).strip():
            faults.append(f"{widget_of(interface)} has no name")
        state = interface.state()
        if made.isEnabled() == bool(state.disabled):
            faults.append(f"{widget_of(interface)} does not tell whether it can be used")
        if getattr(made, "isCheckable", bool)() and not state.checkable:
            faults.append(f"{widget_of(interface)} does not tell that it is a switch")
        if getattr(made, "isChecked", bool)() != bool(state.checked):
            faults.append(f"{widget_of(interface)} does not tell whether it is on")
    assert not faults, "\n".join(faults)


def test_what_takes_the_keyboard_has_a_role_and_a_name(window: Window) -> None:
    faults = []
    for widget in seen(top(window)):
        if not can_be_used(widget):
            continue
        interface = QAccessible.queryAccessibleInterface(widget)
        assert interface is not None
        if interface.role() in {Role.Client, Role.NoRole, Role.Window}:
            faults.append(f"{called(widget)} has the role {interface.role().name}")
        if not name_of(interface).strip():
            faults.append(f"{called(widget)} has no name")
        if not widget.objectName():
            faults.append(f"{called(widget)} cannot be found by scripts")
    for label in window.findChildren(QLabel):
        if label.accessibleName() and (label.text() or label.pixmap().isNull()):
            faults.append(f"{called(label)} hides its text behind a name; pictures need one")
    assert not faults, "\n".join(faults)


def wanted_stops(window: Window) -> list[QWidget]:
    """Return what Tab has to reach; of buttons that exclude each other, one."""
    stops = [widget for widget in seen(top(window)) if can_be_used(widget)]
    chosen: list[QWidget] = []
    for widget in stops:
        group = getattr(widget, "group", lambda: None)()
        exclusive = isinstance(group, QButtonGroup) and group.exclusive()
        if not exclusive or group.checkedButton() in (widget, None):
            chosen.append(widget)
    return chosen


def links_in(widget: QWidget) -> int:
    """Return how many links a text has; whatever else there is, Tab leaves at once."""
    if not isinstance(widget, QTextBrowser):
        return 0
    found = set()
    block = widget.document().begin()
    while block.isValid():
        pieces = block.begin()
        while not pieces.atEnd():
            form = pieces.fragment().charFormat()
            if form.isAnchor():
                found.add((block.blockNumber(), form.anchorHref()))
            pieces += 1
        block = block.next()
    return len(found)


def test_tab_reaches_every_control_once_in_the_order_of_reading_and_shows_where_it_is(
    window: Window,
) -> None:
    if QApplication.activePopupWidget() is not None:
        return  # a menu has its own keys, which Qt gives it
    window.activateWindow()
    wanted = wanted_stops(window)
    ring = window.findChild(FocusRing)
    unseen: list[str] = []
    visited: list[QWidget] = []
    within: Counter[str] = Counter()
    for _step in range(200):
        QTest.keyClick(window.windowHandle(), Qt.Key.Key_Tab)
        now = window.focusWidget()
        if now is None or (visited and now is visited[0]):
            break
        if visited and now is visited[-1]:
            within[called(now)] += 1  # Tab goes from link to link in a text
            if within[called(now)] > links_in(now):
                break
            continue
        visited.append(now)
        if not now.hasFocus() or (ring.target is not now and not hasattr(now, "toPlainText")):
            unseen.append(called(now))
    missing = [called(widget) for widget in wanted if widget not in visited]
    tops = [widget.mapTo(window, QPoint(0, 0)).y() for widget in visited]
    feet = [top + widget.height() for top, widget in zip(tops, visited, strict=True)]
    upward = sum(foot <= top for top, foot in zip(tops, feet[1:], strict=False))
    held = [called(widget) for widget in visited if within[called(widget)] > links_in(widget)]
    assert held == []
    assert missing == []
    assert len(set(visited)) == len(visited)
    assert unseen == []
    assert upward <= UPWARD


def classes() -> dict[str, type[QWidget]]:
    """Return every class of a widget that is loaded, by its name."""
    found: dict[str, type[QWidget]] = {}
    rest = [QWidget]
    while rest:
        kind = rest.pop()
        found[kind.__name__] = kind
        rest += kind.__subclasses__()
    return found


@pytest.mark.parametrize(
    ("name", "kind", "role"),
    [
        ("meeting", VideoTile, Role.Grouping),
        ("meeting-faces", VideoTile, Role.Grouping),
        ("presenting", ScreenTile, Role.Grouping),
        ("share-part", PartChooser, Role.Canvas),
    ],
)
def test_what_we_paint_ourselves_is_told_as_what_it_is(
    qapp: QApplication, dressed: Appearance, name: str, kind: type[QWidget], role: Role
) -> None:
    with standing(qapp, dressed, name) as window:
        painted = [widget for widget in seen(window) if isinstance(widget, kind)]
        assert painted
        for widget in painted:
            interface = QAccessible.queryAccessibleInterface(widget)
            assert (interface.role(), bool(name_of(interface))) == (role, True)


def test_every_class_that_has_a_role_of_ours_is_there() -> None:
    assert set(roles.ROLES) <= set(classes())


def test_what_is_to_be_decided_on_a_tile_is_found_in_it(
    qapp: QApplication, dressed: Appearance
) -> None:
    with standing(qapp, dressed, "key-changed") as window:
        held = [w for w in seen(window) if isinstance(w, VideoTile) and w.findChildren(Button)]
        assert held
        for tile in held:
            below = list(tree(QAccessible.queryAccessibleInterface(tile)))
            buttons = [name_of(one) for one in below if one.role() == Role.Button]
            assert len(buttons) >= 2
            assert all(buttons)
