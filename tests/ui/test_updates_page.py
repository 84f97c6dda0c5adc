"""The page of updates: nothing by itself, one look, one press more."""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from fakes.releases import NOW, PACKAGE, Publisher, package_of
from PySide6.QtWidgets import QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from app import update_desk
from app.net.addresses import Address
from app.net.gate import Gate
from app.rules import FREE, Function, Rules
from app.screens import Home
from app.settings import DEFAULTS
from app.ui.appearance import Appearance
from app.ui.outside import NEARBY, Outside, UpdateNews
from app.ui.window import Window
from app.update_desk import UpdateDesk
from app.updates.installation import Installation
from app.updates.nearby import Mirror
from app.updates.updater import Updater
from media.slot import Slot

DEB = package_of("conclave_0.2.0.deb", b"a package", kind="deb")
Opens = Callable[..., Window]


@pytest.fixture
def opens(qtbot: QtBot, dressed: Appearance) -> Opens:
    """Open a window at the page of updates."""

    def made(
        desk: UpdateDesk | None = None,
        rules: Rules = FREE,
        locked: frozenset[str] = frozenset(),
        **changes: object,
    ) -> Window:
        outside = Outside()
        if desk is not None:
            outside = Outside(look_for_update=desk.look, take_update=desk.take)
        window = Window(
            lambda _intent: None,
            lambda _dev: Slot(),
            replace(DEFAULTS, reduce_motion=True, **changes),  # type: ignore[arg-type]
            locked,
            appearance=dressed,
            outside=outside,
            rules=rules,
        )
        qtbot.addWidget(window)
        window.show_screen(Home("Mara"))
        window.show()
        window.sheets.open_settings("updates")
        return window

    return made


def desk_of(
    folder: Path, publisher: Publisher, kind: str = "deb", rules: Rules = FREE
) -> UpdateDesk:
    here = Installation(kind, "linux", "x86_64")

    def updater(profile: Path) -> Updater:
        return Updater(profile, lambda: publisher.anchor, here, "0.1.0", lambda: NOW)

    downloads = folder / "downloads"
    downloads.mkdir(exist_ok=True)
    return UpdateDesk(folder / "profile", rules, lambda: str(downloads), updater)


def published(folder: Path, index: bytes) -> str:
    public = folder / "public"
    public.mkdir(exist_ok=True)
    (public / "update.json").write_bytes(index)
    (public / DEB.name).write_bytes(b"a package")
    return str(public)


def found(window: Window, name: str) -> QWidget:
    widget = window.findChild(QWidget, name)
    assert widget is not None, name
    return widget


def test_a_look_a_press_and_the_package_lies_where_the_system_takes_it(
    opens: Opens, qtbot: QtBot, tmp_path: Path
) -> None:
    publisher = Publisher()
    source = published(tmp_path, publisher.index(packages=[PACKAGE, DEB]))
    window = opens(desk_of(tmp_path, publisher), update_source=source)
    news, act = found(window, "update_news"), found(window, "update_act")
    assert not news.isVisible()
    found(window, "update_look").click()
    qtbot.waitUntil(lambda: news.text() == "Conclave 0.2.0 is there.", timeout=10_000)
    assert act.text() == "Get the package"
    act.click()
    qtbot.waitUntil(lambda: found(window, "update_folder").isVisible(), timeout=10_000)
    assert "Open it to install it" in news.text()
    assert (tmp_path / "downloads" / DEB.name).read_bytes() == b"a package"
    assert not act.isVisible()


def test_what_is_forged_is_said_and_cannot_be_taken(
    opens: Opens, qtbot: QtBot, tmp_path: Path
) -> None:
    publisher = Publisher()
    source = published(tmp_path, publisher.index(packages=[DEB], release_by=()))
    window = opens(desk_of(tmp_path, publisher), update_source=source)
    found(window, "update_look").click()
    news = found(window, "update_news")
    qtbot.waitUntil(lambda: "is not signed by those who make Conclave" in news.text())
    assert not found(window, "update_act").isVisible()


def test_a_folder_can_be_chosen_without_any_setting(
    opens: Opens, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher = Publisher()
    source = published(tmp_path, publisher.index(packages=[DEB]))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: source)
    window = opens(desk_of(tmp_path, publisher))
    found(window, "update_look").click()
    assert "Say where the update is" in found(window, "update_news").text()
    found(window, "update_choose").click()
    qtbot.waitUntil(lambda: found(window, "update_act").isVisible(), timeout=10_000)


def test_where_the_organisation_looks_after_updates_nothing_is_offered(
    opens: Opens, tmp_path: Path
) -> None:
    rules = Rules(off=frozenset({Function.UPDATES}))
    window = opens(rules=rules, update_source="/x", look_for_updates=True)
    assert found(window, "update_off").isVisible()
    assert window.findChild(QWidget, "update_look") is None
    desk = desk_of(tmp_path, Publisher(), rules=rules)
    assert "switched this off" in desk.look("/x").words
    decided = opens(locked=frozenset({"update_source"}), update_source="/x")
    for name in ("update_choose", "update_nearby"):
        assert not found(decided, name).isVisible()


def test_a_neighbour_is_named_before_anything_is_taken_from_it(
    opens: Opens, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher = Publisher()
    index = publisher.index(packages=[DEB])
    public = Path(published(tmp_path, index))
    mirror = Mirror(public, publisher.release(packages=[DEB]), index, Gate(lan_only=True))
    threading.Thread(target=mirror.serve_forever, daemon=True).start()
    try:
        address = Address("127.0.0.1", mirror.server_port)
        monkeypatch.setattr(update_desk, "find_mirrors", lambda: (address,))
        window = opens(desk_of(tmp_path, publisher))
        found(window, "update_nearby").click()
        act, news = found(window, "update_act"), found(window, "update_news")
        qtbot.waitUntil(act.isVisible, timeout=30_000)
        assert "from the computer at 127.0.0.1, which cannot change it" in news.text()
        assert not (tmp_path / "downloads" / DEB.name).exists()
        act.click()
        qtbot.waitUntil(lambda: found(window, "update_folder").isVisible(), timeout=30_000)
    finally:
        mirror.shutdown()
        mirror.server_close()
    alone = desk_of(tmp_path, publisher, rules=Rules(off=frozenset({Function.NEARBY})))
    assert alone.look(NEARBY).words == "No update can be read there."


def test_a_source_of_packages_is_told_to_who_runs_from_the_source(tmp_path: Path) -> None:
    publisher = Publisher()
    source = published(tmp_path, publisher.index(packages=[DEB]))
    news = desk_of(tmp_path, publisher, "source").look(source)
    assert news.newer
    assert not news.act
    assert "runs from its source" in news.words
    assert "not an address" in desk_of(tmp_path, publisher).look("http://names.example/").words
    assert desk_of(tmp_path, publisher).take() == UpdateNews("")


class Asked:
    """Counts how often a desk is asked."""

    def __init__(self) -> None:
        self.looks: list[str] = []

    def look(self, source: str) -> UpdateNews:
        self.looks.append(source)
        return UpdateNews("Conclave 9.0.0 is there.", newer=True)

    def take(self) -> UpdateNews:
        return UpdateNews("")


@pytest.mark.parametrize(
    ("settings", "rules"),
    [
        ({}, FREE),
        ({"update_source": "/x"}, FREE),
        ({"look_for_updates": True}, FREE),
        (
            {"update_source": "/x", "look_for_updates": True},
            Rules(off=frozenset({Function.UPDATES})),
        ),
    ],
)
def test_nothing_is_asked_by_itself_unless_it_is_switched_on(
    opens: Opens, settings: dict[str, object], rules: Rules
) -> None:
    asked = Asked()
    window = opens(asked, rules=rules, **settings)
    window.update_watch.look()
    assert not window.update_watch._errand.goes_on
    assert asked.looks == []


def test_what_was_found_by_itself_stands_on_the_first_screen(opens: Opens, qtbot: QtBot) -> None:
    asked = Asked()
    window = opens(asked, update_source="/x", look_for_updates=True)
    line = found(window, "home_update")
    assert line.isHidden()
    window.update_watch.look()
    qtbot.waitUntil(lambda: not line.isHidden(), timeout=10_000)
    assert (line.text(), asked.looks) == ("Conclave 9.0.0 is there.", ["/x"])
    line.click()
    assert window.sheets.settings is not None
    version = window.sheets.settings.findChild(QWidget, "update_version")
    assert version.isVisible()
